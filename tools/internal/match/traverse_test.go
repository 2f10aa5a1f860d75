package match

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt/kttest"
)

// verdicts says for each variable and type why the update looks at it, or that
// it is kept.
func verdicts(r *Result) []string {
	var lines []string
	verdict := func(name string, visited bool, why *Reason) {
		switch {
		case !visited:
			lines = append(lines, name+": kept")
		case why == nil:
			lines = append(lines, name+": visited, and no reason is known")
		default:
			lines = append(lines, why.String())
		}
	}
	for _, v := range r.Vars {
		if v.Value != nil {
			verdict(v.New.Key, r.Visits(v.Value), r.Why(v.New.Key, v.Value))
		}
	}
	for _, p := range r.Pairs {
		verdict(r.Name(p), r.VisitsPair(p), r.WhyPair(p))
	}
	return lines
}

// What has to be looked at, and for what reason.
func TestTraversal(t *testing.T) {
	const (
		node  = "struct node { struct node *next; long n; }; "
		holds = "struct holder { struct node *node; }; "
		list  = "struct list { struct list E_G(@t) *next; void E_T(@t) *value; } E_GENERIC(@t); "
	)
	for _, c := range []struct {
		name, old, new, rules string // new is old if it is ""
		want                  []string
	}{
		{"a list in the heap", node + "struct node *x;", "", "",
			[]string{"x: kept", "struct node: kept"}},
		{"one may lead to the variable node", node + "struct node *x, y;", "", "", []string{
			"x -> struct node: may lead to the variable y",
			"y -> struct node.next -> struct node: may lead to the variable y",
			"struct node.next -> struct node: may lead to the variable y",
		}},
		{"one node is read-only", node + "struct node *x; const struct node y;", "", "", []string{
			"x -> struct node: may lead to the variable y", "struct node.next -> struct node: may lead to the variable y",
		}},
		{"one node is part of a variable", node + "struct node *x; struct outer { int i; struct node in[2]; } y;", "", "", []string{
			"x -> struct node: may lead to the variable y.in",
			"y -> struct outer.in -> struct node.next -> struct node: may lead to the variable y.in",
			"struct node.next -> struct node: may lead to the variable y.in",
			"struct outer.in -> struct node.next -> struct node: may lead to the variable y.in",
		}},
		{"one node is in a table", node + "struct node *x; const struct node y[3][4];", "", "", []string{
			"x -> struct node: may lead to the variable y", "struct node.next -> struct node: may lead to the variable y",
		}},
		{"one node is in a union", node + "struct node *x; union { char pool[64]; struct node in; } y;", "", "", []string{
			"x -> struct node: may lead to the variable y.in",
			"y: kept",
			"struct node.next -> struct node: may lead to the variable y.in",
			"union __anonunion_y: kept",
		}},
		{"a variable has a pointer to one", node + holds + "struct holder x;", "", "",
			[]string{"x: kept", "struct holder: kept", "struct node: kept"}},
		{"only pointers carry a holder over", node + holds + "struct holder x E_MANUAL_MIGRATE, *y;", "", "", []string{
			"y -> struct holder: may lead to the variable x",
			"struct holder: kept",
			"struct node: kept",
		}},
		{"only pointers carry a pointer over", node + "struct node *x E_MANUAL_MIGRATE, **y;", "", "", []string{
			"y -> struct node *: may lead to the variable x",
			"struct node: kept",
		}},

		{"text", "struct s { char *text; } *x;", "", "",
			[]string{"x -> struct s.text -> char: a literal may be stored there", "struct s.text -> char: a literal may be stored there"}},
		{"bytes", "struct s { unsigned char *bytes; } *x;", "", "", []string{
			"x -> struct s.bytes -> unsigned char: a literal may be stored there",
			"struct s.bytes -> unsigned char: a literal may be stored there",
		}},
		{"text that is not followed", "struct s { char * E_OPAQUE text; } *x;", "", "", []string{"x: kept", "struct s: kept"}},
		{"text in a row", "struct s { char *(*texts)[2]; } *x;", "", "", []string{
			"x -> struct s.texts -> char: a literal may be stored there",
			"struct s.texts -> char: a literal may be stored there",
		}},
		{"wide text", "typedef int wchar_t; typedef wchar_t wide; struct s { wide *text; } *x;", "", "", []string{
			"x -> struct s.text -> wide: a literal may be stored there",
			"struct s.text -> wide: a literal may be stored there",
			"typedef wide: kept", "typedef wchar_t: kept",
		}},
		{"numbers", "struct s { int *numbers; } *x;", "", "", []string{"x: kept", "struct s: kept"}},
		{"one may lead to the variable number", "struct s { int *numbers; } *x; unsigned y;", "", "",
			[]string{"x -> struct s.numbers -> int: may lead to the variable y", "y: kept", "struct s.numbers -> int: may lead to the variable y"}},
		{"one number is an enumerator", "struct s { int *numbers; } *x; enum { A = -1 } y;", "", "", []string{
			"x -> struct s.numbers -> int: may lead to the variable y", "y: kept",
			"struct s.numbers -> int: may lead to the variable y", "enum __anonenum_y: kept",
		}},
		{"one number is bits", "struct s { int *numbers; } *x; struct { int y : 3; } y;", "", "",
			[]string{"x: kept", "y: kept", "struct s: kept", "struct __anonstruct_y: kept"}},
		{"a may lead to the variable pointer", "struct s { long **cells; } *x; long *y[4];", "", "",
			[]string{"x -> struct s.cells -> long *: may lead to the variable y", "y: kept", "struct s.cells -> long *: may lead to the variable y"}},
		{"another may lead to the variable pointer", "struct s { long **cells; } *x; double *y[4];", "", "",
			[]string{"x: kept", "y: kept", "struct s: kept"}},

		{"functions", "struct s { void (*f)(void); } *x;", "", "",
			[]string{"x -> struct s.f: function pointer", "struct s.f: function pointer"}},
		{"functions that are not followed", "struct s { void (* E_OPAQUE f)(void); } *x;", "", "", []string{"x: kept", "struct s: kept"}},
		{"functions in a union", "union u { void (*f)(void); long l; } *x;", "", "", []string{"x: kept", "union u: kept"}},
		{"a way through several", "struct c { void (*f)(void); }; struct b { struct c c[2]; }; typedef struct b b_t; " +
			"struct a { int n; b_t ** E_PTRARRAY(self.n) b; } *x;", "", "", []string{
			"x -> struct a.b -> struct b.c -> struct c.f: function pointer",
			"struct a.b -> struct b.c -> struct c.f: function pointer",
			"typedef b_t -> struct b.c -> struct c.f: function pointer",
			"struct b.c -> struct c.f: function pointer",
			"struct c.f: function pointer",
		}},

		{"something moves", "struct a { int i; }; struct b { struct a *a; } *x;", "struct a { int i, j; }; struct b { struct a *a; } *x;",
			"INIT struct a.j: { $out = 0; }", []string{
				"x -> struct b.a -> struct a: made anew: j computed",
				"struct b.a -> struct a: made anew: j computed",
				"struct a: made anew: j computed",
			}},
		{"something moves with others in it",
			"struct in { long n; }; struct a { struct in in; } *y; struct b { struct in *in; } *x;",
			"struct in { long n; }; struct a { struct in in; int j; } *y; struct b { struct in *in; } *x;",
			"INIT struct a.j: { $out = 0; }", []string{
				"x -> struct b.in -> struct in: may lead to struct a.in, which gets new storage",
				"y -> struct a: made anew: j computed",
				"struct b.in -> struct in: may lead to struct a.in, which gets new storage",
				"struct a: made anew: j computed",
				"struct in: kept",
			}},
		{"code", "struct s { int i; } *x;", "", "struct s.i -> struct s.i: { $out = $in; }",
			[]string{"x -> struct s: i by a rule's code", "struct s: i by a rule's code"}},
		{"a longer array", "long x[2];", "long x[3];", "x -> x", []string{"x: the array gets another length"}},

		{"a generic list of what needs nothing", list + "struct list E_G(long) *x;", "", "",
			[]string{"x: kept", "struct list.next: generic, @t"}},
		{"of pointers", list + "struct list E_G(long*) *x;", "", "", []string{"x: kept", "struct list.next: generic, @t"}},
		{"of text", list + "struct list E_G(char*) *x;", "", "",
			[]string{"x -> char: a literal may be stored there", "struct list.next: generic, @t"}},
		{"of may lead to the variable what", list + "struct list E_G(long) *x; long y;", "", "",
			[]string{"x -> long: may lead to the variable y", "y: kept", "struct list.next: generic, @t"}},
		{"of lists", list + "struct list E_G(struct list<long>) *x; struct list E_G(struct list<char*>) *y;", "", "", []string{
			"x: kept", "y -> char: a literal may be stored there", "struct list.next: generic, @t",
		}},
		{"of text that it does not use", "struct s { int i; } E_GENERIC(@t); struct s E_G(char*) *x;", "", "",
			[]string{"x: kept", "struct s: kept"}},
		{"of text in a union", "struct s { union { void E_T(@t) *a; long b; } u; } E_GENERIC(@t); struct s E_G(char*) *x;", "", "", []string{
			"x: kept", "struct s: kept", "union __anonunion_s_u: kept",
		}},
		{"of handles", list + "struct list E_G([opaque]) *x;", "", "",
			[]string{"x -> void * E_OPAQUE: may lead to anything", "struct list.next: generic, @t"}},
		{"in a typedef", list + "typedef struct list E_G(@k) longs E_GENERIC(@k); longs E_G(long) *x; longs E_G(char*) *y;", "", "", []string{
			"x: kept", "y -> char: a literal may be stored there", "typedef longs: generic, @k", "struct list.next: generic, @t",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.new == "" {
				c.new = c.old
			}
			r, diags := compare(t, c.old, c.new, c.rules)
			if diags.Errors() > 0 {
				t.Fatal(text(diags))
			}
			if d := cmp.Diff(c.want, verdicts(r)); d != "" {
				t.Errorf("old: %s\n-want +got:\n%s", c.old, d)
			}
		})
	}
}

// Objects that are no variables of a file.
func TestTraversalOtherObjects(t *testing.T) {
	node := &ktt.Type{Kind: ktt.Ref, Def: ktt.Struct, Name: "node"}
	for _, c := range []struct {
		v    ktt.Var
		want string
	}{
		{ktt.Var{Key: "main#y", Type: node, Local: true}, "x -> struct node: may lead to the variable main#y"},
		{ktt.Var{Key: "a.c/f#y", Type: node}, "x -> struct node: may lead to the variable a.c/f#y"},
		{ktt.Var{Key: "y", Type: &ktt.Type{Kind: ktt.Array, Elem: node, Len: &ktt.Length{Const: 2}}}, "x -> struct node: may lead to the variable y"},
	} {
		s := kttest.Summary(t, "a.c", "struct node { struct node *next; } *x;")
		s.Units = append(s.Units, &ktt.Unit{Schema: ktt.Schema, File: "b.c", Target: s.Units[0].Target, Vars: []*ktt.Var{&c.v}})
		r, diags := Match(s, s, nil)
		if got := verdicts(r)[0]; got != c.want || len(diags) > 0 {
			t.Errorf("%s: %s, want %s\n%s", c.v.Key, got, c.want, text(diags))
		}
	}
}

// Units that disagree about a type have variables of both.
func TestTraversalConflict(t *testing.T) {
	s := kttest.Summary(t, "a.c", "struct node { struct node *next; } *x; struct s { int i; } *y;")
	other := kttest.Summary(t, "b.c", "struct node { struct node *next; }; struct s { struct node node; } z E_MANUAL_MIGRATE;")
	s.Units = append(s.Units, other.Units...)
	r, _ := Match(s, s, nil)
	if d := cmp.Diff("x -> struct node: may lead to the variable z.node", verdicts(r)[0]); d != "" {
		t.Error(d)
	}
}
