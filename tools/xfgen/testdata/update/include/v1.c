#include <stdio.h>

#include "kitsune.h"

struct point { long x, y, z; } here;
long count, sum;
int begun, ended;

int main(void) {
	kitsune_do_automigrate();
	kitsune_update("main");
	printf("%ld %ld %ld\n", here.x, here.y, here.z);
	printf("%ld %ld\n", count, sum);
	printf("%d %d\n", begun, ended);
	return 0;
}
