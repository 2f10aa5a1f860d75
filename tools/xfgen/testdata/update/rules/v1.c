#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kitsune.h"

struct list {
	struct list E_G(@t) *next;
	void E_T(@t) *value;
} E_GENERIC(@t);

struct event {
	int fd;
	int changes[2];
	int flags : 4;
	struct event *other;
};

struct timer {
	long deadline;
	int armed;
	long period;
};

enum tag { NUMBER, FUNCTION, TEXT };

struct value {
	enum tag tag;
	union {
		long number;
		int (*function)(int);
		char *text;
	} u;
	void *private;
};

int half(int n) { return n / 2; }

struct list E_G(struct event) *never_migrated E_MANUAL_MIGRATE;
struct event *event;
struct event by_value;
struct timer *timer;
struct value values[3];
unsigned int count;
int kept = 9;
static int reset = 9;
int hooks;

static void loop(void) E_NOTELOCALS {
	int local = 0;
	MIGRATE_LOCAL(local);
	kitsune_update("main");
	printf("local %d\n", local);
}

int main(void) {
	struct list *l;
	printf("before main %d\n", hooks);
	kitsune_do_automigrate();
	loop();
	printf("event %d %d %d %d\n", event->fd, event->changes[0], event->flags, event->other == event);
	printf("by value %d %d %d\n", by_value.fd, by_value.changes[0], by_value.flags);
	printf("timer %ld %d %ld\n", timer->deadline, timer->armed, timer->period);
	printf("values %ld %d %s\n", values[0].u.number, values[1].u.function == half, values[2].u.text);
	l = values[2].private;
	printf("list %d %d\n", l->value == event, l->next == l);
	printf("count %u, kept %d, reset %d, hooks %d\n", count, kept, reset, hooks);
	return 0;
}
