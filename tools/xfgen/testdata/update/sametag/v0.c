/* Two files with types of the same names: each variable is transformed with its own. */
#include <stdio.h>
#include <stdlib.h>

#include "kitsune.h"

enum state { IDLE, BUSY };

struct entry {
	int number;
	enum state state;
	struct entry *next;
};

struct list {
	struct entry *first;
};

static struct list list;

void build_other(void);

int main(int argc, char **argv) {
	(void)argc;
	list.first = calloc(1, sizeof *list.first);
	*list.first = (struct entry){7, BUSY, list.first};
	build_other();
	kitsune_set_next_version(argv[1]);
	kitsune_signal_update();
	kitsune_update("main");
	puts("the update did not happen");
	return 1;
}
