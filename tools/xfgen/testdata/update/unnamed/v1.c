#include <stdio.h>

#include "kitsune.h"

struct item {
	long weight;
	int added;
};

struct box {
	union {
		int number;
		unsigned char bytes[4];
	};
	struct {
		long added;
		long total;
		struct {
			struct item *E_PTRARRAY(self.total) items;
		};
	};
	struct {
		struct item *last, *first;
	} both;
	struct {
		int kind;
		union {
			int flat;
			int curved;
		};
	};
};

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

int main(void) {
	kitsune_do_automigrate();
	kitsune_update("main");
	printf("box %ld, items %ld %ld %d, bytes %d\n", box->total, box->items[0].weight, box->items[2].weight,
	       box->items[1].added, box->bytes[3] == 1 && box->number == 0x01020304);
	printf("both %ld %d, flat %d, kind %d, added %ld\n", box->both.first->weight, box->both.first == box->both.last,
	       box->flat, box->kind, box->added);
	printf("frames %d %d %d, %d\n", frames[0].items[0] == box->both.last, frames[0].items[1] == box->both.last,
	       frames[0].item == box->both.last, frames[1].number);
	return 0;
}
