/* ktannotations.h - what a programmer tells the compiler wrapper about types.
 *
 * C does not say whether a pointer leads to one object or to many, or what a void pointer leads to. These
 * macros do. They are attributes only while ktcc analyses a unit; for every other compiler run they are
 * nothing at all, so that an annotated program still compiles everywhere.
 *
 * E_NOANNOT, defined before the first Kitsune header, makes all of them but E_NOTELOCALS vanish from ktcc's
 * analysis too: generated transformers begin with it.
 */
#ifndef KITSUNE_ANNOTATIONS_H
#define KITSUNE_ANNOTATIONS_H

#if defined(KITSUNE_ANALYSIS) && !defined(E_NOANNOT)
#define KITSUNE_ANNOTATE(a) __attribute__((a))
#else
#define KITSUNE_ANNOTATE(a)
#endif

/* Types of pointers and arrays. Written right after the `*` they speak of, or inside the `[]`. */

/* The pointer is NULL or leads to exactly one object. The default. */
#define E_PTR KITSUNE_ANNOTATE(e_ptr)

/* The pointer is copied as bits and never followed; its target may be incomplete. */
#define E_OPAQUE KITSUNE_ANNOTATE(e_ptropaque)

/* The pointer leads to the first of `size` objects: a constant, or `self.FIELD` of the same structure. */
#define E_PTRARRAY(size) KITSUNE_ANNOTATE(e_ptrarray(size))

/* The length of an array that C leaves open (a flexible member): a constant or `self.FIELD`. */
#define E_ARRAY(size) KITSUNE_ANNOTATE(e_array(size))

/* The pointer leads to objects up to and including the first one whose bytes are all zero. */
#define E_SZ KITSUNE_ANNOTATE(e_sz)

/* Which member of a union is alive. E_UNION(self.FIELD), beside the type of a field that is a union, names the
 * integer field of the same structure that tells; E_CASE(value, ...), after the name of a member, the values with
 * which that member is alive. With any other value the bits of the union are copied. */
#define E_UNION(tag) KITSUNE_ANNOTATE(e_union(tag))
#define E_CASE(...) KITSUNE_ANNOTATE(e_case(__VA_ARGS__))

/* Allocator and deallocator of what the pointer leads to. Recorded in the summary. */
#define E_CUSTOM(alloc, release) KITSUNE_ANNOTATE(e_custom_malloc(#alloc, #release))

/* Accepted for old sources, without effect. */
#define E_IGNORE KITSUNE_ANNOTATE(e_ignore)
#define E_AUTO KITSUNE_ANNOTATE(e_auto)

/* Generic types: E_GENERIC(@a, @b) after the definition declares parameters, E_T(@a) marks where a parameter
 * is used, E_G(int, struct s *) gives arguments where the type is used. The arguments are taken as spelled. */
#define E_GENERIC(...) KITSUNE_ANNOTATE(e_generic(#__VA_ARGS__))
#define E_T(...) KITSUNE_ANNOTATE(e_type(#__VA_ARGS__))
#define E_G(...) KITSUNE_ANNOTATE(e_genuse(#__VA_ARGS__))

/* Variables. Written after the declarator, before `=` or `;`. */

/* kitsune_do_automigrate() carries the variable over, whatever the default policy is. */
#define E_AUTO_MIGRATE KITSUNE_ANNOTATE(e_auto_migrate)

/* kitsune_do_automigrate() leaves the variable alone. */
#define E_MANUAL_MIGRATE KITSUNE_ANNOTATE(e_manual_migrate)

/* Functions. Written between the parameter list and the body: the locals and parameters of every activation
 * are recorded, so that MIGRATE_LOCAL of the next version finds them. */
#ifdef KITSUNE_ANALYSIS
#define E_NOTELOCALS __attribute__((e_notelocals))
#else
#define E_NOTELOCALS
#endif

/* Tells ktcc that this unit is to be instrumented. */
#ifdef KITSUNE_ANALYSIS
#pragma KITSUNE instrument
#endif

#endif
