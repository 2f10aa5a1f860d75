/* Renamings between all kinds of variables. */
#include <stdio.h>
#include <string.h>

#include "kitsune.h"

int global = 1;
static int in_file = 2;
int first = 10, second = 20;
int *to_global = &global;
int *to_file = &in_file;

static int *in_function(void) {
	static int in_function = 3;
	return &in_function;
}

static void loop(char *next) E_NOTELOCALS {
	int local = 4;
	*in_function() += 100;
	kitsune_set_next_version(next);
	kitsune_signal_update();
	kitsune_update("main");
	printf("the update did not happen, and %d is here\n", local);
}

int main(int argc, char **argv) {
	(void)argc;
	loop(argv[1]);
	return in_file;
}
