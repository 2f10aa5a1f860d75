/* Pointers to parts of what gets another layout: to fields and elements of variables and of objects in the heap, met
 * before what they are a part of and after it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kitsune.h"

struct link {
	struct link *next, *prev;
};

struct point {
	int x, y;
};

struct item {
	struct item *next;
	struct item **back; /* to the pointer to this one */
	struct link link;
	char name[16];
	char *cursor; /* into the name */
	struct point at;
	int counts[3];
};

/* The size stays the same. */
struct config {
	int limit, used;
	struct point corners[2];
	char text[8];
};

struct watcher { /* keeps its place */
	int *what;
	struct point *where;
	struct watcher *next;
};

int *first_count, *first_limit;
struct item **last;
struct link *first_link;
struct item *current;
struct config *whole;

struct item *items;
struct item *E_PTRARRAY(3) row;
struct item *in_row, *behind_row;
struct config config, more[2];
struct link links = {&links, &links};
int *used, *corner, *more_used;
char *text;
struct watcher *watchers;

static struct item *add(const char *name, int value) {
	struct item *i = calloc(1, sizeof *i);
	strcpy(i->name, name);
	i->cursor = i->name + 1;
	i->at = (struct point){value, -value};
	i->counts[2] = value;
	i->back = last;
	*last = i;
	last = &i->next;
	i->link = (struct link){&links, links.prev};
	links.prev = links.prev->next = &i->link;
	return i;
}

static void watch(int *what, struct point *where) {
	struct watcher *w = malloc(sizeof *w);
	*w = (struct watcher){what, where, watchers};
	watchers = w;
}

int main(int argc, char **argv) {
	(void)argc;
	if (!kitsune_is_updating()) {
		last = &items;
		first_count = &add("one", 1)->counts[2];
		current = add("two", 2);
		watch(&add("three", 3)->counts[2], &current->at);
		first_link = &current->link;
		row = calloc(3, sizeof *row);
		for (int i = 0; i < 3; i++) {
			row[i].at.x = 10 * i;
			row[i].cursor = row[i].name;
			strcpy(row[i].name, "row");
		}
		in_row = &row[1];
		behind_row = &row[3];
		config = (struct config){1, 2, {{3, 4}, {5, 6}}, "seven"};
		more[1].used = 8;
		whole = &config;
		first_limit = &config.limit;
		used = &config.used;
		corner = &config.corners[1].y;
		more_used = &more[1].used;
		text = config.text + 2;
		watch(&config.corners[0].x, &config.corners[1]);
		kitsune_set_next_version(argv[1]);
		kitsune_signal_update();
	}
	kitsune_update("main");
	puts("the update did not happen");
	return 1;
}
