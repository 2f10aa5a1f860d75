/* Prints the descriptors of the program that it is linked into. */
#include <stdio.h>
#include <stdlib.h>

#include "kitsune_abi.h"

extern const struct kitsune_unit __start_kitsune_units[], __stop_kitsune_units[];
extern const struct kitsune_symbol __start_kitsune_symbols[], __stop_kitsune_symbols[];

static const char *or_dash(const char *s) {
	return s ? s : "-";
}

static void __attribute__((constructor)) print(void) {
	for (const struct kitsune_unit *u = __start_kitsune_units; u < __stop_kitsune_units; u++)
		printf("unit %s %s\n", u->file, or_dash(u->ns));
	for (const struct kitsune_symbol *s = __start_kitsune_symbols; s < __stop_kitsune_symbols; s++)
		printf("%s %s %s %zu %zu%s%s%s%s\n", s->name, or_dash(s->func), or_dash(s->file), s->size, s->stride,
		       s->flags & KITSUNE_SYMBOL_FUNCTION ? " function" : "",
		       s->flags & KITSUNE_SYMBOL_STATIC ? " static" : "",
		       s->flags & KITSUNE_SYMBOL_READONLY ? " readonly" : "",
		       s->flags & KITSUNE_SYMBOL_AUTOMIGRATE ? " automigrate" : "");
	fflush(stdout);
	_Exit(0);
}
