/* Unions of which a field of the structure around them tells which member is alive. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kitsune.h"

#define A_LIST LIST

enum kind { NUMBER, TEXT, LIST, CALL, PAIR, OLD };

struct list;

typedef union {
	long number;
	char *text E_CASE(TEXT);
	struct list *list E_CASE(A_LIST);
	int (*call)(void) E_CASE(CALL);
	struct { struct list *first, *second; } pair E_CASE(PAIR, PAIR + 100);
	int old E_CASE(OLD);
} content;

struct list {
	short weight;
	struct list *next;
};

/* Gets new storage, and so does the union. */
struct value {
	enum kind kind;
	content E_UNION(self.kind) content;
	struct value *next;
};

/* Keeps its place. The tag is a bit-field in a part without a name. */
struct node {
	struct { unsigned int flag : 1, tag : 7; };
	union {
		long number;
		struct node *node E_CASE(1);
		int (*call)(void) E_CASE(2);
		struct list *list E_CASE(3);
	} E_UNION(self.tag);
	int tags;
	union word { int number; struct list *list E_CASE(3); } E_UNION(self.tags) all[2], *one;
};

/* The tag is changed in its place, by code. */
struct counted {
	int count;
	struct list **E_PTRARRAY(self.count) lists;
	int tag;
	union { long number; struct list *list E_CASE(1); } E_UNION(self.tag) u;
};

/* The tag is in the union. */
union event {
	int type;
	struct { int type; struct list *list; } listed E_CASE(7);
};

struct queue {
	union event E_UNION(self.event.type) event;
};

/* A parameter is what one of the members leads to. */
struct maybe {
	_Bool is;
	union { void *E_OPAQUE unknown; void E_T(@t) *known E_CASE(1); } E_UNION(self.is) u;
} E_GENERIC(@t);

static int call(void) { return 1; }

struct value *values;
struct node *E_PTRARRAY(4) nodes;
struct counted *counted;
struct queue queue;
struct maybe E_G(struct list) maybe, E_G(struct list) not;

static struct list *list(int weight) {
	struct list *l = calloc(1, sizeof *l);
	l->weight = weight;
	return l;
}

static void value(enum kind kind, content c) {
	struct value *v = malloc(sizeof *v);
	memset(v, -1, sizeof *v);
	v->kind = kind;
	v->content = c;
	v->next = values;
	values = v;
}

int main(int argc, char **argv) {
	struct list *first = list(1);
	(void)argc;
	first->next = first;
	value(NUMBER, (content){.number = -5});
	value(TEXT, (content){.text = "literal"});
	value(TEXT, (content){.text = strdup("heap")});
	value(LIST, (content){.list = first});
	value(CALL, (content){.call = call});
	value(PAIR, (content){.pair = {list(2), first}});
	value(PAIR + 100, (content){.pair = {first, NULL}});
	value(OLD, (content){.old = 99});
	value(1000, (content){.number = 1000});
	nodes = calloc(4, sizeof *nodes);
	for (int i = 0; i < 4; i++) {
		nodes[i].tag = i;
		nodes[i].tags = i;
	}
	nodes[0].number = 50;
	nodes[1].node = &nodes[0];
	nodes[2].call = call;
	nodes[3].list = first;
	nodes[0].all[1].number = 51;
	nodes[3].all[0].list = first;
	nodes[3].all[1].list = list(3);
	nodes[3].one = malloc(sizeof *nodes[3].one);
	nodes[3].one->list = first;
	nodes[2].one = malloc(sizeof *nodes[2].one);
	nodes[2].one->number = 52;
	nodes[0].node = NULL;
	nodes[0].number = 50;
	nodes[1].node = calloc(1, sizeof *nodes);
	nodes[1].node->tag = 3;
	nodes[1].node->list = first;
	counted = calloc(1, sizeof *counted);
	counted->count = 2;
	counted->lists = calloc(2, sizeof *counted->lists);
	counted->lists[0] = counted->lists[1] = first;
	counted->tag = 1;
	counted->u.list = first;
	queue.event.listed.type = 7;
	queue.event.listed.list = first;
	maybe.is = 1;
	maybe.u.known = first;
	not.u.unknown = (void *)0x10;
	kitsune_set_next_version(argv[1]);
	kitsune_signal_update();
	kitsune_update("main");
	puts("the update did not happen");
	return 1;
}
