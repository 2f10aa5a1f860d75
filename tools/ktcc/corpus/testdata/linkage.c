/* linkage.c - variables and functions of every linkage and storage, and what the compiler makes of them. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "shared.h"

typedef int operation(int);

int external = 1;
int tentative;
extern int defined_with_extern;
int defined_with_extern = 2;
static int internal;
static int internal_but_extern;
extern int internal_but_extern;
static int never_used;
static const int never_used_constant = 3;
const double table[2][2] = {{1, 2}, {3, 4}};
static const char *names[] = {"zero", "one"};
static const char *const fixed_names[] = {"two", "three"};
_Thread_local int per_thread;
static __thread int per_thread_internal;
int renamed __asm__("another_name");
int weak __attribute__((weak)) = 5;
int hidden __attribute__((visibility("hidden")));
int in_section __attribute__((section("settings"))) = 6;
static int *to_literal = (int[]){1, 2, 3};

static int called(int x) { return x + 1; }
static int in_table(int x) { return x + 2; }
static int in_code(int x) { return x + 3; }
static int in_macro(int x) { return x + 4; }
static int only_declared_static(int);
int only_declared_static(int x) { return x + 5; }
static int unused(int x) { return x; }
static inline int inlined(int x) { return x * 2; }
static inline int inlined_in_table(int x) { return x * 3; }
inline int inline_only(int x) { return x * 4; }
extern inline int inline_defined(int x) { return x * 5; }
int inline_declared(int x);
inline int inline_declared(int x) { return x * 6; }
int inline_only(int x);
__attribute__((weak)) int weak_function(int x) { return x; }
int aliased(int x) { return x; }
int alias(int x) __attribute__((alias("aliased")));

static operation *operations[] = {in_table, inlined_in_table, &only_declared_static};

#define APPLY(f, x) apply(f, x)
static __attribute__((noinline)) int apply(operation *f, int x) { return f(x) + f(x + 1); }

static int old_style(a, b)
int a;
char *b;
{
	return a + *b;
}

static void __attribute__((constructor)) at_start(void) { internal = 7; }
static void at_exit(void) { external = 0; }

static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

/* Large enough, and called often enough, to be split. */
static __attribute__((noinline)) int split(int x, int mode) {
	static int calls;
	if (__builtin_expect(mode == 0, 1))
		return calls++;
	{
		static long calls;
		calls += x;
	}
	switch (x) {
	case 0: return 100;
	case 1: return 203;
	case 2: return 301;
	case 3: return 407;
	case 4: return 512;
	case 5: return 601;
	}
	return (int)strlen(__func__);
}

int main(int argc, char **argv) {
	int numbers[] = {3, 1, 2};
	operation *volatile chosen = argc > 1 ? in_code : called;
	atexit(at_exit);
	qsort(numbers, 3, sizeof *numbers, compare);
	return called(argc) + inlined(argc) + APPLY(in_macro, argc) + operations[argc & 1](argc) + chosen(argc) +
	       split(argc, argc & 3) + split(argc, 0) + old_style(argc, argv[0]) + per_thread_internal +
	       names[argc & 1][0] + fixed_names[argc & 1][0] + *to_literal + (int)next_id() + inline_defined(argc) +
	       inline_declared(argc) + __extension__({
		       static int warned;
		       warned++;
	       });
}
