#include <stdio.h>
#include <sys/mman.h>

#include "kitsune.h"

struct item {
	struct item *next, **place;
	long value;
	char *E_OPAQUE label;
};

struct list {
	struct list E_G(@t) *next;
	void E_T(@t) *value;
} E_GENERIC(@t);

struct point { double x, y; };

struct table {
	struct item **E_PTRARRAY(self.size) buckets;
	int size;
	struct list E_G(struct point) *points;
};

struct command { void (*run)(void); };

void hello(void);
void hello(void) { puts("hello from the new version"); }

struct table table;
static struct command *command;
static char *E_OPAQUE pool;
static size_t used;

int main(void) {
	long items = 0, points = 0;
	kitsune_do_automigrate();
	kitsune_update("main");
	mprotect(pool, 1 << 20, PROT_READ);
	for (int i = 0; i < table.size; i++)
		for (struct item *item = table.buckets[i]; item; item = item->next)
			items += item->place == &table.buckets[i] && item->label[0] == 'i' && item->value % 16 == i;
	for (struct list *l = table.points; l; l = l->next)
		points += ((struct point *)l->value)->x >= 0;
	printf("%ld items, %ld points, %zu bytes\n", items, points, used);
	command->run();
	return 0;
}
