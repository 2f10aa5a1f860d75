/* The log: one line per event, in a file that stays open across versions. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

static struct kt_descriptor file = {.fd = -1};

/* A directory that only we, or root, can write to. */
static bool private_dir(const char *dir) {
	struct stat st;
	if (mkdir(dir, 0700) == 0)
		return true;
	if (errno != EEXIST || lstat(dir, &st) < 0)
		return false;
	if (S_ISDIR(st.st_mode) && !(st.st_mode & 022) && (st.st_uid == geteuid() || st.st_uid == 0))
		return true;
	errno = EPERM;
	return false;
}

static bool open_in(const char *dir) {
	char path[4096];
	if (!private_dir(dir) ||
	    snprintf(path, sizeof path, "%s/%s.%d", dir, kt.app, (int)getpid()) >= (int)sizeof path)
		return false;
	kt_hold(&file, open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
	return file.fd >= 0;
}

static bool open_somewhere(void) {
	const char *dir = getenv("KITSUNE_LOG_DIR");
	char own[64];
	if (dir && *dir) {
		if (open_in(dir))
			return true;
		fprintf(stderr,
		        "kitsune: no log: only this user, or root, must be able to write to "
		        "KITSUNE_LOG_DIR=%s (%s)\n",
		        dir, strerror(errno));
		return false;
	}
	if (open_in("/tmp/kitsune"))
		return true;
	/* It belongs to another user. */
	snprintf(own, sizeof own, "/tmp/kitsune-%u", (unsigned)geteuid());
	return open_in(own);
}

int kitsune_logging_init(const char *appname) {
	if (file.fd >= 0)
		return 1;
	if (!kt.app)
		kt.app = kt_app_name(appname);
	if (!open_somewhere())
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

void kitsune_log(const char *fmt, ...) {
	char line[2048];
	int n, saved = errno;
	va_list ap;
	if (file.fd < 0)
		return;
	if (!kt_held(&file)) { /* The program has closed it. */
		file.fd = -1;
		if (!kitsune_logging_init(kt.app))
			return;
	}
	n = snprintf(line, sizeof line, "Kitsune %s:%d: ", kt.app, (int)getpid());
	va_start(ap, fmt);
	if (n > 0 && n < (int)sizeof line) {
		int m = vsnprintf(line + n, sizeof line - (size_t)n, fmt, ap);
		n += m < 0 ? 0 : m;
	}
	va_end(ap);
	if (n > (int)sizeof line - 2)
		n = (int)sizeof line - 2;
	line[n++] = '\n';
	ssize_t written = write(file.fd, line, (size_t)n);
	(void)written; /* A full disk must not disturb the program. */
	errno = saved;
}
