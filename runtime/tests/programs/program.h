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

/* The number of mappings of this process. */
static inline size_t mappings(void) {
	char line[4096 + 256];
	size_t n = 0;
	FILE *f = fopen("/proc/self/maps", "r");
	CHECK(f != NULL);
	while (fgets(line, sizeof line, f))
		n++;
	fclose(f);
	return n;
}

/* The number of loaded versions, NAME-0.so and NAME-1.so. Each has one mapping that can be executed. */
static inline size_t images(void) {
	char line[4096 + 256];
	size_t n = 0;
	FILE *f = fopen("/proc/self/maps", "r");
	CHECK(f != NULL);
	while (fgets(line, sizeof line, f))
		n += strstr(line, " r-xp ") && (strstr(line, "-0.so") || strstr(line, "-1.so"));
	fclose(f);
	return n;
}

/* Whether a line of the log of this process, which began with `argv0`, contains `part`. */
static inline int logged(const char *argv0, const char *part) {
	char path[4096], line[8192];
	const char *slash = strrchr(argv0, '/');
	int found = 0;
	FILE *f;
	snprintf(path, sizeof path, "%s/%.*s.%d", getenv("KITSUNE_LOG_DIR"),
	         (int)strcspn(slash ? slash + 1 : argv0, "."), slash ? slash + 1 : argv0, (int)getpid());
	f = fopen(path, "r");
	CHECK(f != NULL);
	while (!found && fgets(line, sizeof line, f))
		found = strstr(line, part) != NULL;
	fclose(f);
	return found;
}

/* The end of every program. */
static inline int done(void) {
	puts("DONE");
	return 0;
}

#endif
