/* Code in rules: what it can refer to, and when it runs. */
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

static int half(int n) { return n / 2; }

struct list E_G(struct event) *never_migrated E_MANUAL_MIGRATE;
struct event *event;
struct event by_value = {5, {1, 2}, 3, NULL};
struct timer *timer;
struct value values[3] = {{NUMBER, {.number = 8}, NULL}, {FUNCTION, {.function = half}, NULL}, {TEXT, {0}, NULL}};
int count = 3;
int kept = 1;
static int reset = 1;

static void loop(char *next) E_NOTELOCALS {
	int local = 1;
	kitsune_set_next_version(next);
	kitsune_signal_update();
	kitsune_update("main");
	printf("the update did not happen, and %d is here\n", local);
}

int main(int argc, char **argv) {
	struct list *l = calloc(1, sizeof *l);
	(void)argc;
	event = calloc(1, sizeof *event);
	event->fd = 3;
	event->changes[0] = 10;
	event->flags = 2;
	event->other = event;
	timer = calloc(1, sizeof *timer);
	timer->deadline = 100;
	timer->armed = 1;
	values[2].u.text = strdup("text");
	l->value = event;
	l->next = l;
	values[2].private = l;
	loop(argv[1]);
	return reset;
}
