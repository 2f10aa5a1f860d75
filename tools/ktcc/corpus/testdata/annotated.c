/* annotated.c - a program with what kitsune.h is for. */
#include <stdio.h>

struct item {
	char *name;
	int count;
	struct item *E_PTRARRAY(self.count) parts;
	FILE *E_OPAQUE log;
};

struct list {
	struct list E_G(@t) *next;
	void E_T(@t) *value;
} E_GENERIC(@t);

static struct list E_G(struct item) *items;
E_AUTO_MIGRATE int migrated;
E_MANUAL_MIGRATE int kept;
int lengths[8];

int main(int argc, char **argv) E_NOTELOCALS {
	int listener = argc;
	struct item local = {argv[0], 0, 0, 0};

	kitsune_do_automigrate();
	if (!MIGRATE_LOCAL(listener))
		listener = 3;
	for (;;) {
		static int rounds;
		kitsune_update("main");
		if (rounds++ > listener || !items)
			return local.count;
	}
}
