/* Threads that begin and end while an update stops the others, or come back from it: by returning, by pthread_exit, by
 * being cancelled; joinable and detached ones. And one that cannot be made. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>

#include "ktthreads.h"
#include "runtime/tests/programs/program.h"

static int stopping, born, ended, came_back;
static pthread_t creator, cancelled, returning;

static void set_stopping(void *unused) {
	(void)unused;
	__atomic_store_n(&stopping, 1, __ATOMIC_RELEASE);
}

static void wait_until_stopping(void) {
	while (!__atomic_load_n(&stopping, __ATOMIC_ACQUIRE))
		poll(NULL, 0, 1);
}

static void add(int *n) {
	__atomic_add_fetch(n, 1, __ATOMIC_ACQ_REL);
}

/* Made by the old version while it is being stopped. */
void *late_born(void *unused) {
	if (kitsune_is_updating())
		add(&came_back);
	else
		add(&born);
	while (!kitsune_has_updated() || kitsune_is_updating()) {
		kitsune_update("late born");
		ktthreads_ms_sleep(1);
	}
	return unused;
}

static void create_one(const pthread_attr_t *attr) {
	pthread_t t;
	CHECK(kitsune_pthread_create(&t, attr, late_born, NULL) == 0);
}

/* Never comes to an update point. */
void *create_and_exit(void *unused) {
	pthread_attr_t detached;
	ktthreads_update_callback(set_stopping, NULL);
	wait_until_stopping();
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	create_one(&detached);
	create_one(&detached);
	pthread_attr_destroy(&detached);
	CHECK(pthread_cancel(cancelled) == 0);
	add(&ended);
	pthread_exit(unused);
}

void *ends(void *unused) {
	pthread_detach(pthread_self());
	wait_until_stopping();
	add(&ended);
	return unused;
}

/* Is cancelled in the old version, and allows it in the new one. */
void *is_cancelled(void *unused) {
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	if (kitsune_is_updating()) {
		add(&came_back);
		pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
	}
	for (;;) {
		kitsune_update("cancelled");
		CHECK_EQUAL(VERSION, 0); /* It would sleep there. */
		poll(NULL, 0, 1);
	}
	return unused;
}

/* Ends in the new version before it comes to its update point. */
void *returns(void *unused) {
	while (!kitsune_is_updating()) {
		kitsune_update("returning");
		ktthreads_ms_sleep(1);
	}
	add(&came_back);
	return unused;
}

int main(int argc, char **argv) {
	pthread_attr_t huge;
	pthread_t t;
	void *result;
	(void)argc;
	NOTE_STATIC(born);
	NOTE_STATIC(ended);
	NOTE_STATIC(creator);
	NOTE_STATIC(cancelled);
	NOTE_STATIC(returning);
	if (!kitsune_is_updating()) {
		pthread_attr_init(&huge);
		CHECK(pthread_attr_setstacksize(&huge, (size_t)1 << 50) == 0);
		CHECK_EQUAL(kitsune_pthread_create(&t, &huge, ends, NULL), EAGAIN);
		pthread_attr_destroy(&huge);
		CHECK(kitsune_pthread_create(&cancelled, NULL, is_cancelled, NULL) == 0);
		CHECK(kitsune_pthread_create(&creator, NULL, create_and_exit, NULL) == 0);
		CHECK(kitsune_pthread_create(&returning, NULL, returns, argv) == 0);
		for (int i = 0; i < 10; i++)
			CHECK(kitsune_pthread_create(&t, NULL, ends, NULL) == 0);
		request(argv[1]);
	}
	MIGRATE_STATIC(born);
	MIGRATE_STATIC(ended);
	MIGRATE_STATIC(creator);
	MIGRATE_STATIC(cancelled);
	MIGRATE_STATIC(returning);
	kitsune_update("main");
	CHECK_EQUAL(VERSION, 1);
	CHECK_EQUAL(born, 2);
	CHECK_EQUAL(ended, 11);
	CHECK(pthread_join(creator, &result) == 0 && result == NULL);
	CHECK(pthread_join(cancelled, &result) == 0 && result == PTHREAD_CANCELED);
	CHECK(pthread_join(returning, &result) == 0 && result == argv);
	CHECK_EQUAL(__atomic_load_n(&came_back, __ATOMIC_ACQUIRE), 4);
	return done();
}
