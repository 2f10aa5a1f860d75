/* Only the update point that was left completes an update; the others are passed through. */
#include "runtime/tests/programs/program.h"

int main(int argc, char **argv) {
	(void)argc;
	CHECK(!kitsune_is_updating_from("inner"));
	if (kitsune_is_updating()) {
		CHECK(kitsune_is_updating_from("outer") == 0);
	}
	kitsune_update("outer");
	CHECK_EQUAL(kitsune_is_updating(), VERSION);
	if (!kitsune_is_updating())
		request(argv[1]);
	kitsune_update("middle");
	CHECK_EQUAL(VERSION, 1);
	CHECK(!kitsune_is_updating());
	return done();
}
