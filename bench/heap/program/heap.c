/* heap - a program with a heap of a shape and a size: heap SHAPE COUNT. See shapes.h.
 *
 * It is compiled in several versions. VERSION is their number. With WITHOUT_HANDLER no node has a pointer into the
 * program; with LARGER every node has one field more, and the others in another order.
 *
 * It says "ready" when it can be updated. After a SIGUSR1 it counts the nodes, and those that are not as they should
 * be. Each line ends with the size of what it has in its heap. For "calls" instead of a shape it measures COUNT calls of
 * kitsune_update().
 */
#include "kitsune.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef LARGER
#define LINKS(...)
#define AND_LINKS(...) \
	long extra;    \
	__VA_ARGS__
#else
#define LINKS(...) __VA_ARGS__
#define AND_LINKS(...)
#endif
#ifdef WITHOUT_HANDLER
#define HANDLER
#else
#define HANDLER int (*handler)(int);
#endif

struct node {
	LINKS(struct node *next;)
	long value;
	HANDLER AND_LINKS(struct node *next;)
};
struct twin {
	LINKS(struct twin *next, *prev;)
	long value;
	HANDLER AND_LINKS(struct twin *next, *prev;)
};
struct leaf {
	LINKS(struct leaf *left, *right;)
	long value;
	HANDLER AND_LINKS(struct leaf *left, *right;)
};
struct table {
	long size;
	struct node **E_PTRARRAY(self.size) buckets;
};

int handle(int n) {
	return n + VERSION;
}

#include "shapes.h"

static long count;
static struct node *list;
static struct twin *ring;
static struct leaf *tree;
static struct table table;

static void build(const char *name, long number) {
	count = number;
	if (strcmp(name, "list") == 0)
		list = build_list(count);
	else if (strcmp(name, "chain") == 0)
		list = build_chain(count);
	else if (strcmp(name, "ring") == 0)
		ring = build_ring(count);
	else if (strcmp(name, "tree") == 0)
		tree = build_tree(count);
	else if (strcmp(name, "table") == 0)
		build_table(&table, count);
	else if (strcmp(name, "array") == 0)
		build_array(&table, count);
}

#ifdef WITHOUT_HANDLER
#define GOOD_HANDLER(n) 1
#else
#define GOOD_HANDLER(n) ((n)->handler == handle)
#endif
#ifdef LARGER
#define GOOD_EXTRA(n) ((n)->extra == -(n)->value)
#else
#define GOOD_EXTRA(n) 1
#endif
#define GOOD(n) (GOOD_HANDLER(n) && GOOD_EXTRA(n))

struct sum {
	long nodes, wrong;
};

static void add_list(struct sum *s, const struct node *n) {
	for (long before = -1; n; n = n->next) {
		s->nodes++;
		s->wrong += !GOOD(n) || (list && n->value != before + 1);
		before = n->value;
	}
}

static void add_tree(struct sum *s, const struct leaf *n) {
	for (; n; n = n->right) {
		s->nodes++;
		s->wrong += !GOOD(n) || (n->left && n->left->value >= n->value);
		add_tree(s, n->left);
	}
}

static void report(const char *what) {
	const struct mallinfo2 m = mallinfo2();
	printf("%s %zu\n", what, m.uordblks + m.hblkhd);
	fflush(stdout);
}

static void check(void) {
	struct sum s = {0, 0};
	char text[100];
	add_list(&s, list);
	add_tree(&s, tree);
	for (long i = 0; i < table.size; i++)
		add_list(&s, table.buckets[i]);
	for (const struct twin *n = ring; n; n = n->next == ring ? NULL : n->next) {
		s.nodes++;
		s.wrong += !GOOD(n) || n->next->prev != n;
	}
	snprintf(text, sizeof text, "version %d, %ld nodes, %ld wrong", VERSION, s.nodes,
	         s.wrong + labs(count - s.nodes));
	report(text);
}

static volatile sig_atomic_t asked;

static void ask(int signal) {
	(void)signal;
	asked = 1;
}

static double time_calls(long calls) {
	struct timespec from, to;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	for (long i = 0; i < calls; i++)
		kitsune_update("main");
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	return ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) /
	       (double)calls;
}

int main(int argc, char **argv) {
	if (argc != 3)
		return 2;
	kitsune_do_automigrate();
	if (!kitsune_is_updating()) {
		if (strcmp(argv[1], "calls") == 0) {
			printf("%.3f\n", time_calls(atol(argv[2])));
			return 0;
		}
		build(argv[1], atol(argv[2]));
		report("ready");
	}
	signal(SIGUSR1, ask);
	for (;;) {
		kitsune_update("main");
		if (asked) {
			asked = 0;
			check();
		}
		pause();
	}
}
