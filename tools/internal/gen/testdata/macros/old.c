/* The preamble of the rules brings macros along that have the names of fields. */
struct node {
	struct node *next;
	char *value;
	int count, since;
};

struct timer {
	void (*expired)(struct timer *t);
	long since;
};

struct node *list;
struct timer timers[2];
int limit;
