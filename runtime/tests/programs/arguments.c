/* argc and argv are the same, in the same storage, in every version. */
#include "runtime/tests/programs/program.h"

static char **first;

int main(int argc, char **argv) {
	NOTE_STATIC(first);
	CHECK_EQUAL(argc, 2);
	if (!kitsune_is_updating()) {
		CHECK_EQUAL(VERSION, 0);
		CHECK(!kitsune_has_updated());
		first = argv;
		request(argv[1]);
	} else {
		CHECK_EQUAL(VERSION, 1);
		CHECK(kitsune_has_updated());
		CHECK(MIGRATE_STATIC(first));
		CHECK(first == argv);
	}
	kitsune_update("main");
	CHECK_EQUAL(VERSION, 1);
	CHECK(!kitsune_is_updating());
	CHECK(kitsune_has_updated());
	return done();
}
