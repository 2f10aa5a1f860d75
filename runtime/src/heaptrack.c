/* Lists of addresses, in the order in which they were added. */
#include "internal.h"
#include "ktheaptrack.h"

KITSUNE_API void kitsune_heaplist_init(kitsune_heaplist *list) {
	list->begin = list->last = NULL;
}

KITSUNE_API void kitsune_heaplist_add(kitsune_heaplist *list, void *addr) {
	kitsune_heaplist_node *node = malloc(sizeof *node);
	if (!node) {
		fputs("kitsune: out of memory in kitsune_heaplist_add\n", stderr);
		abort();
	}
	*node = (kitsune_heaplist_node){addr, NULL};
	*(list->begin ? &list->last->next : &list->begin) = node;
	list->last = node;
}

KITSUNE_API int kitsune_heaplist_del(kitsune_heaplist *list, void *addr) {
	kitsune_heaplist_node *before = NULL, *node = list->begin;
	while (node && node->addr != addr) {
		before = node;
		node = node->next;
	}
	if (!node)
		return 0;
	*(before ? &before->next : &list->begin) = node->next;
	if (list->last == node)
		list->last = before;
	free(node);
	return 1;
}

KITSUNE_API void kitsune_heaplist_free(kitsune_heaplist *list) {
	kitsune_heaplist_node *node = list->begin, *next;
	for (; node; node = next) {
		next = node->next;
		free(node);
	}
	free(list);
}

KITSUNE_API kitsune_heaplist_iterator *kitsune_heaplist_begin(kitsune_heaplist *list) {
	return list->begin;
}

KITSUNE_API kitsune_heaplist_iterator *kitsune_heaplist_last(kitsune_heaplist *list) {
	return list->last;
}

KITSUNE_API kitsune_heaplist_iterator *kitsune_heaplist_end(kitsune_heaplist *list) {
	(void)list;
	return NULL;
}

KITSUNE_API kitsune_heaplist_iterator *kitsune_heaplist_next(kitsune_heaplist_iterator *i) {
	return i ? i->next : NULL;
}

KITSUNE_API int kitsune_heaplist_isempty(kitsune_heaplist *list) {
	return !list->begin;
}
