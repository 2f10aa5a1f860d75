/* A program that closes what it does not know, as daemons do, can be updated; and what it opens then under the same
 * numbers is left alone. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/tests/programs/program.h"

enum { FILES = 300 };
static int files[FILES], updates;

static void check_files(void) {
	struct stat st;
	for (int i = 0; i < FILES; i++) {
		CHECK(fstat(files[i], &st) == 0);
		CHECK_EQUAL(st.st_size, 0); /* Nobody has written a log to it. */
	}
}

int main(int argc, char **argv) {
	(void)argc;
	NOTE_STATIC(files);
	NOTE_STATIC(updates);
	MIGRATE_STATIC(updates);
	if (MIGRATE_STATIC(files))
		check_files();
	for (;;) {
		kitsune_update("main");
		if (updates > 0) {
			check_files();
			CHECK(channel() != 0);
		}
		if (updates == 3)
			return done();
		CHECK(chdir("/") == 0);
		for (int fd = 3; fd < 1024; fd++)
			close(fd);
		CHECK(channel() == 0);
		for (int i = 0; i < FILES; i++)
			files[i] = memfd_create("file", 0);
		kitsune_signal_update(); /* Is stray, but makes the channel come back. */
		kitsune_update("main");
		CHECK(channel() != 0);
		request(updates++ % 2 == 0 ? argv[1] : argv[0]);
	}
}
