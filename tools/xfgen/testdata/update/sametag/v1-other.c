#include <stdio.h>

#include "kitsune.h"

enum state { FREE, OPEN, CLOSED };

struct entry {
	int added;
	const char *title;
	enum state state;
};

struct list {
	struct entry *first;
};

static struct list list;

void print_other(void);

void print_other(void) {
	printf("%s, %d, %d\n", list.first->title, list.first->state == CLOSED, list.first->added);
}
