#include <stdio.h>

#include "kitsune.h"

char *KT_NAMESPACE = "plugin";

enum colour { RED, GREEN, BLUE };

struct vertex { int left, top; };

union value { long whole; double real; };

typedef struct vertex where;
typedef struct { long depth; struct vertex *at; } spot;

struct figure {
	struct figure *following;
	where corners[2];
	struct { long width; struct vertex *centre; } border;
	union {
		struct vertex *start;
		long id;
	};
	spot spot;
	enum colour colour;
	union value value;
	int length;
	struct vertex *E_PTRARRAY(self.length) path;
};

typedef struct figure *figures;

struct kept { struct figure *shape; struct figure **E_SZ list; };

figures figures_of_all_kinds;
static struct figure *selected;
struct kept *kept;
static int count;
struct vertex origin;
struct vertex *to_origin;
struct figure **to_current;

static int first(void) { return 10; }
static int second(void) { return 20; }
int (*const pair[])(void) = {first, second};
int (*functions[3])(void);
int (*const *table)(void);

static int *twice(int other) {
	if (other) {
		static int value;
		return &value;
	}
	static int value;
	return &value;
}

int main(void) {
	struct figure *f;
	kitsune_do_automigrate();
	kitsune_update("main");
	f = figures_of_all_kinds;
	printf("ring %d %d %d %d\n", f->following == f, selected == f, kept->shape == f,
	       kept->list[0] == f && !kept->list[1]);
	printf("corners %d %d\n", f->corners[1].left, f->corners[1].top);
	printf("border %ld %d %d\n", f->border.width, f->border.centre->left, f->border.centre->top);
	printf("start %d\n", f->start == f->border.centre);
	printf("spot %ld %d %d\n", f->spot.depth, f->spot.at->left, f->spot.at->top);
	printf("colour %d, value %g\n", f->colour == BLUE, f->value.real);
	printf("path %d %d\n", f->length, f->path[1].left);
	printf("origin %d %d %d, current %d, count %d\n", to_origin == &origin, origin.left, origin.top,
	       to_current == &selected, count);
	printf("functions %d %d %d, table %d\n", functions[0](), functions[1](), functions[2](), table == pair);
	printf("twice %d %d\n", *twice(0), *twice(1));
	return 0;
}
