/* store.h - the keys and their values: a hash table with a chain of entries in every bucket. */
#ifndef KVSTORE_STORE_H
#define KVSTORE_STORE_H

#include <stdbool.h>
#include <stddef.h>

struct entry {
	struct entry *next; /* in the same bucket */
	char *key;
	char *val;
};

/* The entry of a key, or NULL. */
struct entry *store_find(const char *key);

/* Adds the key, or gives it a new value. Returns its entry. */
struct entry *store_set(const char *key, const char *value);

/* Returns whether there was such a key. */
bool store_delete(const char *key);

size_t store_count(void);

/* Visits all entries, in no particular order; `visit` must not change the store. */
void store_each(void (*visit)(const struct entry *entry, void *context), void *context);

#endif
