/* Needs a function that nobody has. */
#include "kitsune.h"

void no_such_function(void);

int main(void) {
	kitsune_update("main");
	no_such_function();
	return 0;
}
