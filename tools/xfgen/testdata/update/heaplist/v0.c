/* Objects that only a list of ktheaptrack.h leads to, and a block of kitsune_calloc. Their layout changes. */
#include "kitsune.h"
#include "ktheaptrack.h"

struct conn {
	int number;
};

kitsune_heaplist E_G(struct conn) conns;
int *E_PTRARRAY(3) block;

static void add(int number) {
	struct conn *c = kitsune_malloc(sizeof *c);
	c->number = number;
	NOTE_HEAP(&conns, c);
}

int main(int argc, char **argv) {
	struct conn *c;
	kitsune_heaplist_iterator *i;
	(void)argc;
	kitsune_heaplist_init(&conns);
	add(1);
	add(2);
	add(3);
	add(4);
	HEAPLIST_FOR_EACH(&conns, c, struct conn *, i) {
		if (c->number % 3 != 1)
			continue;
		UNNOTE_HEAP(&conns, c);
		UNNOTE_HEAP(&conns, c); /* It is not there any more. */
		kitsune_free(c);
	}
	add(5);
	block = kitsune_calloc(3, sizeof *block);
	block[2] = 7;
	HEAPLIST_FOR_EACH(&conns, c, struct conn *, i)
	printf("v0: %d\n", c->number);
	kitsune_set_next_version(argv[1]);
	kitsune_signal_update();
	kitsune_update("main");
	return 1;
}
