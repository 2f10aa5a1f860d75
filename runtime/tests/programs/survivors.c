/* Whatever leads into an old image keeps it, and is told: pointers in data that an update does not look into, and what
 * libraries and the kernel have been given. When it is gone, so is the image. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <time.h>

#include "kitsune_abi.h"
#include "runtime/tests/programs/program.h"

/* What the cases need of the version that they begin in. */
static int variable = 1;
static char buffer[65536];
static int function(int x) {
	return x + 1;
}
static void destructor(void *unused) {
	(void)unused;
}
static void on_signal(int number) {
	(void)number;
}
static ssize_t write_nothing(void *cookie, const char *text, size_t size) {
	(void)cookie;
	(void)text;
	return (ssize_t)size;
}

/* What is carried over, byte for byte. */
static struct state {
	int step;
	void *memory;
	const char *text;
	FILE *stream;
	pthread_key_t key;
	timer_t timer;
	int epoll, pipe[2];
} * state;

/* One way to lead into an image. */
struct survivor {
	const char *what; /* the log has to say */
	void (*begin)(void);
	void (*check)(void);
	void (*end)(void);
};

static void keep(void *pointer, size_t shift) {
	state->memory = calloc(1, 100);
	memcpy((char *)state->memory + shift, &pointer, sizeof pointer);
}
static void forget(void) {
	memset(state->memory, 0, 100); /* What is left in a block is found again when the block is. */
	free(state->memory);
}

static void literal_begin(void) {
	keep((void *)"a literal of the old version", 16);
}
static void literal_check(void) {
	CHECK(strcmp(((char **)state->memory)[2], "a literal of the old version") == 0);
}

static void packed_begin(void) {
	keep(&variable, 13);
}
static void packed_check(void) {
	int *p;
	memcpy(&p, (char *)state->memory + 13, sizeof p);
	CHECK_EQUAL(*p, 1);
}

static void function_begin(void) {
	state->memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	*(int (**)(int))state->memory = function;
	CHECK(mprotect(state->memory, 4096, PROT_NONE) == 0);
}
static void function_check(void) {
	CHECK(mprotect(state->memory, 4096, PROT_READ) == 0);
	CHECK_EQUAL((*(int (**)(int))state->memory)(1), 2);
}
static void function_end(void) {
	munmap(state->memory, 4096);
	state->memory = NULL; /* An image may come to be there. */
}

static void stream_begin(void) {
	state->stream = fopen("/dev/null", "w");
	setvbuf(state->stream, buffer, _IOFBF, sizeof buffer);
}
static void stream_check(void) {
	CHECK(fputs("text", state->stream) >= 0);
}
static void stream_end(void) {
	fclose(state->stream);
}

static void cookie_begin(void) {
	state->stream = fopencookie(NULL, "w", (cookie_io_functions_t){.write = write_nothing});
}

static void key_begin(void) {
	CHECK(pthread_key_create(&state->key, destructor) == 0);
}
static void key_end(void) { /* The C library keeps the destructor of a key until there is another one. */
	CHECK(pthread_key_delete(state->key) == 0);
	CHECK(pthread_key_create(&state->key, NULL) == 0);
}

static void signal_begin(void) {
	signal(SIGUSR1, on_signal); /* Is not registered: nothing can take its place. */
}
static void signal_check(void) {
	CHECK(raise(SIGUSR1) == 0);
}
static void signal_end(void) {
	signal(SIGUSR1, SIG_DFL);
}

static void stack_begin(void) {
	CHECK(sigaltstack(&(stack_t){.ss_sp = buffer, .ss_size = sizeof buffer}, NULL) == 0);
}
static void stack_end(void) {
	CHECK(sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, NULL) == 0);
}

static void epoll_begin(void) {
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = &variable};
	state->epoll = epoll_create1(0);
	CHECK(pipe(state->pipe) == 0);
	CHECK(epoll_ctl(state->epoll, EPOLL_CTL_ADD, state->pipe[0], &event) == 0);
}
static void epoll_end(void) {
	close(state->epoll);
	close(state->pipe[0]);
	close(state->pipe[1]);
}

static void timer_begin(void) {
	struct sigevent event = {
	    .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM, .sigev_value.sival_ptr = &variable};
	CHECK(timer_create(CLOCK_MONOTONIC, &event, &state->timer) == 0);
}
static void timer_end(void) {
	CHECK(timer_delete(state->timer) == 0);
}

static void at_exit(void) {
	CHECK_EQUAL(variable, 1);
}
static void exit_begin(void) { /* The last one: there is no end to it. */
	CHECK(atexit(at_exit) == 0);
}

static void nothing(void) {
}

static const struct survivor survivors[] = {
    {"byte 16 of a heap block of 104 bytes leads to the text \"a literal of the old version\"", literal_begin,
     literal_check, forget},
    {"byte 13 of a heap block of 104 bytes leads to", packed_begin, packed_check, forget},
    {"memory at ", function_begin, function_check, function_end},
    {" of a heap block of 472 bytes leads to", stream_begin, stream_check, stream_end},
    {"hidden by the C library", cookie_begin, stream_check, stream_end},
    {"of libc.so.6 leads to", key_begin, nothing, key_end},
    {"the handler of signal 10 leads to", signal_begin, signal_check, signal_end},
    {"the alternate signal stack leads to", stack_begin, nothing, stack_end},
    {" in epoll leads to", epoll_begin, nothing, epoll_end},
    {"the data of a timer leads to", timer_begin, nothing, timer_end},
    {"libc.so.6+0x", exit_begin, nothing, nothing},
};
enum { SURVIVORS = sizeof survivors / sizeof *survivors };

int main(int argc, char **argv) {
	const struct survivor *s;
	(void)argc;
	NOTE_STATIC(state);
	if (!MIGRATE_STATIC(state)) {
		setenv("KITSUNE_VERIFY", "1", 1);
		state = calloc(1, sizeof *state);
	}
	kitsune_update("main");
	/* Even steps begin a case, odd ones end it. */
	s = &survivors[state->step / 2];
	if (state->step % 2 == 0) {
		CHECK_EQUAL(images(), 1);
		s->begin();
	} else {
		CHECK_EQUAL(images(), 2);
		CHECK(logged(argv[0], s->what));
		s->check();
		if (state->step / 2 == SURVIVORS - 1)
			return done();
		s->end();
	}
	state->step++;
	request(argv[!VERSION]);
	kitsune_update("main");
	CHECK(!"the update has not happened");
}
