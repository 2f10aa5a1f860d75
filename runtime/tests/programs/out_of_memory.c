/* Without memory for what an update needs before the old version is left, the request is refused and the program goes
 * on. Without memory to note a variable or a frame, the program goes on as well, and is not updated any more: what is not
 * noted would be lost. */
#include <stdlib.h>
#include <sys/wait.h>

#include "runtime/tests/programs/program.h"

/* The runtime of this version gets its memory here. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);

static int left = -1; /* of the allocations that succeed; -1: all */

static int fails(void) {
	return left == 0 || (left > 0 && left-- == 0);
}
void *malloc(size_t size) {
	return fails() ? NULL : __libc_malloc(size);
}
void *calloc(size_t count, size_t size) {
	return fails() ? NULL : __libc_calloc(count, size);
}
void *realloc(void *block, size_t size) {
	return fails() ? NULL : __libc_realloc(block, size);
}

static int noted, not_noted;

static void refused(const char *path, const char *argv0, const char *why) {
	request(path);
	left = 0;
	kitsune_update("main");
	left = -1;
	CHECK_EQUAL(VERSION, 0);
	CHECK(!kitsune_is_updating());
	CHECK(logged(argv0, why));
}

int main(int argc, char **argv) {
	pid_t child;
	int status, local = 3;
	(void)argc;
	ENTER_FUNC();
	NOTE_LOCAL(local);
	NOTE_STATIC(noted);
	if (kitsune_is_updating()) {
		CHECK(MIGRATE_STATIC(noted) && MIGRATE_LOCAL(local));
		kitsune_update("main");
		CHECK(noted == 1 && local == 4);
		return done();
	}
	noted = 1;
	local = 4;
	refused(argv[1], argv[0], "update refused: out of memory for the state");

	child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		left = 0;
		NOTE_STATIC(not_noted);
		for (int i = 0; i < 1000; i++)
			ENTER_FUNC();
		left = -1;
		request(argv[1]);
		kitsune_update("main");
		CHECK_EQUAL(VERSION, 0);
		CHECK(MIGRATE_STATIC(not_noted) == 0);
		_exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child);
	CHECK_EQUAL(status, 0);
	CHECK(logged(argv[0], "update refused: there was no memory to note"));

	request(argv[1]);
	kitsune_update("main");
	CHECK(!"the update has not happened");
}
