/* A program that does to doupd what servers may do. Its argument says what. */
#include <kitsune.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t awake;

static void wake(int number) {
	(void)number;
	awake = 1;
}

int main(int argc, char **argv) {
	const char *role = argc > 1 ? argv[1] : "";
	if (kitsune_is_updating()) {
		kitsune_do_automigrate();
		if (strcmp(role, "aborts") == 0)
			abort(); /* While its state is being transformed. */
	} else {
		signal(SIGUSR1, wake);
		awake = strcmp(role, "sleeps") != 0 && strcmp(role, "exits") != 0;
		if (strcmp(role, "closes") == 0) /* What daemons do. */
			for (int fd = 3; fd < 1024; fd++)
				close(fd);
		printf("version %d is ready\n", VERSION);
		fflush(stdout);
	}
	for (;;) {
		usleep(1000);
		if (awake && strcmp(role, "exits") == 0)
			return 0;
		if (awake)
			kitsune_update("main");
	}
}
