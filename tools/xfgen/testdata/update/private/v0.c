/* Types that the units with the variables do not know: handles of other units, and what a void * leads to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kitsune.h"
#include "v0-table.h"

struct job { int number; void *data; };

static struct table *table;
struct job job;

int main(int argc, char **argv) {
	(void)argc;
	table = table_new();
	table_add(table, "one");
	table_add(table, "two");
	job = (struct job){9, table_ticket(table)};
	kitsune_set_next_version(argv[1]);
	kitsune_signal_update();
	kitsune_update("main");
	puts("the update did not happen");
	return 1;
}
