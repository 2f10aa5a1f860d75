/* Transformers written by hand: for each kind of variable, for a function pointer, and one for the whole state. */
#include "runtime/tests/programs/program.h"

#line 5 "transformers.c" /* The name that is a part of keys. */

int global = 1;
static int in_file = 2;
static int before_main;

int first(void) {
	return 100 * VERSION + 1;
}
int second(void) {
	return 100 * VERSION + 2;
}
int (*handler)(void) = first;

static int *in_function(void) {
	static int value = 3;
	NOTE_LOCAL_STATIC(value);
	if (kitsune_is_updating())
		MIGRATE_LOCAL_STATIC(in_function, value);
	return &value;
}

#if VERSION == 1

int GLOBAL_XFORM(global)(void *new_) {
	CHECK(new_ == &global);
	CHECK(new_ == GET_NEW_GLOBAL(global));
	*(int *)new_ = *(int *)GET_OLD_GLOBAL(global) + 5;
	return 1;
}

void STATIC_XFORM(transformers_c, in_file)(void *new_) {
	*(int *)new_ = *(int *)GET_OLD_STATIC(transformers.c, in_file) + 5;
}

void LOCAL_STATIC_XFORM(transformers_c, in_function, value)(void *new_) {
	*(int *)new_ = *(int *)GET_OLD_LOCAL_STATIC(transformers.c, in_function, value) + 5;
}

void LOCAL_XFORM(main, local)(void *new_) {
	CHECK(new_ == GET_NEW_LOCAL(main, local));
	CHECK(GET_OLD_LOCAL(main, local) == stackvars_get_local("main", "local"));
	*(int *)new_ = *(int *)GET_OLD_LOCAL(main, local) + 5;
}

DEF_XFORM_FUNC_PTR(successor, first, second)

void GLOBAL_XFORM(handler)(void *new_) {
	*(void **)new_ = successor(*(void **)GET_OLD_GLOBAL(handler));
}

void _kitsune_prestart_xform(void) {
	before_main = *(int *)GET_OLD_GLOBAL(global) + 100;
}

void _kitsune_mainupdate_xform(void) {
	CHECK(kitsune_is_updating());
	before_main *= 2;
}

#endif

int main(int argc, char **argv) {
	int local = 4;
	(void)argc;
	ENTER_FUNC();
	NOTE_LOCAL(local);
	NOTE_STATIC(in_file);
	if (!kitsune_is_updating()) {
		global = 11;
		in_file = 12;
		*in_function() = 13;
		local = 14;
		handler = second;
		CHECK_EQUAL(handler(), 2);
		request(argv[1]);
	} else {
		CHECK_EQUAL(before_main, 111);
		CHECK_EQUAL(MIGRATE_GLOBAL(global), 1);
		CHECK_EQUAL(MIGRATE_STATIC(in_file), 1);
		CHECK_EQUAL(MIGRATE_LOCAL(local), 1);
		CHECK_EQUAL(MIGRATE_GLOBAL(handler), 1);
		CHECK_EQUAL(global, 16);
		CHECK_EQUAL(in_file, 17);
		CHECK_EQUAL(*in_function(), 18);
		CHECK_EQUAL(local, 19);
		CHECK(handler == second);
		CHECK_EQUAL(handler(), 102);
	}
	kitsune_update("main");
	CHECK_EQUAL(VERSION, 1);
	CHECK_EQUAL(before_main, 222);
	return done();
}
