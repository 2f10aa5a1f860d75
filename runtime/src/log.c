/* The log: one line per event, in a file that stays open across versions. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

static int log_fd = -1;

/* A directory that only we, or root, can write to. */
static bool private_dir(const char *dir) {
	struct stat st;
	if (mkdir(dir, 0700) == 0)
		return true;
	return errno == EEXIST && lstat(dir, &st) == 0 && S_ISDIR(st.st_mode) && !(st.st_mode & 022) &&
	       (st.st_uid == geteuid() || st.st_uid == 0);
}

static int open_in(const char *dir, const char *app) {
	char path[4096];
	if (!private_dir(dir) ||
	    snprintf(path, sizeof path, "%s/%s.%d", dir, app, (int)getpid()) >= (int)sizeof path)
		return -1;
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

int kitsune_logging_init(const char *appname) {
	const char *dir = getenv("KITSUNE_LOG_DIR");
	if (log_fd >= 0)
		return 1;
	if (!kt.app)
		kt.app = kt_strdup(appname);
	if (dir && *dir) {
		log_fd = open_in(dir, appname);
	} else {
		char own[64];
		log_fd = open_in("/tmp/kitsune", appname);
		if (log_fd < 0) { /* It belongs to another user. */
			snprintf(own, sizeof own, "/tmp/kitsune-%u", (unsigned)geteuid());
			log_fd = open_in(own, appname);
		}
	}
	if (log_fd < 0)
		return 0;
	log_fd = kt_fd_away(log_fd);
	kitsune_log("Opening new kitsune log.");
	return 1;
}

void kt_log_inherit(int fd) {
	log_fd = fd;
}

int kt_log_fd(void) {
	return log_fd;
}

void kitsune_log(const char *fmt, ...) {
	char line[2048];
	int n, saved = errno;
	va_list ap;
	if (log_fd < 0)
		return;
	n = snprintf(line, sizeof line, "Kitsune %s:%d: ", kt.app ? kt.app : "?", (int)getpid());
	va_start(ap, fmt);
	if (n > 0 && n < (int)sizeof line) {
		int m = vsnprintf(line + n, sizeof line - (size_t)n, fmt, ap);
		n += m < 0 ? 0 : m;
	}
	va_end(ap);
	if (n > (int)sizeof line - 2)
		n = (int)sizeof line - 2;
	line[n++] = '\n';
	ssize_t written = write(log_fd, line, (size_t)n);
	(void)written; /* A full disk must not disturb the program. */
	errno = saved;
}
