/* Tables of addresses: the parts that are not asked for at each pointer. See addresses.h.
 *
 * What cannot be addressed by its place in a block goes to hash tables. All memory comes straight from the kernel and
 * goes back to it when the update ends, so that an update of a large heap leaves no holes in the program's own.
 */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "addresses.h"
#include "internal.h"

enum {
	ENTRIES = KT_BLOCK / KT_GRAIN,
	KINDS = 1 << 16,  /* that the entries have room for */
	FIRST_MASK = 255, /* of the smallest table */
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

static struct table blocks;                         /* address / KT_BLOCK + 1 -> struct kt_mirror */
static struct table strays;                         /* old address -> entry, between grains */
static struct table counts;                         /* old address -> number of objects, if not one */
static struct table visited = {.pairs_only = true}; /* object, transformer */

/* Large objects, and arrays of them. */
static struct {
	struct range {
		uintptr_t start, size;
	} * list;
	size_t count, room;
	bool sorted;
} large;

uint64_t kt_moved_total;
static uint64_t moved_blocks; /* in which something has moved */

static size_t reach; /* the size of the largest of the others */

/* The closures that have numbers. */
static struct {
	const closure **list;
	size_t count;
	struct table numbers;
} kinds;

struct kt_recent kt_recent[KT_RECENT];
struct kt_last_kind kt_last_kind;

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
	struct table bigger = {.pairs_only = t->pairs_only, .mask = t->mask ? 2 * t->mask + 1 : FIRST_MASK};
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
static struct pair *insert(struct table *t, uintptr_t key, uintptr_t value) {
	struct pair *p;
	if (3 * (t->count + 1) > 2 * t->mask)
		grow(t);
	p = find(t, key, value);
	*p = (struct pair){key, value};
	t->count++;
	return p;
}

static uintptr_t get(const struct table *t, uintptr_t key) {
	return t->count ? find(t, key, 0)->value : 0;
}

static void clear(struct table *t) {
	if (t->slots)
		munmap(t->slots, (t->mask + 1) * sizeof *t->slots);
	*t = (struct table){.pairs_only = t->pairs_only};
}

/* Blocks. */

/* The block with this number; NULL if there is none. */
static inline struct kt_mirror *block_at(uintptr_t number) {
	const struct kt_recent *r = &kt_recent[number % KT_RECENT];
	if (r->number == number && r->block)
		return r->block;
	return (struct kt_mirror *)get(&blocks, number + 1);
}

struct kt_mirror *kt_mirror_make(uintptr_t number) {
	struct kt_mirror *b = block_at(number);
	if (!b) {
		if (number * KT_BLOCK >> KT_KIND_SHIFT)
			kt_fail("something points to %p, where no memory can be",
			        (void *)(number * KT_BLOCK));
		b = pages(sizeof *b);
		insert(&blocks, number + 1, (uintptr_t)b);
	}
	kt_recent[number % KT_RECENT] = (struct kt_recent){number, b};
	return b;
}

bool kt_slot_first_unaligned(const void *slot) {
	return kt_pair_first(slot, &blocks);
}

bool kt_pair_first(const void *a, const void *b) {
	uintptr_t x = (uintptr_t)a, y = (uintptr_t)b;
	if (visited.count && find(&visited, x, y)->key)
		return false;
	insert(&visited, x, y);
	return true;
}

/* Moved objects. */

static uintptr_t *stray(uintptr_t old) {
	struct pair *p = strays.count ? find(&strays, old, 0) : NULL;
	if (!p || !p->key)
		p = insert(&strays, old, 0);
	return &p->value;
}

uintptr_t *kt_moved_make(struct kt_mirror *b, uintptr_t old) {
	uintptr_t *entry;
	if (!b->moved) {
		/* All pages at once if those of other blocks have been needed. Older kernels do not know that. */
		b->moved = pages(ENTRIES * sizeof *b->moved);
		if (kt_moved_total > moved_blocks * (ENTRIES / 16))
			madvise(b->moved, ENTRIES * sizeof *b->moved, MADV_POPULATE_WRITE);
		moved_blocks++;
	}
	entry = &b->moved[old % KT_BLOCK / KT_GRAIN];
	if (old % KT_GRAIN == 0)
		return entry;
	*entry |= KT_HALFWAY;
	return stray(old);
}

unsigned kt_kind_make(const closure *element) {
	uintptr_t number = get(&kinds.numbers, (uintptr_t)element);
	if (!kinds.list)
		kinds.list = pages(KINDS * sizeof *kinds.list);
	if (!number && kinds.count + 1 < KINDS) {
		number = ++kinds.count;
		kinds.list[number] = element;
		insert(&kinds.numbers, (uintptr_t)element, number);
		if (element->size_old <= KT_LARGE && element->size_old > reach)
			reach = element->size_old;
	}
	kt_last_kind = (struct kt_last_kind){element, (unsigned)number};
	return (unsigned)number;
}

void kt_moved_many(const void *old, size_t count, size_t size) {
	if (count != 1)
		insert(&counts, (uintptr_t)old, count);
	if (size <= KT_LARGE) {
		reach = size > reach ? size : reach;
		return;
	}
	if (large.count == large.room) {
		large.room = large.room ? 2 * large.room : 16;
		large.list = kt_realloc(large.list, large.room * sizeof *large.list);
	}
	large.list[large.count++] = (struct range){(uintptr_t)old, size};
	large.sorted = false;
}

/* The entry of an object; 0 if it has not moved. */
static uintptr_t entry_of(uintptr_t old) {
	const struct kt_mirror *b = block_at(old / KT_BLOCK);
	const uintptr_t entry = b && b->moved ? b->moved[old % KT_BLOCK / KT_GRAIN] : 0;
	return old % KT_GRAIN == 0 ? entry : entry & KT_HALFWAY ? get(&strays, old) : 0;
}

static bool unpack(uintptr_t old, uintptr_t entry, struct kt_moved *m) {
	const uintptr_t kind = entry >> KT_KIND_SHIFT;
	size_t count;
	if (!kt_moved_new(entry))
		return false;
	count = get(&counts, old);
	*m = (struct kt_moved){(char *)old, kt_moved_new(entry), kind ? kinds.list[kind] : NULL,
	                       count ? count : 1};
	return true;
}

bool kt_moved_at(const void *old, struct kt_moved *m) {
	return unpack((uintptr_t)old, entry_of((uintptr_t)old), m);
}

static size_t size_of(const struct kt_moved *m) {
	return m->element ? m->count * m->element->size_old : 0;
}

/* The last object that begins at `last` or before it, and not before `first`. */
static bool last_moved(uintptr_t first, uintptr_t last, struct kt_moved *m) {
	uintptr_t grain = last - last % KT_GRAIN, start;
	do { /* In one block after the other. */
		const struct kt_mirror *b = block_at(grain / KT_BLOCK);
		start = grain - grain % KT_BLOCK;
		for (; b && b->moved && grain >= start && grain + KT_GRAIN > first; grain -= KT_GRAIN) {
			const uintptr_t entry = b->moved[grain % KT_BLOCK / KT_GRAIN];
			for (uintptr_t at = grain + KT_GRAIN; entry & KT_HALFWAY && --at > grain;)
				if (at >= first && at <= last && kt_moved_at((void *)at, m))
					return true;
			if (grain >= first && unpack(grain, entry, m))
				return true;
		}
		grain = start - KT_GRAIN;
	} while (start > first);
	return false;
}

static int by_start(const void *a, const void *b) {
	const struct range *x = a, *y = b;
	return x->start < y->start ? -1 : x->start > y->start;
}

/* The large object that begins last before `a`. */
static const struct range *large_before(uintptr_t a) {
	size_t low = 0, high = large.count;
	if (!large.sorted && large.count)
		qsort(large.list, large.count, sizeof *large.list, by_start);
	large.sorted = true;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (large.list[middle].start <= a)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &large.list[low - 1] : NULL;
}

bool kt_moved_around(const void *p, struct kt_moved *m) {
	const uintptr_t a = (uintptr_t)p;
	const struct range *r;
	if (last_moved(a > reach ? a - reach : 0, a, m) && a - (uintptr_t)m->old <= size_of(m))
		return true;
	r = large_before(a);
	return r && a - r->start <= r->size && kt_moved_at((void *)r->start, m);
}

bool kt_moved_within(const void *old, size_t size, struct kt_moved *m) {
	return size > 1 && last_moved((uintptr_t)old + 1, (uintptr_t)old + size - 1, m);
}

bool kt_slots_within(const void *old, size_t size) {
	const uintptr_t end = (uintptr_t)old + size;
	for (uintptr_t a = (uintptr_t)old; a + KT_WORD <= end; a += KT_WORD) {
		const struct kt_mirror *b = block_at(a / KT_BLOCK);
		const size_t word = a % KT_BLOCK / KT_WORD;
		if (b && b->slots[word / 64] >> word % 64 & 1)
			return true;
	}
	return false;
}

void kt_moved_each(void (*f)(const struct kt_moved *m)) {
	struct kt_moved m;
	for (size_t i = 0; blocks.slots && i <= blocks.mask; i++) {
		const uintptr_t start = (blocks.slots[i].key - 1) * KT_BLOCK;
		const struct kt_mirror *b = (const struct kt_mirror *)blocks.slots[i].value;
		for (size_t k = 0; b && b->moved && k < ENTRIES; k++)
			if (b->moved[k] && unpack(start + k * KT_GRAIN, b->moved[k], &m))
				f(&m);
	}
	for (size_t i = 0; strays.slots && i <= strays.mask; i++)
		if (strays.slots[i].key && unpack(strays.slots[i].key, strays.slots[i].value, &m))
			f(&m);
}

void kt_addresses_end(void) {
	for (size_t i = 0; blocks.slots && i <= blocks.mask; i++) {
		struct kt_mirror *b = (struct kt_mirror *)blocks.slots[i].value;
		if (b && b->moved)
			munmap(b->moved, ENTRIES * sizeof *b->moved);
		if (b)
			munmap(b, sizeof *b);
	}
	memset(kt_recent, 0, sizeof kt_recent);
	clear(&blocks);
	clear(&strays);
	clear(&counts);
	clear(&visited);
	kt_moved_total = moved_blocks = reach = 0;
	free(large.list);
	memset(&large, 0, sizeof large);
	if (kinds.list)
		munmap(kinds.list, KINDS * sizeof *kinds.list);
	clear(&kinds.numbers);
	memset(&kinds, 0, sizeof kinds);
	memset(&kt_last_kind, 0, sizeof kt_last_kind);
}
