/* All that can have another name: types of each kind, their fields, and variables by all forms of keys. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kitsune.h"

char *KT_NAMESPACE = "plug";

enum color { RED, GREEN, BLUE };

struct point { int x, y; };

union number { long whole; double real; };

typedef struct point position;
typedef struct { int depth; struct point *at; } place;

struct shape {
	struct shape *next;
	position corners[2];
	struct { int width; struct point *middle; } frame;
	union {
		struct point *first;
		long id;
	};
	place place;
	enum color color;
	union number number;
	int count;
	struct point *E_PTRARRAY(self.count) path;
};

typedef struct shape *shapes;

struct kept { struct shape *shape; struct shape **E_SZ list; };

shapes shapes_of_all_kinds;
static struct shape *current;
struct kept *kept;
static int counter = 3;
struct point origin = {4, 5};
struct point *to_origin = &origin;
struct shape **to_current = &current;

static int a(void) { return 1; }
static int b(void) { return 2; }
int (*const constant[])(void) = {a, b};
int (*functions[])(void) = {a, b, a};
int (*const *table)(void) = constant;

static int *twice(int second) {
	if (second) {
		static int value = 20;
		return &value;
	}
	static int value = 10;
	return &value;
}

static struct point *point(int x, int y) {
	struct point *p = malloc(sizeof *p);
	*p = (struct point){x, y};
	return p;
}

int main(int argc, char **argv) {
	struct shape *s = calloc(1, sizeof *s);
	(void)argc;
	s->next = s;
	s->corners[1].y = 6;
	s->frame.middle = point(7, 8);
	s->frame.width = 9;
	s->first = s->frame.middle;
	s->place = (place){10, point(11, 12)};
	s->color = BLUE;
	s->number.real = 0.5;
	s->count = 2;
	s->path = calloc(2, sizeof *s->path);
	s->path[1].x = 13;
	shapes_of_all_kinds = current = s;
	kept = calloc(1, sizeof *kept);
	kept->shape = s;
	kept->list = calloc(2, sizeof *kept->list);
	kept->list[0] = s;
	++*twice(0), ++*twice(1);
	kitsune_set_next_version(argv[1]);
	kitsune_signal_update();
	kitsune_update("main");
	printf("the update did not happen, counter is %d\n", counter);
	return 1;
}
