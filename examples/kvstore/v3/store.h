/* store.h - the keys and their values: a hash table that grows, with a list of entries in every bucket. */
#ifndef KVSTORE_STORE_H
#define KVSTORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct entry {
	char *key;
	char *value;
	int64_t expires; /* when the entry ceases to exist, by clock_ms(); 0: never */
	uint64_t hits;   /* how often GET has returned the value */
	uint32_t hash;   /* store_hash() of the key */
};

/* Decides about the bucket of a key. */
uint32_t store_hash(const char *key);

/* The entry of a key, or NULL. */
struct entry *store_find(const char *key);

/* Adds the key, or gives it a new value and leaves the rest of the entry as it is. Returns the entry. */
struct entry *store_set(const char *key, const char *value);

/* Returns whether there was such a key. */
bool store_delete(const char *key);

/* The number of keys. Some of them may have expired a few seconds ago. */
size_t store_count(void);

/* The size of the hash table. */
size_t store_buckets(void);

/* The number of characters in all keys and values. */
size_t store_data_bytes(void);

/* How many keys have expired. */
uint64_t store_expired(void);

/* Visits all entries, in no particular order; `visit` must not change the store. */
void store_each(void (*visit)(const struct entry *entry, void *context), void *context);

/* Removes what has expired, a part of the store at a time. To be called often. */
void store_sweep(void);

#endif
