/* A new version gives up, in several ways, before its threads have been started again: all threads of the old version go on
 * from where they stood. What hooks have done to the list of threads is undone. */
#define _GNU_SOURCE
#include <poll.h>

#include "ktthreads.h"
#include "runtime/tests/programs/program.h"

enum { WORKERS = 8 };
enum fault { CRASH, ABORT, EXIT, GIVE_UP, IN_HOOKS, NONE };

enum fault fault;
int rounds[WORKERS], stop;
pthread_t threads[WORKERS];

void *worker(void *arg) {
	int *round = arg;
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		const int before = *round;
		kitsune_update("worker");
		CHECK_EQUAL(*round, before);
		CHECK(kitsune_has_updated() == VERSION);
		__atomic_store_n(round, before + 1, __ATOMIC_RELEASE);
		ktthreads_ms_sleep(1);
	}
	return arg;
}

#if VERSION == 0

/* Waits until each worker has gone round once more. */
static void all_go_on(void) {
	for (int i = 0; i < WORKERS; i++) {
		const int before = __atomic_load_n(&rounds[i], __ATOMIC_ACQUIRE);
		for (int ms = 0; __atomic_load_n(&rounds[i], __ATOMIC_ACQUIRE) == before; ms++) {
			CHECK(ms < 10000);
			poll(NULL, 0, 1);
		}
	}
}

int main(int argc, char **argv) {
	(void)argc;
	kitsune_note_var("rounds", NULL, NULL, NULL, rounds, sizeof rounds);
	for (int i = 0; i < WORKERS; i++)
		CHECK(kitsune_pthread_create(&threads[i], NULL, worker, &rounds[i]) == 0);
	for (fault = CRASH; fault <= NONE; fault++) {
		all_go_on();
		request(argv[1]);
		kitsune_update("main");
		CHECK(!kitsune_is_updating());
	}
	CHECK(!"the update has not happened");
}

#else

void _kitsune_mainupdate_xform(void) {
	pthread_attr_t attr;
	if (fault != IN_HOOKS)
		return;
	pthread_attr_init(&attr);
	kitsune_threads_reset();
	CHECK(kitsune_threads_next() != NULL);
	kitsune_thread_remove();
	kitsune_thread_add(NULL, worker, "worker", attr);
	abort();
}

int main(void) {
	ktthread_info *thread;
	kitsune_note_var("rounds", NULL, NULL, NULL, rounds, sizeof rounds);
	CHECK(MIGRATE_GLOBAL(fault) && MIGRATE_GLOBAL(rounds) && MIGRATE_GLOBAL(stop) &&
	      MIGRATE_GLOBAL(threads));
	switch (fault) {
	case CRASH:
		*(volatile int *)NULL = 1;
		break;
	case ABORT:
		abort();
	case EXIT:
		exit(1);
	case GIVE_UP:
		kitsune_abort_update("the test says so");
		break;
	case IN_HOOKS:
		break;
	case NONE:
		kitsune_threads_reset();
		for (int i = 0; i < WORKERS; i++)
			CHECK((thread = kitsune_threads_next()) && thread->start_fun);
		CHECK(!kitsune_threads_next());
	}
	kitsune_update("main");
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	for (int i = 0; i < WORKERS; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	return done();
}

#endif
