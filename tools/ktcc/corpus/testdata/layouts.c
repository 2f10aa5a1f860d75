/* layouts.c - types whose layout is hard to know. */
#include <complex.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "shared.h"

enum color { RED, GREEN = -3, BLUE };
enum __attribute__((packed)) tiny { ONE = 1, LARGEST = 200 };
enum wide { WIDE = 0x100000000 };
typedef enum { LEFT, RIGHT } side;

struct __attribute__((packed)) header {
	uint8_t version;
	uint32_t length;
	uint64_t stamp[3];
};

struct line {
	char tag;
	int words[5] __attribute__((aligned(64)));
	_Alignas(16) short tail;
};

#pragma pack(push, 2)
struct pair {
	char first;
	long second;
};
#pragma pack(pop)

struct bits {
	int a : 3;
	unsigned : 0;
	unsigned long b : 40;
	bool c : 1;
	char after;
};

typedef float quad __attribute__((vector_size(16)));
typedef int word __attribute__((mode(DI)));
typedef struct node *list, **place;

struct node {
	place back;
	list next;
	side where;
	struct {
		union {
			long long integer;
			long double real;
			double complex z;
		} value;
		enum { EMPTY, FULL } state;
	} cells[2][3];
	int (*compare)(const struct node *, const struct node *);
	word count;
	quad vector;
	struct timespec when;
	struct later *later;
	char text[];
};

struct nothing {};

struct buffer buffers[4];
struct bits flags;
struct header head;
struct line line;
struct pair pair;
struct nothing nothing;
enum color color;
enum tiny tiny;
enum wide wide;
static struct {
	int x, y;
} origin;
list all;
struct node sentinel = {.count = 1, .text = "sentinel"};
struct later *waiting[2];
const struct node *const fixed[] = {&sentinel};
off_t (*seek)(int, off_t, int);
extern int elsewhere;
int tentative[];

int area(void) {
	struct inner {
		char c;
		long l;
	};
	static struct inner inner;
	static union {
		int i;
		float f;
	} unnamed;
	return origin.x * origin.y + (int)inner.l + unnamed.i + (int)next_id();
}
