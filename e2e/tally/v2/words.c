#include "words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static struct word *words;
static long total;

static struct word *find(const char *text, size_t length) {
	struct word *word;

	for (word = words; word; word = word->next)
		if (word->length == length && memcmp(word->text, text, length) == 0)
			return word;
	word = calloc(1, sizeof *word);
	if (!word)
		abort();
	memcpy(word->text, text, length);
	word->length = length;
	word->next = words;
	words = word;
	return word;
}

void count_words(const char *line) {
	const char *text;
	size_t length;

	while ((text = next_word(&line, &length)) != NULL) {
		find(text, length)->seen++;
		total++;
	}
}

void print_counts(void) {
	const struct word *word;

	for (word = words; word; word = word->next)
		printf("%s: %ld, %.0f %%\n", word->text, word->seen,
		       round(100.0 * (double)word->seen / (double)total));
}
