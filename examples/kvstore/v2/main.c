/* kvstore - a key-value server, and a tour of what it takes to update one while it runs.
 *
 * There are two update points, "main" and "monitor", one in each of the loops that the server spends its life
 * in. All the rest that has to do with updates is an annotation here and there, explained where it stands.
 */
#define _GNU_SOURCE /* asprintf */
#include "clock.h"
#include "commands.h"
#include "kitsune.h"
#include "log.h"
#include "monitor.h"
#include "net.h"
#include "store.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void usage(FILE *out) {
	fputs(
	    "usage: kvstore [--port N] [--port-file FILE] [--log FILE]\n"
	    "  --port N          listen on port N of the loopback address; 0, the default, is any free one\n"
	    "  --port-file FILE  write the port to FILE when it is open\n"
	    "  --log FILE        log to the end of FILE instead of to standard error\n",
	    out);
}

/* Ends the program. */
static void fail(const char *what, const char *object) {
	fprintf(stderr, "kvstore: %s %s: %s\n", what, object, strerror(errno));
	exit(1);
}

/* Appears under its name when it is complete. */
static void write_port_file(const char *path, int port) {
	char *temporary;
	FILE *file;

	if (asprintf(&temporary, "%s.tmp", path) < 0)
		fail("cannot write", path);
	file = fopen(temporary, "we");
	if (!file || fprintf(file, "%d\n", port) < 0 || fclose(file) != 0 || rename(temporary, path) != 0)
		fail("cannot write", path);
	free(temporary);
}

/* Returns the listening socket. */
static int start(int argc, char **argv) {
	static const struct option known[] = {
	    {"port", required_argument, NULL, 'p'},
	    {"port-file", required_argument, NULL, 'f'},
	    {"log", required_argument, NULL, 'l'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	const char *port_file = NULL;
	int port = 0;
	int option, listener;
	char *end;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case 'p':
			port = (int)strtol(optarg, &end, 10);
			if (end == optarg || *end || port < 0 || port > 65535) {
				fprintf(stderr, "kvstore: --port %s: not a port\n", optarg);
				exit(2);
			}
			break;
		case 'f':
			port_file = optarg;
			break;
		case 'l':
			if (log_open(optarg) < 0)
				fail("cannot open", optarg);
			break;
		case 'h':
			usage(stdout);
			exit(0);
		default:
			usage(stderr);
			exit(2);
		}
	}
	if (optind < argc) {
		usage(stderr);
		exit(2);
	}

	start_time = clock_ms();
	listener = net_listen(&port);
	if (listener < 0)
		fail("cannot listen on", "127.0.0.1");
	if (net_open(listener) < 0)
		fail("cannot serve", "127.0.0.1");
	if (port_file)
		write_port_file(port_file, port);
	printf("kvstore %s is ready on 127.0.0.1:%d\n", KVSTORE_VERSION, port);
	fflush(stdout);
	log_line("version %s started, logging to %s", KVSTORE_VERSION, log_name());
	return listener;
}

/* The loop of the server while somebody follows the stream: after each round the followers are sent what was
 * executed in it. The server may stay here for days, so there is an update point here too. */
static void serve_followers(int listener) E_NOTELOCALS {
	int64_t began = clock_ms();
	uint64_t before = commands_executed;

	/* If this is where an update ends, then following began under the old version. */
	MIGRATE_LOCAL(began);
	MIGRATE_LOCAL(before);

	while (monitor_followers() > 0) {
		kitsune_update("monitor");
		monitor_flush();
		net_round(listener);
		store_sweep();
	}
	log_line("%" PRIu64 " commands were followed, %.1f seconds", commands_executed - before,
	         (double)(clock_ms() - began) / 1000);
}

/* When an update begins, the old version's main() is left at an update point, and the new version's main()
 * runs from here. Its first line carries over the global and static variables, the second one the local
 * variable `listener`, whose place E_NOTELOCALS made known. When the program is started both do nothing. */
int main(int argc, char **argv) E_NOTELOCALS {
	int listener;

	kitsune_do_automigrate();
	if (!MIGRATE_LOCAL(listener))
		listener = start(argc, argv);
	else
		log_line("version %s takes over", KVSTORE_VERSION);

	for (;;) {
		kitsune_update("main");

		/* The update ends where it began: the new version passes all update points but the one at
		 * which the old version was left. If that is "monitor", go there at once; nothing on the way
		 * there may wait for events. */
		if (kitsune_is_updating_from("monitor") || monitor_followers() > 0)
			serve_followers(listener);

		net_round(listener);
		store_sweep();
	}
}
