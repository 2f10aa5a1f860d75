/* Records what a function notes as the runtime does, and prints what is alive at each call of step(). */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static struct {
	const char *name;
	void *addr;
	size_t size;
} stack[100];
static size_t height;

size_t kitsune_scope_enter(size_t *token, const char *fun_name) {
	stack[height].name = fun_name ? fun_name : "{";
	stack[height].addr = token;
	stack[height].size = 0;
	return height++;
}

void kitsune_scope_leave(size_t *token) {
	if (*token >= height || stack[*token].addr != token)
		printf("a scope is left that is not open\n");
	height = *token;
}

char kitsune_scope_note(const char *name, void *addr, size_t size) {
	stack[height].name = name;
	stack[height].addr = addr;
	stack[height++].size = size;
	return 0;
}

int step(int x) {
	static int calls;
	printf("step %d:", x);
	for (size_t i = 0; i < height; i++) {
		printf(" %s", stack[i].name);
		if (stack[i].size == sizeof(int)) {
			int value;
			memcpy(&value, stack[i].addr, sizeof value);
			printf("=%d", value);
		} else if (stack[i].size) {
			printf("(%zu)", stack[i].size);
		}
	}
	printf("\n");
	return ++calls % 8 ? calls % 5 : 100;
}

int run(int argc, char *argv[], const int limit);

int main(void) {
	char *argv[] = {"program", "argument", NULL};
	run(2, argv, 2);
	run(1, argv, 1);
	printf("%zu entries are left\n", height);
	return 0;
}
