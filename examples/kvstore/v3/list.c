#include "list.h"

#include "kitsune.h"
#include "mem.h"

#include <stdlib.h>

static void push(struct list *list, struct list_node *node) {
	node->next = list->first;
	list->first = node;
}

void list_push(struct list *list, void *item) {
	struct list_node *node = mem_alloc(sizeof *node);

	node->item = item;
	push(list, node);
}

void *list_remove(struct list_node **place) {
	struct list_node *node = *place;
	void *item = node->item;

	*place = node->next;
	free(node);
	return item;
}

void list_move(struct list *from, struct list *to) {
	struct list_node *node = from->first;

	from->first = node->next;
	push(to, node);
}
