/* An update waits only so long for a thread that comes to no update point. Then it is refused, the thread is named, and
 * all go on in the old version from where they stood. */
#define _GNU_SOURCE
#include <poll.h>

#include "kitsune_channel.h"
#include "ktthreads.h"
#include "runtime/tests/programs/program.h"

enum { PARKING = 4 };

static int late_pipe[2], in_time, rounds[PARKING];
static pid_t late_tid;

/* What the process says about its last update. */
static const struct kitsune_channel *answer(void) {
	static struct kitsune_channel copy;
	char name[32];
	for (int fd = 0; fd < 1024; fd++) {
		struct stat st;
		if (fstat(fd, &st) < 0 || st.st_ino != channel())
			continue;
		snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
		FILE *f = fopen(name, "r");
		CHECK(f && fread(&copy, sizeof copy, 1, f) == 1);
		fclose(f);
		return &copy;
	}
	return NULL;
}

/* Comes to an update point when it is told to. */
void *latecomer(void *unused) {
	char c;
	int turn = 0;
	ENTER_FUNC();
	NOTE_LOCAL(turn);
	if (MIGRATE_LOCAL(turn))
		CHECK_EQUAL(turn, 1);
	__atomic_store_n(&late_tid, gettid(), __ATOMIC_RELEASE);
	for (;; turn++) {
		while (turn == 1) {
			kitsune_update("late");
			if (VERSION == 1)
				turn++;
			ktthreads_ms_sleep(1);
		}
		if (turn == 2)
			break;
		while (read(late_pipe[0], &c, 1) != 1)
			;
	}
	EXIT_FUNC();
	return unused;
}

/* Is always there. */
void *punctual(void *arg) {
	int *round = arg;
	while (!__atomic_load_n(&in_time, __ATOMIC_ACQUIRE)) {
		const int before = *round;
		kitsune_update("punctual");
		CHECK(kitsune_has_updated() == VERSION);
		CHECK_EQUAL(*round, before);
		__atomic_store_n(round, before + 1, __ATOMIC_RELEASE);
		ktthreads_ms_sleep(1);
	}
	return arg;
}

int main(int argc, char **argv) {
	static pthread_t threads[PARKING + 1];
	char want[128];
	(void)argc;
	NOTE_STATIC(late_pipe);
	NOTE_STATIC(late_tid);
	NOTE_STATIC(threads);
	NOTE_STATIC(rounds);
	MIGRATE_STATIC(late_pipe);
	MIGRATE_STATIC(late_tid);
	MIGRATE_STATIC(threads);
	MIGRATE_STATIC(rounds);
	if (!kitsune_is_updating()) {
		CHECK(pipe(late_pipe) == 0);
		CHECK(kitsune_pthread_create(&threads[PARKING], NULL, latecomer, NULL) == 0);
		for (int i = 0; i < PARKING; i++)
			CHECK(kitsune_pthread_create(&threads[i], NULL, punctual, &rounds[i]) == 0);
		while (!__atomic_load_n(&late_tid, __ATOMIC_ACQUIRE))
			poll(NULL, 0, 1);
		for (int attempt = 0; attempt < 5; attempt++) {
			setenv("KITSUNE_DEADLINE", "0.05", 1);
			request(argv[1]);
			kitsune_update("main");
			CHECK_EQUAL(VERSION, 0);
			CHECK(!kitsune_is_updating());
			CHECK_EQUAL(answer()->state, KITSUNE_RUNNING);
			CHECK_EQUAL(answer()->result, KITSUNE_REFUSED);
			snprintf(
			    want, sizeof want,
			    "after 0.05 s not all threads had come to an update point: thread %d (latecomer), ",
			    (int)late_tid);
			CHECK(strstr(answer()->message, want) != NULL);
			CHECK(strstr(answer()->message, "punctual") == NULL);
			for (int i = 0; i < PARKING; i++) { /* They go on. */
				const int before = __atomic_load_n(&rounds[i], __ATOMIC_ACQUIRE);
				while (__atomic_load_n(&rounds[i], __ATOMIC_ACQUIRE) == before)
					poll(NULL, 0, 1);
			}
		}
		unsetenv("KITSUNE_DEADLINE");
		CHECK(write(late_pipe[1], "", 1) == 1);
		request(argv[1]);
	}
	kitsune_update("main");
	CHECK_EQUAL(VERSION, 1);
	CHECK_EQUAL(answer()->result, KITSUNE_UPDATED);
	__atomic_store_n(&in_time, 1, __ATOMIC_RELEASE);
	for (int i = 0; i <= PARKING; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	return done();
}
