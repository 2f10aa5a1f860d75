#include <stdlib.h>
#include <string.h>

#include "kitsune.h"
#include "v0-table.h"

struct slot { struct slot *next; char *name; };

struct table { struct slot *slots; int n; };

struct ticket { struct table *table; short number; };

struct table *table_new(void) { return calloc(1, sizeof(struct table)); }

void table_add(struct table *t, const char *name) {
	struct slot *s = malloc(sizeof *s);
	*s = (struct slot){t->slots, strdup(name)};
	t->slots = s;
	t->n++;
}

void *table_ticket(struct table *t) {
	struct ticket *ticket = malloc(sizeof *ticket);
	*ticket = (struct ticket){t, 7};
	return ticket;
}
