/* By default an old image stays, with all that pointers can lead to; the part of its copy that is not mapped is given
 * back. */
#include <fcntl.h>
#include <stdlib.h>

#include "runtime/tests/programs/program.h"

static struct {
	int step;
	const char *text; /* a literal of the version that began the process */
	int copy;         /* a descriptor of the second version's copy */
	off_t size;
} state;

/* What no pointer leads to. */
__attribute__((section(".kitsune-test,\"\",@progbits#"), used)) static const char unmapped[1 << 20] = {1};

static int open_copy(void) {
	for (int fd = 0; fd < 1024; fd++) {
		char name[32], link[256] = "";
		snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
		if (readlink(name, link, sizeof link - 1) > 0 && strstr(link, "memfd:") &&
		    strstr(link, "keep-1.so"))
			return open(name, O_RDONLY | O_CLOEXEC);
	}
	return -1;
}

int main(int argc, char **argv) {
	struct stat st;
	(void)argc;
	unsetenv("KITSUNE_VERIFY");
	NOTE_STATIC(state);
	if (!MIGRATE_STATIC(state))
		state.text = "a literal";
	kitsune_update("main");
	switch (state.step++) {
	case 0:
		request(argv[1]);
		break;
	case 1:
		CHECK_EQUAL(images(), 2);
		state.copy = open_copy();
		CHECK(fstat(state.copy, &st) == 0);
		state.size = st.st_size;
		request(argv[0]);
		break;
	default:
		CHECK_EQUAL(images(), 3);
		CHECK(strcmp(state.text, "a literal") == 0);
		CHECK(fstat(state.copy, &st) == 0);
		CHECK(st.st_size + (off_t)sizeof unmapped <= state.size);
		CHECK(logged(argv[0], "old images: 2, "));
		return done();
	}
	kitsune_update("main");
	CHECK(!"the update has not happened");
}
