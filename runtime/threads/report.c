/* Which threads are late, in words: "thread 4712 (pool.c/worker), asleep in futex_wait_queue". */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <unistd.h>

#include "threads.h"

/* Text that is cut off where there is no room for more. */
struct text {
	char *at;
	size_t room;
};

static void add(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(struct text *t, const char *fmt, ...) {
	va_list ap;
	int n;
	va_start(ap, fmt);
	n = vsnprintf(t->at, t->room, fmt, ap);
	va_end(ap);
	if (n < 0 || t->room == 0)
		return;
	if ((size_t)n >= t->room)
		n = (int)t->room - 1;
	t->at += n;
	t->room -= (size_t)n;
}

/* A line of a file of the kernel about the thread, or "". */
static void kernel_says(pid_t tid, const char *file, char *line, size_t size) {
	char path[64];
	FILE *f;
	line[0] = '\0';
	snprintf(path, sizeof path, "/proc/self/task/%d/%s", (int)tid, file);
	f = fopen(path, "re");
	if (!f)
		return;
	if (fgets(line, (int)size, f))
		line[strcspn(line, "\n")] = '\0';
	fclose(f);
}

static void add_function(struct text *text, kt_pthread_fn *function) {
	struct kt_symbol *s = kt_symbol_at(false, (void *)function);
	Dl_info info;
	if (s && s->desc->addr == (void *)function)
		add(text, "%s", s->key);
	else if (dladdr((void *)function, &info) && info.dli_saddr == (void *)function)
		add(text, "%s", info.dli_sname);
	else
		add(text, "function at %p", (void *)function);
}

/* The letter for its state stands behind the name, which is in parentheses. */
static void add_activity(struct text *text, pid_t tid) {
	char stat[512], where[128];
	const char *behind;
	kernel_says(tid, "stat", stat, sizeof stat);
	kernel_says(tid, "wchan", where, sizeof where);
	behind = strrchr(stat, ')');
	if (!behind)
		add(text, ", just ending");
	else if (behind[1] && behind[2] == 'R')
		add(text, ", running");
	else if (where[0] && strcmp(where, "0") != 0)
		add(text, ", asleep in %s", where);
	else
		add(text, ", asleep");
}

void kt_threads_describe(enum kitsune_thread_state state, char *text, size_t size) {
	struct text out = {text, size};
	text[0] = '\0';
	for (const struct kitsune_thread *t = kt_threads()->first; t; t = t->next) {
		if (t->state != state)
			continue;
		add(&out, "%sthread %d (", out.at == text ? "" : "; ", (int)t->tid);
		add_function(&out, t->info.start_fun);
		add(&out, ")");
		add_activity(&out, t->tid);
	}
}
