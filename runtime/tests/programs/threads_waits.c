/* Waits that an update ends are otherwise like those of the C library; and the main thread's ends as well, when a signal
 * comes that only its handler sees. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <time.h>

#include "ktthreads.h"
#include "runtime/tests/programs/program.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER, monotonic;
static int tokens, asked;

static struct timespec in_ms(clockid_t clock, int ms) {
	struct timespec t;
	clock_gettime(clock, &t);
	t.tv_sec -= 1;
	t.tv_nsec += 1000000000 + ms * 1000000L;
	t.tv_sec += t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}

static int passed(clockid_t clock, const struct timespec *t) {
	struct timespec now;
	clock_gettime(clock, &now);
	return now.tv_sec > t->tv_sec || (now.tv_sec == t->tv_sec && now.tv_nsec >= t->tv_nsec);
}

/* Both clocks, times that are longer and shorter than the main thread's glances, one in the past, and one that is none. */
static void time_outs(void) {
	const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC};
	const int times[] = {-10, 0, 1, 120};
	struct timespec t;
	pthread_mutex_lock(&mutex);
	for (int c = 0; c < 2; c++) {
		for (int i = 0; i < 4; i++) {
			pthread_cond_t *which = c ? &monotonic : &cond;
			t = in_ms(clocks[c], times[i]);
			CHECK_EQUAL(ktthreads_pthread_cond_timedwait(which, &mutex, &t), ETIMEDOUT);
			CHECK(passed(clocks[c], &t));
		}
	}
	t.tv_nsec = -1;
	CHECK_EQUAL(ktthreads_pthread_cond_timedwait(&cond, &mutex, &t), EINVAL);
	pthread_mutex_unlock(&mutex);
	t = in_ms(CLOCK_MONOTONIC, 70);
	ktthreads_ms_sleep(70);
	CHECK(passed(CLOCK_MONOTONIC, &t));
	ktthreads_ms_sleep(0);
	ktthreads_ms_sleep(-1);
}

void *give(void *unused) {
	for (int i = 0; i < 100; i++) {
		kitsune_update("give");
		pthread_mutex_lock(&mutex);
		tokens++;
		pthread_cond_signal(&cond);
		pthread_mutex_unlock(&mutex);
	}
	return unused;
}

/* Made by the C library, it is not stopped, but its waits work. */
static void *stranger(void *unused) {
	time_outs();
	kitsune_update("nowhere");
	return unused;
}

/* Nobody signals anything, and every signal is handled by this thread. */
void *ask(void *unused) {
	sigset_t set;
	if (kitsune_is_updating()) {
		kitsune_update("ask");
		return unused;
	}
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	while (!__atomic_load_n(&asked, __ATOMIC_ACQUIRE))
		poll(NULL, 0, 1);
	poll(NULL, 0, 20);
	kill(getpid(), SIGUSR2);
	for (;;) {
		kitsune_update("ask");
		poll(NULL, 0, -1);
	}
}

int main(int argc, char **argv) {
	static pthread_t asking;
	pthread_t t;
	sigset_t set;
	(void)argc;
	NOTE_STATIC(asking);
	MIGRATE_STATIC(asking);
	if (!kitsune_is_updating()) {
		pthread_condattr_t attr;
		pthread_condattr_init(&attr);
		pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
		pthread_cond_init(&monotonic, &attr);
		pthread_condattr_destroy(&attr);
		time_outs();
		CHECK(pthread_create(&t, NULL, stranger, NULL) == 0);
		CHECK(pthread_join(t, NULL) == 0);
		CHECK(kitsune_pthread_create(&t, NULL, stranger, NULL) == 0);
		CHECK(pthread_join(t, NULL) == 0);

		CHECK(kitsune_pthread_create(&t, NULL, give, NULL) == 0);
		pthread_mutex_lock(&mutex);
		while (tokens < 100)
			CHECK_EQUAL(ktthreads_pthread_cond_wait(&cond, &mutex), 0);
		pthread_mutex_unlock(&mutex);
		CHECK(pthread_join(t, NULL) == 0);

		sigemptyset(&set);
		sigaddset(&set, SIGUSR2);
		pthread_sigmask(SIG_BLOCK, &set, NULL);
		CHECK(kitsune_pthread_create(&asking, NULL, ask, NULL) == 0);
		kitsune_set_next_version(argv[1]);
		__atomic_store_n(&asked, 1, __ATOMIC_RELEASE);
	}
	for (;;) {
		kitsune_update("main");
		if (VERSION == 1)
			break;
		pthread_mutex_lock(&mutex);
		ktthreads_pthread_cond_wait(&cond, &mutex);
		pthread_mutex_unlock(&mutex);
	}
	CHECK(pthread_join(asking, NULL) == 0);
	return done();
}
