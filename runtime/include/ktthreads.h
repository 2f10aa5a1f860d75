/* ktthreads.h - updatable programs with several threads. They are linked with libkitsune-threads.a.
 *
 * An update waits until the main thread and every thread made by kitsune_pthread_create() have come to an update
 * point, kitsune_update() in their loops. If they do not all come in time, the update is refused and names those
 * that are missing, and all go on as if nothing had happened. Otherwise each of them is started again in the new
 * version: its start function, under its key, runs with the same argument, carries its locals over, and comes to
 * the update point of the same name. It stays the same thread: its pthread_t, its name, its priority, its signal
 * mask, its thread-specific data and the mutexes that it owns are what they were.
 *
 *     static void *worker(void *queue) E_NOTELOCALS {
 *             int served = 0;
 *             MIGRATE_LOCAL(served);
 *             for (;;) {
 *                     kitsune_update("worker");
 *                     served += serve(queue);
 *             }
 *     }
 *
 * docs/threads.md says what a thread has to take care of.
 */
#ifndef KITSUNE_THREADS_H
#define KITSUNE_THREADS_H

#ifndef ENABLE_THREADING
#define ENABLE_THREADING
#endif

#include <pthread.h>

#include "kitsune.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef void *kt_pthread_fn(void *);

/* What is known of a thread. */
typedef struct ktthread_info {
	void *arg;
	kt_pthread_fn *start_fun;
	const char *update_pt; /* the update point that it was last stopped at; NULL if there was none */
	pthread_attr_t attr;   /* as it was made with, but for an address of its stack */
} ktthread_info;

/* As pthread_create, with the same results. Every thread that can be alive at an update has to be made with it. */
KITSUNE_API int kitsune_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                                       void *(*start_routine)(void *), void *arg);

/* For _kitsune_prestart_xform and _kitsune_mainupdate_xform, on the main thread: the threads of the old version that
 * are to be started again, in the order of their creation. `reset` begins from the first one, `next` returns the
 * next one, or NULL after the last. start_fun is the old version's function; arg can be changed. */
KITSUNE_API void kitsune_threads_reset(void);
KITSUNE_API ktthread_info *kitsune_threads_next(void);

/* The thread that kitsune_threads_next() has returned last ends instead, before the update is complete. */
KITSUNE_API void kitsune_thread_remove(void);

/* A new thread is started with the others, as if it had left the old version at `update_pt`. `start_fun` is a
 * function of the new version. The name is copied, and so are the attributes, but for an address of the stack; all
 * zeros mean the default ones. */
KITSUNE_API void kitsune_thread_add(void *arg, kt_pthread_fn *start_fun, const char *update_pt,
                                    pthread_attr_t attr);

/* Waits on a pthread_cond_t with a pthread_mutex_t, until a struct timespec, as pthread_cond_wait and
 * pthread_cond_timedwait do. They also return 0 when an update waits for this thread, like a spurious wake-up: the
 * loop around them has to come by an update point. The condition must not be destroyed before its waiters have
 * returned. */
KITSUNE_API int ktthreads_pthread_cond_wait(void *cond, void *mutex);
KITSUNE_API int ktthreads_pthread_cond_timedwait(void *cond, void *mutex, const void *timeout);

/* Sleeps `ms` milliseconds, or until an update waits for this thread. */
KITSUNE_API void ktthreads_ms_sleep(int ms);

/* Has `callback` called while an update waits for the calling thread, by another thread and perhaps several times:
 * for threads that wait in ways that nothing else ends, to write into a pipe, say. NULL takes it back: when the call
 * returns, the callback is not running any more. It must be short, and call no function of the headers of Kitsune.
 * After an update it has to be registered again. Does nothing on the main thread. */
KITSUNE_API void ktthreads_update_callback(void (*callback)(void *), void *cb_args);

#ifdef __cplusplus
}
#endif

#endif
