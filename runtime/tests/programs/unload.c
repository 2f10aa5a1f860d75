/* With KITSUNE_VERIFY=1 an old image that nothing leads into is gone after the update, and a thousand updates in a row
 * leave nothing behind: no memory, no descriptors, no mappings. */
#include <stdlib.h>

#include "runtime/tests/programs/program.h"

enum { UPDATES = 1000, WARM = 20 };

static int updates;
static char *text;          /* in the heap */
static const char *literal; /* of the version that runs */
static size_t before_kb, before_mappings, before_descriptors;

static size_t resident_kb(void) {
	char line[256];
	size_t kb = 0;
	FILE *f = fopen("/proc/self/status", "r");
	CHECK(f != NULL);
	while (fgets(line, sizeof line, f) && sscanf(line, "VmRSS: %zu", &kb) != 1)
		;
	fclose(f);
	return kb;
}

static size_t descriptors(void) {
	size_t n = 0;
	struct stat st;
	for (int fd = 0; fd < 1024; fd++)
		n += fstat(fd, &st) == 0;
	return n;
}

int main(int argc, char **argv) {
	(void)argc;
	NOTE_STATIC(updates);
	NOTE_STATIC(text);
	NOTE_STATIC(before_kb);
	NOTE_STATIC(before_mappings);
	NOTE_STATIC(before_descriptors);
	if (!kitsune_is_updating()) {
		setenv("KITSUNE_VERIFY", "1", 1);
		text = strdup("kept");
	}
	MIGRATE_STATIC(updates);
	MIGRATE_STATIC(text);
	MIGRATE_STATIC(before_kb);
	MIGRATE_STATIC(before_mappings);
	MIGRATE_STATIC(before_descriptors);
	literal = "of this version";
	kitsune_update("main");
	CHECK(strcmp(text, "kept") == 0 && strcmp(literal, "of this version") == 0);
	CHECK_EQUAL(VERSION, updates % 2);
	CHECK_EQUAL(images(), 1);
	if (updates == WARM) {
		before_kb = resident_kb();
		before_mappings = mappings();
		before_descriptors = descriptors();
	}
	if (updates == UPDATES) {
		CHECK_EQUAL(descriptors(), before_descriptors);
		CHECK_EQUAL(mappings(), before_mappings);
		CHECK(resident_kb() <= before_kb + 64);
		return done();
	}
	request(updates++ % 2 == 0 ? argv[1] : argv[0]);
	kitsune_update("main");
	CHECK(!"the update has not happened");
}
