/* The log of what has been rewritten in its place: only what really changes, in the order of the changes. It lies in
 * chunks that come from the kernel and go back to it. */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "internal.h"
#include "undo.h"

/* The first chunk is small: most programs have few words to rewrite. The others are pages of the large kind, which cost
 * the kernel less. */
enum { FIRST = 1 << 16, LATER = 1 << 21 };

static struct chunk {
	struct chunk *before;
	uint64_t *end; /* of what has been noted in it, once there is another one */
	uint64_t notes[];
} * last;

/* The values that have numbers, and where a value is that has been met lately. */
enum { RECENT = 1024, VALUES = 1 << 20 /* bytes */ };
static struct values {
	uint64_t list[KT_UNDO_NUMBERS];
	uint32_t count;
	uint16_t recent[RECENT];
} * values;

struct kt_undo kt_undo;

/* `size` bytes from the kernel that begin at a multiple of it. */
static void *aligned_pages(size_t size) {
	char *p = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t before;
	if (p == MAP_FAILED)
		kt_fail("out of memory: %zu bytes wanted to note what has been rewritten", size);
	before = -(uintptr_t)p % size;
	if (before)
		munmap(p, before);
	munmap(p + before + size, size - before);
	return p + before;
}

static void new_chunk(void) {
	const size_t size = last ? LATER : FIRST;
	struct chunk *c = aligned_pages(size);
	if (last) {
		madvise(c, size, MADV_HUGEPAGE); /* Where there are none, this is slower, and that is all. */
		last->end = kt_undo.next;
	} else {
		values = aligned_pages(VALUES);
	}
	c->before = last;
	last = c;
	kt_undo.next = c->notes;
	kt_undo.end = (uint64_t *)((char *)c + size);
}

/* The number of a value. Equal values have the same number if they are met often. */
static uint64_t number_of(uint64_t value) {
	uint16_t *recent = &values->recent[(value * 0x9e3779b97f4a7c15u) >> 32 & (RECENT - 1)];
	if (values->count > *recent && values->list[*recent] == value)
		return *recent;
	if (values->count == KT_UNDO_NUMBERS)
		return KT_UNDO_NUMBERS + sizeof value;
	*recent = (uint16_t)values->count++;
	values->list[*recent] = value;
	return *recent;
}

void kt_undo_prepare(uint64_t value) {
	uint64_t number;
	if (kt_undo.end - kt_undo.next < 2)
		new_chunk();
	number = number_of(value);
	kt_undo.value = value;
	kt_undo.number_above = number << KT_UNDO_SHIFT;
	kt_undo.limit = kt_undo.end;
	if (number >= KT_UNDO_NUMBERS) {
		kt_undo.limit = NULL;
		*kt_undo.next++ = value;
	}
}

void kt_undo_note_bytes(void *place, size_t size) {
	char *p = place, *end = p + size;
	for (; (size_t)(end - p) >= sizeof(uint64_t); p += sizeof(uint64_t))
		kt_undo_note(p);
	if (p < end) {
		const size_t rest = (size_t)(end - p);
		uint64_t value = 0;
		memcpy(&value, p, rest);
		if (kt_undo.end - kt_undo.next < 2)
			new_chunk();
		*kt_undo.next++ = value;
		*kt_undo.next++ = (uintptr_t)p | (KT_UNDO_NUMBERS + rest) << KT_UNDO_SHIFT;
		kt_undo.limit = NULL; /* There may be no room for another one. */
	}
}

void kt_undo_all(void) {
	for (struct chunk *c = last; c; c = c->before) {
		const uint64_t *note = c == last ? kt_undo.next : c->end;
		while (note-- > c->notes) {
			const uint64_t number = *note >> KT_UNDO_SHIFT;
			void *place = (void *)(uintptr_t)(*note & (((uint64_t)1 << KT_UNDO_SHIFT) - 1));
			if (number < KT_UNDO_NUMBERS)
				memcpy(place, &values->list[number], sizeof *values->list);
			else
				memcpy(place, --note, number - KT_UNDO_NUMBERS);
		}
	}
	kt_undo_end();
}

void kt_undo_end(void) {
	while (last) {
		struct chunk *c = last;
		last = c->before;
		munmap(c, last ? LATER : FIRST);
	}
	if (values)
		munmap(values, VALUES);
	values = NULL;
	memset(&kt_undo, 0, sizeof kt_undo);
}
