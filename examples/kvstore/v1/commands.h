/* commands.h - what the server can be asked to do. README.md describes the protocol. */
#ifndef KVSTORE_COMMANDS_H
#define KVSTORE_COMMANDS_H

#include <stdint.h>

#define KVSTORE_VERSION "1.0"

struct client;

struct command {
	const char *name;
	void (*run)(struct client *client, int count, char **words);
	int arity; /* how many words there must be, the name included; -n: at least n */
	const char *help;
};

enum error {
	ERROR_UNKNOWN_COMMAND,
	ERROR_USAGE,
	ERROR_OPEN_QUOTE,
	ERROR_NOT_A_NUMBER,
	ERROR_OUT_OF_RANGE,
	ERROR_BAD_LINE,
	ERROR_COUNT
};

/* How many commands have been executed; the number of the last one in the MONITOR stream. */
extern int commands_executed;

/* clock_ms() when the server was started. */
extern int64_t start_time;

/* The command of that name in any case of letters, or NULL. */
const struct command *command_find(const char *name);

/* Executes a line as a command and puts the answer into the client's output. Changes the line. */
void serve_line(struct client *client, char *line);

void reply_error(struct client *client, enum error error);

#endif
