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
	struct map_entry E_G(@k, @v) * E_PTRARRAY(8) buckets;
	struct list E_G(struct map_entry<@k, @v>*) *recent;
	struct list E_G(@v) values;
} E_GENERIC(@k, @v);

typedef struct map E_G(@k, @v) map E_GENERIC(@k, @v);
typedef struct list E_G(@t) *lists E_GENERIC(@t);

struct cell {
	void * E_T(@t) content;
} E_GENERIC(@t);

struct box {
	void E_T(@t) ** E_PTRARRAY(self.n) items;
	void E_T(@t) * E_PTRARRAY(self.n) flat;
	void E_T(@t) *slots[2][3];
	int n;
} E_GENERIC(@t);

struct item {
	char *name;
	long weight;
};

typedef void handler(int);

struct list E_G(struct item) *items;
lists E_G(struct item*) pointers;
map E_G(char, struct list<struct item>) index;
struct map E_G(struct item, [opaque]) *cache;
struct list E_G(handler*) *handlers;
struct list E_G([opaque]) *raw;
struct box E_G(struct item) boxes[2];
struct cell E_G(struct item*) cell;
struct cell E_G([opaque]) opaque_cell;
