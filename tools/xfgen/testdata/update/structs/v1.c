#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kitsune.h"

enum kind { FIRST, PLAIN, OTHER, SPECIAL };

struct owner {
	char *name;
	struct item *first;
};

struct item {
	struct item *following;
	long weight;
	char *name;
	unsigned int ready : 1;
	unsigned int level : 5;
	enum kind kind;
	double price;
	struct owner *owner;
	int (*score)(int);
	int history[5];
	char note[8];
};

struct same {
	struct same *self;
	struct item *item;
	const char *text;
};

static int twice(int n) { return 2 * n; }
int increment(int n) { return n + 1; }

struct item *items;
struct owner owner;
struct same *same;
struct item *(*no_function)(void);
int (*current)(int);
struct item **slots[2];
const char *words[] = {"alpha", "beta", "gamma"};
static long total;
static int in_a_function(void) {
	static int calls;
	return ++calls;
}
long numbers[4] = {0, 0, 0, 4};
char *text;
int *into_numbers;
int fresh = 3;
static int (*const score)(int) = twice;

int main(void) {
	struct item *i = items;
	kitsune_do_automigrate();
	kitsune_update("main");
	i = items;
	for (int n = 0; n < 3; n++, i = i->following)
		printf("%s %ld %d %d %d %g %s%s score %d history %d %d note %s\n", i->name, i->weight, i->ready,
		       i->level, i->kind == SPECIAL, i->price, i->owner->name, i->owner == &owner ? "" : " of another",
		       i->score ? i->score(10) : 0, i->history[1], i->history[4], i->note);
	printf("ring %d, first of owner %s\n", i == items, owner.first->name);
	printf("same %d %d %s\n", same->self == same, same->item == items, same->text);
	printf("no function %d, current %d\n", no_function == NULL, current == increment);
	printf("slots %d %d\n", slots[0] == NULL, *slots[1] == items);
	printf("words %s %s %s\n", words[0], words[1], words[2]);
	printf("total %ld, calls %d, fresh %d\n", total, in_a_function(), fresh);
	printf("numbers %ld %ld %ld %ld %d\n", numbers[0], numbers[1], numbers[2], numbers[3],
	       into_numbers == (int *)&numbers[1]);
	printf("text %s\n", text);
	return score(0);
}
