/* What can be learnt about a block of glibc's allocator.
 *
 * The engine releases the old blocks of objects that have moved. Not every pointer of a program leads to the
 * start of a block: objects lie in slabs of the program's own, inside other objects, or in mapped files. glibc
 * keeps the size of a block and some flags in the word before it, and in the word before the following block a
 * flag that this one is in use. A pointer for which these do not make sense is not given to free(): that costs
 * memory, and breaks nothing.
 */
#define _GNU_SOURCE
#include <malloc.h>
#include <unistd.h>

#include "internal.h"

/* The layout of a block's header in glibc's malloc. */
enum { PREVIOUS_IN_USE = 1, MAPPED = 2, OTHER_ARENA = 4, FLAGS = 7 };
enum { HEADER = 2 * sizeof(size_t), SMALLEST = 4 * sizeof(size_t) };

/* AddressSanitizer has an allocator of its own, which checks what it is given. */
extern void __asan_init(void) __attribute__((weak));

static uintptr_t heap_low, heap_high;

void kt_heap_begin(void) {
	FILE *f = fopen("/proc/self/maps", "re");
	char line[512];
	heap_low = heap_high = 0;
	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		unsigned long low, high;
		if (strstr(line, "[heap]") && sscanf(line, "%lx-%lx", &low, &high) == 2) {
			heap_low = low;
			heap_high = high;
		}
	}
	fclose(f);
}

bool kt_heap_block(const void *p) {
	const uintptr_t a = (uintptr_t)p, page = (uintptr_t)sysconf(_SC_PAGESIZE);
	size_t word, size;
	if (__asan_init)
		return true;
	if (a % HEADER)
		return false;
	if (a >= heap_low + HEADER && a < heap_high) {
		size_t next;
		word = ((const size_t *)p)[-1];
		size = word & ~(size_t)FLAGS;
		if (word & (MAPPED | OTHER_ARENA) || size < SMALLEST || size % HEADER || size > heap_high - a)
			return false;
		next = ((const size_t *)(a - HEADER + size))[1];
		return next & PREVIOUS_IN_USE;
	}
	if (a % page != HEADER)
		return false;
	word = ((const size_t *)p)[-1]; /* In the same page as the object. */
	size = word & ~(size_t)FLAGS;
	return (word & FLAGS) == MAPPED && size && size % page == 0;
}

void kt_heap_end(void) {
	malloc_trim(0);
}
