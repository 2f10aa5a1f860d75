/* The engine by itself: what it does to a heap, and that a rollback leaves no trace of it. */
#include <malloc.h>

#include "runtime/src/addresses.h"
#include "runtime/src/internal.h"
#include "runtime/src/undo.h"
#include "runtime/tests/check.h"

enum { COUNT = 2000 };

/* What moves: an object that holds another one, an array and a pointer into itself. */
struct inner {
	int a, b;
};
struct old_node {
	struct old_node *next;
	struct inner inner;
	int *into; /* an element */
	struct old_node **back;
	int values[3];
};
struct new_node {
	int values[4];
	struct new_node **back;
	int *into;
	struct {
		int b, a;
	} inner;
	struct new_node *next;
	long extra;
};

/* What keeps its place. */
struct owner {
	struct owner *next;
	void *node;
	int *value;
	struct inner *inner;
	int counter;
};

static void transform_inner(void *in, void *out, int nargs, void **args);
static void transform_node(void *in, void *out, int nargs, void **args);
static void transform_owner(void *in, void *out, int nargs, void **args);

static const closure an_int = {transform_raw, XF_SHALLOW, 4, 4, 1, (void *const[]){(void *)4}};
static const closure an_inner = {transform_inner,      XF_DEEP, sizeof(struct inner),
                                 sizeof(struct inner), 0,       NULL};
static const closure a_node = {transform_node,          XF_DEEP, sizeof(struct old_node),
                               sizeof(struct new_node), 0,       NULL};
static const closure to_node = {transform_ptr,  XF_SHALLOW, sizeof(void *),
                                sizeof(void *), 1,          (void *const[]){(void *)&a_node}};
static const closure an_owner = {transform_owner,      XF_SHALLOW, sizeof(struct owner),
                                 sizeof(struct owner), 0,          NULL};

static const struct kitsune_part parts_of_inner[] = {{0, 4, 4, 4, 1, NULL}, {4, 4, 0, 4, 1, NULL}};
static const struct kitsune_layout inner_layout
    __attribute__((used, section("kitsune_layouts"), aligned(8))) = {transform_inner, parts_of_inner, 2};
static const struct kitsune_part parts_of_node[] = {
    {offsetof(struct old_node, next), 8, offsetof(struct new_node, next), 8, 1, NULL},
    {offsetof(struct old_node, inner), 8, offsetof(struct new_node, inner), 8, 1, &inner_layout},
    {offsetof(struct old_node, into), 8, offsetof(struct new_node, into), 8, 1, NULL},
    {offsetof(struct old_node, back), 8, offsetof(struct new_node, back), 8, 1, NULL},
    {offsetof(struct old_node, values), 4, offsetof(struct new_node, values), 4, 3, NULL},
};
static const struct kitsune_layout node_layout
    __attribute__((used, section("kitsune_layouts"), aligned(8))) = {transform_node, parts_of_node, 5};

static void transform_inner(void *in, void *out, int nargs, void **args) {
	const struct inner *o = in;
	int *n = out;
	(void)nargs;
	(void)args;
	n[0] = o->b;
	n[1] = o->a;
}

static void transform_node(void *in, void *out, int nargs, void **args) {
	struct old_node *o = in;
	struct new_node *n = out;
	(void)nargs;
	(void)args;
	memcpy(n->values, o->values, sizeof o->values);
	n->values[3] = 0;
	kitsune_xform_part(&o->back, &n->back, &to_node);
	kitsune_xform_part(&o->into, &n->into, &an_int);
	transform_inner(&o->inner, &n->inner, 0, NULL);
	n->extra = 7;
	kitsune_xform_ptr(&o->next, &n->next, &a_node);
}

static void transform_owner(void *in, void *out, int nargs, void **args) {
	struct owner *o = in, *n = out;
	(void)nargs;
	(void)args;
	if (in == out && kitsune_visit_once(in, transform_owner)) {
		kitsune_keep(out, sizeof *n);
		n->counter++;
	}
	kitsune_xform_part(&o->value, &n->value, &an_int);
	kitsune_xform_part(&o->inner, &n->inner, &an_inner);
	kitsune_xform_ptr(&o->node, &n->node, &a_node);
	kitsune_xform_ptr(&o->next, &n->next, &an_owner);
}

static struct heap {
	struct old_node *nodes, **last;
	struct owner *owners;
	int *first_value; /* met before the node that it leads to */
} heap;

static void *block(size_t size) {
	void *p = calloc(1, size);
	CHECK(p);
	return p;
}

static void build(void) {
	struct old_node **end = &heap.nodes;
	for (int i = 0; i < COUNT; i++) {
		struct old_node *n = block(sizeof *n);
		struct owner *o = block(sizeof *o);
		*n = (struct old_node){NULL, {i, -i}, &n->values[i % 3], end, {i, i + 1, i + 2}};
		*o = (struct owner){heap.owners, n, n->values + 3, &n->inner, i};
		heap.owners = o;
		*end = n;
		end = &n->next;
	}
	heap.last = end;
	heap.first_value = &heap.nodes->values[1];
}

/* The variables of the old version are not written to. */
static struct heap transform(void) {
	struct heap new_;
	kt_transform_begin();
	kt_transform_enter();
	kitsune_xform_part(&heap.first_value, &new_.first_value, &an_int);
	kitsune_xform_part(&heap.last, &new_.last, &to_node);
	kitsune_xform_ptr(&heap.owners, &new_.owners, &an_owner);
	kitsune_xform_ptr(&heap.nodes, &new_.nodes, &a_node);
	kt_transform_settle();
	return new_;
}

static void check_transformed(const struct heap *new_) {
	const struct owner *o = new_->owners;
	const struct new_node *n = (const struct new_node *)new_->nodes;
	const struct new_node *list[COUNT];
	CHECK(new_->first_value == &n->values[1]);
	for (int i = 0; i < COUNT; i++, n = n->next) {
		CHECK(n->values[0] == i && n->values[2] == i + 2 && n->extra == 7);
		CHECK(n->inner.a == i && n->inner.b == -i);
		CHECK(n->into == &n->values[i % 3]);
		CHECK(i == 0 || (void *)n->back == &list[i - 1]->next);
		list[i] = n;
	}
	CHECK(!n && (void *)new_->last == &list[COUNT - 1]->next);
	for (int i = COUNT; i-- > 0; o = o->next) {
		CHECK(o->node == list[i] && o->counter == i + 1);
		CHECK(o->value == &list[i]->values[3]); /* Behind the last value there is another one now. */
		CHECK((void *)o->inner == &list[i]->inner);
	}
}

/* The contents of all blocks, one after the other. */
static char *contents(size_t *size) {
	char *copy, *to;
	*size = COUNT * (sizeof(struct old_node) + sizeof(struct owner)) + sizeof heap;
	copy = to = block(*size);
	for (const struct old_node *n = heap.nodes; n; n = n->next, to += sizeof *n)
		memcpy(to, n, sizeof *n);
	for (const struct owner *o = heap.owners; o; o = o->next, to += sizeof *o)
		memcpy(to, o, sizeof *o);
	memcpy(to, &heap, sizeof heap);
	return copy;
}

static void test_rollback(void) {
	size_t size, size_after;
	char *before = contents(&size), *after;
	const size_t used = mallinfo2().uordblks;
	for (int round = 0; round < 10; round++) {
		struct heap new_ = transform();
		check_transformed(&new_);
		kt_transform_rollback();
		CHECK(mallinfo2().uordblks < used + 100000);
		after = contents(&size_after);
		CHECK(size == size_after && memcmp(before, after, size) == 0);
		free(after);
	}
	free(before);
}

static void test_commit(void) {
	struct heap new_ = transform();
	kt_transform_commit();
	check_transformed(&new_);
}

/* The log by itself: values that are met often and once, more of them than have numbers, and objects of all sizes. */
static void test_undo(void) {
	enum { WORDS = 300000, SIZES = 40 };
	uint64_t *words = block(WORDS * sizeof *words);
	unsigned char bytes[SIZES][SIZES];
	for (uint64_t i = 0; i < WORDS; i++)
		words[i] = i % 3 ? i : i % 7;
	memset(bytes, 1, sizeof bytes);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < WORDS; i++) {
			kt_undo_note(&words[i]);
			words[i] = ~words[i];
		}
		for (size_t i = 0; i < SIZES; i++) {
			unsigned char *object = bytes[i] + i / 2;
			const size_t size = SIZES - i;
			kt_undo_note_bytes(object, size);
			memset(object, 2, size);
		}
		kt_undo_note(&words[0]);
		words[0] = 42; /* Twice. */
		kt_undo_all();
		for (uint64_t i = 0; i < WORDS; i++)
			CHECK_EQUAL(words[i], i % 3 ? i : i % 7);
		for (int i = 0; i < SIZES * SIZES; i++)
			CHECK_EQUAL(bytes[i / SIZES][i % SIZES], 1);
	}
	free(words);
}

/* A long list of objects that move, and a long ring of objects that stay, on a small stack. */
static void *on_small_stack(void *unused) {
	enum { LENGTH = 1000000 };
	struct old_node *list = NULL;
	struct owner *first = block(sizeof *first), *ring = first;
	struct new_node *moved, *next;
	long length = 0;
	for (int i = 0; i < LENGTH; i++) {
		struct old_node *n = block(sizeof *n);
		struct owner *o = block(sizeof *o);
		n->next = list;
		list = n;
		o->next = ring;
		ring = o;
	}
	first->next = ring;
	kt_transform_begin();
	kt_transform_enter();
	kitsune_xform_ptr(&list, &moved, &a_node);
	kitsune_xform_ptr(&ring, &ring, &an_owner);
	kt_transform_settle();
	kt_transform_commit();
	for (; moved; moved = next, length++) {
		CHECK_EQUAL(moved->extra, 7);
		next = moved->next;
		free(moved);
	}
	CHECK_EQUAL(length, LENGTH);
	for (first->next = NULL; ring; ring = first, length--) {
		CHECK_EQUAL(ring->counter, 1);
		first = ring->next;
		free(ring);
	}
	CHECK_EQUAL(length, -1);
	return unused;
}

static void test_stack(void) {
	pthread_attr_t small;
	pthread_t thread;
	pthread_attr_init(&small);
	CHECK(pthread_attr_setstacksize(&small, 256 << 10) == 0);
	CHECK(pthread_create(&thread, &small, on_small_stack, NULL) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
}

int main(void) {
	test_undo();
	test_stack();
	build();
	test_rollback();
	test_commit();
	return 0;
}
