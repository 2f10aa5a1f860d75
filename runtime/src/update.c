/* Update points: from a request to the version that answers it.
 *
 * Everything that can be found wrong is found wrong while the old version can still go on: kt_load() refuses
 * what does not fit. After that the old version is left for good.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

KITSUNE_API void kitsune_signal_update(void) {
	kt.requested = 1;
	kt.attention = 1;
}

KITSUNE_API void kitsune_clear_request(void) {
	kt.requested = 0;
}

KITSUNE_API void kitsune_set_next_version(const char *path) {
	char **cell = kt.next_path;
	if (!cell)
		return; /* Not under the driver: there will be no update. */
	free(*cell);
	*cell = path ? strdup(path) : NULL; /* Out of memory: then there is no update, and no harm. */
}

void kt_fail(const char *fmt, ...) {
	char message[1024];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(message, sizeof message, fmt, ap);
	va_end(ap);
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
	return path[0] ? kt_strdup(path) : NULL;
}

/* Leaves this image for the one in the file `path`, which it frees. Returns if that is refused, or if `path` is
 * NULL: nobody has asked. */
static void update_to(char *path, const char *point) {
	struct kitsune_image *next;
	char why[1024];
	void *handle;

	if (!path)
		return;
	kitsune_log("Updating(%s)...", point);
	kt_channel_begin();
	handle = kt_load(path, &next, why, sizeof why);
	free(path);
	if (!handle) {
		kitsune_log("update refused: %s", why);
		kt_channel_state(KITSUNE_RUNNING, KITSUNE_LOAD);
		kt_channel_answer(KITSUNE_REFUSED, why);
		return;
	}
	kt_channel_state(KITSUNE_QUIESCING, KITSUNE_LOAD);
	kt_image.next = handle;
	kt_image.update_point = point;
	kt_image.log_fd = kt_log_fd();
	kt_locals_save(&kt_image);
	kt_symbols_save(&kt_image);
	longjmp(*kt.leave, 1);
}

/* One line for each update: until quiescent, in the new main, and all together, in ms. */
static void append_times(void) {
	uint64_t total = 0, own = kt_channel_time(KITSUNE_TRANSFORM) + kt_channel_time(KITSUNE_COMMIT);
	char *path = kt_absolute(kt.bench_file);
	FILE *f = fopen(path, "ae");
	if (!f)
		kitsune_log("%s: %s", path, strerror(errno));
	free(path);
	if (!f)
		return;
	for (int phase = KITSUNE_LOAD; phase < KITSUNE_PHASES; phase++)
		total += kt_channel_time(phase);
	/* There are no threads to wait for. */
	fprintf(f, "%.4f %.4f %.4f\n", 0.0, (double)own / 1e6, (double)total / 1e6);
	fclose(f);
}

/* Completes an update: nothing of the old version is needed from here on. */
static void commit(void) {
	struct kitsune_image *previous = kt.previous;
	void (*mainupdate)(void) = (void (*)(void))kitsune_get_cur_val("_kitsune_mainupdate_xform");
	char build_id[72];

	if (mainupdate) {
		kitsune_log("Calling main-update transformation function.");
		mainupdate();
	}
	kt_transform_drain();
	kt_channel_state(KITSUNE_COMMITTING, KITSUNE_TRANSFORM);
	kitsune_log("before freeing....");
	kt_transform_commit();
	kt_symbols_end();
	previous->discard();
	kt_image.updates = previous->updates + 1;
	kt.previous = NULL;
	kt.previous_handle = NULL;
	kt.attention = 0;
	__atomic_store_n(&kt.updating, 0, __ATOMIC_RELEASE);
	kt_build_id(&kt_image, build_id, sizeof build_id);
	kt_channel_version(kt_image.path ? kt_image.path : "", build_id);
	kt_channel_state(KITSUNE_RUNNING, KITSUNE_COMMIT);
	kt_channel_answer(KITSUNE_UPDATED, "");
	if (kt.bench_file)
		append_times();
	kitsune_log("teardown complete....");
	kitsune_signal_update(); /* A signal may have come while no image could see it. */
}

static void attend(const char *point) {
	char *path;
	if (!pthread_equal(pthread_self(), kt.main_thread))
		return; /* Only libkitsune-threads knows how to stop the others. */
	if (kitsune_is_updating()) {
		if (strcmp(kt.previous->update_point, point) != 0)
			return;
		commit();
	}
	kt.attention = 0; /* Before the flag is read: a signal that comes now is not lost. */
	if (!kt.requested || !kt.leave)
		return;
	kt.requested = 0;
	kt_channel_reopen();
	/* One signal may stand for several requests: when one is refused, it is the next one's turn. */
	path = *kt.next_path;
	*kt.next_path = NULL;
	update_to(path, point);
	update_to(kt_channel_take(), point);
	update_to(path_in_file(), point);
}

KITSUNE_API void kitsune_update(const char *point) {
	if (__builtin_expect(kt.attention, 0))
		attend(point);
}
