/* After an update signals are handled by the functions of the new version that have the keys of the old ones, with the
 * flags and masks that these had. A handler that the new version has set by itself stays, and so does a function of a
 * library. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>

#include "kitsune_abi.h"
#include "runtime/tests/programs/program.h"

#define SECTION(name) __attribute__((section(name), used, aligned(8)))
static const struct kitsune_unit SECTION("kitsune_units") unit = {KITSUNE_ABI, sizeof(struct kitsune_symbol),
                                                                  "signals.c", NULL, ""};
#define FUNCTION(name)                                                                  \
	static const struct kitsune_symbol SECTION("kitsune_symbols") name##_symbol = { \
	    &unit, #name, NULL, NULL, name, 0, 0, KITSUNE_SYMBOL_STATIC | KITSUNE_SYMBOL_FUNCTION}

static int handled, with_info, own;

static void handler(int number) {
	handled += number == SIGUSR1;
}
FUNCTION(handler);

static void info_handler(int number, siginfo_t *info, void *context) {
	(void)context;
	with_info += info->si_signo == number;
}
FUNCTION(info_handler);

static void other_handler(int number) {
	(void)number;
	own++;
}

static void set(int number, struct sigaction action) {
	CHECK(sigaction(number, &action, NULL) == 0);
}

int main(int argc, char **argv) {
	struct sigaction action;
	(void)argc;
	if (!kitsune_is_updating()) {
		action = (struct sigaction){.sa_handler = handler, .sa_flags = SA_RESTART};
		sigaddset(&action.sa_mask, SIGHUP);
		set(SIGUSR1, action);
		set(SIGRTMIN, (struct sigaction){.sa_sigaction = info_handler, .sa_flags = SA_SIGINFO});
		set(SIGHUP, (struct sigaction){.sa_handler = handler});
		set(SIGTERM, (struct sigaction){.sa_handler = exit});
		set(SIGPIPE, (struct sigaction){.sa_handler = SIG_IGN});
		request(argv[1]);
	} else {
		set(SIGHUP, (struct sigaction){.sa_handler = other_handler});
	}
	kitsune_update("main");
	CHECK_EQUAL(VERSION, 1);
	raise(SIGUSR1);
	CHECK_EQUAL(handled, 1);
	raise(SIGRTMIN);
	CHECK_EQUAL(with_info, 1);
	raise(SIGHUP);
	CHECK_EQUAL(own, 1);
	CHECK(sigaction(SIGUSR1, NULL, &action) == 0);
	CHECK(action.sa_flags & SA_RESTART && sigismember(&action.sa_mask, SIGHUP));
	CHECK(sigaction(SIGTERM, NULL, &action) == 0 && action.sa_handler == exit);
	CHECK(sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_IGN);
	return done();
}
