/* Update points: from a request to the version that answers it.
 *
 * Everything that can be found wrong is found wrong while the old version can still go on: kt_load() refuses
 * what does not fit. After that the old version is left for good.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

KITSUNE_API void kitsune_signal_update(void) {
	__atomic_store_n(&kt.requested, 1, __ATOMIC_RELEASE);
	__atomic_store_n(&kt.attention, 1, __ATOMIC_RELEASE);
}

KITSUNE_API void kitsune_clear_request(void) {
	__atomic_store_n(&kt.requested, 0, __ATOMIC_RELEASE);
}

static char *copied(const char *path) {
	char *copy = strdup(path);
	if (!copy)
		kitsune_log("update refused: out of memory for the path %s", path);
	return copy;
}

KITSUNE_API void kitsune_set_next_version(const char *path) {
	char **cell = kt.next_path;
	if (!cell)
		return; /* Not under the driver: there will be no update. */
	free(*cell);
	*cell = path ? copied(path) : NULL;
}

void kt_fail(const char *fmt, ...) {
	char message[1024];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(message, sizeof message, fmt, ap);
	va_end(ap);
	kt_give_up("%s", message);
	kitsune_log("update failed: %s", message);
	fprintf(stderr, "kitsune: update failed: %s\n", message);
	kt_channel_answer(KITSUNE_FAILED, message);
	abort();
}

/* The path in /tmp/PID.upd, which older tools and some programs write. It counts only if nobody but us or root
 * can have written it. The file is used up. */
static char *path_in_file(void) {
	char name[64], path[4097];
	struct stat st;
	ssize_t n = 0;
	int fd;
	snprintf(name, sizeof name, "/tmp/%d.upd", (int)getpid());
	fd = open(name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_mode & 022 ||
	    (st.st_uid != geteuid() && st.st_uid != 0))
		kitsune_log("ignoring %s: it must belong to this user or root, and only they may write it",
		            name);
	else
		n = read(fd, path, sizeof path - 1);
	close(fd);
	if (n <= 0)
		return NULL;
	unlink(name);
	path[n] = '\0';
	path[strcspn(path, "\n")] = '\0';
	return path[0] ? copied(path) : NULL;
}

/* Answers that this version goes on. `phase` has ended with that. */
static void refuse(enum kitsune_phase phase, const char *why) {
	kitsune_log("update refused: %s", why);
	kt_channel_state(KITSUNE_RUNNING, phase);
	kt_channel_answer(KITSUNE_REFUSED, why);
}

/* Saves what the next version will ask this one for, which has come to `here`. */
static bool save(const void *here) {
	const bool saved = kt_locals_save(kt_locals_here(), here, &kt_image.locals, &kt_image.locals_end) &&
	                   kt_symbols_save(&kt_image) && kt_threads_leave();
	if (!saved)
		kt_locals_free(&kt_image.locals, &kt_image.locals_end);
	return saved;
}

/* Brings this version to where it can be left for `next`. False, with all going on, if that does not succeed. */
static bool come_to_rest(const struct kitsune_image *next, uint64_t deadline, char *why, size_t size) {
	if (!kt_threads_stop(next, deadline, why, size))
		return false;
	if (save(__builtin_frame_address(0)))
		return true;
	snprintf(why, size, "out of memory for the state that the new version has to take over");
	kt_threads_resume();
	return false;
}

/* The next version has given up, and this one goes on. The other one stays loaded: who knows what leads into it. */
static void come_back(struct kitsune_image *next, const char *why) {
	kt_locals_free(&kt_image.locals, &kt_image.locals_end);
	kt_threads_come_back();
	kt_retire_failed(next, kt_image.next);
	kitsune_log("update rolled back: %s", why);
	kt_channel_state(KITSUNE_RUNNING, KITSUNE_TRANSFORM);
	kt_channel_answer(KITSUNE_ROLLED_BACK, why);
}

/* Leaves this image for the one in the file `path`, which it frees. Returns if that is refused, or if `path` is
 * NULL: nobody has asked. Threads are to be stopped until `deadline`, if it is not 0. */
static void update_to(char *path, const char *point, uint64_t deadline) {
	const char *incomplete = __atomic_load_n(&kt.incomplete, __ATOMIC_RELAXED);
	struct kitsune_image *next;
	const char *failure;
	char why[1024];
	void *handle = NULL;

	if (!path)
		return;
	kitsune_log("Updating(%s)...", point);
	kt_channel_begin();
	if (kt_threads_orphan())
		snprintf(
		    why, sizeof why,
		    "this process was forked by another thread than the main thread, and so has none: what is to "
		    "be updated has to be forked by the main thread");
	else if (incomplete)
		snprintf(why, sizeof why, "there was no memory to note %s: start the process anew",
		         incomplete);
	else
		handle = kt_load(path, &next, why, sizeof why);
	free(path);
	if (!handle) {
		refuse(KITSUNE_LOAD, why);
		return;
	}
	kt_channel_state(KITSUNE_QUIESCING, KITSUNE_LOAD);
	if (!come_to_rest(next, deadline, why, sizeof why)) {
		refuse(KITSUNE_QUIESCE, why);
		close(next->image_fd);
		free(next->path);
		dlclose(handle);
		return;
	}
	kt_image.next = handle;
	kt_image.update_point = point;
	kt_image.log_fd = kt_log_fd();
	failure = kt_way_back_open();
	if (!failure)
		longjmp(*kt.leave, 1);
	come_back(next, failure);
}

/* One line for each update: until quiescent, in the new main, and all together, in ms. */
static void append_times(void) {
	uint64_t total = 0, own = kt_channel_time(KITSUNE_TRANSFORM) + kt_channel_time(KITSUNE_COMMIT);
	uint64_t quiescent =
	    KT_THREADED ? kt_channel_time(KITSUNE_LOAD) + kt_channel_time(KITSUNE_QUIESCE) : 0;
	char *path = kt_absolute(kt.bench_file);
	FILE *f = path ? fopen(path, "ae") : NULL;
	if (!f)
		kitsune_log("%s: %s", kt.bench_file, strerror(errno));
	free(path);
	if (!f)
		return;
	for (int phase = KITSUNE_LOAD; phase < KITSUNE_PHASES; phase++)
		total += kt_channel_time(phase);
	fprintf(f, "%.4f %.4f %.4f\n", (double)quiescent / 1e6, (double)own / 1e6, (double)total / 1e6);
	fclose(f);
}

/* Completes an update: nothing of the old version is needed from here on. Not inline: the stack from its caller's frame
 * on is searched for what leads into old images. */
static __attribute__((noinline)) void commit(void) {
	void (*mainupdate)(void) = (void (*)(void))kitsune_get_cur_val("_kitsune_mainupdate_xform");
	int (*health)(void), unfit;
	char build_id[72];

	if (mainupdate) {
		kitsune_log("Calling main-update transformation function.");
		mainupdate();
	}
	kt_transform_drain();
	kt_transform_settle();
	health = (int (*)(void))kitsune_get_cur_val("kitsune_health");
	unfit = health ? health() : 0;
	if (unfit)
		kt_fail("kitsune_health() says no: %d", unfit);
	kt_attempt_end(); /* The point of no return. */
	kt_threads_relaunch();
	kt_transform_drain();
	kt_channel_state(KITSUNE_COMMITTING, KITSUNE_TRANSFORM);
	kitsune_log("before freeing....");
	kt_transform_commit();
	kt_signals_hand_over();
	kt_symbols_end();
	kt_retire(__builtin_frame_address(0));
	__atomic_store_n(&kt.attention, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&kt.updating, 0, __ATOMIC_RELEASE);
	kt_build_id(&kt_image, build_id, sizeof build_id);
	kt_channel_version(kt_image.path ? kt_image.path : "", build_id);
	kt_channel_state(KITSUNE_RUNNING, KITSUNE_COMMIT);
	kt_channel_answer(KITSUNE_UPDATED, "");
	if (kt.bench_file)
		append_times();
	kitsune_log("teardown complete....");
	kt_threads_release();
	kitsune_signal_update(); /* A signal may have come while no image could see it. */
}

static void attend(const char *point) {
	char *path;
	uint64_t deadline;
	__builtin_unwind_init(); /* What the program has in registers is on the stack from here on, to be searched too. */
	if (!pthread_equal(pthread_self(), kt.main_thread)) {
		kt_thread_attend(point);
		if (!kt_threads_orphan())
			return;
	} else if (kitsune_is_updating()) {
		if (strcmp(kt.previous->update_point, point) != 0)
			return;
		commit();
	}
	kt_notify_ready(kt_image.channel);
	/* Before the flag is read: a signal that comes now is not lost. */
	__atomic_store_n(&kt.attention, 0, __ATOMIC_SEQ_CST);
	kt_points_count();
	if (!__atomic_exchange_n(&kt.requested, 0, __ATOMIC_SEQ_CST) || !kt.leave)
		return;
	kt_channel_reopen();
	/* One signal may stand for several requests: when one is refused, it is the next one's turn. */
	path = *kt.next_path;
	*kt.next_path = NULL;
	update_to(path, point, 0);
	path = kt_channel_take(&deadline);
	update_to(path, point, deadline);
	update_to(path_in_file(), point, 0);
}

KITSUNE_API void kitsune_update(const char *point) {
	if (__builtin_expect(__atomic_load_n(&kt.attention, __ATOMIC_RELAXED), 0))
		attend(point);
}
