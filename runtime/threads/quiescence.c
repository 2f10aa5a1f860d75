/* The main thread's side of an update: it stops the others, starts them again in the new version, and lets them go. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>

#include "threads.h"
#include "../src/addresses.h"

enum { MILLISECOND = 1000000 };

/* How long threads may take to come to an update point, in ns. */
static uint64_t patience(void) {
	const char *seconds = getenv("KITSUNE_DEADLINE");
	char *end;
	double s = seconds ? strtod(seconds, &end) : 0;
	if (!seconds || end == seconds || *end || !(s > 0 && s < 1e9))
		s = 10;
	return (uint64_t)(s * 1e9);
}

void kt_thread_wake(const struct kitsune_thread *t) {
	struct sigaction action;
	if (t->waits_for)
		pthread_cond_broadcast(t->waits_for);
	/* A signal that nobody handles would end the process. */
	else if (sigaction(SIGUSR2, NULL, &action) == 0 && action.sa_handler != SIG_DFL)
		pthread_kill(t->id, SIGUSR2);
}

static struct kitsune_thread *first_in(enum kitsune_thread_state state) {
	struct kitsune_thread *t = kt_threads()->first;
	while (t && t->state != state)
		t = t->next;
	return t;
}

/* A callback may want a lock of the program that somebody holds who waits for ours: it runs without ours. Meanwhile
 * nobody but the main thread takes records out of the list. */
static void kick(struct kitsune_thread *t) {
	kt_thread_wake(t);
	kt_threads_unlock();
	pthread_mutex_lock(&kt_threads()->calling);
	if (t->callback)
		t->callback(t->callback_arg);
	pthread_mutex_unlock(&kt_threads()->calling);
	kt_threads_lock();
}

/* Waits until no thread is in this state, and the ended ones are gone, but not beyond the deadline. Meanwhile it wakes
 * the threads up, if `kicking`: again and again, since one that has just not seen it may go to sleep. */
static bool wait_for_all(enum kitsune_thread_state late, uint64_t deadline, bool kicking) {
	uint64_t pause = MILLISECOND;
	while (kt_threads_reap() > 0 || first_in(late)) {
		const uint64_t now = kt_now(), until = now + pause < deadline ? now + pause : deadline;
		if (now >= deadline)
			return false;
		for (struct kitsune_thread *t = kicking ? kt_threads()->first : NULL; t; t = t->next)
			if (t->state == late)
				kick(t);
		/* Those that have ended say nothing when they are gone. */
		while ((first_in(late) || first_in(KITSUNE_THREAD_ENDED)) && kt_now() < until)
			kt_threads_wait(until);
		pause = pause < 50 * MILLISECOND ? 2 * pause : pause;
	}
	return true;
}

/* All threads that are in one state are in another from now on. */
static void move_all(enum kitsune_thread_state from, enum kitsune_thread_state to) {
	for (struct kitsune_thread *t = kt_threads()->first; t; t = t->next)
		if (t->state == from)
			t->state = to;
	pthread_cond_broadcast(&kt_threads()->changed);
}

static void say_who_is_late(char *why, size_t size, uint64_t patience) {
	int n = snprintf(
	    why, size, "after %.3g s not all threads had come to an update point: ", (double)patience / 1e9);
	kt_threads_describe(KITSUNE_THREAD_RUNNING, why + n, size - (size_t)n);
	if (!why[n]) /* None runs the program's code any more, but one has not ended for good. */
		kt_threads_describe(KITSUNE_THREAD_ENDED, why + n, size - (size_t)n);
}

/* With the lock held. */
static void resume(void) {
	kt_threads()->phase = KITSUNE_THREADS_RUNNING;
	move_all(KITSUNE_THREAD_PARKED, KITSUNE_THREAD_RUNNING);
	__atomic_store_n(&kt.attention, 0, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&kt.requested, __ATOMIC_SEQ_CST)) /* Somebody has asked again meanwhile. */
		__atomic_store_n(&kt.attention, 1, __ATOMIC_SEQ_CST);
}

bool kt_threads_stop(const struct kitsune_image *next, uint64_t deadline, char *why, size_t size) {
	struct kitsune_threads *all = kt_threads();
	const uint64_t began = kt_now();
	bool stopped;
	kt_threads_lock();
	if (deadline < began) /* None was given, or it has passed while the new version was loaded. */
		deadline = began + (deadline ? 0 : patience());
	all->phase = KITSUNE_THREADS_STOPPING;
	__atomic_store_n(&kt.attention, 1, __ATOMIC_RELEASE);
	pthread_cond_broadcast(&all->changed); /* Some may be asleep in ktthreads_ms_sleep(). */
	stopped = wait_for_all(KITSUNE_THREAD_RUNNING, deadline, true);
	if (!stopped) {
		say_who_is_late(why, size, deadline - began);
	} else if (all->first && !next->enter_thread) {
		snprintf(why, size,
		         "the program has threads, and the new version is not linked with "
		         "libkitsune-threads.a");
		stopped = false;
	}
	if (stopped)
		all->phase = KITSUNE_THREADS_STOPPED;
	else
		resume();
	kt_threads_unlock();
	return stopped;
}

void kt_threads_resume(void) {
	kt_threads_lock();
	resume();
	kt_threads_unlock();
}

void kt_threads_come_back(void) {
	struct kitsune_threads *all = kt_threads();
	struct timespec soon;
	/* If nobody gives the lock back, it is this thread that has had it, in the version that has given up. */
	clock_gettime(CLOCK_REALTIME, &soon);
	soon.tv_sec++;
	pthread_mutex_timedlock(&all->lock, &soon);
	for (struct kitsune_thread *t = all->first, *next; t; t = next) {
		next = t->next;
		if (t->added) {
			kt_thread_delete(t);
			continue;
		}
		t->info = t->left;
		kt_locals_free(&t->locals, &t->locals_end);
	}
	resume();
	kt_threads_unlock();
}

bool kt_threads_leave(void) {
	bool saved = true;
	kt_threads_lock();
	for (struct kitsune_thread *t = kt_threads()->first; t && saved; t = t->next) {
		t->left = t->info;
		saved = kt_locals_save(t->frames, t->here, &t->locals, &t->locals_end);
	}
	for (struct kitsune_thread *t = kt_threads()->first; t && !saved; t = t->next)
		kt_locals_free(&t->locals, &t->locals_end);
	kt_threads_unlock();
	return saved;
}

/* The hooks' view. */

static struct kitsune_thread *shown; /* last */

KITSUNE_API void kitsune_threads_reset(void) {
	shown = NULL;
}

/* The ones that have been added are not shown. */
KITSUNE_API ktthread_info *kitsune_threads_next(void) {
	struct kitsune_thread *t = shown ? shown->next : kt_threads()->first;
	while (t && (t->state != KITSUNE_THREAD_PARKED || t->added))
		t = t->next;
	if (t)
		shown = t;
	return t ? &t->info : NULL;
}

KITSUNE_API void kitsune_thread_remove(void) {
	if (shown)
		shown->info.start_fun = NULL;
}

KITSUNE_API void kitsune_thread_add(void *arg, kt_pthread_fn *start_fun, const char *update_pt,
                                    pthread_attr_t attr) {
	const ktthread_info start = {.arg = arg, .start_fun = start_fun};
	struct kitsune_thread *t;
	if (!kitsune_is_updating())
		return; /* Nobody would launch it. */
	kt_threads_lock();
	t = kt_thread_append(&start, &attr, KITSUNE_THREAD_PARKED);
	if (!t)
		kt_fail("out of memory for the thread that is to go to %s", update_pt);
	t->info.update_pt = t->added = kt_strdup(update_pt);
	kt_threads_unlock();
}

/* Relaunching. */

static kt_pthread_fn *successor(kt_pthread_fn *old) {
	struct kt_symbol *s;
	Dl_info info;
	void *new_ = NULL;
	if (!kt_in_image(true, (void *)old))
		return old;
	s = kt_symbol_at(true, (void *)old);
	if (s && s->other)
		return (kt_pthread_fn *)s->other->desc->addr;
	if (!s && dladdr((void *)old, &info) && info.dli_saddr == (void *)old)
		new_ = kitsune_get_cur_val(info.dli_sname);
	if (!new_)
		kt_fail(
		    "a thread runs the function %s, which the new version does not have: name its successor with a "
		    "rule like \"%s -> NEW\", or let a hook end the thread with kitsune_thread_remove()",
		    s ? s->key : "at an unregistered address", s ? s->key : "OLD");
	return (kt_pthread_fn *)new_;
}

/* A pointer to what has moved, or to a variable, follows it; anything else stays what it is. */
static void *new_argument(void *arg) {
	struct kt_moved m;
	void *new_ = NULL;
	if (kt_moved_at(arg, &m))
		return m.new_;
	kitsune_xform_plain(&arg, &new_);
	return new_;
}

/* Where each thread goes when it leaves the old version. */
static void prepare(void) {
	KT_SERIAL;
	for (struct kitsune_thread *t = kt_threads()->first; t; t = t->next) {
		if (t->state != KITSUNE_THREAD_PARKED || t->added || !t->info.start_fun)
			continue;
		t->info.start_fun = successor(t->info.start_fun);
		t->info.arg = new_argument(t->info.arg);
		t->turn.enter = kt_thread_enter;
	}
}

/* Nothing in the record leads into the old version any more. */
static void forget_old(struct kitsune_thread *t) {
	kt_locals_free(&t->locals, &t->locals_end);
	free(t->added);
	t->added = NULL;
	t->info.update_pt = NULL;
	t->frames = NULL;
}

void kt_threads_relaunch(void) {
	struct kitsune_threads *all = kt_threads();
	const uint64_t limit = patience();
	char late[768];
	prepare();
	shown = NULL;
	kt_threads_lock();
	all->phase = KITSUNE_THREADS_RELAUNCHING;
	move_all(KITSUNE_THREAD_PARKED, KITSUNE_THREAD_RETURNING);
	for (struct kitsune_thread *t = all->first, *next; t; t = next) {
		int error;
		next = t->next;
		error = t->added ? kt_thread_launch(t, &t->info.attr) : 0;
		if (error)
			kt_fail("cannot make the thread that is to go to %s: %s", t->added, strerror(error));
	}
	if (!wait_for_all(KITSUNE_THREAD_RETURNING, kt_now() + limit, false)) {
		kt_threads_describe(KITSUNE_THREAD_RETURNING, late, sizeof late);
		kt_fail("after %.3g s not all threads had come back to their update points: %s",
		        (double)limit / 1e9, late);
	}
	for (struct kitsune_thread *t = all->first; t; t = t->next)
		if (t->state == KITSUNE_THREAD_READY)
			forget_old(t);
	kt_threads_unlock();
}

void kt_threads_release(void) {
	struct kitsune_threads *all = kt_threads();
	kt_threads_lock();
	all->phase = KITSUNE_THREADS_RUNNING;
	move_all(KITSUNE_THREAD_READY, KITSUNE_THREAD_RUNNING);
	kt_threads_unlock();
}
