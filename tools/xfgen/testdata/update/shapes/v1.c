#include <stdio.h>

#include "kitsune.h"

#define LENGTH 3

enum { WIDTH = 2 };

struct item {
	long added;
	char *name;
	long weight;
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

static void print(const char *what, const struct item *list, int n) {
	printf("%s", what);
	for (; n > 0; n--, list++)
		printf(" %s/%ld/%ld", list->name, list->weight, list->added);
	putchar('\n');
}

int main(void) {
	kitsune_do_automigrate();
	kitsune_update("main");
	print("rows", table->rows + 198, 2);
	print("inner", table->inner, 2);
	printf("columns %d %d %d\n", table->columns_by_name[0] == table->inner, table->columns_by_name[1] == NULL,
	       table->columns_by_name[2] == one);
	printf("grid %d\n", table->grid[0] == NULL);
	print("grid", table->grid[1], 3);
	printf("nothing %d, less %d\n", table->nothing != NULL, table->less == NULL);
	print("ended", table->ended, 2);
	printf("end %d\n", table->ended[2].name == NULL && table->ended[2].weight == 0);
	printf("list %d %d %d\n", table->list[0] == one, table->list[1] == one, table->list[2] == NULL);
	printf("text %s, plain %d\n", table->text, table->plain[2]);
	print("three", table->three, 3);
	print("pair", pair, 2);
	printf("opaque %d %s\n", opaque == also_opaque, *(char **)opaque); /* of the old type */
	print("one", one, 1);
	print("custom", custom, 1);
	printf("ignored %d, pointers %d %d\n", ignored == one, no_pointer == NULL, *indirect == one);
	printf("arguments %s %d %d\n", arguments[0], arguments[1] == table->text, arguments[2] == NULL);
	return 0;
}
