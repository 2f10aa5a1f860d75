#include <complex.h>
#include <signal.h>
#include <stdio.h>

#include "kitsune.h"

enum state { GONE, IDLE = 10, BUSY };

typedef double money;

union word { long number; char bytes[8]; };

struct cell { int value; struct cell *other; char added[3]; };

struct inner { money amount; enum state state; };

struct board {
	struct cell cells[2][3];
	struct inner inner[3];
	money prices[2][2];
	union word word;
	double complex z;
	int flags : 5, : 1, sign : 6;
	int ready;
	char name[16];
	char *title;
	int same, reset;
	void (*hooks[2])(void);
	struct { long x, y; } at;
};

static void hook(void) { puts("new"); }

struct board boards[2], *board;
enum state states[3];
money balance, *to_balance;
union word word;
unsigned number;
unsigned char big;
int longer[2][2], shorter[2];
float real;
struct cell ring[3], *into;
struct cell *matrix[2][2];
const char *const greeting = "good bye";
const char *words[] = {"null", "one"};
char line[4];
volatile sig_atomic_t seen;
static struct { int only_member; } unnamed;
void (*const hooked)(void) = hook;

static void print(const struct board *b) {
	printf("%s %s, cells %c%c, inner %d %g %d, prices %g, word %ld, z %g%+gi, bits %d %d, ready %d\n", b->title,
	       b->name, b->cells[0][0].value, b->cells[1][2].value, b->inner[1].state == GONE, b->inner[1].amount,
	       b->inner[2].state, b->prices[1][0], b->word.number, creal(b->z), cimag(b->z), b->flags, b->sign, b->ready);
	printf("same %d, reset %d, at %ld %ld, added %s, ", b->same, b->reset, b->at.x, b->at.y, b->cells[1][1].added);
	b->hooks[1]();
}

int main(void) {
	kitsune_do_automigrate();
	kitsune_update("main");
	print(board);
	print(&boards[1]);
	printf("states %d %d %d\n", states[0] == IDLE, states[1] == BUSY, states[2] == GONE);
	printf("balance %g %d, word %ld\n", balance, to_balance == &balance, word.number);
	printf("number %d, big %d, longer %d, shorter %d %d, real %g\n", number == (unsigned)-1, big, longer[1][1],
	       shorter[0], shorter[1], real);
	printf("ring %c %d %d\n", into->value, into == &ring[1], ring[2].other == ring);
	printf("matrix %c %d\n", matrix[1][0]->value, matrix[0][1] == matrix[1][0]);
	printf("%s, %s %s, %s, seen %d, unnamed %d\n", greeting, words[0], words[1], line, seen, unnamed.only_member);
	return 0;
}
