/* The least that an update can do: says which version has come to the end, and with which state. */
#include "runtime/tests/programs/program.h"

static int state;

int main(int argc, char **argv) {
	(void)argc;
	NOTE_STATIC(state);
	if (!MIGRATE_STATIC(state)) {
		state = 42;
		request(argv[1]);
	}
	kitsune_update("main");
	printf("version %d, state %d\n", VERSION, state);
	return done();
}
