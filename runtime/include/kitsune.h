/* kitsune.h - updating a C program while it runs.
 *
 * A program calls kitsune_update("name") where it is ready to be updated, usually once per iteration of each
 * long-lived loop. When an update has been requested, the call does not return: the new version's main() runs
 * from its beginning, carries the old version's state over, and comes to its update point of the same name.
 * From there on it is an ordinary program again.
 *
 *     int main(int argc, char **argv) {
 *             kitsune_do_automigrate();               // globals and statics, if we come from an old version
 *             if (!kitsune_is_updating())
 *                     open_listening_socket();
 *             for (;;) {
 *                     kitsune_update("main");
 *                     serve_one_event();
 *             }
 *     }
 */
#ifndef KITSUNE_H
#define KITSUNE_H

#include <string.h>

#include "kitsunemisc.h"
#include "ktannotations.h"
#include "ktlog.h"
#include "registervars.h"
#include "stackvars.h"
#include "transform.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A variable's transformer; its argument is the address of the new variable. The result is not used. */
typedef int (*xform_fn_t)(void *);

/* A hook on the whole state: _kitsune_prestart_xform runs before the new version's main,
 * _kitsune_mainupdate_xform at its matching update point. A program defines the ones it wants. */
typedef void (*state_xform_fn_t)(void);

/* An update point. Without a request it costs two loads. With one, the new version is loaded and checked; if
 * anything is wrong with it, the request is refused and the call returns. Otherwise it does not return. In a
 * version that is being entered it returns at once at every point but the one that was left, where it completes
 * the update. `name` must stay valid while the version is loaded: a string literal. Any thread. */
KITSUNE_API void kitsune_update(const char *name);

/* True from the entry of a new version until its matching update point. Any thread. */
KITSUNE_API int kitsune_is_updating(void);

/* True while updating, if the old version was left at the update point `name` by this thread. */
KITSUNE_API int kitsune_is_updating_from(const char *name);

/* True once this process has been updated. */
KITSUNE_API int kitsune_has_updated(void);

/* Ends an update in the new version, before its matching update point is reached: the old version goes on, and the
 * client is told why. Does not return then; without an update it does nothing. */
KITSUNE_API void kitsune_abort_update(const char *why);

/* Ask for an update at the next update point, and withdraw that. Async-signal-safe. */
KITSUNE_API void kitsune_signal_update(void);
KITSUNE_API void kitsune_clear_request(void);

/* The file that the next update loads, instead of the one that doupd names. The path is copied; one update uses it
 * up. NULL takes it back. */
KITSUNE_API void kitsune_set_next_version(const char *path);

/* The address of a symbol that the old, or the running, image exports; NULL if there is none. */
KITSUNE_API void *kitsune_get_val(const char *name);
KITSUNE_API void *kitsune_get_cur_val(const char *name);
KITSUNE_API int kitsune_old_address_matches(const char *name, void *ptr);

/* The key (registervars.h) of a symbol; parts that it does not have are NULL. From malloc. */
KITSUNE_API char *kitsune_get_symbol_key(const char *name, const char *funcname, const char *filename,
                                         const char *namespace_);

/* The address of a variable or function in the old, or the running, version. With a function but no file, a
 * noted local of this thread: in the old version its saved copy. NULL if there is none. */
KITSUNE_API void *kitsune_get_symbol_addr_old(const char *name, const char *funcname, const char *filename,
                                              const char *namespace_);
KITSUNE_API void *kitsune_get_symbol_addr_new(const char *name, const char *funcname, const char *filename,
                                              const char *namespace_);

/* The transformer of a variable in this version; NULL if there is none or no update is going on. A call with
 * literal arguments also tells xfgen that the variable must have one. */
KITSUNE_API xform_fn_t kitsune_get_xform(const char *name, const char *funcname, const char *filename,
                                         const char *namespace_);

/* Carries one variable over: runs the transformer, or copies the old variable's bytes if there is none.
 * Returns 1 if the variable was carried over, 0 if no update is going on or the old version has no such variable.
 * A variable that has been carried over is left as it is, unless it is a local: the next activation of its
 * function has another one. */
KITSUNE_API int kitsune_migrate_var(const char *name, const char *funcname, const char *filename,
                                    const char *namespace_, void *addr, size_t size, xform_fn_t transformer);

/* Registers a variable by hand, not to be automigrated. */
KITSUNE_API void kitsune_note_var(const char *name, const char *funcname, const char *filename,
                                  const char *namespace_, void *addr, size_t size);

/* Carry one variable over; value as kitsune_migrate_var. The namespace is the variable KT_NAMESPACE of the file,
 * which only ktcc knows; hand-written calls for such files use kitsune_migrate_var. */
#define KITSUNE_MIGRATE(name, var, func, file)                                   \
	kitsune_migrate_var(name, func, file, NULL, (void *)&(var), sizeof(var), \
	                    kitsune_get_xform(name, func, file, NULL))
#define MIGRATE_GLOBAL(var) KITSUNE_MIGRATE(#var, var, NULL, NULL)
#define MIGRATE_STATIC(var) KITSUNE_MIGRATE(#var, var, NULL, __FILE__)
#define MIGRATE_LOCAL(var) KITSUNE_MIGRATE(#var, var, __func__, NULL)
#define MIGRATE_LOCAL_STATIC(func, var) KITSUNE_MIGRATE(#var, var, #func, __FILE__)

/* Record by hand what ktcc records by itself. */
#define ENTER_FUNC() stackvars_note_entry(__func__)
#define EXIT_FUNC() stackvars_note_exit(__func__)
#define NOTE_LOCAL(var) stackvars_note_local(#var, (void *)&(var), sizeof(var))
#define NOTE_STATIC(var) kitsune_note_var(#var, NULL, __FILE__, NULL, (void *)&(var), sizeof(var))
#define NOTE_LOCAL_STATIC(var) kitsune_note_var(#var, __func__, __FILE__, NULL, (void *)&(var), sizeof(var))
#define NOTE_AND_MIGRATE_LOCAL(var) (NOTE_LOCAL(var), MIGRATE_LOCAL(var))
#define NOTE_AND_MIGRATE_STATIC(var) (NOTE_STATIC(var), MIGRATE_STATIC(var))
#define NOTE_AND_MIGRATE_LOCAL_STATIC(func, var) (NOTE_LOCAL_STATIC(var), MIGRATE_LOCAL_STATIC(func, var))

/* Note an object in a list of ktheaptrack.h, and take it off. */
#define NOTE_HEAP(heap, addr) kitsune_heaplist_add((heap), (addr))
#define UNNOTE_HEAP(heap, addr) kitsune_heaplist_del((heap), (addr))

/* malloc, calloc and free. */
KITSUNE_API void *kitsune_malloc(size_t size);
KITSUNE_API void *kitsune_calloc(size_t count, size_t size);
KITSUNE_API void kitsune_free(void *block);

/* How the transformer of a variable is called: the contract between hand-written code, xfgen and the runtime.
 * In file names and namespaces every character but letters and digits is `_`. */
#define XFORM_NAME_BASE _kitsune_transform_
#define NS_PREFIX ___ns___
#define FILE_PREFIX ___file___
#define FUNC_PREFIX ___func___
#define GLOBAL_XFORM(name) _kitsune_transform_##name
#define LOCAL_XFORM(func, name) _kitsune_transform_##func##___func___##name
#define STATIC_XFORM(filename, name) _kitsune_transform_##filename##___file___##name
#define LOCAL_STATIC_XFORM(filename, func, name) \
	_kitsune_transform_##filename##___file___##func##___func___##name

/* The old and the new address of a variable or function; the arguments are written without quotes:
 * GET_OLD_STATIC(net.c, listeners). */
#define GET_OLD_GLOBAL(name) kitsune_get_symbol_addr_old(#name, NULL, NULL, NULL)
#define GET_OLD_LOCAL(func, name) kitsune_get_symbol_addr_old(#name, #func, NULL, NULL)
#define GET_OLD_STATIC(file, name) kitsune_get_symbol_addr_old(#name, NULL, #file, NULL)
#define GET_OLD_LOCAL_STATIC(file, func, name) kitsune_get_symbol_addr_old(#name, #func, #file, NULL)
#define GET_NEW_GLOBAL(name) kitsune_get_symbol_addr_new(#name, NULL, NULL, NULL)
#define GET_NEW_LOCAL(func, name) kitsune_get_symbol_addr_new(#name, #func, NULL, NULL)
#define GET_NEW_STATIC(file, name) kitsune_get_symbol_addr_new(#name, NULL, #file, NULL)
#define GET_NEW_LOCAL_STATIC(file, func, name) kitsune_get_symbol_addr_new(#name, #func, #file, NULL)

/* Defines `void *def_name(void *func)`: the new address of an old function, for the functions named (exported
 * ones); any other address is returned as it is. */
#define DEF_XFORM_FUNC_PTR(def_name, ...)                                        \
	void *def_name(void *func) {                                             \
		static const char *const names[] = {KITSUNE_NAMES(__VA_ARGS__)}; \
		size_t i;                                                        \
		for (i = 0; i < sizeof names / sizeof *names; i++)               \
			if (kitsune_old_address_matches(names[i], func))         \
				return kitsune_get_cur_val(names[i]);            \
		return func;                                                     \
	}
#define KITSUNE_NAMES(...) PASTE(KITSUNE_NAMES_, N_ARGS(__VA_ARGS__))(__VA_ARGS__)
#define KITSUNE_NAMES_1(a) #a
#define KITSUNE_NAMES_2(a, ...) #a, KITSUNE_NAMES_1(__VA_ARGS__)
#define KITSUNE_NAMES_3(a, ...) #a, KITSUNE_NAMES_2(__VA_ARGS__)
#define KITSUNE_NAMES_4(a, ...) #a, KITSUNE_NAMES_3(__VA_ARGS__)
#define KITSUNE_NAMES_5(a, ...) #a, KITSUNE_NAMES_4(__VA_ARGS__)
#define KITSUNE_NAMES_6(a, ...) #a, KITSUNE_NAMES_5(__VA_ARGS__)
#define KITSUNE_NAMES_7(a, ...) #a, KITSUNE_NAMES_6(__VA_ARGS__)
#define KITSUNE_NAMES_8(a, ...) #a, KITSUNE_NAMES_7(__VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif
