#include <stdio.h>

#include "kitsune.h"

enum color { BLACK, BLUE, GREEN, WHITE, RED, COLORS, NO_COLOR = -2 };
enum __attribute__((packed)) level { NONE, LOW, MIDDLE, HIGH, TOP = HIGH };
enum kept { SECOND, FIRST };
enum new_name { TWO = 1, ONE };
enum bits { EXECUTE = 1, WRITE = 2, READ = 4 };
enum large { LARGE = 1UL << 41, SMALL = 3 };
typedef enum { ON, OFF } power;

struct point {
	enum color color;
	enum color by_name[3];
	enum color narrow : 4;
	power power : 1;
	enum level level;
	enum kept kept;
	enum new_name name;
	enum bits bits;
	enum large large;
	struct point *next;
};

struct point *points;
enum color color, *to_color, colors[2], unknown;

int main(void) {
	kitsune_do_automigrate();
	kitsune_update("main");
	printf("%d, %d %d %d, ", points->color == BLUE, points->by_name[0] == RED, points->by_name[1] == COLORS,
	       points->by_name[2] == GREEN);
	printf("bit-fields %d %d, ", points->narrow == GREEN, points->power == ON);
	printf("level %d, name %d, large %d, next %d\n", points->level == TOP, points->name == TWO, points->large == LARGE,
	       points->next == points);
	printf("kept %d, flags %d\n", points->kept == FIRST, points->bits == (READ | EXECUTE));
	printf("%d %d, %d %d, unknown %d\n", color == BLUE, to_color == &color, colors[0] == GREEN, colors[1] == NO_COLOR,
	       unknown == 17);
	return 0;
}
