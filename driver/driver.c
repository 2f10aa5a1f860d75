/* driver - runs an updatable program, one version after the other.
 *
 *     driver [-b BENCHFILE] PROGRAM.so [ARGS...]
 *
 * This is the only part of the process that an update cannot replace, so it does as little as possible: it loads
 * the first version and enters it, and enters whatever version that one leaves for. Finding, loading and checking
 * a new version is the business of the running one. What the driver and the versions know of each other is in
 * kitsune_abi.h.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kitsune_abi.h"

typedef int init_fn(jmp_buf *, void *, void *, char **, const char *, int, char **);
typedef void signal_fn(void);

/* What stays for the life of the process. Static, so that longjmp leaves it alone. */
static struct {
	jmp_buf leave;
	void *previous, *current; /* dlopen handles */
	char *next_path;          /* the cell of kitsune_set_next_version */
	const char *bench_file;
	int argc;
	char **argv;
} process;

/* Of the running version. */
static struct kitsune_image *running;
static signal_fn *volatile signal_update;

static void on_signal(int number) {
	signal_fn *f = signal_update;
	(void)number;
	if (f)
		f();
}

/* A version runs again that has been left. */
static void go_back(struct kitsune_image *image, void *handle) {
	process.current = handle;
	running = image;
	signal_update = image->signal_update;
}

/* Programs call these functions: the driver stands first where symbols are searched for. In the middle of an update, the
 * old version goes on instead. */
void exit(int status) {
	void (*end)(int) = (void (*)(int))dlsym(RTLD_NEXT, "exit");
	if (running)
		running->exiting(status);
	end(status);
	abort(); /* It has not returned. */
}

void _exit(int status) {
	if (running)
		running->exiting(status);
	syscall(SYS_exit_group, status);
	abort();
}

void _Exit(int status) {
	_exit(status);
}

/* The version that is told of a fork. Another one may run when it is done. */
static _Thread_local struct kitsune_image *forking;

/* A forked child is a process of its own, which is updated by itself. Registered here and once: what a version
 * registers with the C library leads into it for ever. */
static void before_fork(void) {
	forking = running;
	if (forking)
		forking->before_fork();
}

static void after_fork(void) {
	if (forking)
		forking->after_fork();
}

static void in_child(void) {
	if (forking)
		forking->forked();
}

static void usage(FILE *to) {
	fputs(
	    "usage: driver [-b FILE] PROGRAM.so [ARGUMENT...]\n"
	    "\n"
	    "Runs a program that was built to be updatable; it sees PROGRAM.so and the arguments as its argv.\n"
	    "\"doupd PID NEW.so\" replaces it by a new version while it runs.\n"
	    "\n"
	    "  -b FILE  append the times of each update, in ms: until quiescent, in the new main, total\n"
	    "\n"
	    "Environment:\n"
	    "  KITSUNE_LOG_DIR=DIR  where the log is, instead of /tmp/kitsune (docs/log.md)\n"
	    "  KITSUNE_VERIFY=1     after an update, unload old versions that nothing leads into, and\n"
	    "                       log what leads into the others (docs/old-image.md)\n",
	    to);
}

static void *symbol(void *handle, const char *name) {
	void *p = dlsym(handle, name);
	if (!p) {
		fprintf(
		    stderr,
		    "driver: %s does not contain the Kitsune runtime (no %s): link libkitsune.a into it, with "
		    "-u kitsune_init_inplace\n",
		    process.argv[0], name);
		exit(1);
	}
	return p;
}

/* Enters the current version. Returns when its main returns. */
static int enter(void) {
	struct kitsune_image *image = symbol(process.current, "kitsune_image");
	init_fn *init = (init_fn *)symbol(process.current, "kitsune_init_inplace");
	if (image->abi != KITSUNE_ABI || image->size < KITSUNE_IMAGE_LEAST) {
		fprintf(
		    stderr,
		    "driver: %s contains a runtime (ABI %u, %u bytes) that this driver (ABI %u) does not know: use "
		    "those of one Kitsune\n",
		    process.argv[0], (unsigned)image->abi, (unsigned)image->size, KITSUNE_ABI);
		exit(1);
	}
	image->run_thread = kitsune_run_thread;
	image->go_back = go_back;
	running = image;
	signal_update = (signal_fn *)symbol(process.current, "kitsune_signal_update");
	return init(&process.leave, process.previous, process.current, &process.next_path, process.bench_file,
	            process.argc, process.argv);
}

/* A name without a slash is a file too; the dynamic linker would search its own path for it. */
static void *load(const char *file) {
	char path[4096];
	snprintf(path, sizeof path, "%s%s", strchr(file, '/') ? "" : "./", file);
	return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

int main(int argc, char **argv) {
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	argc--;
	argv++;
	if (argc == 1 && strcmp(argv[0], "--help") == 0) {
		usage(stdout);
		return 0;
	}
	if (argc > 2 && strcmp(argv[0], "-b") == 0) {
		process.bench_file = argv[1];
		argc -= 2;
		argv += 2;
	}
	if (argc < 1) {
		fputs("Please provide the path to initial version library.\n", stderr);
		usage(stderr);
		return 1;
	}
	process.argc = argc;
	process.argv = argv;

	sigaction(SIGUSR2, &action, NULL);
	pthread_atfork(before_fork, after_fork, in_child);
	printf("The process id is (%d).\n", (int)getpid());
	fflush(stdout);

	process.current = load(argv[0]);
	if (!process.current) {
		fprintf(stderr, "[%s] A dynamic linking error occurred: (%s)\n", argv[0], dlerror());
		return 1;
	}
	if (setjmp(process.leave) != 0) {
		struct kitsune_image *left = dlsym(process.current, "kitsune_image");
		process.previous = process.current;
		process.current = left->next;
	}
	return enter();
}
