/* stackvars.h - the local variables of functions marked E_NOTELOCALS.
 *
 * Each thread keeps a stack of frames; a frame holds the name, address and size of the parameters and locals
 * that are alive in one activation. When a version is left, the values are copied, and the next version finds
 * them by function and name.
 */
#ifndef KITSUNE_STACKVARS_H
#define KITSUNE_STACKVARS_H

#include <stdio.h>
#include <stdlib.h>

#include "kitsunemisc.h"
#include "ktannotations.h"

/* By hand: begin and end the record of an activation of `fun_name`, and add variables to the innermost one.
 * The names must outlive the activation. An exit without its entry is ignored; an exit also ends the frames
 * of functions that were left by longjmp. */
KITSUNE_API void stackvars_note_entry(const char *fun_name);
KITSUNE_API void stackvars_note_exit(const char *fun_name);
KITSUNE_API void stackvars_note_local(const char *name, void *addr, size_t size);
KITSUNE_API void stackvars_note_formal(const char *name, void *addr, size_t size);

/* The saved copy of a variable in the version that was left; NULL if there is no such frame or variable, or if
 * no update is going on. The innermost frame with the function's name, and in it the innermost variable,
 * is taken. */
KITSUNE_API void *stackvars_get_local(const char *fun_name, const char *var_name);
KITSUNE_API void *stackvars_get_formal(const char *fun_name, const char *var_name);

/* The same of the running version: the variable itself. */
KITSUNE_API void *stackvars_get_local_new(const char *fun_name, const char *var_name);
KITSUNE_API void *stackvars_get_formal_new(const char *fun_name, const char *var_name);

/* Writes the frames of the calling thread to the log. */
KITSUNE_API void stackvars_summary(void);

/* What ktcc emits. A scope token lives in the block whose variables it guards; the compiler calls
 * kitsune_scope_leave on every way out of that block. `fun_name` is NULL for a block inside a function.
 *
 *     size_t token __attribute__((cleanup(kitsune_scope_leave))) = kitsune_scope_enter(&token, "f");
 */
KITSUNE_API size_t kitsune_scope_enter(size_t *token, const char *fun_name);
KITSUNE_API void kitsune_scope_leave(size_t *token);
KITSUNE_API char kitsune_scope_note(const char *name, void *addr, size_t size); /* returns 0 */

#endif
