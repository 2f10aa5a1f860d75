/* An image with destructors stays, with KITSUNE_VERIFY=1 as well: they run at the end of the process. So does what it
 * leads to. */
#include <stdlib.h>

#include "runtime/tests/programs/program.h"

static int step;
static const char *text;

#if VERSION == 1
__attribute__((destructor)) static void at_end(void) {
	if (!text || strcmp(text, "of the first version") != 0)
		_exit(1);
}
#endif

int main(int argc, char **argv) {
	(void)argc;
	NOTE_STATIC(step);
	NOTE_STATIC(text);
	MIGRATE_STATIC(step);
	if (step == 0) {
		setenv("KITSUNE_VERIFY", "1", 1);
		text = "of the first version";
	} else if (step == 1) {
		MIGRATE_STATIC(text);
	}
	kitsune_update("main");
	CHECK_EQUAL(images(), step + 1);
	if (step == 2) {
		CHECK(logged(argv[0], "it has destructors"));
		return done();
	}
	request(argv[!step++]);
	kitsune_update("main");
	CHECK(!"the update has not happened");
}
