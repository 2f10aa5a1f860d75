/* What code can put together of transformers, where no annotation says what a void * leads to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kitsune.h"

enum tag { ITEM, ITEMS, MANY, ENDED, TEXT, FUNCTION, NUMBERS };

struct item { char *name; int weight; };

struct node { struct node *next; void *data; };

struct any {
	enum tag tag;
	int n;
	void *data;
};

struct list {
	struct list E_G(@t) *next;
	void E_T(@t) *value;
	void *extra; /* is a value too */
} E_GENERIC(@t);

struct pair {
	void E_T(@a) *first;
	void E_T(@b) *second;
	struct pair E_G(@a, @b) *same, *E_OPAQUE swapped;
} E_GENERIC(@a, @b);

/* Nothing in it needs what its parameter stands for. */
struct label { int n; } E_GENERIC(@t);
struct note { int n; };

struct item *E_PTRARRAY(2) same_row;
struct node *nodes;
struct any any[7];
struct item *item;
struct list E_G(struct item) *list;
struct pair E_G(struct item, int) *pair;
void *described, *labelled;

static int negate(int n) { return -n; }

static struct item *new_item(const char *name, int weight) {
	struct item *i = malloc(sizeof *i);
	*i = (struct item){strdup(name), weight};
	return i;
}

static struct node *node(struct node *next, void *data) {
	struct node *n = malloc(sizeof *n);
	*n = (struct node){next, data};
	return n;
}

int main(int argc, char **argv) {
	(void)argc;
	item = new_item("shared", 1);
	nodes = node(node(NULL, new_item("alone", 2)), item);
	any[ITEM] = (struct any){ITEM, 1, item};
	struct item **items = calloc(3, sizeof *items);
	items[0] = item;
	items[1] = new_item("second", 3);
	any[ITEMS] = (struct any){ITEMS, 2, items};
	struct item *row = calloc(3, sizeof *row);
	row[0] = (struct item){"first of two", 4};
	row[1] = (struct item){"second of two", 5};
	any[MANY] = (struct any){MANY, 2, row};
	any[ENDED] = (struct any){ENDED, 0, memcpy(calloc(3, sizeof *row), row, sizeof *row)};
	any[TEXT] = (struct any){TEXT, 0, strdup("text")};
	any[FUNCTION] = (struct any){FUNCTION, 0, (void *)negate};
	any[NUMBERS] = (struct any){NUMBERS, 2, memcpy(malloc(8), (int[]){6, 7}, 8)};
	list = calloc(1, sizeof *list);
	list->next = calloc(1, sizeof *list);
	list->value = list->next->extra = item;
	list->extra = list->next->value = items[1];
	pair = calloc(1, sizeof *pair);
	pair->same = pair;
	pair->first = item;
	pair->second = memcpy(malloc(4), &(int){8}, 4);
	pair->swapped = calloc(1, sizeof *pair);
	pair->swapped->second = item;
	pair->swapped->first = pair->second;
	described = item;
	labelled = calloc(1, sizeof(struct label) + sizeof(struct note));
	same_row = row;
	kitsune_set_next_version(argv[1]);
	kitsune_signal_update();
	kitsune_update("main");
	puts("the update did not happen");
	return 1;
}
