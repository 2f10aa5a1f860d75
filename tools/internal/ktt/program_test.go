package ktt_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt/kttest"
)

// program joins sources called 0.c, 1.c and so on.
func program(t *testing.T, sources ...string) *ktt.Program {
	t.Helper()
	var s ktt.Summary
	for i, src := range sources {
		s.Units = append(s.Units, kttest.Unit(t, string(rune('0'+i))+".c", src))
	}
	return s.Program()
}

// TestGoverning joins units that define one type, and asks whose definition
// counts.
func TestGoverning(t *testing.T) {
	for _, c := range []struct {
		name    string
		sources []string
		want    string // the file of the definition
	}{
		{"the same", []string{"struct t { int i; };", "struct t { int i; };"}, "1.c"},
		{"annotated first", []string{"struct t { void * E_OPAQUE p; };", "struct t { void *p; };"}, "0.c"},
		{"annotated last", []string{"struct t { void *p; };", "struct t { void *E_OPAQUE p; };"}, "1.c"},
		{"more annotations", []string{
			"struct t { void E_T(@a) *p; int n; int *E_PTRARRAY(self.n) q; } E_GENERIC(@a);",
			"struct t { void *p; int n; int *E_PTRARRAY(self.n) q; };",
			"struct t { void *p; int n; int *q; };"}, "0.c"},
		{"other names of fields", []string{"struct t { int long_name; };", "struct t { int n; };"}, "1.c"},
		{"incomplete last", []string{"struct t { int i; };", "struct t; struct t *p;"}, "0.c"},
		{"incomplete first", []string{"struct t; struct t *p;", "struct t { int i; };"}, "1.c"},
		{"array length", []string{"struct t { int n; int a[]; };", "struct t { int n; int a[E_ARRAY(self.n)]; };"}, "1.c"},
		{"functions", []string{"struct t { int (*f)(struct t *); };", "struct t { int (*g)(struct t *); };"}, "1.c"},
	} {
		p := program(t, c.sources...)
		r := ktt.TypeRef{Kind: ktt.Struct, Name: "t"}
		if d := p.Type(r); d.File != c.want || d.Incomplete {
			t.Errorf("%s: the definition in %s counts, want %s", c.name, d.File, c.want)
		}
		if x := p.Conflict(r); x != nil {
			t.Errorf("%s: a conflict between %s and %s", c.name, x.FirstUnit.File, x.SecondUnit.File)
		}
		if len(p.Types) != 1 {
			t.Errorf("%s: %d types, want 1", c.name, len(p.Types))
		}
	}
}

// A typedef is the same type whether or not a unit knows what is in the
// structure behind it.
func TestTypedefOfIncomplete(t *testing.T) {
	const declared, defined = "typedef struct s t; t *p;", "typedef struct s t; struct s { int i; }; t x;"
	for _, sources := range [][]string{{declared, defined}, {defined, declared}} {
		p := program(t, sources...)
		r := ktt.TypeRef{Kind: ktt.Typedef, Name: "t"}
		if x := p.Conflict(r); x != nil {
			t.Errorf("%q: a conflict between %s and %s", sources, x.FirstUnit.File, x.SecondUnit.File)
		}
		if size := p.Type(r).Size; size != 4 {
			t.Errorf("%q: its size is %d, want 4", sources, size)
		}
	}
}

// TestUnreached joins units whose variables lead to a type or do not.
func TestUnreached(t *testing.T) {
	const declared, number, annotated, other = "struct t; struct t *p;", "struct t { int *i; };", "struct t { int *E_SZ i; };",
		"struct t { long l[2]; };"
	for _, c := range []struct {
		name      string
		sources   []string
		unreached []bool // by source
		want      string // the file of the definition
		conflict  bool
	}{
		{"a handle", []string{declared, number}, []bool{false, true}, "1.c", false},
		{"a handle, last", []string{number, declared}, []bool{true, false}, "0.c", false},
		{"more annotations", []string{number, annotated}, []bool{false, true}, "1.c", false},
		{"fewer annotations", []string{annotated, number}, []bool{true, false}, "0.c", false},
		{"another type", []string{number, other}, []bool{false, true}, "0.c", false},
		{"another type, first", []string{number, other}, []bool{true, false}, "1.c", false},
		{"other types", []string{number, other, number}, []bool{true, true, false}, "2.c", false},
		{"two others", []string{number, other}, []bool{true, true}, "0.c", true},
		{"two of a handle", []string{declared, number, other}, []bool{false, true, true}, "1.c", true},
		{"two that count", []string{number, other, number}, []bool{false, false, true}, "0.c", true},
		{"annotated elsewhere", []string{annotated, number, other}, []bool{true, false, true}, "0.c", false},
	} {
		var s ktt.Summary
		for i, src := range c.sources {
			u := kttest.Unit(t, string(rune('0'+i))+".c", src)
			u.Types[0].Unreached = c.unreached[i]
			s.Units = append(s.Units, u)
		}
		p, r := s.Program(), ktt.TypeRef{Kind: ktt.Struct, Name: "t"}
		if d := p.Type(r); d.File != c.want || d.Incomplete {
			t.Errorf("%s: the definition in %s counts, want %s", c.name, d.File, c.want)
		}
		if got := p.Conflict(r) != nil; got != c.conflict {
			t.Errorf("%s: conflict %t, want %t", c.name, got, c.conflict)
		}
	}
}

func TestConflict(t *testing.T) {
	for _, c := range []struct{ a, b string }{
		{"struct t { int i; };", "struct t { long i; };"},
		{"struct t { int i; };", "struct t { int i, j; };"},
		{"struct t { char *p; long n; };", "struct t { long n; char *p; };"},
		{"struct t { int a : 3; };", "struct t { int a : 4; };"},
		{"struct t { int i; char c; };", "struct __attribute__((packed)) t { int i; char c; };"},
		{"enum t { A, B };", "enum t { A, C };"},
		{"typedef int t;", "typedef long t;"},
		{"typedef int *t;", "typedef char *t;"},
		{"struct t { int a[2]; };", "struct t { int a[2]; int b[0]; };"},
	} {
		p := program(t, c.a, c.b)
		x := p.Conflict(p.NameInC(p.Types[0].Ref()))
		if x == nil {
			t.Errorf("no conflict between %s and %s", c.a, c.b)
			continue
		}
		if len(p.Types) != 2 || p.Types[0].Name != "t___in___0_c" || p.Types[1].Name != "t___in___1_c" {
			t.Errorf("%s and %s are not told apart", c.a, c.b)
		}
		if x.FirstUnit.File != "0.c" || x.SecondUnit.File != "1.c" || x.First.File != "0.c" || x.Second.File != "1.c" {
			t.Errorf("%+v is not about 0.c and 1.c", x)
		}
	}
}

// TestSplit joins units with types that have the same name, and looks at what the
// variables of each lead to.
func TestSplit(t *testing.T) {
	const a, b = "struct t { int i; }; ", "struct t { long l; }; "
	for _, c := range []struct {
		name    string
		sources []string
		want    []string // the types of the variables, and what these consist of
	}{
		{"the same", []string{a + "struct t v;", a + "struct t w;"}, []string{"struct t", "struct t", "struct t: int"}},
		{"two", []string{a + "struct t v;", b + "struct t *w;"},
			[]string{"struct t___in___0_c", "struct t___in___1_c *", "struct t___in___0_c: int", "struct t___in___1_c: long"}},
		{"two of three", []string{a + "struct t v;", b + "struct t w;", a + "struct t x;"},
			[]string{"struct t___in___0_c", "struct t___in___1_c", "struct t___in___0_c", "struct t___in___0_c: int", "struct t___in___1_c: long"}},
		{"what leads to them", []string{a + "struct u { struct t *t; } v;", b + "struct u { struct t *t; } w;"},
			[]string{"struct u___in___0_c", "struct u___in___1_c", "struct t___in___0_c: int", "struct u___in___0_c: struct t___in___0_c *",
				"struct t___in___1_c: long", "struct u___in___1_c: struct t___in___1_c *"}},
		{"what functions take", []string{a + "struct t v; struct u { void (*f)(struct t *); } y;", b + "struct t w; struct u { void (*f)(struct t *); } z;"},
			[]string{"struct t___in___0_c", "struct u", "struct t___in___1_c", "struct u",
				"struct t___in___0_c: int", "struct u: void (*)(struct t *)", "struct t___in___1_c: long"}},
		{"arguments", []string{a + "struct g { void E_T(@t) *p; } E_GENERIC(@t); struct g E_G(struct t*) v;", b + "struct t w;"},
			[]string{"struct g E_G(struct t___in___0_c*)", "struct t___in___1_c", "struct t___in___0_c: int", "struct g: void E_T(@t) *",
				"struct t___in___1_c: long"}},
	} {
		p := program(t, c.sources...)
		var got []string
		for _, u := range p.Units {
			for _, v := range u.Vars {
				got = append(got, p.Var(v.Key).Type.String())
			}
		}
		for _, d := range p.Types {
			for _, f := range d.Fields {
				got = append(got, d.Ref().String()+": "+f.Type.String())
			}
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: -want +got:\n%s", c.name, d)
		}
	}
}

func TestProgram(t *testing.T) {
	p := program(t,
		"int a; static int s; int f(void) {} typedef int num; typedef num *nump; nump v; const int c;",
		"extern int a; static int s; static void g(void) {} typedef int num; int unused E_MANUAL_MIGRATE;")
	if d := cmp.Diff([]string{"0.c/s", "a", "v", "1.c/s"}, p.Roots); d != "" {
		t.Errorf("roots: -want +got:\n%s", d)
	}
	if d := cmp.Diff([]string{"0.c/s", "1.c/s", "a", "c", "unused", "v"}, p.Vars()); d != "" {
		t.Errorf("variables: -want +got:\n%s", d)
	}
	if d := cmp.Diff([]string{"1.c/g", "f"}, p.Funcs()); d != "" {
		t.Errorf("functions: -want +got:\n%s", d)
	}
	if !p.HasFunc("f") || p.HasFunc("g") {
		t.Error("HasFunc is wrong about f or g")
	}
	if f := p.VarFile("a"); f != "0.c" {
		t.Errorf("a is in %q", f)
	}
	if f := p.VarFile("none"); f != "" || p.Var("none") != nil {
		t.Errorf("none is in %q", f)
	}
	if u := p.Underlying(p.Var("v").Type); u.Kind != ktt.Pointer || p.Underlying(u.Elem).Name != "int" {
		t.Errorf("v is %s", u)
	}
	for key, want := range map[string]bool{"v": true, "a": true, "c": true} {
		if p.IsScalar(p.Var(key).Type) != want {
			t.Errorf("IsScalar is wrong about %s", key)
		}
	}
	q := program(t, "struct s { int i; } s; int a[2]; enum e { A } e; typedef struct s t; t v; double d; __builtin_va_list l;")
	for key, want := range map[string]bool{"s": false, "a": false, "e": true, "v": false, "d": true, "l": false} {
		if q.IsScalar(q.Var(key).Type) != want {
			t.Errorf("IsScalar is wrong about %s", key)
		}
	}
	// Typedefs that refer to each other are not C, but a file may have them.
	loop := p.Type(ktt.TypeRef{Kind: ktt.Typedef, Name: "num"})
	loop.Type = &ktt.Type{Kind: ktt.Ref, Def: ktt.Typedef, Name: "num"}
	if u := p.Underlying(loop.Type); u.Kind != ktt.Ref {
		t.Errorf("num is %s", u)
	}
}

func TestTarget(t *testing.T) {
	p := program(t, "int a;", "int b;")
	if s, err := p.Target(); s != "x86_64-linux-gnu" || err != nil {
		t.Errorf("got %q, %v", s, err)
	}
	p.Units[1].Target = "i686-linux-gnu"
	if _, err := p.Target(); err == nil {
		t.Error("no error for units of different machines")
	}
	if s, err := program(t).Target(); s != "" || err != nil {
		t.Errorf("an empty program: %q, %v", s, err)
	}
	if !slices.Equal(program(t).Roots, nil) {
		t.Error("an empty program has roots")
	}
}

func TestCircular(t *testing.T) {
	p := program(t, `
		struct list { struct list E_G(@t) *next; void E_T(@t) *v; } E_GENERIC(@t);
		typedef struct list E_G(struct list<int>*) nested;
		typedef struct node node_t;
		struct node { node_t *next; node_t **all[2]; void (*f)(struct node); struct { node_t *up; } in; };
		typedef node_t pair[2];
		struct two { pair a, b; };`)
	if d := p.Circular(); d != nil {
		t.Errorf("%s is said to be circular", d.Ref())
	}
	ref := func(kind ktt.DefKind, name string) *ktt.Type { return &ktt.Type{Kind: ktt.Ref, Def: kind, Name: name} }
	pointer := &ktt.Type{Kind: ktt.Pointer, Elem: ref(ktt.Typedef, "t")}
	generic := ref(ktt.Struct, "s")
	generic.Args = []*ktt.GenericArg{{Pointer: &ktt.GenericArg{Type: ref(ktt.Typedef, "t")}}}
	for name, types := range map[string][]*ktt.TypeDef{
		"a structure in itself":         {{Kind: ktt.Struct, Name: "s", Fields: []*ktt.Field{{Name: "f", Type: ref(ktt.Struct, "s")}}}},
		"a typedef of itself":           {{Kind: ktt.Typedef, Name: "t", Type: ref(ktt.Typedef, "t")}},
		"a typedef of a pointer":        {{Kind: ktt.Typedef, Name: "t", Type: pointer}},
		"a typedef of a function":       {{Kind: ktt.Typedef, Name: "t", Type: &ktt.Type{Kind: ktt.FuncT, Elem: pointer}}},
		"a typedef as its own argument": {{Kind: ktt.Struct, Name: "s"}, {Kind: ktt.Typedef, Name: "t", Type: generic}},
	} {
		s := &ktt.Summary{Units: []*ktt.Unit{{Types: types}}}
		if s.Program().Circular() == nil {
			t.Errorf("%s is not said to be circular", name)
		}
	}
}
