#include <stdio.h>

#include "kitsune.h"

enum tag { ITEM, ITEMS, MANY, ENDED, TEXT, FUNCTION, NUMBERS };

struct item { long weight; char *name; };

struct node { struct node *next; void *data; };

struct any {
	enum tag tag;
	int n;
	void *data;
};

struct list {
	struct list E_G(@t) *next;
	void E_T(@t) *value;
	void *extra;
} E_GENERIC(@t);

struct pair {
	void E_T(@a) *first;
	void E_T(@b) *second;
	struct pair E_G(@a, @b) *same, *E_OPAQUE swapped;
} E_GENERIC(@a, @b);

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
int (*const negating)(int) = negate;

int main(void) {
	kitsune_do_automigrate();
	kitsune_update("main");
	struct item *alone = nodes->next->data, **items = any[ITEMS].data, *row = any[MANY].data, *ended = any[ENDED].data;
	printf("item %s %ld\n", item->name, item->weight);
	printf("nodes %d, %s %ld, %d\n", nodes->data == item, alone->name, alone->weight, nodes->next->next == NULL);
	printf("item %d\n", any[ITEM].data == item);
	printf("items %d, %s %ld, %d\n", items[0] == item, items[1]->name, items[1]->weight, items[2] == NULL);
	printf("row %s %ld, %s %ld\n", row[0].name, row[0].weight, row[1].name, row[1].weight);
	printf("ended %s %ld, %d\n", ended[0].name, ended[0].weight, ended[1].name == NULL);
	printf("text %s, function %d\n", (char *)any[TEXT].data, any[FUNCTION].data == (void *)negating);
	printf("numbers %d %d\n", ((int *)any[NUMBERS].data)[0], ((int *)any[NUMBERS].data)[1]);
	printf("list %d %d %d %d\n", list->value == item, list->extra == items[1], list->next->value == items[1],
	       list->next->extra == item);
	printf("pair %d %d %d, %d\n", pair->first == item, *(int *)pair->second, pair->same == pair,
	       pair->swapped->second == item && pair->swapped->first == pair->second);
	printf("described %d, labelled %zu\n", described == item, sizeof(struct label) + sizeof(struct note));
	printf("same row %d\n", same_row == row);
	return 0;
}
