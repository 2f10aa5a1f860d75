#include <stdlib.h>

#include "kitsune.h"

enum state { OPEN, CLOSED };

struct entry {
	const char *name;
	enum state state;
};

struct list {
	struct entry *first;
};

static struct list list;

void build_other(void);

void build_other(void) {
	list.first = calloc(1, sizeof *list.first);
	*list.first = (struct entry){"a name", CLOSED};
}
