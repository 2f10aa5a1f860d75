#ifndef TEXT_WORDS_H
#define TEXT_WORDS_H

#include "text/letters.h"

#include <stddef.h>

/* Finds the next word in *text, advances *text behind it, and returns it. Sets *length to its length, which is
 * at most WORD_MAX; what is longer is cut off. Returns NULL if there is no word. */
const char *next_word(const char **text, size_t *length);

#endif
