/* The heap of the C library's allocator: new blocks, and which old ones can be given back.
 *
 * Not every object is a block: objects lie in slabs of the program's own, inside other objects, or in mapped files,
 * and free() must not be given those. The allocator cannot be asked. But its heap is a row of blocks, each with its
 * size in front of it: whoever walks it from its beginning meets all of them, and nothing else. Large blocks are
 * mappings of their own; those are recognised by what their first page must look like. A block that is larger than
 * the object at its beginning has something else in it and stays, too: it may be a slab.
 *
 * Blocks that are neighbours are made and released as one. A new block is cut off from a larger one, and old ones that
 * lie side by side are joined, both by what is written into the words with the sizes. Millions of calls of malloc() and
 * free() would take most of the time of an update.
 *
 * Blocks of the arenas of other threads, and of other allocators, are kept: that costs memory, and breaks nothing.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/single_threaded.h>
#include <unistd.h>

#include "addresses.h"
#include "internal.h"

/* The layout of a block's header in glibc's malloc: the size of the block before, if that is free; the own size and
 * flags. */
enum { PREVIOUS_IN_USE = 1, MAPPED = 2, OTHER_ARENA = 4, FLAGS = 7 };
enum { WORD = sizeof(size_t), HEADER = 2 * WORD, ALIGNMENT = 16, SMALLEST = 4 * WORD };

/* What new blocks are cut off from: less than what the allocator maps. */
enum { SLAB = 120 << 10 };

/* AddressSanitizer has an allocator of its own, which can be asked. */
extern int __sanitizer_get_ownership(const volatile void *p) __attribute__((weak));
extern size_t __sanitizer_get_allocated_size(const volatile void *p) __attribute__((weak));

static struct {
	bool known;          /* the program uses glibc's allocator */
	uintptr_t low, high; /* the heap, when the update began */
	uintptr_t highest;   /* moved object in it, or 0 */
	uintptr_t page;      /* its size */
	uint64_t moved;      /* objects, or arrays of them */
	uintptr_t found;     /* the block that kt_heap_find() has come to, or 0 */
	size_t kept;         /* mark_of_kept() */

	/* Blocks outside of it to be released. */
	void **apart;
	size_t apart_count, apart_room;

	/* Blocks in it to be released, or several that have been joined: a list that leads through their first
	 * words. */
	void *first, **end;
} heap;

/* What is left of the block that new ones are cut off from. It is a block itself at any time. */
static struct {
	char *block; /* or NULL */
	size_t size; /* with its header */
} slab;

/* Whether the program uses glibc's allocator, and not one that has been linked to it or loaded before it. */
static bool allocator_is_known(void) {
	Dl_info libc, allocator;
	return !__sanitizer_get_ownership && dladdr((void *)gnu_get_libc_version, &libc) &&
	       dladdr((void *)free, &allocator) && libc.dli_fbase == allocator.dli_fbase;
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

static bool in_heap(uintptr_t a) {
	return a - HEADER >= heap.low && a < heap.high;
}

/* The word in front of the block at `a`. */
static size_t *size_word(uintptr_t a) {
	return (size_t *)a - 1;
}

static size_t block_size(uintptr_t a) {
	return *size_word(a) & ~(size_t)FLAGS;
}

static size_t round_up(size_t n, size_t unit) {
	return (n + unit - 1) / unit * unit;
}

/* The size of a block for `size` bytes. */
static size_t size_for(size_t size) {
	const size_t wanted = round_up(size + WORD, ALIGNMENT);
	return wanted > SMALLEST ? wanted : SMALLEST;
}

void kt_heap_begin(void) {
	memset(&heap, 0, sizeof heap);
	heap.page = (uintptr_t)sysconf(_SC_PAGESIZE);
	heap.end = &heap.first;
	heap.known = allocator_is_known();
	if (heap.known)
		find_heap();
}

/* New blocks. */

/* Gets a new slab, if it lies in the heap, with the header that is expected. */
static bool new_slab(void) {
	uintptr_t a;
	free(slab.block);
	slab.block = kt_alloc(SLAB - WORD);
	a = (uintptr_t)slab.block;
	slab.size = 0;
	if (a < heap.low || a + SLAB > (uintptr_t)sbrk(0) || (*size_word(a) & FLAGS) != PREVIOUS_IN_USE)
		return false;
	slab.size = block_size(a);
	/* One call instead of a fault for each page. Older kernels do not know it. */
	madvise((void *)(a - a % heap.page), slab.size, MADV_POPULATE_WRITE);
	return true;
}

void *kt_heap_alloc(size_t size) {
	const size_t wanted = size_for(size);
	uintptr_t block;
	/* Another thread could be about to note in the slab that the block before it is free. */
	if (wanted > SLAB / 8 || !__libc_single_threaded ||
	    (slab.size < wanted + SMALLEST && !(heap.high && new_slab())))
		return kt_alloc(size);
	block = (uintptr_t)slab.block;
	*size_word(block) = wanted | (*size_word(block) & FLAGS);
	slab.block += wanted;
	slab.size -= wanted;
	*size_word((uintptr_t)slab.block) = slab.size | PREVIOUS_IN_USE;
	return (void *)block;
}

/* Old blocks. */

/* Whether a block of the heap was made for `size` bytes: the allocator splits off nothing that is less than the
 * smallest block. */
static bool made_for(uintptr_t block, size_t size) {
	return block_size(block) < size_for(size) + SMALLEST;
}

bool kt_heap_block(const void *old, size_t size) {
	const uintptr_t a = (uintptr_t)old;
	const size_t *header = (const size_t *)(a - HEADER);
	if (__sanitizer_get_ownership)
		return __sanitizer_get_ownership(old) && __sanitizer_get_allocated_size(old) == size;
	if (a % ALIGNMENT || !heap.high)
		return false;
	if (in_heap(a))
		return made_for(a, size);
	return a % heap.page == HEADER && !header[0] && (header[1] & FLAGS) == MAPPED &&
	       block_size(a) == round_up(size + HEADER, heap.page);
}

void kt_heap_moved(void *old, size_t size) {
	const uintptr_t a = (uintptr_t)old;
	heap.moved++;
	if (in_heap(a)) {
		heap.highest = a > heap.highest ? a : heap.highest;
		return;
	}
	if (!kt_heap_block(old, size))
		return;
	if (heap.apart_count == heap.apart_room) {
		heap.apart_room = heap.apart_room ? 2 * heap.apart_room : 64;
		heap.apart = kt_realloc(heap.apart, heap.apart_room * sizeof *heap.apart);
	}
	heap.apart[heap.apart_count++] = old;
}

/* Whether the block at `a`, which is followed by the one at `next`, was that of objects that have moved. */
static bool is_left(uintptr_t a, uintptr_t next) {
	struct kt_moved m;
	return *size_word(next) & PREVIOUS_IN_USE && kt_moved_at((void *)a, &m) && m.element &&
	       made_for(a, m.count * m.element->size_old);
}

/* Puts the blocks from `a` to `end` into the list, as one. */
static void bury(uintptr_t a, uintptr_t end) {
	*size_word(a) = (end - a) | (*size_word(a) & FLAGS);
	*heap.end = (void *)a;
	heap.end = (void **)a;
	*heap.end = NULL;
}

static uintptr_t first_block(void) {
	return round_up(heap.low + HEADER, ALIGNMENT);
}

/* The block behind the one at `a`; 0 if that is none: the program has taken memory from the system by itself, and the
 * row ends there. */
static uintptr_t block_after(uintptr_t a) {
	const size_t word = *size_word(a), size = word & ~(size_t)FLAGS;
	const bool valid = !(word & (MAPPED | OTHER_ARENA)) && size >= SMALLEST && size % ALIGNMENT == 0 &&
	                   size <= heap.high - a;
	return valid ? a + size : 0;
}

/* What the allocator writes into the second word of a block that a thread keeps for its next use, and that is not marked
 * as free otherwise. 0 if it does not do that. */
static size_t mark_of_kept(void) {
	size_t *block = malloc(2 * WORD);
	uintptr_t second = (uintptr_t)(block + 1);
	if (!block)
		return 0;
	__asm__("" : "+r"(second)); /* It is read after its release: the compiler must not know. */
	*(volatile size_t *)second = 0;
	free(block);
	return *(volatile size_t *)second;
}

bool kt_heap_find(uintptr_t address, struct kt_block *block) {
	uintptr_t next;
	bool is_free;
	if (!in_heap(address))
		return false;
	if (!heap.found)
		heap.kept = mark_of_kept();
	if (!heap.found || address < heap.found - WORD)
		heap.found = first_block();
	while ((next = block_after(heap.found)) && next - WORD <= address)
		heap.found = next;
	if (address < heap.found - WORD)
		return false;
	if (next) {
		is_free = !(*size_word(next) & PREVIOUS_IN_USE) ||
		          (heap.kept && ((const size_t *)heap.found)[1] == heap.kept);
	} else { /* From the last block the heap grows. */
		next = heap.found + block_size(heap.found);
		is_free = true;
		if (next != heap.high + HEADER)
			return false;
	}
	*block = (struct kt_block){heap.found, next - WORD - heap.found, is_free};
	return true;
}

/* Returns the number of blocks that it has found. */
static uint64_t walk(void) {
	uintptr_t a = first_block(), run = 0, next;
	uint64_t found = 0;
	while (a <= heap.highest && (next = block_after(a))) {
		if (is_left(a, next)) {
			found++;
			run = run ? run : a;
		} else if (run) {
			bury(run, a);
			run = 0;
		}
		a = next;
	}
	if (run)
		bury(run, a);
	return found;
}

void kt_heap_discard(void) {
	free(slab.block);
	slab.block = NULL;
	slab.size = 0;
	free(heap.apart);
	memset(&heap, 0, sizeof heap);
}

uint64_t kt_heap_release(void) {
	uint64_t kept = heap.moved - heap.apart_count;
	if (heap.highest)
		kept -= walk();
	while (heap.first) {
		void *block = heap.first;
		heap.first = *(void **)block;
		free(block);
	}
	for (size_t i = 0; i < heap.apart_count; i++)
		free(heap.apart[i]);
	kt_heap_discard();
	malloc_trim(0);
	return kept;
}
