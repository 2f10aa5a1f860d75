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
	bool sorted;             /* by_address is */
	struct kt_symbol **list; /* in the order of registration */
	struct kt_symbol **by_address;
	size_t count, room;
	struct kt_symbol **by_key; /* open addressing; the first with each key */
	size_t mask;
};

static struct index indexes[2]; /* [0] this image, [1] the previous one */
struct kt_span kt_spans[2];     /* of the memory of the two */

/* A symbol that is registered by hand, and its unit, which it needs only for its namespace. */
struct noted {
	struct kitsune_symbol symbol;
	struct kitsune_unit unit;
};

/* Symbols and renamings of this image that hand-written code has registered. */
static struct noted **noted;
static size_t noted_count;
static struct kitsune_rename *renamed;
static size_t renamed_count;

static bool same(const char *a, const char *b) {
	return a == b || (a && b && strcmp(a, b) == 0);
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

char *kt_key_of(const struct kitsune_symbol *s) {
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

/* Of symbols that begin at the same address, the one without size comes first. */
static int by_address(const void *a, const void *b) {
	const struct kitsune_symbol *x = (*(struct kt_symbol *const *)a)->desc;
	const struct kitsune_symbol *y = (*(struct kt_symbol *const *)b)->desc;
	if (x->addr != y->addr)
		return (uintptr_t)x->addr < (uintptr_t)y->addr ? -1 : 1;
	return x->size < y->size ? -1 : x->size > y->size;
}

/* Finds the memory of the image that `data`, a span, begins in. */
static int image_span(struct dl_phdr_info *info, size_t size, void *data) {
	struct kt_span *span = data;
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
	if (span->low < low || span->low >= high)
		return 0;
	*span = (struct kt_span){low, high - low};
	return 1;
}

/* Makes room for `count` symbols. */
static void reserve(struct index *x, size_t count) {
	size_t room = x->room ? x->room : 16;
	while (room < count)
		room *= 2;
	if (room == x->room)
		return;
	x->room = room;
	x->list = kt_realloc(x->list, room * sizeof *x->list);
	x->by_address = kt_realloc(x->by_address, room * sizeof *x->by_address);
	free(x->by_key);
	x->mask = 2 * room - 1;
	x->by_key = kt_alloc(2 * room * sizeof *x->by_key);
	memset(x->by_key, 0, 2 * room * sizeof *x->by_key);
	for (size_t i = 0; i < x->count; i++) {
		struct kt_symbol **first = slot(x, x->list[i]->key);
		if (!*first)
			*first = x->list[i];
	}
}

static void add(struct index *x, const struct kitsune_symbol *desc) {
	struct kt_symbol *s = kt_alloc(sizeof *s), **last;
	*s = (struct kt_symbol){.desc = desc, .key = kt_key_of(desc)};
	reserve(x, x->count + 1);
	x->list[x->count] = x->by_address[x->count] = s;
	x->count++;
	x->sorted = false;
	last = slot(x, s->key);
	while (*last)
		last = &(*last)->same;
	*last = s;
}

static void release(struct index *x) {
	for (size_t i = 0; i < x->count; i++) {
		free(x->list[i]->key);
		free(x->list[i]);
	}
	free(x->list);
	free(x->by_address);
	free(x->by_key);
	*x = (struct index){.built = false};
	kt_spans[x - indexes] = (struct kt_span){0, 0};
}

static void build(struct index *x, const struct kitsune_image *image) {
	reserve(x, (size_t)(image->symbols_end - image->symbols));
	for (const struct kitsune_symbol *s = image->symbols; s < image->symbols_end; s++)
		add(x, s);
	kt_spans[x - indexes].low = (uintptr_t)image;
	dl_iterate_phdr(image_span, &kt_spans[x - indexes]);
	x->built = true;
}

/* The index; that of this image is built when it is first needed. */
static struct index *index_of(bool old) {
	struct index *x = &indexes[old];
	if (!x->built && !old) {
		build(x, &kt_image);
		for (size_t i = 0; i < noted_count; i++)
			add(x, &noted[i]->symbol);
	}
	return x;
}

/* Joining. */

static bool alike(const struct kt_symbol *a, const struct kt_symbol *b) {
	return !((a->desc->flags ^ b->desc->flags) & KITSUNE_SYMBOL_FUNCTION);
}

static bool same_unit(const struct kt_symbol *a, const struct kt_symbol *b) {
	return a->desc->unit && b->desc->unit && same(a->desc->unit->file, b->desc->unit->file);
}

/* Whether `old` has a successor among those with the key of `new_`. */
static bool has_successor(const struct kt_symbol *old, const struct kt_symbol *new_) {
	while (new_ && new_->other != old)
		new_ = new_->same;
	return new_;
}

/* Joins the old symbols of one key with the new ones of another, which come as the first of each. */
static void join(struct kt_symbol *old, struct kt_symbol *new_) {
	struct kt_symbol *o, *n;
	for (n = new_; n; n = n->same)
		for (o = old; o && !n->other; o = o->same)
			if (alike(o, n) && same_unit(o, n))
				n->other = o;
	for (n = new_; n; n = n->same)
		for (o = old; o && !n->other; o = o->same)
			if (alike(o, n) && !has_successor(o, new_))
				n->other = o;
	for (o = old; o; o = o->same) {
		const bool any = !has_successor(o, new_); /* A pointer to it has to lead somewhere. */
		if (o->other)
			continue;
		for (n = new_; n && !(alike(o, n) && (any || n->other == o)); n = n->same)
			;
		o->other = n;
	}
}

/* Tells the old symbols of a variable where the parts of its value have gone. */
static void note_parts(const struct index *from, const struct kitsune_variable *v) {
	for (struct kt_symbol *s = *slot(from, v->old_key); s; s = s->same)
		if (s->other && strcmp(s->other->key, v->new_key) == 0)
			s->value = &v->value;
}

/* Joins the symbols of both images: by the renamings first, the others by their keys. */
static void join_all(void) {
	const struct index *from = &indexes[1], *to = &indexes[0];
	for (int i = 0; i < 2; i++)
		for (size_t k = 0; k < indexes[i].count; k++)
			indexes[i].list[k]->other = NULL;
	for (const struct kitsune_rename *r = kt_image.renames; r < kt_image.renames_end; r++)
		join(*slot(from, r->old_key), *slot(to, r->new_key));
	for (size_t i = 0; i < renamed_count; i++)
		join(*slot(from, renamed[i].old_key), *slot(to, renamed[i].new_key));
	for (size_t i = 0; i < from->count; i++) {
		struct kt_symbol *old = *slot(from, from->list[i]->key), *new_ = *slot(to, old->key);
		/* Not if a rule gives the key to another symbol. */
		if (!old->other && new_ && !new_->other)
			join(old, new_);
	}
	for (const struct kitsune_variable *v = kt_image.variables; v < kt_image.variables_end; v++)
		note_parts(from, v);
}

void kt_symbols_begin(void) {
	build(&indexes[1], kt.previous);
	for (const struct kitsune_symbol *s = kt.previous->noted; s < kt.previous->noted_end; s++)
		add(&indexes[1], s);
	index_of(false);
	join_all();
}

void kt_symbols_end(void) {
	KT_SERIAL;
	release(&indexes[0]);
	release(&indexes[1]);
}

/* Registration by hand. */

KITSUNE_API void kitsune_register_var(const char *name, const char *func, const char *file, const char *ns,
                                      void *addr, size_t size, int auto_migrate) {
	KT_SERIAL;
	struct noted *n, **list;
	for (size_t i = 0; i < noted_count; i++) {
		const struct kitsune_symbol *s = &noted[i]->symbol;
		if (s->addr == addr && same(s->name, name) && same(s->func, func) && same(s->file, file))
			return;
	}
	list = realloc(noted, (noted_count + 1) * sizeof *list);
	n = list ? calloc(1, sizeof *n) : NULL;
	noted = list ? list : noted;
	if (!n) {
		kt_incomplete(name);
		return;
	}
	n->unit.ns = ns;
	n->symbol = (struct kitsune_symbol){
	    .unit = ns ? &n->unit : NULL,
	    .name = name,
	    .func = func,
	    .file = file,
	    .addr = addr,
	    .size = size,
	    .stride = size,
	    .flags = (file ? KITSUNE_SYMBOL_STATIC : 0) | (auto_migrate ? KITSUNE_SYMBOL_AUTOMIGRATE : 0),
	};
	noted[noted_count++] = n;
	if (indexes[0].built)
		add(&indexes[0], &n->symbol);
	if (indexes[1].built)
		join_all();
}

KITSUNE_API void kitsune_note_var(const char *name, const char *func, const char *file, const char *ns,
                                  void *addr, size_t size) {
	kitsune_register_var(name, func, file, ns, addr, size, 0);
}

KITSUNE_API void transform_register_renaming(const char *old_key, const char *new_key) {
	KT_SERIAL;
	renamed = kt_realloc(renamed, (renamed_count + 1) * sizeof *renamed);
	renamed[renamed_count++] = (struct kitsune_rename){old_key, new_key};
	if (indexes[1].built)
		join_all();
}

bool kt_symbols_save(struct kitsune_image *self) {
	struct kitsune_symbol *copy = malloc(noted_count * sizeof *copy + 1);
	if (!copy)
		return false;
	free((void *)self->noted); /* Of an update that has been refused after all. */
	for (size_t i = 0; i < noted_count; i++)
		copy[i] = noted[i]->symbol;
	self->noted = copy;
	self->noted_end = copy + noted_count;
	return true;
}

void kt_symbols_discard(struct kitsune_image *self) {
	free((void *)self->noted);
	self->noted = self->noted_end = NULL;
	for (size_t i = 0; i < noted_count; i++)
		free(noted[i]);
	free(noted);
	free(renamed);
	noted = NULL;
	renamed = NULL;
	noted_count = renamed_count = 0;
	release(&indexes[0]);
}

/* Look-ups. */

struct kt_symbol *kt_symbol_by_key(bool old, const char *key) {
	const struct index *x = index_of(old);
	return x->built ? *slot(x, key) : NULL;
}

struct kt_symbol *kt_symbol_at(bool old, const void *addr) {
	struct index *x = index_of(old);
	size_t low = 0, high = x->count;
	if (!x->sorted && x->count > 0)
		qsort(x->by_address, x->count, sizeof *x->by_address, by_address);
	x->sorted = true;
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

struct kt_symbol *kt_symbol_new(size_t i) {
	const struct index *x = index_of(false);
	return i < x->count ? x->list[i] : NULL;
}

/* The public look-ups. */

static void *by_key(bool old, const char *key) {
	KT_SERIAL;
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
	KT_SERIAL;
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
	KT_SERIAL;
	for (size_t i = 0; i < renamed_count; i++)
		if (strcmp(renamed[i].old_key, old_key) == 0)
			return (char *)renamed[i].new_key;
	for (const struct kitsune_rename *r = kt_image.renames; r < kt_image.renames_end; r++)
		if (strcmp(r->old_key, old_key) == 0)
			return (char *)r->new_key;
	return (char *)old_key;
}
