/* verify.h - what leads into images that have been left. */
#ifndef KITSUNE_VERIFY_H
#define KITSUNE_VERIFY_H

#include <link.h>

#include "internal.h"

#pragma GCC visibility push(hidden)

enum {
	KT_MOST_OLD_IMAGES = 64, /* that are looked for at once; older ones stay */
	KT_MOST_REFERENCES = 32, /* that are listed; all are counted */
};

/* An image that has been left. */
struct kt_old_image {
	struct kitsune_old *old;
	uintptr_t low, high; /* where it is */
	uintptr_t base;      /* what its program headers count from */
	const ElfW(Phdr) * headers;
	size_t header_count;
	uintptr_t tls, tls_size;       /* where this thread's thread-local variables of it are */
	unsigned long long references; /* that were found */
	bool has_destructors;          /* which unloading would run: it stays */
	bool looked_at;
};

static inline const char *kt_old_name(const struct kitsune_old *old) {
	return old->path ? old->path : "of an unknown file";
}

/* A word that leads into one. */
struct kt_reference {
	uintptr_t at, to;
	bool hidden;              /* by the C library */
	enum kt_memory_kind kind; /* of the memory at `at` */
	struct kt_block block;    /* in the heap; size 0 if it is not known */
	char kernel[64];          /* what the kernel has it for; empty if it is in memory */
};

struct kt_verification {
	struct kt_old_image images[KT_MOST_OLD_IMAGES];
	size_t count;
	struct kt_reference references[KT_MOST_REFERENCES]; /* in the order of their addresses */
	size_t listed;
	uint64_t bytes; /* that were looked at */
	char why[160];  /* if it could not be found out */

	uintptr_t low, high;  /* of all images */
	uintptr_t floor;      /* the stack below it is free */
	uintptr_t guard;      /* with which the C library hides addresses */
	unsigned char common; /* the byte at `place` of all addresses in an image */
	unsigned place;
	const struct kt_old_image *within; /* which is being looked at; NULL for all memory but the images */
};

/* Finds where the image is that has something at image->low. False if there is none. */
bool kt_old_image_find(struct kt_old_image *image);

/* Looks for what leads into v->images. The running thread's stack is in use from `floor` on. Returns false, and the
 * reason in v->why, if that cannot be found out. */
bool kt_verify(struct kt_verification *v, const void *floor);

/* The image that has an address; NULL if none has. */
const struct kt_old_image *kt_old_image_at(const struct kt_verification *v, uintptr_t address);

/* Counts a reference, if it leads to an image. */
void kt_refer(struct kt_verification *v, struct kt_reference reference);

/* verify_kernel.c: counts what the kernel has been given. False, and v->why, if it may have something that can't be
 * seen. */
bool kt_kernel_references(struct kt_verification *v);

/* verify_report.c: tells the log. */
void kt_verify_report(const struct kt_verification *v, bool complete, uint64_t ns);

#pragma GCC visibility pop

#endif
