/* The transformation engine: from an old pointer to the new one, and on to what it leads to.
 *
 * An object whose transformer is deep gets new storage; the table of moved objects remembers where, before its
 * contents are looked at, so that cycles end and aliases stay aliases. Its old block is released at the commit.
 * Any other object keeps its place, and only its pointers are rewritten, each of them once.
 *
 * A pointer is followed at once, depth first, which keeps the order of allocation close to the order of use. When
 * the stack has grown by a fixed amount, what remains to be done goes to a work list, whatever the shape of the heap.
 * Where a transformer ends with its following a pointer, the compiler makes a jump of it: a list is then a loop.
 *
 * A pointer to a part of an object, a field or an element, leads to the same part of the new object. Such a pointer can
 * be met before the object. Then it waits until everything else has been followed (kitsune_xform_part).
 */
#define _GNU_SOURCE
#include <dlfcn.h>

#include "addresses.h"
#include "internal.h"
#include "undo.h"

enum {
	DEEPEST = 32 << 10, /* bytes of stack for transformers that run inside each other */
	AHEAD = 16,         /* elements of an array of pointers, to be fetched while others are looked at */
};

/* Elements in a row that wait for their transformer; or, without one, a symbol to be carried over. */
struct work {
	const closure *element;
	void *in, *out;
	size_t count;
	struct kt_symbol *symbol;
};

/* A pointer to what has to be transformed: a part of something that has not been met yet, or an object. */
struct late_pointer {
	void *slot, *old; /* slot: or NULL, when it has been set */
	const closure *target;
	bool in_place;
};

/* The slot of a pointer to bytes; the lowest bit is set if it is in its place. */
enum { IN_PLACE = 1 };

static struct {
	struct work *waiting;
	size_t count, room;
	uintptr_t stack; /* where transformers have begun to run inside each other */
	bool unwinding;  /* and have used it up */
	int nesting;     /* of work lists that are being finished before user code goes on */
	int entered;     /* variables that are being migrated, one by the other's transformer */

	struct late_pointer *late;
	size_t late_count, late_room;
	uintptr_t *late_bytes;
	size_t late_bytes_count, late_bytes_room;
	uint64_t moved_then; /* when those to bytes were set */
	bool alone;          /* something that may be part of an object has moved by itself */

	uint64_t moved, visited, bytes;
} engine;

/* Where addresses of the old image lead that have been asked for: the offset in that image, and the one in the new
 * image or NOWHERE. In one word, for the threads that ask at the same time. */
enum { SUCCESSORS = 256 };
static uint64_t successors[SUCCESSORS];
static const uint32_t NOWHERE = UINT32_MAX;

void kt_transform_begin(void) {
	memset(&engine, 0, sizeof engine);
	memset(successors, 0, sizeof successors);
	engine.stack = (uintptr_t)__builtin_frame_address(0);
	kt_heap_begin();
}

void kt_transform_enter(void) {
	if (engine.entered++ > 0)
		return;
	engine.stack = (uintptr_t)__builtin_frame_address(0);
	engine.unwinding = false;
}

static bool is_deep(const closure *c) {
	while (c->strategy == XF_TARGET && c->nargs > 0)
		c = c->args[c->nargs - 1];
	return c->strategy == XF_DEEP;
}

/* Room for one more element of a list that has `count`. */
static void *more(void *list, size_t count, size_t *room, size_t size) {
	if (count < *room)
		return list;
	*room = *room ? 2 * *room : 1024;
	return kt_realloc(list, *room * size);
}

/* The work list. */

static inline void xform_ptr(const void *in, void *out, const closure *target);

static void run(const struct work *w) {
	const closure *e = w->element;
	char *in = w->in, *out = w->out;
	if (!e) {
		kt_migrate_symbol(w->symbol);
	} else if (e->fn == transform_ptr) {
		for (size_t i = 0; i < w->count; i++, in += sizeof(void *), out += sizeof(void *)) {
			if (i + AHEAD < w->count)
				__builtin_prefetch(((void **)in)[AHEAD], 1);
			xform_ptr(in, out, e->args[0]);
		}
	} else {
		for (size_t i = 0; i < w->count; i++, in += e->size_old, out += e->size_new)
			e->fn(in, out, e->nargs, (void **)e->args);
	}
}

static __attribute__((noinline)) void wait(struct work w) {
	engine.waiting = more(engine.waiting, engine.count, &engine.room, sizeof w);
	engine.waiting[engine.count++] = w;
}

/* Once the stack is used up, everything waits until it is empty again: what waits comes from the whole of it then, and
 * the last of it first, so that the list stays short. On another thread's stack everything waits. */
static inline bool stack_is_left(void) {
	if (!engine.unwinding && engine.stack - (uintptr_t)__builtin_frame_address(0) >= DEEPEST)
		engine.unwinding = true;
	return !engine.unwinding;
}

static void run_or_wait(struct work w) {
	if (stack_is_left())
		run(&w);
	else
		wait(w);
}

/* The same for one object, as the last thing that a function does. */
static inline void run_or_wait_one(const closure *element, void *in, void *out) {
	if (stack_is_left())
		element->fn(in, out, element->nargs, (void **)element->args);
	else
		wait((struct work){element, in, out, 1, NULL});
}

/* Does what is waiting above `floor`. */
static void drain(size_t floor) {
	while (engine.count > floor) {
		struct work w = engine.waiting[--engine.count];
		engine.unwinding = engine.stack - (uintptr_t)__builtin_frame_address(0) >= DEEPEST / 2;
		run(&w);
	}
}

void kt_transform_drain(void) {
	drain(0);
}

/* Pointers into the old image. */

/* Where the object or part is in the new image that `old` points to in the old one, or NULL if it has no successor
 * there. A pointer into an array leads to the element with the same index. */
static void *in_new_image(const void *old, xf as, struct kt_symbol **successor) {
	struct kt_symbol *s = kt_symbol_at(true, old), *n = s ? s->other : NULL;
	size_t offset, index, rest;
	if (!n)
		return NULL;
	*successor = n;
	offset = (uintptr_t)old - (uintptr_t)s->desc->addr;
	if (s->value) {
		if (!kt_part_moved(s->value, offset, as, &offset))
			kt_fail(
			    "something points to byte %zu of %s, a part that the new version does not have",
			    offset, s->key);
		return (char *)n->desc->addr + offset;
	}
	if (offset == 0)
		return (void *)n->desc->addr;
	index = offset / s->desc->stride;
	rest = offset % s->desc->stride;
	if ((rest && s->desc->stride != n->desc->stride) || index * n->desc->stride + rest >= n->desc->size)
		kt_fail("something points to byte %zu of %s, whose layout differs in the new version", offset,
		        s->key);
	return (char *)n->desc->addr + index * n->desc->stride + rest;
}

/* The same for a pointer of which nothing is known. Its place in the table is `cell`. */
static __attribute__((noinline)) void *find_successor(const void *old, uint64_t *cell) {
	const uint64_t from = (uintptr_t)old - kt_spans[1].low + 1;
	struct kt_symbol *symbol;
	void *new_ = in_new_image(old, NULL, &symbol);
	const uintptr_t to = new_ ? (uintptr_t)new_ - kt_spans[0].low : NOWHERE;
	if (from <= UINT32_MAX && (new_ ? to < NOWHERE : to == NOWHERE))
		__atomic_store_n(cell, from << 32 | to, __ATOMIC_RELAXED);
	return new_;
}

static inline void *successor_of(const void *old) {
	const uint64_t from = (uintptr_t)old - kt_spans[1].low + 1;
	uint64_t *cell = &successors[(from ^ from >> 8) % SUCCESSORS];
	const uint64_t known = __atomic_load_n(cell, __ATOMIC_RELAXED);
	if (known >> 32 != from)
		return find_successor(old, cell);
	return (uint32_t)known == NOWHERE ? NULL : (void *)(kt_spans[0].low + (uint32_t)known);
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

/* Objects that move. */

static const char *name_of(const closure *c) {
	Dl_info info;
	return c && dladdr((void *)(uintptr_t)c->fn, &info) && info.dli_sname ? info.dli_sname
	                                                                      : "an unknown transformer";
}

/* Where the object or part is now that `p` points to and whose transformer is `as`. NULL if it has not moved. */
static void *moved_part(const void *p, xf as) {
	const struct kitsune_layout *layout;
	struct kitsune_part whole;
	struct kt_moved m;
	size_t offset, to;
	if (!kt_moved_around(p, &m) || !m.element)
		return NULL;
	layout = kt_layout(m.element->fn);
	offset = (size_t)((const char *)p - m.old);
	whole = (struct kitsune_part){0, m.element->size_old, 0, m.element->size_new, m.count, layout};
	if (offset == whole.count * whole.old_stride) /* One past the last one. */
		return m.new_ + whole.count * whole.new_stride;
	if (!layout && (offset % whole.old_stride || m.element->fn != as))
		return NULL;
	if (!kt_part_moved(&whole, offset, as, &to))
		kt_fail(
		    "something points to byte %zu of an object that %s transforms, as to what %s transforms: there "
		    "is no such part in the new version",
		    offset % whole.old_stride, name_of(m.element), name_of(&(closure){.fn = as}));
	return m.new_ + to;
}

/* The new address of `count` objects at `old`, from which something has moved. */
static void *moved_before(void *old, size_t count, const closure *element) {
	struct kt_moved m;
	kt_moved_at(old, &m);
	if (!m.element)
		return m.new_;
	if (m.element->fn != element->fn) {
		const struct kitsune_layout *layout = kt_layout(m.element->fn);
		const struct kitsune_part one = {0, m.element->size_old, 0, m.element->size_new, 1, layout};
		size_t to;
		if (!layout || !kt_part_moved(&one, 0, element->fn, &to))
			kt_fail(
			    "the object at %p is reached under two types: it has been transformed by %s, and is "
			    "to be transformed by %s",
			    old, name_of(m.element), name_of(element));
		return m.new_ + to;
	}
	if (count > m.count)
		kt_fail(
		    "something points to %zu objects at %p, but something else that was followed before only to the "
		    "first %zu of them: annotate both pointers with the same length",
		    count, old, m.count);
	return m.new_;
}

/* Gives them new storage. */
static inline void *move(uintptr_t *entry, void *old, size_t count, const closure *element) {
	const size_t size_old = count * element->size_old, size_new = count * element->size_new;
	struct kt_moved inside;
	void *new_ = kt_heap_alloc(size_new);
	kt_moved_set(entry, new_, element);
	if ((count > 1 || engine.alone) && kt_moved_within(old, size_old, &inside))
		kt_fail(
		    "something points to %zu objects at %p, but something else that was followed before only to "
		    "what is at %p in them: annotate both pointers with the same length",
		    count, old, (void *)inside.old);
	if (engine.alone && kt_slots_within(old, size_old))
		kt_fail(
		    "a pointer in the object at %p, which %s transforms, was rewritten when something pointed to "
		    "that alone: nothing told before that it is a part of something",
		    old, name_of(element));
	if (count > 1 || size_old > KT_LARGE)
		kt_moved_many(old, count, size_old);
	kt_heap_moved(old, size_old);
	engine.moved += count;
	engine.bytes += size_new;
	return new_;
}

/* The new address of `count` elements at `old`, which are transformed if that has not been done yet. */
static void *follow(void *old, size_t count, const closure *element) {
	struct kt_symbol *successor;
	uintptr_t *entry;
	void *new_;
	/* One array of ten is ten elements: another pointer may lead to it as that. */
	while (element->fn == transform_array) {
		count *= (size_t)(uintptr_t)element->args[0];
		element = element->args[1];
	}
	if (kt_in_image(true, old) && (new_ = in_new_image(old, element->fn, &successor))) {
		follow_symbol(successor, old, new_, count, element);
		return new_;
	}
	if (count == 0)
		return old;
	if (!is_deep(element)) {
		engine.visited += count;
		run_or_wait((struct work){element, old, old, count, NULL});
		return old;
	}
	entry = kt_moved_entry(old);
	if (kt_moved_new(*entry))
		return moved_before(old, count, element);
	if (count > 1 && (new_ = moved_part(old, element->fn)))
		return new_;
	new_ = move(kt_moved_entry(old), old, count, element);
	run_or_wait((struct work){element, old, new_, count, NULL});
	return new_;
}

/* What generated transformers call. */

/* Reads the old pointer. Returns false if there is nothing to do: it is NULL, or has been rewritten in its place. */
static inline bool read_old(const void *in, void *out, void **p) {
	memcpy(p, in, sizeof *p);
	if (!*p && in != out)
		memcpy(out, in, sizeof *p);
	return *p && (in != out || kt_slot_first(out));
}

/* Writes the pointer that takes the place of `old`. */
static inline void write_new(const void *in, void *out, void *old, void *new_) {
	if (in == out) {
		if (old == new_)
			return;
		kt_undo_note(out);
	}
	memcpy(out, &new_, sizeof new_);
}

KITSUNE_API void kitsune_xform_ptrarray(const void *in, void *out, size_t count, const closure *element) {
	void *p;
	if (read_old(in, out, &p))
		write_new(in, out, p, follow(p, count, element));
}

/* The same for one object, which is what most pointers lead to. */
static inline void xform_ptr(const void *in, void *out, const closure *target) {
	uintptr_t *entry;
	void *old, *new_;
	if (!read_old(in, out, &old))
		return;
	if (kt_in_image(true, old) || target->strategy == XF_TARGET) {
		write_new(in, out, old, follow(old, 1, target));
		return;
	}
	if (target->strategy == XF_SHALLOW) {
		__builtin_prefetch(old, 1);
		write_new(in, out, old, old);
		engine.visited++;
		run_or_wait_one(target, old, old);
		return;
	}
	entry = kt_moved_entry(old);
	if ((new_ = kt_moved_new(*entry))) {
		if (!kt_moved_as(*entry, target))
			new_ = moved_before(old, 1, target);
		write_new(in, out, old, new_);
		return;
	}
	new_ = move(entry, old, 1, target);
	write_new(in, out, old, new_);
	run_or_wait_one(target, old, new_);
}

KITSUNE_API void kitsune_xform_ptr(const void *in, void *out, const closure *target) {
	xform_ptr(in, out, target);
}

/* Pointers that may lead to a part of an object. */

KITSUNE_API void kitsune_xform_part(const void *in, void *out, const closure *target) {
	const bool in_place = in == out;
	void *old, *new_;
	if (!read_old(in, out, &old))
		return;
	if (kt_in_image(true, old))
		new_ = follow(old, 1, target);
	else if (!(new_ = moved_part(old, target->fn))) {
		new_ = old;
		if (target->fn == transform_raw && !((uintptr_t)out & IN_PLACE)) {
			engine.late_bytes = more(engine.late_bytes, engine.late_bytes_count,
			                         &engine.late_bytes_room, sizeof *engine.late_bytes);
			engine.late_bytes[engine.late_bytes_count++] = (uintptr_t)out | in_place;
		} else {
			engine.late =
			    more(engine.late, engine.late_count, &engine.late_room, sizeof *engine.late);
			engine.late[engine.late_count++] = (struct late_pointer){out, old, target, in_place};
		}
	}
	write_new(in, out, old, new_);
}

static void set_late(const struct late_pointer *p, void *new_) {
	write_new(p->in_place ? p->slot : NULL, p->slot, p->old, new_);
}

/* Sets the pointers that lead to parts of what has moved by now, and forgets them. */
static void set_parts(void) {
	size_t kept = 0;
	for (size_t i = 0; i < engine.late_count; i++) {
		const struct late_pointer p = engine.late[i];
		void *new_;
		if (!p.slot || memcmp(p.slot, &p.old, sizeof p.old) != 0)
			continue; /* It has been followed, or user code has set it. */
		if ((new_ = moved_part(p.old, p.target->fn)))
			set_late(&p, new_);
		else
			engine.late[kept++] = p;
	}
	engine.late_count = kept;
}

/* Follows the pointers that are left; if `blocks` is set, only those to blocks of their own, which are not part of
 * anything. More pointers may come to wait. Returns whether it has followed any. */
static bool follow_late(bool blocks) {
	const size_t count = engine.late_count;
	bool any = false;
	for (size_t i = 0; i < count; i++) {
		const struct late_pointer p = engine.late[i];
		void *new_;
		if (blocks && !kt_heap_block(p.old, p.target->size_old))
			continue;
		engine.late[i].slot = NULL;
		if (!(new_ = moved_part(p.old, p.target->fn))) {
			engine.alone |= !blocks;
			new_ = follow(p.old, 1, p.target);
		}
		set_late(&p, new_);
		drain(0);
		any = true;
	}
	return any;
}

/* Sets the pointers to bytes in what has moved, and forgets them. The others keep their values. */
static void set_bytes(void) {
	size_t kept = 0;
	if (engine.moved == engine.moved_then)
		return;
	for (size_t i = 0; i < engine.late_bytes_count; i++) {
		const uintptr_t entry = engine.late_bytes[i], in_place = entry & IN_PLACE;
		void *slot = (void *)(entry - in_place), *old, *new_;
		memcpy(&old, slot, sizeof old);
		if ((new_ = moved_part(old, transform_raw)))
			write_new(in_place ? slot : NULL, slot, old, new_);
		else
			engine.late_bytes[kept++] = entry;
	}
	engine.late_bytes_count = kept;
	engine.moved_then = engine.moved;
}

static void settle(void) {
	drain(0);
	for (set_parts(); engine.late_count; set_parts())
		if (!follow_late(true))
			follow_late(false);
	set_bytes();
}

void kt_transform_settle(void) {
	if (--engine.entered == 0)
		settle();
	else
		drain(0);
}

/* The end of an update. */

static void forget(void) {
	kt_addresses_end();
	kt_closures_end();
	kt_undo_end();
	free(engine.waiting);
	free(engine.late);
	free(engine.late_bytes);
	memset(&engine, 0, sizeof engine);
}

void kt_transform_commit(void) {
	uint64_t kept;
	settle();
	kept = kt_heap_release();
	kt_channel_counts(engine.moved, engine.visited, engine.bytes);
	kitsune_log("%llu objects moved, %llu visited in their place, %llu old blocks kept",
	            (unsigned long long)engine.moved, (unsigned long long)engine.visited,
	            (unsigned long long)kept);
	forget();
}

static void drop(const struct kt_moved *m) {
	free(m->new_);
}

void kt_transform_rollback(void) {
	kt_undo_all();
	kt_moved_each(drop);
	kt_heap_discard();
	forget();
}

static bool all_zero(const char *p, size_t size) {
	return size == 0 || (p[0] == 0 && memcmp(p, p + 1, size - 1) == 0);
}

KITSUNE_API void kitsune_xform_ntarray(const void *in, void *out, const closure *element) {
	size_t count = 0;
	void *p;
	if (!read_old(in, out, &p))
		return;
	/* The last element is part of it. */
	while (!all_zero((char *)p + count++ * element->size_old, element->size_old))
		;
	write_new(in, out, p, follow(p, count, element));
}

KITSUNE_API void kitsune_xform_array(const void *in, void *out, size_t count, const closure *element) {
	run(&(struct work){element, (void *)in, out, count, NULL});
}

KITSUNE_API void kitsune_xform_plain(const void *in, void *out) {
	void *old, *new_;
	memcpy(&old, in, sizeof old);
	new_ = old;
	if (kt_in_image(true, old)) {
		new_ = successor_of(old);
		if (!new_ && in != out)
			new_ = equal_literal(old, out);
		if (!new_)
			new_ = old;
	}
	write_new(in, out, old, new_);
}

KITSUNE_API void kitsune_xform_fptr(const void *in, void *out) {
	void *old, *new_;
	memcpy(&old, in, sizeof old);
	new_ = old;
	if (kt_in_image(true, old) && !(new_ = successor_of(old))) {
		const struct kt_symbol *s = kt_symbol_at(true, old);
		kt_fail(
		    "something points to the function %s, which the new version does not have: name its successor "
		    "with a rule like \"%s -> NEW\"",
		    s ? s->key : "at an unregistered address", s ? s->key : "OLD");
	}
	write_new(in, out, old, new_);
}

KITSUNE_API int kitsune_visit_once(const void *object, xf as) {
	return kt_pair_first(object, (const void *)(uintptr_t)as);
}

KITSUNE_API void kitsune_keep(void *object, size_t size) {
	kt_undo_note_bytes(object, size);
}

/* The same as transformers of closures. */

KITSUNE_API void transform_raw(void *in, void *out, int nargs, void **args) {
	(void)nargs;
	if (in != out)
		memmove(out, in, (size_t)(uintptr_t)args[0]);
}

KITSUNE_API void transform_ptr(void *in, void *out, int nargs, void **args) {
	(void)nargs;
	xform_ptr(in, out, args[0]);
}

KITSUNE_API void transform_part(void *in, void *out, int nargs, void **args) {
	(void)nargs;
	kitsune_xform_part(in, out, args[0]);
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
	KT_SERIAL;
	(void)nargs;
	(void)args;
	kitsune_xform_fptr(in, out);
}

/* User code goes on when everything that it has asked for is there; deep in a recursion of its own it has to wait
 * for the rest as generated code does. */
KITSUNE_API void transform_invoke_closure(closure *c, void *in, void *out) {
	KT_SERIAL;
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
