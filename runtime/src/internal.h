/* internal.h - what the parts of the runtime know of each other.
 *
 *     image.c        the image's place in the process: entered by the driver, left for another image
 *     update.c       update points, and the way of a request from an answer back to the loop
 *     channel.c      the page of shared memory where requests are posted and answered
 *     load.c         loading a new version from a private copy, and deciding whether it fits
 *     symbols.c      the registered symbols of the old and the new image, by key and by address
 *     locals.c       the frames of functions marked E_NOTELOCALS
 *     migrate.c      carrying variables over
 *     transform.c    the transformation engine: pointers, arrays, the work list
 *     closure.c      closures, built once
 *     addresses.c    tables of addresses: moved objects, visited slots, visited objects
 *     heap.c         which old blocks can be given back to the C library's allocator
 *     descriptors.c  what is kept open in a program that may close it
 *     log.c          the log
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
	pthread_t main_thread;
	volatile int attention; /* non-zero: kitsune_update has something to look at */
	volatile int requested;
	int updating; /* atomic */
	char *app;    /* kt_app_name(); NULL before there is a log */
};
extern struct kt_runtime kt;

/* What the world knows as kitsune_image. */
extern struct kitsune_image kt_image;

/* Memory that the runtime cannot do without. Running out of it is a failed update. */
void *kt_alloc(size_t size);
void *kt_realloc(void *p, size_t size);
char *kt_strdup(const char *s);

/* The name of the application: argv[0] up to ".so", without directories. To be freed. */
char *kt_app_name(const char *argv0);

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

/* Makes sure that clients find the channel: the program may have closed its descriptor. */
void kt_channel_reopen(void);

/* Takes the posted request, if there is one: its path, to be freed. */
char *kt_channel_take(void);

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

/* load.c */

/* Loads the version in the file `path` and checks that it can take over from this image. Returns its handle and
 * its image, or NULL after it has written the reason to `why`. */
void *kt_load(const char *path, struct kitsune_image **image, char *why, size_t size);

/* A path as it was meant when the process began. To be freed. */
char *kt_absolute(const char *path);

/* When a file was last written to, in ns. */
int64_t kt_modified(const struct stat *st);

/* The build id of the loaded image that contains `addr`, in hex; empty if it has none. */
void kt_build_id(const void *addr, char *hex, size_t size);

/* update.c */

/* The state cannot be carried over. Says so to the log and to the client, and ends the process. */
void kt_fail(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* symbols.c */

/* A registered symbol as the index knows it. */
struct kt_symbol {
	const struct kitsune_symbol *desc;
	char *key;
	struct kt_symbol *same;  /* the next one with this key, or NULL */
	struct kt_symbol *other; /* its counterpart in the other image, or NULL */
	bool done;               /* new image: already carried over */
	bool looked_up;
	xform_fn_t transformer; /* new image, once looked_up; may be NULL */
};

/* Indexes this image and the previous one. Called once, when this image is entered for an update. */
void kt_symbols_begin(void);
void kt_symbols_end(void);

/* Hands the symbols registered by hand to the next image, and takes the record of them back. */
void kt_symbols_save(struct kitsune_image *self);
void kt_symbols_discard(struct kitsune_image *self);

struct kt_symbol *kt_symbol_by_key(bool old, const char *key);

/* The symbol whose storage contains `addr`, or a function that begins there. */
struct kt_symbol *kt_symbol_at(bool old, const void *addr);

/* The i-th symbol of the new image, in the order of their registration; NULL after the last one. */
struct kt_symbol *kt_symbol_new(size_t i);

/* Whether `addr` lies in the memory of the image. */
bool kt_in_image(bool old, const void *addr);

/* The key of a symbol with these parts; from malloc. */
char *kt_key(const char *name, const char *func, const char *file, const char *ns);

/* locals.c */
void kt_locals_save(struct kitsune_image *self);
void kt_locals_discard(struct kitsune_image *self);
void *kt_local_old(const char *func, const char *name, size_t *size);
void *kt_local_new(const char *func, const char *name);

/* migrate.c */

/* Carries a symbol of the new image over, unless that has been done. False if there is nothing to carry over. */
bool kt_migrate_symbol(struct kt_symbol *symbol);

/* The transformer of a variable of the new image, or NULL. */
xform_fn_t kt_transformer(struct kt_symbol *symbol);

/* transform.c */
void kt_transform_begin(void);
void kt_transform_drain(void);  /* finishes what has been put off */
void kt_transform_commit(void); /* releases the old blocks of objects that moved, and all tables */

/* addresses.c */

/* Where an object that has moved is now, or NULL; how many objects in a row have moved with it; and whether they were
 * all that was in a block of the allocator. */
void *kt_moved_to(const void *old);
size_t kt_moved_count(const void *old);
bool kt_moved_block(const void *old);
/* `new_` is an even address. */
void kt_moved_add(const void *old, void *new_, size_t count, bool is_block);
/* Calls f for every moved object. */
void kt_moved_each(void (*f)(void *old));

/* True the first time that the word at `slot` is rewritten in its place. */
bool kt_slot_first(const void *slot);

/* True the first time for this pair. */
bool kt_pair_first(const void *a, const void *b);

void kt_addresses_end(void);

/* closure.c */
void kt_closures_end(void);

/* heap.c */

/* Looks where the heap is. */
void kt_heap_begin(void);

/* Whether `old`, which is readable, may be the beginning of a block of the heap, or of a large one, that was made for
 * `size` bytes. What is not one may look like it. */
bool kt_heap_block(const void *old, size_t size);

/* Releases the old blocks of all objects that have moved. Returns how many of these were no blocks. */
uint64_t kt_heap_release(void);

/* log.c */
void kt_log_inherit(int fd);
int kt_log_fd(void); /* -1 if there is none */

#pragma GCC visibility pop

#endif
