#include <stdio.h>

#include "kitsune.h"
#include "v1-table.h"

struct job { int number; void *data; };

static struct table *table;
struct job job;

int main(void) {
	kitsune_do_automigrate();
	kitsune_update("main");
	table_print(table);
	printf("job %d, ", job.number);
	table_print_ticket(table, job.data);
	return 0;
}
