/* Waits that an update can end: ktthreads_...
 *
 * A thread shows the condition it waits for, so that the main thread can wake it up, again and again until it has
 * come to its update point: a wake-up that comes just before the wait is not the last one. The main thread itself is
 * woken up by a signal, whose handler must not touch a condition: it looks every now and then.
 */
#define _GNU_SOURCE
#include <errno.h>

#include "threads.h"

/* How long the main thread may sleep without a look at what a signal has said, in ns. */
enum { GLANCE = 50000000 };

static bool is_main(void) {
	return kt_thread == &kt_threads()->main;
}

/* Whether an update waits for the calling thread: it is to come to its update point. With the lock held. */
static bool wanted(void) {
	struct kt_left left;
	if (kt_left(&left))
		return true;
	if (is_main())
		return __atomic_load_n(&kt.requested, __ATOMIC_RELAXED);
	return kt_threads()->phase == KITSUNE_THREADS_STOPPING;
}

/* Shows the condition, unless it is too late to wait for it. */
static bool begin_wait(pthread_cond_t *cond) {
	bool wait;
	kt_threads_lock();
	wait = !wanted();
	if (wait)
		kt_thread->waits_for = cond;
	kt_threads_unlock();
	return wait;
}

static void end_wait(void *unused) {
	(void)unused;
	if (!kt_thread)
		return;
	kt_threads_lock();
	kt_thread->waits_for = NULL;
	kt_threads_unlock();
}

static bool is_before(const struct timespec *a, const struct timespec *b) {
	return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

static struct timespec in_a_while(clockid_t clock) {
	struct timespec t;
	clock_gettime(clock, &t);
	t.tv_nsec += GLANCE;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

/* The clock that a time is of: the condition, which knows it, does not tell. */
static clockid_t clock_of(const struct timespec *t) {
	struct timespec real, monotonic;
	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	return llabs((long long)t->tv_sec - real.tv_sec) <= llabs((long long)t->tv_sec - monotonic.tv_sec)
	           ? CLOCK_REALTIME
	           : CLOCK_MONOTONIC;
}

/* The main thread's wait, in pieces. The mutex is held between them: no signal is lost. */
static int wait_with_glances(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *timeout) {
	const clockid_t clock = timeout ? clock_of(timeout) : CLOCK_MONOTONIC;
	for (;;) {
		struct timespec until = in_a_while(clock);
		const bool last = timeout && !is_before(&until, timeout);
		int error = pthread_cond_clockwait(cond, mutex, clock, last ? timeout : &until);
		if (error != ETIMEDOUT || last)
			return error;
		if (__atomic_load_n(&kt.requested, __ATOMIC_RELAXED))
			return 0;
	}
}

static int wait_for(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *timeout) {
	int error;
	if (kt_thread && !begin_wait(cond))
		return 0;
	pthread_cleanup_push(end_wait, NULL);
	if (kt_thread && is_main())
		error = wait_with_glances(cond, mutex, timeout);
	else if (timeout)
		error = pthread_cond_timedwait(cond, mutex, timeout);
	else
		error = pthread_cond_wait(cond, mutex);
	pthread_cleanup_pop(1);
	return error;
}

KITSUNE_API int ktthreads_pthread_cond_wait(void *cond, void *mutex) {
	return wait_for(cond, mutex, NULL);
}

KITSUNE_API int ktthreads_pthread_cond_timedwait(void *cond, void *mutex, const void *timeout) {
	return wait_for(cond, mutex, timeout);
}

static void unlock(void *unused) {
	(void)unused;
	kt_threads_unlock();
}

KITSUNE_API void ktthreads_ms_sleep(int ms) {
	const uint64_t end = kt_now() + (ms > 0 ? (uint64_t)ms * 1000000 : 0);
	uint64_t now;
	kt_threads();
	kt_threads_lock();
	pthread_cleanup_push(unlock, NULL); /* To sleep is a cancellation point. */
	while ((now = kt_now()) < end && !(kt_thread && wanted()))
		kt_threads_wait(kt_thread && is_main() && end - now > GLANCE ? now + GLANCE : end);
	pthread_cleanup_pop(1);
}

KITSUNE_API void ktthreads_update_callback(void (*callback)(void *), void *cb_args) {
	if (!kt_thread || is_main())
		return;
	kt_thread_set_callback(callback, cb_args);
}
