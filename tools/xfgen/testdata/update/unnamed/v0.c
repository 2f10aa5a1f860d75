/* Parts of structures that have no name: their fields are in the structure, for C and for rules. */
#include <stdio.h>
#include <stdlib.h>

#include "kitsune.h"

struct item {
	short weight;
};

/* Gets new storage. */
struct box {
	struct {
		int count;
		struct {
			struct item *E_PTRARRAY(self.count) items;
		};
	};
	union {
		int number;
		unsigned char bytes[4];
	};
	struct {
		struct item *first, *last;
	} ends;
	int flat, kind;
};

/* Keeps its place. What a length and a tag are is known outside of the part. */
struct frame {
	long id;
	int count, kind;
	struct {
		struct item **E_PTRARRAY(self.count) items;
		struct {
			union {
				int number;
				struct item *item E_CASE(1);
			} E_UNION(self.kind);
		};
	};
};

struct box *box;
struct frame *E_PTRARRAY(2) frames;

int main(int argc, char **argv) {
	(void)argc;
	box = calloc(1, sizeof *box);
	box->count = 3;
	box->items = calloc(3, sizeof *box->items);
	for (int i = 0; i < 3; i++)
		box->items[i].weight = 10 + i;
	box->number = 0x01020304;
	box->ends.first = box->ends.last = calloc(1, sizeof *box->ends.first);
	box->ends.first->weight = 20;
	box->flat = 30;
	box->kind = 2;
	frames = calloc(2, sizeof *frames);
	frames[0].id = frames[1].id = 5;
	frames[0].count = 2;
	frames[0].items = calloc(2, sizeof *frames[0].items);
	frames[0].items[0] = frames[0].items[1] = box->ends.first;
	frames[0].kind = 1;
	frames[0].item = box->ends.first;
	frames[1].number = 40;
	kitsune_set_next_version(argv[1]);
	kitsune_signal_update();
	kitsune_update("main");
	puts("the update did not happen");
	return 1;
}
