/* KITSUNE_UPDATE_AT names the update point, by its number, at which a new process updates itself. What is not of the form
 * is ignored. */
#include "runtime/tests/programs/program.h"

static int points;

/* The driver is started again, since the runtime looks at the environment when the process begins. */
static void start_again(char **argv, const char *at) {
	char value[4200];
	snprintf(value, sizeof value, "%s%s", at, argv[1]);
	setenv("KITSUNE_UPDATE_AT", value, 1);
	execl("/proc/self/exe", "driver", argv[0], argv[1], at, (char *)NULL);
	CHECK(!"the driver can be started");
}

int main(int argc, char **argv) {
	NOTE_STATIC(points);
	MIGRATE_STATIC(points);
	if (argc == 2)
		start_again(argv, "0:");
	if (VERSION == 0 && strcmp(argv[2], "0:") == 0) {
		kitsune_update("first");
		CHECK(logged(argv[0], "ignored"));
		start_again(argv, "5:");
	}
	while (VERSION == 0) {
		CHECK(points < 5);
		points++;
		if (points % 2 == 0)
			kitsune_update("even");
		kitsune_update("odd");
	}
	CHECK(kitsune_is_updating_from("even"));
	kitsune_update("even");
	CHECK(!kitsune_is_updating());
	CHECK_EQUAL(points, 4);
	return done();
}
