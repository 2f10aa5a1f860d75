/* Tables of addresses: where objects have moved to, which words have been rewritten, what has been visited.
 *
 * All memory comes straight from the kernel and goes back to it when the update ends, so that an update of a
 * large heap leaves no holes in the program's own.
 */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "internal.h"

struct pair {
	uintptr_t key, value;
};

/* An open-addressing table. What tells entries apart is the key, or in a set of pairs both words. */
struct table {
	bool pairs_only;
	struct pair *slots;
	size_t count, mask; /* mask + 1 slots; 0 while there are none */
};

static struct table moved;                          /* old address -> new address */
static struct table visited = {.pairs_only = true}; /* object, transformer */

/* One bit for every word of memory that may hold a pointer, in blocks of memory reached through a table by the
 * upper part of the address: a heap of contiguous pages needs 1/64 of its size. */
enum { BLOCK_SHIFT = 21, BLOCK_WORDS = (1 << BLOCK_SHIFT) / (int)sizeof(void *) };

static struct table blocks; /* address >> BLOCK_SHIFT -> bitmap */
static uintptr_t last_block = UINTPTR_MAX;
static uint64_t *last_bits;

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

void *kt_moved_to(const void *old) {
	return (void *)get(&moved, (uintptr_t)old);
}

void kt_moved_add(const void *old, void *new_) {
	insert(&moved, (uintptr_t)old, (uintptr_t)new_);
}

void kt_moved_each(void (*f)(void *old)) {
	for (size_t i = 0; moved.slots && i <= moved.mask; i++)
		if (moved.slots[i].key)
			f((void *)moved.slots[i].key);
}

bool kt_slot_first(const void *slot) {
	uintptr_t a = (uintptr_t)slot, block = a >> BLOCK_SHIFT;
	size_t word = (a & (((uintptr_t)1 << BLOCK_SHIFT) - 1)) / sizeof(void *);
	uint64_t bit = (uint64_t)1 << word % 64;
	if (a % sizeof(void *)) /* In a packed structure: words would share a bit. */
		return kt_pair_first(slot, &blocks);
	if (block != last_block) {
		uintptr_t bits = get(&blocks, block + 1);
		if (!bits) {
			bits = (uintptr_t)pages(BLOCK_WORDS / 8);
			insert(&blocks, block + 1, bits);
		}
		last_block = block;
		last_bits = (uint64_t *)bits;
	}
	if (last_bits[word / 64] & bit)
		return false;
	last_bits[word / 64] |= bit;
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
			munmap((void *)blocks.slots[i].value, BLOCK_WORDS / 8);
	clear(&blocks);
	clear(&moved);
	clear(&visited);
	last_block = UINTPTR_MAX;
}
