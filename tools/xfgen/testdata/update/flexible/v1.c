#include <malloc.h>
#include <stdio.h>

#include "kitsune.h"

struct message {
	long number;
	struct message *next;
	size_t size;
	char text[E_ARRAY(self.size)];
};

struct part { const char *name; long value; };

typedef struct {
	struct message *owner;
	struct { int total; };
	struct part parts[E_ARRAY(self.total)];
} parts;

struct box {
	int count, added;
	void E_T(@t) *one;
	void E_T(@t) *all[E_ARRAY(self.count)];
} E_GENERIC(@t);

struct fixed {
	long tag;
	int numbers[E_ARRAY(3)];
};

struct list { void E_T(@t) *first; } E_GENERIC(@t);

struct message *first, *none, **indirect, *last;
parts *some;
struct box E_G(struct message*) *box;
struct list E_G(struct message*) list;
struct list E_G(parts*) others;
struct fixed *fixed;

/* Whether the block at p has room for so many bytes. */
static int has_room(void *p, size_t bytes) { return malloc_usable_size(p) >= bytes; }

int main(void) {
	long sum = 0;
	kitsune_do_automigrate();
	kitsune_update("main");
	for (const struct message *m = first;; m = m->next) {
		printf("%ld \"%.*s\", room %d\n", m->number, (int)m->size, m->text, has_room((void *)m, sizeof *m + m->size));
		if (m == last)
			break;
	}
	for (int i = 0; i < some->total; i++)
		sum += some->parts[i].value + (some->parts[i].name == NULL);
	printf("%d parts, sum %ld, room %d, owner %d\n", some->total, sum,
	       has_room(some, sizeof *some + some->total * sizeof *some->parts), some->owner == first);
	printf("ring %d, none %d, indirect %d\n", last->next == first, none == NULL, *indirect == last);
	printf("box %d %d %d %d, lists %d %d\n", box->count, box->one == indirect, box->all[0] == NULL,
	       box->all[1] == indirect, list.first == indirect, *(parts **)others.first == some);
	printf("fixed %c %d %d %d\n", (char)fixed->tag, fixed->numbers[0], fixed->numbers[1], fixed->numbers[2]);
	return 0;
}
