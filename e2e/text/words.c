#include "text/words.h"

const char *next_word(const char **text, size_t *length) {
	const char *word, *end;

	for (word = *text; *word && !is_letter(*word); word++)
		;
	for (end = word; is_letter(*end); end++)
		;
	*text = end;
	*length = (size_t)(end - word) < WORD_MAX ? (size_t)(end - word) : WORD_MAX;
	return end > word ? word : NULL;
}
