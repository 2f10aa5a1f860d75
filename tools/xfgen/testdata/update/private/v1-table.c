#include <stdio.h>

#include "kitsune.h"
#include "v1-table.h"

struct slot { char *name; int length; struct slot *next; };

struct table { long n; struct slot *slots; };

struct ticket { struct table *table; long number; };

void table_print(const struct table *t) {
	printf("%ld slots:", t->n);
	for (struct slot *s = t->slots; s; s = s->next)
		printf(" %s/%d", s->name, s->length);
	putchar('\n');
}

void table_print_ticket(const struct table *table, const void *data) {
	const struct ticket *ticket = data;
	printf("ticket %ld %d\n", ticket->number, ticket->table == table);
}
