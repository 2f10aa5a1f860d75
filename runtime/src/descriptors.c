/* Descriptors that the runtime keeps for the life of the process.
 *
 * Programs rely on small numbers, and close what they do not know when they become daemons. So ours are out of the
 * way, and before one is used or closed it is made sure that it is still what it was: its number may belong to a
 * connection of the program by now.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

void kt_hold(struct kt_descriptor *d, int fd) {
	enum { LEAST = 200 };
	struct stat st;
	int away = fd >= 0 && fd < LEAST ? fcntl(fd, F_DUPFD_CLOEXEC, LEAST) : -1;
	if (away >= 0) {
		close(fd);
		fd = away;
	} /* Else it is away already, or the limit of this process is lower. */
	d->fd = fd >= 0 && fstat(fd, &st) == 0 ? fd : -1;
	if (d->fd >= 0) {
		d->device = st.st_dev;
		d->inode = st.st_ino;
	}
}

bool kt_held(const struct kt_descriptor *d) {
	struct stat st;
	return d->fd >= 0 && fstat(d->fd, &st) == 0 && st.st_dev == d->device && st.st_ino == d->inode;
}

void kt_release(struct kt_descriptor *d) {
	if (kt_held(d))
		close(d->fd);
	d->fd = -1;
}
