/* A new version whose constructors do not come to an end, or end the process, is refused. What they do in the trial is not
 * done in the process. */
#include <signal.h>

#include "runtime/tests/programs/program.h"

enum way { CRASH, ABORT, EXIT, NONE };

enum { LENGTH = 16 };

int children;

#if VERSION == 0

static pid_t process;

static void at_exit(void) {
	CHECK_EQUAL(getpid(), process); /* The trial does not run the program's own code. */
}

static void on_child(int number) {
	(void)number;
	children++;
}

int main(int argc, char **argv) {
	static const char *const why[] = {"a constructor of it ends with SIGSEGV",
	                                  "a constructor of it ends with SIGABRT",
	                                  "a constructor of it calls exit(7)"};
	char value[LENGTH];
	(void)argc;
	signal(SIGCHLD, on_child);
	process = getpid();
	atexit(at_exit);
	for (enum way w = CRASH; w <= NONE; w++) {
		snprintf(value, sizeof value, "%d", w);
		setenv("CONSTRUCTOR", value, 1);
		request(argv[1]);
		kitsune_update("main");
		CHECK(w != NONE);
		CHECK(!kitsune_is_updating());
		CHECK(logged(argv[0], why[w]));
	}
}

#else

static int constructed;

/* The way is in the environment: it has to be known before anything has been carried over. */
static enum way way(void) {
	const char *value = getenv("CONSTRUCTOR");
	return value ? (enum way)atoi(value) : NONE;
}

__attribute__((constructor)) static void construct(void) {
	constructed++;
	switch (way()) {
	case CRASH:
		*(volatile int *)NULL = 1;
		break;
	case ABORT:
		abort();
	case EXIT:
		exit(7);
	case NONE:
		break;
	}
}

int main(void) {
	CHECK(MIGRATE_GLOBAL(children));
	CHECK_EQUAL(constructed, 1);
	kitsune_update("main");
	return done();
}

#endif
