#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kitsune.h"

struct list {
	struct list E_G(@t) *next;
	void E_T(@t) *value;
} E_GENERIC(@t);

struct map_entry {
	void E_T(@k) *key;
	void E_T(@v) *value;
	struct map_entry E_G(@k, @v) *next;
} E_GENERIC(@k, @v);

struct map {
	struct map_entry E_G(@k, @v) ** E_PTRARRAY(self.size) buckets;
	int size;
	struct list E_G(@v) values;
} E_GENERIC(@k, @v);

typedef struct map E_G(@k, @v) map E_GENERIC(@k, @v);

typedef struct list E_G(@t) *lists E_GENERIC(@t);

struct cell {
	void * E_T(@t) content;
} E_GENERIC(@t);

struct box {
	void E_T(@t) ** E_PTRARRAY(self.n) items;
	int n;
} E_GENERIC(@t);

struct item {
	char *name;
	long weight;
	int added;
};

static int negate(int n) { return -n; }
typedef int function(int);

struct list E_G(struct item) *items;
struct list E_G(char) *names;
lists E_G(struct item*) pointers;
map E_G(char, struct list<struct item>) *index_of_lists;
struct list E_G(function*) *functions;
struct list E_G([opaque]) *opaque;
struct box E_G(struct item) box;
struct cell E_G(struct item*) cell;

int main(void) {
	kitsune_do_automigrate();
	kitsune_update("main");
	struct item *shared = items->value, *last = items->next->value;
	struct list *inner = index_of_lists->values.value;
	printf("items %s %ld %d, %s %ld %d\n", shared->name, shared->weight, shared->added, last->name, last->weight,
	       last->added);
	printf("names %s %d\n", (char *)names->value, names->next == NULL);
	printf("pointers %d\n", *(struct item **)pointers->value == shared);
	printf("index %d %s %d %d\n", index_of_lists->size, (char *)index_of_lists->buckets[2]->key,
	       index_of_lists->buckets[2]->value == inner, inner->value == shared);
	printf("functions %d\n", **(function **)functions->value == negate);
	printf("opaque %d\n", *(struct item **)opaque->value != shared);
	printf("boxes %d %d %d\n", box.items[0] == NULL, box.items[1] == shared, cell.content == shared);
	return 0;
}
