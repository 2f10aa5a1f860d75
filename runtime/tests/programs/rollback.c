/* Whatever the new version does before it comes to the update point, the old one goes on where it was, with all that it
 * had, and can be updated afterwards. */
#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/tests/programs/program.h"

/* Nodes grow; pairs stay where they are, with a pointer that is rewritten. */
struct old_node {
	struct old_node *next;
	int number;
};
struct new_node {
	struct new_node *next;
	int number, more;
};
#if VERSION == 0
typedef struct old_node node;
#else
typedef struct new_node node;
#endif

struct pair {
	int *counter;
	int value;
};

enum fault {
	SEGMENTATION,
	BUS,
	DIVISION,
	TRAP,
	ABORT,
	ASSERTION,
	EXIT,
	EXIT_AT_ONCE,
	RETURN,
	ENDLESS_LOOP,
	ENDLESS_SLEEP,
	OVERFLOW,
	GIVE_UP,
	RELEASES,
	IN_CHILD_ONLY,
	IN_PRESTART,
	IN_TRANSFORMER,
	IN_MAINUPDATE,
	UNHEALTHY,
	NONE
};

enum { LENGTH = 1000 };

enum fault fault;
node *list;
struct pair *pair;
int counter;

static int length(const node *n) {
	int length = 0;
	for (; n; n = n->next)
		CHECK_EQUAL(n->number, length++);
	return length;
}

static inline int descriptors(void) {
	int n = 0;
	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

#if VERSION == 0

static const char *name;

static void on_signal(int number) {
	(void)number;
}

/* Asks for an update that has a fault, from a frame with something in it. */
static __attribute__((noinline)) void try(const char *path, enum fault f, const char *why) {
	volatile char frame[1000];
	struct sigaction before, action;
	const int open_before = descriptors(), *target = pair->counter;
	node *first = list;
	for (size_t i = 0; i < sizeof frame; i++)
		frame[i] = (char)i;
	sigaction(SIGSEGV, NULL, &before);
	fault = f;
	request(path);
	kitsune_update("main");
	CHECK(!kitsune_is_updating());
	CHECK(!kitsune_has_updated());
	for (size_t i = 0; i < sizeof frame; i++)
		CHECK_EQUAL(frame[i], (char)i);
	CHECK_EQUAL(fault, f);
	CHECK(list == first);
	CHECK_EQUAL(length(list), LENGTH);
	CHECK(pair->counter == target);
	CHECK_EQUAL(*pair->counter, 7);
	CHECK_EQUAL(descriptors(), open_before);
	CHECK(sigaction(SIGSEGV, NULL, &action) == 0 && action.sa_handler == before.sa_handler);
	CHECK(sigaction(SIGHUP, NULL, &action) == 0 && action.sa_handler == on_signal);
	CHECK(logged(name, why));
}

int main(int argc, char **argv) {
	(void)argc;
	name = argv[0];
	kitsune_note_var("counter", NULL, NULL, NULL, &counter, sizeof counter);
	signal(SIGHUP, on_signal);
	counter = 7;
	pair = malloc(sizeof *pair);
	*pair = (struct pair){&counter, 1};
	for (int i = LENGTH; i-- > 0;) {
		node *n = malloc(sizeof *n);
		*n = (node){list, i};
		list = n;
	}
	setenv("KITSUNE_UPDATE_LIMIT", "0.3", 1);
	try(argv[1], SEGMENTATION, "SIGSEGV at address (nil) in do_it");
	try(argv[1], BUS, "SIGBUS at address 0x");
	try(argv[1], DIVISION, "SIGFPE");
	try(argv[1], TRAP, "SIGILL");
	try(argv[1], ABORT, "the new version aborted");
	try(argv[1], ASSERTION, "the new version aborted");
	try(argv[1], EXIT, "exit(3)");
	try(argv[1], EXIT_AT_ONCE, "exit(4)");
	try(argv[1], RETURN, "returned 5");
	try(argv[1], ENDLESS_LOOP, "within 0.3 s");
	try(argv[1], ENDLESS_SLEEP, "within 0.3 s");
	try(argv[1], OVERFLOW, "SIGSEGV at address 0x");
	try(argv[1], GIVE_UP, "it is the wrong time");
#ifndef __SANITIZE_ADDRESS__ /* which lets no process live after it has released a block twice */
	try(argv[1], RELEASES, "it has released an object");
#endif
	try(argv[1], IN_PRESTART, "SIGSEGV");
	try(argv[1], IN_TRANSFORMER, "SIGSEGV");
	try(argv[1], IN_MAINUPDATE, "SIGSEGV");
	try(argv[1], UNHEALTHY, "kitsune_health() says no: 6");
	unsetenv("KITSUNE_UPDATE_LIMIT");
	fault = IN_CHILD_ONLY;
	request(argv[1]);
	kitsune_update("main");
	CHECK(!"the update has not happened");
}

#else

static volatile int zero, five = 5;

static __attribute__((noinline)) int overflow(volatile char *above) {
	volatile char room[4096];
	room[0] = above ? above[0] : 1;
	return overflow(room) + room[0];
}

__attribute__((noinline)) void do_it(enum fault f) {
	FILE *empty;
	int status;
	switch (f) {
	case SEGMENTATION:
		*(volatile int *)NULL = 1;
		break;
	case BUS:
		empty = tmpfile();
		*(volatile char *)mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(empty), 0) = 1;
		break;
	case DIVISION:
		zero = five / zero;
		break;
	case TRAP:
		__builtin_trap();
	case ABORT:
		abort();
	case ASSERTION:
		assert(!"what holds");
		break;
	case EXIT:
		exit(3);
	case EXIT_AT_ONCE:
		_exit(4);
	case ENDLESS_LOOP:
		for (;;)
			zero++;
	case ENDLESS_SLEEP:
		for (;;)
			pause();
	case OVERFLOW:
		zero = overflow(NULL);
		break;
	case GIVE_UP:
		kitsune_abort_update("it is the wrong time");
		break;
	case RELEASES:
		free(list);
		kitsune_abort_update("it has released an object");
		break;
	case IN_CHILD_ONLY:
		if (fork() == 0)
			abort();
		CHECK(wait(&status) > 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
		if (fork() == 0)
			exit(0);
		CHECK(wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0);
		break;
	default:
		break;
	}
}

static enum fault old_fault(void) {
	return *(enum fault *)GET_OLD_GLOBAL(fault);
}

static void transform_node(void *in, void *out, int nargs, void **args);
static const closure a_node = {transform_node,          XF_DEEP, sizeof(struct old_node),
                               sizeof(struct new_node), 0,       NULL};
static void transform_pair(void *in, void *out, int nargs, void **args);
static const closure a_pair = {transform_pair, XF_SHALLOW, sizeof(struct pair), sizeof(struct pair), 0, NULL};

static void transform_node(void *in, void *out, int nargs, void **args) {
	struct old_node *o = in;
	struct new_node *n = out;
	(void)nargs, (void)args;
	n->number = o->number;
	n->more = 1;
	if (old_fault() == IN_TRANSFORMER && n->number == LENGTH / 2)
		do_it(SEGMENTATION);
	kitsune_xform_ptr(&o->next, &n->next, &a_node);
}

static void transform_pair(void *in, void *out, int nargs, void **args) {
	(void)nargs, (void)args;
	kitsune_xform_plain(in, out);
}

void GLOBAL_XFORM(pair)(void) {
	kitsune_xform_ptr(GET_OLD_GLOBAL(pair), &pair, &a_pair);
}

void GLOBAL_XFORM(list)(void) {
	kitsune_xform_ptr(GET_OLD_GLOBAL(list), &list, &a_node);
}

void _kitsune_prestart_xform(void) {
	if (old_fault() == IN_PRESTART)
		do_it(SEGMENTATION);
}

void _kitsune_mainupdate_xform(void) {
	if (fault == IN_MAINUPDATE)
		do_it(SEGMENTATION);
}

int kitsune_health(void) {
	return fault == UNHEALTHY ? 6 : 0;
}

int main(void) {
	kitsune_note_var("counter", NULL, NULL, NULL, &counter, sizeof counter);
	signal(SIGHUP, SIG_IGN);
	CHECK(open("/dev/null", O_RDONLY) > 0);
	CHECK(MIGRATE_GLOBAL(counter) && MIGRATE_GLOBAL(fault) && MIGRATE_GLOBAL(pair) &&
	      MIGRATE_GLOBAL(list));
	CHECK(pair->counter == &counter);
	CHECK_EQUAL(length(list), LENGTH);
	do_it(fault);
	if (fault == RETURN)
		return 5;
	kitsune_update("main");
	CHECK(kitsune_has_updated());
	CHECK_EQUAL(length(list), LENGTH);
	return done();
}

#endif
