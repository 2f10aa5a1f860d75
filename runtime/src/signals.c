/* Signal handlers of the version that has been left.
 *
 * The kernel knows a handler by its address. One of the old version would go on working with that version's
 * variables, so the function of the new version that has the same key takes its place, with the flags and the mask
 * that the program has given to the old one. A handler that the new version has set by itself stays.
 */
#define _GNU_SOURCE
#include <signal.h>

#include "internal.h"

void kt_signals_hand_over(void) {
	struct sigaction action;
	for (int number = 1; number < NSIG; number++) {
		if (sigaction(number, NULL, &action) < 0)
			continue; /* The C library keeps it for itself. */
		/* sa_handler and sa_sigaction are one address; SIG_DFL and SIG_IGN are in no image. */
		const void *handler = (const void *)action.sa_sigaction;
		if (!kt_in_image(true, handler))
			continue;
		const struct kt_symbol *s = kt_symbol_at(true, handler);
		if (!s || !s->other) {
			kitsune_log(
			    "WARN: signal %d is still handled by %s of the old version: the new one has no such "
			    "function",
			    number, s ? s->key : "an unregistered function");
			continue;
		}
		action.sa_sigaction = (void (*)(int, siginfo_t *, void *))s->other->desc->addr;
		sigaction(number, &action, NULL);
	}
}
