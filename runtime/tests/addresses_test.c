/* The tables of addresses, against arrays that are searched from end to end. */
#include "runtime/src/addresses.h"
#include "runtime/src/internal.h"
#include "runtime/tests/check.h"

enum { COUNT = 100000 };

static closure kinds[3] = {{.size_old = 16}, {.size_old = 40}, {.size_old = 8}};

/* Notes that `count` objects of a kind have moved. */
static void move(char *old, char *new_, size_t count, const closure *kind) {
	uintptr_t *entry = kt_moved_entry(old);
	CHECK(kt_moved_new(*entry) == NULL);
	kt_moved_set(entry, new_, kind);
	if (count != 1 || kind->size_old > 1024)
		kt_moved_many(old, count, count * kind->size_old);
}

static size_t each;

static void count(const struct kt_moved *m) {
	struct kt_moved same;
	CHECK(kt_moved_at(m->old, &same) && same.new_ == m->new_ && same.element == m->element);
	each++;
}

static void test_moved(void) {
	char *base = (char *)0x7f0000000000;
	struct kt_moved m;
	CHECK(!kt_moved_at(base, &m));
	for (size_t i = 0; i < COUNT; i++)
		move(base + 64 * (i * 7919 % COUNT), base + 1000000000 + 2 * i, 1 + i % 2, &kinds[i % 2]);
	for (size_t i = 0; i < COUNT; i++) {
		char *old = base + 64 * (i * 7919 % COUNT);
		CHECK(kt_moved_at(old, &m) && m.new_ == base + 1000000000 + 2 * i && m.old == old);
		CHECK_EQUAL(m.count, 1 + i % 2);
		CHECK(m.element == &kinds[i % 2]);
		CHECK(kt_moved_new(*kt_moved_entry(old)) == m.new_);
	}
	CHECK(!kt_moved_at(base + 8, &m));
	CHECK(!kt_moved_at(base + 64 * COUNT, &m));
	for (size_t i = 0; i < 1000; i++) /* Objects that the allocator cannot have put there. */
		move(base + 64 * i + 41 + i % 16, base + 2 * i, 1, &kinds[2]);
	for (size_t i = 0; i < 1000; i++)
		CHECK(kt_moved_at(base + 64 * i + 41 + i % 16, &m) && m.new_ == base + 2 * i);
	CHECK(!kt_moved_at(base + 41 + 1, &m));
	kt_moved_each(count);
	CHECK_EQUAL(each, COUNT + 1000);
}

/* Searches for what contains an address, against arrays of ranges that are searched from end to end. */
static void test_around(void) {
	enum { RANGES = 2000 };
	static struct {
		char *start;
		size_t size;
	} ranges[RANGES];
	char *at = (char *)0x7e00001fff00; /* Across the boundaries of blocks. */
	struct kt_moved m;
	srand(1);
	for (int i = 0; i < RANGES; i++) {
		const closure *kind = &kinds[rand() % 3];
		const size_t n = rand() % 50 == 0 ? 3000 + (size_t)rand() % 200000 : (size_t)rand() % 4 + 1;
		at += rand() % 3 ? (size_t)rand() % 64 : 16 - (uintptr_t)at % 16;
		ranges[i].start = at;
		ranges[i].size = n * kind->size_old;
		move(at, (char *)(uintptr_t)(16 * (i + 1)), n, kind);
		at += ranges[i].size + 1 + (size_t)(rand() % 40);
	}
	for (int i = 0; i < RANGES; i++) {
		const size_t offsets[] = {0, 1, ranges[i].size / 2, ranges[i].size - 1, ranges[i].size};
		for (int k = 0; k < 5; k++) {
			CHECK(kt_moved_around(ranges[i].start + offsets[k], &m));
			CHECK(m.old == ranges[i].start && m.new_ == (char *)(uintptr_t)(16 * (i + 1)));
		}
		if (i + 1 < RANGES && ranges[i].start + ranges[i].size + 1 < ranges[i + 1].start)
			CHECK(!kt_moved_around(ranges[i].start + ranges[i].size + 1, &m));
		CHECK(!kt_moved_within(ranges[i].start, ranges[i].size, &m));
		if (i > 0) {
			CHECK(kt_moved_within(ranges[i].start - 1, 2, &m) && m.old == ranges[i].start);
			CHECK(kt_moved_within(ranges[i - 1].start,
			                      (size_t)(ranges[i].start - ranges[i - 1].start) + 1, &m));
		}
	}
}

static void test_slots(void) {
	void **heap = malloc(COUNT * sizeof *heap);
	char far[4 * sizeof(void *)] __attribute__((aligned(8)));
	for (int i = 0; i < COUNT; i += 3)
		CHECK(kt_slot_first(&heap[i]));
	for (int i = 0; i < COUNT; i++)
		CHECK_EQUAL(kt_slot_first(&heap[i]), i % 3 != 0);
	CHECK(kt_slots_within(heap, COUNT * sizeof *heap));
	CHECK(!kt_slots_within(far, sizeof far));
	CHECK(kt_slot_first(far));
	CHECK(kt_slots_within(far, sizeof far) && !kt_slots_within(far + 8, sizeof far - 8));
	for (int k = 1; k < 8; k++) { /* Pointers of packed structures. */
		CHECK(kt_slot_first(far + k));
		CHECK(!kt_slot_first(far + k));
	}
	CHECK(!kt_slot_first(far));
	free(heap);
}

static void test_pairs(void) {
	static char a[64], b[64];
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 64; i++)
			for (int k = 0; k < 64; k++)
				CHECK_EQUAL(kt_pair_first(a + i, b + k), round == 0);
}

/* What is in front of an object decides whether it can be a block that was made for it. */
static void test_heap(void) {
	char on_stack[64] __attribute__((aligned(16)));
	static char is_static[64] __attribute__((aligned(16)));
	char *small = malloc(24), *large = malloc(1000000), *slab = malloc(4096);
	memset(slab, 0, 4096);
	kt_heap_begin();
	CHECK(kt_heap_block(small, 24));
	CHECK(kt_heap_block(large, 1000000));
	CHECK(kt_heap_block(slab, 4096));
	CHECK(!kt_heap_block(large, 24));
	CHECK(!kt_heap_block(slab, 24));
	CHECK(!kt_heap_block(small + 8, 16));
	CHECK(!kt_heap_block(on_stack, sizeof on_stack));
	CHECK(!kt_heap_block(is_static, sizeof is_static));
	free(small);
	free(large);
	free(slab);
}

int main(void) {
	test_moved();
	kt_addresses_end();
	test_around();
	test_slots();
	test_pairs();
	kt_addresses_end();
	struct kt_moved m;
	CHECK(!kt_moved_at((void *)0x7f0000000000, &m));
	static int x, y;
	CHECK(kt_pair_first(&x, &y));
	CHECK(kt_slot_first(&each));
	kt_addresses_end();
	test_heap();
	return 0;
}
