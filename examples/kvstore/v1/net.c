#define _GNU_SOURCE /* accept4 */
#include "net.h"

#include "commands.h"
#include "kitsune.h"
#include "log.h"
#include "mem.h"
#include "monitor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	/* A request to update is a signal, and ends the wait for events. If it arrives just before the wait
	 * begins, it is noticed after this time. */
	TICK_MS = 100,

	READ_SIZE = 16 * 1024,
	LINE_LIMIT = 1024 * 1024,

	/* A client that does not read its answers is not served any more commands until it does. */
	OUTPUT_LIMIT = 1024 * 1024,
};

struct client *all_clients;

/* The clients by descriptor. E_PTRARRAY: `slots` leads to that many pointers, and not to a single one. */
struct client_table {
	struct client **E_PTRARRAY(self.size) slots;
	size_t size;
};

static struct client_table by_fd;

/* What epoll keeps for each connection is its descriptor and not the address of its client. Descriptors
 * survive an update; but when struct client has changed, every client gets a new address, and what the kernel
 * has been told is out of an update's reach. */
static int epoll_fd = -1;

/* Given up for a moment when descriptors run out, so that one more client can be accepted and turned away. */
static int spare_fd = -1;

/* Means nothing between two rounds, so an update has nothing to carry over here. */
static struct epoll_event ready[64] E_MANUAL_MIGRATE;

static int watch(int fd, int operation, uint32_t events) {
	struct epoll_event event = {.events = events, .data.fd = fd};

	return epoll_ctl(epoll_fd, operation, fd, &event);
}

int net_listen(int *port) {
	struct sockaddr_in address = {
	    .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)*port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t length = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&address, length) < 0 || listen(fd, SOMAXCONN) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &length) < 0) {
		int failure = errno;

		close(fd);
		errno = failure;
		return -1;
	}
	*port = ntohs(address.sin_port);
	return fd;
}

int net_open(int listener) {
	spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd < 0)
		return -1;
	return watch(listener, EPOLL_CTL_ADD, EPOLLIN);
}

static void client_create(int fd) {
	static int last_id;
	struct client *client = mem_alloc(sizeof *client);
	int on = 1;

	client->id = ++last_id;
	client->fd = fd;
	client->on_line = serve_line;
	client->watched = EPOLLIN;
	if (watch(fd, EPOLL_CTL_ADD, client->watched) < 0) {
		log_line("client %d turned away: %s", client->id, strerror(errno));
		close(fd);
		free(client);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);

	client->next = all_clients;
	if (client->next)
		client->next->prev = client;
	all_clients = client;

	if ((size_t)fd >= by_fd.size) {
		size_t size = 2 * (size_t)fd;
		size_t slot = sizeof *by_fd.slots;

		by_fd.slots = mem_grow(by_fd.slots, by_fd.size * slot, size * slot);
		by_fd.size = size;
	}
	by_fd.slots[fd] = client;
}

static void client_destroy(struct client *client) {
	if (client->following)
		monitor_leave(client);
	if (client->next)
		client->next->prev = client->prev;
	if (client->prev)
		client->prev->next = client->next;
	else
		all_clients = client->next;
	by_fd.slots[client->fd] = NULL;
	close(client->fd);
	buffer_free(&client->in);
	buffer_free(&client->out);
	free(client);
}

void client_drop(struct client *client) {
	buffer_clear(&client->out);
	client->closing = true;
}

/* Whether the client may go on to its next command. */
static bool client_may_proceed(const struct client *client) {
	return !client->closing && buffer_length(&client->out) < OUTPUT_LIMIT;
}

void client_flush(struct client *client) {
	uint32_t events = 0;

	while (buffer_length(&client->out) > 0) {
		const char *bytes = buffer_bytes(&client->out);
		ssize_t sent = send(client->fd, bytes, buffer_length(&client->out), MSG_NOSIGNAL);

		if (sent >= 0)
			buffer_consume(&client->out, (size_t)sent);
		else if (errno == EAGAIN)
			break;
		else if (errno != EINTR)
			client_drop(client);
	}
	if (client->closing && buffer_length(&client->out) == 0) {
		client_destroy(client);
		return;
	}

	if (client_may_proceed(client) && !client->held && !client->no_more_input)
		events |= EPOLLIN;
	if (buffer_length(&client->out) > 0 || client->held)
		events |= EPOLLOUT;
	if (events != client->watched && watch(client->fd, EPOLL_CTL_MOD, events) == 0)
		client->watched = events;
}

static void client_read(struct client *client) {
	ssize_t size = recv(client->fd, buffer_room(&client->in, READ_SIZE), READ_SIZE, 0);

	if (size > 0)
		buffer_added(&client->in, (size_t)size);
	else if (size == 0)
		client->no_more_input = true;
	else if (errno != EAGAIN && errno != EINTR)
		client_drop(client);
}

/* Takes the next complete line out of client->in, without its end. Returns NULL if there is none. */
static char *client_take_line(struct client *client) {
	char *line = buffer_bytes(&client->in);
	size_t length = buffer_length(&client->in);
	char *end = length > 0 ? memchr(line, '\n', length) : NULL;

	if (end ? memchr(line, '\0', (size_t)(end - line)) != NULL : length > LINE_LIMIT) {
		reply_error(client, ERROR_BAD_LINE);
		client->closing = true;
		return NULL;
	}
	if (!end) {
		client->closing = client->no_more_input;
		return NULL;
	}
	buffer_consume(&client->in, (size_t)(end - line) + 1);
	if (end > line && end[-1] == '\r')
		end--;
	*end = '\0';
	return line;
}

static void client_serve(struct client *client, uint32_t events) {
	char *line;

	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		client_read(client);
	while (client_may_proceed(client) && (line = client_take_line(client)))
		client->on_line(client, line);
	client->held = !client->closing && !client_may_proceed(client);
	client_flush(client);
}

static void turn_client_away(int listener) {
	int fd;

	close(spare_fd);
	fd = accept(listener, NULL, NULL);
	if (fd >= 0) {
		log_line("no descriptor for another client");
		close(fd);
	}
	spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void accept_clients(int listener) {
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			client_create(fd);
		} else if (errno == EMFILE || errno == ENFILE) {
			turn_client_away(listener);
			return;
		} else if (errno != EINTR && errno != ECONNABORTED) {
			return;
		}
	}
}

void net_round(int listener) {
	int count = epoll_wait(epoll_fd, ready, sizeof ready / sizeof *ready, TICK_MS);
	int i;

	for (i = 0; i < count; i++) {
		size_t fd = (size_t)ready[i].data.fd;

		if (ready[i].data.fd == listener)
			accept_clients(listener);
		else if (fd < by_fd.size && by_fd.slots[fd])
			client_serve(by_fd.slots[fd], ready[i].events);
	}
}
