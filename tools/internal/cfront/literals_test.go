package cfront

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLiterals has fields that string literals are assigned to, and others.
func TestLiterals(t *testing.T) {
	u := parseText(t, `struct s { char *a, *b; } s, *p, t = { .a = "x" };
void f(char *c, int i, const char *g(int)) {
	struct s local = { "x", .b = "x" }, list[] = { { .a = "x" }, { .a = "x", .b = "x" } };
	p->by_pointer = "x";
	s . by_name = "x" "y";
	g(i)[0].wide = L"x";
	(p)->cast = (char *)(void *)"x";
	p->list[i].second = i ? c : "x";
	p->first = f(i) && list[i].b ? "x" : c;
	p->nested = i ? i == 2 ? c : "x" : "y";
	p->made = strdup("x"), p->of_call = g("x" ? 1 : 2), p->compared == "x", *p->target = "x", c = "x", p->added += "x";
	switch (i) { case 1: "x"; default: p->c = 'x'; }
	p->condition = c; i ? "x" : "y";
}
# 1 "system.h" 1 3
inline void g(void) { p->foreign = "x"; }
`, Options{})
	want := []string{"by_name", "by_pointer", "cast", "first", "nested", "second", "wide", "target"}
	slices.Sort(want)
	if d := cmp.Diff(want, slices.Sorted(maps.Keys(u.Literals))); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if at := u.Text[u.Literals["by_name"]:]; !bytes.HasPrefix(at, []byte(`"x" "y"`)) {
		t.Errorf("by_name: the offset is that of %.20q", at)
	}
}
