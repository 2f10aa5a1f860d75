#include "monitor.h"

#include "buffer.h"
#include "kitsune.h"
#include "log.h"
#include "net.h"

#include <inttypes.h>
#include <string.h>

/* A follower that is this far behind is given up. */
enum { BACKLOG_LIMIT = 64 * 1024 * 1024 };

static int followers;

/* What has been reported and not been handed to the followers. */
static struct buffer feed;

int monitor_followers(void) {
	return followers;
}

/* Moves the feed into the output of all followers, but sends nothing: it is called in the middle of a
 * command, and sending may destroy clients. */
static void deliver(void) {
	struct client *client;

	if (buffer_length(&feed) == 0)
		return;
	for (client = client_first(); client; client = client->next) {
		if (!client->following || client->closing)
			continue;
		buffer_append(&client->out, buffer_bytes(&feed), buffer_length(&feed));
		if (buffer_length(&client->out) > BACKLOG_LIMIT) {
			log_line("client %d dropped: it does not read its stream", client->id);
			client_drop(client);
		}
	}
	buffer_clear(&feed);
}

void monitor_join(struct client *client) {
	deliver();
	client->following = true;
	followers++;
}

void monitor_leave(struct client *client) {
	deliver();
	client->following = false;
	followers--;
}

/* Appends a word as it has to be typed. */
static void append_word(const char *word) {
	if (*word && !strpbrk(word, " \t\"\\")) {
		buffer_append(&feed, word, strlen(word));
		return;
	}
	buffer_append(&feed, "\"", 1);
	for (; *word; word++) {
		if (*word == '"' || *word == '\\')
			buffer_append(&feed, "\\", 1);
		buffer_append(&feed, word, 1);
	}
	buffer_append(&feed, "\"", 1);
}

void monitor_report(uint64_t number, const struct client *client, int count, char **words) {
	int i;

	if (followers == 0)
		return;
	buffer_printf(&feed, "!%" PRIu64 " %d", number, client->id);
	for (i = 0; i < count; i++) {
		buffer_append(&feed, " ", 1);
		append_word(words[i]);
	}
	buffer_append(&feed, "\r\n", 2);
}

void monitor_flush(void) {
	struct client *client, *next;

	deliver();
	for (client = client_first(); client; client = next) {
		next = client->next;
		if (client->following)
			client_flush(client);
	}
}
