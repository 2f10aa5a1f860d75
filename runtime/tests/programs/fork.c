/* A forked child is a process of its own, before an update, in it, and after it: it has a channel of its own, and is
 * updated by itself. */
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/tests/programs/program.h"

static char role; /* of a child: when it was forked */
static unsigned long parents;

/* Forks, and returns 1 in the child, whose role is `when`. In the parent it waits for the end of the child. */
static int child(char when) {
	int status;
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		role = when;
		CHECK(channel() != 0 && channel() != parents);
		return 1;
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK_EQUAL(status, 0);
	CHECK(channel() == parents);
	return 0;
}

int main(int argc, char **argv) {
	(void)argc;
	NOTE_STATIC(role);
	NOTE_STATIC(parents);
	MIGRATE_STATIC(role);
	MIGRATE_STATIC(parents);
	if (!kitsune_is_updating()) {
		parents = channel();
		child('b');
		request(argv[1]);
	} else if (!role) {
		child('w');
	}
	kitsune_update("main");
	CHECK_EQUAL(VERSION, role != 'a');
	if (role)
		_exit(0);
	if (child('a')) {
		request(argv[0]);
		kitsune_update("main");
	}
	return done();
}
