struct node {
	int count, since;
	char *value;
	struct node *next;
};

struct timer {
	void (*expired)(struct timer *t);
	long since;
};

struct node *list;
struct timer timers[2];
long limit;
