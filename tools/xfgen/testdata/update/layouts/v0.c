/* Types that C lays out in unusual ways. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kitsune.h"

struct __attribute__((packed)) packed { char tag; int *pointer; short crc; };
struct __attribute__((packed, aligned(4))) record { char tag; long offset; };
struct __attribute__((aligned(16))) line { int counter; };
enum __attribute__((packed)) small { NONE, SOME, MANY };
enum sign { MINUS = -1, ZERO, PLUS };
union value { int number; float real; };

typedef struct { double low, high; } range;
typedef range span;

struct spans {
	_Bool first;
	span span;
	unsigned int flag : 1;
	int *pointer;
};

struct mixed {
	int type;
	union {
		int number;
		struct { int *pointer; int length; };
	};
	struct { int low, high; } range;
	int old_field;
};

struct all {
	struct packed packed;
	struct record record;
	struct line line;
	enum small small;
	enum sign sign;
	union value value;
	long double precise;
	_Bool set;
	int : 3;
	unsigned int bits : 7;
	struct mixed mixed;
	void (*E_OPAQUE hook)(void);
	int grid[2][3];
};

struct tail {
	int count;
	struct all *all[E_ARRAY(self.count)];
};

int target = 77;
struct all *all;
struct tail *tail;
struct packed in_place;
struct spans spans;

int main(int argc, char **argv) {
	(void)argc;
	if (!kitsune_is_updating()) {
		all = aligned_alloc(16, sizeof *all);
		memset(all, 0, sizeof *all);
		all->packed = (struct packed){'p', &target, -3};
		all->record = (struct record){'r', 1L << 40};
		all->line.counter = 9;
		all->small = MANY;
		all->sign = MINUS;
		all->value.real = 2.5f;
		all->precise = 0.125L;
		all->set = 1;
		all->bits = 100;
		all->mixed.type = 1;
		all->mixed.number = 12;
		all->mixed.range.high = 5;
		all->hook = (void (*)(void))0x10;
		all->grid[1][2] = 12;
		tail = malloc(sizeof *tail + 2 * sizeof *tail->all);
		tail->count = 2;
		tail->all[0] = NULL;
		tail->all[1] = all;
		in_place.pointer = &target;
		spans = (struct spans){1, {0.5, 1.5}, 1, &target};
		kitsune_set_next_version(argv[1]);
		kitsune_signal_update();
	}
	kitsune_update("main");
	puts("the update did not happen");
	return 1;
}
