/* The memory of this process, as the kernel describes it.
 *
 * It is read through /proc/self/mem, which answers for a page that cannot be read instead of ending the process, and
 * shows pages that the program has protected. Pages that nobody has touched, and those that are still what the file
 * behind them says, are passed over: they can't hold what the program has written, and to read them would make the
 * process larger.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "internal.h"

enum { WORD = sizeof(void *), CHUNK = 1 << 16 }; /* bytes that are read at once */

/* A word of /proc/self/pagemap. */
enum { ENTRIES = 512 };
static const uint64_t present = (uint64_t)1 << 63, swapped = (uint64_t)1 << 62, of_file = (uint64_t)1 << 61;

struct reader {
	int memory, pagemap;
	uintptr_t page; /* its size */
	kt_look_fn *look;
	void *data;
	unsigned char bytes[CHUNK];
};

/* Reads a row of pages, and shows it in pieces that overlap by a word, so that each word is whole in one of them. */
static void show(struct reader *r, const struct kt_mapping *m, uintptr_t low, uintptr_t high) {
	while (low < high) {
		const size_t wanted = high - low < CHUNK ? high - low : CHUNK;
		const ssize_t n = pread(r->memory, r->bytes, wanted, (off_t)low);
		const bool ends =
		    n < (ssize_t)wanted || low + wanted == high; /* with what can't be read, or the row */
		const size_t starts = ends ? (size_t)n - WORD + 1 : wanted - WORD;
		if (n < WORD) { /* The memory of a device, for instance. */
			low += r->page - low % r->page;
			continue;
		}
		r->look(r->data, m, low, r->bytes, starts);
		low += ends ? (size_t)n : starts;
	}
}

/* Returns false and errno if it can't be found out which pages are there. */
static bool show_mapping(struct reader *r, const struct kt_mapping *m) {
	uint64_t entries[ENTRIES];
	uintptr_t row = m->low; /* the beginning of the row of pages that is to be shown */
	uintptr_t at = m->low;
	while (at < m->high) {
		const size_t left = (m->high - at) / r->page, wanted = left < ENTRIES ? left : ENTRIES;
		const ssize_t n = pread(r->pagemap, entries, wanted * sizeof *entries,
		                        (off_t)(at / r->page * sizeof *entries));
		if (n < 0)
			return false;
		if (n == 0)
			break; /* The kernel's own pages, at the end of the address space. */
		for (size_t i = 0; i < (size_t)n / sizeof *entries; i++, at += r->page) {
			const uint64_t e = entries[i];
			if (e & (present | swapped) && (m->shared || !(e & of_file)))
				continue;
			show(r, m, row, at);
			row = at + r->page;
		}
	}
	show(r, m, row, at);
	return true;
}

/* Takes a line of /proc/self/maps apart. */
static bool parse(const char *line, struct kt_mapping *m) {
	unsigned long low, high;
	char permissions[5];
	int name = 0;
	if (sscanf(line, "%lx-%lx %4s %*s %*s %*s %n", &low, &high, permissions, &name) < 3)
		return false;
	*m = (struct kt_mapping){
	    .low = low, .high = high, .readable = permissions[0] == 'r', .shared = permissions[3] == 's'};
	m->kind = strncmp(line + name, "[heap]", 6) == 0    ? KT_HEAP
	          : strncmp(line + name, "[stack]", 7) == 0 ? KT_STACK
	          : line[name] == '/'                       ? KT_FILE
	                                                    : KT_ANONYMOUS;
	return true;
}

bool kt_memory_each(kt_look_fn *look, void *data, char *why, size_t size) {
	static const char maps_name[] = "/proc/self/maps", memory_name[] = "/proc/self/mem",
			  pagemap_name[] = "/proc/self/pagemap";
	struct reader r = {.memory = -1, .pagemap = -1, .look = look, .data = data};
	char line[4096 + 256];
	struct kt_mapping m;
	const char *missing = NULL;
	FILE *maps = fopen(maps_name, "re");
	if (!maps)
		missing = maps_name;
	else if ((r.memory = open(memory_name, O_RDONLY | O_CLOEXEC)) < 0)
		missing = memory_name;
	else if ((r.pagemap = open(pagemap_name, O_RDONLY | O_CLOEXEC)) < 0)
		missing = pagemap_name;
	r.page = (uintptr_t)sysconf(_SC_PAGESIZE);
	while (!missing && fgets(line, sizeof line, maps))
		if (parse(line, &m) && !show_mapping(&r, &m))
			missing = pagemap_name;
	if (missing)
		snprintf(why, size, "%s: %s", missing, strerror(errno));
	if (r.pagemap >= 0)
		close(r.pagemap);
	if (r.memory >= 0)
		close(r.memory);
	if (maps)
		fclose(maps);
	return !missing;
}
