/* The record of a thread, from its creation to its end, and its way from one version to the next.
 *
 * A thread survives updates. At the bottom of its stack is the driver, which enters one version after the other by
 * kt_thread_enter(). That runs the program's start function; a thread that leaves its version jumps back there and
 * returns to the driver, so that nothing of the version remains on its stack.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "threads.h"

_Thread_local struct kitsune_thread *kt_thread;

static struct kitsune_threads *all;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* One transformation at a time: the new version's threads carry their locals over side by side. */
static pthread_mutex_t serial = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static const pthread_mutex_t free_serial = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

void kt_serial_lock(void) {
	pthread_mutex_lock(&serial);
}

void kt_serial_unlock(const char *unused) {
	(void)unused;
	pthread_mutex_unlock(&serial);
}

void kt_threads_lock(void) {
	pthread_mutex_lock(&all->lock);
}

void kt_threads_unlock(void) {
	pthread_mutex_unlock(&all->lock);
}

void kt_threads_wait(uint64_t deadline) {
	struct timespec t = {(time_t)(deadline / 1000000000), (long)(deadline % 1000000000)};
	pthread_cond_timedwait(&all->changed, &all->lock, &t);
}

/* The locks and the condition, as they are in a new process and in a forked one. */
static void init_locks(void) {
	pthread_condattr_t attr;
	pthread_mutex_init(&all->lock, NULL);
	pthread_mutex_init(&all->calling, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&all->changed, &attr);
	pthread_condattr_destroy(&attr);
}

void kt_thread_delete(struct kitsune_thread *t) {
	struct kitsune_thread **p = &all->first;
	while (*p != t)
		p = &(*p)->next;
	*p = t->next;
	kt_locals_free(&t->locals, &t->locals_end);
	pthread_attr_destroy(&t->info.attr);
	free(t->added);
	free(t);
}

/* Forking. Only the forking thread is there in the child. */

void kt_threads_before_fork(void) {
	if (!all)
		return;
	kt_serial_lock();
	pthread_mutex_lock(&all->calling);
	kt_threads_lock();
}

void kt_threads_after_fork(void) {
	if (!all)
		return;
	kt_threads_unlock();
	pthread_mutex_unlock(&all->calling);
	kt_serial_unlock(NULL);
}

void kt_threads_forked(void) {
	if (!all)
		return;
	init_locks();
	serial = free_serial; /* Its owner has another number here. */
	for (struct kitsune_thread *t = all->first, *next; t; t = next) {
		next = t->next;
		if (t != kt_thread)
			kt_thread_delete(t);
	}
	if (!pthread_equal(pthread_self(), kt.main_thread))
		all->orphan = true;
	if (all->phase == KITSUNE_THREADS_STOPPING) /* By the main thread, which is not here. */
		all->phase = KITSUNE_THREADS_RUNNING;
	if (kt_thread)
		kt_thread->tid = gettid();
}

static void open_threads(void) {
	if (kt.previous && kt.previous->threads) {
		all = kt.previous->threads;
		return;
	}
	all = kt_alloc(sizeof *all);
	memset(all, 0, sizeof *all);
	init_locks();
	if (!kt.leave) /* There is no driver to do this. */
		pthread_atfork(kt_threads_before_fork, kt_threads_after_fork, kt_threads_forked);
}

struct kitsune_threads *kt_threads(void) {
	pthread_once(&once, open_threads);
	return all;
}

void kt_threads_begin(void) {
	kt_image.threads = kt_threads();
	all->main.id = pthread_self();
	all->main.tid = gettid();
	kt_thread = &all->main;
}

/* From the creation to the end. */

static pthread_attr_t copy_of(const pthread_attr_t *from) {
	pthread_attr_t attr;
	struct sched_param param;
	size_t size;
	int n;
	pthread_attr_init(&attr);
	if (!from)
		return attr;
	if (pthread_attr_getdetachstate(from, &n) == 0)
		pthread_attr_setdetachstate(&attr, n);
	if (pthread_attr_getstacksize(from, &size) == 0)
		pthread_attr_setstacksize(&attr, size);
	if (pthread_attr_getguardsize(from, &size) == 0)
		pthread_attr_setguardsize(&attr, size);
	if (pthread_attr_getinheritsched(from, &n) == 0)
		pthread_attr_setinheritsched(&attr, n);
	if (pthread_attr_getschedpolicy(from, &n) == 0)
		pthread_attr_setschedpolicy(&attr, n);
	if (pthread_attr_getschedparam(from, &param) == 0)
		pthread_attr_setschedparam(&attr, &param);
	return attr;
}

struct kitsune_thread *kt_thread_append(const ktthread_info *start, const pthread_attr_t *attr,
                                        enum kitsune_thread_state state) {
	struct kitsune_thread *t = calloc(1, sizeof *t), **end = &all->first;
	if (!t)
		return NULL;
	t->info = *start;
	t->info.attr = copy_of(attr);
	t->state = state;
	while (*end)
		end = &(*end)->next;
	return *end = t;
}

/* The lock is held: the new thread waits for it before it does anything. */
int kt_thread_launch(struct kitsune_thread *t, const pthread_attr_t *attr) {
	int error;
	t->turn.enter = kt_thread_enter;
	error =
	    pthread_create(&t->id, attr, kt_image.run_thread ? kt_image.run_thread : kitsune_run_thread, t);
	if (error)
		kt_thread_delete(t);
	return error;
}

KITSUNE_API int kitsune_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                                       void *(*start_routine)(void *), void *arg) {
	const ktthread_info start = {.start_fun = start_routine, .arg = arg};
	struct kitsune_thread *t;
	int error;
	kt_threads();
	kt_threads_lock();
	if (all->phase == KITSUNE_THREADS_RUNNING) /* Else the main thread does it. */
		kt_threads_reap();
	t = kt_thread_append(&start, attr, KITSUNE_THREAD_RUNNING);
	error = t ? kt_thread_launch(t, attr) : EAGAIN;
	if (!error)
		*thread = t->id;
	kt_threads_unlock();
	return error;
}

unsigned kt_threads_reap(void) {
	unsigned left = 0;
	for (struct kitsune_thread *t = all->first, *next; t; t = next) {
		next = t->next;
		if (t->state != KITSUNE_THREAD_ENDED)
			continue;
		if (syscall(SYS_tgkill, getpid(), t->tid, 0) < 0 && errno == ESRCH)
			kt_thread_delete(t);
		else
			left++;
	}
	return left;
}

void kt_thread_set_callback(void (*callback)(void *), void *arg) {
	pthread_mutex_lock(&all->calling);
	kt_thread->callback = callback;
	kt_thread->callback_arg = arg;
	pthread_mutex_unlock(&all->calling);
}

static void end(void *thread) {
	struct kitsune_thread *t = thread;
	kt_locals_forget();
	kt_thread_set_callback(NULL, NULL);
	kt_threads_lock();
	t->state = KITSUNE_THREAD_ENDED;
	pthread_cond_broadcast(&all->changed);
	kt_threads_unlock();
}

/* Handlers of pthread_cleanup_push in frames that are left by the jump are forgotten with these. Behind end() the record
 * is not looked at any more. */
struct kitsune_turn kt_thread_enter(void *thread) {
	struct kitsune_thread *t = thread;
	struct kitsune_turn turn;
	pthread_cleanup_push(end, t);
	kt_threads_lock();
	t->tid = gettid();
	t->turn.enter = NULL;
	kt_thread = t;
	kt_threads_unlock();
	if (setjmp(t->leave) == 0)
		t->turn.result = t->info.start_fun(t->info.arg);
	turn = t->turn;
	pthread_cleanup_pop(!turn.enter);
	return turn;
}

/* Update points of the threads. */

/* Waits as long as the thread is in this state, which the main thread will change. */
static void wait_in(enum kitsune_thread_state state) {
	kt_thread->state = state;
	pthread_cond_broadcast(&all->changed);
	while (kt_thread->state == state)
		pthread_cond_wait(&all->changed, &all->lock);
}

/* Leaves this version. With the lock held. */
static __attribute__((noreturn)) void leave(int cancel_state) {
	kt_threads_unlock();
	kt_locals_forget();
	kt_thread_set_callback(NULL, NULL);
	pthread_setcancelstate(cancel_state, NULL);
	longjmp(kt_thread->leave, 1);
}

/* A request is the main thread's business: it may be waiting for something, without having seen the signal. */
static void wake_main(void) {
	enum { OFTEN_ENOUGH = 10000000 };
	static uint64_t last;
	const uint64_t now = kt_now();
	if (!kt.leave || !__atomic_load_n(&kt.requested, __ATOMIC_RELAXED) || now - last < OFTEN_ENOUGH)
		return;
	last = now;
	kt_thread_wake(&all->main);
}

void kt_thread_attend(const char *point) {
	int cancel_state;
	if (!kt_thread)
		return; /* Not made by kitsune_pthread_create(). */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	kt_threads_lock();
	if (kt_thread->state == KITSUNE_THREAD_RETURNING && strcmp(kt_thread->info.update_pt, point) == 0) {
		if (all->orphan)
			kt_thread->state = KITSUNE_THREAD_RUNNING; /* There is nobody to wait for. */
		else
			wait_in(KITSUNE_THREAD_READY);
	}
	while (kt_thread->state == KITSUNE_THREAD_RUNNING && all->phase == KITSUNE_THREADS_STOPPING) {
		kt_thread->info.update_pt = point;
		kt_thread->frames = kt_locals_here();
		kt_thread->here = __builtin_frame_address(0);
		wait_in(KITSUNE_THREAD_PARKED);
		if (kt_thread->state == KITSUNE_THREAD_RETURNING)
			leave(cancel_state);
	}
	if (!all->orphan)
		wake_main();
	kt_threads_unlock();
	pthread_setcancelstate(cancel_state, NULL);
}

bool kt_threads_orphan(void) {
	return all && all->orphan;
}

bool kt_left(struct kt_left *left) {
	const struct kitsune_thread *t = kt_thread;
	if (!__atomic_load_n(&kt.updating, __ATOMIC_ACQUIRE) || !t)
		return false;
	if (t == &all->main) {
		*left =
		    (struct kt_left){kt.previous->update_point, kt.previous->locals, kt.previous->locals_end};
		return true;
	}
	*left = (struct kt_left){t->info.update_pt, t->locals, t->locals_end};
	return t->state == KITSUNE_THREAD_RETURNING;
}
