/* A program that does to doupd what servers may do. Its argument says what. */
#include <kitsune.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

void missing(void) __asm__("no_such_function"); /* Of a library that was forgotten. */

static volatile sig_atomic_t awake;

static void wake(int number) {
	(void)number;
	awake = 1;
}

int main(int argc, char **argv) {
	const char *role = argc > 1 ? argv[1] : "";
	const pid_t first = getpid();
	if (kitsune_is_updating()) {
		kitsune_do_automigrate();
		if (strcmp(role, "dies") == 0)
			raise(SIGKILL); /* While its state is being transformed. */
		if (strcmp(role, "gives-up") == 0)
			kitsune_abort_update("not today");
		if (strcmp(role, "slow") == 0)
			usleep(300000);
	} else {
		signal(SIGUSR1, wake);
		awake = strcmp(role, "sleeps") != 0 && strcmp(role, "exits") != 0;
		if (strcmp(role, "closes") == 0) /* What daemons do. */
			for (int fd = 3; fd < 1024; fd++)
				close(fd);
		if (strcmp(role, "jails") == 0 && (chroot(argv[2]) < 0 || chdir("/") < 0))
			return 77;
		if (strcmp(role, "forks") == 0)
			for (int child = 0; child < 2 && fork(); child++)
				;
		if (getpid() != first)
			prctl(PR_SET_PDEATHSIG, SIGKILL); /* Tests know the parent alone. */
		else
			printf("version %d is ready\n", VERSION);
		fflush(stdout);
	}
	for (;;) {
		usleep(1000);
		if (awake && strcmp(role, "exits") == 0)
			return 0;
		if (awake)
			kitsune_update("main");
#ifdef BROKEN
		missing();
#endif
	}
}
