/* chain - one list of as many nodes as its argument says, and an update point. Version 1. */
#include "kitsune.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct node {
	struct node *next;
	long value;
};

static struct node *list;

int main(int argc, char **argv) {
	long count = argc > 1 ? atol(argv[1]) : 0;

	kitsune_do_automigrate();
	if (!kitsune_is_updating()) {
		for (; count > 0; count--) {
			struct node *node = malloc(sizeof *node);
			if (!node)
				return 1;
			node->value = count;
			node->next = list;
			list = node;
		}
		puts("ready");
		fflush(stdout);
	}
	for (;;) {
		kitsune_update("main");
		pause();
	}
}
