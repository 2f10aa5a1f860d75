/* clock.h - the time that is measured with. */
#ifndef KVSTORE_CLOCK_H
#define KVSTORE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds since some moment in the past. An update happens inside the process, so a time that one
 * version has recorded means the same to the next. */
static inline int64_t clock_ms(void) {
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#endif
