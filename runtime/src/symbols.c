/* The registered symbols of the old and the new image, by key and by address.
 *
 * The objects bring their symbols as constants; nothing is done with them until an update needs them. Then both
 * images are indexed, and each old symbol is joined to its counterpart: the new symbol with the same key, or with
 * the key that a rule has renamed it to. Statics of a header that several units include share a key; among those
 * the unit decides, or else the order.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>

#include "internal.h"

struct index {
	bool built;
	struct kt_symbol *list; /* in the order of registration */
	size_t count;
	struct kt_symbol **by_address;
	struct kt_symbol **by_key; /* open addressing; the first with each key */
	size_t mask;
	uintptr_t low, high; /* of the image's memory */
};

static struct index indexes[2]; /* [0] this image, [1] the previous one */

/* Symbols and renamings of this image that hand-written code has registered. */
static struct kitsune_symbol *noted;
static size_t noted_count;
static struct kitsune_rename *renamed;
static size_t renamed_count;

/* Registration by hand. */

static bool same(const char *a, const char *b) {
	return a == b || (a && b && strcmp(a, b) == 0);
}

static const struct kitsune_unit *unit_for(const char *ns) {
	struct kitsune_unit *unit;
	if (!ns)
		return NULL;
	unit = kt_alloc(sizeof *unit);
	memset(unit, 0, sizeof *unit);
	unit->ns = ns;
	return unit;
}

KITSUNE_API void kitsune_register_var(const char *name, const char *func, const char *file, const char *ns,
                                      void *addr, size_t size, int auto_migrate) {
	for (size_t i = 0; i < noted_count; i++) {
		const struct kitsune_symbol *s = &noted[i];
		if (s->addr == addr && same(s->name, name) && same(s->func, func) && same(s->file, file))
			return;
	}
	noted = kt_realloc(noted, (noted_count + 1) * sizeof *noted);
	noted[noted_count++] = (struct kitsune_symbol){
	    .unit = unit_for(ns),
	    .name = name,
	    .func = func,
	    .file = file,
	    .addr = addr,
	    .size = size,
	    .stride = size,
	    .flags = (file ? KITSUNE_SYMBOL_STATIC : 0) | (auto_migrate ? KITSUNE_SYMBOL_AUTOMIGRATE : 0),
	};
	indexes[0].built = false;
}

KITSUNE_API void kitsune_note_var(const char *name, const char *func, const char *file, const char *ns,
                                  void *addr, size_t size) {
	kitsune_register_var(name, func, file, ns, addr, size, 0);
}

KITSUNE_API void transform_register_renaming(const char *old_key, const char *new_key) {
	renamed = kt_realloc(renamed, (renamed_count + 1) * sizeof *renamed);
	renamed[renamed_count++] = (struct kitsune_rename){old_key, new_key};
}

void kt_symbols_save(struct kitsune_image *self) {
	self->noted = noted;
	self->noted_end = noted + noted_count;
}

void kt_symbols_discard(void) {
	for (size_t i = 0; i < noted_count; i++)
		free((void *)noted[i].unit);
	free(noted);
	free(renamed);
	noted = NULL;
	renamed = NULL;
	noted_count = renamed_count = 0;
}

/* Keys. */

char *kt_key(const char *name, const char *func, const char *file, const char *ns) {
	char *key = NULL;
	if (asprintf(&key, "%s%s%s%s%s%s%s", ns ? ns : "", ns ? "@" : "", file ? file : "", file ? "/" : "",
	             func ? func : "", func ? "#" : "", name) < 0)
		kt_fail("out of memory for the key of %s", name);
	return key;
}

KITSUNE_API char *kitsune_get_symbol_key(const char *name, const char *func, const char *file,
                                         const char *ns) {
	return kt_key(name, func, file, ns);
}

static char *key_of(const struct kitsune_symbol *s) {
	const char *file = s->file;
	if (!(s->flags & KITSUNE_SYMBOL_STATIC))
		return kt_key(s->name, NULL, NULL, NULL);
	if (!file && s->unit)
		file = s->unit->file;
	return kt_key(s->name, s->func, file, s->unit ? s->unit->ns : NULL);
}

/* The indexes. */

/* FNV-1a. */
static size_t hash(const char *s) {
	uint64_t h = 14695981039346656037u;
	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211u;
	return (size_t)h;
}

static struct kt_symbol **slot(const struct index *x, const char *key) {
	size_t i = hash(key) & x->mask;
	while (x->by_key[i] && strcmp(x->by_key[i]->key, key) != 0)
		i = (i + 1) & x->mask;
	return &x->by_key[i];
}

static int by_address(const void *a, const void *b) {
	uintptr_t x = (uintptr_t)(*(struct kt_symbol *const *)a)->desc->addr;
	uintptr_t y = (uintptr_t)(*(struct kt_symbol *const *)b)->desc->addr;
	return x < y ? -1 : x > y;
}

static int image_range(struct dl_phdr_info *info, size_t size, void *data) {
	struct index *x = data;
	uintptr_t low = UINTPTR_MAX, high = 0;
	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + p->p_vaddr;
		if (p->p_type != PT_LOAD)
			continue;
		low = start < low ? start : low;
		high = start + p->p_memsz > high ? start + p->p_memsz : high;
	}
	if (x->low < low || x->low >= high)
		return 0;
	x->low = low;
	x->high = high;
	return 1;
}

static void add(struct index *x, const struct kitsune_symbol *desc) {
	struct kt_symbol *s = &x->list[x->count++], **first;
	*s = (struct kt_symbol){.desc = desc, .key = key_of(desc)};
	first = slot(x, s->key);
	if (*first) {
		struct kt_symbol *last = *first;
		while (last->same)
			last = last->same;
		last->same = s;
		s->order = last->order + 1;
	} else {
		*first = s;
	}
}

static void release(struct index *x) {
	for (size_t i = 0; i < x->count; i++)
		free(x->list[i].key);
	free(x->list);
	free(x->by_address);
	free(x->by_key);
	*x = (struct index){.built = false};
}

static void build(struct index *x, const struct kitsune_image *image, const struct kitsune_symbol *hand,
                  const struct kitsune_symbol *hand_end) {
	size_t most = (size_t)(image->symbols_end - image->symbols) + (size_t)(hand_end - hand), size = 16;
	while (size < 2 * most)
		size *= 2;
	x->mask = size - 1;
	x->by_key = kt_alloc(size * sizeof *x->by_key);
	memset(x->by_key, 0, size * sizeof *x->by_key);
	x->list = kt_alloc(most * sizeof *x->list);
	for (const struct kitsune_symbol *s = image->symbols; s < image->symbols_end; s++)
		add(x, s);
	for (const struct kitsune_symbol *s = hand; s < hand_end; s++)
		add(x, s);
	x->by_address = kt_alloc(x->count * sizeof *x->by_address);
	for (size_t i = 0; i < x->count; i++)
		x->by_address[i] = &x->list[i];
	qsort(x->by_address, x->count, sizeof *x->by_address, by_address);
	x->low = (uintptr_t)image;
	dl_iterate_phdr(image_range, x);
	x->built = true;
}

static void join(struct kt_symbol *old, struct kt_symbol *first) {
	struct kt_symbol *best = NULL;
	for (struct kt_symbol *s = first; s; s = s->same) {
		const struct kitsune_unit *a = old->desc->unit, *b = s->desc->unit;
		if ((old->desc->flags ^ s->desc->flags) & KITSUNE_SYMBOL_FUNCTION)
			continue;
		if (!best || s->order == old->order)
			best = s;
		if (a && b && same(a->file, b->file)) {
			best = s;
			break;
		}
	}
	old->other = best;
	if (best && !best->other)
		best->other = old;
}

static void join_renamed(const struct index *from, const struct index *to, const struct kitsune_rename *r) {
	struct kt_symbol *first = *slot(to, r->new_key);
	/* The rule takes precedence over equal names, on both sides. */
	for (struct kt_symbol *s = first; s; s = s->same)
		s->other = NULL;
	for (struct kt_symbol *s = *slot(from, r->old_key); s; s = s->same) {
		if (s->other && s->other->other == s)
			s->other->other = NULL;
		join(s, first);
	}
}

/* Joins the symbols of both images, by key and by the renamings. */
static void join_all(void) {
	const struct index *from = &indexes[1], *to = &indexes[0];
	for (size_t i = 0; i < from->count; i++)
		join(&from->list[i], *slot(to, from->list[i].key));
	for (const struct kitsune_rename *r = kt_image.renames; r < kt_image.renames_end; r++)
		join_renamed(from, to, r);
	for (size_t i = 0; i < renamed_count; i++)
		join_renamed(from, to, &renamed[i]);
}

/* The index; this image's is built again after a symbol has been registered by hand. */
static struct index *index_of(bool old) {
	struct index *x = &indexes[old], stale = *x;
	if (x->built || old)
		return x;
	*x = (struct index){.built = false};
	build(x, &kt_image, noted, noted + noted_count);
	for (size_t i = 0; i < stale.count; i++) {
		struct kt_symbol *s = *slot(x, stale.list[i].key);
		while (s && s->order != stale.list[i].order)
			s = s->same;
		if (s)
			s->done = stale.list[i].done;
	}
	release(&stale);
	if (indexes[1].built)
		join_all();
	return x;
}

void kt_symbols_begin(void) {
	build(&indexes[1], kt.previous, kt.previous->noted, kt.previous->noted_end);
	index_of(false);
}

void kt_symbols_end(void) {
	release(&indexes[0]);
	release(&indexes[1]);
}

struct kt_symbol *kt_symbol_by_key(bool old, const char *key) {
	const struct index *x = index_of(old);
	return x->built ? *slot(x, key) : NULL;
}

bool kt_in_image(bool old, const void *addr) {
	const struct index *x = &indexes[old];
	return (uintptr_t)addr - x->low < x->high - x->low;
}

struct kt_symbol *kt_symbol_at(bool old, const void *addr) {
	const struct index *x = index_of(old);
	size_t low = 0, high = x->count;
	while (low < high) { /* The first symbol behind addr. */
		size_t middle = low + (high - low) / 2;
		if ((uintptr_t)x->by_address[middle]->desc->addr <= (uintptr_t)addr)
			low = middle + 1;
		else
			high = middle;
	}
	while (low-- > 0) {
		struct kt_symbol *s = x->by_address[low];
		size_t offset = (uintptr_t)addr - (uintptr_t)s->desc->addr;
		if (offset == 0 || offset < s->desc->size)
			return s;
		if (s->desc->size > 0)
			break; /* Only symbols without size share the storage of others. */
	}
	return NULL;
}

struct kt_symbol *kt_symbols_new(size_t *count) {
	*count = index_of(false)->count;
	return indexes[0].list;
}

/* The public look-ups. */

static void *by_key(bool old, const char *key) {
	struct kt_symbol *s = key ? kt_symbol_by_key(old, key) : NULL;
	return s ? (void *)s->desc->addr : NULL;
}

KITSUNE_API void *kitsune_lookup_key_new(const char *key) {
	return by_key(false, key);
}

KITSUNE_API void *kitsune_lookup_key_old(const char *key) {
	return by_key(true, key);
}

static char *at_address(bool old, void *addr) {
	struct kt_symbol *s = kt_symbol_at(old, addr);
	return s && s->desc->addr == addr ? s->key : NULL;
}

KITSUNE_API char *kitsune_lookup_addr_new(void *addr) {
	return at_address(false, addr);
}

KITSUNE_API char *kitsune_lookup_addr_old(void *addr) {
	return at_address(true, addr);
}

KITSUNE_API char *transform_mapped_name(const char *old_key) {
	for (size_t i = 0; i < renamed_count; i++)
		if (strcmp(renamed[i].old_key, old_key) == 0)
			return (char *)renamed[i].new_key;
	for (const struct kitsune_rename *r = kt_image.renames; r < kt_image.renames_end; r++)
		if (strcmp(r->old_key, old_key) == 0)
			return (char *)r->new_key;
	return (char *)old_key;
}
