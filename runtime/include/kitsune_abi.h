/* kitsune_abi.h - the binary interface of updatable images.
 *
 * Three parties that are built at different times meet here: the objects that ktcc and xfgen emit, the runtime
 * that is linked into every version of a program, and the driver that stays in the process for ever. Nothing
 * else of one version is looked up by name from another. Structures only ever grow at their end; a change of
 * meaning raises KITSUNE_ABI.
 *
 * Programs have no need of this header.
 */
#ifndef KITSUNE_ABI_H
#define KITSUNE_ABI_H

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#define KITSUNE_ABI 1u

/* What the objects say.
 *
 * ktcc writes these as constants into sections of their own, so that registering a symbol costs nothing until
 * an update asks for it. The linker gathers the sections; the runtime finds them by their start and stop
 * symbols. The text that ktcc emits for these structures is in tools/internal/instrument, and a test compares
 * the two.
 */

/* One translation unit. Section `kitsune_units`. */
struct kitsune_unit {
	uint32_t abi;         /* KITSUNE_ABI of the compiler wrapper */
	uint32_t symbol_size; /* sizeof(struct kitsune_symbol) there */
	const char *file;     /* the source, as spelled on the command line, after prefix maps */
	const char *ns;       /* the file's KT_NAMESPACE, or NULL */
	char summary[65];     /* SHA-256 of the unit's type summary, in hex */
};

enum {
	KITSUNE_SYMBOL_FUNCTION = 1,    /* a function, else a variable */
	KITSUNE_SYMBOL_STATIC = 2,      /* internal linkage: the key has a file part */
	KITSUNE_SYMBOL_READONLY = 4,    /* const, through all array levels */
	KITSUNE_SYMBOL_AUTOMIGRATE = 8, /* kitsune_do_automigrate() carries it over */
};

/* One variable or function. Section `kitsune_symbols`. */
struct kitsune_symbol {
	const struct kitsune_unit *unit;
	const char *name;
	const char *func; /* the function a static belongs to, or NULL */
	const char *file; /* the file of its definition when that is not unit->file, else NULL */
	const void *addr;
	size_t size;   /* bytes; 0 for a function */
	size_t stride; /* bytes of one element of an array, else size */
	uint32_t flags;
};

/* A variable or function of the old version under its new key. Section `kitsune_renames`, from xfgen. */
struct kitsune_rename {
	const char *old_key;
	const char *new_key;
};

/* Part of a value whose layout has changed: a field, or `count` elements in a row. */
struct kitsune_part {
	size_t old_offset, old_stride; /* in bytes, from the beginning of what it is part of */
	size_t new_offset, new_stride;
	size_t count;
	const struct kitsune_layout *inner; /* of each element; NULL: it is as it was */
};

/* The parts of values of a type. Section `kitsune_layouts`, from xfgen. What is in no part has no successor. */
struct kitsune_layout {
	void (*transformer)(void *in, void *out, int nargs, void **args); /* of the values */
	const struct kitsune_part *parts;
	size_t count;
};

/* A variable with such values. Section `kitsune_variables`, from xfgen. */
struct kitsune_variable {
	const char *old_key;
	const char *new_key;
	struct kitsune_part value;
};

/* A unit of the version that an update was built for. Section `kitsune_predecessors`, from xfgen. */
struct kitsune_predecessor {
	const char *file;
	const char *summary; /* as kitsune_unit.summary */
};

/* What an image offers to the driver and to the image that follows it.
 *
 * Every version exports one object of this type under the name `kitsune_image`. It is valid while the image is
 * loaded; all pointers are owned by the image.
 */

/* A local variable or parameter that was live when its version was left. */
struct kitsune_saved_local {
	const char *func;
	const char *name;
	size_t size;
	void *copy;       /* its value */
	const void *addr; /* where it was; not to be read any more */
};

/* A version that has been left and is still loaded. From malloc; its shape is fixed. */
struct kitsune_old {
	void *handle; /* of dlopen */
	char *path;   /* as kitsune_image.path; to be freed */
	struct kitsune_old *next;
	size_t size; /* of its address space */
	int closed;  /* dlclose has been called, and has not unloaded it */
};

/* What a thread does next. A thread's record (runtime/threads/threads.h) begins with it. */
struct kitsune_turn {
	struct kitsune_turn (*enter)(void *thread); /* enters a version; NULL: the thread ends */
	void *result;                               /* with this */
};

/* What all threads run, as long as they live: one version after the other. */
static inline void *kitsune_run_thread(void *thread) {
	struct kitsune_turn turn = *(struct kitsune_turn *)thread;
	while (turn.enter)
		turn = turn.enter(thread);
	return turn.result;
}

struct kitsune_image {
	uint32_t abi;  /* KITSUNE_ABI of the runtime */
	uint32_t size; /* sizeof(struct kitsune_image) of the runtime */

	/* Constant from load on. */
	const struct kitsune_unit *units, *units_end;
	const struct kitsune_symbol *symbols, *symbols_end;
	const struct kitsune_rename *renames, *renames_end;
	const struct kitsune_predecessor *predecessors, *predecessors_end;
	const struct kitsune_layout *layouts, *layouts_end;
	const struct kitsune_variable *variables, *variables_end;

	/* Set by the image when it is left for `next`. */
	void *next; /* dlopen handle of the version to enter; the driver reads it */
	const char *update_point;
	const struct kitsune_saved_local *locals, *locals_end; /* innermost frame last */
	const struct kitsune_symbol *noted, *noted_end;        /* registered by hand */

	/* What outlives every version; inherited from image to image. */
	struct kitsune_channel *channel;
	int channel_fd;
	int log_fd;             /* -1 if there is no log */
	int image_fd;           /* the private copy this image was loaded from, or -1 */
	unsigned updates;       /* completed updates of this process */
	char *path;             /* the file that this version was loaded from, absolute */
	char *start_dir;        /* the working directory of the driver at its start */
	uint64_t device, inode; /* of that file */
	int64_t modified;       /* when it was last written to, in ns; another time is another version */

	/* Releases what the image's runtime has allocated. Called once, after the update is committed. */
	void (*discard)(void);

	/* The driver calls these of the image that runs: before and after a fork, and after it in the child. */
	void (*before_fork)(void);
	void (*after_fork)(void);
	void (*forked)(void);

	/* The versions that have been left before, latest first; handed on at the commit. */
	struct kitsune_old *old;

	/* The threads of the process, and what those run that enter this image; NULL without libkitsune-threads.a. */
	struct kitsune_threads *threads; /* runtime/threads/threads.h; inherited */
	struct kitsune_turn (*enter_thread)(void *thread);

	/* kitsune_run_thread() of the driver, which sets this. NULL: there is no driver. */
	void *(*run_thread)(void *thread);

	/* The way back to this image: not NULL from the moment it is left until the update is committed. The next image
	 * calls it on a stack that is not the main thread's. Does not return; `why` is copied. */
	void (*come_back)(const char *why);

	/* The driver sets this. It makes an image, whose handle is given, the running one again. */
	void (*go_back)(struct kitsune_image *image, void *handle);

	/* kitsune_signal_update() of this image. */
	void (*signal_update)(void);

	/* The driver calls this when the program calls exit or _exit. Returns if the process may end. */
	void (*exiting)(int status);
};

/* The size that the structure had at first. A runtime fills in all that it knows, and looks at what lies beyond this in
 * the structure of another one only if that one's `size` says that it is there: then each of two runtimes with one ABI
 * can follow the other. */
#define KITSUNE_IMAGE_LEAST (offsetof(struct kitsune_image, exiting) + sizeof(void (*)(int)))

/* What the driver calls. */

/* Enters the image `current`: takes over from `previous` (NULL in a new process) and runs the program's main.
 * Does not return; main's result ends the process. The image leaves by longjmp(*leave, 1) after it has set
 * kitsune_image.next. `*next_path` is the process's cell for kitsune_set_next_version(). */
int kitsune_init_inplace(jmp_buf *leave, void *previous, void *current, char **next_path,
                         const char *bench_file, int argc, char **argv);

/* Asks for an update at the next update point. Async-signal-safe. */
void kitsune_signal_update(void);

#endif
