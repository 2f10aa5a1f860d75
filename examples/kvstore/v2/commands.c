#include "commands.h"

#include "clock.h"
#include "kitsune.h"
#include "monitor.h"
#include "net.h"
#include "store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum {
	WORD_LIMIT = 256,
	LIFETIME_LIMIT = 1000 * 1000 * 1000, /* seconds; thirty years */
};

uint64_t commands_executed;
int64_t start_time;

/* The table is const, so it is part of the program and not of its state: an update leaves the new version's
 * texts as they are. Without the second const the old texts would be carried over. */
static const char *const error_text[ERROR_COUNT] = {
    [ERROR_UNKNOWN_COMMAND] = "unknown command, try HELP",
    [ERROR_USAGE] = "wrong words for this command, try HELP",
    [ERROR_OPEN_QUOTE] = "a quote is not closed",
    [ERROR_NOT_A_NUMBER] = "not a number",
    [ERROR_OUT_OF_RANGE] = "number out of range",
    [ERROR_BAD_LINE] = "line too long or not text",
};

/* Answers. */

static void reply_status(struct client *client, const char *text) {
	buffer_printf(&client->out, "+%s\r\n", text);
}

void reply_error(struct client *client, enum error error) {
	client->last_error = error_text[error];
	buffer_printf(&client->out, "-ERR %s\r\n", client->last_error);
}

static void reply_number(struct client *client, int64_t number) {
	buffer_printf(&client->out, ":%" PRId64 "\r\n", number);
}

static void reply_value(struct client *client, const char *value) {
	buffer_append(&client->out, "$", 1);
	buffer_append(&client->out, value, strlen(value));
	buffer_append(&client->out, "\r\n", 2);
}

static void reply_no_such_key(struct client *client) {
	buffer_append(&client->out, "_\r\n", 3);
}

/* A list is opened, then has any number of values, then is closed. */
static void open_list(struct client *client) {
	buffer_append(&client->out, "*\r\n", 3);
}

static void close_list(struct client *client) {
	buffer_append(&client->out, ".\r\n", 3);
}

static bool parse_number(struct client *client, const char *word, int64_t *number) {
	char *end;

	errno = 0;
	*number = strtoll(word, &end, 10);
	if (end == word || *end) {
		reply_error(client, ERROR_NOT_A_NUMBER);
		return false;
	}
	if (errno == ERANGE) {
		reply_error(client, ERROR_OUT_OF_RANGE);
		return false;
	}
	return true;
}

static bool parse_lifetime(struct client *client, const char *word, int64_t *seconds) {
	if (!parse_number(client, word, seconds))
		return false;
	if (*seconds < 1 || *seconds > LIFETIME_LIMIT) {
		reply_error(client, ERROR_OUT_OF_RANGE);
		return false;
	}
	return true;
}

/* Commands. */

static void run_clients(struct client *client, int count, char **words) {
	const struct client *other;

	(void)count;
	(void)words;
	open_list(client);
	for (other = client_first(); other; other = other->next)
		buffer_printf(&client->out, "$id=%d commands=%" PRIu64 " following=%d last=%s error=%s\r\n",
		              other->id, other->commands, other->following,
		              other->command ? other->command->name : "none",
		              other->last_error ? other->last_error : "none");
	close_list(client);
}

static void run_del(struct client *client, int count, char **words) {
	int64_t deleted = 0;
	int i;

	for (i = 1; i < count; i++)
		deleted += store_delete(words[i]);
	reply_number(client, deleted);
}

static void run_expire(struct client *client, int count, char **words) {
	struct entry *entry;
	int64_t seconds;

	(void)count;
	if (!parse_lifetime(client, words[2], &seconds))
		return;
	entry = store_find(words[1]);
	if (entry)
		entry->expires = clock_ms() + seconds * 1000;
	reply_number(client, entry != NULL);
}

static void run_get(struct client *client, int count, char **words) {
	struct entry *entry = store_find(words[1]);

	(void)count;
	if (!entry) {
		reply_no_such_key(client);
		return;
	}
	entry->hits++;
	reply_value(client, entry->value);
}

static void run_hits(struct client *client, int count, char **words) {
	const struct entry *entry = store_find(words[1]);

	(void)count;
	if (entry)
		reply_number(client, (int64_t)entry->hits);
	else
		reply_no_such_key(client);
}

static void run_incr(struct client *client, int count, char **words) {
	const struct entry *entry = store_find(words[1]);
	int64_t number = 0;
	char text[24];

	(void)count;
	if (entry && !parse_number(client, entry->value, &number))
		return;
	if (number == INT64_MAX) {
		reply_error(client, ERROR_OUT_OF_RANGE);
		return;
	}
	snprintf(text, sizeof text, "%" PRId64, number + 1);
	store_set(words[1], text);
	reply_number(client, number + 1);
}

struct key_search {
	struct client *client;
	const char *pattern; /* a whole key, or its beginning and a '*' */
};

static void list_key(const struct entry *entry, void *context) {
	const struct key_search *search = context;
	size_t length = strlen(search->pattern);
	bool found;

	if (length > 0 && search->pattern[length - 1] == '*')
		found = strncmp(entry->key, search->pattern, length - 1) == 0;
	else
		found = strcmp(entry->key, search->pattern) == 0;
	if (found)
		reply_value(search->client, entry->key);
}

static void run_keys(struct client *client, int count, char **words) {
	struct key_search search = {client, count > 1 ? words[1] : "*"};

	open_list(client);
	store_each(list_key, &search);
	close_list(client);
}

/* What a line means while the client follows the stream: that it has seen enough of it. */
static void end_following(struct client *client, char *line) {
	monitor_leave(client);
	client->on_line = serve_line;
	serve_line(client, line);
}

static void run_monitor(struct client *client, int count, char **words) {
	(void)count;
	(void)words;
	reply_status(client, "OK");
	monitor_join(client);
	client->on_line = end_following;
}

static void run_ping(struct client *client, int count, char **words) {
	(void)count;
	(void)words;
	reply_status(client, "PONG");
}

static void run_quit(struct client *client, int count, char **words) {
	(void)count;
	(void)words;
	reply_status(client, "BYE");
	client->closing = true;
}

static void run_set(struct client *client, int count, char **words) {
	int64_t seconds = 0;

	if (count > 3) {
		if (count != 5 || strcasecmp(words[3], "EX") != 0) {
			reply_error(client, ERROR_USAGE);
			return;
		}
		if (!parse_lifetime(client, words[4], &seconds))
			return;
	}
	store_set(words[1], words[2])->expires = seconds ? clock_ms() + seconds * 1000 : 0;
	reply_status(client, "OK");
}

static void run_stats(struct client *client, int count, char **words) {
	const struct client *other;
	int clients = 0;

	(void)count;
	(void)words;
	for (other = client_first(); other; other = other->next)
		clients++;
	open_list(client);
	buffer_printf(&client->out, "$version=%s\r\n", KVSTORE_VERSION);
	buffer_printf(&client->out, "$pid=%d\r\n", (int)getpid());
	buffer_printf(&client->out, "$uptime_ms=%" PRId64 "\r\n", clock_ms() - start_time);
	buffer_printf(&client->out, "$clients=%d\r\n", clients);
	buffer_printf(&client->out, "$followers=%d\r\n", monitor_followers());
	buffer_printf(&client->out, "$commands=%" PRIu64 "\r\n", commands_executed);
	buffer_printf(&client->out, "$keys=%zu\r\n", store_count());
	buffer_printf(&client->out, "$expired=%" PRIu64 "\r\n", store_expired());
	close_list(client);
}

static void run_ttl(struct client *client, int count, char **words) {
	const struct entry *entry = store_find(words[1]);

	(void)count;
	if (!entry)
		reply_no_such_key(client);
	else if (entry->expires == 0)
		reply_number(client, -1);
	else
		reply_number(client, (entry->expires - clock_ms() + 999) / 1000);
}

static void run_version(struct client *client, int count, char **words) {
	(void)count;
	(void)words;
	reply_status(client, "kvstore " KVSTORE_VERSION);
}

static void run_help(struct client *client, int count, char **words);

/* In alphabetical order: a command is found by binary search. */
static const struct command commands[] = {
    {"CLIENTS", run_clients, 1, "CLIENTS: what is connected"},
    {"DEL", run_del, -2, "DEL key...: deletes keys, answers how many there were"},
    {"EXPIRE", run_expire, 3, "EXPIRE key seconds: lets a key exist for that long, answers 1, or 0"},
    {"GET", run_get, 2, "GET key: the value of a key"},
    {"HELP", run_help, 1, "HELP: this list"},
    {"HITS", run_hits, 2, "HITS key: how often GET has returned its value"},
    {"INCR", run_incr, 2, "INCR key: adds 1 to a number, answers the sum"},
    {"KEYS", run_keys, -1, "KEYS [pattern]: the keys; user:* are those that begin with user:"},
    {"MONITOR", run_monitor, 1, "MONITOR: the stream of all commands, until the next line is sent"},
    {"PING", run_ping, 1, "PING: answers PONG"},
    {"QUIT", run_quit, 1, "QUIT: ends the connection"},
    {"SET", run_set, -3, "SET key value [EX seconds]: a value with blanks is put in \"quotes\""},
    {"STATS", run_stats, 1, "STATS: the state of the server"},
    {"TTL", run_ttl, 2, "TTL key: the seconds that a key will exist; -1 for ever"},
    {"VERSION", run_version, 1, "VERSION: the version that is running"},
};

static void run_help(struct client *client, int count, char **words) {
	size_t i;

	(void)count;
	(void)words;
	open_list(client);
	for (i = 0; i < sizeof commands / sizeof *commands; i++)
		reply_value(client, commands[i].help);
	close_list(client);
}

/* Lines. */

/* Splits a line at its blanks, in its place. What stands in double quotes is one word; there \ makes the next
 * character an ordinary one. Returns how many words there are, or -1 if a quote is not closed. Words beyond
 * the limit are counted but not stored. */
static int split(char *line, char **words, int limit) {
	char *in = line, *out = line;
	int count = 0;

	for (;;) {
		bool quoted = false;

		in += strspn(in, " \t");
		if (!*in)
			return count;
		if (count < limit)
			words[count] = out;
		count++;
		for (; *in && (quoted || !strchr(" \t", *in)); in++) {
			if (*in == '"')
				quoted = !quoted;
			else
				*out++ = quoted && *in == '\\' && in[1] ? *++in : *in;
		}
		if (quoted)
			return -1;
		if (*in)
			in++;
		*out++ = '\0';
	}
}

static int compare_name(const void *name, const void *command) {
	return strcasecmp(name, ((const struct command *)command)->name);
}

const struct command *command_find(const char *name) {
	return bsearch(name, commands, sizeof commands / sizeof *commands, sizeof *commands, compare_name);
}

void serve_line(struct client *client, char *line) {
	char *words[WORD_LIMIT];
	int count = split(line, words, WORD_LIMIT);
	const struct command *command;

	if (count == 0)
		return;
	if (count < 0) {
		reply_error(client, ERROR_OPEN_QUOTE);
		return;
	}
	command = command_find(words[0]);
	if (!command) {
		reply_error(client, ERROR_UNKNOWN_COMMAND);
		return;
	}
	if (count > WORD_LIMIT || (command->arity < 0 ? count < -command->arity : count != command->arity)) {
		reply_error(client, ERROR_USAGE);
		return;
	}
	client->command = command;
	client->commands++;
	monitor_report(++commands_executed, client, count, words);
	command->run(client, count, words);
}
