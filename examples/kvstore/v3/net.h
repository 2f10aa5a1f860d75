/* net.h - the clients and their connections. */
#ifndef KVSTORE_NET_H
#define KVSTORE_NET_H

#include "buffer.h"

#include <stdbool.h>
#include <stdint.h>

struct command;

struct client {
	int id; /* counts from 1, never used again */
	int fd;
	uint32_t watched;  /* the events that epoll watches the connection for */
	uint64_t commands; /* how many it has sent */

	/* The last command, an element of the table in commands.c, or NULL. */
	const struct command *command;

	/* The last error, one of the texts in commands.c, or NULL. */
	const char *last_error;

	/* What a line from the client means at present. */
	void (*on_line)(struct client *client, char *line);

	bool following;     /* gets the MONITOR stream */
	bool held;          /* is not served until it has read more of its answers */
	bool no_more_input; /* the other side has finished */
	bool closing;       /* is destroyed as soon as its output is sent */

	struct buffer in, out;
	struct client *next, *prev;
};

/* The newest client, or NULL; the others follow by client->next. */
struct client *client_first(void);

/* A socket that listens on a port of the loopback address; *port 0 means any free one, and is set to it.
 * Returns -1 with errno set. */
int net_listen(int *port);

/* Starts to serve those who connect to a listening socket. Returns 0, or -1 with errno set. */
int net_open(int listener);

/* Waits until something happens, a tenth of a second at most, and serves it. */
void net_round(int listener);

/* Sends what is in client->out as far as the connection takes it; the rest follows when it takes more. A
 * client that is closing, or whose connection is broken, is destroyed, so do not use it afterwards. */
void client_flush(struct client *client);

/* Drops the client's output and makes the next client_flush() destroy it. */
void client_drop(struct client *client);

#endif
