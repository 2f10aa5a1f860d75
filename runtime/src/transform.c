/* The transformation engine: from an old pointer to the new one, and on to what it leads to.
 *
 * An object whose transformer is deep gets new storage; the table of moved objects remembers where, before its
 * contents are looked at, so that cycles end and aliases stay aliases. Its old block is released at the commit.
 * Any other object keeps its place, and only its pointers are rewritten, each of them once.
 *
 * A pointer is followed at once, depth first, which keeps the order of allocation close to the order of use.
 * Beyond a fixed depth what remains to be done goes to a work list, so that the C stack stays small whatever the
 * shape of the heap.
 */
#include "internal.h"

enum { DEEPEST = 200 };

/* Elements in a row that wait for their transformer; or, without one, a symbol to be carried over. */
struct work {
	const closure *element;
	void *in, *out;
	size_t count;
	struct kt_symbol *symbol;
};

static struct {
	struct work *waiting;
	size_t count, room;
	int depth;   /* of transformers that are running */
	int nesting; /* of work lists that are being finished before user code goes on */
	uint64_t moved, visited, bytes;
} engine;

void kt_transform_begin(void) {
	memset(&engine, 0, sizeof engine);
	kt_heap_begin();
}

static bool is_deep(const closure *c) {
	while (c->strategy == XF_TARGET && c->nargs > 0)
		c = c->args[c->nargs - 1];
	return c->strategy == XF_DEEP;
}

static void run(const struct work *w) {
	if (!w->element) {
		kt_migrate_symbol(w->symbol);
		return;
	}
	const closure *e = w->element;
	char *in = w->in, *out = w->out;
	for (size_t i = 0; i < w->count; i++, in += e->size_old, out += e->size_new)
		e->fn(in, out, e->nargs, (void **)e->args);
}

static void run_or_wait(struct work w) {
	if (engine.depth < DEEPEST) {
		engine.depth++;
		run(&w);
		engine.depth--;
		return;
	}
	if (engine.count == engine.room) {
		engine.room = engine.room ? 2 * engine.room : 1024;
		engine.waiting = kt_realloc(engine.waiting, engine.room * sizeof *engine.waiting);
	}
	engine.waiting[engine.count++] = w;
}

/* Does what is waiting above `floor`. */
static void drain(size_t floor) {
	while (engine.count > floor) {
		struct work w = engine.waiting[--engine.count];
		run(&w);
	}
}

void kt_transform_drain(void) {
	drain(0);
}

void kt_transform_commit(void) {
	uint64_t kept;
	drain(0);
	kept = kt_heap_release();
	kt_channel_counts(engine.moved, engine.visited, engine.bytes);
	kitsune_log("%llu objects moved, %llu visited in their place, %llu old blocks kept",
	            (unsigned long long)engine.moved, (unsigned long long)engine.visited,
	            (unsigned long long)kept);
	kt_addresses_end();
	kt_closures_end();
	free(engine.waiting);
	memset(&engine, 0, sizeof engine);
}

/* Pointers into the old image. */

/* Where the object is in the new image that `old` points to in the old one, or NULL if it has no successor there.
 * A pointer into an array leads to the element with the same index. */
static void *in_new_image(const void *old, struct kt_symbol **successor) {
	struct kt_symbol *s = kt_symbol_at(true, old), *n = s ? s->other : NULL;
	size_t offset, index, rest;
	if (!n)
		return NULL;
	*successor = n;
	offset = (uintptr_t)old - (uintptr_t)s->desc->addr;
	if (offset == 0)
		return (void *)n->desc->addr;
	index = offset / s->desc->stride;
	rest = offset % s->desc->stride;
	if ((rest && s->desc->stride != n->desc->stride) || index * n->desc->stride + rest >= n->desc->size)
		kt_fail("something points to byte %zu of %s, whose layout differs in the new version", offset,
		        s->key);
	return (char *)n->desc->addr + index * n->desc->stride + rest;
}

/* The literal that the new version has put at `out`, if it is equal to the old one. */
static void *equal_literal(const char *old, const void *out) {
	const char *new_;
	memcpy(&new_, out, sizeof new_);
	if (!kt_in_image(false, new_) || kt_symbol_at(false, new_) || strcmp(old, new_) != 0)
		return NULL;
	return (void *)new_;
}

/* Carries the symbol's content over as well: a pointer to a global leads to the global. */
static void follow_symbol(struct kt_symbol *s, void *old, void *new_, size_t count, const closure *element) {
	if (s->desc->flags & (KITSUNE_SYMBOL_READONLY | KITSUNE_SYMBOL_FUNCTION) || s->done)
		return;
	if (s->desc->flags & KITSUNE_SYMBOL_AUTOMIGRATE || kt_transformer(s))
		run_or_wait((struct work){.symbol = s});
	else if (kt_pair_first(new_, element))
		run_or_wait((struct work){element, old, new_, count, NULL});
}

/* The new address of `count` elements at `old`, which are transformed if that has not been done yet. */
static void *follow(void *old, size_t count, const closure *element) {
	struct kt_symbol *successor;
	void *new_;
	if (!old)
		return NULL;
	/* One array of ten is ten elements: another pointer may lead to it as that. */
	while (element->fn == transform_array) {
		count *= (size_t)(uintptr_t)element->args[0];
		element = element->args[1];
	}
	if (kt_in_image(true, old) && (new_ = in_new_image(old, &successor))) {
		follow_symbol(successor, old, new_, count, element);
		return new_;
	}
	if (!is_deep(element)) {
		engine.visited += count;
		run_or_wait((struct work){element, old, old, count, NULL});
		return old;
	}
	if (count == 0)
		return old;
	new_ = kt_moved_to(old);
	if (new_ && count > 1 && count > kt_moved_count(old))
		kt_fail(
		    "something points to %zu objects at %p, but something else that was followed before only to the "
		    "first %zu of them: annotate both pointers with the same length",
		    count, old, kt_moved_count(old));
	if (new_)
		return new_;
	new_ = kt_alloc(count * element->size_new);
	kt_moved_add(old, new_, count, kt_heap_block(old, count * element->size_old));
	engine.moved += count;
	engine.bytes += count * element->size_new;
	run_or_wait((struct work){element, old, new_, count, NULL});
	return new_;
}

/* What generated transformers call. */

/* Reads the old pointer. Returns false if it is not there any more: it has been rewritten in its place. */
static bool read_old(const void *in, const void *out, void *p) {
	if (in == out && !kt_slot_first(out))
		return false;
	memcpy(p, in, sizeof(void *));
	return true;
}

KITSUNE_API void kitsune_xform_ptrarray(const void *in, void *out, size_t count, const closure *element) {
	void *p;
	if (!read_old(in, out, &p))
		return;
	p = follow(p, count, element);
	memcpy(out, &p, sizeof p);
}

KITSUNE_API void kitsune_xform_ptr(const void *in, void *out, const closure *target) {
	kitsune_xform_ptrarray(in, out, 1, target);
}

static bool all_zero(const char *p, size_t size) {
	return size == 0 || (p[0] == 0 && memcmp(p, p + 1, size - 1) == 0);
}

KITSUNE_API void kitsune_xform_ntarray(const void *in, void *out, const closure *element) {
	size_t count = 0;
	char *p;
	if (!read_old(in, out, &p))
		return;
	if (p) /* The last element is part of it. */
		while (!all_zero(p + count++ * element->size_old, element->size_old))
			;
	p = follow(p, count, element);
	memcpy(out, &p, sizeof p);
}

KITSUNE_API void kitsune_xform_array(const void *in, void *out, size_t count, const closure *element) {
	run(&(struct work){element, (void *)in, out, count, NULL});
}

KITSUNE_API void kitsune_xform_plain(const void *in, void *out) {
	struct kt_symbol *successor;
	void *old, *p;
	memcpy(&old, in, sizeof old);
	p = old;
	if (kt_in_image(true, old)) {
		void *new_ = in_new_image(old, &successor);
		if (!new_ && in != out)
			new_ = equal_literal(old, out);
		if (new_)
			p = new_;
	}
	if (in != out || p != old)
		memcpy(out, &p, sizeof p);
}

KITSUNE_API void kitsune_xform_fptr(const void *in, void *out) {
	struct kt_symbol *s;
	void *p;
	memcpy(&p, in, sizeof p);
	if (kt_in_image(true, p)) {
		s = kt_symbol_at(true, p);
		if (!s || !s->other)
			kt_fail(
			    "something points to the function %s, which the new version does not have: name its "
			    "successor with a rule like \"%s -> NEW\"",
			    s ? s->key : "at an unregistered address", s ? s->key : "OLD");
		p = (void *)s->other->desc->addr;
	}
	memcpy(out, &p, sizeof p);
}

KITSUNE_API int kitsune_visit_once(const void *object, xf as) {
	return kt_pair_first(object, (const void *)(uintptr_t)as);
}

/* The same as transformers of closures. */

KITSUNE_API void transform_raw(void *in, void *out, int nargs, void **args) {
	(void)nargs;
	if (in != out)
		memmove(out, in, (size_t)(uintptr_t)args[0]);
}

KITSUNE_API void transform_ptr(void *in, void *out, int nargs, void **args) {
	(void)nargs;
	kitsune_xform_ptr(in, out, args[0]);
}

KITSUNE_API void transform_array(void *in, void *out, int nargs, void **args) {
	(void)nargs;
	kitsune_xform_array(in, out, (size_t)(uintptr_t)args[0], args[1]);
}

KITSUNE_API void transform_ntarray(void *in, void *out, int nargs, void **args) {
	(void)nargs;
	kitsune_xform_ntarray(in, out, args[0]);
}

KITSUNE_API void transform_fptr(void *in, void *out, int nargs, void **args) {
	(void)nargs;
	(void)args;
	kitsune_xform_fptr(in, out);
}

/* User code goes on when everything that it has asked for is there; deep in a recursion of its own it has to wait
 * for the rest as generated code does. */
KITSUNE_API void transform_invoke_closure(closure *c, void *in, void *out) {
	enum { MOST_NESTING = 50 };
	const size_t floor = engine.count;
	c->fn(in, out, c->nargs, (void **)c->args);
	if (engine.nesting < MOST_NESTING) {
		engine.nesting++;
		drain(floor);
		engine.nesting--;
	}
}

KITSUNE_API void kitsune_transform_not_null(const char *what) {
	kt_fail("%s is expected to be NULL at an update", what);
}
