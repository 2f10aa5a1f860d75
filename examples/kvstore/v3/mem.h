/* mem.h - memory that is always there: a server that runs out of it says so and stops. */
#ifndef KVSTORE_MEM_H
#define KVSTORE_MEM_H

#include <stddef.h>

/* Zeroed. */
void *mem_alloc(size_t size);

/* As realloc; the bytes that are added are zero. */
void *mem_grow(void *block, size_t old_size, size_t new_size);

/* A copy of a string. */
char *mem_copy(const char *text);

#endif
