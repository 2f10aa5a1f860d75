/* Addresses that the kernel has been given and gives back: handlers and the stack of signals, the data of timers and of
 * epoll. What an io_uring or an asynchronous I/O context holds cannot be asked for, and neither can the registers of
 * other threads. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <unistd.h>

#include "verify.h"

static void refer(struct kt_verification *v, uintptr_t to, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void refer(struct kt_verification *v, uintptr_t to, const char *fmt, ...) {
	struct kt_reference r = {.to = to};
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(r.kernel, sizeof r.kernel, fmt, ap);
	va_end(ap);
	kt_refer(v, r);
}

static bool cannot(struct kt_verification *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static bool cannot(struct kt_verification *v, const char *fmt, ...) {
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(v->why, sizeof v->why, fmt, ap);
	va_end(ap);
	return false;
}

static void signals(struct kt_verification *v) {
	struct sigaction action;
	stack_t stack;
	for (int number = 1; number < NSIG; number++)
		if (sigaction(number, NULL, &action) == 0)
			refer(v, (uintptr_t)action.sa_sigaction, "the handler of signal %d", number);
	if (sigaltstack(NULL, &stack) == 0 && !(stack.ss_flags & SS_DISABLE))
		refer(v, (uintptr_t)stack.ss_sp, "the alternate signal stack");
}

static bool timers(struct kt_verification *v) {
	static const char name[] = "/proc/self/timers";
	char line[256];
	unsigned long value;
	FILE *f = fopen(name, "re");
	if (!f)
		return cannot(v, "%s, which shows the data of timers: %s", name, strerror(errno));
	while (fgets(line, sizeof line, f))
		if (sscanf(line, "signal: %*d/%lx", &value) == 1)
			refer(v, value, "the data of a timer");
	fclose(f);
	return true;
}

static bool no_asynchronous_io(struct kt_verification *v) {
	char line[4096 + 256];
	bool none = true;
	FILE *f = fopen("/proc/self/maps", "re");
	if (!f)
		return cannot(v, "/proc/self/maps: %s", strerror(errno));
	while (none && fgets(line, sizeof line, f))
		if (strstr(line, " /[aio]"))
			none = cannot(
			    v,
			    "there is an asynchronous I/O context (io_setup), which cannot be looked into");
	fclose(f);
	return none;
}

static void epoll(struct kt_verification *v, const char *fd) {
	char line[300];
	unsigned long value;
	int other;
	FILE *f;
	snprintf(line, sizeof line, "/proc/self/fdinfo/%s", fd);
	f = fopen(line, "re");
	if (!f)
		return; /* Closed since it was listed. */
	while (fgets(line, sizeof line, f))
		if (sscanf(line, "tfd: %d events: %*x data: %lx", &other, &value) == 2)
			refer(v, value, "the data of descriptor %d in epoll", other);
	fclose(f);
}

static bool descriptors(struct kt_verification *v) {
	bool good = true;
	struct dirent *entry;
	DIR *d = opendir("/proc/self/fd");
	if (!d)
		return cannot(v, "/proc/self/fd: %s", strerror(errno));
	while (good && (entry = readdir(d))) {
		char link[64] = "";
		if (readlinkat(dirfd(d), entry->d_name, link, sizeof link - 1) < 0)
			continue;
		if (strcmp(link, "anon_inode:[io_uring]") == 0)
			good = cannot(v, "there is an io_uring, which cannot be looked into");
		else if (strcmp(link, "anon_inode:[eventpoll]") == 0)
			epoll(v, entry->d_name);
	}
	closedir(d);
	return good;
}

static bool no_other_threads(struct kt_verification *v) {
	size_t count = 0;
	struct dirent *entry;
	DIR *d = opendir("/proc/self/task");
	if (!d)
		return cannot(v, "/proc/self/task: %s", strerror(errno));
	while ((entry = readdir(d)))
		count += entry->d_name[0] != '.';
	closedir(d);
	return count == 1 ||
	       cannot(v, "there are %zu other threads, whose registers cannot be looked into", count - 1);
}

bool kt_kernel_references(struct kt_verification *v) {
	signals(v);
	return timers(v) && no_asynchronous_io(v) && descriptors(v) && no_other_threads(v);
}
