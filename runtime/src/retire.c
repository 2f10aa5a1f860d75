/* What becomes of an image that has been left.
 *
 * Pointers to it may have survived: to its literals, its functions, its unregistered variables, in data that an update
 * does not look into. So by default it stays, and gives back what no pointer can lead to: the part of the copy it was
 * loaded from that is not mapped (symbol tables, debug information, its summary).
 *
 * With KITSUNE_VERIFY=1 all memory is looked at (verify.c), and the images that nothing leads into are unloaded. That
 * takes time in proportion to the memory of the process, during which the program stands still.
 */
#define _GNU_SOURCE
#include <alloca.h>
#include <dlfcn.h>
#include <link.h>
#include <malloc.h>
#include <unistd.h>

#include "verify.h"

enum { OVERWRITTEN = 0x55 }; /* what the C library writes into released blocks */

static bool verifying(void) {
	const char *value = getenv("KITSUNE_VERIFY");
	return value && *value && strcmp(value, "0") != 0;
}

/* What the old version's functions have left on the stack would be found in the frames of the new version's, where
 * these have not written yet; and what is released during the update, in blocks that are used again. */
__attribute__((noinline)) void kt_retire_prepare(void) {
	const uintptr_t here = (uintptr_t)__builtin_frame_address(0), slack = 4096;
	unsigned long low = here, high = here;
	char line[4096 + 256];
	FILE *maps = verifying() ? fopen("/proc/self/maps", "re") : NULL;
	if (!maps)
		return;
	while (fgets(line, sizeof line, maps))
		if (sscanf(line, "%lx-%lx", &low, &high) == 2 && here - low < high - low)
			break;
	fclose(maps);
	mallopt(M_PERTURB, OVERWRITTEN);
	if (here - low < high - low && here - low > sizeof line + 2 * slack) {
		const size_t size = here - low - sizeof line - 2 * slack;
		memset(alloca(size), 0, size);
		__asm__ volatile("" ::: "memory"); /* Nobody reads it, but it has to be written. */
	}
}

/* Whether the image has functions that unloading would run: they would work on what the new version goes on with. */
static bool has_destructors(const struct link_map *map) {
	const ElfW(Dyn) *d = map->l_ld;
	while (d->d_tag != DT_NULL && d->d_tag != DT_FINI_ARRAYSZ)
		d++;
	return d->d_tag != DT_NULL && d->d_un.d_val > sizeof(void *); /* One is the compiler's. */
}

/* The libraries that an image has brought along stay when it goes: something may lead into them as well. */
static void keep_libraries(const struct link_map *map) {
	const char *names = NULL;
	for (const ElfW(Dyn) *d = map->l_ld; d->d_tag != DT_NULL; d++)
		if (d->d_tag == DT_STRTAB)
			names = (const char *)d->d_un.d_ptr;
	for (const ElfW(Dyn) *d = map->l_ld; names && d->d_tag != DT_NULL; d++) {
		void *library;
		if (d->d_tag != DT_NEEDED)
			continue;
		library = dlopen(names + d->d_un.d_val, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
		if (library)
			dlclose(library);
	}
}

/* Returns NULL, or why the image has to stay. */
static const char *unload(const struct kt_old_image *image) {
	struct kt_old_image again = {.low = image->low};
	if (image->references > 0)
		return "something leads into it";
	if (image->has_destructors)
		return "it has destructors, which unloading would run";
	keep_libraries(image->old->handle);
	image->old->closed = 1;
	if (dlclose(image->old->handle) < 0 || kt_old_image_find(&again))
		return "the dynamic linker does not let it go";
	return NULL;
}

static void forget(struct kitsune_old *old) {
	struct kitsune_old **link = &kt_image.old;
	while (*link != old)
		link = &(*link)->next;
	*link = old->next;
	free(old->path);
	free(old);
}

static bool find(struct kitsune_old *old, struct kt_old_image *image) {
	const struct link_map *map = old->handle;
	*image = (struct kt_old_image){
	    .old = old, .low = (uintptr_t)map->l_ld, .has_destructors = has_destructors(map)};
	return kt_old_image_find(image);
}

__attribute__((noinline)) static void unload_unused(const void *floor) {
	struct kt_verification v = {.count = 0};
	const uint64_t began = kt_now();
	bool complete;
	malloc_trim(0); /* Makes the smallest free blocks free blocks like others. */
	for (struct kitsune_old *o = kt_image.old; o && v.count < KT_MOST_OLD_IMAGES; o = o->next)
		v.count += !o->closed && find(o, &v.images[v.count]);
	complete = kt_verify(&v, floor);
	kt_verify_report(&v, complete, kt_now() - began);
	for (size_t i = 0; i < v.count; i++) {
		const char *why = complete ? unload(&v.images[i]) : "what leads into it can't be found out";
		kitsune_log("old image %s %s%s", kt_old_name(v.images[i].old), why ? "stays: " : "unloaded",
		            why ? why : "");
		if (!why)
			forget(v.images[i].old);
	}
}

/* The image of this handle is an old one from now on. Owns `path`. */
static void add(struct kitsune_old *old, void *handle, char *path, struct kitsune_old *next) {
	struct kt_old_image image;
	*old = (struct kitsune_old){.handle = handle, .path = path, .next = next};
	old->size = find(old, &image) ? image.high - image.low : 0;
	kt_image.old = old;
}

void kt_retire_failed(struct kitsune_image *failed, void *handle) {
	struct kitsune_old *old = malloc(sizeof *old);
	if (verifying())
		mallopt(M_PERTURB, 0); /* kt_retire_prepare() of that image has set this. */
	close(failed->image_fd);
	if (!old)
		return; /* It stays, and nobody knows of it. */
	add(old, handle, failed->path, kt_image.old);
	failed->path = NULL;
}

void kt_retire(const void *floor) {
	struct kitsune_old *old = kt.retiring;
	size_t count, bytes;
	add(old, kt.previous_handle, kt.previous->path, kt.previous->old);
	kt.previous->path = NULL;
	kt_image.updates = kt.previous->updates + 1;
	kt.previous->discard();
	kt.previous = NULL;
	kt.previous_handle = NULL;
	kt.retiring = NULL;
	if (verifying()) {
		unload_unused(floor);
		mallopt(M_PERTURB, 0);
	} else {
		kitsune_log("old image %s stays: KITSUNE_VERIFY=1 would unload it if nothing leads into it",
		            kt_old_name(old));
	}
	count = kt_retired(&bytes);
	kitsune_log("old images: %zu, %zu kB", count, bytes / 1024);
}

size_t kt_retired(size_t *bytes) {
	size_t count = 0;
	*bytes = 0;
	for (const struct kitsune_old *o = kt_image.old; o; o = o->next, count++)
		*bytes += o->size;
	return count;
}
