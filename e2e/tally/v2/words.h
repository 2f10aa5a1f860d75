#ifndef TALLY_WORDS_H
#define TALLY_WORDS_H

#include "text/words.h"

struct word {
	long seen;
	size_t length;
	char text[WORD_MAX + 1];
	struct word *next;
};

void count_words(const char *line);
void print_counts(void);

#endif
