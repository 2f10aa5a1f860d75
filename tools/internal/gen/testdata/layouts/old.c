#include "kitsune.h"

struct __attribute__((packed)) header { char tag; int length; short crc; };
struct __attribute__((packed, aligned(4))) record { char tag; long offset; };
struct __attribute__((aligned(64))) line { int counter; };

struct flags {
	unsigned int ready : 1;
	unsigned int : 3;
	unsigned int state : 4;
	long deadline;
};

struct mixed {
	int type;
	union {
		int number;
		struct { char *text; int length; };
	};
	struct { int low, high; } range;
};

enum sign { MINUS = -1, ZERO, PLUS };
enum __attribute__((packed)) small { A, B };
enum mode { OFF, ON };
union value { int i; float f; };

struct all {
	struct header header;
	struct record record;
	struct line line;
	struct flags flags;
	struct mixed mixed;
	enum sign sign;
	enum small small;
	enum mode mode;
	union value value;
	__builtin_va_list args;
	long double precise;
	_Bool set;
	int unix;
	void (* E_OPAQUE hook)(struct unknown *, enum later);
};

struct all all;
struct all *more;
union value value;
