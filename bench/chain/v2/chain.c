/* chain - version 2: every node has become larger. After the update it checks its list, and ends. */
#include "kitsune.h"

#include <stdio.h>
#include <stdlib.h>

struct node {
	long value;
	struct node *next;
	long square;
};

static struct node *list;

int main(int argc, char **argv) {
	long count = argc > 1 ? atol(argv[1]) : 0, wrong = 0, seen = 0;
	const struct node *node;

	kitsune_do_automigrate();
	kitsune_update("main");
	for (node = list; node; node = node->next) {
		seen++;
		wrong += node->value != seen || node->square != seen * seen;
	}
	printf("%ld nodes, %ld wrong\n", seen, wrong + labs(seen - count));
	return 0;
}
