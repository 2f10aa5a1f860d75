/* Closures are built once for each combination, and say how what they lead to is treated. */
#include "runtime/src/internal.h"
#include "runtime/tests/check.h"

static void transformer(void *in, void *out, int nargs, void **args) {
	(void)in;
	(void)nargs;
	*(void **)out = args[0];
}

static long words(int n) {
	long *a = malloc(n * sizeof *a), *b = malloc(n * sizeof *b), sum = 0;
	for (int i = 0; i < n; i++)
		a[i] = i;
	XF_INVOKE(XF_ARRAY(n, sizeof *a, sizeof *b, XF_RAW(sizeof *a)), a, b);
	for (int i = 0; i < n; i++)
		sum += b[i];
	free(a);
	free(b);
	return sum;
}

int main(void) {
	closure *raw = XF_RAW(8), *deep = XF_LIFT(transformer, XF_DEEP, 8, 16);
	void *out = NULL;
	CHECK(raw == XF_RAW(sizeof(long)));
	CHECK(raw != XF_RAW(4));
	CHECK(XF_PTR(raw) == XF_PTR(raw));
	CHECK(XF_PTR(raw) != XF_PTR(deep));
	CHECK(XF_CLOSURE(transformer, XF_DEEP, 8, 16, raw) != XF_CLOSURE(transformer, XF_DEEP, 8, 16, deep));
	CHECK(XF_CLOSURE(transformer, XF_DEEP, 8, 16, raw) !=
	      XF_CLOSURE(transformer, XF_SHALLOW, 8, 16, raw));
	CHECK(XF_FPTR() == XF_FPTR());
	CHECK(XF_NTSTR() == XF_NTARRAY(1, 1, XF_RAW(1)));
	XF_INVOKE(XF_CLOSURE(transformer, XF_DEEP, 8, 16, raw, deep), &out, &out);
	CHECK(out == raw);
	CHECK_EQUAL(words(1000), 499500);
	CHECK_EQUAL(words(0), 0);
	kt_closures_end();
	CHECK_EQUAL(words(3), 3);
	kt_closures_end();
	return 0;
}
