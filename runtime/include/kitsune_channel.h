/* kitsune_channel.h - how a client asks a running program for an update, and learns what came of it.
 *
 * Every updatable process keeps one page of shared memory, a sealed-size memfd called KITSUNE_CHANNEL_NAME. A
 * client finds it as a link in /proc/PID/fd and opens it through that link, which the kernel grants only to root
 * and to the process's own user. It posts a request and sends SIGUSR2; the process answers in the same page. A
 * signal without a posted request changes nothing.
 *
 * The client holds an exclusive flock() on the page from its request to the answer. The process writes all
 * fields but those of the request between two increments of `seq`, so that a reader that sees the same even number
 * before and after has a consistent picture. Times are CLOCK_MONOTONIC, in nanoseconds, if nothing else is said.
 *
 * The structure is part of the binary interface (kitsune_abi.h); tools/internal/proc reads and writes it. It grows at
 * its end: what lies beyond `size` is not there, in a process that was started with an older runtime.
 */
#ifndef KITSUNE_CHANNEL_H
#define KITSUNE_CHANNEL_H

#include <stdint.h>

#define KITSUNE_CHANNEL_NAME "kitsune-channel"
#define KITSUNE_CHANNEL_MAGIC "KITSUNE"
#define KITSUNE_CHANNEL_ABI 1u

/* What the process is doing. */
enum kitsune_state {
	KITSUNE_RUNNING = 1,      /* a version runs, no update is going on */
	KITSUNE_LOADING = 2,      /* the new version is being loaded and checked */
	KITSUNE_QUIESCING = 3,    /* it is good; threads are coming to their update points */
	KITSUNE_TRANSFORMING = 4, /* the new version's main carries the state over */
	KITSUNE_COMMITTING = 5,   /* the matching update point is reached; old memory is released */
};

/* What came of the last request. */
enum kitsune_result {
	KITSUNE_NONE = 0,
	KITSUNE_UPDATED = 1, /* the new version runs */
	KITSUNE_REFUSED = 2, /* the old version was never left */
	KITSUNE_FAILED =
	    3, /* the old version was left, the new one could not take over, and the process has ended */
	KITSUNE_ROLLED_BACK = 4, /* the old version was left, the new one gave up, and the old one goes on */
};

/* The request slot. */
enum kitsune_request {
	KITSUNE_REQUEST_NONE = 0,
	KITSUNE_REQUEST_POSTED = 1, /* by the client; it may take it back to NONE */
	KITSUNE_REQUEST_TAKEN = 2,  /* by the process, which sets NONE after its answer */
};

enum kitsune_phase {
	KITSUNE_WAIT,      /* from the request until the program came to an update point */
	KITSUNE_LOAD,      /* loading and checking the new version */
	KITSUNE_QUIESCE,   /* stopping threads, and leaving the old version */
	KITSUNE_TRANSFORM, /* from the entry of the new main to the matching update point */
	KITSUNE_COMMIT,    /* from there until the program goes on */
	KITSUNE_PHASES
};

/* An update that was asked for, and what came of it. What is not known is empty. Of a path that is too long the end is
 * there. */
struct kitsune_record {
	uint64_t time; /* of the answer: CLOCK_REALTIME, in ns */
	uint64_t times[KITSUNE_PHASES];
	uint64_t moved, visited, bytes;
	uint32_t result;         /* enum kitsune_result */
	char from[256], to[256]; /* the file that ran, and the one that was to run */
	char from_id[72], to_id[72];
	char message[1024];
	uint32_t unused; /* The size is the same on machines of 32 bits. */
};

#define KITSUNE_HISTORY 16

struct kitsune_channel {
	char magic[8];
	uint32_t abi;
	uint32_t size; /* sizeof(struct kitsune_channel) */
	int32_t pid;   /* whose page this is: a forked child makes its own */
	uint32_t seq;
	uint32_t state;   /* enum kitsune_state */
	uint32_t updates; /* completed updates of this process */
	uint64_t entered; /* when the running version was entered */
	uint64_t phase_began;

	/* The last answer. */
	uint32_t answer_to; /* request_id */
	uint32_t result;    /* enum kitsune_result */
	uint64_t times[KITSUNE_PHASES];
	uint64_t moved;   /* objects that got new storage */
	uint64_t visited; /* objects that kept their place */
	uint64_t bytes;   /* of new storage */
	char message[1024];

	/* The running version. */
	char path[4096];
	char build_id[72]; /* hex, or empty */

	/* Written by the client. */
	uint32_t request; /* enum kitsune_request; atomic */
	uint32_t request_id;
	uint64_t request_time;
	char request_path[4096];
	uint64_t request_deadline; /* when all threads have to be at update points; 0: as the process likes */

	/* The answers of this process. Answer n, from 0 on, is in history[n % KITSUNE_HISTORY] until it is overwritten. */
	uint64_t answers;
	struct kitsune_record history[KITSUNE_HISTORY];

	/* For the process alone: notify.c. */
	char notify_socket[112]; /* NOTIFY_SOCKET, if the process was started by systemd, else empty */
	uint64_t watchdog;       /* WATCHDOG_USEC; 0 if there is none */
};

#endif
