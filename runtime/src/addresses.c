/* Tables of addresses: where objects have moved to, which words have been rewritten, what has been visited.
 *
 * What belongs to a place in memory is kept in blocks that mirror the address space: neighbours in the program's
 * heap, which are likely to be met one after the other, are neighbours here too. Only what cannot be addressed in
 * that way goes to hash tables.
 *
 * All memory comes straight from the kernel and goes back to it when the update ends, so that an update of a
 * large heap leaves no holes in the program's own.
 */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "internal.h"

/* One entry for each place where the allocator can have put an object, and one bit for each word that may hold a
 * pointer. The kernel provides the pages of a block when they are first written to. */
enum {
	BLOCK = 1 << 21, /* bytes of the address space that a block mirrors */
	GRAIN = 16,      /* objects of the allocator begin at multiples of it */
	ENTRIES = BLOCK / GRAIN,
	SLOT_WORDS = BLOCK / (int)sizeof(void *) / 64,
	/* Where entries have been written to, in pages of this many. */
	PAGE = 512,
	PAGES = ENTRIES / PAGE,
};

/* Of an old object that is not a block of its own. New objects begin at even addresses. */
enum { KEPT = 1 };

struct block {
	uintptr_t moved[ENTRIES]; /* the new address of the object that was here, and KEPT; or 0 */
	uint64_t slots[SLOT_WORDS];
	uint64_t used[PAGES / 64];
};

struct pair {
	uintptr_t key, value;
};

/* An open-addressing table. What tells entries apart is the key, or in a set of pairs both words. */
struct table {
	bool pairs_only;
	struct pair *slots;
	size_t count, mask; /* mask + 1 slots; 0 while there are none */
};

static struct table blocks;   /* address / BLOCK + 1 -> struct block */
static uintptr_t last_number; /* the key of the block that was used last, or 0 */
static struct block *last;
static struct table strays;                         /* old address -> new address, between grains */
static struct table counts;                         /* old address -> number of objects, if not one */
static struct table visited = {.pairs_only = true}; /* object, transformer */

static void *pages(size_t size) {
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		kt_fail("out of memory: %zu bytes wanted for a table of addresses", size);
	return p;
}

/* The slot of an entry, or the empty one where it belongs. Keys are not zero. */
static struct pair *find(const struct table *t, uintptr_t key, uintptr_t value) {
	/* Fibonacci hashing: the upper bits of the product are well mixed. */
	uint64_t h = t->pairs_only ? key ^ (uint64_t)value << 17 : key;
	size_t i = (size_t)(h * 0x9e3779b97f4a7c15u >> 20) & t->mask;
	while (t->slots[i].key && (t->slots[i].key != key || (t->pairs_only && t->slots[i].value != value)))
		i = (i + 1) & t->mask;
	return &t->slots[i];
}

static void grow(struct table *t) {
	struct table bigger = {.pairs_only = t->pairs_only, .mask = t->mask ? 2 * t->mask + 1 : 4095};
	bigger.slots = pages((bigger.mask + 1) * sizeof *bigger.slots);
	for (size_t i = 0; t->slots && i <= t->mask; i++)
		if (t->slots[i].key)
			*find(&bigger, t->slots[i].key, t->slots[i].value) = t->slots[i];
	bigger.count = t->count;
	if (t->slots)
		munmap(t->slots, (t->mask + 1) * sizeof *t->slots);
	*t = bigger;
}

/* Adds an entry that is not there yet. */
static void insert(struct table *t, uintptr_t key, uintptr_t value) {
	if (3 * (t->count + 1) > 2 * t->mask)
		grow(t);
	*find(t, key, value) = (struct pair){key, value};
	t->count++;
}

static uintptr_t get(const struct table *t, uintptr_t key) {
	return t->count ? find(t, key, 0)->value : 0;
}

static void clear(struct table *t) {
	if (t->slots)
		munmap(t->slots, (t->mask + 1) * sizeof *t->slots);
	*t = (struct table){.pairs_only = t->pairs_only};
}

/* The block that mirrors the address; NULL if there is none yet, unless it is to be made. */
static struct block *block_of(uintptr_t a, bool make) {
	const uintptr_t number = a / BLOCK + 1;
	if (number == last_number)
		return last;
	uintptr_t found = get(&blocks, number);
	if (!found && !make)
		return NULL;
	if (!found) {
		found = (uintptr_t)pages(sizeof(struct block));
		insert(&blocks, number, found);
	}
	last_number = number;
	return last = (struct block *)found;
}

void *kt_moved_to(const void *old) {
	const uintptr_t a = (uintptr_t)old;
	struct block *b;
	if (a % GRAIN)
		return (void *)get(&strays, a);
	b = block_of(a, false);
	return b ? (void *)(b->moved[a % BLOCK / GRAIN] & ~(uintptr_t)KEPT) : NULL;
}

bool kt_moved_block(const void *old) {
	const uintptr_t a = (uintptr_t)old;
	const struct block *b = a % GRAIN ? NULL : block_of(a, false);
	const uintptr_t entry = b ? b->moved[a % BLOCK / GRAIN] : 0;
	return entry && !(entry & KEPT);
}

size_t kt_moved_count(const void *old) {
	const size_t count = get(&counts, (uintptr_t)old);
	return count ? count : 1;
}

void kt_moved_add(const void *old, void *new_, size_t count, bool is_block) {
	const uintptr_t a = (uintptr_t)old;
	const size_t entry = a % BLOCK / GRAIN, page = entry / PAGE;
	struct block *b;
	if (count != 1)
		insert(&counts, a, count);
	if (a % GRAIN) {
		insert(&strays, a, (uintptr_t)new_);
		return;
	}
	b = block_of(a, true);
	b->moved[entry] = (uintptr_t)new_ | (is_block ? 0 : KEPT);
	b->used[page / 64] |= (uint64_t)1 << page % 64;
}

static void each_in(uintptr_t start, const struct block *b, void (*f)(void *old)) {
	for (size_t page = 0; page < PAGES; page++) {
		if (!(b->used[page / 64] >> page % 64 & 1))
			continue;
		for (size_t entry = page * PAGE; entry < (page + 1) * PAGE; entry++)
			if (b->moved[entry])
				f((void *)(start + entry * GRAIN));
	}
}

void kt_moved_each(void (*f)(void *old)) {
	for (size_t i = 0; blocks.slots && i <= blocks.mask; i++)
		if (blocks.slots[i].key)
			each_in((blocks.slots[i].key - 1) * BLOCK,
			        (const struct block *)blocks.slots[i].value, f);
	for (size_t i = 0; strays.slots && i <= strays.mask; i++)
		if (strays.slots[i].key)
			f((void *)strays.slots[i].key);
}

bool kt_slot_first(const void *slot) {
	const uintptr_t a = (uintptr_t)slot;
	const size_t word = a % BLOCK / sizeof(void *);
	const uint64_t bit = (uint64_t)1 << word % 64;
	struct block *b;
	if (a % sizeof(void *)) /* In a packed structure: words would share a bit. */
		return kt_pair_first(slot, &blocks);
	b = block_of(a, true);
	if (b->slots[word / 64] & bit)
		return false;
	b->slots[word / 64] |= bit;
	return true;
}

bool kt_pair_first(const void *a, const void *b) {
	uintptr_t x = (uintptr_t)a, y = (uintptr_t)b;
	if (visited.count && find(&visited, x, y)->key)
		return false;
	insert(&visited, x, y);
	return true;
}

void kt_addresses_end(void) {
	for (size_t i = 0; blocks.slots && i <= blocks.mask; i++)
		if (blocks.slots[i].key)
			munmap((void *)blocks.slots[i].value, sizeof(struct block));
	last_number = 0;
	clear(&blocks);
	clear(&strays);
	clear(&counts);
	clear(&visited);
}
