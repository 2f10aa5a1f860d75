#include "store.h"

#include "clock.h"
#include "kitsune.h"
#include "list.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

enum {
	BUCKETS_AT_FIRST = 1024, /* a power of two */
	SWEEP_INTERVAL_MS = 100,
	SWEEP_BUCKETS = 1024,
};

/* The table grows with the number of entries, so that chains stay short. */
struct table {
	struct list E_G(struct entry) *E_PTRARRAY(self.size) chains;
	size_t size; /* a power of two, or 0 as long as the store has never been used */
};

static struct table table;
static size_t count;
static size_t data_bytes;
static uint64_t expired;

/* FNV-1a. */
uint32_t store_hash(const char *key) {
	uint32_t hash = 2166136261u;

	for (; *key; key++)
		hash = (hash ^ (unsigned char)*key) * 16777619u;
	return hash;
}

static struct list *chain_of(uint32_t hash) {
	return &table.chains[hash & (table.size - 1)];
}

static void grow(void) {
	struct table old = table;
	size_t i;

	table.size = old.size ? 2 * old.size : BUCKETS_AT_FIRST;
	table.chains = mem_alloc(table.size * sizeof *table.chains);
	for (i = 0; i < old.size; i++) {
		while (old.chains[i].first) {
			const struct entry *entry = old.chains[i].first->item;

			list_move(&old.chains[i], chain_of(entry->hash));
		}
	}
	free(old.chains);
}

static bool has_expired(const struct entry *entry, int64_t now) {
	return entry->expires != 0 && entry->expires <= now;
}

/* Removes the entry of the node that `place` leads to; after that it leads to the next node. */
static void remove_entry(struct list_node **place) {
	struct entry *entry = list_remove(place);

	data_bytes -= strlen(entry->key) + strlen(entry->value);
	free(entry->key);
	free(entry->value);
	free(entry);
	count--;
}

static void remove_expired(struct list_node **place) {
	remove_entry(place);
	expired++;
}

/* The pointer that leads to the node of the key's entry; NULL if there is none. An entry that has expired is
 * removed on the way. */
static struct list_node **place_of(const char *key, uint32_t hash) {
	struct list_node **place;

	if (table.size == 0)
		return NULL;
	place = &chain_of(hash)->first;
	while (*place) {
		const struct entry *entry = (*place)->item;

		if (entry->hash != hash || strcmp(entry->key, key) != 0) {
			place = &(*place)->next;
			continue;
		}
		if (!has_expired(entry, clock_ms()))
			return place;
		remove_expired(place);
	}
	return NULL;
}

struct entry *store_find(const char *key) {
	struct list_node **place = place_of(key, store_hash(key));

	return place ? (*place)->item : NULL;
}

struct entry *store_set(const char *key, const char *value) {
	struct entry *entry = store_find(key);
	char *copy = mem_copy(value);

	if (entry) {
		data_bytes -= strlen(entry->value);
	} else {
		if (count >= table.size)
			grow();
		entry = mem_alloc(sizeof *entry);
		entry->key = mem_copy(key);
		entry->hash = store_hash(key);
		list_push(chain_of(entry->hash), entry);
		data_bytes += strlen(key);
		count++;
	}
	data_bytes += strlen(value);
	free(entry->value);
	entry->value = copy;
	return entry;
}

bool store_delete(const char *key) {
	struct list_node **place = place_of(key, store_hash(key));

	if (!place)
		return false;
	remove_entry(place);
	return true;
}

size_t store_count(void) {
	return count;
}

size_t store_buckets(void) {
	return table.size;
}

size_t store_data_bytes(void) {
	return data_bytes;
}

uint64_t store_expired(void) {
	return expired;
}

void store_each(void (*visit)(const struct entry *entry, void *context), void *context) {
	const struct list_node *node;
	int64_t now = clock_ms();
	size_t i;

	for (i = 0; i < table.size; i++)
		for (node = table.chains[i].first; node; node = node->next)
			if (!has_expired(node->item, now))
				visit(node->item, context);
}

void store_sweep(void) {
	static int64_t due;   /* when to go on */
	static size_t bucket; /* and where */
	int64_t now = clock_ms();
	struct list_node **place;
	size_t i;

	if (now < due)
		return;
	due = now + SWEEP_INTERVAL_MS;
	for (i = 0; i < SWEEP_BUCKETS && i < table.size; i++) {
		place = &table.chains[bucket].first;
		while (*place) {
			if (has_expired((*place)->item, now))
				remove_expired(place);
			else
				place = &(*place)->next;
		}
		bucket = (bucket + 1) & (table.size - 1);
	}
}
