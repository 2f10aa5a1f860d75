/* Giving the old blocks of objects that have moved back to glibc's allocator.
 *
 * Not every object is a block: objects lie in slabs of the program's own, inside other objects, or in mapped files,
 * and free() must not be given those. The allocator cannot be asked. But its heap is a row of blocks, each with its
 * size in front of it: whoever walks it from its beginning meets all of them, and nothing else. Large blocks are
 * mappings of their own; those are recognised by what their first page must look like. A block that is larger than
 * the object at its beginning has something else in it and stays, too: it may be a slab.
 *
 * Blocks of the arenas of other threads, and of other allocators, are kept: that costs memory, and breaks nothing.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <malloc.h>
#include <unistd.h>

#include "internal.h"

/* The layout of a block's header in glibc's malloc: the size of the block before, if that is free; the own size and
 * flags. */
enum { PREVIOUS_IN_USE = 1, MAPPED = 2, OTHER_ARENA = 4, FLAGS = 7 };
enum { WORD = sizeof(size_t), HEADER = 2 * WORD, ALIGNMENT = 16, SMALLEST = 4 * WORD };

/* AddressSanitizer has an allocator of its own, which can be asked. */
extern int __sanitizer_get_ownership(const volatile void *p) __attribute__((weak));
extern size_t __sanitizer_get_allocated_size(const volatile void *p) __attribute__((weak));

static struct {
	uintptr_t low, high;    /* the heap */
	uintptr_t highest;      /* moved object in it, or 0 */
	uintptr_t page;         /* its size */
	uint64_t moved, buried; /* objects; blocks that can be freed */
	void *first, **end;     /* of the list of these, which leads through their first words */
} heap;

/* Whether the program uses glibc's allocator, and not one that has been linked to it or loaded before it. */
static bool allocator_is_known(void) {
	Dl_info libc, allocator;
	return dladdr((void *)gnu_get_libc_version, &libc) && dladdr((void *)free, &allocator) &&
	       libc.dli_fbase == allocator.dli_fbase;
}

static void find_heap(void) {
	FILE *f = fopen("/proc/self/maps", "re");
	char line[512], readable;
	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		unsigned long low, high;
		if (!strstr(line, "[heap]") || sscanf(line, "%lx-%lx %c", &low, &high, &readable) != 3)
			continue;
		if (readable != 'r' || (heap.high && heap.high != low))
			break; /* The program has protected a part of it. */
		if (!heap.high)
			heap.low = low;
		heap.high = high;
	}
	fclose(f);
}

static void bury(uintptr_t block) {
	*heap.end = (void *)block;
	heap.end = (void **)block;
	*heap.end = NULL;
	heap.buried++;
}

static bool in_heap(uintptr_t a) {
	return a - HEADER >= heap.low && a < heap.high;
}

/* The size of the block at `a`, if there is one. */
static size_t block_size(uintptr_t a) {
	return ((const size_t *)a)[-1] & ~(size_t)FLAGS;
}

static size_t round_up(size_t n, size_t unit) {
	return (n + unit - 1) / unit * unit;
}

bool kt_heap_block(const void *old, size_t size) {
	const uintptr_t a = (uintptr_t)old;
	const size_t *header = (const size_t *)(a - HEADER);
	if (__sanitizer_get_ownership) /* A block of less than a word has no room for the list. */
		return size >= WORD && __sanitizer_get_ownership(old) &&
		       __sanitizer_get_allocated_size(old) == size;
	if (a % ALIGNMENT || !heap.high)
		return false;
	if (in_heap(a)) { /* The allocator splits off nothing that is less than the smallest block. */
		const size_t wanted = round_up(size + WORD, ALIGNMENT);
		return block_size(a) < (wanted > SMALLEST ? wanted : SMALLEST) + SMALLEST;
	}
	return a % heap.page == HEADER && !header[0] && (header[1] & FLAGS) == MAPPED &&
	       block_size(a) == round_up(size + HEADER, heap.page);
}

static void look_at(void *old) {
	const uintptr_t a = (uintptr_t)old;
	heap.moved++;
	if (in_heap(a))
		heap.highest = a > heap.highest ? a : heap.highest;
	else if (kt_moved_block(old))
		bury(a);
}

static void walk(void) {
	uintptr_t a = round_up(heap.low + HEADER, ALIGNMENT);
	while (a <= heap.highest) {
		const size_t word = ((const size_t *)a)[-1], size = word & ~(size_t)FLAGS;
		if (word & (MAPPED | OTHER_ARENA) || size < SMALLEST || size % ALIGNMENT ||
		    size > heap.high - a)
			break; /* The program has taken memory from the system by itself: the row ends here. */
		if (kt_moved_block((const void *)a) && ((const size_t *)(a + size))[-1] & PREVIOUS_IN_USE)
			bury(a);
		a += size;
	}
}

void kt_heap_begin(void) {
	memset(&heap, 0, sizeof heap);
	heap.page = (uintptr_t)sysconf(_SC_PAGESIZE);
	heap.end = &heap.first;
	if (!__sanitizer_get_ownership && allocator_is_known())
		find_heap();
}

uint64_t kt_heap_release(void) {
	kt_moved_each(look_at);
	if (heap.highest)
		walk();
	while (heap.first) {
		void *block = heap.first;
		heap.first = *(void **)block;
		free(block);
	}
	malloc_trim(0);
	return heap.moved - heap.buried;
}
