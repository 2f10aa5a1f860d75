/* A hook looks at the threads, removes some and adds one. Arguments follow what they point to. */
#define _GNU_SOURCE
#include <poll.h>

#include "ktthreads.h"
#include "runtime/tests/programs/program.h"

struct old_job {
	long number;
};
struct new_job {
	long extra, number;
};
#if VERSION == 0
typedef struct old_job job;
#else
typedef struct new_job job;
#endif

enum { WORKERS = 4 };

job *jobs[WORKERS]; /* These move. */
int in_image = 7;   /* There is another one in the new version. */
int came[WORKERS + 3], stop;
pthread_t threads[WORKERS + 4];

/* Until main() says that it is the end. */
static void loop(const char *point) {
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		kitsune_update(point);
		ktthreads_ms_sleep(1);
	}
}

void *with_job(void *arg) {
	job *j = arg;
	if (kitsune_is_updating()) {
		CHECK(j == jobs[j->number]);
		__atomic_add_fetch(&came[j->number], 1, __ATOMIC_ACQ_REL);
	}
	loop("job");
	return j;
}

void *with_static(void *arg) {
	if (kitsune_is_updating()) {
		CHECK(arg == &in_image);
		__atomic_add_fetch(&came[WORKERS], 1, __ATOMIC_ACQ_REL);
	}
	loop("static");
	return arg;
}

void *with_number(void *arg) {
	CHECK_EQUAL((long)arg, 42);
	if (kitsune_is_updating())
		came[WORKERS + 1]++;
	loop("number");
	return arg;
}

#if VERSION == 0

void *gone(void *unused) {
	loop("gone");
	return unused;
}

#else

void *added(void *arg) {
	CHECK(kitsune_is_updating_from("added"));
	threads[WORKERS + 2 + __atomic_fetch_add(&came[WORKERS + 2], 1, __ATOMIC_ACQ_REL)] = pthread_self();
	CHECK_EQUAL(*(long *)arg, 5);
	loop("added");
	return arg;
}

static void transform_job(void *in, void *out, int nargs, void **args) {
	(void)nargs;
	(void)args;
	*(struct new_job *)out = (struct new_job){-1, ((struct old_job *)in)->number};
}
static const closure a_job = {transform_job,          XF_DEEP, sizeof(struct old_job),
                              sizeof(struct new_job), 0,       NULL};

void GLOBAL_XFORM(jobs)(void) {
	job **old = GET_OLD_GLOBAL(jobs);
	for (int i = 0; i < WORKERS; i++)
		kitsune_xform_ptr(&old[i], &jobs[i], &a_job);
}

void _kitsune_mainupdate_xform(void) {
	static long five = 5;
	char name[] = "added"; /* The name is copied. */
	ktthread_info *t;
	pthread_attr_t attr;
	int seen = 0;
	for (int round = 0; round < 2; round++) {
		kitsune_threads_reset();
		for (seen = 0; (t = kitsune_threads_next()); seen++) {
			CHECK(t->update_pt != NULL);
			if (strcmp(t->update_pt, "gone") == 0 && round == 1) {
				CHECK((void *)t->start_fun == kitsune_get_val("gone"));
				kitsune_thread_remove();
			}
		}
		CHECK(kitsune_threads_next() == NULL);
		CHECK_EQUAL(seen, WORKERS + 3);
	}
	pthread_attr_init(&attr);
	kitsune_thread_add(&five, added, name, attr);
	memset(name, 'x', sizeof name - 1);
	pthread_attr_destroy(&attr);
	memset(&attr, 0, sizeof attr);
	kitsune_thread_add(&five, added, "added", attr);
}

#endif

int main(int argc, char **argv) {
	(void)argc;
	(void)argv;
	kitsune_note_var("in_image", NULL, NULL, NULL, &in_image, sizeof in_image);
	MIGRATE_GLOBAL(jobs);
	MIGRATE_GLOBAL(threads);
#if VERSION == 0
	pthread_t t;
	for (long i = 0; i < WORKERS; i++) {
		jobs[i] = calloc(1, sizeof *jobs[i]);
		jobs[i]->number = i;
		CHECK(kitsune_pthread_create(&threads[i], NULL, with_job, jobs[i]) == 0);
	}
	CHECK(kitsune_pthread_create(&threads[WORKERS], NULL, with_static, &in_image) == 0);
	CHECK(kitsune_pthread_create(&threads[WORKERS + 1], NULL, with_number, (void *)42) == 0);
	CHECK(kitsune_pthread_create(&t, NULL, gone, NULL) == 0);
	pthread_detach(t);
	kitsune_threads_reset();
	CHECK(kitsune_threads_next() == NULL); /* Outside of an update there is none. */
	request(argv[1]);
#endif
	kitsune_update("main");
	CHECK_EQUAL(VERSION, 1);
	for (int i = 0; i < WORKERS + 2; i++)
		CHECK_EQUAL(came[i], 1);
	CHECK_EQUAL(came[WORKERS + 2], 2);
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	for (int i = 0; i < WORKERS + 4; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	for (int i = 0; i < WORKERS; i++)
		free(jobs[i]);
	return done();
}
