/* Two threads count: each a local variable, and one of them a static one as well. Version 2 counts in longs, and in
 * steps of 1000. */
#include <stdio.h>
#include <stdlib.h>

#include "ktthreads.h"

#if VERSION == 1
typedef int number;
enum { STEP = 1 };
#else
typedef long number;
enum { STEP = 1000 };
#endif

struct job {
	char *name;
#if VERSION == 2
	long added;
#endif
	number *total; /* or NULL */
};

static number total;

static void say(const struct job *job, number n) {
	printf("%s: version %d, %ld%s\n", job->name, VERSION, (long)n,
	       job->total && job->total != &total ? ", LOST" : "");
	fflush(stdout);
}

static void *count(void *arg) E_NOTELOCALS {
	struct job *job = arg;
	number mine = 0;
	MIGRATE_LOCAL(mine);
	for (;;) {
		kitsune_update("count");
		mine += STEP;
		if (job->total)
			*job->total += STEP;
		say(job, mine);
		if (mine > STEP)
			return NULL;
		ktthreads_ms_sleep(3600000); /* Only an update ends it. */
	}
}

static struct job *jobs[2];
static pthread_t threads[2];

static void start(int i, char *name, number *to) {
	jobs[i] = calloc(1, sizeof *jobs[i]);
	jobs[i]->name = name;
	jobs[i]->total = to;
	kitsune_pthread_create(&threads[i], NULL, count, jobs[i]);
}

int main(void) {
	kitsune_do_automigrate();
	if (!kitsune_is_updating()) {
		start(0, "one", &total);
		start(1, "two", NULL);
	}
	for (;;) {
		kitsune_update("main");
		if (VERSION == 2)
			break;
		ktthreads_ms_sleep(3600000);
	}
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	printf("total: %ld\n", (long)total);
	return 0;
}
