/* A local variable of every activation is carried over, though others may have been at its address before. */
#include "runtime/tests/programs/program.h"

static void inner(int last) {
	int local = 0, other = 0;
	ENTER_FUNC();
	NOTE_LOCAL(local);
	NOTE_LOCAL(other);
	if (kitsune_is_updating()) {
		CHECK(MIGRATE_LOCAL(local));
		CHECK(MIGRATE_LOCAL(other));
		CHECK_EQUAL(local, 5);
		CHECK_EQUAL(other, 6);
	}
	local = 5;
	other = 6;
	if (last)
		kitsune_update("inner");
	EXIT_FUNC();
}

static void recursive(int depth) {
	ENTER_FUNC();
	NOTE_LOCAL(depth);
	if (kitsune_is_updating()) {
		CHECK(MIGRATE_LOCAL(depth));
		CHECK_EQUAL(depth, 3);
	}
	if (depth < 3)
		recursive(depth + 1);
	else
		inner(1);
	EXIT_FUNC();
}

int main(int argc, char **argv) {
	(void)argc;
	if (!kitsune_is_updating())
		request(argv[1]);
	for (int i = 0; i < 3; i++)
		inner(0);
	recursive(1);
	CHECK_EQUAL(VERSION, 1);
	return done();
}
