/* The tables of addresses, against arrays that are searched from end to end. */
#include "runtime/src/internal.h"
#include "runtime/tests/check.h"

enum { COUNT = 100000 };

static size_t each;

static void count(void *old) {
	CHECK(kt_moved_to(old) != NULL);
	each++;
}

static void test_moved(void) {
	char *base = (char *)0x7f0000000000;
	CHECK(kt_moved_to(base) == NULL);
	for (size_t i = 0; i < COUNT; i++)
		kt_moved_add(base + 16 * (i * 7919 % COUNT), base + 1000000000 + 2 * i, 1 + i % 2,
		             i % 3 == 0);
	for (size_t i = 0; i < COUNT; i++) {
		const void *old = base + 16 * (i * 7919 % COUNT);
		CHECK(kt_moved_to(old) == base + 1000000000 + 2 * i);
		CHECK_EQUAL(kt_moved_count(old), 1 + i % 2);
		CHECK_EQUAL(kt_moved_block(old), i % 3 == 0);
	}
	CHECK(kt_moved_to(base + 8) == NULL);
	CHECK(kt_moved_to(base + 16 * COUNT) == NULL);
	for (size_t i = 0; i < 1000; i++) /* Objects that the allocator cannot have put there. */
		kt_moved_add(base + 24 * i + 1, base + 2 * i, 1, false);
	for (size_t i = 0; i < 1000; i++) {
		CHECK(kt_moved_to(base + 24 * i + 1) == base + 2 * i);
		CHECK(!kt_moved_block(base + 24 * i + 1));
	}
	kt_moved_each(count);
	CHECK_EQUAL(each, COUNT + 1000);
}

static void test_slots(void) {
	void **heap = malloc(COUNT * sizeof *heap);
	char far[4 * sizeof(void *)] __attribute__((aligned(8)));
	for (int i = 0; i < COUNT; i += 3)
		CHECK(kt_slot_first(&heap[i]));
	for (int i = 0; i < COUNT; i++)
		CHECK_EQUAL(kt_slot_first(&heap[i]), i % 3 != 0);
	CHECK(kt_slot_first(far));
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
	test_slots();
	test_pairs();
	kt_addresses_end();
	CHECK(kt_moved_to((void *)0x7f0000000000) == NULL);
	static int x, y;
	CHECK(kt_pair_first(&x, &y));
	CHECK(kt_slot_first(&each));
	kt_addresses_end();
	test_heap();
	return 0;
}
