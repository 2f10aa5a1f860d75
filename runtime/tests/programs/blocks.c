/* Objects of several kinds in the heap: arrays that a pointer to their first element leads to as well, objects in a slab
 * of the program's own, strings in an object that is reached twice. Only blocks are released. */
#include "runtime/tests/programs/program.h"

struct old_item {
	long a, b, c;
	long looks_like_a_header; /* of what follows it */
};
struct new_item {
	long a, b, c, looks_like_a_header, extra;
};
struct letter {
	int code;
};
struct new_letter {
	int code, extra;
};
struct owner { /* keeps its place */
	struct letter *word;
};
#if VERSION == 0
typedef struct old_item item;
#else
typedef struct new_item item;
#endif

enum { SLAB = 64, ROW = 10, LARGE = 100000 };

item *items[SLAB], *row, *first_of_row, *large;
char *slab;
struct owner *owners[2];

#if VERSION == 1

static void transform_item(void *in, void *out, int nargs, void **args) {
	struct old_item *o = in;
	struct new_item *n = out;
	(void)nargs;
	(void)args;
	memcpy(n, o, sizeof *o);
	n->extra = -o->a;
}
static const closure an_item = {transform_item,          XF_DEEP, sizeof(struct old_item),
                                sizeof(struct new_item), 0,       NULL};

static void transform_letter(void *in, void *out, int nargs, void **args) {
	(void)nargs;
	(void)args;
	*(struct new_letter *)out = (struct new_letter){((struct letter *)in)->code, 0};
}
static const closure a_letter = {transform_letter,          XF_DEEP, sizeof(struct letter),
                                 sizeof(struct new_letter), 0,       NULL};

static void transform_owner(void *in, void *out, int nargs, void **args) {
	(void)nargs;
	(void)args;
	kitsune_xform_ntarray(&((struct owner *)in)->word, &((struct owner *)out)->word, &a_letter);
}
static const closure an_owner = {transform_owner,      XF_SHALLOW, sizeof(struct owner),
                                 sizeof(struct owner), 0,          NULL};

void GLOBAL_XFORM(items)(void) {
	item **old = GET_OLD_GLOBAL(items);
	for (int i = 0; i < SLAB; i++)
		kitsune_xform_ptr(&old[i], &items[i], &an_item);
}
void GLOBAL_XFORM(row)(void) {
	kitsune_xform_ptrarray(GET_OLD_GLOBAL(row), &row, ROW, &an_item);
}
void GLOBAL_XFORM(first_of_row)(void) {
	kitsune_xform_ptr(GET_OLD_GLOBAL(first_of_row), &first_of_row, &an_item);
}
void GLOBAL_XFORM(large)(void) {
	kitsune_xform_ptrarray(GET_OLD_GLOBAL(large), &large, LARGE, &an_item);
}
void GLOBAL_XFORM(owners)(void) {
	struct owner **old = GET_OLD_GLOBAL(owners);
	for (int i = 0; i < 2; i++)
		kitsune_xform_ptr(&old[i], &owners[i], &an_owner);
}

/* Takes many blocks; none may lie in the slab. */
static void use_heap(void) {
	static char *blocks[1000]; /* Reachable to the end: they are no leak. */
	for (int i = 0; i < 1000; i++) {
		char *block = blocks[i] = malloc(sizeof(struct old_item) - 8);
		CHECK(block + sizeof(struct old_item) <= slab ||
		      block >= slab + SLAB * sizeof(struct old_item));
	}
}

#endif

static void fill(item *to, long count) {
	for (long i = 0; i < count; i++) {
		to[i].a = i;
		to[i].looks_like_a_header = sizeof(item) | 1;
	}
}

int main(int argc, char **argv) {
	(void)argc;
	if (!kitsune_is_updating()) {
		slab = calloc(SLAB, sizeof(item));
		fill((item *)slab, SLAB);
		for (int i = 0; i < SLAB; i++)
			items[i] = (item *)slab + i;
		row = first_of_row = calloc(ROW, sizeof *row);
		fill(row, ROW);
		large = calloc(LARGE, sizeof *large);
		fill(large, LARGE);
		owners[0] = owners[1] = calloc(1, sizeof **owners);
		owners[0]->word = calloc(4, sizeof(struct letter));
		owners[0]->word[0].code = owners[0]->word[1].code = owners[0]->word[2].code = 'x';
		request(argv[1]);
	} else {
		CHECK(MIGRATE_GLOBAL(slab));
		CHECK(MIGRATE_GLOBAL(items));
		CHECK(MIGRATE_GLOBAL(row));
		CHECK(MIGRATE_GLOBAL(first_of_row));
		CHECK(MIGRATE_GLOBAL(large));
		CHECK(MIGRATE_GLOBAL(owners));
	}
	kitsune_update("main");
	CHECK_EQUAL(VERSION, 1);
#if VERSION == 1
	use_heap();
	for (int i = 0; i < SLAB; i++)
		CHECK(items[i]->a == i && items[i]->extra == -i);
	for (int i = 0; i < ROW; i++)
		CHECK(row[i].a == i && row[i].extra == -i);
	CHECK(row == first_of_row);
	CHECK(large[LARGE - 1].a == LARGE - 1 && large[LARGE - 1].extra == 1 - LARGE);
	CHECK(owners[0] == owners[1]);
	struct new_letter *word = (struct new_letter *)owners[0]->word;
	CHECK(word[2].code == 'x' && word[2].extra == 0 && word[3].code == 0);
#endif
	return done();
}
