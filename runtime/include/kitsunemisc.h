/* kitsunemisc.h - small macros that the other headers and the programs' own code use. */
#ifndef KITSUNE_MISC_H
#define KITSUNE_MISC_H

#include <signal.h>

#if defined(__GNUC__)
#define KITSUNE_API __attribute__((visibility("default")))
#else
#define KITSUNE_API
#endif

/* The number of arguments, 0 to 20. */
#define N_ARGS(...)                                                                                          \
	KITSUNE_N_ARGS(_, ##__VA_ARGS__, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, \
	               1, 0)
#define KITSUNE_N_ARGS(_, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, \
                       a19, a20, n, ...)                                                                   \
	n

/* Both tokens as one, and a token as text, after macro expansion. */
#define PASTE(x, y) KITSUNE_PASTE(x, y)
#define KITSUNE_PASTE(x, y) x##y
#define STRINGIFY(x) KITSUNE_STRINGIFY(x)
#define KITSUNE_STRINGIFY(x) #x

/* Stops in a debugger. */
#ifndef BREAK
#define BREAK raise(SIGABRT)
#endif

#endif
