/* Data that needs nothing is not looked at: it lies in memory that cannot be read while the update runs. */
#include <stdio.h>
#include <stdlib.h>
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
void hello(void) { puts("hello from the old version"); }

struct table table;
static struct command *command;
static char *E_OPAQUE pool;
static size_t used;

static void *take(size_t size) {
	void *p = pool + used;
	used += (size + 15) / 16 * 16;
	return p;
}

static void fill(void) {
	table.size = 16;
	table.buckets = take(16 * sizeof *table.buckets);
	for (long i = 0; i < 1000; i++) {
		struct item *item = take(sizeof *item);
		struct list *l = take(sizeof *l);
		struct point *p = take(sizeof *p);
		*item = (struct item){table.buckets[i % 16], &table.buckets[i % 16], i, take(8)};
		snprintf(item->label, 8, "i%ld", i);
		table.buckets[i % 16] = item;
		*p = (struct point){i, -i};
		*l = (struct list){table.points, p};
		table.points = l;
	}
}

int main(int argc, char **argv) {
	(void)argc;
	pool = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	fill();
	command = malloc(sizeof *command);
	command->run = hello;
	mprotect(pool, 1 << 20, PROT_NONE);
	kitsune_set_next_version(argv[1]);
	kitsune_signal_update();
	kitsune_update("main");
	puts("the update did not happen");
	return 1;
}
