/* relayout - what an update that gives every object a new layout costs at the least: a loop that a programmer would
 * write for this one heap, which allocates, copies and frees each object. The baseline of the benchmark.
 *
 *     relayout chain COUNT      one list, as in bench/chain
 *     relayout table COUNT      a table of chains with keys and values, as in kvstore
 *
 * Prints the time of the loop in ns.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BUCKETS = 65536 };

struct old_node {
	struct old_node *next;
	long value;
};
struct new_node {
	long value;
	struct new_node *next;
	long square;
};

struct old_entry {
	struct old_entry *next;
	char *key, *val;
};
struct new_entry {
	char *key;
	int64_t expires;
	uint64_t hits;
	char *value;
	struct new_entry *next;
};

static void *allocate(size_t size) {
	void *p = malloc(size);
	if (!p) {
		fputs("relayout: out of memory\n", stderr);
		exit(1);
	}
	return p;
}

static uint64_t now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static struct new_node *convert_chain(struct old_node *old) {
	struct new_node *list = NULL, **end = &list;
	while (old) {
		struct old_node *next = old->next;
		struct new_node *node = allocate(sizeof *node);
		node->value = old->value;
		node->square = old->value * old->value;
		node->next = NULL;
		*end = node;
		end = &node->next;
		free(old);
		old = next;
	}
	return list;
}

static uint64_t chain(long count) {
	struct old_node *list = NULL;
	for (; count > 0; count--) {
		struct old_node *node = allocate(sizeof *node);
		node->value = count;
		node->next = list;
		list = node;
	}
	uint64_t began = now();
	struct new_node *converted = convert_chain(list);
	uint64_t time = now() - began;
	return converted || !list ? time : 0;
}

static struct new_entry *convert_bucket(struct old_entry *old) {
	struct new_entry *chain = NULL, **end = &chain;
	while (old) {
		struct old_entry *next = old->next;
		struct new_entry *entry = allocate(sizeof *entry);
		entry->key = old->key;
		entry->value = old->val;
		entry->expires = 0;
		entry->hits = 0;
		entry->next = NULL;
		*end = entry;
		end = &entry->next;
		free(old);
		old = next;
	}
	return chain;
}

static uint64_t table(long count) {
	static struct old_entry *buckets[BUCKETS];
	static struct new_entry *converted[BUCKETS];
	for (long i = 0; i < count; i++) {
		char text[32];
		uint32_t hash = 2166136261u;
		struct old_entry *entry = allocate(sizeof *entry);
		snprintf(text, sizeof text, "key:%ld", i);
		for (const char *c = text; *c; c++)
			hash = (hash ^ (unsigned char)*c) * 16777619u;
		entry->val = strdup(text);
		entry->key = strdup(text);
		entry->next = buckets[hash % BUCKETS];
		buckets[hash % BUCKETS] = entry;
	}
	uint64_t began = now();
	for (int i = 0; i < BUCKETS; i++)
		converted[i] = convert_bucket(buckets[i]);
	uint64_t time = now() - began;
	return converted[0] || !buckets[0] ? time : 0;
}

int main(int argc, char **argv) {
	if (argc == 3 && strcmp(argv[1], "chain") == 0)
		printf("%llu\n", (unsigned long long)chain(atol(argv[2])));
	else if (argc == 3 && strcmp(argv[1], "table") == 0)
		printf("%llu\n", (unsigned long long)table(atol(argv[2])));
	else
		return 2;
	return 0;
}
