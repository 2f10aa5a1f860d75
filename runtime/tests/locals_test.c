/* The record of noted locals: scopes end on every way out, and what longjmp leaves behind is not believed. */
#include <setjmp.h>

#include "runtime/src/internal.h"
#include "runtime/tests/check.h"

/* What ktcc emits. */
#define SCOPE(function) \
	size_t scope __attribute__((cleanup(kitsune_scope_leave))) = kitsune_scope_enter(&scope, function)
#define NOTE(variable) (void)kitsune_scope_note(#variable, &variable, sizeof variable)

static jmp_buf back;

static int noted(const char *function, const char *variable) {
	int *p = stackvars_get_local_new(function, variable);
	return p ? *p : -1;
}

static void blocks(int way) {
	SCOPE("blocks");
	int x = 1;
	NOTE(x);
	CHECK_EQUAL(noted("blocks", "x"), 1);
	for (int i = 0; i < 3; i++) {
		SCOPE(NULL);
		int x = 10 + i, y = 20 + i;
		NOTE(x);
		NOTE(y);
		CHECK_EQUAL(noted("blocks", "x"), 10 + i);
		CHECK_EQUAL(noted("blocks", "y"), 20 + i);
		if (way == 1)
			return;
		if (way == 2)
			goto out;
		if (way == 3)
			break;
		if (way == 4)
			continue;
		if (way == 5)
			longjmp(back, 1);
	}
	CHECK_EQUAL(noted("blocks", "x"), 1);
	CHECK_EQUAL(noted("blocks", "y"), -1);
out:
	CHECK_EQUAL(noted("blocks", "x"), 1);
	CHECK_EQUAL(noted("blocks", "y"), -1);
}

static int depth(int n) {
	SCOPE("depth");
	NOTE(n);
	CHECK_EQUAL(noted("depth", "n"), n);
	if (n == 0)
		return 0;
	int below = depth(n - 1);
	CHECK_EQUAL(noted("depth", "n"), n); /* The innermost activation that is left. */
	return below + 1;
}

static void after_jump(void) {
	SCOPE("after_jump");
	int z = 7;
	NOTE(z);
	CHECK_EQUAL(noted("after_jump", "z"), 7);
	CHECK_EQUAL(noted("blocks", "x"), -1);
	CHECK_EQUAL(noted("test", "a"), 5);
}

/* Its frame is below those of the functions whose variables are noted. */
static __attribute__((noinline)) void save(const struct kitsune_saved_local **saved,
                                           const struct kitsune_saved_local **end) {
	CHECK(kt_locals_save(kt_locals_here(), __builtin_frame_address(0), saved, end));
}

static void test(void) {
	SCOPE("test");
	int a = 5;
	NOTE(a);
	for (int way = 0; way < 5; way++) {
		blocks(way);
		CHECK_EQUAL(noted("blocks", "x"), -1);
		CHECK_EQUAL(noted("test", "a"), 5);
	}
	if (setjmp(back) == 0)
		blocks(5);
	after_jump();
	CHECK_EQUAL(depth(100), 100);
	CHECK_EQUAL(noted("depth", "n"), -1);

	const struct kitsune_saved_local *saved, *end;
	save(&saved, &end);
	CHECK_EQUAL(end - saved, 1);
	CHECK(strcmp(saved->func, "test") == 0 && strcmp(saved->name, "a") == 0);
	CHECK_EQUAL(*(int *)saved->copy, 5);
	kt_locals_free(&saved, &end);
}

static void by_hand(void) {
	int b = 6;
	stackvars_note_exit("by_hand"); /* There is none: harmless. */
	stackvars_note_local("b", &b, sizeof b);
	CHECK_EQUAL(noted("by_hand", "b"), -1); /* No frame. */
	stackvars_note_entry("by_hand");
	stackvars_note_formal("b", &b, sizeof b);
	CHECK_EQUAL(noted("by_hand", "b"), 6);
	stackvars_note_exit("by_hand");
	CHECK_EQUAL(noted("by_hand", "b"), -1);
}

int main(void) {
	test();
	CHECK_EQUAL(noted("test", "a"), -1);
	by_hand();
	CHECK(stackvars_get_local("test", "a") == NULL); /* No update is going on. */
	return 0;
}
