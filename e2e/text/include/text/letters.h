#ifndef TEXT_LETTERS_H
#define TEXT_LETTERS_H

#include <ctype.h>
#include <string.h>

/* LETTERS_TOO are the characters that count as letters in words. */
static inline int is_letter(char c) {
	return c && (isalpha((unsigned char)c) || strchr(LETTERS_TOO, c));
}

#endif
