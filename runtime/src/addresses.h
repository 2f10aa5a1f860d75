/* addresses.h - what is known of places in the old version's memory: which words have been rewritten where they are,
 * and where objects have moved to.
 *
 * Both are kept in blocks that mirror the address space: neighbours in the program's heap, which are likely to be met
 * one after the other, are neighbours here too. What the engine asks for each pointer is in this header, so that the
 * compiler can make one function of it. Everything else is in addresses.c.
 */
#ifndef KITSUNE_ADDRESSES_H
#define KITSUNE_ADDRESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transform.h"

#pragma GCC visibility push(hidden)

enum {
	KT_BLOCK = 1 << 21, /* bytes of the address space that a block mirrors */
	KT_GRAIN = 16,      /* objects of the allocator begin at multiples of it */
	KT_WORD = sizeof(void *),
	KT_LARGE =
	    1024, /* larger objects are in a list, so that a search backwards for one comes to an end */
};

/* An entry of the table of moved objects: the new address, of which 48 bits are enough and the lowest is free; the
 * number of the closure by which the object was transformed; and whether another object begins in the middle of the
 * grain. 0 if nothing has moved from there. */
enum { KT_KIND_SHIFT = 48, KT_HALFWAY = 1 };

struct kt_mirror {
	uintptr_t *moved; /* an entry for each grain; NULL until something moves */
	uint64_t slots[KT_BLOCK / KT_WORD / 64];
};

/* The blocks that were used last, by the lower bits of their numbers. */
enum { KT_RECENT = 256 };
extern struct kt_recent {
	uintptr_t number; /* address / KT_BLOCK */
	struct kt_mirror *block;
} kt_recent[KT_RECENT];

struct kt_mirror *kt_mirror_make(uintptr_t number);
uintptr_t *kt_moved_make(struct kt_mirror *b, uintptr_t old);
bool kt_slot_first_unaligned(const void *slot);
unsigned kt_kind_make(const closure *element);

static inline struct kt_mirror *kt_mirror_of(uintptr_t a) {
	const uintptr_t number = a / KT_BLOCK;
	const struct kt_recent *r = &kt_recent[number % KT_RECENT];
	return r->number == number && r->block ? r->block : kt_mirror_make(number);
}

/* True the first time that the word at `slot` is rewritten in its place. */
static inline bool kt_slot_first(const void *slot) {
	const uintptr_t a = (uintptr_t)slot, word = a % KT_BLOCK / KT_WORD;
	const uint64_t bit = (uint64_t)1 << word % 64;
	uint64_t *bits;
	if (a % KT_WORD) /* In a packed structure: words would share a bit. */
		return kt_slot_first_unaligned(slot);
	bits = &kt_mirror_of(a)->slots[word / 64];
	if (*bits & bit)
		return false;
	*bits |= bit;
	return true;
}

/* The entry of the object at `old`, to be read, or to be filled with kt_moved_pack() before the next call. */
static inline uintptr_t *kt_moved_entry(const void *old) {
	const uintptr_t a = (uintptr_t)old;
	struct kt_mirror *b = kt_mirror_of(a);
	if (a % KT_GRAIN || !b->moved)
		return kt_moved_make(b, a);
	return &b->moved[a % KT_BLOCK / KT_GRAIN];
}

/* Where the object has moved to that has this entry; NULL if it has not. */
static inline void *kt_moved_new(uintptr_t entry) {
	return (void *)(entry << 16 >> 16 & ~(uintptr_t)KT_HALFWAY);
}

/* The number of a closure. 0 if there are too many. */
extern struct kt_last_kind {
	const closure *element;
	unsigned number;
} kt_last_kind;

static inline unsigned kt_kind(const closure *element) {
	return element == kt_last_kind.element ? kt_last_kind.number : kt_kind_make(element);
}

/* Whether the object has been transformed by this very closure. */
static inline bool kt_moved_as(uintptr_t entry, const closure *element) {
	const unsigned kind = kt_kind(element);
	return kind && entry >> KT_KIND_SHIFT == kind;
}

extern uint64_t kt_moved_total; /* entries */

/* Notes that the object has moved to `new_`, an even address. */
static inline void kt_moved_set(uintptr_t *entry, void *new_, const closure *element) {
	kt_moved_total++;
	*entry = (uintptr_t)new_ | (uintptr_t)kt_kind(element) << KT_KIND_SHIFT | (*entry & KT_HALFWAY);
}

/* Objects in a row that have moved. */
struct kt_moved {
	char *old, *new_;
	const closure *element; /* NULL if there are too many */
	size_t count;
};

/* To be called beside kt_moved_set() for more than one object, or for large ones. */
void kt_moved_many(const void *old, size_t count, size_t size);

/* The moved objects that begin at `old`. */
bool kt_moved_at(const void *old, struct kt_moved *m);

/* The moved objects in which `a` is, or that it is one past of. */
bool kt_moved_around(const void *a, struct kt_moved *m);

/* Whether something has moved from behind `old`, within `size` bytes from it. */
bool kt_moved_within(const void *old, size_t size, struct kt_moved *m);

/* Whether a word among the `size` bytes from `old` has been rewritten in its place. */
bool kt_slots_within(const void *old, size_t size);

/* Calls f for all moved objects. */
void kt_moved_each(void (*f)(const struct kt_moved *m));

/* True the first time for this pair. */
bool kt_pair_first(const void *a, const void *b);

void kt_addresses_end(void);

#pragma GCC visibility pop

#endif
