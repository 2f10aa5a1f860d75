/* Closures: built once for each combination of what they hold, and kept until the update ends. */
#include "internal.h"

struct built {
	closure c;
	struct built *next; /* with the same hash */
	void *args[];
};

enum { BUCKETS = 1024 };
static struct built *buckets[BUCKETS];

static size_t hash(xf fn, size_t size_old, size_t size_new, int nargs, void *const *args) {
	uint64_t h = (uintptr_t)fn ^ size_old * 31 ^ size_new * 131;
	for (int i = 0; i < nargs; i++)
		h = (h ^ (uintptr_t)args[i]) * 0x9e3779b97f4a7c15u;
	return (size_t)(h >> 32) % BUCKETS;
}

static closure *make(xf fn, copy_opt strategy, size_t size_old, size_t size_new, int nargs,
                     void *const *args) {
	KT_SERIAL;
	const size_t bytes = (size_t)nargs * sizeof *args;
	struct built **bucket = &buckets[hash(fn, size_old, size_new, nargs, args)], *b;
	for (b = *bucket; b; b = b->next) {
		const closure *c = &b->c;
		if (c->fn == fn && c->strategy == strategy && c->size_old == size_old &&
		    c->size_new == size_new && c->nargs == nargs &&
		    (bytes == 0 || memcmp(c->args, args, bytes) == 0))
			return &b->c;
	}
	b = kt_alloc(sizeof *b + bytes);
	if (bytes)
		memcpy(b->args, args, bytes);
	b->c = (closure){fn, strategy, size_old, size_new, nargs, b->args};
	b->next = *bucket;
	*bucket = b;
	return &b->c;
}

KITSUNE_API closure *transform_make_closure(xf f, copy_opt strategy, size_t size_old, size_t size_new,
                                            int nargs, ...) {
	enum { MOST = 20 };
	void *args[MOST];
	va_list ap;
	if (nargs < 0 || nargs > MOST)
		kt_fail("a closure with %d arguments: %d are possible", nargs, MOST);
	va_start(ap, nargs);
	for (int i = 0; i < nargs; i++)
		args[i] = va_arg(ap, void *);
	va_end(ap);
	return make(f, strategy, size_old, size_new, nargs, args);
}

KITSUNE_API closure *kitsune_closure_raw(size_t size) {
	return make(transform_raw, XF_SHALLOW, size, size, 1, (void *[]){(void *)size});
}

KITSUNE_API closure *kitsune_closure_ptr(closure *target) {
	return make(transform_ptr, XF_SHALLOW, sizeof(void *), sizeof(void *), 1, (void *[]){target});
}

/* The element's closure, for elements of the sizes that the caller gives. */
static closure *sized(closure *element, size_t size_old, size_t size_new) {
	if (element->size_old == size_old && element->size_new == size_new)
		return element;
	return make(element->fn, element->strategy, size_old, size_new, element->nargs, element->args);
}

KITSUNE_API closure *kitsune_closure_array(size_t count, size_t size_old, size_t size_new, closure *element) {
	return make(transform_array, XF_TARGET, count * size_old, count * size_new, 2,
	            (void *[]){(void *)count, sized(element, size_old, size_new)});
}

KITSUNE_API closure *kitsune_closure_ntarray(size_t size_old, size_t size_new, closure *element) {
	return make(transform_ntarray, XF_SHALLOW, sizeof(void *), sizeof(void *), 1,
	            (void *[]){sized(element, size_old, size_new)});
}

KITSUNE_API closure *kitsune_closure_fptr(void) {
	return make(transform_fptr, XF_SHALLOW, sizeof(void *), sizeof(void *), 0, NULL);
}

void kt_closures_end(void) {
	for (int i = 0; i < BUCKETS; i++) {
		for (struct built *b = buckets[i], *next; b; b = next) {
			next = b->next;
			free(b);
		}
		buckets[i] = NULL;
	}
}
