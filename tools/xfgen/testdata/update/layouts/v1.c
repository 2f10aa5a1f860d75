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
union value { int number; float real; double longer; };

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
	unsigned int bits : 9;
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

int main(void) {
	kitsune_do_automigrate();
	kitsune_update("main");
	printf("%c %d %d\n", all->packed.tag, all->packed.pointer == &target, all->packed.crc);
	printf("%c %d\n", all->record.tag, all->record.offset == 1L << 40);
	printf("%d %d %d %g %Lg %d %d\n", all->line.counter, all->small == MANY, all->sign == MINUS, all->value.real,
	       all->precise, all->set, all->bits);
	printf("%d %d %d %d\n", all->mixed.type, all->mixed.number, all->mixed.range.low, all->mixed.range.high);
	printf("%d %d\n", all->hook == (void (*)(void))0x10, all->grid[1][2]);
	printf("%d %d %d\n", tail->count, tail->all[0] == NULL, tail->all[1] == all);
	printf("%d %d\n", target, in_place.pointer == &target);
	printf("%d %g %g %d %d\n", spans.first, spans.span.low, spans.span.high, spans.flag, spans.pointer == &target);
	return 0;
}
