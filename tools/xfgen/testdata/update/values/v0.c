/* Values that are not followed but made of others: conversions, arrays in each other, and code for whole types. */
#include <complex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kitsune.h"

enum state { IDLE, BUSY, GONE };

typedef int money;

union word { int number; char bytes[4]; };

struct cell { char value; struct cell *other; };

struct inner { enum state state; money amount; };

struct board {
	struct cell cells[2][3];
	struct inner inner[2];
	money prices[2][2];
	union word word;
	double complex z;
	int flags : 3, : 2, sign : 4;
	_Bool ready;
	char name[8];
	char *title;
	int same, reset;
	void (*hooks[2])(void);
	struct { int x, y; } at;
};

static void hook(void) { puts("old"); }

struct board boards[2], *board;
enum state states[3] = {IDLE, BUSY, GONE};
money balance = 100, *to_balance = &balance;
union word word = {65};
int number = -1, big = 300, longer[2][2] = {{1, 2}, {3, 4}}, shorter[4] = {1, 2, 3, 4};
double real = 2.75;
struct cell ring[3], *into = &ring[1];
struct cell *matrix[2][2];
const char *const greeting = "hello";
const char *words[] = {"zero", "one"};
char line[16] = "line";
volatile sig_atomic_t seen = 1;
static struct { int only_member; } unnamed = {9};

int main(int argc, char **argv) {
	(void)argc;
	board = calloc(1, sizeof *board);
	board->cells[1][2] = (struct cell){'c', &board->cells[0][0]};
	board->cells[0][0] = (struct cell){'a', NULL};
	board->cells[1][2].other = NULL;
	board->inner[1] = (struct inner){GONE, 7};
	board->prices[1][0] = 8;
	board->word.number = 66;
	board->z = 1 + 2 * I;
	board->flags = -2;
	board->sign = 5;
	board->ready = 1;
	strcpy(board->name, "name");
	board->title = "title";
	board->same = 10;
	board->reset = 11;
	board->hooks[1] = hook;
	board->at.y = 12;
	boards[1] = *board;
	for (int i = 0; i < 3; i++)
		ring[i] = (struct cell){'0' + i, &ring[(i + 1) % 3]};
	matrix[1][0] = calloc(1, sizeof *matrix[1][0]);
	matrix[1][0]->value = 'm';
	matrix[0][1] = matrix[1][0];
	kitsune_set_next_version(argv[1]);
	kitsune_signal_update();
	kitsune_update("main");
	printf("the update did not happen, %d\n", unnamed.only_member);
	return 1;
}
