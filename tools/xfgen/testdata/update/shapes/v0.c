/* How many objects a pointer leads to, in every way of saying it. The objects get new storage. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kitsune.h"

#define LENGTH 3

enum { WIDTH = 2 };

struct item {
	char *name;
	short weight;
};

typedef struct item *E_PTRARRAY(LENGTH) three;
typedef struct item *E_OPAQUE unseen;

struct header {
	unsigned char rows;
	struct { short n; } inner;
};

struct table {
	struct header header;
	int columns, none, negative;
	struct item *E_PTRARRAY(self.header.rows) rows;
	struct item *E_PTRARRAY(self.header.inner.n) inner;
	struct item **E_PTRARRAY(self.columns) columns_by_name;
	struct item *E_PTRARRAY(LENGTH) *E_PTRARRAY(WIDTH * 1) grid;
	struct item *E_PTRARRAY(self.none) nothing;
	struct item *E_PTRARRAY(self.negative) less;
	struct item *E_SZ ended;
	struct item **E_SZ list;
	char *E_SZ text;
	int *E_PTRARRAY(self.columns) plain;
	three three;
};

struct table *table;
struct item *E_PTRARRAY(2) pair;
struct item *E_OPAQUE opaque, *E_PTR one;
unseen also_opaque;
struct item *E_CUSTOM(malloc, free) custom, *E_IGNORE E_AUTO ignored;
struct item **no_pointer, **indirect;
char **E_SZ arguments;

static struct item *items(int n, int start) {
	struct item *list = calloc(n + 1, sizeof *list);
	for (int i = 0; i < n; i++) {
		list[i].name = malloc(8);
		snprintf(list[i].name, 8, "n%d", start + i);
		list[i].weight = start + i;
	}
	return list;
}

int main(int argc, char **argv) {
	(void)argc;
	table = calloc(1, sizeof *table);
	table->header.rows = 200; /* more than a signed char holds */
	table->rows = items(200, 1000);
	table->header.inner.n = 2;
	table->inner = items(2, 20);
	table->columns = 3;
	table->columns_by_name = calloc(3, sizeof *table->columns_by_name);
	table->columns_by_name[0] = table->inner;
	table->columns_by_name[2] = one = items(1, 30);
	table->grid = calloc(WIDTH, sizeof *table->grid);
	table->grid[1] = items(LENGTH, 40);
	table->nothing = calloc(4, sizeof *table->nothing); /* room, but nothing in it */
	table->negative = -1;
	table->ended = items(2, 50);
	table->list = calloc(3, sizeof *table->list);
	table->list[0] = table->list[1] = one;
	table->text = strdup("text");
	table->plain = calloc(3, sizeof *table->plain);
	table->plain[2] = 60;
	table->three = items(3, 70);
	pair = items(2, 80);
	opaque = also_opaque = items(1, 90);
	custom = items(1, 91);
	ignored = one;
	indirect = calloc(1, sizeof *indirect);
	*indirect = one;
	arguments = calloc(3, sizeof *arguments);
	arguments[0] = "literal";
	arguments[1] = table->text;
	kitsune_set_next_version(argv[1]);
	kitsune_signal_update();
	kitsune_update("main");
	puts("the update did not happen");
	return 1;
}
