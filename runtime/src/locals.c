/* The frames of functions marked E_NOTELOCALS.
 *
 * A thread's record is a stack of entries: scopes, which a function or a block opens, and the variables noted in
 * them. A scope that ktcc emits is guarded by a token in its block, which holds the height of the stack at its
 * entry; the compiler closes it on every way out. longjmp closes nothing, so that entries can be left behind
 * whose variables are gone. They are recognised by their addresses: the C stack grows downwards, and a scope
 * whose token lies below a running function's frame, or no longer holds what was put there, is dead.
 */
#include "internal.h"

enum kind { SCOPE, FUNCTION, LOCAL, FORMAL };

struct entry {
	enum kind kind;
	const char *name; /* of the function or variable; NULL for a block */
	void *addr;       /* of the variable or token; NULL for a frame made by hand */
	size_t size;
};

struct kt_frames {
	struct entry *entries;
	size_t count, room;
};

static _Thread_local struct kt_frames record;

/* The saved locals of the previous image are in its kitsune_image. */

static void push(enum kind kind, const char *name, void *addr, size_t size) {
	struct kt_frames *r = &record;
	if (r->count == r->room) {
		const size_t room = r->room ? 2 * r->room : 64;
		struct entry *entries = realloc(r->entries, room * sizeof *entries);
		if (!entries) {
			kt_incomplete(name ? name : "a block");
			return;
		}
		r->entries = entries;
		r->room = room;
	}
	r->entries[r->count++] = (struct entry){kind, name, addr, size};
}

static bool is_scope(const struct entry *e) {
	return e->kind == SCOPE || e->kind == FUNCTION;
}

/* The mark of the scope at height `at`, which its token holds as long as it is alive. */
static size_t mark(size_t at) {
	return at ^ (size_t)0x6b69747375 << 8;
}

/* Whether the frame of the scope at height `at` is still there, as seen from a function whose frame is `here`. */
static bool alive(const struct kt_frames *r, size_t at, const void *here) {
	const size_t *token = r->entries[at].addr;
	const uintptr_t farthest = (uintptr_t)1 << 26; /* Else it is on another stack, and says nothing. */
	if (!token)
		return true;
	return (uintptr_t)here - (uintptr_t)token > farthest && *token == mark(at);
}

/* Drops the innermost scopes that longjmp has left behind. */
static void drop_dead(const void *here) {
	for (size_t i = record.count; i-- > 0;) {
		if (!is_scope(&record.entries[i]))
			continue;
		if (alive(&record, i, here))
			return;
		record.count = i;
	}
}

KITSUNE_API __attribute__((noinline)) size_t kitsune_scope_enter(size_t *token, const char *fun_name) {
	drop_dead(__builtin_frame_address(0));
	push(fun_name ? FUNCTION : SCOPE, fun_name, token, 0);
	return mark(record.count -
	            1); /* Without memory that of another scope, or none: see kitsune_scope_leave(). */
}

KITSUNE_API void kitsune_scope_leave(size_t *token) {
	size_t at = mark(*token);
	if (at < record.count && record.entries[at].addr == token)
		record.count = at;
}

KITSUNE_API char kitsune_scope_note(const char *name, void *addr, size_t size) {
	push(LOCAL, name, addr, size);
	return 0;
}

/* By hand. */

KITSUNE_API void stackvars_note_entry(const char *fun_name) {
	push(FUNCTION, fun_name, NULL, 0);
}

KITSUNE_API void stackvars_note_exit(const char *fun_name) {
	for (size_t i = record.count; i-- > 0;) {
		const struct entry *e = &record.entries[i];
		if (e->kind == FUNCTION && strcmp(e->name, fun_name) == 0) {
			record.count = i;
			return;
		}
	}
}

static void note(enum kind kind, const char *name, void *addr, size_t size) {
	if (record.count > 0) /* Else there is no frame to add it to. */
		push(kind, name, addr, size);
}

KITSUNE_API void stackvars_note_local(const char *name, void *addr, size_t size) {
	note(LOCAL, name, addr, size);
}

KITSUNE_API void stackvars_note_formal(const char *name, void *addr, size_t size) {
	note(FORMAL, name, addr, size);
}

/* Leaving a version. */

const struct kt_frames *kt_locals_here(void) {
	return &record;
}

bool kt_locals_save(const struct kt_frames *r, const void *here, const struct kitsune_saved_local **locals,
                    const struct kitsune_saved_local **end) {
	struct kitsune_saved_local *next = malloc(r->count * sizeof *next + 1);
	const char *func = NULL;
	bool live = false;
	*locals = *end = next;
	if (!next)
		return false;
	for (size_t i = 0; i < r->count; i++) {
		const struct entry *e = &r->entries[i];
		if (e->kind == FUNCTION)
			func = e->name;
		if (is_scope(e))
			live = alive(r, i, here);
		if (is_scope(e) || !live)
			continue;
		*next = (struct kitsune_saved_local){func, e->name, e->size, malloc(e->size + 1), e->addr};
		if (!next->copy) {
			kt_locals_free(locals, end);
			return false;
		}
		memcpy(next->copy, e->addr, e->size);
		*end = ++next;
	}
	return true;
}

void kt_locals_free(const struct kitsune_saved_local **locals, const struct kitsune_saved_local **end) {
	for (const struct kitsune_saved_local *s = *locals; s < *end; s++)
		free(s->copy);
	free((void *)*locals);
	*locals = *end = NULL;
}

void kt_locals_forget(void) {
	free(record.entries);
	record = (struct kt_frames){NULL, 0, 0};
}

/* Look-ups: the innermost frame of the function, in it the innermost variable. */

void *kt_local_old(const char *func, const char *name, size_t *size) {
	struct kt_left left;
	if (!kt_left(&left))
		return NULL;
	for (const struct kitsune_saved_local *s = left.locals_end; s-- > left.locals;) {
		if (strcmp(s->func, func) == 0 && strcmp(s->name, name) == 0) {
			if (size)
				*size = s->size;
			return s->copy;
		}
	}
	return NULL;
}

void *kt_local_new(const char *func, const char *name) {
	size_t end = record.count;
	for (size_t i = record.count; i-- > 0;) {
		if (record.entries[i].kind != FUNCTION)
			continue;
		if (strcmp(record.entries[i].name, func) == 0)
			for (size_t k = end; --k > i;)
				if (!is_scope(&record.entries[k]) &&
				    strcmp(record.entries[k].name, name) == 0)
					return record.entries[k].addr;
		end = i;
	}
	return NULL;
}

KITSUNE_API void *stackvars_get_local(const char *fun_name, const char *var_name) {
	return kt_local_old(fun_name, var_name, NULL);
}

KITSUNE_API void *stackvars_get_formal(const char *fun_name, const char *var_name) {
	return stackvars_get_local(fun_name, var_name);
}

KITSUNE_API void *stackvars_get_local_new(const char *fun_name, const char *var_name) {
	return kt_local_new(fun_name, var_name);
}

KITSUNE_API void *stackvars_get_formal_new(const char *fun_name, const char *var_name) {
	return stackvars_get_local_new(fun_name, var_name);
}

KITSUNE_API void stackvars_summary(void) {
	for (size_t i = 0; i < record.count; i++) {
		const struct entry *e = &record.entries[i];
		if (e->kind == FUNCTION)
			kitsune_log("frame of %s", e->name);
		else if (e->kind != SCOPE)
			kitsune_log("  %s %s at %p, %zu bytes", e->kind == FORMAL ? "parameter" : "local",
			            e->name, e->addr, e->size);
	}
}
