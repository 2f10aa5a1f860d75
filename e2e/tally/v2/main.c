/* tally - counts the words of the lines that it reads. */
#include "kitsune.h"
#include "words.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

/* Prints the file of the name BANNER, one of the program's `data`. */
static void print_banner(void) {
	char path[4096], line[256];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", getenv("RUNFILES_DIR"), BANNER);
	file = fopen(path, "r");
	if (!file) {
		perror(path);
		exit(1);
	}
	while (fgets(line, sizeof line, file))
		fputs(line, stdout);
	fclose(file);
}

int main(void) {
	struct pollfd input = {.fd = 0, .events = POLLIN};
	char line[256];

	kitsune_do_automigrate();
	if (!kitsune_is_updating())
		print_banner();
	setvbuf(stdin, NULL, _IONBF, 0); /* poll does not see what lies in a buffer */
	printf("tally %s\n", VERSION);
	for (;;) {
		fflush(stdout);
		kitsune_update("main");
		if (poll(&input, 1, -1) < 0)
			continue; /* interrupted: perhaps an update was requested */
		if (!fgets(line, sizeof line, stdin))
			return 0;
		if (strcmp(line, "?\n") == 0)
			print_counts();
		else if (strcmp(line, "help\n") == 0)
			puts(help);
		else
			count_words(line);
	}
}
