#include <stdio.h>

#include "kitsune.h"

int was_in_file;
static int was_global;
int first, second;
int *to_global;
int *to_file;
int was_local;

static void loop(void) E_NOTELOCALS {
	int was_in_function = 0;
	MIGRATE_LOCAL(was_in_function);
	kitsune_update("main");
	printf("%d %d %d %d\n", was_in_file, was_global, was_local, was_in_function);
}

int main(void) {
	kitsune_do_automigrate();
	loop();
	printf("%d %d\n", first, second);
	printf("%d %d\n", to_global == &was_global, to_file == &was_in_file);
	return 0;
}
