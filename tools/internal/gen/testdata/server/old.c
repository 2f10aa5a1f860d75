/* A server that has been running for a while. */
#include "kitsune.h"

enum kind { STRING = 1, LIST, HASH };

struct entry {
	char *key;
	char *value;
	struct entry *next;
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
static int set(struct client *c, int argc, char **argv) { return 0; }

struct table db;
static struct client *clients;
struct command commands[2] = {{"get", get, 1}, {"set", set, 2}};
int requests;
static int listeners[4];
double load[3];
