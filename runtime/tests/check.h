/* check.h - a test fails with the place and the condition, and ends at once. */
#ifndef KITSUNE_CHECK_H
#define KITSUNE_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                          \
	do {                                                                                      \
		if (!(condition)) {                                                               \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
			exit(1);                                                                  \
		}                                                                                 \
	} while (0)

#define CHECK_EQUAL(got, want)                                                                           \
	do {                                                                                             \
		long long got_ = (long long)(got), want_ = (long long)(want);                            \
		if (got_ != want_) {                                                                     \
			fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #got, got_, \
			        want_);                                                                  \
			exit(1);                                                                         \
		}                                                                                        \
	} while (0)

#endif
