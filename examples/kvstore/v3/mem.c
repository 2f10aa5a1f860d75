#include "mem.h"

#include "kitsune.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *require(void *block) {
	if (!block) {
		fputs("kvstore: out of memory\n", stderr);
		exit(1);
	}
	return block;
}

void *mem_alloc(size_t size) {
	return require(calloc(1, size));
}

void *mem_grow(void *block, size_t old_size, size_t new_size) {
	char *grown = require(realloc(block, new_size));

	memset(grown + old_size, 0, new_size - old_size);
	return grown;
}

char *mem_copy(const char *text) {
	return require(strdup(text));
}
