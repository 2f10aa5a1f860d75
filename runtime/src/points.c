/* An update at a chosen update point, for tests that try them all. With KITSUNE_UPDATE_AT=N:FILE in its environment, a new
 * process updates itself to FILE when the main thread comes to an update point for the N-th time. */
#include "internal.h"

static unsigned long left; /* how often until then; 0: never */
static const char *file;

void kt_points_begin(void) {
	const char *value = getenv("KITSUNE_UPDATE_AT");
	char *end;
	if (!value)
		return;
	left = strtoul(value, &end, 10);
	if (left == 0 || end == value || *end != ':' || !end[1]) {
		kitsune_log("KITSUNE_UPDATE_AT=%s has to be a number from 1 on, a colon, and a file: ignored",
		            value);
		left = 0;
		return;
	}
	file = end + 1;
	kt.attention = 1;
}

void kt_points_count(void) {
	if (left == 0)
		return;
	if (--left > 0) {
		__atomic_store_n(&kt.attention, 1, __ATOMIC_SEQ_CST);
		return;
	}
	kitsune_set_next_version(file);
	__atomic_store_n(&kt.requested, 1, __ATOMIC_SEQ_CST);
}
