/* How a random program prints its state: pointers as "&variable[index]", or as "#number" of an object in the heap,
 * behind which its content follows where it is seen first. Other pointers are printed as 0. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kitsune.h"

static struct {
	const char *name;
	const char *start;
	size_t stride, size;
} places[1000] E_MANUAL_MIGRATE;
static size_t place_count E_MANUAL_MIGRATE;

static const void *objects[10000] E_MANUAL_MIGRATE;
static size_t object_count E_MANUAL_MIGRATE;

/* Begins with another part of the state. */
static inline void forget(void) {
	place_count = object_count = 0;
}

/* Pointers may lead to the elements of a variable. */
static inline void place(const char *name, const void *start, size_t stride, size_t size) {
	places[place_count].name = name;
	places[place_count].start = start;
	places[place_count].stride = stride;
	places[place_count++].size = size;
}

/* Prints a pointer. Returns 1 if what it leads to is to follow. */
static inline int first(const void *p) {
	if (!p) {
		printf("0");
		return 0;
	}
	for (size_t i = 0; i < place_count; i++) {
		size_t offset = (size_t)((const char *)p - places[i].start);
		if (offset < places[i].size) {
			printf("&%s[%zu]", places[i].name, offset / places[i].stride);
			if (offset % places[i].stride)
				printf("+%zu", offset % places[i].stride);
			return 0;
		}
	}
	for (size_t i = 0; i < object_count; i++) {
		if (objects[i] == p) {
			printf("#%zu", i);
			return 0;
		}
	}
	printf("#%zu=", object_count);
	objects[object_count++] = p;
	return 1;
}

/* Strings in the heap begin with an h; of literals the address does not matter. */
static inline void show_text(const char *s) {
	if (!s || *s != 'h' || first(s))
		printf(s ? "\"%s\"" : "0", s);
}

static inline void show_function(int (*f)(int)) {
	if (f)
		printf("f%d", f(0));
	else
		printf("0");
}
