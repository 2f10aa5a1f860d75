/* Rules and preambles from two files. */
#include <stdio.h>

#include "kitsune.h"

struct point { int x, y; } here = { 1, 2 };
int count = 3, total = 4;

int main(int argc, char **argv) {
	(void)argc;
	kitsune_set_next_version(argv[1]);
	kitsune_signal_update();
	kitsune_update("main");
	printf("the update did not happen, and %d is here\n", here.x + here.y + count + total);
	return 0;
}
