/* Structures that end in a flexible array get new storage of the right size. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kitsune.h"

struct message {
	unsigned char length;
	struct message *next;
	char text[E_ARRAY(self.length)];
};

struct part { short value; };

typedef struct {
	struct { int used; };
	struct message *owner;
	struct part parts[E_ARRAY(self.used)];
} parts;

struct box {
	int count;
	void E_T(@t) *one;
	void E_T(@t) *all[E_ARRAY(self.count)];
} E_GENERIC(@t);

struct fixed {
	char tag;
	int numbers[E_ARRAY(3)];
};

struct list { void E_T(@t) *first; } E_GENERIC(@t);

struct message *first, *none, **indirect, *last;
parts *some;
struct box E_G(struct message*) *box;
struct list E_G(struct message*) list;
struct list E_G(parts*) others;
struct fixed *fixed;

static struct message *message(const char *text) {
	struct message *m = malloc(offsetof(struct message, text) + strlen(text));
	m->length = strlen(text);
	m->next = NULL;
	memcpy(m->text, text, m->length);
	return m;
}

int main(int argc, char **argv) {
	(void)argc;
	first = message("hello");
	first->next = message("");
	first->next->next = last = message("a text that is longer than all others, and by far longer than anything");
	last->next = first;
	indirect = malloc(sizeof *indirect);
	*indirect = last;
	some = malloc(sizeof *some + 20 * sizeof *some->parts);
	some->used = 20;
	some->owner = first;
	for (int i = 0; i < some->used; i++)
		some->parts[i].value = 100 + i;
	box = malloc(sizeof *box + 2 * sizeof *box->all);
	box->count = 2;
	box->one = indirect;
	box->all[0] = NULL;
	box->all[1] = indirect;
	list.first = indirect;
	others.first = malloc(sizeof some);
	memcpy(others.first, &some, sizeof some);
	fixed = malloc(sizeof *fixed + 3 * sizeof(int));
	fixed->tag = 'f';
	for (int i = 0; i < 3; i++)
		fixed->numbers[i] = i + 1;
	kitsune_set_next_version(argv[1]);
	kitsune_signal_update();
	kitsune_update("main");
	puts("the update did not happen");
	return 1;
}
