/* Events: lines of the log for programs to read, one JSON object each. */
#define _GNU_SOURCE
#include "internal.h"

/* How many bytes of s are one character of UTF-8; 0 if they are none. */
static size_t character(const char *s) {
	const unsigned char *c = (const unsigned char *)s;
	const size_t n = c[0] < 0x80   ? 1
	                 : c[0] < 0xc2 ? 0
	                 : c[0] < 0xe0 ? 2
	                 : c[0] < 0xf0 ? 3
	                 : c[0] < 0xf5 ? 4
	                               : 0;
	for (size_t i = 1; i < n; i++)
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

static void quote(FILE *f, const char *s) {
	putc('"', f);
	while (*s) {
		const size_t n = character(s);
		if (n == 0) /* A file name may be anything. */
			fputs("\\ufffd", f);
		else if (*s == '"' || *s == '\\')
			fprintf(f, "\\%c", *s);
		else if ((unsigned char)*s < ' ')
			fprintf(f, "\\u%04x", *s);
		else
			fwrite(s, 1, n, f);
		s += n ? n : 1;
	}
	putc('"', f);
}

void kt_event_begin(struct kt_event *e, const char *kind) {
	e->file = open_memstream(&e->text, &e->size);
	if (!e->file)
		return; /* Out of memory: the event is lost. */
	fputs("{\"event\":", e->file);
	quote(e->file, kind);
}

void kt_event_text(struct kt_event *e, const char *name, const char *value) {
	if (!e->file)
		return;
	fprintf(e->file, ",\"%s\":", name);
	quote(e->file, value);
}

void kt_event_number(struct kt_event *e, const char *name, uint64_t value) {
	if (e->file)
		fprintf(e->file, ",\"%s\":%llu", name, (unsigned long long)value);
}

void kt_event_log(struct kt_event *e) {
	if (!e->file)
		return;
	putc('}', e->file);
	if (fclose(e->file) == 0)
		kt_log_line(e->text, e->size);
	free(e->text);
}
