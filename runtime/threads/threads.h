/* threads.h - the threads of a process: how an update stops them all, and starts them again.
 *
 * These files are the part that libkitsune-threads.a has and libkitsune.a has not:
 *
 *     threads.c      the record of a thread, from its creation to its end, and the way from one version to the next
 *     quiescence.c   the main thread's side of an update: stop, relaunch, release; the hooks' view of it
 *     waits.c        waits that an update can end
 *     report.c       which threads are late, in words
 *
 * The protocol (runtime/model/threads.pml has it as a model that is checked):
 *
 *     process  RUNNING -> STOPPING -> STOPPED -> RELAUNCHING -> RUNNING
 *     thread   RUNNING -> PARKED -> RETURNING -> READY -> RUNNING, and ENDED from all but PARKED and READY
 *
 * The main thread, at its own update point and with the new version loaded and checked, makes the process STOPPING.
 * A RUNNING thread that comes to an update point then is PARKED: it waits in it, with its frames as they are. If some
 * are not there when the time is up, all are RUNNING again, in the old version: they return from kitsune_update() as
 * if nothing had been. If all are there, or have ENDED, the process is STOPPED, and the main thread leaves for the new
 * version. The others stay PARKED until it has carried the state over and comes to its update point. Then they are
 * RETURNING: each throws its frames away, and enters its start function in the new version. It is READY when it
 * has come to the update point it had left. When all are READY, or have ENDED, the update is complete, and they are
 * RUNNING again.
 *
 * Only the main thread changes the state of the process, and that of a PARKED or READY thread; all other changes are
 * the thread's own. All of it happens under one lock.
 */
#ifndef KITSUNE_THREADS_THREADS_H
#define KITSUNE_THREADS_THREADS_H

#include "ktthreads.h"
#include "../src/internal.h"

#pragma GCC visibility push(hidden)

/* Versions hand these on to each other: they are part of the binary interface (kitsune_abi.h). */

enum kitsune_thread_state {
	KITSUNE_THREAD_RUNNING,   /* in the code of the running version */
	KITSUNE_THREAD_PARKED,    /* at an update point of the version that is to be left */
	KITSUNE_THREAD_RETURNING, /* on its way to the same point in the new version */
	KITSUNE_THREAD_READY,     /* there */
	KITSUNE_THREAD_ENDED,     /* has left its start function; destructors may be running yet */
};

struct kitsune_thread {
	struct kitsune_turn turn; /* first */
	struct kitsune_thread *next;
	ktthread_info info; /* start_fun is NULL if a hook has removed it */
	ktthread_info left; /* PARKED: as it was before the hooks saw it */
	enum kitsune_thread_state state;
	pthread_t id;
	pid_t tid;   /* 0 until it runs */
	char *added; /* update_pt of a thread that a hook has added, to be freed */

	jmp_buf leave; /* where it goes to leave its version */

	/* While it is PARKED: its frames; from then on their saved values. */
	const struct kt_frames *frames;
	const void *here;
	const struct kitsune_saved_local *locals, *locals_end;

	/* How to wake it up. */
	pthread_cond_t *waits_for; /* in a wait of waits.c, else NULL */
	void (*callback)(void *);  /* these two are protected by `calling` */
	void *callback_arg;
};

struct kitsune_threads {
	pthread_mutex_t lock;
	pthread_mutex_t calling; /* a callback is running */
	pthread_cond_t changed;  /* any state; by CLOCK_MONOTONIC */
	enum {
		KITSUNE_THREADS_RUNNING,
		KITSUNE_THREADS_STOPPING,
		KITSUNE_THREADS_STOPPED,
		KITSUNE_THREADS_RELAUNCHING,
	} phase;
	struct kitsune_thread *first; /* all but the main thread, in the order of their creation */
	struct kitsune_thread main;   /* only `tid`, `id` and `waits_for` are used */
	bool orphan;                  /* a child that another thread than the main thread has forked */
};

/* The calling thread; NULL if it was not made by kitsune_pthread_create(). */
extern _Thread_local struct kitsune_thread *kt_thread;

/* The threads of this process. */
struct kitsune_threads *kt_threads(void);

/* What all records are protected by. Locks are taken in this order: kt_serial_lock(), `calling`, this. */
void kt_threads_lock(void);
void kt_threads_unlock(void);

/* Waits for a change until `deadline` (kt_now), with the lock held. */
void kt_threads_wait(uint64_t deadline);

/* Registers a callback of the calling thread. Without the lock. */
void kt_thread_set_callback(void (*callback)(void *), void *arg);

/* All that follows is called with the lock held. */

/* A new record, in this state, with a copy of `start` and `attr`; NULL if there is no memory. */
struct kitsune_thread *kt_thread_append(const ktthread_info *start, const pthread_attr_t *attr,
                                        enum kitsune_thread_state state);

/* Takes a record out of the list, and frees it. */
void kt_thread_delete(struct kitsune_thread *t);

/* Makes the thread of a new record. If that fails the record is gone. As pthread_create. */
int kt_thread_launch(struct kitsune_thread *t, const pthread_attr_t *attr);

/* Forgets the threads that are gone. Returns how many have ENDED, but are not gone. */
unsigned kt_threads_reap(void);

/* Sees to it that a thread that waits, or is in a system call, wakes up. */
void kt_thread_wake(const struct kitsune_thread *t);

/* Names the threads in a state, and what they do; "" if there are none. */
void kt_threads_describe(enum kitsune_thread_state state, char *text, size_t size);

#pragma GCC visibility pop

#endif
