/* shared.h - what headers hold: types, and functions with variables of their own. */
struct buffer {
	unsigned used : 20, sealed : 1;
	unsigned char kind;
	union {
		struct {
			char *start;
			unsigned long len;
		};
		char small[24];
	};
};

static inline unsigned next_id(void) {
	static unsigned last;
	return ++last;
}

static inline int never_called(void) {
	static int dropped;
	return dropped++;
}
