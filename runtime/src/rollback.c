/* Rollback: from the moment a version is left until the update is committed, there is a way back to it.
 *
 * The version that is left keeps what the new one's code would destroy: the main thread's stack, which the new main uses
 * as well, what signals do, and which descriptors are open. Its static storage and its heap are its own; what
 * transformers write there is in the log of undo.c.
 *
 * The new version gives up when it crashes, aborts, calls exit, returns from main, takes too long, or says so. Whatever
 * it is, it becomes a signal whose handler has a stack of its own. The handler restores the heap and calls the old
 * version, which restores its stack and returns to its update point.
 *
 * What has left the process cannot be undone: bytes sent, files written, descriptors closed. Memory that the new
 * version's own code has allocated is lost, and what this code has written to objects of the heap stays written.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <gnu/libc-version.h>
#include <stdarg.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "internal.h"
#include "undo.h"

/* The version that is left. */

static struct {
	bool back;          /* we have come back */
	ucontext_t context; /* in kt_way_back_open() */
	jmp_buf leave;      /* the driver's */
	void *low;          /* what `stack` is a copy of begins here */
	void *stack;
	size_t size;
	uintptr_t lowest; /* that the stack may come to */
	struct sigaction actions[NSIG];
	stack_t signal_stack;
	int *open; /* descriptors, in ascending order */
	size_t opened, room;
	bool complete; /* there was memory for all this */
	char why[1024];
} way;

static int ascending(const void *a, const void *b) {
	return *(const int *)a - *(const int *)b;
}

static bool save_descriptor(int fd) {
	if (way.opened == way.room) {
		const size_t room = way.room ? 2 * way.room : 64;
		int *open = realloc(way.open, room * sizeof *open);
		if (!open)
			return false;
		way.open = open;
		way.room = room;
	}
	way.open[way.opened++] = fd;
	return true;
}

/* Without /proc there are none to be saved. Returns false if there is no memory. */
static bool save_descriptors(void) {
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *e;
	bool saved = true;
	way.opened = 0;
	if (!dir)
		return errno != ENOMEM;
	while (saved && (e = readdir(dir)))
		if (e->d_name[0] != '.' && atoi(e->d_name) != dirfd(dir))
			saved = save_descriptor(atoi(e->d_name));
	closedir(dir);
	qsort(way.open, way.opened, sizeof *way.open, ascending);
	return saved;
}

/* Closes what has been opened since then. */
static void restore_descriptors(void) {
	int next = 0;
	if (way.opened == 0)
		return;
	for (size_t i = 0; i < way.opened; i++) {
		if (next < way.open[i])
			close_range((unsigned)next, (unsigned)way.open[i] - 1, 0);
		next = way.open[i] + 1;
	}
	close_range((unsigned)next, ~0u, 0);
}

/* The calling thread's stack. */
static void find_stack(uintptr_t *low, uintptr_t *high) {
	pthread_attr_t attr;
	void *begin;
	size_t size;
	*low = *high = (uintptr_t)__builtin_frame_address(0);
	if (pthread_getattr_np(pthread_self(), &attr) != 0)
		return;
	if (pthread_attr_getstack(&attr, &begin, &size) == 0) {
		*low = (uintptr_t)begin;
		*high = (uintptr_t)begin + size;
	}
	pthread_attr_destroy(&attr);
}

/* By hand: the sanitizers know of places on the stack that nobody must touch. */
__attribute__((no_sanitize("address"), noinline)) static void copy(void *to, const void *from, size_t size) {
	volatile uintptr_t *t = to;
	const volatile uintptr_t *f = from;
	for (size_t i = 0; i < size / sizeof *t; i++)
		t[i] = f[i];
}

/* Not inline: the frames of all callers are above its own. */
__attribute__((noinline)) static bool save_stack(void) {
	uintptr_t high;
	find_stack(&way.lowest, &high);
	way.low = __builtin_frame_address(0);
	way.size = high - (uintptr_t)way.low;
	way.stack = malloc(way.size);
	if (way.stack)
		copy(way.stack, way.low, way.size);
	return way.stack;
}

/* What sanitizers have noted of the frames that the new version has had on the stack is not true any more. */
static void forget_frames(void) {
	extern void __asan_unpoison_memory_region(const volatile void *, size_t) __attribute__((weak));
	if (__asan_unpoison_memory_region)
		__asan_unpoison_memory_region((void *)way.lowest, (uintptr_t)way.low + way.size - way.lowest);
}

static void come_back(const char *why) __attribute__((noreturn));

static void come_back(const char *why) {
	snprintf(way.why, sizeof way.why, "%s", why);
	restore_descriptors();
	for (int n = 1; n < NSIG; n++)
		sigaction(n, &way.actions[n], NULL);
	kt_image.go_back(&kt_image, kt.handle);
	memcpy(*kt.leave, way.leave, sizeof way.leave);
	forget_frames();
	copy(way.low, way.stack, way.size);
	way.back = true;
	setcontext(&way.context);
	abort(); /* It does not return. */
}

void kt_way_back_close(void) {
	kt_image.come_back = NULL;
	free(way.stack);
	free(way.open);
	memset(&way, 0, offsetof(__typeof__(way), why)); /* Addresses of what comes and goes. */
}

const char *kt_way_back_open(void) {
	if (!kt_image.go_back)
		return NULL;
	for (int n = 1; n < NSIG; n++)
		sigaction(n, NULL, &way.actions[n]);
	sigaltstack(NULL, &way.signal_stack);
	way.complete = save_descriptors();
	memcpy(way.leave, *kt.leave, sizeof way.leave);
	kt_image.come_back = come_back;
	getcontext(&way.context);
	if (*(volatile bool *)&way.back) {
		sigaltstack(&way.signal_stack, NULL); /* Not before: it was in use. */
		kt_way_back_close();
		return way.why;
	}
	if (way.complete && save_stack())
		return NULL;
	kt_way_back_close();
	return "out of memory for the state that the way back needs";
}

/* The version that is entered. */

/* What a crash is. A timer sends the first one when time is up. */
static const int crashes[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP};
enum { CRASHES = sizeof crashes / sizeof *crashes, PATIENCE = 1000 };

/* The handler's: the one that the program uses may have overflowed. */
static char own_stack[64 * 1024] __attribute__((aligned(16)));

static struct {
	bool open; /* there is a way back */
	pid_t process, thread;
	struct sigaction before[CRASHES];
	stack_t before_stack;
	timer_t timer;
	bool timed;
	double limit;   /* s */
	int put_off;    /* how often the end of the time has been */
	int step;       /* of the way back */
	char why[1024]; /* it has given up; empty: it has crashed */
} attempt;

static bool from_timer(const siginfo_t *info) {
	return info->si_code == SI_TIMER && info->si_value.sival_ptr == &attempt;
}

static void set_timer(double seconds) {
	const time_t whole = (time_t)seconds;
	const struct itimerspec t = {.it_value = {whole, (long)((seconds - (double)whole) * 1e9)}};
	timer_settime(attempt.timer, 0, &t, NULL);
}

static void *program_counter(const ucontext_t *c) {
#if defined(__x86_64__)
	return (void *)c->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
	return (void *)c->uc_mcontext.pc;
#elif defined(__i386__)
	return (void *)c->uc_mcontext.gregs[REG_EIP];
#endif
}

/* Whether a call of the system has been interrupted. */
static bool in_system_call(const void *pc) {
#if defined(__x86_64__)
	return memcmp((const char *)pc - 2, "\x0f\x05", 2) == 0;
#elif defined(__aarch64__)
	return memcmp((const char *)pc - 4, "\x01\0\0\xd4", 4) == 0;
#else
	(void)pc;
	return false;
#endif
}

/* Whether the C library is at work: its allocator, perhaps, which the old version needs in order. */
static bool in_c_library(const void *pc) {
	Dl_info here, library;
	if (in_system_call(pc))
		return false;
	return dladdr(pc, &here) && dladdr((void *)gnu_get_libc_version, &library) &&
	       here.dli_fbase == library.dli_fbase;
}

static void say_crash(int number, const siginfo_t *info, const void *pc) {
	const char *name = sigabbrev_np(number);
	char at[64] = "", in[256] = "";
	Dl_info where;
	if (number == SIGSEGV || number == SIGBUS)
		snprintf(at, sizeof at, " at address %p", info->si_addr);
	if (dladdr(pc, &where) && where.dli_sname)
		snprintf(in, sizeof in, " in %.200s", where.dli_sname);
	if (number == SIGABRT)
		snprintf(attempt.why, sizeof attempt.why, "the new version aborted");
	else
		snprintf(attempt.why, sizeof attempt.why, "the new version crashed: SIG%s%s%s",
		         name ? name : "?", at, in);
}

/* Has the main thread roll back. */
static void tell_main_thread(void) {
	syscall(SYS_tgkill, attempt.process, attempt.thread, SIGABRT);
	for (;;)
		pause();
}

/* Restores the heap and goes back. It is called again if it crashes. */
static void roll_back(bool orderly) {
	switch (attempt.step++) {
	case 0:
		if (attempt.timed)
			timer_delete(attempt.timer);
		kt_undo_all();
		attempt.step = 2;
		/* After a crash the allocator had better be left alone. */
		if (orderly)
			kt_transform_rollback();
		break;
	case 2: /* The new version has released what it had taken over, or has written beyond a block. */
		break;
	default: /* Nothing helps. */
		signal(SIGABRT, SIG_DFL);
		abort();
	}
	attempt.step = 3;
	kt.previous->come_back(attempt.why);
}

static void on_crash(int number, siginfo_t *info, void *context) {
	const void *pc = program_counter(context);
	const bool given_up = attempt.why[0];
	if (getpid() != attempt.process || (info->si_code == SI_USER && info->si_pid != attempt.process)) {
		for (int i = 0; i < CRASHES; i++) /* A forked child, or somebody wants the process to end. */
			sigaction(crashes[i], &attempt.before[i], NULL);
		if (info->si_code <= 0)
			raise(number);
		return; /* What has crashed crashes again. */
	}
	if (from_timer(info) && !given_up) {
		if (in_c_library(pc) && attempt.put_off++ < PATIENCE) {
			set_timer(0.001);
			return;
		}
		snprintf(
		    attempt.why, sizeof attempt.why,
		    "the new version has not come to the update point within %g s (KITSUNE_UPDATE_LIMIT)",
		    attempt.limit);
	} else if (!given_up) {
		say_crash(number, info, pc);
	}
	if (gettid() != attempt.thread)
		tell_main_thread();
	roll_back(given_up);
}

void kt_give_up(const char *fmt, ...) {
	sigset_t abort_only;
	va_list ap;
	if (!attempt.open || getpid() != attempt.process)
		return;
	va_start(ap, fmt);
	vsnprintf(attempt.why, sizeof attempt.why, fmt, ap);
	va_end(ap);
	if (gettid() != attempt.thread)
		tell_main_thread();
	sigemptyset(&abort_only);
	sigaddset(&abort_only, SIGABRT);
	pthread_sigmask(SIG_UNBLOCK, &abort_only, NULL);
	raise(SIGABRT);
}

KITSUNE_API void kitsune_abort_update(const char *why) {
	kt_give_up("%s", why);
}

void kt_exiting(int status) {
	kt_trial_exiting(status);
	kt_give_up("the new version called exit(%d) before it came to the update point", status);
}

/* The time that a version may take, in s. */
static double limit(void) {
	const char *value = getenv("KITSUNE_UPDATE_LIMIT");
	char *end;
	double seconds = value ? strtod(value, &end) : 0;
	return value && end != value && !*end && seconds > 0 && seconds < 1e9 ? seconds : 60;
}

void kt_attempt_begin(void) {
	struct sigaction action = {.sa_sigaction = on_crash,
	                           .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGABRT};
	const stack_t stack = {.ss_sp = own_stack, .ss_size = sizeof own_stack};
	if (!kt.previous->come_back)
		return;
	attempt.process = getpid();
	attempt.thread = gettid();
	attempt.why[0] = '\0';
	attempt.put_off = attempt.step = 0;
	attempt.open = true;
	sigaltstack(&stack, &attempt.before_stack);
	for (int i = 0; i < CRASHES; i++)
		sigaction(crashes[i], &action, &attempt.before[i]);
	attempt.limit = limit();
	event.sigev_value.sival_ptr = &attempt;
	event._sigev_un._tid = attempt.thread;
	attempt.timed = timer_create(CLOCK_MONOTONIC, &event, &attempt.timer) == 0;
	if (attempt.timed)
		set_timer(attempt.limit);
}

void kt_attempt_end(void) {
	stack_t stack;
	if (!attempt.open)
		return;
	if (attempt.timed)
		timer_delete(attempt.timer);
	for (int i = 0; i < CRASHES; i++) {
		struct sigaction now;
		sigaction(crashes[i], NULL, &now);
		if (now.sa_flags & SA_SIGINFO &&
		    now.sa_sigaction == on_crash) /* Else, it is the program's. */
			sigaction(crashes[i], &attempt.before[i], NULL);
	}
	if (sigaltstack(NULL, &stack) == 0 && stack.ss_sp == own_stack)
		sigaltstack(&attempt.before_stack, NULL);
	memset(&attempt, 0, sizeof attempt); /* The C library has left addresses in the masks. */
}
