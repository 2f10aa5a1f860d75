/* Trial: loading a file runs its constructors, before anything can be checked or undone. If it has some, a child of the
 * process loads it first. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

enum { PATIENCE = 10 }; /* s */

/* Whether the file has constructors besides the compiler's own. */
static bool has_constructors(int fd) {
	ElfW(Ehdr) h;
	ElfW(Phdr) segment;
	ElfW(Dyn) d;
	if (pread(fd, &h, sizeof h, 0) != sizeof h)
		return false;
	for (int i = 0; i < h.e_phnum; i++) {
		if (pread(fd, &segment, sizeof segment, (off_t)(h.e_phoff + (size_t)i * sizeof segment)) !=
		    sizeof segment)
			return false;
		if (segment.p_type != PT_DYNAMIC)
			continue;
		for (size_t at = 0; at + sizeof d <= segment.p_filesz; at += sizeof d)
			if (pread(fd, &d, sizeof d, (off_t)(segment.p_offset + at)) == sizeof d &&
			    d.d_tag == DT_INIT_ARRAYSZ)
				return d.d_un.d_val > sizeof(void *);
	}
	return false;
}

static bool in_trial;

/* The program's own code has nothing to do in the child: no handler of a signal, and none of atexit. */
static void load_in_child(const char *name) {
	in_trial = true;
	for (int n = 1; n < NSIG; n++)
		signal(n, SIG_DFL);
	alarm(PATIENCE);
	dlopen(name, RTLD_NOW | RTLD_LOCAL);
	_exit(0); /* Whatever is wrong with it, the process itself will find, and say. */
}

void kt_trial_exiting(int status) {
	if (in_trial)
		syscall(SYS_exit_group, status);
}

bool kt_trial(int fd, const char *name, char *why, size_t size) {
	sigset_t child, before;
	int status = 0;
	pid_t pid;
	if (!has_constructors(fd))
		return true;
	/* The program's handler, if it waits for children, is not to take this one. */
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	pthread_sigmask(SIG_BLOCK, &child, &before);
	pid = fork();
	if (pid == 0) {
		pthread_sigmask(SIG_SETMASK, &before, NULL);
		load_in_child(name);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (pid < 0)
		snprintf(why, size, "there is no process for a trial of its constructors: %s",
		         strerror(errno));
	else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		snprintf(why, size, "its constructors do not come to an end");
	else if (WIFSIGNALED(status))
		snprintf(why, size, "a constructor of it ends with SIG%s", sigabbrev_np(WTERMSIG(status)));
	else if (WEXITSTATUS(status) != 0)
		snprintf(why, size, "a constructor of it calls exit(%d)", WEXITSTATUS(status));
	else
		return true;
	return false;
}
