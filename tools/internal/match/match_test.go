package match

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt/kttest"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/xf"
)

// compare matches two pieces of C under rules. The pieces are the same file.
func compare(t *testing.T, old, new, rules string) (*Result, diag.List) {
	t.Helper()
	var syntax diag.List
	f := xf.Parse("r.xf", []byte(rules), &syntax)
	if len(syntax) > 0 {
		t.Fatalf("%s: %s", rules, text(syntax))
	}
	return Match(kttest.Summary(t, "a.c", old), kttest.Summary(t, "a.c", new), f)
}

func text(l diag.List) string {
	var b strings.Builder
	l.Write(&b, nil)
	return b.String()
}

// dump says what is done with each variable and type: one line for each, then
// the first lines of the complaints.
func dump(r *Result, diags diag.List) []string {
	var lines []string
	for _, v := range r.Vars {
		s := v.New.Key
		switch {
		case v.Old == nil:
			s = "INIT " + s
		case v.Code() != nil:
			s += " code"
		default:
			s += " " + v.Value.Need().String()
		}
		if v.Old != nil && v.Old.Key != v.New.Key {
			s += " from " + v.Old.Key
		}
		lines = append(lines, s)
	}
	for _, p := range r.Pairs {
		s := p.New.Ref().String() + " " + p.Need.String()
		if p.Code() != nil {
			s += " code"
		}
		if p.Old.Ref() != p.New.Ref() {
			s += " from " + p.Old.Ref().String()
		}
		var fields []string
		for _, f := range p.Fields {
			switch {
			case f.Old == nil:
				fields = append(fields, "INIT "+f.New.Name)
			case f.Code() != nil:
				fields = append(fields, f.New.Name+" code")
			case f.Old.Name != f.New.Name:
				fields = append(fields, f.New.Name+" from "+f.Old.Name)
			}
		}
		for _, v := range p.Moves {
			fields = append(fields, fmt.Sprintf("%s %d to %d", v.Name, v.Old, v.New))
		}
		if fields != nil {
			s += ": " + strings.Join(fields, ", ")
		}
		lines = append(lines, s)
	}
	for _, d := range diags {
		first, rest, _ := strings.Cut(d.Text, "\n")
		if strings.HasPrefix(first, "Unable to automatically") {
			first = strings.Join(strings.Fields(rest), " ") + " differ"
		}
		lines = append(lines, fmt.Sprintf("%s: %s", d.Severity, first))
	}
	return lines
}

type test struct {
	name, old, new, rules string
	want                  []string
}

func run(t *testing.T, tests []test) {
	t.Helper()
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			got := dump(compare(t, c.old, c.new, c.rules))
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("old: %s\nnew: %s\nrules: %s\n-want +got:\n%s", c.old, c.new, c.rules, d)
			}
		})
	}
}

// same returns a test in which nothing changes.
func same(name, src string, want ...string) test { return test{name, src, src, "", want} }

// differ returns a test in which the variable x changes its type.
func differ(name, old, new string) test {
	return test{name, old, new, "", []string{"error: x and x differ"}}
}

// Spec F.2: which types are equal, and what they require.
func TestTypes(t *testing.T) {
	tests := []test{
		// Integer and floating kinds: identical kind.
		same("integer", "int x;", "x none"),
		differ("int to unsigned", "int x;", "unsigned x;"),
		differ("int to long", "int x;", "long x;"),
		differ("int to _Bool", "int x;", "_Bool x;"),
		differ("char to signed char", "char x;", "signed char x;"),
		differ("long to long long", "long x;", "long long x;"),
		same("double", "double x;", "x none"),
		differ("float to double", "float x;", "double x;"),
		differ("double to long double", "double x;", "long double x;"),
		differ("int to float", "int x;", "float x;"),

		// Pointers: equal targets, the same allocator. Opaque ones: always.
		same("pointer", "int *x;", "x shallow"),
		differ("pointer to something else", "int *x;", "char *x;"),
		differ("pointer to integer", "int *x;", "long x;"),
		same("allocator", "int * E_CUSTOM(a, f) x;", "x shallow"),
		differ("other allocator", "int * E_CUSTOM(a, f) x;", "int * E_CUSTOM(b, f) x;"),
		differ("no allocator", "int * E_CUSTOM(a, f) x;", "int * x;"),
		same("opaque", "void * E_OPAQUE x;", "x none"),
		{"opaque to something else", "int * E_OPAQUE x;", "char * E_OPAQUE x;", "", []string{"x none"}},
		{"opaque to an unknown type", "struct a * E_OPAQUE x;", "struct b * E_OPAQUE x;", "", []string{"x none"}},
		differ("opaque to plain", "int * E_OPAQUE x;", "int *x;"),
		differ("plain to opaque", "int *x;", "int * E_OPAQUE x;"),
		differ("void * to T *", "void * E_OPAQUE y E_MANUAL_MIGRATE; void *x;", "int *x;"),
		// Pointers to elements: the same length spec.
		same("many", "int * E_PTRARRAY(4) x;", "x shallow"),
		differ("more", "int * E_PTRARRAY(4) x;", "int * E_PTRARRAY(5) x;"),
		differ("one to many", "int *x;", "int * E_PTRARRAY(1) x;"),
		same("up to zero", "char * E_SZ x;", "x shallow"),
		differ("up to zero of others", "char * E_SZ x;", "int * E_SZ x;"),
		differ("up to zero to one", "char * E_SZ x;", "char *x;"),

		// Arrays: the same length spec, equal elements.
		same("array", "int x[4];", "x none"),
		same("array of pointers", "int *x[4];", "x shallow"),
		differ("longer array", "int x[4];", "int x[5];"),
		differ("array of others", "int x[4];", "char x[16];"),
		differ("array to integer", "int x[1];", "int x;"),
		same("arrays of arrays", "char *x[2][3];", "x shallow"),
		differ("inner array", "int x[2][3];", "int x[2][4];"),

		// Functions: always.
		same("function pointer", "int (*x)(void);", "x shallow"),
		{"function pointer of another type", "int (*x)(void);", "void (*x)(char *, ...);", "", []string{"x shallow"}},
		same("opaque function pointer", "int (* E_OPAQUE x)(void);", "x none"),
		same("typedef of a function", "typedef int f(void); f *x;", "x shallow"),
		{"other typedef of a function", "typedef int f(void); f *x;", "typedef int g(int); g *x;", "", []string{"x shallow"}},
		differ("function pointer to pointer", "int (*x)(void);", "int *x;"),

		// Argument lists: always.
		same("va_list", "__builtin_va_list x;", "x none"),
	}
	// An unannotated void pointer is equal to itself, but cannot be transformed.
	tests = append(tests,
		same("void pointer", "void *x;",
			"x shallow", "error: x: Cannot generate code for a void -> void transformation without generic annotations."),
		same("pointer to void pointer", "void **x;",
			"x shallow", "error: x: Cannot generate code for a void -> void transformation without generic annotations."),
		same("typedef of void", "typedef void v; v *x;",
			"x shallow", "typedef v none",
			"error: x: Cannot generate code for a void -> void transformation without generic annotations."),
		same("pointer to an open array", "char *(*x)[];",
			"x shallow", "error: x: Cannot generate serialization when the field length is unknown"),
		same("pointer to an open array of bytes", "char (*x)[];", "x shallow"),
		same("field length outside of a structure", "char ** E_PTRARRAY(self.n) x;",
			"x shallow", "error: x: Cannot generate serialization when the field length is unknown"),
		same("field length without need", "char * E_PTRARRAY(self.n) x;", "x shallow"),
	)
	run(t, tests)
}

// Spec F.2 (row enum) and H-36: enumerations. A name whose number has changed is
// translated, unless that cannot be done.
func TestEnums(t *testing.T) {
	refused := func(name, old, new string) test {
		return test{name, "enum e " + old + " x;", "enum e " + new + " x;", "", []string{"x none", "enum e none", "error: enum e and enum e differ"}}
	}
	run(t, []test{
		same("same", "enum e { A, B } x;", "x none", "enum e none"),
		{"added", "enum e { A, B } x;", "enum e { A, B, C } x;", "", []string{"x none", "enum e none"}},
		{"added in front", "enum e { A, B } x;", "enum e { Z, A, B } x;", "", []string{"x deep", "enum e deep: A 0 to 1, B 1 to 2"}},
		{"added before the last", "enum e { A, B, COUNT } x;", "enum e { A, B, C, COUNT } x;", "",
			[]string{"x deep", "enum e deep: COUNT 2 to 3"}},
		{"swapped", "enum e { A, B = -1 } x;", "enum e { A = -1, B } x;", "", []string{"x deep", "enum e deep: A 0 to -1, B -1 to 0"}},
		{"two names of one number", "enum e { A, B, LAST = 1 } x;", "enum e { Z, A, B, LAST = 2 } x;", "",
			[]string{"x deep", "enum e deep: A 0 to 1, B 1 to 2"}},
		{"behind a pointer", "enum e { A, B } *x;", "enum e { B, A } *x;", "", []string{"x shallow", "enum e deep: A 0 to 1, B 1 to 0"}},
		refused("removed", "{ A, B }", "{ A }"),
		refused("removed, others moved", "{ A, B, C }", "{ B, C }"),
		refused("one number becomes two", "{ A, B, LAST = 1 }", "{ A, B, C, LAST = 2 }"),
		refused("flags", "{ R = 1, W = 2, X = 4 }", "{ X = 1, W = 2, R = 4 }"),
		refused("flags and their sum", "{ NONE, R = 1, W = 4, RW = 5 }", "{ NONE, R = 4, W = 1, RW = 5 }"),
		refused("become flags", "{ NONE, R, W }", "{ NONE, R = 2, W = 4, X = 1 }"),
		{"no flags: one after the other", "enum e { A = 1, B = 2, C = 3 } x;", "enum e { A = 2, B = 1, C = 3 } x;", "",
			[]string{"x deep", "enum e deep: A 1 to 2, B 2 to 1"}},
		{"no flags: some are no sums", "enum e { A = 1, B = 10, C = 4 } x;", "enum e { A = 2, B = 10, C = 4 } x;", "",
			[]string{"x deep", "enum e deep: A 1 to 2"}},
		{"moved, with a rule", "enum e { A, B } x;", "enum e { B, A } x;", "enum e -> enum e", []string{"x none", "enum e none"}},
		{"removed, with a rule", "enum e { A, B } x;", "enum e { B } x;", "enum e -> enum e", []string{"x none", "enum e none"}},
		{"moved, with code", "enum e { A, B } x;", "enum e { B, A } x;", "enum e -> enum e: { $out = !$in; }",
			[]string{"x deep", "enum e deep code"}},
		{"renamed", "enum e { A, B } x;", "enum f { A, B } x;", "", []string{"error: x and x differ"}},
		{"renamed, with a rule", "enum e { A } x;", "enum f { A } x;", "enum e -> enum f", []string{"x none", "enum f none from enum e"}},
		{"renamed with its names", "enum e { E_A, E_B } x;", "enum f { F_A, F_B } x;", "enum e -> enum f", []string{"x none", "enum f none from enum e"}},
		{"renamed and moved", "enum e { A, B } x;", "enum f { B, A } x;", "enum e -> enum f",
			[]string{"x deep", "enum f deep from enum e: A 0 to 1, B 1 to 0"}},
		{"renamed, moved and removed", "enum e { A, B, C } x;", "enum f { B, A } x;", "enum e -> enum f",
			[]string{"x none", "enum f none from enum e", "error: enum e and enum f differ"}},
		{"packed", "enum e { A, B } x;", "enum __attribute__((packed)) e { A, B } x;", "", []string{"x deep", "enum e deep"}},
		{"to integer", "enum e { A } x;", "unsigned x;", "", []string{"error: x and x differ"}},
		{"anonymous", "enum { A } x;", "enum { A, B } x;", "", []string{"x none", "enum __anonenum_x none"}},
		{"in a bit-field", "struct s { enum { A, B } e : 2; } x;", "struct s { enum { B, A } e : 2; } x;", "",
			[]string{"x deep", "struct s deep", "enum __anonenum_s_e deep: A 0 to 1, B 1 to 0"}},
	})
	for _, c := range []struct{ name, old, new, rules, want string }{
		{"flags", "enum e { R = 1, W = 2, X = 4 } x;", "enum e { X = 1, W = 2, R = 4 } x;", "", `a.c: error: Unable to automatically support type change between:
  enum e
and
  enum e
  note: R was 1 (a.c), it is 4 (a.c)
  note: X was 4 (a.c), it is 1 (a.c)
  note: the numbers look like flags, of which a value may have several
  note: the state leads to it through x
  note: to keep the numbers as they are, add the rule
        enum e -> enum e
  note: to translate each flag, add the rule
        enum e -> enum e: {
            int in = (int)$in, out = in;
            out &= ~1;
            out &= ~4;
            if (in & 1) out |= 4; /* R */
            if (in & 4) out |= 1; /* X */
            $out = out;
        }
  note: if a value is always one of them, add the rule
        enum e -> enum e: {
            switch ((int)$in) {
            case 1: $out = 4; break; /* R */
            case 4: $out = 1; break; /* X */
            default: $out = (int)$in;
            }
        }
`},
		{"removed", "enum e { A, B, C } x;", "enum f { B, C } x;", "enum e -> enum f", `r.xf:1:1: error: Unable to automatically support type change between:
  enum e
and
  enum f
  note: B was 1 (a.c), it is 0 (a.c)
  note: C was 2 (a.c), it is 1 (a.c)
  note: A, 0 (a.c), is gone
  note: the state leads to it through x
  note: to keep the numbers as they are, give the rule code
        enum e -> enum f: { $out = (int)$in; }
  note: to keep the names, give the rule code, and decide what becomes of those that are gone
        enum e -> enum f: {
            switch ((int)$in) {
            case 0: abort(); /* A */
            case 1: $out = 0; break; /* B */
            case 2: $out = 1; break; /* C */
            default: $out = (int)$in;
            }
        }
`},
	} {
		_, diags := compare(t, c.old, c.new, c.rules)
		if d := cmp.Diff(c.want, text(diags)); d != "" {
			t.Errorf("%s: -want +got:\n%s", c.name, d)
		}
	}
}

// Spec F.3: named types.
func TestNamed(t *testing.T) {
	run(t, []test{
		same("structure", "struct s { int i; } x;", "x none", "struct s none"),
		same("to itself", "struct s { struct s *next; } *x;", "x shallow", "struct s shallow"),
		{"other name", "struct s { int i; } x;", "struct t { int i; } x;", "", []string{"error: x and x differ"}},
		{"renamed", "struct s { int i; } x;", "struct t { int i; } x;", "struct s -> struct t",
			[]string{"x none", "struct t none from struct s"}},
		{"rule with code", "struct s { int i; } x;", "struct t { long l; } x;", "struct s -> struct t: {}",
			[]string{"x deep", "struct t deep code from struct s"}},
		{"behind a pointer", "struct s { int i; } *x;", "struct s { int i; } *x;", "struct s -> struct s: {}",
			[]string{"x shallow", "struct s deep code"}},
		{"rule for other types", "struct s { int i; } x; struct u { int i; } y;", "struct t { int i; } x; struct u { int i; } y;",
			"struct u -> struct t", []string{"y none", "struct u none", "error: x and x differ",
				"warning: this rule has no effect: no value of struct u is carried over to struct t"}},
		{"structure to union", "struct s { int i; } x;", "union s { int i; } x;", "", []string{"error: x and x differ"}},
		{"structure to union, renamed", "struct s { int i; } x;", "union s { int i; } x;", "struct s -> union s",
			[]string{"x none", "union s none from struct s", "error: struct s and union s differ"}},
		{"structure to union, with code", "struct s { int i; } x;", "union s { int i; } x;", "struct s -> union s: {}",
			[]string{"x deep", "union s deep code from struct s"}},
		{"structure to typedef", "struct s { int i; } x;", "struct s { int i; }; typedef struct s s_t; s_t x;", "",
			[]string{"error: x and x differ"}},
		{"not in old", "struct s; struct s *x;", "struct s { int i; } *x;", "",
			[]string{"x shallow", `error: No element "struct s" in the old version code.`}},
		{"not in new", "struct s { int i; } *x;", "struct s; struct s *x;", "",
			[]string{"x shallow", `error: No element "struct s" in the new version code.`}},
		{"a rule does not help", "struct s; struct s *x;", "struct s; struct s *x;", "struct s -> struct s: {}",
			[]string{"x shallow", `error: No element "struct s" in the old version code.`}},
		{"opaque helps", "struct s; struct s * E_OPAQUE x;", "struct s; struct s * E_OPAQUE x;", "", []string{"x none"}},

		same("typedef", "typedef int num; num x;", "x none", "typedef num none"),
		same("typedef of pointer", "typedef int *p; p x;", "x shallow", "typedef p shallow"),
		{"typedef changes", "typedef int num; num x, *y;", "typedef long num; num x, *y;", "",
			[]string{"x none", "y shallow", "typedef num none", "error: typedef num and typedef num differ"}},
		{"typedef changes, with code", "typedef int num; num x;", "typedef long num; num x;", "typedef num -> typedef num: {$out = $in;}",
			[]string{"x deep", "typedef num deep code"}},
		{"other typedef", "typedef int a; a x;", "typedef int b; b x;", "", []string{"error: x and x differ"}},
		{"typedef renamed", "typedef int a; a x;", "typedef int b; b x;", "typedef a -> typedef b", []string{"x none", "typedef b none from typedef a"}},
		{"typedef to integer", "typedef int a; a x;", "int x;", "", []string{"error: x and x differ"}},
		same("chain", "struct s { int *p; }; typedef struct s a; typedef a b; b x[2];",
			"x shallow", "typedef b shallow", "typedef a shallow", "struct s shallow"),
	})
}

// Spec F.3: generic types.
func TestGenerics(t *testing.T) {
	const list = "struct list { struct list E_G(@t) *next; void E_T(@t) *v; } E_GENERIC(@t); "
	const two = "struct map { void E_T(@k) *k; void E_T(@v) *v; } E_GENERIC(@k, @v); "
	const arity = "Generic arguments for element do match the expected arguments for its type (struct list -> struct list)"
	run(t, []test{
		same("instance", list+"struct s { int *i; }; struct list E_G(struct s) *x;", "x shallow", "struct list shallow", "struct s shallow"),
		same("of pointers", list+"struct list E_G(int**) *x;", "x shallow", "struct list shallow"),
		same("opaque argument", list+"struct list E_G([opaque]) *x;", "x shallow", "struct list shallow"),
		same("nested", list+"struct list E_G(struct list<int>*) *x;", "x shallow", "struct list shallow"),
		same("no argument", list+"struct list *x;", "x shallow", "struct list shallow", "error: x: "+arity),
		same("too many", list+"struct list E_G(int, int) x;", "x shallow", "struct list shallow", "error: x: "+arity),
		{"other argument", list + "struct list E_G(int) x;", list + "struct list E_G(long) x;", "", []string{"struct list shallow", "error: x and x differ"}},
		{"argument renamed", list + "struct a { int i; }; struct list E_G(struct a) x;",
			list + "struct b { int i; }; struct list E_G(struct b) x;", "struct a -> struct b",
			[]string{"x shallow", "struct list shallow", "struct b none from struct a"}},
		{"opaque or not", list + "struct list E_G([opaque]) x;", list + "struct list E_G(int) x;", "", []string{"struct list shallow", "error: x and x differ"}},
		{"parameters in another order", two + "struct map E_G(int, char) x;",
			"struct map { void E_T(@k) *k; void E_T(@v) *v; } E_GENERIC(@v, @k); struct map E_G(char, int) x;", "",
			[]string{"x shallow", "struct map shallow"}},
		{"other parameters", two + "struct map E_G(int, char) x;",
			"struct map { void E_T(@k) *k; void E_T(@w) *v; } E_GENERIC(@k, @w); struct map E_G(int, char) x;", "",
			[]string{"x none", "struct map none", "error: struct map and struct map differ"}},
		{"other binding", two + "struct map E_G(int, int) x;",
			"struct map { void E_T(@v) *k; void E_T(@v) *v; } E_GENERIC(@k, @v); struct map E_G(int, int) x;", "",
			[]string{"x shallow", "struct map shallow", "error: struct map.k and struct map.k differ"}},
		same("parameter by value", "struct box { void * E_T(@t) v; } E_GENERIC(@t); struct box E_G(int*) x;", "x shallow", "struct box shallow"),
		{"pointer or value", "struct box { void * E_T(@t) v; } E_GENERIC(@t); struct box E_G(int*) x;",
			"struct box { void E_T(@t) * v; } E_GENERIC(@t); struct box E_G(int*) x;", "",
			[]string{"x none", "struct box none", "error: struct box.v and struct box.v differ"}},
		same("typedef", two+"typedef struct map E_G(@k, @v) map E_GENERIC(@k, @v); map E_G(int, char*) *x;",
			"x shallow", "typedef map shallow", "struct map shallow"),
		same("typedef of a pointer", list+"typedef struct list E_G(@t) *lists E_GENERIC(@t); lists E_G(int) x;",
			"x shallow", "typedef lists shallow", "struct list shallow"),
		same("function argument", list+"typedef void fn(void); struct list E_G(fn*) x;", "x shallow", "struct list shallow"),
		same("void argument", list+"struct list E_G(void) x;", "x shallow", "struct list shallow",
			"error: x: Cannot generate code for a void -> void transformation without generic annotations."),
		{"a deep argument does not move what holds it", list + "struct s { int i; }; struct list E_G(struct s) x;",
			list + "struct s { int i, j; }; struct list E_G(struct s) x;", "INIT struct s.j: { $out = 0; }",
			[]string{"x shallow", "struct list shallow", "struct s deep: INIT j"}},
	})
}

// Spec F.4: fields of structures.
func TestFields(t *testing.T) {
	run(t, []test{
		// Row INIT.
		{"INIT", "struct s { int i; } x;", "struct s { int i, j; } x;", "INIT struct s.j: { $out = 1; }",
			[]string{"x deep", "struct s deep: INIT j"}},
		{"INIT of an old field", "struct s { int i, j; } x;", "struct s { int i, j; } x;", "INIT struct s.j: { $out = 1; }",
			[]string{"x deep", "struct s deep: INIT j"}},
		// Row code: the types are equal, or not.
		{"code, equal types", "struct s { int i; } x;", "struct s { int i; } x;", "struct s.i -> struct s.i: { $out = $in; }",
			[]string{"x shallow", "struct s shallow: i code"}},
		{"code, other type", "struct s { int i; } x;", "struct s { long i; } x;", "struct s.i -> struct s.i: { $out = $in; }",
			[]string{"x deep", "struct s deep: i code"}},
		{"code, other name", "struct s { int i; } x;", "struct s { int j; } x;", "struct s.i -> struct s.j: { $out = $in; }",
			[]string{"x shallow", "struct s shallow: j code"}},
		{"code hides types", "struct h; struct s { struct h *i; } x;", "struct h; struct s { struct h *i; } x;",
			"struct s.i -> struct s.i: { $out = $in; }", []string{"x shallow", "struct s shallow: i code"}},
		{"code for what has grown", "struct i { int a; }; struct s { struct i i; } x;", "struct i { int a, b; }; struct s { struct i i; } x;",
			"struct s.i -> struct s.i: { $out.a = $in.a; }", []string{"x deep", "struct s deep: i code"}},
		// Row no code: the types differ.
		{"types differ", "struct s { int i; } x;", "struct s { long i; } x;", "",
			[]string{"x none", "struct s none", "error: struct s.i and struct s.i differ"}},
		{"types differ under a renaming", "struct s { int i; } x;", "struct s { long j; } x;", "struct s.i -> struct s.j",
			[]string{"x none", "struct s none: j from i", "error: struct s.i and struct s.j differ"}},
		// Rows source missing, not used, reordered, renamed.
		{"added", "struct s { int i; } x;", "struct s { int i; char *j; } x;", "",
			[]string{"x none", "struct s none", "error: Unable to match added symbol struct s.j"}},
		{"removed", "struct s { int i, j; } x;", "struct s { int i; } x;", "", []string{"x deep", "struct s deep"}},
		{"removed at no size", "struct s { int i; char c[0]; } x;", "struct s { int i; } x;", "", []string{"x deep", "struct s deep"}},
		{"reordered", "struct s { int i, j; } x;", "struct s { int j, i; } x;", "", []string{"x deep", "struct s deep"}},
		{"renamed in place", "struct s { int i, j; } x;", "struct s { int i, k; } x;", "struct s.j -> struct s.k",
			[]string{"x none", "struct s none: k from j"}},
		{"renamed elsewhere", "struct s { int i, j; } x;", "struct s { int k, i; } x;", "struct s.j -> struct s.k",
			[]string{"x deep", "struct s deep: k from j"}},
		{"swapped", "struct s { int i, j; } x;", "struct s { int i, j; } x;", "struct s.j -> struct s.i struct s.i -> struct s.j",
			[]string{"x deep", "struct s deep: i from j, j from i"}},
		{"one for two", "struct s { int i; } x;", "struct s { int i, j; } x;", "struct s.i -> struct s.j",
			[]string{"x deep", "struct s deep: j from i"}},
		{"renamed from nothing", "struct s { int i; } x;", "struct s { int j; } x;", "struct s.k -> struct s.j",
			[]string{"x none", "struct s none", `error: No element "struct s.k" in the old version code.`}},
		// Which rule is about a field.
		{"field of a renamed type", "struct s { int i; } x;", "struct t { int j; } x;", "struct s -> struct t struct s.i -> struct t.j",
			[]string{"x none", "struct t none from struct s: j from i"}},
		{"field of another pair", "struct s { int i; } x;", "struct s { int j; } x;", "struct u.i -> struct s.j",
			[]string{"x none", "struct s none", "error: Unable to match added symbol struct s.j",
				"warning: this rule has no effect: the summary of the old version has no struct u"}},
		{"field of a typedef", "typedef struct { int i; } s; s x;", "typedef struct { int j; } s; s x;", "typedef s.i -> typedef s.j",
			[]string{"x none", "typedef s none", "struct __anonstruct_s none: j from i"}},
		{"added to a typedef", "typedef struct { int i; } s; s x;", "typedef struct { int i, j; } s; s x;", "",
			[]string{"x none", "typedef s none", "struct __anonstruct_s none", "error: Unable to match added symbol typedef s.j"}},
		{"rule for the type", "struct s { int i; } x;", "struct s { long j; } x;", "struct s -> struct s: {}",
			[]string{"x deep", "struct s deep code"}},

		// Layout.
		{"packed", "struct s { char c; int i; } x;", "struct __attribute__((packed)) s { char c; int i; } x;", "",
			[]string{"x deep", "struct s deep"}},
		{"aligned", "struct s { int i; } x;", "struct __attribute__((aligned(64))) s { int i; } x;", "", []string{"x deep", "struct s deep"}},
		same("bit-fields", "struct s { int a : 3; int : 2; int b : 4; } x;", "x none", "struct s none"),
		{"wider bit-field", "struct s { int a : 3; } x;", "struct s { int a : 5; } x;", "", []string{"x deep", "struct s deep"}},
		{"narrower bit-field", "struct s { int a : 5; } x;", "struct s { int a : 3; } x;", "",
			[]string{"x deep", "struct s deep", "warning: struct s.a has 3 bits instead of 5: greater values lose their upper bits"}},
		{"padding between bit-fields", "struct s { int a : 3; int : 2; int b : 4; } x;", "struct s { int a : 3; int : 1; int b : 4; } x;", "",
			[]string{"x deep", "struct s deep"}},
		{"bit-field or not", "struct s { int a : 31; int b; } x;", "struct s { int a; int b; } x;", "", []string{"x deep", "struct s deep"}},

		// Lengths of arrays.
		same("length", "struct s { int n; char ** E_PTRARRAY(self.n) v; } x;", "x shallow", "struct s shallow"),
		{"other length", "struct s { int m, n; char ** E_PTRARRAY(self.m) v; } x;", "struct s { int m, n; char ** E_PTRARRAY(self.n) v; } x;", "",
			[]string{"x none", "struct s none", "error: struct s.v and struct s.v differ"}},
		{"renamed length", "struct s { int m; char ** E_PTRARRAY(self.m) v; } x;", "struct s { int n; char ** E_PTRARRAY(self.n) v; } x;",
			"struct s.m -> struct s.n", []string{"x shallow", "struct s shallow: n from m"}},
		{"path to a renamed length", "struct c { int n; }; struct s { struct c c; int * E_PTRARRAY(self.c.n) v; } x;",
			"struct c { int n; }; struct s { struct c d; int * E_PTRARRAY(self.d.n) v; } x;",
			"struct s.c -> struct s.d", []string{"x shallow", "struct s shallow: d from c", "struct c none"}},
		{"longer array under a renaming", "int x[2]; struct s { int a[3]; } y;", "int x[4]; struct s { int a[5]; } y;",
			"x -> x struct s.a -> struct s.a", []string{"x deep", "y deep", "struct s deep"}},
		{"shorter array of pointers", "int *x[4];", "int *x[2];", "x -> x", []string{"x deep"}},
		{"inner array under a renaming", "int x[2][3];", "int x[2][4];", "x -> x", []string{"error: x and x differ"}},

		// Unnamed members. C says that their fields are in the structure, and rules do.
		same("unnamed", "struct s { int t; union { int i; float f; }; struct { char *a; }; } x;",
			"x shallow", "struct s shallow", "union __anonunion_s___annonCompField1 none", "struct __anonstruct_s___annonCompField2 shallow"),
		{"added to an unnamed member", "struct s { struct { int i; }; } x;", "struct s { struct { int i, j; }; } x;", "",
			[]string{"x deep", "struct s deep", "struct __anonstruct_s___annonCompField1 none",
				"error: Unable to match added symbol struct s.j"}},
		{"added, with a rule", "struct s { struct { int i; }; } x;", "struct s { struct { int i, j; }; } x;", "INIT struct s.j: {}",
			[]string{"x deep", "struct s deep", "struct __anonstruct_s___annonCompField1 deep: INIT j"}},
		{"renamed in an unnamed member", "typedef struct { struct { union { int i; }; }; } s; s x;", "typedef struct { struct { union { int j; }; }; } s; s x;",
			"typedef s.i -> typedef s.j", []string{"x none", "typedef s none", "struct __anonstruct_s none",
				"struct __anonstruct_s___annonCompField1 none", "union __anonunion_s___annonCompField1___annonCompField1 none: j from i"}},
		{"renamed by the name of the part", "struct s { struct { int i; }; } x;", "struct s { struct { int j; }; } x;",
			"struct __anonstruct_s___annonCompField1.i -> struct __anonstruct_s___annonCompField1.j",
			[]string{"x none", "struct s none", "struct __anonstruct_s___annonCompField1 none: j from i"}},
		{"unnamed members change places", "struct s { struct { int i; }; struct { char *a; }; } x;", "struct s { struct { char *a; }; struct { int i; }; } x;", "",
			[]string{"x deep", "struct s deep: __annonCompField1 from __annonCompField2, __annonCompField2 from __annonCompField1",
				"struct __anonstruct_s___annonCompField1 shallow from struct __anonstruct_s___annonCompField2",
				"struct __anonstruct_s___annonCompField2 none from struct __anonstruct_s___annonCompField1"}},
		{"moved into an unnamed member", "struct s { int i; } x;", "struct s { union { int i; float f; }; } x;", "",
			[]string{"x none", "struct s none", "error: Unable to match added symbol struct s.__annonCompField1"}},
		{"moved into an unnamed member, with a rule", "struct s { int i; } x;", "struct s { union { int i; float f; }; } x;",
			"INIT struct s.__annonCompField1: { XF_ASSIGN($out.i, $base.i); }",
			[]string{"x deep", "struct s deep: INIT __annonCompField1"}},
		{"length in an unnamed member", "struct s { struct { int m; }; int *E_PTRARRAY(self.m) v; } x;", "struct s { struct { int n; }; int *E_PTRARRAY(self.n) v; } x;",
			"struct s.m -> struct s.n", []string{"x shallow", "struct s shallow", "struct __anonstruct_s___annonCompField1 none: n from m"}},
		{"path to a length, renamed at its end", "struct c { int m; }; struct s { struct c c; int *E_PTRARRAY(self.c.m) v; } x;",
			"struct c { int n; }; struct s { struct c c; int *E_PTRARRAY(self.c.n) v; } x;",
			"struct c.m -> struct c.n", []string{"x shallow", "struct s shallow", "struct c none: n from m"}},
		{"another length of that name", "struct s { int m, n; int *E_PTRARRAY(self.m) v; } x;", "struct s { int n, m; int *E_PTRARRAY(self.n) v; } x;",
			"struct s.n -> struct s.m struct s.m -> struct s.n", []string{"x shallow", "struct s shallow: n from m, m from n"}},

		// What has no name is known by where it is.
		{"part of a renamed field", "struct s { struct { int i; } u; } x;", "struct s { struct { int i; } w; } x;", "struct s.u -> struct s.w",
			[]string{"x none", "struct s none: w from u", "struct __anonstruct_s_w none from struct __anonstruct_s_u"}},
		{"part of a renamed type", "struct s { struct { int i; } u; } x;", "struct t { struct { long i; } u; } x;", "struct s -> struct t",
			[]string{"x deep", "struct t deep from struct s", "struct __anonstruct_t_u none from struct __anonstruct_s_u",
				"error: struct __anonstruct_s_u.i and struct __anonstruct_t_u.i differ"}},
		{"part becomes a union", "struct s { struct { int i; } u; } x;", "struct s { union { int i; } u; } x;", "",
			[]string{"x none", "struct s none", "error: struct s.u and struct s.u differ"}},
		{"names of others", "struct s { struct { int i; } u; } x;", "struct s { struct { int i, j; } u; } x;",
			"INIT struct __anonstruct_u_17.j: {}",
			[]string{"x deep", "struct s deep", "struct __anonstruct_s_u deep: INIT j"}},
		{"unknown names of others", "int x;", "int x;", "union __anonunion_u_57 -> union __anonunion_u_57: {}", []string{"x none"}},
	})
}

// Spec F.3 and H-52: unions of which it is not known which member is alive.
func TestUnions(t *testing.T) {
	const pointer = "warning: union u.p: pointers in a union are copied as bits"
	run(t, []test{
		same("plain", "union u { int i; float f; } x;", "x none", "union u none"),
		same("with plain pointers", "union u { int i; char *p; } x;", "x none", "union u none"),
		same("with functions", "union u { int i; void (*p)(void); } x;", "x none", "union u none", pointer),
		{"with functions, accepted", "union u { int i; void (*p)(void); } x;", "union u { int i; void (*p)(void); } x;", "union u -> union u",
			[]string{"x none", "union u none"}},
		{"with pointers to what moves", "struct s { int i; }; union u { int i; struct s *p; } x;",
			"struct s { int i, j; }; union u { int i; struct s *p; } x;", "INIT struct s.j: {}",
			[]string{"x none", "union u none", "struct s deep: INIT j", pointer}},
		same("void pointers are left alone", "union u { void *p; } x;", "x none", "union u none"),
		{"with what is laid out anew", "struct s { int i; }; union u { struct s s; long l[4]; } x;",
			"struct s { int i, j; }; union u { struct s s; long l[4]; } x;", "INIT struct s.j: {}",
			[]string{"x none", "union u none", "struct s deep: INIT j", "error: union u.s and union u.s differ"}},
		{"added at the end", "union u { int i; } x;", "union u { int i; char c; } x;", "", []string{"x none", "union u none"}},
		{"grown", "union u { int i; } x;", "union u { int i; long l; } x;", "", []string{"x deep", "union u deep"}},
		{"added in front", "union u { int i; } x;", "union u { char c; int i; } x;", "",
			[]string{"x none", "union u none", "error: Unable to match added symbol union u.c"}},
		{"removed", "union u { int i; char c; } x;", "union u { int i; } x;", "", []string{"x none", "union u none"}},
		{"changed", "union u { int i; } x;", "union u { float i; } x;", "",
			[]string{"x none", "union u none", "error: union u.i and union u.i differ"}},
		{"renamed", "union u { int i; } x;", "union u { int j; } x;", "union u.i -> union u.j", []string{"x none", "union u none: j from i"}},
		{"renamed from nothing", "union u { int i; } x;", "union u { int j; } x;", "union u.k -> union u.j",
			[]string{"x none", "union u none", `error: No element "union u.k" in the old version code.`}},
		{"code", "union u { int i; } x;", "union u { long i; } x;", "union u -> union u: {}", []string{"x deep", "union u deep code"}},
		{"code for a member", "union u { int i; } x;", "union u { long i; } x;", "union u.i -> union u.i: {}",
			[]string{"x deep", "union u deep", "error: union u.i: a member of a union cannot have code, as only one member is alive"}},
		{"INIT of a member", "union u { int i; } x;", "union u { int i; } x;", "INIT union u.i: {}",
			[]string{"x none", "union u none", "error: union u.i: a member of a union cannot have a value of its own: it takes the place of the others"}},
	})
}

// Unions of which a field of the structure around tells which member is alive.
func TestToldUnions(t *testing.T) {
	const (
		in      = "struct s { int k; union u E_UNION(self.k) u; } x;"
		plain   = "union u { int i; struct p *p E_CASE(1); }; "
		p, q    = "struct p { int i; }; ", "struct p { int i, j; }; "
		init    = "INIT struct p.j: {}"
		pointer = "warning: union u.p: pointers in a union are copied as bits"
	)
	run(t, []test{
		same("no pointers", "union u { int i E_CASE(0); float f E_CASE(1); }; "+in, "x none", "struct s none", "union u none"),
		same("functions", "union u { int i; void (*p)(void) E_CASE(1, 2); }; "+in, "x shallow", "struct s shallow", "union u shallow"),
		{"pointer to what moves", p + plain + in, q + plain + in, init, []string{"x shallow", "struct s shallow", "union u shallow", "struct p deep: INIT j"}},
		{"pointer without a case", p + "union u { int i E_CASE(0); struct p *p; }; " + in, q + "union u { int i E_CASE(0); struct p *p; }; " + in, init,
			[]string{"x none", "struct s none", "union u none", "struct p deep: INIT j", pointer}},
		{"what is laid out anew", p + "union u { struct p p E_CASE(1); long l[4]; }; " + in, q + "union u { struct p p E_CASE(1); long l[4]; }; " + in, init,
			[]string{"x deep", "struct s deep", "union u deep", "struct p deep: INIT j"}},
		{"laid out anew, without a case", p + "union u { struct p p; long l[4] E_CASE(1); }; " + in, q + "union u { struct p p; long l[4] E_CASE(1); }; " + in, init,
			[]string{"x none", "struct s none", "union u none", "struct p deep: INIT j", "error: union u.p and union u.p differ"}},
		{"of another type, with code", "union u { int i E_CASE(1); }; " + in, "union u { long i E_CASE(1); }; " + in, "union u.i -> union u.i: { $out = $in; }",
			[]string{"x deep", "struct s deep", "union u deep: i code"}},
		{"code in place", "union u { int i E_CASE(1); }; " + in, "union u { int i E_CASE(1); }; " + in, "union u.i -> union u.i: { $out = $in + 1; }",
			[]string{"x shallow", "struct s shallow", "union u shallow: i code"}},
		{"code without a case", "union u { int i; float f E_CASE(1); }; " + in, "union u { int i; float f E_CASE(1); }; " + in, "union u.i -> union u.i: {}",
			[]string{"x none", "struct s none", "union u none", "error: union u.i: the code would never run: the old version does not say when the member is alive"}},
		{"of another type", "union u { int i E_CASE(1); }; " + in, "union u { long i E_CASE(1); }; " + in, "",
			[]string{"x deep", "struct s deep", "union u deep", "error: union u.i and union u.i differ"}},
		{"added in front", "union u { int i E_CASE(1); }; " + in, "union u { float f E_CASE(0); int i E_CASE(1); }; " + in, "",
			[]string{"x none", "struct s none", "union u none"}},
		{"renamed", "union u { int i E_CASE(1); }; " + in, "union u { int j E_CASE(1); }; " + in, "union u.i -> union u.j",
			[]string{"x none", "struct s none", "union u none: j from i"}},
		{"the old version's word counts", p + plain + in, q + "union u { int i; struct p *p; }; struct s { int k; union u u; } x;", init,
			[]string{"x shallow", "struct s shallow", "union u shallow", "struct p deep: INIT j"}},
		{"the new version's word does not", p + "union u { int i; struct p *p; }; struct s { int k; union u u; } x;", q + plain + in, init,
			[]string{"x none", "struct s none", "union u none", "struct p deep: INIT j", pointer}},
		{"told or not", p + plain + in + " union u y;", q + plain + in + " union u y;", init,
			[]string{"x shallow", "y none", "struct s shallow", "union u none", "union u shallow", "struct p deep: INIT j", pointer}},
		{"behind a typedef", p + plain + "typedef union u v; typedef v w; struct s { int k; w E_UNION(self.k) u; } x;",
			q + plain + "typedef union u v; typedef v w; struct s { int k; w E_UNION(self.k) u; } x;", init,
			[]string{"x shallow", "struct s shallow", "typedef w shallow", "typedef v shallow", "union u shallow", "struct p deep: INIT j"}},
		{"in an array, and behind a pointer", p + plain + "struct s { int k; union u E_UNION(self.k) *u[2]; } x;", q + plain + "struct s { int k; union u E_UNION(self.k) *u[2]; } x;", init,
			[]string{"x shallow", "struct s shallow", "union u shallow", "struct p deep: INIT j"}},
		{"without a name", p + "struct s { int k; union { int i; struct p *p E_CASE(1); } E_UNION(self.k); } x;",
			q + "struct s { union { int i; struct p *p E_CASE(1); } E_UNION(self.k); int k; } x;", init,
			[]string{"x deep", "struct s deep", "union __anonunion_s___annonCompField1 shallow", "struct p deep: INIT j"}},
		{"a void pointer, alive", "union u { void *p E_CASE(1); }; " + in, "union u { void *p E_CASE(1); }; " + in, "",
			[]string{"x shallow", "struct s shallow", "union u shallow",
				"error: union u.p: Cannot generate code for a void -> void transformation without generic annotations."}},
	})
}

// Spec F.5: needs spread to what contains.
func TestNeeds(t *testing.T) {
	const inner = "struct s { int i; }; "
	const grown = "struct s { int i, j; }; "
	const init = "INIT struct s.j: { $out = 0; }"
	flexible := func(n string) string { return "struct s { " + n + "; char v[E_ARRAY(self.n)]; } *x; " }
	const flexibleRule = "struct s.n -> struct s.n: { $out = $in; }"
	const box = "struct box { void E_T(@t) *v; } E_GENERIC(@t); "
	const unknown = "Cannot generate serialization when the field length is unknown"
	run(t, []test{
		{"deep by value", inner + "struct t { struct s s; } x;", grown + "struct t { struct s s; } x;", init,
			[]string{"x deep", "struct t deep", "struct s deep: INIT j"}},
		{"deep in an array", inner + "struct t { struct s s[2]; } x;", grown + "struct t { struct s s[2]; } x;", init,
			[]string{"x deep", "struct t deep", "struct s deep: INIT j"}},
		{"deep by typedef", inner + "typedef struct s s_t; struct t { s_t s; } x;", grown + "typedef struct s s_t; struct t { s_t s; } x;", init,
			[]string{"x deep", "struct t deep", "typedef s_t deep", "struct s deep: INIT j"}},
		{"deep behind a pointer", inner + "struct t { struct s *s; } x;", grown + "struct t { struct s *s; } x;", init,
			[]string{"x shallow", "struct t shallow", "struct s deep: INIT j"}},
		same("shallow by value", "struct s { int *p; }; struct t { struct s s; } x;", "x shallow", "struct t shallow", "struct s shallow"),
		same("nothing behind a pointer", "struct s { int i; }; struct t { struct s *s; } x;", "x shallow", "struct t shallow", "struct s none"),
		same("a cycle", "struct a { struct b *b; }; struct b { struct a a; } x;", "x shallow", "struct b shallow", "struct a shallow"),
		{"a chain, innermost last", "struct a { int i; }; struct b { struct a a; }; struct c { struct b b; }; struct c x; struct a *y;",
			"struct a { long i; }; struct b { struct a a; }; struct c { struct b b; }; struct c x; struct a *y;",
			"struct a.i -> struct a.i: { $out = $in; }",
			[]string{"x deep", "y shallow", "struct c deep", "struct a deep: i code", "struct b deep"}},
		// A structure with a flexible array is as large as the annotation of the array says.
		same("flexible, in place", "struct s { int n; char *v[E_ARRAY(self.n)]; } *x;", "x shallow", "struct s shallow"),
		same("flexible, unknown length", "struct s { int n; char *v[]; } *x;",
			"x shallow", "struct s shallow", "error: struct s.v: Cannot generate serialization when the field length is unknown"),
		{"flexible, deep", flexible("int n"), flexible("long n"), flexibleRule, []string{"x shallow", "struct s deep: n code"}},
		{"flexible, deep, behind a typedef", flexible("int n") + "typedef struct s t; t **y;", flexible("long n") + "typedef struct s t; t **y;", flexibleRule,
			[]string{"x shallow", "y shallow", "struct s deep: n code", "typedef t deep"}},
		{"flexible, the length renamed", flexible("int n"), "struct s { long l; int m; char v[E_ARRAY(self.m)]; } *x;",
			"INIT struct s.l: {} struct s.n -> struct s.m", []string{"x shallow", "struct s deep: INIT l, m from n"}},
		{"flexible, deep elements", "struct e { int i; }; struct s { int n; struct e v[E_ARRAY(self.n)]; } *x;",
			"struct e { int i, j; }; struct s { int n; struct e v[E_ARRAY(self.n)]; } *x;", "INIT struct e.j: {}",
			[]string{"x shallow", "struct s deep", "struct e deep: INIT j"}},
		{"flexible, deep, as an argument of a type", flexible("int n") + box + "struct box E_G(struct s*) y;", flexible("long n") + box + "struct box E_G(struct s*) y;", flexibleRule,
			[]string{"x shallow", "y shallow", "struct s deep: n code", "struct box shallow"}},
		{"flexible, by value", flexible("int n") + "struct s y;", flexible("long n") + "struct s y;", flexibleRule,
			[]string{"x shallow", "y deep", "struct s deep: n code", "error: y: " + unknown}},
		{"flexible, by value, in place", "struct s { int n; char *v[E_ARRAY(self.n)]; } x;", "struct s { int n; char *v[E_ARRAY(self.n)]; } x;", "",
			[]string{"x shallow", "struct s shallow", "error: x: " + unknown}},
		{"flexible, in a row", flexible("int n") + "struct s *E_PTRARRAY(2) y;", flexible("long n") + "struct s *E_PTRARRAY(2) y;", flexibleRule,
			[]string{"x shallow", "y shallow", "struct s deep: n code", "error: y: " + unknown}},
		{"flexible, as a whole argument", flexible("int n") + box + "struct box E_G(struct s) y;", flexible("long n") + box + "struct box E_G(struct s) y;", flexibleRule,
			[]string{"x shallow", "y shallow", "struct s deep: n code", "struct box shallow", "error: y: " + unknown}},
		{"flexible, deep, unknown length", "struct s { int n; char v[]; } *x;", "struct s { long n; char v[]; } *x;", flexibleRule,
			[]string{"x shallow", "struct s deep: n code", "error: x: " + unknown}},
		{"flexible, deep, unknown length, typedef", "typedef struct { int n; char v[]; } s; s *x;", "typedef struct { long n; char v[]; } s; s *x;",
			"typedef s.n -> typedef s.n: { $out = $in; }",
			[]string{"x shallow", "typedef s deep", "struct __anonstruct_s deep: n code", "error: x: " + unknown}},
		{"zero length, deep", "struct s { int n; char v[0]; } *x;", "struct s { long n; char v[0]; } *x;", flexibleRule,
			[]string{"x shallow", "struct s deep: n code", "error: x: " + unknown}},
		{"flexible only now", "struct s { int n; char v[4]; } *x;", "struct s { int n; char v[E_ARRAY(self.n)]; } *x;", "struct s.v -> struct s.v: {}",
			[]string{"x shallow", "struct s deep: v code", "error: x: " + unknown}},
		{"flexible, deep by code", "struct s { int n; char v[]; } *x;", "struct s { long n; char v[]; } *x;", "struct s -> struct s: {}",
			[]string{"x shallow", "struct s deep code", "warning: the new storage for struct s has no room for the array at its end"}},
		same("aligned, in place", "struct __attribute__((aligned(64))) s { struct s *p; } *x;", "x shallow", "struct s shallow"),
		{"aligned, deep", "struct __attribute__((aligned(64))) s { int i; } *x;", "struct __attribute__((aligned(64))) s { int j; } *x;",
			"INIT struct s.j: {}", []string{"x shallow", "struct s deep: INIT j",
				"warning: x: struct s is aligned to 64 bytes, but new storage only to 16"}},
		same("own allocator, in place", "struct s { struct s * E_CUSTOM(a, f) p; } x;", "x shallow", "struct s shallow"),
		{"own allocator, deep", "struct s { int i; } * E_CUSTOM(a, f) x;", "struct s { int j; } * E_CUSTOM(a, f) x;",
			"INIT struct s.j: {}", []string{"x shallow", "struct s deep: INIT j",
				"warning: x: E_CUSTOM has no effect: the new storage comes from malloc, not from a"}},
		{"malloc, deep", "struct s { int i; } * E_CUSTOM(malloc, free) x;", "struct s { int j; } * E_CUSTOM(malloc, free) x;",
			"INIT struct s.j: {}", []string{"x shallow", "struct s deep: INIT j"}},
	})
}

// Spec E.4: rules about variables and functions.
func TestVariables(t *testing.T) {
	const f = "int f(void) {} "
	run(t, []test{
		{"new", "int x;", "int x, y;", "", []string{"x none", `error: No element "y" in the old version code.`}},
		{"INIT", "int x;", "int x, y;", "INIT y: { $out = 1; }", []string{"x none", "INIT y"}},
		{"INIT of an old variable", "int x;", "int x;", "INIT x: { $out = 1; }", []string{"INIT x"}},
		{"gone", "int x, y;", "int x;", "", []string{"x none"}},
		{"renamed", "int x;", "static int y;", "x -> a.c/y", []string{"a.c/y none from x"}},
		{"renamed, with code", "int x;", "long y;", "x -> y: { $out = $in; }", []string{"y code from x"}},
		{"renamed from nothing", "int x;", "int y;", "z -> y", []string{`error: No element "z" in the old version code.`}},
		{"code from nothing", "int x;", "int y;", "z -> y: {}", []string{`error: No element "z" in the old version code.`}},
		{"swapped", "int x; long y;", "long x; int y;", "x -> y y -> x", []string{"x none from y", "y none from x"}},
		{"locals", "int x KEY(f#x); int y KEY(g#y);", "int x KEY(f#x); int z KEY(g#z);", "g#y -> g#z", []string{"f#x none", "g#z none from g#y"}},
		{"not carried over", "int x E_MANUAL_MIGRATE;", "long x E_MANUAL_MIGRATE;", "", nil},
		{"root without definition", "int x;", "extern int x; int y;", "x -> y", []string{"y none from x"}},
		{"same transformer", "int x KEY(a-b.c/x); int y KEY(a_b.c/x);", "int x KEY(a-b.c/x); int y KEY(a_b.c/x);", "",
			[]string{"a-b.c/x none", "a_b.c/x none",
				"error: a-b.c/x and a_b.c/x: the transformers of both are called _kitsune_transform_a_b_c___file___x"}},

		{"file by its last part", "int x KEY(src/net.c/x);", "int y KEY(src/io/net.c/y);", "net.c/x -> io/net.c/y",
			[]string{"src/io/net.c/y none from src/net.c/x"}},
		{"file by a part of a name", "int x KEY(src/net.c/x);", "int y KEY(src/net.c/y);", "et.c/x -> net.c/y",
			[]string{`error: No element "et.c/x" in the old version code.`}},
		{"two files", "int x KEY(a/net.c/x); int z KEY(b/net.c/x);", "int y;", "net.c/x -> y",
			[]string{`error: No element "net.c/x" in the old version code.`}},
		{"exactly one of two files", "int x KEY(net.c/x); int z KEY(b/net.c/x);", "int y;", "net.c/x -> y",
			[]string{"y none from net.c/x"}},

		{"unused INIT", "int x;", "int x E_MANUAL_MIGRATE;", "INIT x: {}",
			[]string{"warning: this rule has no effect: nothing carries x over: neither kitsune_do_automigrate nor a MIGRATE_ macro names it"}},
		{"misspelt", "int x;", "int x;", "y -> x z -> w", []string{
			`error: No element "y" in the old version code.`,
			"warning: this rule has no effect: the old version has no variable, and no function that pointers can lead to, called z"}},
		{"misspelt on the right", "int x;", "int x;", "x -> y", []string{"x none",
			"warning: this rule has no effect: the new version has no variable, and no function that pointers can lead to, called y"}},
		{"function", f + "int (*x)(void);", "static int f(void) {} int (*x)(void);", "f -> a.c/f", []string{"x shallow"}},
		{"lost function", f + "int g(void) {} int (*x)(void);", f + "int (*x)(void);", "", []string{"x shallow",
			"warning: the new version lacks functions of the old one: an update fails if it meets a pointer to g"}},
		{"lost function that nothing points to", f + "int x;", "int x;", "", []string{"x none"}},

		{"never match, never complain", "struct s { int i; } x; struct t { int j; };", "struct s { int i; } x; struct t { int j; };",
			"struct s -> struct s.i: {} struct s.i -> struct t x -> struct s struct s.i.j -> struct s.i.j a.b.c -> struct s: {}",
			[]string{"x none", "struct s none"}},
		{"unused type", "struct s { int i; } *x; struct t { int i; };", "struct s { int i; } *x; struct t { int i; };",
			"struct t -> struct t: {} struct u -> struct u struct s -> struct v struct s.j -> struct s.i2 struct s.i -> struct s.k INIT struct t.i: {}",
			[]string{"x shallow", "struct s none",
				"warning: this rule has no effect: no value of struct t is carried over to struct t",
				"warning: this rule has no effect: the summary of the old version has no struct u",
				"warning: this rule has no effect: the summary of the new version has no struct v",
				"warning: this rule has no effect: struct s of the old version has no field j",
				"warning: this rule has no effect: struct s of the new version has no field k",
				"warning: this rule has no effect: no value of struct t is carried over to struct t"}},
	})
}

// Spec A.4 and E.4: there is no order among rules.
func TestAmbiguous(t *testing.T) {
	run(t, []test{
		{"variable", "int a, b;", "int x;", "a -> x b -> x", []string{"x none from a", `error: Ambiguous transformation rules for "x":`}},
		{"identical", "int a;", "int x;", "a -> x a -> x", []string{"x none from a", `error: Ambiguous transformation rules for "x":`}},
		{"INIT", "int a;", "int x;", "a -> x INIT x: {}", []string{"x none from a", `error: Ambiguous transformation rules for "x":`}},
		{"type", "struct s { int i; } x, y;", "struct s { int i; } x, y;", "struct s -> struct s struct s -> struct s: {}",
			[]string{"x none", "y none", "struct s none", `error: Ambiguous transformation rules for "struct s":`}},
		{"two types become one", "struct a { int i; } x; struct b { int i; } y;", "struct c { int i; } x, y;", "struct a -> struct c struct b -> struct c",
			[]string{"x none", "y none", "struct c none from struct a", "struct c none from struct b"}},
		{"field", "struct s { int a, b; } x;", "struct s { int c; } x;", "struct s.a -> struct s.c struct s.b -> struct s.c",
			[]string{"x deep", "struct s deep: c from a", `error: Ambiguous transformation rules for "struct s.c":`}},
	})
	_, diags := compare(t, "int a;", "int x;", "a -> x\nINIT x: {}")
	want := `r.xf:2:1: error: Ambiguous transformation rules for "x":
r.xf:1:1: note: a -> x
r.xf:2:1: note: INIT x
`
	if d := cmp.Diff(want, text(diags)); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

// Spec H-24: what units of one program disagree about.
func TestUnits(t *testing.T) {
	join := func(sources ...string) *ktt.Summary {
		s := new(ktt.Summary)
		for i, src := range sources {
			s.Units = append(s.Units, kttest.Unit(t, fmt.Sprintf("%d.c", i), src))
		}
		return s
	}
	const a, b, c = "struct s { int i; } *x;", "struct s { long i; } y;", "struct s; struct s *z;"
	r, diags := Match(join(a, b), join(a, b), nil)
	want := []string{"x shallow", "y none", "struct s___in___0_c none", "struct s___in___1_c none"}
	if d := cmp.Diff(want, dump(r, diags)); d != "" {
		t.Errorf("each variable has its own type: -want +got:\n%s", d)
	}
	// Rules are about the types of that name, or about one of them.
	rules := xf.Parse("r.xf", []byte("INIT struct s.j: {} struct s___in___1_c.i -> struct s.k"), &diags)
	r, diags = Match(join(a, b), join("struct s { int i, j; } *x;", "struct s { long k; } y;"), rules)
	want = []string{"x shallow", "y none", "struct s___in___0_c deep: INIT j", "struct s___in___1_c none: k from i"}
	if d := cmp.Diff(want, dump(r, diags)); d != "" {
		t.Errorf("rules about types of one name: -want +got:\n%s", d)
	}
	// There may be one of them only now, or have been only one.
	r, diags = Match(join(a, b), join(a, "struct other { long i; } y;"), xf.Parse("r.xf", []byte("struct s -> struct other"), &diags))
	want = []string{"x shallow", "y none", "struct s none from struct s___in___0_c", "struct other none from struct s___in___1_c"}
	if d := cmp.Diff(want, dump(r, diags)); d != "" {
		t.Errorf("one of them has another name: -want +got:\n%s", d)
	}
	_, diags = Match(join(a, b, c), join(a, b, c), nil)
	complaint := `1.c: error: the old version has two different types called struct s
0.c: note: one is defined here, for 0.c: 4 bytes
1.c: note: the other one here, for 1.c: 8 bytes
  note: which of them is meant here is not known: give one of them another name
  note: z leads to it
1.c: error: the new version has two different types called struct s
0.c: note: one is defined here, for 0.c: 4 bytes
1.c: note: the other one here, for 1.c: 8 bytes
  note: which of them is meant here is not known: give one of them another name
  note: z leads to it
`
	if d := cmp.Diff(complaint, text(diags)); d != "" {
		t.Errorf("a unit that defines neither: -want +got:\n%s", d)
	}

	unused := join("int x;", "struct s { int i; } z E_MANUAL_MIGRATE;", "struct s { long i; } y E_MANUAL_MIGRATE;")
	if _, diags = Match(unused, unused, nil); len(diags) != 0 {
		t.Errorf("two layouts of what is not used: %s", text(diags))
	}

	annotated := join("struct s { void *p; } *x;", "struct s { void * E_OPAQUE p; };")
	if _, diags = Match(annotated, annotated, nil); len(diags) != 0 {
		t.Errorf("annotated in one unit: %s", text(diags))
	}

	other := join("int x;")
	other.Units[0].Target = "arm"
	if _, diags = Match(join("int x;"), other, nil); diags.Errors() != 1 {
		t.Errorf("two machines: %s", text(diags))
	}
	lacking := join("struct s { int i; } *x;")
	lacking.Units[0].Types = nil
	if _, diags = Match(lacking, lacking, nil); diags.Errors() != 1 {
		t.Errorf("a type that no unit mentions: %s", text(diags))
	}
	self := join("struct s { int i; } x;")
	self.Units[0].Types[0].Fields[0].Type = self.Units[0].Vars[0].Type
	if _, diags = Match(self, self, nil); diags.Errors() != 2 {
		t.Errorf("a structure in itself: %s", text(diags))
	}
}

// Spec E.5: what code can refer to.
func TestCode(t *testing.T) {
	const list = "struct list { void E_T(@t) *v; } E_GENERIC(@t); struct list E_G(int) l;"
	const s = "struct s { int i; char *p; } x; typedef struct s s_t; s_t t; typedef int num; num n; enum e { A } e;"
	run(t, []test{
		{"INIT has no $in", s, s, "INIT n: { $out = $in; }", []string{"e none", "INIT n", "t shallow", "x shallow",
			"enum e none", "typedef s_t shallow", "struct s shallow", "error: n: $in not allowed in this context"}},
		{"variables have no $base", s, s, "n -> n: { $out = $base; }", []string{"e none", "n code", "t shallow", "x shallow",
			"enum e none", "typedef s_t shallow", "struct s shallow", "error: n: $base not allowed in this context"}},
		{"types have no $base", s, s, "struct s -> struct s: { $base; }", []string{"e none", "n none", "t deep", "x deep", "enum e none",
			"typedef num none", "typedef s_t deep", "struct s deep code", "error: struct s: $base not allowed in this context"}},
		{"fields have $base", s, s, "struct s.i -> struct s.i: { $out = $in + $base.i; }",
			[]string{"e none", "n none", "t shallow", "x shallow", "enum e none", "typedef num none", "typedef s_t shallow", "struct s shallow: i code"}},
		{"INIT fields have $base", s, s, "INIT struct s.i: { $out = $base.i; $in; }",
			[]string{"e none", "n none", "t deep", "x deep", "enum e none", "typedef num none", "typedef s_t deep", "struct s deep: INIT i",
				"error: struct s.i: $in not allowed in this context"}},
		{"arguments are code", s, s, "INIT n: { $xform(struct s, struct s, $in); }", []string{"e none", "INIT n", "t shallow", "x shallow",
			"enum e none", "struct s shallow", "typedef s_t shallow",
			"error: n: Generic arguments for element do match the expected arguments for its type (struct s -> struct s)",
			"error: n: $in not allowed in this context"}},
		{"types", s, s, "n -> n: { $oldtype(struct s) a; $newtype(s_t **) b; $oldtype(unsigned) c; $newtype(enum e) d; $oldtype(bool) f; $newtype(typedef num) g; }",
			[]string{"e none", "n code", "t shallow", "x shallow", "enum e none", "typedef s_t shallow", "struct s shallow"}},
		{"unknown types", s, s, "n -> n: { $oldtype(struct ss) a; $newtype(s) b; $xform(struct t, struct s); }",
			[]string{"e none", "n code", "t shallow", "x shallow", "enum e none", "typedef s_t shallow", "struct s shallow",
				"error: the summary of the old version has no struct ss",
				"error: the summary of the new version has no typedef s",
				"error: the summary of the old version has no struct t"}},
		{"$xform of primitives", s, s, "n -> n: { $xform(int, int *); }",
			[]string{"e none", "n code", "t shallow", "x shallow", "enum e none", "typedef s_t shallow", "struct s shallow",
				"error: Error: attempt to reference transformation code involving a primitive."}},
		{"$xform of different types", s, s, "n -> n: { $xform(struct s, s_t); }",
			[]string{"e none", "n code", "t shallow", "x shallow", "enum e none", "typedef s_t shallow", "struct s shallow",
				"error: struct s and s_t differ"}},
		{"$xform makes pairs", "int x; struct s { int i; }; struct s y E_MANUAL_MIGRATE;", "int x; struct s { int i, j; }; struct s y E_MANUAL_MIGRATE;",
			"x -> x: { $xform(struct s *, struct s *); } INIT struct s.j: {}", []string{"x code", "struct s deep: INIT j"}},
		{"$gen", list, list, "struct list.v -> struct list.v: { $gen(t); }", []string{"l shallow", "struct list shallow: v code"}},
		{"$gen of nothing", list, list, "struct list.v -> struct list.v: { $gen(u); }", []string{"l shallow", "struct list shallow: v code",
			"error: struct list.v: $gen(u) not allowed in this context"}},
		{"$gen elsewhere", list, list, "l -> l: { $gen(t); }", []string{"l code", "error: l: $gen(t) not allowed in this context"}},
		{"$xform of a generic type", list, list, "l -> l: { $xform(struct list, struct list, XF_RAW(4)); }", []string{"l code", "struct list shallow"}},
		{"$xform without arguments", list, list, "l -> l: { $xform(struct list, struct list); }", []string{"l code", "struct list shallow",
			"error: l: Generic arguments for element do match the expected arguments for its type (struct list -> struct list)"}},
		{"a shared block", "int x; struct s { int i; } y;", "int x; struct s { int i; } y;", "x -> x, struct s.i -> struct s.i: { $out = $base.i; }",
			[]string{"x code", "y shallow", "struct s shallow: i code", "error: x: $base not allowed in this context"}},
	})
}

// TestPlaces looks at the places of both declarations in a message.
func TestPlaces(t *testing.T) {
	version := func(text string, shift int) *ktt.Summary {
		s := kttest.Summary(t, "a.c", text)
		for i, v := range s.Units[0].Vars {
			v.Line = shift + i
		}
		for _, d := range s.Units[0].Types {
			d.Line = shift + 10
			for i, f := range d.Fields {
				f.Line = shift + 11 + i
			}
		}
		return s
	}
	_, diags := Match(version("struct s { int f; } x;", 1), version("struct s { long f, g; } x;", 101), &xf.File{})
	for _, want := range []string{
		"a.c:112: error: Unable to automatically support type change",
		"it was int (a.c:12), it is long (a.c:112)",
		"a.c:113: error: Unable to match added symbol struct s.g",
	} {
		if !strings.Contains(text(diags), want) {
			t.Errorf("%q is not in\n%s", want, text(diags))
		}
	}
}
