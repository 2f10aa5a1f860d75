/* Pointers to statics, whose symbols are recorded here as ktcc would: statics of a header that several units include,
 * units and variables that have other names, an exchange of names, names that are in use again. */
#include "kitsune_abi.h"
#include "runtime/tests/programs/program.h"

#define SECTION(name) __attribute__((section(name), used, aligned(8)))
#define UNIT(id, file)                                            \
	static const struct kitsune_unit SECTION("kitsune_units") \
	    id = {KITSUNE_ABI, sizeof(struct kitsune_symbol), file, NULL, ""}
#define STATIC(unit, name, file, variable)                            \
	static const struct kitsune_symbol SECTION("kitsune_symbols") \
	    variable##_symbol = {&unit,                               \
	                         name,                                \
	                         NULL,                                \
	                         file,                                \
	                         &variable,                           \
	                         sizeof variable,                     \
	                         sizeof variable,                     \
	                         KITSUNE_SYMBOL_STATIC | KITSUNE_SYMBOL_AUTOMIGRATE}
#define RENAME(id, from, to) static const struct kitsune_rename SECTION("kitsune_renames") id = {from, to}

/* The unit c.c was called a.c, and is linked in another order. */
UNIT(unit_b, "b.c");
static int count_b = 1;
static int left = 3, right = 4, used_again = 5;
static struct {
} empty;
static int behind = 6;
#if VERSION == 0
UNIT(unit_a, "a.c");
static int count_a = 2;
STATIC(unit_a, "count", "header.h", count_a);
STATIC(unit_b, "count", "header.h", count_b);
static int gone = 7;
STATIC(unit_b, "gone", NULL, gone);
STATIC(unit_b, "used_again", NULL, used_again);
int *to_a = &count_a, *to_gone = &gone, *to_used_again = &used_again;
#else
UNIT(unit_a, "c.c");
static int count_a = -2;
STATIC(unit_b, "count", "header.h", count_b);
STATIC(unit_a, "count", "header.h", count_a);
STATIC(unit_b, "used_again", NULL, used_again);
RENAME(to_the_right, "b.c/left", "b.c/right");
RENAME(to_the_left, "b.c/right", "b.c/left");
RENAME(takes_the_name, "b.c/gone", "b.c/used_again");
int *to_a, *to_gone, *to_used_again;
#endif
STATIC(unit_b, "left", NULL, left);
STATIC(unit_b, "right", NULL, right);
STATIC(unit_b, "empty", NULL, empty);
STATIC(unit_b, "behind", NULL, behind);
int *to_b = &count_b, *to_left = &left, *to_right = &right, *to_behind = &behind;

#if VERSION == 1

static int many[100];

/* That a transformer registers variables does not disturb the migration that is going on. */
static void note_many(void) {
	static char names[100][16];
	for (int i = 0; i < 100; i++) {
		snprintf(names[i], sizeof names[i], "many%d", i);
		kitsune_note_var(names[i], NULL, "statics.c", NULL, &many[i], sizeof many[i]);
		CHECK(kitsune_lookup_addr_new(&many[i]) != NULL);
	}
}

#define POINTER(name)                                             \
	void GLOBAL_XFORM(name)(void) {                           \
		note_many();                                      \
		kitsune_xform_plain(GET_OLD_GLOBAL(name), &name); \
	}
POINTER(to_a)
POINTER(to_b)
POINTER(to_left)
POINTER(to_right)
POINTER(to_gone)
POINTER(to_used_again)
POINTER(to_behind)

#endif

int main(int argc, char **argv) {
	(void)argc;
	if (!kitsune_is_updating()) {
		count_a = 20;
		count_b = 10;
		left = 30;
		right = 40;
		used_again = 50;
		behind = 60;
		request(argv[1]);
	} else {
		int *old = *(int **)GET_OLD_GLOBAL(to_used_again);
		kitsune_do_automigrate();
		CHECK(MIGRATE_GLOBAL(to_a) && to_a == &count_a);
		CHECK(MIGRATE_GLOBAL(to_b) && to_b == &count_b);
		CHECK(MIGRATE_GLOBAL(to_left) && to_left == &right);
		CHECK(MIGRATE_GLOBAL(to_right) && to_right == &left);
		CHECK(MIGRATE_GLOBAL(to_gone) && to_gone == &used_again);
		CHECK(MIGRATE_GLOBAL(to_behind) && to_behind == &behind);
		CHECK(MIGRATE_GLOBAL(to_used_again) && to_used_again == old); /* It has no successor. */
		CHECK_EQUAL(count_a, 20);
		CHECK_EQUAL(count_b, 10);
		CHECK_EQUAL(left, 40);
		CHECK_EQUAL(right, 30);
		CHECK_EQUAL(used_again, 7);
		CHECK_EQUAL(behind, 60);
	}
	kitsune_update("main");
	CHECK_EQUAL(VERSION, 1);
	return done();
}
