/* hand - what an update of a heap costs at the least: the loops that a programmer would write for this one heap. The
 * baselines of the benchmark.
 *
 *     hand walk SHAPE COUNT    every node is visited, and gets another handler
 *     hand deep SHAPE COUNT    every node is allocated anew, with another handler and a field more; the old one is freed
 *
 * Prints the time that the loop has spent on a processor, in ns: the machine may have other work.
 */
#include <time.h>

struct node {
	struct node *next;
	long value;
	int (*handler)(int);
};
struct twin {
	struct twin *next, *prev;
	long value;
	int (*handler)(int);
};
struct leaf {
	struct leaf *left, *right;
	long value;
	int (*handler)(int);
};
struct table {
	long size;
	struct node **buckets;
};

static int handle(int n) {
	return n + 1;
}
static int handle_anew(int n) {
	return n + 2;
}

#include "shapes.h"

struct larger_node {
	long value;
	int (*handler)(int);
	long extra;
	struct larger_node *next;
};
struct larger_twin {
	long value;
	int (*handler)(int);
	long extra;
	struct larger_twin *next, *prev;
};
struct larger_leaf {
	long value;
	int (*handler)(int);
	long extra;
	struct larger_leaf *left, *right;
};

#define REPLACE(n)                  \
	if ((n)->handler == handle) \
	(n)->handler = handle_anew

static void walk_list(struct node *n) {
	for (; n; n = n->next)
		REPLACE(n);
}

static void walk_ring(struct twin *first) {
	struct twin *n = first;
	do {
		REPLACE(n);
		n = n->next;
	} while (n != first);
}

static void walk_tree(struct leaf *n) {
	for (; n; n = n->right) {
		REPLACE(n);
		walk_tree(n->left);
	}
}

/* Fills in a new node, and frees the old one. */
#define TAKE_OVER(n, old)                                                         \
	((n)->value = (old)->value, (n)->extra = -(old)->value,                   \
	 (n)->handler = (old)->handler == handle ? handle_anew : (old)->handler); \
	free(old)

static struct larger_node *larger_list(struct node *old) {
	struct larger_node *list = NULL, **end = &list;
	while (old) {
		struct node *next = old->next;
		struct larger_node *n = allocate(sizeof *n);
		TAKE_OVER(n, old);
		n->next = NULL;
		*end = n;
		end = &n->next;
		old = next;
	}
	return list;
}

static struct larger_twin *larger_ring(struct twin *first) {
	struct larger_twin *ring = NULL, *last = NULL;
	first->prev->next = NULL;
	for (struct twin *old = first, *next; old; old = next) {
		struct larger_twin *n = allocate(sizeof *n);
		next = old->next;
		TAKE_OVER(n, old);
		n->prev = last;
		if (last)
			last->next = n;
		else
			ring = n;
		last = n;
	}
	last->next = ring;
	ring->prev = last;
	return ring;
}

static struct larger_leaf *larger_tree(struct leaf *old) {
	struct larger_leaf *n;
	struct leaf *left, *right;
	if (!old)
		return NULL;
	n = allocate(sizeof *n);
	left = old->left;
	right = old->right;
	TAKE_OVER(n, old);
	n->left = larger_tree(left);
	n->right = larger_tree(right);
	return n;
}

static void larger_table(struct table *t) {
	for (long i = 0; i < t->size; i++)
		t->buckets[i] = (struct node *)larger_list(t->buckets[i]);
}

static long long cpu_time(void) {
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

/* The heaps stay reachable: nothing of the loops can be left out. */
static struct heaps {
	struct node *list;
	struct twin *ring;
	struct leaf *tree;
	struct table table;
	struct larger_node *larger_list;
	struct larger_twin *larger_ring;
	struct larger_leaf *larger_tree;
} volatile heaps;

int main(int argc, char **argv) {
	const int deep = argc == 4 && strcmp(argv[1], "deep") == 0;
	const long count = argc == 4 ? atol(argv[3]) : 0;
	const char *shape = argc == 4 ? argv[2] : "";
	struct heaps h = {0};
	long long began;
	if (strcmp(shape, "list") == 0)
		h.list = build_list(count);
	else if (strcmp(shape, "chain") == 0)
		h.list = build_chain(count);
	else if (strcmp(shape, "ring") == 0)
		h.ring = build_ring(count);
	else if (strcmp(shape, "tree") == 0)
		h.tree = build_tree(count);
	else if (strcmp(shape, "table") == 0)
		build_table(&h.table, count);
	else if (strcmp(shape, "array") == 0)
		build_array(&h.table, count);
	else
		return 2;
	heaps = h;
	began = cpu_time();
	if (!deep) {
		walk_list(h.list);
		if (h.ring)
			walk_ring(h.ring);
		walk_tree(h.tree);
		for (long i = 0; i < h.table.size; i++)
			walk_list(h.table.buckets[i]);
	} else {
		h.larger_list = larger_list(h.list);
		if (h.ring)
			h.larger_ring = larger_ring(h.ring);
		h.larger_tree = larger_tree(h.tree);
		larger_table(&h.table);
	}
	began = cpu_time() - began;
	heaps = h;
	printf("%lld\n", began);
	return 0;
}
