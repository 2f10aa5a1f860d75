/* Memory that a program has asked Kitsune for. The engine knows the blocks of the C library's allocator by themselves
 * (heap.c), so these are that allocator's functions. The names stay for the programs that use them. */
#include "internal.h"

KITSUNE_API void *kitsune_malloc(size_t size) {
	return malloc(size);
}

KITSUNE_API void *kitsune_calloc(size_t count, size_t size) {
	return calloc(count, size);
}

KITSUNE_API void kitsune_free(void *block) {
	free(block);
}
