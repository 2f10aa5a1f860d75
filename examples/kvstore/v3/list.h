/* list.h - a singly linked list of anything.
 *
 * To C the items are void pointers, and it has no way to say what they lead to. The annotations have: the
 * list has a type parameter @t, every item leads to a @t, and who uses a list gives the argument:
 *
 *     struct list E_G(struct entry) chain;
 */
#ifndef KVSTORE_LIST_H
#define KVSTORE_LIST_H

#include "kitsune.h"

/* clang-format off */
struct list_node {
	struct list_node E_G(@t) *next;
	void E_T(@t) *item;
} E_GENERIC(@t);

/* A zeroed list is an empty one. */
struct list {
	struct list_node E_G(@t) *first;
} E_GENERIC(@t);
/* clang-format on */

/* Adds an item in front of the others. */
void list_push(struct list *list, void *item);

/* Removes the node that `place` leads to, and returns its item. */
void *list_remove(struct list_node **place);

/* Moves the first node of one list to the front of another. */
void list_move(struct list *from, struct list *to);

#endif
