/* undo.h - what has been rewritten in its place, so that it can be restored. See undo.c for the rest. */
#ifndef KITSUNE_UNDO_H
#define KITSUNE_UNDO_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#pragma GCC visibility push(hidden)

/* The log has a word for each word that has been rewritten: the place, of which 48 bits are enough, and the number of
 * what was there among the values that have been met. Most of the words that an update rewrites lead to the same few
 * places of an image. A number that is not below KT_UNDO_NUMBERS says how many bytes there were, more than that; they
 * are in the word in front of this one. */
enum { KT_UNDO_SHIFT = 48, KT_UNDO_NUMBERS = 0xfff0 };

extern struct kt_undo {
	uint64_t *next, *end;  /* the room that is left in the log; none as long as it is empty */
	uint64_t *limit;       /* `end`; NULL if the value that was met last has no number */
	uint64_t value;        /* that one, */
	uint64_t number_above; /* and its number, above the bits of a place */
} kt_undo;

/* Gets room, and a number for the value; if there is none, it notes the value. */
void kt_undo_prepare(uint64_t value);

/* Notes the word at `place`, which is about to be rewritten. */
static inline void kt_undo_note(const void *place) {
	uint64_t value;
	memcpy(&value, place, sizeof value);
	if (value != kt_undo.value || kt_undo.next >= kt_undo.limit)
		kt_undo_prepare(value);
	*kt_undo.next++ = (uintptr_t)place | kt_undo.number_above;
}

/* The same for `size` bytes. */
void kt_undo_note_bytes(void *place, size_t size);

/* Restores everything. */
void kt_undo_all(void);

/* Forgets it. */
void kt_undo_end(void);

#pragma GCC visibility pop

#endif
