/* other - a program that is not kvstore. */
#include "kitsune.h"

#include <unistd.h>

static int count, more = 1;

int main(void) {
	kitsune_do_automigrate();
	for (;;) {
		kitsune_update("main");
		count += more;
		pause();
	}
}
