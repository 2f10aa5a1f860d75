/* transform.h - how old state becomes new state.
 *
 * A closure says what to do with a value: the transformer that reads it at one address and writes it at
 * another, both sizes, and whether an object reached through a pointer keeps its place. The code blocks of .xf
 * rules build closures with the XF_ macros; generated transformers use constants of type `closure`.
 *
 * Everything here is meant for the time between the start of a new version and its matching update point.
 */
#ifndef KITSUNE_TRANSFORM_H
#define KITSUNE_TRANSFORM_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kitsunemisc.h"
#include "ktannotations.h"

/* The names under which generated code knows the program's types. */
#define EKIDEN_OLD_TYPE(t) _kitsune_old_rename_##t
#define EKIDEN_NEW_TYPE(t) _kitsune_new_rename_##t

/* Copies sizeof(target) bytes; both are lvalues of any type, arrays included. */
#define XF_ASSIGN(target, src) memmove(&(target), &(src), sizeof(target))

/* For a pointer that must be NULL at the update. */
#define XF_ASSERT_NULL(target, src)                       \
	do {                                              \
		if ((src) != NULL)                        \
			kitsune_transform_not_null(#src); \
		(target) = NULL;                          \
	} while (0)

/* A transformer: reads the old value at `in`, writes the new one at `out`; the two are the same address for an
 * object that keeps its place. The generic arguments are closures. */
typedef void (*xf)(void *in, void *out, int num_gen_args, void **gen_args);

typedef enum {
	XF_SHALLOW, /* an object reached through a pointer keeps its place */
	XF_DEEP,    /* it gets new storage; the old block is released when the update is committed */
	XF_TARGET   /* as the closure that is the last argument */
} copy_opt;

typedef struct closure closure;

struct closure {
	xf fn;
	copy_opt strategy;
	size_t size_old, size_new;
	int nargs;
	void *const *args;
};

/* Runs a closure. Everything that can be reached is transformed when it returns, unless the calls are nested
 * some hundred deep: then the rest follows before the variable's transformation ends. */
#define XF_INVOKE(c, in, out) transform_invoke_closure((c), (in), (out))

/* Closures. Equal ones are built only once, and live until the update ends. */
#define XF_CLOSURE(fun, strategy, size_old, size_new, ...) \
	transform_make_closure((fun), (strategy), (size_old), (size_new), N_ARGS(__VA_ARGS__), __VA_ARGS__)
#define XF_LIFT(fun, strategy, size_old, size_new) \
	transform_make_closure((fun), (strategy), (size_old), (size_new), 0)
#define XF_RAW(sz) kitsune_closure_raw((size_t)(sz))
#define XF_PTR(target_xf) kitsune_closure_ptr((target_xf))
#define XF_ARRAY(count, from_elem_size, to_elem_size, target_xf) \
	kitsune_closure_array((size_t)(count), (size_t)(from_elem_size), (size_t)(to_elem_size), (target_xf))
#define XF_PTRARRAY(count, from_elem_size, to_elem_size, target_xf) \
	XF_PTR(XF_ARRAY((count), (from_elem_size), (to_elem_size), (target_xf)))
#define XF_NTARRAY(from_elem_size, to_elem_size, target_xf) \
	kitsune_closure_ntarray((size_t)(from_elem_size), (size_t)(to_elem_size), (target_xf))
#define XF_NTSTR() XF_NTARRAY(sizeof(char), sizeof(char), XF_RAW(sizeof(char)))
#define XF_FPTR() kitsune_closure_fptr()

/* The extra arguments are closures. */
KITSUNE_API closure *transform_make_closure(xf f, copy_opt strategy, size_t size_old, size_t size_new,
                                            int nargs, ...);
KITSUNE_API void transform_invoke_closure(closure *c, void *in, void *out);
KITSUNE_API closure *kitsune_closure_raw(size_t size);
KITSUNE_API closure *kitsune_closure_ptr(closure *target);
KITSUNE_API closure *kitsune_closure_array(size_t count, size_t size_old, size_t size_new, closure *element);
KITSUNE_API closure *kitsune_closure_ntarray(size_t size_old, size_t size_new, closure *element);
KITSUNE_API closure *kitsune_closure_fptr(void);

/* The transformers behind those closures, with the arguments that the closures hold:
 * raw (size), ptr and part (target), array (count, element), ntarray (element), fptr (none). */
KITSUNE_API void transform_raw(void *in, void *out, int num_gen_args, void **gen_args);
KITSUNE_API void transform_ptr(void *in, void *out, int num_gen_args, void **gen_args);
KITSUNE_API void transform_part(void *in, void *out, int num_gen_args, void **gen_args);
KITSUNE_API void transform_array(void *in, void *out, int num_gen_args, void **gen_args);
KITSUNE_API void transform_ntarray(void *in, void *out, int num_gen_args, void **gen_args);

/* `in` and `out` are addresses of pointers to functions. A function of the old version becomes the function of
 * the new version with the same, or the renamed, key; any other address is kept. May be called by any thread. */
KITSUNE_API void transform_fptr(void *in, void *out, int num_gen_args, void **gen_args);

/* A variable or function of the old version is found under another key in the new one. The strings must live
 * as long as the version. xfgen records the renamings of rules as constants instead. */
KITSUNE_API void transform_register_renaming(const char *old_key, const char *new_key);

/* The new key of an old one: the renamed one, or the key itself. */
KITSUNE_API char *transform_mapped_name(const char *old_key);

KITSUNE_API void kitsune_transform_not_null(const char *what);

/* What generated transformers call.
 *
 * These do at once what a closure would do, for types that are known when the transformer is generated. `in`
 * and `out` are addresses of values as for any transformer. */

/* One pointer to one object. */
KITSUNE_API void kitsune_xform_ptr(const void *in, void *out, const closure *target);

/* The same for a pointer that may lead to a part of an object that moves: to a field, or to an element of an array. If
 * the object has not been met yet, it is set when the variable's transformation ends, or, if it leads to bytes for which
 * there is nothing else to do (transform_raw), as soon after that as the object has moved. */
KITSUNE_API void kitsune_xform_part(const void *in, void *out, const closure *target);

/* One pointer to the first of `count` objects. */
KITSUNE_API void kitsune_xform_ptrarray(const void *in, void *out, size_t count, const closure *element);

/* One pointer to objects that end with an all-zero one. */
KITSUNE_API void kitsune_xform_ntarray(const void *in, void *out, const closure *element);

/* `count` values in a row. */
KITSUNE_API void kitsune_xform_array(const void *in, void *out, size_t count, const closure *element);

/* One pointer whose target needs nothing. A pointer into the old version's static storage is redirected to the
 * same symbol, or to an equal string literal of the new version; any other keeps its value. */
KITSUNE_API void kitsune_xform_plain(const void *in, void *out);

/* One pointer to a function. */
KITSUNE_API void kitsune_xform_fptr(const void *in, void *out);

/* A variable's transformer found no old variable of this key, and leaves the new one as it is. */
KITSUNE_API void kitsune_transform_absent(const char *old_key);

/* For transformers that run user code on an object in its place: true the first time for this object. */
KITSUNE_API int kitsune_visit_once(const void *object, xf as);

/* Code is about to rewrite an object of `size` bytes in its place: an update that fails restores it. */
KITSUNE_API void kitsune_keep(void *object, size_t size);

#endif
