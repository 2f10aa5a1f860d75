/* Generic types: each instance is transformed as its arguments say. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kitsune.h"

struct list {
	struct list E_G(@t) *next;
	void E_T(@t) *value;
} E_GENERIC(@t);

struct map_entry {
	void E_T(@k) *key;
	void E_T(@v) *value;
	struct map_entry E_G(@k, @v) *next;
} E_GENERIC(@k, @v);

struct map {
	struct map_entry E_G(@k, @v) ** E_PTRARRAY(self.size) buckets;
	int size;
	struct list E_G(@v) values;
} E_GENERIC(@k, @v);

typedef struct map E_G(@k, @v) map E_GENERIC(@k, @v);

typedef struct list E_G(@t) *lists E_GENERIC(@t);

struct cell {
	void * E_T(@t) content;
} E_GENERIC(@t);

struct box {
	void E_T(@t) ** E_PTRARRAY(self.n) items;
	int n;
} E_GENERIC(@t);

/* What is defined inside of a generic type has its parameters. */
struct tree {
	struct {
		struct tree E_G(@t) *left, *right;
		void E_T(@t) *value;
	} in;
	struct {
		struct { int n; void E_T(@t) ** E_PTRARRAY(self.n) list; } many[2];
	};
} E_GENERIC(@t);

typedef struct {
	void E_T(@b) *second;
	void E_T(@a) *first;
} both E_GENERIC(@a, @b);

typedef struct chain {
	struct chain E_G(@t) *next;
	void E_T(@t) *value;
} *chain E_GENERIC(@t);

struct item {
	char *name;
	int weight;
};

static int negate(int n) { return -n; }
typedef int function(int);

struct list E_G(struct item) *items;
struct list E_G(char) *names;
lists E_G(struct item*) pointers;
map E_G(char, struct list<struct item>) *index_of_lists;
struct list E_G(function*) *functions;
struct list E_G([opaque]) *opaque;
struct box E_G(struct item) box;
struct cell E_G(struct item*) cell;
struct tree E_G(struct item) *tree;
both E_G(struct item, struct item*) both_items;
chain E_G(struct item) chain_of_items;

static void *push(struct list **head, void *value) {
	struct list *l = calloc(1, sizeof *l);
	l->next = *head;
	l->value = value;
	return *head = l;
}

static void *copy(const void *data, size_t size) { return memcpy(malloc(size), data, size); }

static struct item *new_item(const char *name, int weight) {
	return copy(&(struct item){strdup(name), weight}, sizeof(struct item));
}

int main(int argc, char **argv) {
	(void)argc;
	if (!kitsune_is_updating()) {
		struct item *shared = new_item("shared", 3);
		struct list *inner = NULL;
		push(&items, new_item("last", 1));
		push(&items, shared);
		push(&names, strdup("name"));
		push(&pointers, copy(&shared, sizeof shared));
		index_of_lists = calloc(1, sizeof *index_of_lists);
		index_of_lists->size = 4;
		index_of_lists->buckets = calloc(4, sizeof *index_of_lists->buckets);
		index_of_lists->buckets[2] = calloc(1, sizeof(struct map_entry));
		index_of_lists->buckets[2]->key = strdup("key");
		push(&inner, shared);
		index_of_lists->buckets[2]->value = inner;
		index_of_lists->values.value = inner;
		push(&functions, copy(&(function *){negate}, sizeof(function *)));
		push(&opaque, copy(&shared, sizeof shared));
		box.n = 2;
		box.items = calloc(2, sizeof *box.items);
		box.items[1] = shared;
		cell.content = shared;
		tree = calloc(1, sizeof *tree);
		tree->in.left = calloc(1, sizeof *tree);
		tree->in.left->in.right = tree;
		tree->in.left->in.value = shared;
		tree->many[1].n = 2;
		tree->many[1].list = calloc(2, sizeof *tree->many[1].list);
		tree->many[1].list[1] = shared;
		both_items.first = shared;
		both_items.second = copy(&shared, sizeof shared);
		chain_of_items = calloc(1, sizeof *chain_of_items);
		chain_of_items->next = chain_of_items;
		chain_of_items->value = shared;
		kitsune_set_next_version(argv[1]);
		kitsune_signal_update();
	}
	kitsune_update("main");
	puts("the update did not happen");
	return 1;
}
