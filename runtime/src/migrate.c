/* Carrying variables over: by their transformers, or byte for byte. */
#include <dlfcn.h>

#include "addresses.h"
#include "internal.h"

/* The variable whose transformer is running. Several variables can share a key (statics of a header in several
 * units), and locals their names; what the transformer asks for by name is this one. */
static struct {
	const char *new_key, *old_key;
	void *new_, *old;
	bool absent; /* the transformer found no old variable */
} current;

/* Names of transformers. */

static void put(char *name, size_t size, const char *part, bool mangle) {
	size_t n = strlen(name);
	for (; *part && n + 1 < size; part++, n++)
		name[n] = !mangle || (*part >= 'a' && *part <= 'z') || (*part >= 'A' && *part <= 'Z') ||
		                  (*part >= '0' && *part <= '9')
		              ? *part
		              : '_';
	name[n] = '\0';
}

static xform_fn_t transformer(const char *var, const char *func, const char *file, const char *ns) {
	char name[4096];
	strcpy(name, STRINGIFY(XFORM_NAME_BASE));
	if (ns) {
		put(name, sizeof name, ns, true);
		put(name, sizeof name, STRINGIFY(NS_PREFIX), false);
	}
	if (file) {
		put(name, sizeof name, file, true);
		put(name, sizeof name, STRINGIFY(FILE_PREFIX), false);
	}
	if (func) {
		put(name, sizeof name, func, false);
		put(name, sizeof name, STRINGIFY(FUNC_PREFIX), false);
	}
	put(name, sizeof name, var, false);
	return (xform_fn_t)kitsune_get_cur_val(name);
}

KITSUNE_API xform_fn_t kitsune_get_xform(const char *name, const char *func, const char *file,
                                         const char *ns) {
	return kitsune_is_updating() ? transformer(name, func, file, ns) : NULL;
}

xform_fn_t kt_transformer(struct kt_symbol *symbol) {
	const struct kitsune_symbol *d = symbol->desc;
	const bool is_static = d->flags & KITSUNE_SYMBOL_STATIC;
	if (!symbol->looked_up) {
		const char *file = d->file || !d->unit ? d->file : d->unit->file;
		symbol->transformer = transformer(d->name, d->func, is_static ? file : NULL,
		                                  is_static && d->unit ? d->unit->ns : NULL);
		symbol->looked_up = true;
	}
	return symbol->transformer;
}

/* Migration. */

/* Runs `f` for the variable at `new_`. Returns false if it found no old variable. */
static bool run(xform_fn_t f, const char *new_key, void *new_, const char *old_key, void *old) {
	__typeof__(current) outer = current;
	bool present;
	current = (__typeof__(current)){new_key, old_key, new_, old, false};
	f(new_);
	present = !current.absent;
	current = outer;
	return present;
}

KITSUNE_API void kitsune_transform_absent(const char *old_key) {
	kitsune_log("the old version has no %s", old_key);
	current.absent = true;
}

static void copy(void *new_, size_t new_size, const void *old, size_t old_size, const char *key) {
	if (new_size != old_size)
		kitsune_log(
		    "WARN: %s has %zu bytes in the old version and %zu in the new one: the first %zu are kept",
		    key, old_size, new_size, new_size < old_size ? new_size : old_size);
	memcpy(new_, old, new_size < old_size ? new_size : old_size);
}

static bool migrate(struct kt_symbol *s, xform_fn_t f) {
	const struct kt_symbol *old = s->other;
	if (s->done)
		return true;
	s->done = true; /* Before the transformer runs: it may come back here through a pointer. */
	if (f)
		s->done = run(f, s->key, (void *)s->desc->addr, old ? old->key : NULL,
		              old ? (void *)old->desc->addr : NULL);
	else if (old)
		copy((void *)s->desc->addr, s->desc->size, old->desc->addr, old->desc->size, s->key);
	else
		s->done = false;
	return s->done;
}

bool kt_migrate_symbol(struct kt_symbol *s) {
	return migrate(s, kt_transformer(s));
}

/* A local, or a variable that nobody has registered. */
static bool migrate_unregistered(const char *name, const char *func, const char *file, const char *ns,
                                 void *addr, size_t size, xform_fn_t f) {
	static const char these; /* stands for them in the set of what has been visited */
	const bool local = func && !file;
	size_t old_size = size;
	void *old =
	    local ? kt_local_old(func, name, &old_size) : kitsune_get_symbol_addr_old(name, func, file, ns);
	char *key = kt_key(name, func, file, ns);
	bool migrated = true;
	if (!f && !old)
		migrated = false;
	else if (!local && !kt_pair_first(addr, &these))
		; /* It has been carried over already. Not so a local: another one may have been at its address. */
	else if (f)
		migrated = run(f, key, addr, key, old);
	else
		copy(addr, size, old, old_size, key);
	free(key);
	return migrated;
}

KITSUNE_API int kitsune_migrate_var(const char *name, const char *func, const char *file, const char *ns,
                                    void *addr, size_t size, xform_fn_t f) {
	KT_SERIAL;
	struct kt_symbol *s = NULL;
	bool migrated;
	if (!kitsune_is_updating())
		return 0;
	kt_transform_enter();
	if (!func || file)
		s = kt_symbol_at(false, addr);
	if (s && s->desc->addr == addr)
		migrated = migrate(s, f);
	else
		migrated = migrate_unregistered(name, func, file, ns, addr, size, f);
	kt_transform_settle();
	return migrated;
}

KITSUNE_API void kitsune_do_automigrate(void) {
	KT_SERIAL;
	struct kt_symbol *s;
	if (!kitsune_is_updating())
		return;
	kt_transform_enter();
	for (size_t i = 0; (s = kt_symbol_new(i)); i++) {
		if (!(s->desc->flags & KITSUNE_SYMBOL_AUTOMIGRATE))
			continue;
		if (!kt_migrate_symbol(s))
			kitsune_log(
			    "kitsune_automigrate_key: could not find old-version address for mapped key (%s)",
			    s->key);
		kt_transform_drain();
	}
	kt_transform_settle();
}

/* Addresses by name. */

KITSUNE_API void *kitsune_get_symbol_addr_old(const char *name, const char *func, const char *file,
                                              const char *ns) {
	KT_SERIAL;
	char *key;
	void *addr = NULL;
	if (!kitsune_is_updating())
		return NULL;
	key = kt_key(name, func, file, ns);
	if (current.old_key && strcmp(key, current.old_key) == 0)
		addr = current.old;
	else if (func && !file)
		addr = kt_local_old(func, name, NULL);
	else
		addr = kitsune_lookup_key_old(key);
	if (!addr && !func && !file)
		addr = kitsune_get_val(name);
	free(key);
	return addr;
}

KITSUNE_API void *kitsune_get_symbol_addr_new(const char *name, const char *func, const char *file,
                                              const char *ns) {
	KT_SERIAL;
	char *key = kt_key(name, func, file, ns);
	void *addr;
	if (current.new_key && strcmp(key, current.new_key) == 0)
		addr = current.new_;
	else if (func && !file)
		addr = kt_local_new(func, name);
	else
		addr = kitsune_lookup_key_new(key);
	if (!addr && !func && !file)
		addr = kitsune_get_cur_val(name);
	free(key);
	return addr;
}
