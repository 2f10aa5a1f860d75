/* Whatever is wrong with the new version, the old one goes on, and can be updated afterwards. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/tests/programs/program.h"

static int served;

static void refused(const char *path) {
	request(path);
	kitsune_update("main");
	CHECK_EQUAL(VERSION, 0);
	CHECK(!kitsune_is_updating());
	served++;
}

static void put(const char *file, const char *text) {
	FILE *f = fopen(file, "w");
	CHECK(f != NULL);
	fputs(text, f);
	fclose(f);
}

/* The first half of a file. */
static void put_half(const char *file, const char *of) {
	struct stat st;
	char *bytes;
	FILE *f = fopen(of, "r");
	CHECK(f != NULL && fstat(fileno(f), &st) == 0);
	bytes = malloc((size_t)st.st_size);
	CHECK(fread(bytes, (size_t)st.st_size, 1, f) == 1);
	fclose(f);
	f = fopen(file, "w");
	CHECK(f != NULL && fwrite(bytes, (size_t)st.st_size / 2, 1, f) == 1);
	fclose(f);
	free(bytes);
}

static int descriptors(void) {
	int n = 0;
	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

int main(int argc, char **argv) {
	char directory[] = "/tmp/kitsune-test-XXXXXX", file[64], request_file[64];
	(void)argc;
	NOTE_STATIC(served);
	if (kitsune_is_updating()) {
		CHECK(MIGRATE_STATIC(served));
		kitsune_update("main");
		CHECK_EQUAL(served, 8);
		return done();
	}
	int before = descriptors();
	CHECK(mkdtemp(directory) != NULL);
	snprintf(file, sizeof file, "%s/text.so", directory);
	put(file, "this is not a shared object");
	refused("/no/such/file.so");
	refused(directory);
	refused(file);
	put_half(file, argv[1]);
	refused(file);
	refused("/proc/self/exe");
	refused(argv[0]); /* the file that is running */
	refused("libc.so.6");
	kitsune_signal_update(); /* a stray signal */
	kitsune_update("main");
	served++;
	CHECK_EQUAL(descriptors(), before);

	/* The way of older tools, with the mode of a file that others could have written. */
	snprintf(request_file, sizeof request_file, "/tmp/%d.upd", (int)getpid());
	put(request_file, argv[1]);
	chmod(request_file, 0666);
	kitsune_signal_update();
	kitsune_update("main");
	CHECK_EQUAL(VERSION, 0);
	unlink(file);
	rmdir(directory);

	chmod(request_file, 0600);
	put(request_file, argv[1]);
	CHECK(write(open(request_file, O_WRONLY | O_APPEND), "\n", 1) == 1);
	kitsune_signal_update();
	kitsune_update("main");
	CHECK(!"the update has not happened");
}
