/* The log: in whose directories and files it is written, and that nothing stops a program that has none. */
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kitsune.h"
#include "runtime/tests/check.h"

static char root[] = "/tmp/kitsune-log-test-XXXXXX";
static char directory[64], file[128];

/* What is there before the log is opened. */
static void nothing(void) {
}
static void missing_parent(void) {
	strcat(directory, "/in/a/missing/directory");
}
static void plain_file(void) {
	fclose(fopen(directory, "w"));
}
static void link_to_directory(void) {
	CHECK(symlink(root, directory) == 0);
}
static void open_to_all(void) {
	CHECK(mkdir(directory, 0700) == 0 && chmod(directory, 0777) == 0);
}
static void of_another_user(void) {
	CHECK(mkdir(directory, 0700) == 0);
	if (geteuid() != 0)
		CHECK(chmod(directory, 0500) == 0);
	else if (chown(directory, 12345, 12345) < 0)
		exit(0); /* In a sandbox there may be no other users. */
}
static void link_as_file(void) {
	CHECK(mkdir(directory, 0700) == 0 && symlink("/dev/null", file) == 0);
}
static void pipe_as_file(void) {
	CHECK(mkdir(directory, 0700) == 0 && mkfifo(file, 0600) == 0);
}
static void file_of_all(void) {
	CHECK(mkdir(directory, 0700) == 0);
	fclose(fopen(file, "w"));
	CHECK(chmod(file, 0666) == 0);
}
static void earlier_log(void) {
	FILE *f;
	CHECK(mkdir(directory, 0700) == 0);
	f = fopen(file, "w");
	fputs("earlier\n", f);
	fclose(f);
	CHECK(chmod(file, 0600) == 0);
}

static const struct {
	const char *name, *application;
	void (*prepare)(void);
	int opens;
} cases[] = {
    {"a new directory", "prog", nothing, 1},
    {"the name of a file", "/opt/app.so.d/prog.so", nothing, 1},
    {"a log that is there", "prog.so", earlier_log, 1},
    {"no parent directory", "prog", missing_parent, 0},
    {"not a directory", "prog", plain_file, 0},
    {"a link to a directory", "prog", link_to_directory, 0},
    {"others can write to the directory", "prog", open_to_all, 0},
    {"the directory of another user", "prog", of_another_user, 0},
    {"a link in place of the file", "prog", link_as_file, 0},
    {"a pipe in place of the file", "prog", pipe_as_file, 0},
    {"others can write to the file", "prog", file_of_all, 0},
};

static void run(size_t i) {
	char line[256] = "";
	FILE *f;
	snprintf(directory, sizeof directory, "%s/%zu", root, i);
	snprintf(file, sizeof file, "%s/prog.%d", directory, (int)getpid());
	cases[i].prepare();
	setenv("KITSUNE_LOG_DIR", directory, 1);
	if (kitsune_logging_init(cases[i].application) != cases[i].opens) {
		fprintf(stderr, "%s: %s\n", cases[i].name, cases[i].opens ? "no log" : "there is a log");
		exit(1);
	}
	kitsune_log("%s", cases[i].name);
	if (!cases[i].opens)
		exit(0);
	f = fopen(file, "r");
	CHECK(f != NULL);
	while (fgets(line, sizeof line, f))
		;
	CHECK(strncmp(line, "Kitsune prog:", 13) == 0 && strstr(line, cases[i].name));
	exit(0);
}

int main(void) {
	int status;
	CHECK(mkdtemp(root) != NULL);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		pid_t child = fork();
		CHECK(child >= 0);
		if (child == 0)
			run(i);
		CHECK(waitpid(child, &status, 0) == child);
		CHECK_EQUAL(status, 0);
	}
	return execlp("rm", "rm", "-rf", root, (char *)NULL);
}
