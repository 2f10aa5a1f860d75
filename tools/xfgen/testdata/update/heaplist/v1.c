#include "kitsune.h"
#include "ktheaptrack.h"

struct conn {
	long extra;
	long number;
};

kitsune_heaplist E_G(struct conn) conns;
int *E_PTRARRAY(3) block;

int main(void) {
	struct conn *c;
	kitsune_heaplist_iterator *i;
	kitsune_do_automigrate();
	kitsune_update("main");
	HEAPLIST_FOR_EACH(&conns, c, struct conn *, i)
	printf("v1: %ld, and %ld\n", c->number, c->extra);
	printf("last: %ld\n", ((struct conn *)kitsune_heaplist_last(&conns)->addr)->number);
	NOTE_HEAP(&conns, &conns);
	printf("removed: %d\n", UNNOTE_HEAP(&conns, &conns));
	HEAPLIST_FOR_EACH(&conns, c, struct conn *, i) {
		UNNOTE_HEAP(&conns, c);
		kitsune_free(c);
	}
	printf("empty: %d, block: %d\n", kitsune_heaplist_isempty(&conns), block[2]);
	kitsune_free(block);
	return 0;
}
