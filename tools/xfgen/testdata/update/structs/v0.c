/* What rules and names decide about structures, and what follows from them by itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kitsune.h"

enum kind { PLAIN, SPECIAL = 5, OTHER };

struct owner {
	char *name;
	struct item *first;
};

struct item {
	char *name;
	int weight;
	unsigned int ready : 1;
	unsigned int level : 3;
	enum kind kind;
	float price;
	struct item *next;
	struct owner *owner;
	int (*score)(int);
	int history[3];
};

struct same {
	struct same *self;
	struct item *item;
	const char *text;
};

int twice(int n) { return 2 * n; }
static int plus_one(int n) { return n + 1; }

static struct item *items;
struct owner owner;
struct same *same;
struct item *(*no_function)(void);
int (*current)(int) = plus_one;
struct item **slots[2];
const char *words[] = {"alpha", "beta"};
int counter = 41;
static int in_a_function(void) {
	static int calls;
	return ++calls;
}
long numbers[3] = {1, 2, 3};
char *text;
int *into_numbers;

static void add(const char *name, int weight, int (*score)(int)) {
	struct item *i = calloc(1, sizeof *i);
	i->name = strdup(name);
	i->weight = weight;
	i->ready = 1;
	i->level = weight % 8;
	i->kind = SPECIAL;
	i->price = 1.5f;
	i->next = items;
	i->owner = &owner;
	i->score = score;
	i->history[1] = weight;
	items = i;
}

int main(int argc, char **argv) {
	(void)argc;
	if (!kitsune_is_updating()) {
		add("a", 1, twice);
		add("b", 2, plus_one);
		add("c", 3, NULL);
		items->next->next->next = items; /* a ring */
		owner.name = "literal";
		owner.first = items->next;
		same = calloc(1, sizeof *same);
		same->self = same;
		same->item = items;
		same->text = words[1];
		slots[1] = calloc(1, sizeof **slots);
		*slots[1] = items;
		in_a_function();
		in_a_function();
		text = "version 0";
		into_numbers = (int *)&numbers[1];
		kitsune_set_next_version(argv[1]);
		kitsune_signal_update();
	}
	kitsune_update("main");
	puts("the update did not happen");
	return 1;
}
