#ifndef TALLY_WORDS_H
#define TALLY_WORDS_H

#include "text/words.h"

struct word {
	struct word *next;
	char text[WORD_MAX + 1];
	int count;
};

void count_words(const char *line);
void print_counts(void);

#endif
