/* internal.h - what the parts of the runtime know of each other.
 *
 *     image.c        the image's place in the process: entered by the driver, left for another image
 *     update.c       update points, and the way of a request from an answer back to the loop
 *     points.c       updates at a chosen update point, for tests
 *     channel.c      the page of shared memory where requests are posted and answered
 *     load.c         loading a new version from a private copy, and deciding whether it fits
 *     trial.c        what constructors of a new version would do
 *     symbols.c      the registered symbols of the old and the new image, by key and by address
 *     locals.c       the frames of functions marked E_NOTELOCALS
 *     migrate.c      carrying variables over
 *     transform.c    the transformation engine: pointers, arrays, the work list
 *     parts.c        where the parts of values have gone whose layout has changed
 *     undo.c         what has been rewritten in its place, so that it can be restored
 *     closure.c      closures, built once
 *     addresses.c    tables of addresses: moved objects, visited slots, visited objects
 *     allocation.c   kitsune_malloc and its like; heaptrack.c the lists of ktheaptrack.h
 *     heap.c         new blocks, and which old ones can be given back to the C library's allocator
 *     signals.c      signal handlers of the old version
 *     retire.c       what becomes of an image that has been left
 *     verify.c       what leads into it; verify_kernel.c asks the kernel, verify_report.c tells the log
 *     memory.c       the memory of the process, page by page
 *     notify.c       what systemd is told
 *     rollback.c     the way back to a version that has been left
 *     descriptors.c  what is kept open in a program that may close it
 *     log.c          the log
 *     event.c        its lines for programs to read
 *
 *     ../threads/    the other threads of the process; only in libkitsune-threads.a
 *
 * Each image of a process has its own copy of all this. The state of a copy is in `kt` and in the static
 * variables of addresses.c, closure.c, symbols.c and locals.c, which belong to those files alone.
 */
#ifndef KITSUNE_INTERNAL_H
#define KITSUNE_INTERNAL_H

#include <pthread.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "kitsune.h"
#include "kitsune_abi.h"
#include "kitsune_channel.h"

#pragma GCC visibility push(hidden)

struct kt_runtime {
	jmp_buf *leave;         /* the driver's */
	void *handle;           /* this image's; NULL if the runtime is part of an ordinary executable */
	char **next_path;       /* the process's cell */
	const char *bench_file; /* of the driver's -b, or NULL */
	struct kitsune_image *previous; /* while updating, else NULL */
	void *previous_handle;
	struct kitsune_old *retiring; /* while updating: the record that `previous` will have */
	pthread_t main_thread;
	int attention; /* atomic; non-zero: kitsune_update has something to look at */
	int requested; /* atomic */
	int updating;  /* atomic */
	char app[240]; /* the application's name in the log, and its file's; empty before there is one */

	/* There was no memory to note this variable: the state is not known as a whole. */
	const char *incomplete;
};
extern struct kt_runtime kt;

/* What the world knows as kitsune_image. */
extern struct kitsune_image kt_image;

/* Memory that the runtime cannot do without. Running out of it is a failed update. */
void *kt_alloc(size_t size);
void *kt_realloc(void *p, size_t size);
char *kt_strdup(const char *s);

/* There is no memory to note the variable or frame `what`: this version can't be updated any more. */
void kt_incomplete(const char *what);

uint64_t kt_now(void); /* CLOCK_MONOTONIC, ns */

/* descriptors.c */
struct kt_descriptor {
	int fd; /* -1 if there is none */
	dev_t device;
	ino_t inode;
};

/* Keeps `fd`, or a copy of it with a number that is out of the program's way. -1 is nothing. */
void kt_hold(struct kt_descriptor *d, int fd);

/* Whether it still is what has been kept. */
bool kt_held(const struct kt_descriptor *d);

/* Closes what has been kept. */
void kt_release(struct kt_descriptor *d);

/* channel.c */

/* Opens the channel of a new process, or takes over the one that `from` had. Never fails: without shared memory
 * nobody can post a request, and the answers go nowhere. */
void kt_channel_open(struct kitsune_image *self, const struct kitsune_image *from);

/* In a forked child: a process of its own has a channel of its own. */
void kt_channel_forked(void);

/* Makes sure that clients find the channel: the program may have closed its descriptor. */
void kt_channel_reopen(void);

/* Takes the posted request, if there is one: its path, to be freed, and until when (kt_now) the program has to have
 * stopped; 0 if it does not say. */
char *kt_channel_take(uint64_t *deadline);

/* An update begins: the state is KITSUNE_LOADING. */
void kt_channel_begin(void);

/* Changes the state; the time since the last change is booked under `phase`. */
void kt_channel_state(enum kitsune_state state, enum kitsune_phase phase);

/* Answers the request that was taken, if any. */
void kt_channel_answer(enum kitsune_result result, const char *message);

/* The time that the update has spent in a phase so far, in ns. */
uint64_t kt_channel_time(enum kitsune_phase phase);

/* Publishes which version runs, and how many objects its transformation met. */
void kt_channel_version(const char *path, const char *build_id);
void kt_channel_counts(uint64_t moved, uint64_t visited, uint64_t bytes);

/* notify.c */

/* The process begins: notes whom to tell. */
void kt_notify_begin(struct kitsune_channel *c);

/* The program is at an update point. */
void kt_notify_ready(const struct kitsune_channel *c);

/* An update begins; it has been answered. */
void kt_notify_update(const struct kitsune_channel *c);
void kt_notify_answer(const struct kitsune_channel *c);

/* load.c */

/* Loads the version in the file `path` and checks that it can take over from this image. Returns its handle and
 * its image, or NULL after it has written the reason to `why`. */
void *kt_load(const char *path, struct kitsune_image **image, char *why, size_t size);

/* Cuts off what is not mapped of the copy that this image was loaded from: it is left. */
void kt_trim(const struct kt_descriptor *copy);

/* Whether loading the file `name`, open as `fd`, comes to an end well; else the reason is in `why`. */
bool kt_trial(int fd, const char *name, char *why, size_t size);

/* Ends the process, if it is one that has been made for this. */
void kt_trial_exiting(int status);

/* A path as it was meant when the process began. To be freed; NULL if there is no memory. */
char *kt_absolute(const char *path);

/* When a file was last written to, in ns. */
int64_t kt_modified(const struct stat *st);

/* The build id of the loaded image that contains `addr`, in hex; empty if it has none. */
void kt_build_id(const void *addr, char *hex, size_t size);

/* update.c */

/* The state cannot be carried over. Says so to the log and to the client, and ends the process. */
void kt_fail(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* points.c */

/* A new process: looks whether it is to update itself somewhere. */
void kt_points_begin(void);

/* The main thread is at an update point. */
void kt_points_count(void);

/* symbols.c */

/* A registered symbol as the index knows it. */
struct kt_symbol {
	const struct kitsune_symbol *desc;
	char *key;
	struct kt_symbol *same;  /* the next one with this key, or NULL */
	struct kt_symbol *other; /* its counterpart in the other image, or NULL */
	const struct kitsune_part
	    *value; /* old image: where the parts of its value have gone; NULL: nowhere */
	bool done;  /* new image: already carried over */
	bool looked_up;
	xform_fn_t transformer; /* new image, once looked_up; may be NULL */
};

/* Indexes this image and the previous one. Called once, when this image is entered for an update. */
void kt_symbols_begin(void);
void kt_symbols_end(void);

/* Hands the symbols registered by hand to the next image, and takes the record of them back. The first returns false if
 * there is no memory. */
bool kt_symbols_save(struct kitsune_image *self);
void kt_symbols_discard(struct kitsune_image *self);

struct kt_symbol *kt_symbol_by_key(bool old, const char *key);

/* The symbol whose storage contains `addr`, or a function that begins there. */
struct kt_symbol *kt_symbol_at(bool old, const void *addr);

/* The i-th symbol of the new image, in the order of their registration; NULL after the last one. */
struct kt_symbol *kt_symbol_new(size_t i);

/* The memory of this image and of the previous one. */
extern struct kt_span { uintptr_t low, size; } kt_spans[2];

/* Whether `addr` lies in the memory of the image. */
static inline bool kt_in_image(bool old, const void *addr) {
	return (uintptr_t)addr - kt_spans[old].low < kt_spans[old].size;
}

/* The key of a symbol with these parts, and of a registered one; from malloc. */
char *kt_key(const char *name, const char *func, const char *file, const char *ns);
char *kt_key_of(const struct kitsune_symbol *s);

/* locals.c */

/* The frames of the calling thread. */
struct kt_frames;
const struct kt_frames *kt_locals_here(void);

/* Copies the values of the variables in `frames`, of a thread that stands in a function whose frame is `here`. Returns
 * false, and nothing to be freed, if there is no memory. */
bool kt_locals_save(const struct kt_frames *frames, const void *here,
                    const struct kitsune_saved_local **locals, const struct kitsune_saved_local **end);

/* Frees these copies. */
void kt_locals_free(const struct kitsune_saved_local **locals, const struct kitsune_saved_local **end);

/* The frames of the calling thread are left. */
void kt_locals_forget(void);

void *kt_local_old(const char *func, const char *name, size_t *size);
void *kt_local_new(const char *func, const char *name);

/* migrate.c */

/* Carries a symbol of the new image over, unless that has been done. False if there is nothing to carry over. */
bool kt_migrate_symbol(struct kt_symbol *symbol);

/* The transformer of a variable of the new image, or NULL. */
xform_fn_t kt_transformer(struct kt_symbol *symbol);

/* transform.c */
void kt_transform_begin(void);
void kt_transform_enter(void);  /* transformers may use the stack from here on */
void kt_transform_drain(void);  /* finishes what has been put off */
void kt_transform_settle(void); /* and pointers to parts of what had not been met when they were */
void kt_transform_commit(void); /* releases the old blocks of objects that moved, and all tables */

/* Instead of a commit: leaves the heap as it was before the update, without the new blocks. The old version's memory
 * is as it was but for what the program's own code has done to it. */
void kt_transform_rollback(void);

/* parts.c */

/* Where the byte `offset` of an old value is in the new one. Of what begins there `as` is the transformer, or that of
 * raw bytes; NULL if that is not known. False if the new version has no such part. */
bool kt_part_moved(const struct kitsune_part *value, size_t offset, xf as, size_t *to);

/* What the new version knows about the parts of values that `transformer` transforms; NULL: nothing. */
const struct kitsune_layout *kt_layout(xf transformer);

/* rollback.c: in the version that is left */

/* Opens the way back to this version. NULL, or that there is no memory for it. When the next version has given up, it
 * returns once more, with the reason, and everything is as it was. */
const char *kt_way_back_open(void) __attribute__((returns_twice));

/* There is no way back any more. */
void kt_way_back_close(void);

/* rollback.c: in the version that is entered */

/* From here on crashes lead back to the previous version. */
void kt_attempt_begin(void);

/* The update will be committed. */
void kt_attempt_end(void);

/* Goes back to the previous version. Returns if there is no way back. */
void kt_give_up(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* What the driver calls. */
void kt_exiting(int status);

/* closure.c */
void kt_closures_end(void);

/* heap.c */

/* A block of the heap, without its header. */
struct kt_block {
	uintptr_t start;
	size_t size;
	bool free;
};

/* Finds the block of the heap that contains an address, quickly if the addresses come in ascending order. Between
 * kt_heap_begin() and the last call nothing may be allocated or released. False if the block is not known. */
bool kt_heap_find(uintptr_t address, struct kt_block *block);

/* Looks where the heap is. */
void kt_heap_begin(void);

/* Whether `old`, which is readable, may be the beginning of a block of the heap, or of a large one, that was made for
 * `size` bytes. What is not one may look like it. */
bool kt_heap_block(const void *old, size_t size);

/* A new block; from malloc, as far as the program can see. */
void *kt_heap_alloc(size_t size);

/* Notes that `size` bytes of objects have moved from `old`. */
void kt_heap_moved(void *old, size_t size);

/* Releases the old blocks of all objects that have moved. Returns how many of these were no blocks. */
uint64_t kt_heap_release(void);

/* Keeps them. */
void kt_heap_discard(void);

/* signals.c */

/* Gives the signals that old functions handle to the new functions with the same keys. */
void kt_signals_hand_over(void);

/* retire.c */

/* Before the new version's main is entered: sees to it that the stack has nothing of the old version. */
void kt_retire_prepare(void);

/* At the commit: the previous image becomes an old one. Old images that nothing leads into are unloaded, if that is
 * asked for. The stack below `floor` is free. */
void kt_retire(const void *floor);

/* Instead of all this: `failed`, whose handle is given, becomes an old image, and this version goes on. */
void kt_retire_failed(struct kitsune_image *failed, void *handle);

/* How many old images there are, and the address space that they take. */
size_t kt_retired(size_t *bytes);

/* memory.c */
enum kt_memory_kind { KT_ANONYMOUS, KT_FILE, KT_HEAP, KT_STACK };

struct kt_mapping {
	uintptr_t low, high;
	bool readable, shared;
	enum kt_memory_kind kind;
};

/* Looks at memory: `starts` words, which may overlap, begin at `at`, and at `bytes` in a copy of it. */
typedef void kt_look_fn(void *data, const struct kt_mapping *m, uintptr_t at, const unsigned char *bytes,
                        size_t starts);

/* Shows all memory that may hold what the program has written, in the order of addresses. Returns false, and the reason
 * in `why`, if there is no way to look at it. */
bool kt_memory_each(kt_look_fn *look, void *data, char *why, size_t size);

/* threads/: the other threads of the process. Only libkitsune-threads.a has them, and is compiled with KITSUNE_THREADS;
 * in libkitsune.a there is only one thread that counts. */

/* How the calling thread has left the old version. */
struct kt_left {
	const char *point;
	const struct kitsune_saved_local *locals, *locals_end;
};

#ifdef KITSUNE_THREADS
enum { KT_THREADED = 1 };

/* False if no update is going on, or the thread is a new one. */
bool kt_left(struct kt_left *left);

/* The image is entered: takes over the threads that the previous one had. */
void kt_threads_begin(void);

/* Stops all threads at update points, before `next` is entered. If that does not succeed until `deadline` (0: in the
 * usual time) all go on, and the reason is in `why`. */
bool kt_threads_stop(const struct kitsune_image *next, uint64_t deadline, char *why, size_t size);

/* All are stopped, and the old version is left. Returns false if there is no memory for their locals. */
bool kt_threads_leave(void);

/* After kt_threads_stop(): all go on in the old version. */
void kt_threads_resume(void);

/* After kt_threads_leave(), when the new version has given up: the same. */
void kt_threads_come_back(void);

/* Starts them again in this version, and waits until all have come back to their update points. */
void kt_threads_relaunch(void);

/* Lets them go. */
void kt_threads_release(void);

/* Another thread than the main thread is at an update point. */
void kt_thread_attend(const char *point);

/* Whether this is a forked process without a main thread. */
bool kt_threads_orphan(void);

/* The functions of kitsune_image. */
struct kitsune_turn kt_thread_enter(void *thread);
void kt_threads_before_fork(void);
void kt_threads_after_fork(void);
void kt_threads_forked(void);

/* To the end of the block nobody else carries state over, or looks symbols up. */
#define KT_SERIAL const char serial __attribute__((cleanup(kt_serial_unlock), unused)) = (kt_serial_lock(), 0)
void kt_serial_lock(void);
void kt_serial_unlock(const char *);

#else
enum { KT_THREADED = 0 };

static inline bool kt_left(struct kt_left *left) {
	if (!kt.updating)
		return false;
	*left = (struct kt_left){kt.previous->update_point, kt.previous->locals, kt.previous->locals_end};
	return true;
}
static inline void kt_threads_begin(void) {
}
static inline bool kt_threads_stop(const struct kitsune_image *next, uint64_t deadline, char *why,
                                   size_t size) {
	(void)next, (void)deadline, (void)why, (void)size;
	return true;
}
static inline bool kt_threads_leave(void) {
	return true;
}
static inline void kt_threads_resume(void) {
}
static inline void kt_threads_come_back(void) {
}
static inline void kt_threads_relaunch(void) {
}
static inline void kt_threads_release(void) {
}
static inline void kt_thread_attend(const char *point) {
	(void)point; /* Nobody could stop the thread. */
}
static inline bool kt_threads_orphan(void) {
	return false;
}
static inline void kt_threads_before_fork(void) {
}
static inline void kt_threads_after_fork(void) {
}
static inline void kt_threads_forked(void) {
}
#define KT_SERIAL (void)0

#endif

/* log.c */

/* Takes the application's name from argv[0]: up to ".so", without directories. */
void kt_log_name(const char *argv0);

void kt_log_inherit(int fd);
int kt_log_fd(void); /* -1 if there is none */
void kt_log_line(const char *text, size_t size);

/* event.c */
struct kt_event {
	FILE *file; /* NULL if there is no memory for it */
	char *text;
	size_t size;
};

void kt_event_begin(struct kt_event *e, const char *kind);
void kt_event_text(struct kt_event *e, const char *name, const char *value);
void kt_event_number(struct kt_event *e, const char *name, uint64_t value);
void kt_event_log(struct kt_event *e); /* writes it, and is the end of it */

#pragma GCC visibility pop

#endif
