#include <stdio.h>

#include "kitsune.h"

/* The values have moved. */
enum kind { NOTHING, PAIR, CALL, LIST, TEXT, NUMBER, OLD };

struct list;

typedef union {
	struct list *list E_CASE(LIST);
	double added E_CASE(NOTHING);
	long number;
	const char *text E_CASE(TEXT);
	int (*call)(void) E_CASE(CALL);
	struct { struct list *second, *first; long more[2]; } pair E_CASE(PAIR, PAIR + 100);
	long older E_CASE(OLD);
} content;

struct list {
	long weight, added;
	struct list *next;
};

struct value {
	enum kind kind;
	struct value *next;
	content E_UNION(self.kind) content;
};

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

struct counted {
	int count;
	struct list **E_PTRARRAY(self.count) lists;
	int tag;
	union { long number; struct list *list E_CASE(2); } E_UNION(self.tag) u;
};

union event {
	int type;
	struct { int type; struct list *list; } listed E_CASE(7);
};

struct queue {
	union event E_UNION(self.event.type) event;
};

struct maybe {
	_Bool is;
	union { void *E_OPAQUE unknown; void E_T(@t) *known E_CASE(1); } E_UNION(self.is) u;
} E_GENERIC(@t);

static int call(void) { return 2; }
int (*const called)(void) = call;

struct value *values;
struct node *E_PTRARRAY(4) nodes;
struct counted *counted;
struct queue queue;
struct maybe E_G(struct list) maybe, E_G(struct list) not;

int main(void) {
	const struct list *first = NULL;
	kitsune_do_automigrate();
	kitsune_update("main");
	for (struct value *v = values; v; v = v->next)
		if (v->kind == LIST)
			first = v->content.list;
	printf("first %ld %d\n", first->weight, first->next == first);
	for (struct value *v = values; v; v = v->next) {
		const content *c = &v->content;
		switch ((int)v->kind) {
		case NUMBER: printf("number %ld\n", c->number); break;
		case TEXT: printf("text %s\n", c->text); break;
		case LIST: printf("list %d\n", c->list == first); break;
		case CALL: printf("call %d\n", c->call()); break;
		case PAIR: printf("pair %ld %d\n", c->pair.first->weight, c->pair.second == first); break;
		case 104: printf("pair %d %d\n", c->pair.first == first, c->pair.second == NULL); break;
		case OLD: printf("old %ld\n", c->older); break;
		default: printf("kind %d, %ld\n", v->kind, c->number);
		}
	}
	printf("node %ld, %d %d %d\n", nodes[0].number, nodes[1].node->list == first, nodes[2].call(), nodes[3].list == first);
	printf("all %d %d %ld, one %d %d\n", nodes[0].all[1].number, nodes[3].all[0].list == first,
	       nodes[3].all[1].list->weight, nodes[3].one->list == first, nodes[2].one->number);
	printf("counted %d %d %d, %d %d\n", counted->count, counted->lists[0] == first, counted->lists[1] == first,
	       counted->tag, counted->u.list == first);
	printf("queue %d, maybe %d, not %d\n", queue.event.listed.list == first, maybe.u.known == first,
	       not.u.unknown == (void *)0x10);
	return 0;
}
