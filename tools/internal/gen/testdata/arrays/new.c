#include "kitsune.h"

struct point { int x, y, z; };

struct shape {
	int argc;
	char ** E_PTRARRAY(self.argc) argv;
	unsigned long n;
	struct point * E_PTRARRAY(self.n) corner;
	struct point ** E_PTRARRAY(self.n) sorted;
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
int numbers[8];
char *strings[2][2];
struct point path[5];
const char *names[3] = {"a", "b", "c"};
struct limits { int soft[4]; } limits;
