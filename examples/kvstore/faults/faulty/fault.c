/* fault - makes kvstore 2 a version that goes wrong while it takes over.
 *
 * Where and how stands in the file that KVSTORE_FAULT names in the environment of the server: "transformer abort", for
 * example. So this one update has all the faults. Without the file it is as good as any other. */
#include "examples/kvstore/faults/faulty/fault.h"

#include "kitsune.h"

#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static volatile int E_MANUAL_MIGRATE zero, E_MANUAL_MIGRATE five = 5;

static void segmentation(void) {
	*(volatile int *)NULL = 1;
}

/* Maps a page of a file that has none. */
static void bus(void) {
	FILE *empty = tmpfile();

	*(volatile char *)mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(empty), 0) = 1;
}

static void division(void) {
	zero = five / zero;
}

static void assertion(void) {
	assert(zero == five);
}

static void end(void) {
	exit(3);
}

static void end_at_once(void) {
	_exit(4);
}

static void loop(void) {
	for (;;)
		zero = 0;
}

static __attribute__((noinline)) int descend(const volatile char *above) {
	volatile char room[4096];

	room[0] = above ? above[0] : 1;
	return five ? descend(room) + room[0] : 0;
}

static void overflow(void) {
	zero = descend(NULL);
}

/* As much as there is, and then as kvstore does when there is none. */
static void exhaust(void) {
	while (malloc(1 << 20))
		;
	fputs("kvstore: out of memory\n", stderr);
	exit(1);
}

static void give_up(void) {
	kitsune_abort_update("it is the wrong time");
}

/* Opens files and changes what signals do, before it aborts. */
static void disturb(void) {
	sigset_t all;

	for (int i = 0; i < 100; i++)
		if (open("/dev/null", O_RDONLY) < 0)
			break;
	for (int number = 1; number < SIGRTMAX; number++)
		if (number != SIGABRT)
			signal(number, SIG_IGN);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	abort();
}

/* No fault: time for others to do something. */
static void linger(void) {
	struct timespec left = {.tv_nsec = 300 * 1000 * 1000};

	while (nanosleep(&left, &left) < 0)
		;
}

static const struct {
	const char *name;
	void (*happen)(void);
} ways[] = {
    {"SIGSEGV", segmentation}, {"SIGBUS", bus},     {"SIGFPE", division},   {"abort", abort},
    {"assert", assertion},     {"exit", end},       {"_exit", end_at_once}, {"loop", loop},
    {"overflow", overflow},    {"memory", exhaust}, {"give-up", give_up},   {"disturb", disturb},
    {"linger", linger},
};

/* Reads what is to go wrong. Returns false if there is nothing. */
static int read_fault(char place[32], char way[32]) {
	const char *name = getenv("KVSTORE_FAULT");
	FILE *file = name ? fopen(name, "re") : NULL;
	int words = 0;

	if (file) {
		words = fscanf(file, "%31s %31s", place, way);
		fclose(file);
	}
	return words == 2;
}

void fault_at(const char *here) {
	char place[32], way[32];

	if (!read_fault(place, way) || strcmp(place, here) != 0)
		return;
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
		if (strcmp(way, ways[i].name) == 0)
			ways[i].happen();
}

void fault_at_entry(void) {
	static int E_MANUAL_MIGRATE entries;

	if (++entries == 100) /* Others are done, and others are to come. */
		fault_at("transformer");
}

static __attribute__((constructor)) void construct(void) {
	fault_at("constructor");
}

void _kitsune_prestart_xform(void) {
	fault_at("prestart");
}

/* What main() calls first carries the state over; the linker has it call this (--wrap). */
void __real_kitsune_do_automigrate(void);
void __wrap_kitsune_do_automigrate(void);

void __wrap_kitsune_do_automigrate(void) {
	__real_kitsune_do_automigrate();
	fault_at("main");
}

void _kitsune_mainupdate_xform(void) {
	fault_at("mainupdate");
}

int kitsune_health(void) {
	char place[32], way[32];

	fault_at("health");
	return read_fault(place, way) && strcmp(way, "unhealthy") == 0 ? 6 : 0;
}
