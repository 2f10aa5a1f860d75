/* Forks of a program with threads: by the main thread, whose child is a process with one thread that is updated by
 * itself, and by another thread, whose child cannot be updated, says so, and goes on. */
#define _GNU_SOURCE
#include <poll.h>
#include <sys/wait.h>

#include "ktthreads.h"
#include "runtime/tests/programs/program.h"

static int stop, rounds, children;
static char role; /* of a child: when it was forked; 0 in the parent */
static pthread_t worker;
static const char *next_version;

static void expect_success(pid_t pid) {
	int status;
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK_EQUAL(status, 0);
}

/* Of the other thread. */
static void fork_in_thread(void) {
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		request(next_version);
		for (int i = 0; i < 10; i++) {
			kitsune_update("worker");
			ktthreads_ms_sleep(1);
		}
		CHECK(!kitsune_is_updating());
		_exit(0);
	}
	expect_success(pid);
	__atomic_add_fetch(&children, 1, __ATOMIC_ACQ_REL);
}

void *run(void *arg) {
	if (kitsune_is_updating())
		fork_in_thread(); /* On the way to the update point. */
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		kitsune_update("worker");
		fork_in_thread();
		__atomic_add_fetch(&rounds, 1, __ATOMIC_ACQ_REL);
	}
	return arg;
}

/* Of the main thread. Returns 1 in the child. */
static int fork_main(char when) {
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		role = when;
		return 1;
	}
	expect_success(pid);
	return 0;
}

int main(int argc, char **argv) {
	(void)argc;
	NOTE_STATIC(role);
	NOTE_STATIC(worker);
	NOTE_STATIC(children);
	MIGRATE_STATIC(role);
	MIGRATE_STATIC(worker);
	MIGRATE_STATIC(children);
	next_version = argv[!VERSION];
	if (!kitsune_is_updating()) {
		CHECK(kitsune_pthread_create(&worker, NULL, run, NULL) == 0);
		while (__atomic_load_n(&rounds, __ATOMIC_ACQUIRE) < 20)
			poll(NULL, 0, 1);
		for (int i = 0; i < 20 && !role; i++)
			fork_main('b');
		request(argv[1]);
	} else if (!role) {
		for (int i = 0; i < 20 && !role; i++)
			fork_main('w');
	}
	kitsune_update("main");
	CHECK_EQUAL(VERSION, 1);
	if (role)
		_exit(0);
	CHECK(__atomic_load_n(&children, __ATOMIC_ACQUIRE) > 20);
	for (int i = 0; i < 20; i++)
		if (fork_main('a')) { /* It has no threads: it makes one. */
			CHECK(kitsune_pthread_create(&worker, NULL, run, NULL) == 0);
			pthread_detach(worker);
			poll(NULL, 0, 5);
			_exit(0);
		}
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	CHECK(pthread_join(worker, NULL) == 0);
	return done();
}
