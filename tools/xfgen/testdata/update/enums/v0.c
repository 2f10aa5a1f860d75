/* Enumerators with other numbers are the same enumerators, wherever the value is. */
#include <stdio.h>
#include <stdlib.h>

#include "kitsune.h"

enum color { RED, GREEN, BLUE, COLORS, NO_COLOR = -1 };
enum __attribute__((packed)) level { LOW, HIGH, TOP = HIGH };
enum kept { FIRST, SECOND };
enum old_name { ONE = 1, TWO };
enum bits { READ = 1, WRITE = 2, EXECUTE = 4 };
enum large { SMALL, LARGE = 1UL << 40 };
typedef enum { OFF, ON } power;

struct point {
	enum color color;
	enum color by_name[3];
	enum color narrow : 3;
	power power : 1;
	enum level level;
	enum kept kept;
	enum old_name name;
	enum bits bits;
	enum large large;
	struct point *next;
};

struct point *points;
enum color color = BLUE, *to_color = &color, colors[2] = {GREEN, NO_COLOR}, unknown = 17;

int main(int argc, char **argv) {
	(void)argc;
	points = calloc(1, sizeof *points);
	*points = (struct point){
	    BLUE, {RED, COLORS, GREEN}, GREEN, ON, TOP, SECOND, TWO, READ | EXECUTE, LARGE, points,
	};
	kitsune_set_next_version(argv[1]);
	kitsune_signal_update();
	kitsune_update("main");
	puts("the update did not happen");
	return 1;
}
