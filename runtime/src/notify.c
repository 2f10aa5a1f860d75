/* What systemd is told about the process, if it has started it: sd_notify(3), which is one message to a socket.
 *
 *     the program comes to its first update point    READY=1
 *     an update begins                               RELOADING=1, and a watchdog that has more patience
 *     it is over, whatever came of it                READY=1, and the watchdog as before
 *
 * with a STATUS each time. So `systemctl start` waits for the program, `systemctl status` tells what it runs, and a
 * unit of Type=notify-reload knows when an update is over. A program that does all this by itself sets
 * KITSUNE_NOTIFY=0 in its environment.
 *
 * Where the messages go is in the channel, which outlives the versions: each of them has its own copy of this file, and
 * the program may change its environment. A forked child has a channel of its own and tells nothing: systemd listens to
 * the main process.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "internal.h"

/* How long an update may stand still before the watchdog loses its patience, in µs: longer than the runtime itself waits,
 * unless it was told to. */
enum { PATIENCE = 120 * 1000000 };

/* Of the address of a socket. */
enum { LONGEST = sizeof(struct sockaddr_un) - offsetof(struct sockaddr_un, sun_path) };

static bool ready_is_due;

/* Sends a message. Nothing depends on its arrival; it may not keep the program waiting either. */
static void send_message(const struct kitsune_channel *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void send_message(const struct kitsune_channel *c, const char *fmt, ...) {
	const struct timeval limit = {.tv_sec = 1};
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	const size_t length = strnlen(c->notify_socket, sizeof to.sun_path);
	const int saved = errno, fd = length ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
	char message[1600];
	va_list ap;
	if (fd >= 0) {
		memcpy(to.sun_path, c->notify_socket, length);
		if (to.sun_path[0] == '@') /* In the namespace of sockets that are no files. */
			to.sun_path[0] = '\0';
		va_start(ap, fmt);
		vsnprintf(message, sizeof message, fmt, ap);
		va_end(ap);
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
		sendto(fd, message, strlen(message), MSG_NOSIGNAL, (struct sockaddr *)&to,
		       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
		close(fd);
	}
	errno = saved;
}

static const char *base_name(const char *path) {
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* The watchdog that systemd has for this process, in µs; 0 if it has none. */
static uint64_t watchdog(void) {
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	return usec && (!pid || strtol(pid, NULL, 10) == getpid()) ? strtoull(usec, NULL, 10) : 0;
}

void kt_notify_begin(struct kitsune_channel *c) {
	const char *socket = getenv("NOTIFY_SOCKET"), *wanted = getenv("KITSUNE_NOTIFY");
	const size_t length = socket ? strlen(socket) : 0;
	if (length == 0 || length > LONGEST || (wanted && strcmp(wanted, "0") == 0))
		return;
	memcpy(c->notify_socket, socket, length);
	c->watchdog = watchdog();
	ready_is_due = true;
	__atomic_store_n(&kt.attention, 1, __ATOMIC_RELEASE); /* So that the first update point is seen. */
}

void kt_notify_ready(const struct kitsune_channel *c) {
	if (!ready_is_due)
		return;
	ready_is_due = false;
	send_message(c, "READY=1\nSTATUS=Runs %s.", base_name(c->path));
}

void kt_notify_update(const struct kitsune_channel *c) {
	ready_is_due = false;
	send_message(c, "RELOADING=1\nMONOTONIC_USEC=%llu\nSTATUS=Being updated, runs %s.",
	             (unsigned long long)(c->phase_began / 1000), base_name(c->path));
	if (c->watchdog && c->watchdog < PATIENCE)
		send_message(c, "WATCHDOG_USEC=%d\nWATCHDOG=1", PATIENCE);
}

void kt_notify_answer(const struct kitsune_channel *c) {
	uint64_t pause = 0;
	char message[sizeof c->message];
	for (int phase = KITSUNE_LOAD; phase < KITSUNE_PHASES; phase++)
		pause += c->times[phase];
	snprintf(message, sizeof message, "%s", c->message);
	for (char *p = message; (p = strchr(p, '\n')); p++) /* Each line would be an assignment. */
		*p = ' ';
	if (c->watchdog && c->watchdog < PATIENCE)
		send_message(c, "WATCHDOG_USEC=%llu\nWATCHDOG=1", (unsigned long long)c->watchdog);
	switch (c->result) {
	case KITSUNE_UPDATED:
		send_message(c, "READY=1\nSTATUS=Runs %s, after %u update%s; the last one took %.1f ms.",
		             base_name(c->path), (unsigned)c->updates, c->updates == 1 ? "" : "s",
		             (double)pause / 1e6);
		break;
	case KITSUNE_FAILED: /* What ends now is not ready. */
		send_message(c, "STATUS=The update has failed: %s", message);
		break;
	default:
		send_message(c, "READY=1\nSTATUS=Runs %s; the last update was not done: %s",
		             base_name(c->path), message);
	}
}
