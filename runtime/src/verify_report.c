/* What leads into the images that have been left, in words and as JSON. */
#define _GNU_SOURCE
#include <ctype.h>
#include <dlfcn.h>
#include <link.h>
#include <unistd.h>

#include "verify.h"

enum { TEXT = 256 };

static const char *base_name(const char *path) {
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* The registered symbol of an image whose storage contains the address, or a function that begins there. */
static const struct kitsune_symbol *registered(const struct kitsune_image *image, uintptr_t address) {
	const struct kitsune_symbol *ranges[][2] = {{image->symbols, image->symbols_end},
	                                            {image->noted, image->noted_end}};
	for (size_t i = 0; i < 2; i++)
		for (const struct kitsune_symbol *s = ranges[i][0]; s < ranges[i][1]; s++)
			if (address == (uintptr_t)s->addr || address - (uintptr_t)s->addr < s->size)
				return s;
	return NULL;
}

/* KEY, KEY[INDEX] or KEY[INDEX]+OFFSET. */
static void name_symbol(const struct kitsune_symbol *s, uintptr_t address, char *text) {
	char *key = kt_key_of(s);
	const size_t offset = address - (uintptr_t)s->addr,
		     stride = s->stride && s->stride < s->size ? s->stride : 0;
	int n = snprintf(text, TEXT, "%.200s", key);
	free(key);
	if (stride)
		n += snprintf(text + n, TEXT - (size_t)n, "[%zu]", offset / stride);
	if (stride ? offset % stride : offset)
		snprintf(text + n, TEXT - (size_t)n, "+%zu", stride ? offset % stride : offset);
}

/* Whether this image begins at `base`, and has a name. */
static bool is_ours(const void *base) {
	Dl_info ours;
	return kt_image.path && dladdr(&kt_image, &ours) && ours.dli_fbase == base;
}

/* What the dynamic linker says: an exported symbol at or before the address, or the place in the file. */
static void name_by_linker(uintptr_t address, const char *file, char *text) {
	Dl_info info;
	const ElfW(Sym) *symbol = NULL;
	if (!dladdr1((const void *)address, &info, (void **)&symbol, RTLD_DL_SYMENT))
		return;
	if (!file) /* The version that runs was loaded from a copy. */
		file = base_name(is_ours(info.dli_fbase) ? kt_image.path : info.dli_fname);
	if (info.dli_sname && symbol && address - (uintptr_t)info.dli_saddr < symbol->st_size)
		snprintf(text, TEXT, "%.80s+%zu of %.100s", info.dli_sname,
		         (size_t)(address - (uintptr_t)info.dli_saddr), file);
	else
		snprintf(text, TEXT, "%.100s+0x%zx", file, (size_t)(address - (uintptr_t)info.dli_fbase));
}

/* How many bytes there are at an address of an image that are constant. */
static size_t constant_bytes(const struct kt_old_image *image, uintptr_t address) {
	for (const ElfW(Phdr) *p = image->headers; p < image->headers + image->header_count; p++) {
		const uintptr_t offset = address - image->base - p->p_vaddr;
		if (p->p_type == PT_LOAD && (p->p_flags & (PF_R | PF_W)) == PF_R && offset < p->p_filesz)
			return p->p_filesz - offset;
	}
	return 0;
}

/* The text at an address of an image, if it is one that a literal could be. */
static bool is_literal(const struct kt_old_image *image, uintptr_t address, char *text) {
	enum { SHOWN = 40 };
	const char *s = (const char *)address;
	const size_t size = constant_bytes(image, address);
	size_t n = 0;
	while (n < size && n < SHOWN && isprint((unsigned char)s[n]))
		n++;
	if (n < 2 || n == size || (n < SHOWN && s[n] != '\0'))
		return false;
	snprintf(text, TEXT, "the text \"%.*s\"%s", (int)n, s, n == SHOWN ? "..." : "");
	return true;
}

static void name_target(const struct kt_old_image *image, uintptr_t to, char *text) {
	const struct kitsune_image *shows = dlsym(image->old->handle, "kitsune_image");
	const struct kitsune_symbol *s = shows ? registered(shows, to) : NULL;
	snprintf(text, TEXT, "its address +0x%zx", (size_t)(to - image->low));
	if (s)
		name_symbol(s, to, text);
	else if (!is_literal(image, to, text))
		name_by_linker(to, base_name(kt_old_name(image->old)), text);
}

/* Says where a reference is. Returns what kind of place that is. */
static const char *name_holder(const struct kt_verification *v, const struct kt_reference *r, char *text) {
	const struct kt_old_image *holder = kt_old_image_at(v, r->at);
	const struct kitsune_symbol *s = registered(&kt_image, r->at);
	if (r->kernel[0]) {
		snprintf(text, TEXT, "%s", r->kernel);
		return "kernel";
	}
	if (s) {
		name_symbol(s, r->at, text);
		return "variable";
	}
	if (r->block.size) {
		snprintf(text, TEXT, "byte %zu of a heap block of %zu bytes",
		         (size_t)(r->at - r->block.start), r->block.size);
		return "heap";
	}
	if (r->kind == KT_STACK) {
		snprintf(text, TEXT, "the stack");
		return "stack";
	}
	snprintf(text, TEXT, "memory at %p", (void *)r->at);
	name_by_linker(r->at, holder ? base_name(kt_old_name(holder->old)) : NULL, text);
	return r->kind == KT_FILE ? "library" : r->kind == KT_HEAP ? "heap" : "memory";
}

static void report_reference(const struct kt_verification *v, const struct kt_reference *r) {
	static const char hidden[] = ", hidden by the C library (atexit, fopencookie, setjmp)";
	const struct kt_old_image *image = kt_old_image_at(v, r->to);
	char to[TEXT], holder[TEXT];
	const char *kind = name_holder(v, r, holder);
	struct kt_event e;
	name_target(image, r->to, to);
	kitsune_log("  %s%s leads to %s", holder, r->hidden ? hidden : "", to);
	kt_event_begin(&e, "reference");
	kt_event_text(&e, "image", kt_old_name(image->old));
	kt_event_text(&e, "to", to);
	kt_event_number(&e, "offset", r->to - image->low);
	kt_event_text(&e, "holder", kind);
	kt_event_text(&e, "where", holder);
	kt_event_number(&e, "at", r->at);
	kt_event_number(&e, "hidden", r->hidden);
	kt_event_log(&e);
}

void kt_verify_report(const struct kt_verification *v, bool complete, uint64_t ns) {
	unsigned long long all = 0;
	struct kt_event e;
	for (size_t i = 0; i < v->count; i++)
		all += v->images[i].references;
	if (complete)
		kitsune_log("%.1f MB looked at in %.1f ms; words that lead into old images: %llu",
		            (double)v->bytes / 1e6, (double)ns / 1e6, all);
	else
		kitsune_log("WARN: what leads into old images can't be found out: %s", v->why);
	for (size_t k = 0; k < v->listed; k++)
		report_reference(v, &v->references[k]);
	if (all > v->listed)
		kitsune_log("  and %llu more", all - v->listed);
	kt_event_begin(&e, "verification");
	kt_event_number(&e, "images", v->count);
	kt_event_number(&e, "bytes", v->bytes);
	kt_event_number(&e, "ns", ns);
	kt_event_number(&e, "references", all);
	if (!complete)
		kt_event_text(&e, "incomplete", v->why);
	kt_event_log(&e);
}
