/* One update after the other: nothing accumulates, and signals that come at any time are not lost. */
#include <fcntl.h>
#include <signal.h>

#include "runtime/tests/programs/program.h"

static int updates, descriptors;

static int open_descriptors(void) {
	int n = 0;
	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

int main(int argc, char **argv) {
	(void)argc;
	NOTE_STATIC(updates);
	NOTE_STATIC(descriptors);
	MIGRATE_STATIC(updates);
	MIGRATE_STATIC(descriptors);
	for (;;) {
		raise(SIGUSR2);
		kitsune_update("main");
		if (updates == 20)
			break;
		CHECK_EQUAL(updates % 2, VERSION);
		if (updates == 1)
			descriptors = open_descriptors();
		if (updates++ % 2 == 0)
			request(argv[1]);
		else
			request(argv[0]);
	}
	CHECK_EQUAL(open_descriptors(), descriptors);
	return done();
}
