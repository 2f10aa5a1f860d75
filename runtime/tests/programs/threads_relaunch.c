/* Hundreds of updates of a program under load, whose threads wait in every way there is. Each thread stays the same
 * thread, with its locals and its mutex, and nothing accumulates. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <time.h>

#include "ktthreads.h"
#include "runtime/tests/programs/program.h"

#ifndef UPDATES
enum { UPDATES = 200 };
#endif
enum { KINDS = 8, THREADS = 2 * KINDS };

/* What main and one thread share. It keeps its place. */
struct worker {
	int kind;
	pthread_t id;
	pid_t tid;
	uintptr_t stack;
	pthread_mutex_t owned; /* by the thread, all the time */
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	int pipe[2];
	long rounds, updates;
};

static struct worker *workers[THREADS];
static int updates, stop, descriptors, threads;

/* Those of a sanitizer are among them. */
static int threads_of_process(void) {
	int n = 0;
	DIR *d = opendir("/proc/self/task");
	CHECK(d != NULL);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static int open_descriptors(void) {
	int n = 0;
	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void poke(void *w) {
	CHECK(write(((struct worker *)w)->pipe[1], "", 1) == 1);
}

static void work(struct worker *w) {
	struct timespec t;
	char c;
	switch (w->kind % KINDS) {
	case 0: /* Until somebody says so, which nobody does. */
		pthread_mutex_lock(&w->mutex);
		CHECK(ktthreads_pthread_cond_wait(&w->cond, &w->mutex) == 0);
		pthread_mutex_unlock(&w->mutex);
		break;
	case 1:
		clock_gettime(CLOCK_REALTIME, &t);
		t.tv_sec += 3600;
		pthread_mutex_lock(&w->mutex);
		CHECK(ktthreads_pthread_cond_timedwait(&w->cond, &w->mutex, &t) == 0);
		pthread_mutex_unlock(&w->mutex);
		break;
	case 2:
		ktthreads_ms_sleep(3600000);
		break;
	case 3: /* The signal ends it. */
		poll(NULL, 0, -1);
		break;
	case 4: /* The signal ends it, too: main() has asked for that. */
		CHECK(read(w->pipe[0], &c, 1) == 1 || errno == EINTR);
		break;
	case 5: /* The callback ends it. The signal is blocked. */
		CHECK(read(w->pipe[0], &c, 1) == 1);
		break;
	case 6:
		ktthreads_ms_sleep(1);
		break;
	default: /* It never waits. */
		for (volatile int i = 0; i < 1000; i++)
			;
	}
}

void *run(void *arg) {
	struct worker *w = arg;
	long rounds = 0;
	int canary = 0;
	ENTER_FUNC();
	NOTE_LOCAL(rounds);
	NOTE_LOCAL(canary);
	if (kitsune_is_updating()) {
		CHECK(kitsune_is_updating_from("work"));
		CHECK(!kitsune_is_updating_from("main"));
		CHECK(MIGRATE_LOCAL(rounds));
		CHECK(MIGRATE_LOCAL(canary));
		CHECK_EQUAL(rounds, w->rounds);
		CHECK_EQUAL(canary, w->kind);
		CHECK(pthread_equal(w->id, pthread_self()));
		CHECK_EQUAL(w->tid, gettid());
		CHECK_EQUAL(w->stack, (uintptr_t)__builtin_frame_address(0));
		w->updates++;
	} else {
		sigset_t usr2;
		CHECK_EQUAL(VERSION, 0);
		sigemptyset(&usr2);
		sigaddset(&usr2, SIGUSR2);
		canary = w->kind;
		w->id = pthread_self();
		w->tid = gettid();
		w->stack = (uintptr_t)__builtin_frame_address(0);
		pthread_mutex_lock(&w->owned);
		if (w->kind % KINDS == 5)
			pthread_sigmask(SIG_BLOCK, &usr2, NULL);
	}
	if (w->kind % KINDS == 5)
		ktthreads_update_callback(poke, w);
	if (kitsune_is_updating())
		kitsune_update("elsewhere"); /* Not the one that was left. */
	for (;;) {
		kitsune_update("work");
		CHECK(!kitsune_is_updating());
		if (stop)
			break;
		__atomic_store_n(&w->rounds, ++rounds, __ATOMIC_RELEASE);
		work(w);
	}
	CHECK(pthread_mutex_unlock(&w->owned) == 0);
	EXIT_FUNC();
	return w;
}

static struct worker *make(int kind) {
	struct worker *w = calloc(1, sizeof *w);
	pthread_mutexattr_t attr;
	w->kind = kind;
	CHECK(pipe(w->pipe) == 0);
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&w->owned, &attr);
	pthread_mutex_init(&w->mutex, NULL);
	pthread_cond_init(&w->cond, NULL);
	return w;
}

/* Until every thread has gone on. */
static void let_them_work(void) {
	for (int i = 0; i < THREADS; i++) {
		const long before = __atomic_load_n(&workers[i]->rounds, __ATOMIC_ACQUIRE);
		const int kind = i % KINDS;
		while (kind >= 6 && __atomic_load_n(&workers[i]->rounds, __ATOMIC_ACQUIRE) == before)
			poll(NULL, 0, 1);
	}
}

static void end_them(void) {
	for (int i = 0; i < THREADS; i++) {
		void *result;
		CHECK(pthread_join(workers[i]->id, &result) == 0);
		CHECK(result == workers[i]);
		CHECK_EQUAL(workers[i]->updates, UPDATES);
		free(workers[i]);
	}
}

int main(int argc, char **argv) {
	(void)argc;
	NOTE_STATIC(workers);
	NOTE_STATIC(updates);
	NOTE_STATIC(descriptors);
	NOTE_STATIC(threads);
	if (!kitsune_is_updating()) {
		struct sigaction action; /* The driver's, but for SA_RESTART. */
		sigaction(SIGUSR2, NULL, &action);
		action.sa_flags = 0;
		sigaction(SIGUSR2, &action, NULL);
		for (int i = 0; i < THREADS; i++) {
			workers[i] = make(i);
			CHECK(kitsune_pthread_create(&workers[i]->id, NULL, run, workers[i]) == 0);
		}
	}
	MIGRATE_STATIC(workers);
	MIGRATE_STATIC(updates);
	MIGRATE_STATIC(descriptors);
	MIGRATE_STATIC(threads);
	if (updates == UPDATES)
		stop = 1; /* The threads are at their update points. */
	for (;;) {
		kitsune_update("main");
		CHECK_EQUAL(updates % 2, VERSION);
		if (updates == 1)
			descriptors = open_descriptors();
		if (updates == 1)
			threads = threads_of_process();
		if (updates == UPDATES)
			break;
		if (updates > 1)
			CHECK_EQUAL(threads_of_process(), threads);
		let_them_work();
		request(updates++ % 2 == 0 ? argv[1] : argv[0]);
	}
	CHECK_EQUAL(open_descriptors(), descriptors);
	end_them();
	return done();
}
