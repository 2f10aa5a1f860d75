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
	long weight;
	int added;
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

int main(void) {
	kitsune_do_automigrate();
	kitsune_update("main");
	struct item *shared = items->value, *last = items->next->value;
	struct list *inner = index_of_lists->values.value;
	printf("items %s %ld %d, %s %ld %d\n", shared->name, shared->weight, shared->added, last->name, last->weight,
	       last->added);
	printf("names %s %d\n", (char *)names->value, names->next == NULL);
	printf("pointers %d\n", *(struct item **)pointers->value == shared);
	printf("index %d %s %d %d\n", index_of_lists->size, (char *)index_of_lists->buckets[2]->key,
	       index_of_lists->buckets[2]->value == inner, inner->value == shared);
	printf("functions %d\n", **(function **)functions->value == negate);
	printf("opaque %d\n", *(struct item **)opaque->value != shared);
	printf("boxes %d %d %d\n", box.items[0] == NULL, box.items[1] == shared, cell.content == shared);
	printf("tree %d %d %d\n", tree->in.left->in.right == tree, tree->in.left->in.value == shared,
	       tree->many[1].list[1] == shared);
	printf("both %d %d, chain %d %d\n", both_items.first == shared, *(struct item **)both_items.second == shared,
	       chain_of_items->next == chain_of_items, chain_of_items->value == shared);
	return 0;
}
