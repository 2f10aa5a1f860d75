/* ktheaptrack.h - lists of heap objects of one type.
 *
 * For objects that a program keeps in places which an update does not look into, such as the insides of a library: it
 * notes them in a list, which is migrated like any other variable, and finds them there after the update. The macros
 * NOTE_HEAP and UNNOTE_HEAP are those of kitsune.h.
 *
 *     kitsune_heaplist E_G(struct conn) conns;
 *
 *     NOTE_HEAP(&conns, c);                                        when it is made
 *     UNNOTE_HEAP(&conns, c);                                      before it is freed
 *     HEAPLIST_FOR_EACH(&conns, c, struct conn *, i) rebind(c);    after an update
 */
#ifndef KITSUNE_HEAPTRACK_H
#define KITSUNE_HEAPTRACK_H

#include "transform.h"

#ifdef __cplusplus
extern "C" {
#endif

struct kitsune_heaplist_node {
	void E_T(@t) *addr;
	struct kitsune_heaplist_node E_G(@t) *next;
} E_GENERIC(@t);

typedef struct kitsune_heaplist_node E_G(@t) kitsune_heaplist_node E_GENERIC(@t);

struct kitsune_heaplist {
	struct kitsune_heaplist_node E_G(@t) *begin;
	struct kitsune_heaplist_node E_G(@t) *last;
} E_GENERIC(@t);

typedef struct kitsune_heaplist E_G(@t) kitsune_heaplist E_GENERIC(@t);

typedef struct kitsune_heaplist_node E_G(@t) kitsune_heaplist_iterator E_GENERIC(@t);

/* An empty list; one that is filled with zeros is empty as well. */
KITSUNE_API void kitsune_heaplist_init(kitsune_heaplist *list);

/* Appends an address. Out of memory ends the process. */
KITSUNE_API void kitsune_heaplist_add(kitsune_heaplist *list, void *addr);

/* Removes the first entry with this address. Returns 1, or 0 if there is none. Looks from the beginning of the list. */
KITSUNE_API int kitsune_heaplist_del(kitsune_heaplist *list, void *addr);

/* Frees the entries, and the list itself, which was allocated; not what the addresses lead to. */
KITSUNE_API void kitsune_heaplist_free(kitsune_heaplist *list);

/* The first and the last entry, in the order in which they were added, and the end behind the last one: NULL. */
KITSUNE_API kitsune_heaplist_iterator *kitsune_heaplist_begin(kitsune_heaplist *list);
KITSUNE_API kitsune_heaplist_iterator *kitsune_heaplist_last(kitsune_heaplist *list);
KITSUNE_API kitsune_heaplist_iterator *kitsune_heaplist_end(kitsune_heaplist *list);

/* The one after it; NULL after the last one, and after NULL. */
KITSUNE_API kitsune_heaplist_iterator *kitsune_heaplist_next(kitsune_heaplist_iterator *i);

KITSUNE_API int kitsune_heaplist_isempty(kitsune_heaplist *list);

/* The head of a loop over a list: `cur`, of the pointer type `type`, is each address in turn. `tmp` is a
 * kitsune_heaplist_iterator *. The current entry may be removed. */
#define HEAPLIST_FOR_EACH(list, cur, type, tmp)    \
	for ((tmp) = kitsune_heaplist_begin(list); \
	     (tmp) && ((cur) = (type)(tmp)->addr, (tmp) = kitsune_heaplist_next(tmp), 1);)

#ifdef __cplusplus
}
#endif

#endif
