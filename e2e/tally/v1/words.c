#include "words.h"

#include <stdio.h>
#include <stdlib.h>

static struct word *words;

static struct word *find(const char *text, size_t length) {
	struct word *word;

	for (word = words; word; word = word->next)
		if (strlen(word->text) == length && memcmp(word->text, text, length) == 0)
			return word;
	word = calloc(1, sizeof *word);
	if (!word)
		abort();
	memcpy(word->text, text, length);
	word->next = words;
	words = word;
	return word;
}

void count_words(const char *line) {
	const char *text;
	size_t length;

	while ((text = next_word(&line, &length)) != NULL)
		find(text, length)->count++;
}

void print_counts(void) {
	const struct word *word;

	for (word = words; word; word = word->next)
		printf("%s: %d\n", word->text, word->count);
}
