/* Without transformers, variables of every kind are copied; the ones that nobody migrates are not. */
#include "runtime/tests/programs/program.h"

int global = 1;
static int in_file = 2;
static int not_migrated = 3;

static int *in_function(void) {
	static int value = 4;
	if (kitsune_is_updating())
		CHECK_EQUAL(NOTE_AND_MIGRATE_LOCAL_STATIC(in_function, value), 1);
	else
		NOTE_LOCAL_STATIC(value);
	return &value;
}

int main(int argc, char **argv) {
	int local = 5;
	(void)argc;
	ENTER_FUNC();
	NOTE_LOCAL(local);
	NOTE_STATIC(in_file);
	NOTE_STATIC(not_migrated);
	if (!kitsune_is_updating()) {
		CHECK_EQUAL(MIGRATE_GLOBAL(global), 0);
		CHECK_EQUAL(MIGRATE_LOCAL(local), 0);
		global = 11;
		in_file = 12;
		not_migrated = 13;
		*in_function() = 14;
		local = 15;
		request(argv[1]);
	} else {
		int absent = 6;
		CHECK_EQUAL(MIGRATE_GLOBAL(global), 1);
		CHECK_EQUAL(MIGRATE_STATIC(in_file), 1);
		CHECK_EQUAL(MIGRATE_LOCAL(local), 1);
		CHECK_EQUAL(MIGRATE_LOCAL(absent), 0);
		CHECK_EQUAL(absent, 6);
		CHECK_EQUAL(global, 11);
		CHECK_EQUAL(in_file, 12);
		CHECK_EQUAL(not_migrated, 3);
		CHECK_EQUAL(*in_function(), 14);
		CHECK_EQUAL(local, 15);
		global++; /* What has been migrated once is not migrated again. */
		CHECK_EQUAL(MIGRATE_GLOBAL(global), 1);
		CHECK_EQUAL(global, 12);
	}
	kitsune_update("main");
	CHECK_EQUAL(VERSION, 1);
	EXIT_FUNC();
	return done();
}
