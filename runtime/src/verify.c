/* What leads into the images that have been left.
 *
 * An image can be unloaded when nothing in the process leads into it. What the types say does not decide that: a
 * pointer may be in data that is opaque to an update, or in a library. So every word of memory is looked at, at every
 * byte; one whose value is an address in an image counts as a reference to it. It counts as well if it is a number that
 * happens to look like one: then the image stays, which costs memory and harms nobody. Addresses that the C library
 * hides from attackers (of atexit, fopencookie, setjmp) are seen as well; and the kernel is asked for those that it was
 * given (signals, timers, epoll).
 *
 * Not counted are
 *
 *     - the image itself: its own variables, and those that each thread has of it;
 *     - what the dynamic linker knows of it: its link_map, and its record in the table for unwinding;
 *     - free blocks of the heap, and the stack below the running function: nobody reads what is left there.
 *
 * An image that only leads to itself, or is led to only by other images that nothing leads to, has no reference.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <malloc.h>
#include <unistd.h>

#include "verify.h"

enum { WORD = sizeof(void *) };

/* AddressSanitizer knows the variables of each image, in more memory than can be looked at. */
extern int __sanitizer_get_ownership(const volatile void *p) __attribute__((weak));

/* Addresses that the C library hides. */

#if defined(__x86_64__)
enum { HIDING_IS_KNOWN = 1 };

static uintptr_t hidden_with(void) {
	uintptr_t guard;
	__asm__("mov %%fs:0x30, %0" : "=r"(guard));
	return guard;
}

static uintptr_t reveal(uintptr_t word, uintptr_t guard) {
	return (word >> 17 | word << 47) ^ guard;
}
#else
enum { HIDING_IS_KNOWN = 0 };

static uintptr_t hidden_with(void) {
	return 0;
}

static uintptr_t reveal(uintptr_t word, uintptr_t guard) {
	return word ^ guard;
}
#endif

/* The images. */

static int find_image(struct dl_phdr_info *info, size_t size, void *data) {
	struct kt_old_image *image = data;
	uintptr_t low = UINTPTR_MAX, high = 0;
	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		const uintptr_t start = info->dlpi_addr + p->p_vaddr;
		if (p->p_type == PT_LOAD) {
			low = start < low ? start : low;
			high = start + p->p_memsz > high ? start + p->p_memsz : high;
		} else if (p->p_type == PT_TLS && info->dlpi_tls_data) {
			image->tls = (uintptr_t)info->dlpi_tls_data;
			image->tls_size = p->p_memsz;
		}
	}
	if (image->low < low || image->low >= high) {
		image->tls_size = 0;
		return 0;
	}
	image->low = low;
	image->high = high;
	image->base = info->dlpi_addr;
	image->headers = info->dlpi_phdr;
	image->header_count = info->dlpi_phnum;
	return 1;
}

bool kt_old_image_find(struct kt_old_image *image) {
	return dl_iterate_phdr(find_image, image) != 0;
}

const struct kt_old_image *kt_old_image_at(const struct kt_verification *v, uintptr_t address) {
	for (size_t i = 0; i < v->count; i++)
		if (address - v->images[i].low < v->images[i].high - v->images[i].low)
			return &v->images[i];
	return NULL;
}

/* Words that do not count. */

/* What `at` is in belongs to the dynamic linker's description of an image: the link_map, which is a block of its own, or
 * a block of the heap that the link_map leads to, such as the table of versions. */
static bool in_link_map(const struct kt_old_image *image, uintptr_t at, const struct kt_block *block) {
	const uintptr_t *words = image->old->handle;
	const size_t size = malloc_usable_size(image->old->handle);
	if (at - (uintptr_t)words < size)
		return true;
	for (size_t i = 0; block->size && i < size / WORD; i++)
		if (words[i] == block->start)
			return true;
	return false;
}

/* The record by which the dynamic linker finds an image by an address in it: its beginning, its end, its link_map, and
 * its table for unwinding. `at` may be any word of it. */
static bool in_unwinding_table(const struct kt_old_image *image, const struct kt_mapping *m, uintptr_t at) {
	if (at % WORD || !m->readable || m->kind == KT_FILE)
		return false;
	for (uintptr_t record = at - 3 * WORD; record <= at; record += WORD) {
		const uintptr_t *r = (const uintptr_t *)record;
		if (record >= m->low && record + 4 * WORD <= m->high &&
		    r[2] == (uintptr_t)image->old->handle && r[0] - image->low < image->high - image->low &&
		    r[1] - r[0] <= image->high - image->low)
			return true;
	}
	return false;
}

static bool counts(struct kt_verification *v, const struct kt_mapping *m, uintptr_t at,
                   const struct kt_old_image *target, struct kt_block *block) {
	const struct kt_old_image *holder = kt_old_image_at(v, at);
	if (holder != v->within || holder == target)
		return false;
	if (at < v->floor && v->floor < m->high && v->floor >= m->low)
		return false;
	if (m->kind == KT_HEAP && kt_heap_find(at, block) && block->free)
		return false;
	for (size_t i = 0; i < v->count; i++)
		if (at - v->images[i].tls < v->images[i].tls_size || in_link_map(&v->images[i], at, block))
			return false;
	return !in_unwinding_table(target, m, at);
}

void kt_refer(struct kt_verification *v, struct kt_reference reference) {
	const struct kt_old_image *target = kt_old_image_at(v, reference.to);
	if (!target)
		return;
	v->images[target - v->images].references++;
	if (v->listed < KT_MOST_REFERENCES)
		v->references[v->listed++] = reference;
}

static void found(struct kt_verification *v, const struct kt_mapping *m, uintptr_t at, uintptr_t to,
                  bool hidden) {
	struct kt_reference r = {.at = at, .to = to, .hidden = hidden, .kind = m->kind};
	const struct kt_old_image *target = kt_old_image_at(v, to);
	if (target && counts(v, m, at, target, &r.block))
		kt_refer(v, r);
}

/* All addresses that are looked for have one byte in common: which one it is, so that it tells much. Returns false if
 * there is none. */
static bool find_common(struct kt_verification *v) {
	for (v->place = 4; v->place < 6; v->place++) {
		v->common = (unsigned char)(v->low >> 8 * v->place);
		if (v->low >> 8 * v->place == v->high >> 8 * v->place && (v->common || v->place == 5))
			return true;
	}
	return false;
}

static void look(void *data, const struct kt_mapping *m, uintptr_t at, const unsigned char *bytes,
                 size_t starts) {
	struct kt_verification *v = data;
	const uintptr_t low = v->low, span = v->high - v->low, guard = v->guard;
	const unsigned char *p = bytes + v->place, *end = p + starts;
	uintptr_t word;
	v->bytes += starts;
	for (; p < end && (p = memchr(p, v->common, (size_t)(end - p))); p++) {
		memcpy(&word, p - v->place, WORD);
		if (word - low < span)
			found(v, m, at + (uintptr_t)(p - v->place - bytes), word, false);
	}
	for (size_t i = -at % WORD; i < starts; i += WORD) { /* These are never packed. */
		memcpy(&word, bytes + i, WORD);
		word = reveal(word, guard);
		if (word - low < span)
			found(v, m, at + i, word, true);
	}
}

/* Looks at the memory of an image, or at all but the images (NULL). */
static bool look_at(struct kt_verification *v, const struct kt_old_image *within) {
	v->within = within;
	kt_heap_begin();
	return kt_memory_each(look, v, v->why, sizeof v->why);
}

/* Looks at all memory but the images; then at each image that stays, or that something has turned out to lead to. */
static bool look_everywhere(struct kt_verification *v) {
	if (!look_at(v, NULL))
		return false;
	for (size_t i = 0; i < v->count;) {
		struct kt_old_image *image = &v->images[i++];
		if (image->looked_at || !(image->references || image->has_destructors))
			continue;
		image->looked_at = true;
		if (!look_at(v, image))
			return false;
		i = 0;
	}
	return true;
}

bool kt_verify(struct kt_verification *v, const void *floor) {
	v->floor = (uintptr_t)floor;
	v->guard = hidden_with();
	v->low = UINTPTR_MAX;
	for (size_t i = 0; i < v->count; i++) {
		v->low = v->images[i].low < v->low ? v->images[i].low : v->low;
		v->high = v->images[i].high > v->high ? v->images[i].high : v->high;
	}
	if (!HIDING_IS_KNOWN || __sanitizer_get_ownership) {
		snprintf(v->why, sizeof v->why, "%s",
		         HIDING_IS_KNOWN ? "AddressSanitizer's own memory leads to every image"
		                         : "how the C library hides addresses on this machine is not known");
		return false;
	}
	if (!find_common(v)) {
		snprintf(v->why, sizeof v->why, "the images are too far apart");
		return false;
	}
	return kt_kernel_references(v) && look_everywhere(v);
}
