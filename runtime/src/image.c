/* The image's place in the process: what it shows to the driver and to its successor, and how it is entered. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

struct kt_runtime kt;

static struct kt_descriptor copy = {.fd = -1}; /* the private copy that this image was loaded from */

/* The linker provides these for the sections that the objects of this image have; the others are NULL. */
#define SECTION(type, name)                                                                    \
	extern const struct type __start_##name[] __attribute__((weak, visibility("hidden"))); \
	extern const struct type __stop_##name[] __attribute__((weak, visibility("hidden")))
SECTION(kitsune_unit, kitsune_units);
SECTION(kitsune_symbol, kitsune_symbols);
SECTION(kitsune_rename, kitsune_renames);
SECTION(kitsune_predecessor, kitsune_predecessors);
SECTION(kitsune_layout, kitsune_layouts);
SECTION(kitsune_variable, kitsune_variables);

static void forked(void) {
	kt_threads_forked();
	kt_channel_forked();
}

KITSUNE_API struct kitsune_image kitsune_image = {
    .abi = KITSUNE_ABI,
    .size = sizeof kitsune_image,
    .units = __start_kitsune_units,
    .units_end = __stop_kitsune_units,
    .symbols = __start_kitsune_symbols,
    .symbols_end = __stop_kitsune_symbols,
    .renames = __start_kitsune_renames,
    .renames_end = __stop_kitsune_renames,
    .predecessors = __start_kitsune_predecessors,
    .predecessors_end = __stop_kitsune_predecessors,
    .layouts = __start_kitsune_layouts,
    .layouts_end = __stop_kitsune_layouts,
    .variables = __start_kitsune_variables,
    .variables_end = __stop_kitsune_variables,
    .channel_fd = -1,
    .log_fd = -1,
    .image_fd = -1,
    .before_fork = kt_threads_before_fork,
    .after_fork = kt_threads_after_fork,
    .signal_update = kitsune_signal_update,
    .exiting = kt_exiting,
    .forked = forked,
#ifdef KITSUNE_THREADS
    .enter_thread = kt_thread_enter,
#endif
};

extern struct kitsune_image kt_image __attribute__((alias("kitsune_image"), visibility("hidden")));

void *kt_alloc(size_t size) {
	return kt_realloc(NULL, size);
}

void *kt_realloc(void *p, size_t size) {
	void *q = realloc(p, size ? size : 1);
	if (!q)
		kt_fail("out of memory: %zu bytes wanted", size);
	return q;
}

char *kt_strdup(const char *s) {
	size_t n = strlen(s) + 1;
	return memcpy(kt_alloc(n), s, n);
}

void kt_incomplete(const char *what) {
	kitsune_log("WARN: out of memory: %s is not noted, and there can be no update", what);
	__atomic_store_n(&kt.incomplete, what, __ATOMIC_RELAXED);
}

static void discard(void) {
	kt_locals_free(&kt_image.locals, &kt_image.locals_end);
	kt_locals_forget();
	kt_symbols_discard(&kt_image);
	free(kt_image.path);
	kt_image.path = NULL;
	kt_way_back_close();
	kt_trim(&copy);
	kt_release(&copy);
}

static void begin_process(void *handle, const char *argv0) {
	struct link_map *map;
	struct stat st;
	char build_id[72];
	kt_threads_begin();
	kt_image.start_dir = getcwd(NULL, 0);
	if (dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0) {
		kt_image.path = realpath(map->l_name, NULL);
		if (stat(map->l_name, &st) == 0) {
			kt_image.device = st.st_dev;
			kt_image.inode = st.st_ino;
			kt_image.modified = kt_modified(&st);
		}
	}
	kt_channel_open(&kt_image, NULL);
	kitsune_logging_init(argv0);
	kt_image.log_fd = kt_log_fd();
	kt_points_begin();
	kt_build_id(&kt_image, build_id, sizeof build_id);
	kt_channel_version(kt_image.path ? kt_image.path : argv0, build_id);
}

/* Not inline: no frame that stays on the stack has addresses of the previous image. */
static __attribute__((noinline)) void begin_update(void) {
	struct kitsune_image *previous = dlsym(kt.previous_handle, "kitsune_image");
	kt.previous = previous;
	kt.retiring = kt_alloc(sizeof *kt.retiring);
	kt_hold(&copy, kt_image.image_fd);
	kt_image.start_dir = previous->start_dir;
	kt_image.updates = previous->updates;
	kt_image.log_fd = previous->log_fd;
	kt_log_inherit(previous->log_fd);
	kt_channel_open(&kt_image, previous);
	kt_channel_state(KITSUNE_TRANSFORMING, KITSUNE_QUIESCE);
	__atomic_store_n(&kt.updating, 1, __ATOMIC_RELEASE);
	kt.attention = 1;
	kt_threads_begin();
	kt_attempt_begin();
	kt_symbols_begin();
	kt_transform_begin();
}

KITSUNE_API int kitsune_init_inplace(jmp_buf *leave, void *previous, void *current, char **next_path,
                                     const char *bench_file, int argc, char **argv) {
	extern int main(int, char **);
	void (*prestart)(void);
	int status;

	kt.leave = leave;
	kt.handle = current;
	kt.next_path = next_path;
	kt.bench_file = bench_file;
	kt.main_thread = pthread_self();
	kt_log_name(argv[0]);
	kt.previous_handle = previous;
	kt_image.discard = discard;
	if (!previous) {
		begin_process(current, argv[0]);
	} else {
		begin_update();
		kt_retire_prepare();
		prestart = (void (*)(void))dlsym(current, "_kitsune_prestart_xform");
		if (prestart) {
			kitsune_log("Calling prestart transformation function.");
			prestart();
		}
	}
	kitsune_log("Entering target program: %s", argv[0]);
	status = main(argc, argv);
	if (kt.previous)
		kt_give_up("the new version's main returned %d before it came to the update point", status);
	return status;
}

KITSUNE_API int kitsune_is_updating(void) {
	struct kt_left left;
	return kt_left(&left);
}

KITSUNE_API int kitsune_is_updating_from(const char *pt) {
	struct kt_left left;
	return kt_left(&left) && strcmp(left.point, pt) == 0;
}

KITSUNE_API int kitsune_has_updated(void) {
	return kt.previous || kt_image.updates > 0;
}

KITSUNE_API void *kitsune_get_val(const char *name) {
	return kt.previous_handle && kitsune_is_updating() ? dlsym(kt.previous_handle, name) : NULL;
}

KITSUNE_API void *kitsune_get_cur_val(const char *name) {
	return dlsym(kt.handle ? kt.handle : RTLD_DEFAULT, name);
}

KITSUNE_API int kitsune_old_address_matches(const char *name, void *ptr) {
	void *old = kitsune_get_val(name);
	return old && old == ptr;
}
