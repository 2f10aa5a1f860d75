/* What a program asks for and is not there is answered with that: names, addresses, frames, transformers. Registering
 * something twice, or something else under the same key or at the same address, does no harm. */
#include <stdlib.h>

#include "runtime/tests/programs/program.h"

static int state, twice, other;
static struct { int first, second; } pair;

static void ask(void) {
	int local = 1;
	CHECK(kitsune_lookup_key_new(NULL) == NULL);
	CHECK(kitsune_lookup_key_old(NULL) == NULL);
	CHECK(kitsune_lookup_key_new("no such key") == NULL);
	CHECK(kitsune_lookup_key_old("no such key") == NULL);
	CHECK(kitsune_lookup_addr_new(&local) == NULL);
	CHECK(kitsune_lookup_addr_old(NULL) == NULL);
	CHECK(kitsune_get_val("no_such_symbol") == NULL);
	CHECK(kitsune_get_cur_val("no_such_symbol") == NULL);
	CHECK(!kitsune_old_address_matches("no_such_symbol", NULL));
	CHECK(kitsune_get_symbol_addr_old("no_such", "frame", NULL, NULL) == NULL);
	CHECK(kitsune_get_symbol_addr_new("no_such", "frame", NULL, NULL) == NULL);
	CHECK(kitsune_get_symbol_addr_old("no_such", NULL, "file.c", "space") == NULL);
	CHECK(kitsune_get_xform("state", NULL, __FILE__, NULL) == NULL);
	CHECK(strcmp(transform_mapped_name("no such key"), "no such key") == 0);
	CHECK(!kitsune_is_updating_from("no such point"));
	CHECK(MIGRATE_LOCAL(local) == 0 && local == 1);
	CHECK(MIGRATE_GLOBAL(other) == 0);

	/* No frame has been entered. */
	stackvars_note_exit("no_such_function");
	stackvars_note_local("local", &local, sizeof local);
	stackvars_note_formal("local", &local, sizeof local);
	CHECK(stackvars_get_local("no_such_function", "local") == NULL);
	CHECK(stackvars_get_formal_new("no_such_function", "local") == NULL);
	stackvars_summary();
	ENTER_FUNC();
	stackvars_note_exit("no_such_function");
	CHECK(stackvars_get_local_new("ask", "no_such_local") == NULL);
	EXIT_FUNC();
	EXIT_FUNC();
}

static void note_again(void) {
	NOTE_STATIC(state);
	NOTE_STATIC(twice);
	NOTE_STATIC(twice);
	kitsune_note_var("twice", NULL, __FILE__, NULL, &other, sizeof other);
	kitsune_note_var("again", NULL, __FILE__, NULL, &twice, sizeof twice);
	kitsune_note_var("pair", NULL, __FILE__, NULL, &pair, sizeof pair);
	kitsune_note_var("first", NULL, __FILE__, NULL, &pair.first, sizeof pair.first);
	kitsune_note_var("empty", NULL, __FILE__, NULL, &pair.second, 0);
}

int main(int argc, char **argv) {
	(void)argc;
	ask();
	note_again();
	if (!kitsune_is_updating()) {
		state = 1;
		twice = 2;
		other = 3;
		request(argv[1]);
	} else {
		CHECK(MIGRATE_STATIC(state)); /* Has no transformer, and is copied. */
		CHECK(MIGRATE_STATIC(twice));
		CHECK_EQUAL(state, 1);
		CHECK_EQUAL(twice, 2);
		CHECK(kitsune_migrate_var("twice", NULL, __FILE__, NULL, &other, sizeof other, NULL));
		CHECK_EQUAL(other, 3);
	}
	kitsune_update("main");
	CHECK_EQUAL(VERSION, 1);
	return done();
}
