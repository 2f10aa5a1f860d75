#include "store.h"

#include "clock.h"
#include "kitsune.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

enum {
	BUCKETS = 65536, /* a power of two */
	SWEEP_INTERVAL_MS = 100,
	SWEEP_BUCKETS = 1024,
};

static struct entry *buckets[BUCKETS];
static size_t count;
static uint64_t expired;

/* FNV-1a. */
static uint32_t hash_of(const char *key) {
	uint32_t hash = 2166136261u;

	for (; *key; key++)
		hash = (hash ^ (unsigned char)*key) * 16777619u;
	return hash;
}

static bool has_expired(const struct entry *entry, int64_t now) {
	return entry->expires != 0 && entry->expires <= now;
}

/* Removes the entry that `place` leads to; after that it leads to the next one. */
static void remove_entry(struct entry **place) {
	struct entry *entry = *place;

	*place = entry->next;
	free(entry->key);
	free(entry->value);
	free(entry);
	count--;
}

static void remove_expired(struct entry **place) {
	remove_entry(place);
	expired++;
}

/* The pointer that leads to the key's entry, or to the NULL at the end of its chain. An entry that has
 * expired is removed on the way. */
static struct entry **place_of(const char *key) {
	struct entry **place = &buckets[hash_of(key) & (BUCKETS - 1)];

	while (*place) {
		if (strcmp((*place)->key, key) != 0) {
			place = &(*place)->next;
			continue;
		}
		if (!has_expired(*place, clock_ms()))
			break;
		remove_expired(place);
	}
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
	free((*place)->value);
	(*place)->value = copy;
	return *place;
}

bool store_delete(const char *key) {
	struct entry **place = place_of(key);

	if (!*place)
		return false;
	remove_entry(place);
	return true;
}

size_t store_count(void) {
	return count;
}

uint64_t store_expired(void) {
	return expired;
}

void store_each(void (*visit)(const struct entry *entry, void *context), void *context) {
	const struct entry *entry;
	int64_t now = clock_ms();
	size_t i;

	for (i = 0; i < BUCKETS; i++)
		for (entry = buckets[i]; entry; entry = entry->next)
			if (!has_expired(entry, now))
				visit(entry, context);
}

void store_sweep(void) {
	static int64_t due;   /* when to go on */
	static size_t bucket; /* and where */
	int64_t now = clock_ms();
	struct entry **place;
	int i;

	if (now < due)
		return;
	due = now + SWEEP_INTERVAL_MS;
	for (i = 0; i < SWEEP_BUCKETS; i++) {
		place = &buckets[bucket];
		while (*place) {
			if (has_expired(*place, now))
				remove_expired(place);
			else
				place = &(*place)->next;
		}
		bucket = (bucket + 1) % BUCKETS;
	}
}
