/* shapes.h - the heaps of the benchmark, each of COUNT nodes: how they are built. The layouts of the nodes are those of
 * the file that includes this.
 *
 *     list    one after the other, in the order of their addresses
 *     chain   one after the other, in the order of chance: what a list becomes in a heap that has lived
 *     ring    a closed list with pointers in both directions, in the order of the addresses
 *     tree    a search tree, grown with random keys
 *     table   a hash table with chains, as many buckets as nodes
 *     array   an array of pointers, in the order of the addresses
 */
#ifndef BENCH_HEAP_SHAPES_H
#define BENCH_HEAP_SHAPES_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef WITHOUT_HANDLER
#define SET_HANDLER(node) (void)0
#else
#define SET_HANDLER(node) ((node)->handler = handle)
#endif

static inline void *allocate(size_t size) {
	void *p = malloc(size);
	if (!p) {
		fputs("out of memory\n", stderr);
		exit(1);
	}
	return p;
}

/* Numbers that look as if by chance, the same in each run. */
static inline uint64_t scramble(uint64_t x) {
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static struct node *new_node(long value) {
	struct node *n = allocate(sizeof *n);
	memset(n, 0, sizeof *n);
	n->value = value;
	SET_HANDLER(n);
	return n;
}

static struct node *build_list(long count) {
	struct node *list = NULL, **end = &list;
	for (long i = 0; i < count; i++) {
		*end = new_node(i);
		end = &(*end)->next;
	}
	return list;
}

static struct node *build_chain(long count) {
	struct node **nodes = allocate((size_t)count * sizeof(struct node *)), *list = NULL;
	for (long i = 0; i < count; i++)
		nodes[i] = new_node(i);
	for (long i = count; i-- > 0;) {
		const long other = (long)(scramble((uint64_t)i) % (uint64_t)(i + 1));
		struct node *n = nodes[other];
		nodes[other] = nodes[i];
		n->value = i;
		n->next = list;
		list = n;
	}
	free(nodes);
	return list;
}

static struct twin *build_ring(long count) {
	struct twin *first = NULL, *last = NULL;
	for (long i = 0; i < count; i++) {
		struct twin *n = allocate(sizeof *n);
		memset(n, 0, sizeof *n);
		n->value = i;
		SET_HANDLER(n);
		first = first ? first : n;
		n->prev = last;
		if (last)
			last->next = n;
		last = n;
	}
	if (last) {
		last->next = first;
		first->prev = last;
	}
	return first;
}

static struct leaf *build_tree(long count) {
	struct leaf *root = NULL;
	for (long i = 0; i < count; i++) {
		struct leaf *n = allocate(sizeof *n), **at = &root;
		memset(n, 0, sizeof *n);
		n->value = (long)(scramble((uint64_t)i) >> 1);
		SET_HANDLER(n);
		while (*at)
			at = n->value < (*at)->value ? &(*at)->left : &(*at)->right;
		*at = n;
	}
	return root;
}

static void build_table(struct table *t, long count) {
	t->size = count;
	t->buckets = calloc((size_t)count, sizeof *t->buckets);
	for (long i = 0; t->buckets && i < count; i++) {
		struct node *n = new_node(i), **bucket = &t->buckets[scramble((uint64_t)i) % (uint64_t)count];
		n->next = *bucket;
		*bucket = n;
	}
}

static void build_array(struct table *t, long count) {
	t->size = count;
	t->buckets = calloc((size_t)count, sizeof *t->buckets);
	for (long i = 0; t->buckets && i < count; i++)
		t->buckets[i] = new_node(i);
}

#endif
