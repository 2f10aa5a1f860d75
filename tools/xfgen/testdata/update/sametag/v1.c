#include <stdio.h>

#include "kitsune.h"

enum state { BUSY, IDLE };

struct entry {
	long number;
	enum state state;
	struct entry *next;
};

struct list {
	struct entry *first;
};

static struct list list;

void print_other(void);

int main(void) {
	kitsune_do_automigrate();
	kitsune_update("main");
	printf("%ld, %d %d\n", list.first->number, list.first->state == BUSY, list.first->next == list.first);
	print_other();
	return 0;
}
