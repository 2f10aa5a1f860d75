#include "kitsune.h"

struct point { int x, y; };

struct shape {
	int argc;
	char ** E_PTRARRAY(self.argc) argv;
	unsigned long corners;
	struct point * E_PTRARRAY(self.corners) corner;
	struct point ** E_PTRARRAY(self.corners) sorted;
	struct point * E_PTRARRAY(4) * E_SZ groups;
	char * E_SZ name;
	struct point bounds[2];
	char *none[0];
	void (*callbacks[3])(void);
	struct point *grid[2][3];
	struct point (*rows)[4];
};

struct tail {
	int n;
	struct shape *shape[E_ARRAY(self.n)];
};

struct shape *shapes[10];
struct tail *tail;
struct point *origin;
int numbers[4];
char *strings[2][2];
struct point path[3];
const char *names[2] = {"a", "b"};
struct limits { int soft[3]; } limits;
