/* registervars.h - the symbols of the running version and of the one before it.
 *
 * A key names a variable or function of a program:
 *
 *     server                      with external linkage
 *     net.c/listeners             static in a file
 *     net.c/accept_client#next    static in a function
 *     plug@net.c/listeners        static in a file whose KT_NAMESPACE is "plug"
 *
 * ktcc records all symbols of a unit; these functions are for hand-written code.
 */
#ifndef KITSUNE_REGISTERVARS_H
#define KITSUNE_REGISTERVARS_H

#include <stddef.h>

#include "kitsunemisc.h"
#include "ktannotations.h"

/* Registers a variable of the running version. The strings must live as long as the version; unused parts of
 * the key are NULL. The same key may have several addresses and the same address several keys. */
KITSUNE_API void kitsune_register_var(const char *var_name, const char *funcname, const char *filename,
                                      const char *namespace_, void *var_addr, size_t size, int auto_migrate);

/* Carries over every variable that is registered for it: its transformer runs, or else its bytes are copied
 * from the old variable with the same key. Main thread. Does nothing unless an update is going on, and nothing
 * for variables that have been carried over already. */
KITSUNE_API void kitsune_do_automigrate(void);

/* The address of the symbol with this key in the running, or in the old, version; NULL if unknown, if `key` is
 * NULL, or (old) if no update is going on. */
KITSUNE_API void *kitsune_lookup_key_new(const char *key);
KITSUNE_API void *kitsune_lookup_key_old(const char *key);

/* The key of the symbol that begins exactly at `addr`, or NULL. The string belongs to the runtime and is valid
 * until the end of the update. */
KITSUNE_API char *kitsune_lookup_addr_new(void *addr);
KITSUNE_API char *kitsune_lookup_addr_old(void *addr);

#endif
