/* The log: one line per event, in a file that stays open across versions. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "internal.h"

static struct kt_descriptor file = {.fd = -1};

/* Whether only we, or root, can write to what is open. */
static bool is_private(int fd, mode_t kind) {
	struct stat st;
	if (fstat(fd, &st) < 0)
		return false;
	if ((st.st_mode & S_IFMT) == kind && !(st.st_mode & 022) &&
	    (st.st_uid == geteuid() || st.st_uid == 0))
		return true;
	errno = EPERM;
	return false;
}

/* Opens the log in a directory, which is made if it is not there. What lies there may be of others: nothing is
 * followed, waited for or written to that is not ours. */
static int open_in(const char *dir) {
	char name[NAME_MAX + 1];
	int fd = -1, directory, saved;
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return -1;
	directory = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (directory < 0)
		return -1;
	snprintf(name, sizeof name, "%s.%d", kt.app, (int)getpid());
	if (is_private(directory, S_IFDIR))
		fd = openat(directory, name,
		            O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd >= 0 && !is_private(fd, S_IFREG)) {
		close(fd);
		fd = -1;
	}
	saved = errno;
	close(directory);
	errno = saved;
	return fd;
}

static int open_somewhere(void) {
	const char *dir = secure_getenv("KITSUNE_LOG_DIR");
	char own[64];
	int fd;
	if (dir && *dir) {
		fd = open_in(dir);
		if (fd < 0)
			fprintf(
			    stderr,
			    "kitsune: no log: KITSUNE_LOG_DIR=%s has to be a directory that only this user, or "
			    "root, can write to (%s)\n",
			    dir, strerror(errno));
		return fd;
	}
	fd = open_in("/tmp/kitsune");
	if (fd >= 0)
		return fd;
	/* It belongs to another user. */
	snprintf(own, sizeof own, "/tmp/kitsune-%u", (unsigned)geteuid());
	return open_in(own);
}

void kt_log_name(const char *argv0) {
	const char *slash = strrchr(argv0, '/'), *name = slash ? slash + 1 : argv0, *so = strstr(name, ".so");
	const int length = so && so != name ? (int)(so - name) : (int)strlen(name);
	snprintf(kt.app, sizeof kt.app, "%.*s", length, name);
}

int kitsune_logging_init(const char *appname) {
	if (file.fd >= 0)
		return 1;
	if (!kt.app[0])
		kt_log_name(appname);
	kt_hold(&file, open_somewhere());
	if (file.fd < 0)
		return 0;
	kitsune_log("Opening new kitsune log.");
	return 1;
}

void kt_log_inherit(int fd) {
	kt_hold(&file, fd);
}

int kt_log_fd(void) {
	return kt_held(&file) ? file.fd : -1;
}

void kt_log_line(const char *text, size_t size) {
	char prefix[sizeof kt.app + 32];
	const int saved = errno;
	ssize_t written;
	int n;
	if (file.fd < 0)
		return;
	if (!kt_held(&file)) { /* The program has closed it. */
		file.fd = -1;
		if (!kitsune_logging_init(kt.app))
			return;
	}
	n = snprintf(prefix, sizeof prefix, "Kitsune %s:%d: ", kt.app, (int)getpid());
	written = writev(file.fd,
	                 (struct iovec[]){{prefix, (size_t)n}, {(char *)text, size}, {(char *)"\n", 1}}, 3);
	(void)written; /* A full disk must not disturb the program. */
	errno = saved;
}

void kitsune_log(const char *fmt, ...) {
	char text[2048];
	va_list ap;
	int n;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (n >= 0)
		kt_log_line(text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}
