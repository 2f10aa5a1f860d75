/* program.h - a program that is compiled twice, as version 0 and version 1 of itself (VERSION), and updates itself
 * from the one to the other. The driver runs version 0 with the path of version 1 as its only argument; the test has
 * passed when the process ends with status 0 after it has written DONE. */
#ifndef KITSUNE_TEST_PROGRAM_H
#define KITSUNE_TEST_PROGRAM_H

#include <sys/stat.h>
#include <unistd.h>

#include "kitsune.h"
#include "runtime/tests/check.h"

/* Asks for an update to the file `path`, to happen at the next update point. */
static inline void request(const char *path) {
	kitsune_set_next_version(path);
	kitsune_signal_update();
}

/* The inode number of the channel that this process has open; 0 if there is none. */
static inline unsigned long channel(void) {
	for (int fd = 0; fd < 1024; fd++) {
		char name[32], link[64] = "";
		struct stat st;
		snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
		if (readlink(name, link, sizeof link - 1) > 0 && strstr(link, "kitsune-channel"))
			return fstat(fd, &st) == 0 ? st.st_ino : 0;
	}
	return 0;
}

/* The end of every program. */
static inline int done(void) {
	puts("DONE");
	return 0;
}

#endif
