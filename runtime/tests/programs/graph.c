/* The engine, on a graph of objects that get a new layout: cycles end, aliases stay aliases, a long chain needs no
 * stack, and the old blocks are released. */
#include <malloc.h>
#include <sys/resource.h>

#include "runtime/tests/programs/program.h"

struct old_node {
	struct old_node *next, *other;
	int value;
};
struct new_node {
	long value;
	struct new_node *other, *next;
	long extra;
};
#if VERSION == 0
typedef struct old_node node;
#else
typedef struct new_node node;
#endif

enum { LENGTH = 3000000 };

node *chain, *alias, *ring;
char *text, *literal = "literal";
size_t used;

#if VERSION == 1

static void transform_node(void *in, void *out, int nargs, void **args);
static const closure a_node = {transform_node,          XF_DEEP, sizeof(struct old_node),
                               sizeof(struct new_node), 0,       NULL};

static void transform_node(void *in, void *out, int nargs, void **args) {
	struct old_node *o = in;
	struct new_node *n = out;
	(void)nargs;
	(void)args;
	n->value = o->value;
	kitsune_xform_ptr(&o->other, &n->other, &a_node);
	kitsune_xform_ptr(&o->next, &n->next, &a_node);
	n->extra = -n->value;
}

void GLOBAL_XFORM(chain)(void) {
	kitsune_xform_ptr(GET_OLD_GLOBAL(chain), &chain, &a_node);
}
void GLOBAL_XFORM(alias)(void) {
	kitsune_xform_ptr(GET_OLD_GLOBAL(alias), &alias, &a_node);
}
void GLOBAL_XFORM(ring)(void) {
	XF_INVOKE(XF_PTR((closure *)&a_node), GET_OLD_GLOBAL(ring), &ring);
}
void GLOBAL_XFORM(literal)(void) {
	kitsune_xform_plain(GET_OLD_GLOBAL(literal), &literal);
}

#endif

static node *make(long value, node *next) {
	node *n = calloc(1, sizeof *n);
	n->value = value;
	n->next = next;
	return n;
}

int main(int argc, char **argv) {
	struct rlimit small = {1 << 20, 1 << 20};
	(void)argc;
	setrlimit(RLIMIT_STACK, &small);
	if (!kitsune_is_updating()) {
		for (int i = LENGTH; i > 0; i--)
			chain = make(i, chain);
		alias = chain->next->next;
		chain->other = alias;
		ring = make(1, make(2, make(3, NULL)));
		ring->next->next->next = ring;
		text = strdup("text");
		used = mallinfo2().uordblks;
		request(argv[1]);
	} else {
		const char *fresh = literal;
		CHECK(MIGRATE_GLOBAL(chain));
		CHECK(MIGRATE_GLOBAL(alias));
		CHECK(MIGRATE_GLOBAL(ring));
		CHECK(MIGRATE_GLOBAL(text));
		CHECK(MIGRATE_GLOBAL(used));
		CHECK(MIGRATE_GLOBAL(literal));
		CHECK(literal == fresh);
	}
	kitsune_update("main");
	CHECK_EQUAL(VERSION, 1);
#if VERSION == 1
	long i = 0;
	for (node *n = chain; n; n = n->next) {
		i++;
		CHECK_EQUAL(n->value, i);
		CHECK_EQUAL(n->extra, -i);
	}
	CHECK_EQUAL(i, LENGTH);
	CHECK(alias == chain->next->next && chain->other == alias);
	CHECK(ring->next->next->next == ring && ring->value == 1 && ring->next->next->value == 3);
	CHECK(strcmp(text, "text") == 0);
	/* Blocks of 32 bytes have become blocks of 48. */
	CHECK(mallinfo2().uordblks < used * 3 / 2 + 1000000);
#endif
	return done();
}
