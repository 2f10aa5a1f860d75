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
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static signal_fn *volatile signal_update; /* of the running version */

static void on_signal(int number) {
	signal_fn *f = signal_update;
	(void)number;
	if (f)
		f();
}

static void usage(FILE *to) {
	fputs(
	    "usage: driver [-b FILE] PROGRAM.so [ARGUMENT...]\n"
	    "\n"
	    "Runs a program that was built to be updatable; it sees PROGRAM.so and the arguments as its argv.\n"
	    "\"doupd PID NEW.so\" replaces it by a new version while it runs.\n"
	    "\n"
	    "  -b FILE  append the times of each update, in ms: until quiescent, in the new main, total\n",
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
	if (image->abi != KITSUNE_ABI) {
		fprintf(stderr,
		        "driver: %s contains runtime ABI %u, this driver has %u: use those of one Kitsune\n",
		        process.argv[0], (unsigned)image->abi, KITSUNE_ABI);
		exit(1);
	}
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
