/* monitor.h - the stream of executed commands, and the clients that follow it. */
#ifndef KVSTORE_MONITOR_H
#define KVSTORE_MONITOR_H

struct client;

int monitor_followers(void);

/* The client gets every command that is executed from now on, until monitor_leave(). */
void monitor_join(struct client *client);
void monitor_leave(struct client *client);

/* Reports a command to the followers. */
void monitor_report(int number, const struct client *client, int count, char **words);

/* Sends the followers what has been reported since the last time. */
void monitor_flush(void);

#endif
