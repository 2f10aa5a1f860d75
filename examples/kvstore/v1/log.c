#include "log.h"

#include "kitsune.h"

#include <stdarg.h>
#include <stdio.h>

/* NULL stands for stderr. E_OPAQUE: an update copies the pointer and does not look behind it. The inside of a
 * FILE is the C library's business, and the library stays in the process. */
static FILE *E_OPAQUE stream;

/* A string literal is part of the program's image, which an update replaces. The pointer is made to lead to
 * the equal literal of the new version. */
static const char *name = "standard error";

int log_open(const char *path) {
	FILE *file = fopen(path, "ae");

	if (!file)
		return -1;
	setvbuf(file, NULL, _IOLBF, 0);
	stream = file;
	name = path;
	return 0;
}

const char *log_name(void) {
	return name;
}

void log_line(const char *format, ...) {
	FILE *out = stream ? stream : stderr;
	va_list arguments;

	fputs("kvstore: ", out);
	va_start(arguments, format);
	vfprintf(out, format, arguments);
	va_end(arguments);
	fputc('\n', out);
}
