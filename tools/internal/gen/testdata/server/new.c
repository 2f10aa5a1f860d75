/* The next version: entries expire, and the counter is wider. */
#include "kitsune.h"

typedef long seconds;

enum kind { STRING = 1, LIST, HASH, ZSET };

struct entry {
	char *key;
	struct entry *next;
	char *data;
	seconds expires;
	unsigned int hits;
	enum kind kind;
};

struct table {
	struct entry *buckets[64];
	unsigned long count;
};

struct client {
	int fd;
	char input[256];
	struct client *next;
	void * E_OPAQUE tls;
};

struct command {
	const char *name;
	int (*run)(struct client *c, int argc, char **argv);
	int arity;
};

static int get(struct client *c, int argc, char **argv) { return 0; }
static int set_value(struct client *c, int argc, char **argv) { return 0; }
static int expire(struct client *c, int argc, char **argv) { return 0; }

struct table db;
static struct client *connections;
struct command commands[3] = {{"get", get, 1}, {"set", set_value, 2}, {"expire", expire, 2}};
long total_requests;
static int listeners[4];
double load[3];
seconds started;
