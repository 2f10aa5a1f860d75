#include "store.h"

#include "kitsune.h"
#include "mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A power of two. */
enum { BUCKETS = 65536 };

static struct entry *buckets[BUCKETS];
static size_t count;

/* FNV-1a. */
static uint32_t hash_of(const char *key) {
	uint32_t hash = 2166136261u;

	for (; *key; key++)
		hash = (hash ^ (unsigned char)*key) * 16777619u;
	return hash;
}

/* The pointer that leads to the key's entry, or to the NULL at the end of its chain. */
static struct entry **place_of(const char *key) {
	struct entry **place = &buckets[hash_of(key) & (BUCKETS - 1)];

	while (*place && strcmp((*place)->key, key) != 0)
		place = &(*place)->next;
	return place;
}

struct entry *store_find(const char *key) {
	return *place_of(key);
}

struct entry *store_set(const char *key, const char *value) {
	struct entry **place = place_of(key);
	char *copy = mem_copy(value);

	if (!*place) {
		*place = mem_alloc(sizeof **place);
		(*place)->key = mem_copy(key);
		count++;
	}
	free((*place)->val);
	(*place)->val = copy;
	return *place;
}

bool store_delete(const char *key) {
	struct entry **place = place_of(key);
	struct entry *entry = *place;

	if (!entry)
		return false;
	*place = entry->next;
	free(entry->key);
	free(entry->val);
	free(entry);
	count--;
	return true;
}

size_t store_count(void) {
	return count;
}

void store_each(void (*visit)(const struct entry *entry, void *context), void *context) {
	const struct entry *entry;
	size_t i;

	for (i = 0; i < BUCKETS; i++)
		for (entry = buckets[i]; entry; entry = entry->next)
			visit(entry, context);
}
