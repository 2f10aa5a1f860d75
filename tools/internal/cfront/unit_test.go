package cfront

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

// say returns a type in words, declaration order: pointer to array of int.
func say(t *Type) string {
	var b strings.Builder
	if t.Const {
		b.WriteString("const ")
	}
	if t.Volatile {
		b.WriteString("volatile ")
	}
	switch t.Kind {
	case Void:
		b.WriteString("void")
		if t.Param != "" {
			b.WriteString(" @" + t.Param)
		}
	case Int:
		b.WriteString(t.Name)
		if t.Name == "" {
			b.WriteString("some integer")
		}
	case Float, VaList:
		b.WriteString(t.Name)
	case Other:
		b.WriteString("other " + t.Name)
	case Pointer:
		if t.Shape != ktt.One {
			b.WriteString(string(t.Shape) + " ")
		}
		if t.Param != "" {
			b.WriteString("@" + t.Param + " ")
		}
		if t.Custom != nil {
			fmt.Fprintf(&b, "custom %v ", t.Custom)
		}
		b.WriteString("pointer to " + sayCount(t.Count) + say(t.Elem))
	case Array:
		b.WriteString("array of " + sayCount(t.Count))
		if t.Open {
			b.WriteString("any ")
		}
		b.WriteString(say(t.Elem))
	case Func:
		b.WriteString("function (")
		for i, p := range t.Params {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(say(p))
		}
		if t.Variadic {
			b.WriteString(", ...")
		}
		b.WriteString(") returning " + say(t.Elem))
	case Named:
		if t.Teller != "" {
			b.WriteString("told by " + t.Teller + " ")
		}
		if t.Def == nil {
			b.WriteString("undeclared " + string(t.Tag) + " " + t.Name)
		} else {
			b.WriteString(string(t.Def.Kind) + " " + t.Def.Name)
		}
		for i, a := range t.Args {
			b.WriteString([]string{" <", ", "}[min(i, 1)] + sayArg(a))
			if i == len(t.Args)-1 {
				b.WriteString(">")
			}
		}
	}
	return b.String()
}

func sayCount(c *Count) string {
	switch {
	case c == nil:
		return ""
	case c.Field != "":
		return "self." + c.Field + " "
	}
	return "(" + c.Expr + ") "
}

func sayArg(a *Arg) string {
	switch {
	case a.Opaque:
		return "opaque"
	case a.Pointer != nil:
		return "pointer to " + sayArg(a.Pointer)
	case a.Type != nil:
		return say(a.Type)
	}
	return "@" + a.Param
}

// annotations are the macros of ktannotations.h, in the form that C's
// preprocessor gives them.
var annotations = strings.NewReplacer(
	"E_UNION(", "__attribute__((e_union(", "E_CASE(", "__attribute__((e_case(",
	"E_PTRARRAY(", "__attribute__((e_ptrarray(", "E_ARRAY(", "__attribute__((e_array(", "E_CUSTOM(m, f)",
	`__attribute__((e_custom_malloc("m", "f")))`, "E_PTR", "__attribute__((e_ptr))", "E_OPAQUE",
	"__attribute__((e_ptropaque))", "E_SZ", "__attribute__((e_sz))", "E_AUTO_MIGRATE",
	"__attribute__((e_auto_migrate))", "E_MANUAL_MIGRATE", "__attribute__((e_manual_migrate))", "E_NOTELOCALS",
	"__attribute__((e_notelocals))", "E_IGNORE", "__attribute__((e_ignore))", "E_AUTO", "__attribute__((e_auto))",
)

// expand replaces the annotation macros in text; their closing parentheses are
// written ]] there, and generic ones take their argument in quotes.
func expand(text string) string {
	text = annotations.Replace(text)
	for _, m := range []struct{ macro, attr string }{{"E_GENERIC", "e_generic"}, {"E_T", "e_type"}, {"E_G", "e_genuse"}} {
		text = strings.ReplaceAll(text, m.macro+"(", "__attribute__(("+m.attr+"(")
	}
	return strings.ReplaceAll(text, "]]", ")))")
}

func parseText(t *testing.T, text string, o Options) *Unit {
	t.Helper()
	u, err := Parse([]byte("# 1 \"t.c\"\n"+expand(text)), o)
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	return u
}

func messages(u *Unit) string {
	var b strings.Builder
	for _, d := range u.Diagnostics {
		fmt.Fprintf(&b, "%s: %s: %s\n", d.Pos, d.Severity, d.Text)
	}
	return b.String()
}

func TestTypes(t *testing.T) {
	tests := []struct{ text, want string }{
		// Specifiers.
		{"int x;", "int"},
		{"long unsigned int long x;", "unsigned long long"},
		{"char signed x;", "signed char"},
		{"unsigned x;", "unsigned int"},
		{"short x;", "short"},
		{"_Bool x;", "_Bool"},
		{"unsigned __int128 x;", "unsigned __int128"},
		{"double _Complex x;", "_Complex double"},
		{"long double x;", "long double"},
		{"_Float128 x;", "_Float128"},
		{"static x;", "int"},
		{"const volatile int x;", "const volatile int"},
		{"struct s *x;", "pointer to struct s"},
		{"struct s { int a; }; union u { int a; } x;", "union u"},
		{"enum e { A } x;", "enum e"},
		{"typedef int T; T x;", "typedef T"},
		{"typedef int T; const T x;", "const typedef T"},
		{"__builtin_va_list x;", "__builtin_va_list"},
		{"_Atomic int x;", "int"},
		{"_Atomic(long) x;", "long"},
		{"__extension__ __signed__ char x;", "signed char"},

		// Declarators.
		{"int *const *x;", "pointer to const pointer to int"},
		{"int x[2][3];", "array of array of int"},
		{"extern int x[]; int x[4];", "array of int"},
		{"int x[];", "array of any int"},
		{"int x[] = {1};", "array of int"},
		{"int (*x)[3];", "pointer to array of int"},
		{"int *x[3];", "array of pointer to int"},
		{"int (*x)(char *, ...);", "pointer to function (pointer to char, ...) returning int"},
		{"void (*x[2])(void);", "array of pointer to function () returning void"},
		{"void (*(*x)(int))(long);", "pointer to function (int) returning pointer to function (long) returning void"},
		{"int (*x)(int a[3], int f(void));", "pointer to function (pointer to int, pointer to function () returning int) returning int"},
		{"int (*x)(void (*(*get)(int))(int));", "pointer to function (pointer to function (int) returning pointer to function (int) returning void) returning int"},
		{"typedef int T; T (x);", "typedef T"},
		{"int y, *x = &y, z;", "pointer to int"},

		// typeof.
		{"int y; __typeof__(y) x;", "int"},
		{"int y[3]; __typeof__(y[0]) *x;", "pointer to int"},
		{"__typeof__(int *) x;", "pointer to int"},
		{"struct s { struct { long m; } *p; } y; __typeof__(y.p->m) x;", "long"},
		{"char *f(void); __typeof__(f()) x;", "pointer to char"},
		{"char *f(void); __typeof__(&*f) x;", "pointer to function () returning pointer to char"},
		{"__typeof__((char)1) x;", "char"},
		{"struct s { union { long m; }; }; __typeof__(((struct s *)0)->m) x;", "long"},
		{"__typeof__(1 + 2) x;", "other __typeof__ ( 1 + 2 )"},

		// Attributes of the compiler that make another type.
		{"int x __attribute__((vector_size(16)));", "other vector"},
		{"typedef int v __attribute__((vector_size(16))); v *x;", "pointer to typedef v"},
		{"unsigned int x[2] __attribute__((__mode__(QI)));", "array of some integer"},
		{"__attribute__((mode(DI))) int x;", "some integer"},

		// Names of anonymous types.
		{"struct { int a; } x;", "struct __anonstruct_x"},
		{"typedef struct { int a; } T, *P; P x;", "typedef P"},
		{"union { int a; } *x[3];", "array of pointer to union __anonunion_x"},

		// Annotations: where they belong.
		{"char * E_SZ x;", "tozero pointer to char"},
		{"char * E_SZ const x;", "const tozero pointer to char"},
		{"char * const E_SZ x;", "const tozero pointer to char"},
		{"char * E_OPAQUE * x;", "pointer to opaque pointer to char"},
		{"char ** E_OPAQUE x;", "opaque pointer to pointer to char"},
		{"int * E_PTRARRAY(3]] * E_PTRARRAY(2]] x;", "many pointer to (2) many pointer to (3) int"},
		{"int (* E_OPAQUE x)(void);", "opaque pointer to function () returning int"},
		{"int *E_CUSTOM(m, f) x;", "custom [m f] pointer to int"},
		{"int * E_PTR E_IGNORE E_AUTO x;", "pointer to int"},
		{"enum { N = 4 }; int * E_PTRARRAY(N * 2]] x;", "many pointer to (N * 2) int"},
		{"int *E_PTRARRAY(sizeof(struct s)]] x; struct s { int a; };", "many pointer to (sizeof(struct s)) int"},
		{"int *y, * E_SZ x;", "tozero pointer to int"},
		{"typedef char * E_OPAQUE sds; sds x;", "typedef sds"},
		{"extern char * E_SZ x; char *x;", "tozero pointer to char"},
		{"char *x; extern char * E_SZ x;", "tozero pointer to char"},

		// Generics.
		{"struct l { int a; } E_GENERIC(\"@t\"]]; struct l E_G(\"int\"]] *x;", "pointer to struct l <int>"},
		{"struct l; E_G(\"unsigned int*, [opaque]\"]] struct l *x;",
			"pointer to struct l <pointer to unsigned int, opaque>"},
		{"struct l; typedef int T; struct l E_G(\"struct l<T>*, typedef T, N<a,list<b>>\"]] *x;",
			"pointer to struct l <pointer to struct l <typedef T>, typedef T, undeclared typedef N <undeclared typedef a, " +
				"undeclared typedef list <undeclared typedef b>>>"},
	}
	for _, tt := range tests {
		u := parseText(t, tt.text, Options{})
		var got string
		for _, o := range u.Objects {
			if o.Name == "x" {
				got = say(o.Type)
			}
		}
		if got != tt.want || len(u.Diagnostics) > 0 {
			t.Errorf("%s\n got %s\nwant %s\n%s", tt.text, got, tt.want, messages(u))
		}
	}
}

func TestReadOnly(t *testing.T) {
	tests := []struct {
		text string
		want bool
	}{
		{"const int x = 1;", true},
		{"int x;", false},
		{"const char *x;", false},
		{"char *const x = 0;", true},
		{"const int x[2][2][2] = {0};", true},
		{"const char *x[2];", false},
		{"const char *const x[2] = {0};", true},
		{"typedef const int T; T x;", true},
		{"typedef const int T[2]; typedef T U[2]; U x;", true},
		{"typedef int T[2]; const T x = {0};", true},
		{"typedef const int *T; T x;", false},
		{"volatile int x;", false},
	}
	for _, tt := range tests {
		u := parseText(t, tt.text, Options{})
		if got := u.Objects[0].Type.ReadOnly(); got != tt.want {
			t.Errorf("%s: read-only is %v, want %v", tt.text, got, tt.want)
		}
	}
}

func TestC23(t *testing.T) {
	text := "bool x; constexpr int y = 1; thread_local int z; enum e : unsigned char { A, B } e; [[maybe_unused]] static bool b;\n" +
		"static_assert(1); alignas(8) char c; int constant(void) { [[maybe_unused]] static bool s; kitsune_get_xform(\"x\", nullptr, nullptr, nullptr); }"
	u, err := Parse([]byte(text), Options{C23: true})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range slices.Concat(u.Objects, u.Statics) {
		got = append(got, o.Name+": "+say(o.Type))
		if o.ThreadLocal != (o.Name == "z") {
			t.Errorf("%s: thread-local is %v", o.Name, o.ThreadLocal)
		}
	}
	want := []string{"x: _Bool", "y: const int", "z: int", "e: enum e", "b: _Bool", "c: char", "s: _Bool"}
	if diff := cmp.Diff(want, got); diff != "" || len(u.Xforms) != 1 {
		t.Errorf("%d transformers (-want +got):\n%s", len(u.Xforms), diff)
	}
	u = parseText(t, "typedef int bool; bool x; int constexpr;", Options{})
	if say(u.Objects[0].Type) != "typedef bool" || u.Objects[1].Name != "constexpr" {
		t.Error("the words of C23 are keywords in older C")
	}
}

// defs returns the definitions of a unit in words.
func defs(u *Unit) string {
	seen := make(map[*Def]bool)
	var list []*Def
	var visit func(t *Type)
	visit = func(t *Type) {
		for _, p := range t.Params {
			visit(p)
		}
		if t.Elem != nil {
			visit(t.Elem)
		}
		if t.Def == nil || seen[t.Def] {
			return
		}
		seen[t.Def] = true
		list = append(list, t.Def)
		for _, f := range t.Def.Fields {
			visit(f.Type)
		}
		if t.Def.Type != nil {
			visit(t.Def.Type)
		}
	}
	for _, o := range slices.Concat(u.Objects, u.Statics) {
		visit(o.Type)
	}
	slices.SortFunc(list, func(a, b *Def) int { return a.Off - b.Off })
	var b strings.Builder
	for _, d := range list {
		fmt.Fprintf(&b, "%s %s", d.Kind, d.Name)
		if len(d.Generics) > 0 {
			fmt.Fprintf(&b, " %v", d.Generics)
		}
		if !d.Complete {
			b.WriteString(" incomplete")
		}
		if d.Type != nil {
			b.WriteString(" = " + say(d.Type))
		}
		for _, f := range d.Fields {
			fmt.Fprintf(&b, "\n\t%s: ", f.Name)
			if f.Bits != "" {
				fmt.Fprintf(&b, "%s bits of ", f.Bits)
			}
			b.WriteString(say(f.Type))
		}
		for _, v := range d.Values {
			b.WriteString("\n\t" + v)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestDefinitions(t *testing.T) {
	tests := []struct{ text, want string }{
		{"struct s { int a, *b; struct s *next; } x;",
			"struct s\n\ta: int\n\tb: pointer to int\n\tnext: pointer to struct s\n"},
		{"struct s { int a; struct { int b, c } d } x;",
			"struct s\n\ta: int\n\td: struct __anonstruct_s_d\nstruct __anonstruct_s_d\n\tb: int\n\tc: int\n"},
		{"struct s; struct s *x; struct s { int a; };", "struct s\n\ta: int\n"},
		{"struct s *x;", "struct s incomplete\n"},
		{"struct s { unsigned a : 3, : 2; int : 0; enum { A } e : 1 + 1; } x;",
			"struct s\n\ta: 3 bits of unsigned int\n\t: 2 bits of unsigned int\n\t: 0 bits of int\n" +
				"\te: 1 + 1 bits of enum __anonenum_s_e\nenum __anonenum_s_e\n\tA\n"},
		{"struct s { union { int a; struct { char b; }; }; struct { int c; } d, e; } x;",
			"struct s\n\t__annonCompField1: union __anonunion_s___annonCompField1\n\td: struct __anonstruct_s_d\n" +
				"\te: struct __anonstruct_s_d\n" +
				"union __anonunion_s___annonCompField1\n\ta: int\n" +
				"\t__annonCompField1: struct __anonstruct_s___annonCompField1___annonCompField1\n" +
				"struct __anonstruct_s___annonCompField1___annonCompField1\n\tb: char\nstruct __anonstruct_s_d\n\tc: int\n"},
		{"struct a_b { struct { int i; } c; } x; struct a { struct { int i; } b_c; } y;",
			"struct a_b\n\tc: struct __anonstruct_a_b_c\nstruct __anonstruct_a_b_c\n\ti: int\n" +
				"struct a\n\tb_c: struct __anonstruct_a_b_c_2\nstruct __anonstruct_a_b_c_2\n\ti: int\n"},
		{"typedef struct { int a; } T; T x;", "struct __anonstruct_T\n\ta: int\ntypedef T = struct __anonstruct_T\n"},
		{"struct s { int n; char * E_PTRARRAY(self.n]] p; char f[E_ARRAY(self.n]]]; int c[E_ARRAY(self.n]] 3]; } x;",
			"struct s\n\tn: int\n\tp: many pointer to self.n char\n\tf: array of self.n any char\n\tc: array of int\n"},
		{"struct i { int n; }; struct s { struct i i; char * E_PTRARRAY(self.i.n]] p; } x;",
			"struct i\n\tn: int\nstruct s\n\ti: struct i\n\tp: many pointer to self.i.n char\n"},
		{"struct s { union { int n; }; char * E_PTRARRAY(self.n]] p; struct { char * E_PTRARRAY(self.n]] q; }; } x;",
			"struct s\n\t__annonCompField1: union __anonunion_s___annonCompField1\n\tp: many pointer to self.n char\n" +
				"\t__annonCompField2: struct __anonstruct_s___annonCompField2\n" +
				"union __anonunion_s___annonCompField1\n\tn: int\n" +
				"struct __anonstruct_s___annonCompField2\n\tq: many pointer to self.n char\n"},
		{"struct l { void E_T(\"@t\"]] *d; E_T(\"@t\"]] void *e; void * E_T(\"@u\"]] f; struct l E_G(\"@u*, @t\"]] *g; } " +
			"E_GENERIC(\"@t, @u\"]] x;",
			"struct l [t u]\n\td: pointer to void @t\n\te: pointer to void @t\n\tf: @u pointer to void\n" +
				"\tg: pointer to struct l <pointer to @u, @t>\n"},
		// What is defined inside of a generic type has its parameters.
		{"typedef struct { void E_T(\"@t\"]] *d; } T E_GENERIC(\"@s, @t\"]]; T x;",
			"struct __anonstruct_T [s t]\n\td: pointer to void @t\ntypedef T [s t] = struct __anonstruct_T <@s, @t>\n"},
		{"typedef struct l { struct l E_G(\"@t\"]] *next; } *T E_GENERIC(\"@t\"]]; T x;",
			"struct l [t]\n\tnext: pointer to struct l <@t>\ntypedef T [t] = pointer to struct l <@t>\n"},
		{"struct l { struct { union { void E_T(\"@t\"]] *d; }; void *E_T(\"@u\"]] e; } in[2]; } E_GENERIC(\"@u, @t\"]] x;",
			"struct l [u t]\n\tin: array of struct __anonstruct_l_in <@u, @t>\n" +
				"struct __anonstruct_l_in [u t]\n\t__annonCompField1: union __anonunion_l_in___annonCompField1 <@u, @t>\n" +
				"\te: @u pointer to void\n" +
				"union __anonunion_l_in___annonCompField1 [u t]\n\td: pointer to void @t\n"},
		{"struct l { struct { struct { int c; enum { A } e; } d; } in; } E_GENERIC(\"@t\"]] x;",
			"struct l [t]\n\tin: struct __anonstruct_l_in <@t>\n" +
				"struct __anonstruct_l_in [t]\n\td: struct __anonstruct_l_in_d <@t>\n" +
				"struct __anonstruct_l_in_d [t]\n\tc: int\n\te: enum __anonenum_l_in_d_e\nenum __anonenum_l_in_d_e\n\tA\n"},
		{"typedef struct d E_G(\"@k, @v\"]] d E_GENERIC(\"@k, @v\"]]; d E_G(\"int, int\"]] *x;",
			"struct d incomplete\ntypedef d [k v] = struct d <@k, @v>\n"},
		{"typedef char *T E_OPAQUE; T x;", "typedef T = opaque pointer to char\n"},
		{"void f(void) { struct s { int a; }; static struct s x; { struct s { int b; }; static struct s y; } } struct s { int c; } z;",
			"struct __anonstruct_f_s\n\ta: int\nstruct __anonstruct_f_s_2\n\tb: int\nstruct s\n\tc: int\n"},
		{"struct { enum { A, B = A + 3 } e; } x;", "struct __anonstruct_x\n\te: enum __anonenum_x_e\nenum __anonenum_x_e\n\tA\n\tB\n"},
	}
	for _, tt := range tests {
		u := parseText(t, tt.text, Options{})
		if diff := cmp.Diff(tt.want, defs(u)); diff != "" || len(u.Diagnostics) > 0 {
			t.Errorf("%s (-want +got):\n%s%s", tt.text, diff, messages(u))
		}
	}
}

// Every complaint about annotations, with its line.
func TestDiagnostics(t *testing.T) {
	tests := []struct{ text, want string }{
		{"int a;\nint * E_SZ E_OPAQUE x;",
			"t.c:2: error: Found conflicting annotations: E_SZ and E_OPAQUE for the same type\n"},
		{"int * E_ARRAY(3]] x;",
			"t.c:1: error: Bad type / annotation combination: E_ARRAY is for arrays; for a pointer write E_PTRARRAY\n"},
		{"int * E_PTRARRAY(n]] x; int n;",
			"t.c:1: error: E_PTRARRAY: unsupported array size specifier \"n\": write a constant or self.FIELD\n"},
		{"int * E_PTRARRAY(]] x;",
			"t.c:1: error: E_PTRARRAY: unsupported array size specifier \"\": write a constant or self.FIELD\n"},
		{"struct s { int n; int * E_PTRARRAY(self.a+1]] x; };",
			"t.c:1: error: E_PTRARRAY: unsupported array size specifier \"self.a+1\": write a constant or self.FIELD\n"},
		{"struct s { int n;\nint * E_PTRARRAY(self.m]] x; };",
			"t.c:2: error: E_PTRARRAY: the structure has no field m\n"},
		{"struct s { int n; struct { int * E_PTRARRAY(self.n]] x; } in; };",
			"t.c:1: error: E_PTRARRAY: the structure has no field n\n"},
		{"int n; int * E_PTRARRAY(self.n]] x;", "t.c:1: error: E_PTRARRAY: self.n outside of a structure\n"},
		{"struct i { long n; }; struct s { struct i i; int * E_PTRARRAY(self.i.m]] x; };",
			"t.c:1: error: E_PTRARRAY: there is no field self.i.m\n"},
		{"struct i { long n; }; struct s { struct i i, *p; int * E_PTRARRAY(self.i]] x;\nint * E_PTRARRAY(self.p.n]] y; };",
			"t.c:1: error: E_PTRARRAY: self.i is not an integer\nt.c:2: error: E_PTRARRAY: there is no field self.p.n\n"},
		{"typedef double real; struct s { real r; int * E_PTRARRAY(self.r]] x; };",
			"t.c:1: error: E_PTRARRAY: self.r is not an integer\n"},
		{"int E_CUSTOM(m, f) x;", "t.c:1: error: E_CUSTOM belongs to a pointer: write it right after the *\n"},
		{"struct l { int a; } E_GENERIC(\"t\"]];",
			"t.c:1: error: E_GENERIC: Expected generic variable to begin with @, found \"t\"\n"},
		{"struct l { int a; } E_GENERIC(\"@a, @1\"]];",
			"t.c:1: error: E_GENERIC: Expected generic variable to begin with @, found \"@1\"\n"},
		{"void E_T(\"t\"]] *x;", "t.c:1: error: E_T: Expected generic variable to begin with @, found \"t\"\n"},
		{"void E_T(\"@a, @b\"]] *x;", "t.c:1: error: E_T takes one generic variable, found 2\n"},
		{"struct l E_G(\"list<int\"]] *x;",
			"t.c:1: error: unable to parse generic type annotation \"list<int\": unbalanced <\n"},
		{"struct l E_G(\"int>\"]] *x;",
			"t.c:1: error: unable to parse generic type annotation \"int>\": unexpected \">\"\n"},
		{"struct l E_G(\"[opaque\"]] *x;",
			"t.c:1: error: unable to parse generic type annotation \"[opaque\": unbalanced [\n"},
		{"struct l E_G(\"[raw] \"]] *x;",
			"t.c:1: error: unable to parse generic type annotation \"[raw] \": unrecognized annotation: raw\n"},
		{"struct l E_G(\"int<int>\"]] *x;",
			"t.c:1: error: unable to parse generic type annotation \"int<int>\": int takes no arguments\n"},
		{"struct l E_G(\"a,\"]] *x;",
			"t.c:1: error: unable to parse generic type annotation \"a,\": an argument is missing\n"},
		{"struct l E_G(\"struct a b\"]] *x;",
			"t.c:1: error: unable to parse generic type annotation \"struct a b\": one name must follow struct\n"},

		{"struct l { void E_T(\"@t\"]] *d; void *E_T(\"@t\"]] e; };",
			"t.c:1: error: E_T: @t is not a generic parameter here: struct l does not declare it by E_GENERIC\n"},
		{"struct l { struct m { void *E_T(\"@t\"]] d; } m; } E_GENERIC(\"@t\"]];",
			"t.c:1: error: E_T: @t is not a generic parameter here: struct m does not declare it by E_GENERIC\n"},
		{"typedef struct { void *E_T(\"@t\"]] d; } T;",
			"t.c:1: error: E_T: @t is not a generic parameter here: the struct does not declare it by E_GENERIC\n"},
		{"struct l; typedef struct l E_G(\"@k, @v\"]] *T E_GENERIC(\"@k\"]];",
			"t.c:1: error: E_G: @v is not a generic parameter here: the typedef T does not declare it by E_GENERIC\n"},
		{"typedef struct { void *E_T(\"@t\"]] d; } T E_GENERIC(\"@t\"]], *P;",
			"t.c:1: error: E_T: @t is not a generic parameter here: the typedef P does not declare it by E_GENERIC\n"},
		{"struct { void *E_T(\"@t\"]] d; } x;",
			"t.c:1: error: E_T: @t is not a generic parameter here: the struct does not declare it by E_GENERIC\n"},
		{"struct l; struct l E_G(\"@t\"]] *x; struct l *f(struct l E_G(\"@u\"]] *l);",
			"t.c:1: error: E_G: @t is not a generic parameter here: only generic types have some\n"},

		{"struct s { int k; int E_UNION(self.k]] u; };",
			"t.c:1: error: E_UNION belongs to a union: write it after the union's name or its closing brace\n"},
		{"struct s { int k; union { int i E_CASE(1]]; } E_UNION(k]] u; };",
			"t.c:1: error: E_UNION: unsupported argument \"k\": write self.FIELD, the field that tells which member is alive\n"},
		{"struct s { int k;\nunion { int i E_CASE(1]]; } E_UNION(self.l]] u; };", "t.c:2: error: E_UNION: the structure has no field l\n"},
		{"struct s { char *k; union { int i E_CASE(1]]; } E_UNION(self.k]] u; };", "t.c:1: error: E_UNION: self.k is not an integer\n"},
		{"union u { int i E_CASE(1]]; } E_UNION(self.k]] x;", "t.c:1: error: E_UNION: self.k outside of a structure\n"},
		{"struct s { int k; union { int i; } E_UNION(self.k]] u; };",
			"t.c:1: warning: E_UNION has no effect: no member of the union says by E_CASE when it is alive\n"},
		{"struct s { int i E_CASE(1]]; };", "t.c:1: error: E_CASE belongs to a member of a union\n"},
		{"union u { int i E_CASE(]]; };",
			"t.c:1: error: E_CASE: \"\" is not a constant: write the values of the field that E_UNION names\n"},
		{"union u { int i E_CASE(1, n]]; };",
			"t.c:1: error: E_CASE: \"n\" is not a constant: write the values of the field that E_UNION names\n"},
		{"int x E_CASE(1]];", "t.c:1: warning: E_CASE has no effect on a variable\n"},

		// No effect.
		{"int E_SZ x;", "t.c:1: warning: E_SZ has no effect here: it belongs right after a *\n"},
		{"E_OPAQUE void *x;", "t.c:1: warning: E_OPAQUE has no effect here: it belongs right after a *\n"},
		{"void *x E_OPAQUE;",
			"t.c:1: warning: E_OPAQUE has no effect after the name: write it after the * or the type's name\n"},
		{"struct s { void *d E_OPAQUE; } x;",
			"t.c:1: warning: E_OPAQUE has no effect after the name: write it after the * or the type's name\n"},
		{"struct s { int d E_MANUAL_MIGRATE; } x;", "t.c:1: warning: E_MANUAL_MIGRATE has no effect on a field\n"},
		{"typedef char *str; str E_SZ x;",
			"t.c:1: warning: E_SZ has no effect where the typedef str is used: annotate its definition\n"},
		{"typedef union { int i; } E_CASE(1]] T; T x;", "t.c:1: warning: E_CASE has no effect on a typedef\n"},
		{"typedef int T E_AUTO_MIGRATE; T x;", "t.c:1: warning: E_AUTO_MIGRATE has no effect on a typedef\n"},
		{"int x[E_OPAQUE 3];", "t.c:1: warning: E_OPAQUE has no effect on an array\n"},
		{"int * E_AUTO_MIGRATE x;", "t.c:1: warning: E_AUTO_MIGRATE has no effect on a pointer\n"},
		{"int x E_NOTELOCALS;", "t.c:1: warning: E_NOTELOCALS has no effect on a variable\n"},
		{"int f(void) E_AUTO_MIGRATE;", "t.c:1: warning: E_AUTO_MIGRATE has no effect on a function\n"},
		{"int E_G(\"int\"]] x;",
			"t.c:1: warning: E_G has no effect here: it belongs to the name of a generic type\n"},
		{"int * __attribute__((e_new)) x;", "t.c:1: warning: unknown annotation e_new\n"},
		{"inline void f(void) { static int x; }",
			"t.c:1: warning: x is not carried over: the unit has no definition of the inline function f\n"},
	}
	for _, tt := range tests {
		u := parseText(t, tt.text, Options{})
		if diff := cmp.Diff(tt.want, messages(u)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.text, diff)
		}
	}
}

// The values with which members of unions are alive, and what tells them.
func TestCases(t *testing.T) {
	u := parseText(t, `enum { A, B };
struct s {
	struct { int kind; };
	union u { int a E_CASE(A]]; char b, c E_CASE(B, (1, 2) + 3]]; struct { int d; } E_CASE(7]]; } E_UNION(self.kind]] x, *y;
	union u E_UNION(self.kind]] z[2];
	union u other;
} v;`, Options{})
	if len(u.Diagnostics) > 0 {
		t.Fatal(messages(u))
	}
	var got []string
	fields := func(d *Def) {
		for _, f := range d.Fields {
			s := f.Name + ": " + say(f.Type)
			for _, c := range f.Cases {
				s += " case " + c.Expr
			}
			got = append(got, s)
		}
	}
	s := u.Objects[0].Type.Def
	fields(s)
	fields(s.Fields[1].Type.Def)
	want := []string{
		"__annonCompField1: struct __anonstruct_s___annonCompField1",
		"x: told by kind union u", "y: pointer to told by kind union u", "z: array of told by kind union u", "other: union u",
		"a: int case A", "b: char", "c: char case B case (1, 2) + 3",
		"__annonCompField1: struct __anonstruct_u___annonCompField1 case 7",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestObjects(t *testing.T) {
	text := `
static int fwd; static int *p = &fwd; static int fwd = 2;
extern int only_declared;
extern int defined_extern = 1;
int tentative; int tentative;
extern int a E_MANUAL_MIGRATE; int a;
int b E_AUTO_MIGRATE, c;
__thread int tls; register int reg asm("r15");
int d[] E_MANUAL_MIGRATE = {1};
struct { int x; } e[2] E_AUTO_MIGRATE;
`
	u := parseText(t, text, Options{})
	var got []string
	for _, o := range u.Objects {
		s := fmt.Sprintf("%s:%d", o.Name, u.Position(o.Off).Line)
		for _, f := range []struct {
			on   bool
			name string
		}{{o.Static, "static"}, {o.ThreadLocal, "thread"}, {o.Register, "register"}, {o.Auto, "auto"}, {o.Manual, "manual"}} {
			if f.on {
				s += " " + f.name
			}
		}
		got = append(got, s)
	}
	want := []string{"p:2 static", "fwd:2 static", "defined_extern:4", "tentative:5", "a:6 manual", "b:7 auto", "c:7",
		"tls:8 thread", "reg:8 register", "d:9 manual", "e:10 auto"}
	if diff := cmp.Diff(want, got); diff != "" || len(u.Diagnostics) > 0 {
		t.Errorf("-want +got:\n%s%s", diff, messages(u))
	}
}

func TestFunctions(t *testing.T) {
	tests := []struct {
		text  string
		gnu89 bool
		want  string
	}{
		{text: "int f(void) { return 0; }", want: "f"},
		{text: "static int f(void) { return 0; }", want: "f static"},
		{text: "static int f(void); int f(void) { return 0; }", want: "f static"},
		{text: "static int f(void) { return 0; } int g(void) { return f(); }", want: "f static, g"},
		{text: "static int f(void) { return 0; } int (*p)(void) = f;", want: "f static taken"},
		{text: "static int f(void) { return 0; } int (*p)(void) = &f;", want: "f static taken"},
		{text: "static int f(void) { return 0; } void g(void) { h(1, f); }", want: "f static taken, g"},
		{text: "static int f(void) { return 0; } struct s { int f; }; struct s x = { .f = 3 }; int g(void) { return x.f; }",
			want: "f static, g"},
		{text: "struct f; static struct f *f(void) { struct f *x = 0; return sizeof(union f *) + x; }", want: "f static"},
		{text: "extern int f(void) { return 0; }", want: "f"},
		{text: "int f(a) int a; { return a; }", want: "f"},
		{text: "int (*f(int a))(void) { return 0; }", want: "f"},

		// Inline functions, C99 and later.
		{text: "inline int f(void) { return 0; }", want: "f none"},
		{text: "extern inline int f(void) { return 0; }", want: "f"},
		{text: "inline int f(void) { return 0; } extern int f(void);", want: "f"},
		{text: "int f(void); inline int f(void) { return 0; }", want: "f"},
		{text: "inline int f(void); inline int f(void) { return 0; }", want: "f none"},
		{text: "static inline int f(void) { return 0; }", want: "f static"},
		{text: "extern inline __attribute__((gnu_inline)) int f(void) { return 0; }", want: "f none"},
		{text: "extern inline __attribute__((__gnu_inline__)) int f(void) { return 0; } int f(void);", want: "f none"},
		{text: "extern inline __attribute__((gnu_inline)) int f(void) { return 0; } int f(void) { return 1; }", want: "f"},

		// And before.
		{text: "inline int f(void) { return 0; }", gnu89: true, want: "f"},
		{text: "extern inline int f(void) { return 0; }", gnu89: true, want: "f none"},
		{text: "extern __inline int f(void) { return 0; } int f(void) { return 1; }", gnu89: true, want: "f"},
	}
	for _, tt := range tests {
		u := parseText(t, tt.text, Options{GNU89Inline: tt.gnu89})
		var got []string
		for _, f := range u.Functions {
			s := f.Name
			if f.Static {
				s += " static"
			}
			if f.AddressTaken {
				s += " taken"
			}
			if f.NoDefinition {
				s += " none"
			}
			got = append(got, s)
		}
		if g := strings.Join(got, ", "); g != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.text, g, tt.want)
		}
	}
}

func TestStatics(t *testing.T) {
	text := `
int g(int);
static inline int header(void) { static int hits; return ++hits; }
int f(int c) {
	static int a, *b = &a;
	if (c) { static char a; a++; } else { static long a; a++; }
	for (int i = 0; i < c; i++) { static int loop; loop++; }
	switch (c) { case 1 ... 3: { static int sw; sw++; } default: ; }
	int v = ({ static int once; once++; once; });
	v = g(({ static int arg; arg; })) + (c ? ({ static int cond; cond; }) : 0);
	int nest(int n) { static int inner; return inner + n; }
	extern int elsewhere; static int fn(int);
	do { static int once; once++; } while (v--);
l:	return nest(v) + g(sizeof(static_cast)) ? elsewhere : 1;
	goto l;
}
int old(x) int x; { static int k; return k + x; }
`
	u := parseText(t, text, Options{})
	var got []string
	for _, o := range u.Statics {
		if !strings.HasSuffix(strings.TrimRight(string(u.Text[:o.After]), " "), ";") {
			t.Errorf("%s: nothing can be declared after %q", o.Name, u.Text[o.After-10:o.After])
		}
		got = append(got, fmt.Sprintf("%s#%s:%d", o.Func, o.Key, u.Position(o.Off).Line))
	}
	want := []string{"header#hits:3", "f#a:5", "f#b:5", "f#a___0:6", "f#a___1:6", "f#loop:7", "f#sw:8", "f#once:9",
		"f#arg:10", "f#cond:10", "nest#inner:11", "f#once___0:13", "old#k:17"}
	if diff := cmp.Diff(want, got); diff != "" || len(u.Diagnostics) > 0 {
		t.Errorf("-want +got:\n%s%s", diff, messages(u))
	}
}

func TestCalls(t *testing.T) {
	text := `
void *kitsune_get_xform(const char *, const char *, const char *, const char *);
void kitsune_update(const char *);
void stackvars_note_local(const char *, void *, unsigned long);
char *KT_NAMESPACE = "pl" "ug";
int *x;
int f(char *p) {
	int v; struct s { int a; } w;
	kitsune_update("one"); kitsune_update(("t" "wo")); kitsune_update(p); kitsune_update("one");
	kitsune_get_xform("x", ((void *)0), ((void *)0), ((void *)0));
	if (!kitsune_get_xform("v", __func__, 0, 0L)) return 1;
	kitsune_get_xform("s", "g", "t.c", "ns");
	kitsune_get_xform(p, 0, 0, 0);
	kitsune_get_xform("n", p, 0, 0);
	stackvars_note_local("v", (void *)&(v), sizeof(v)); stackvars_note_local("w", &w, sizeof w);
	return ({ int nested(void) { return kitsune_get_xform("z", __FUNCTION__, 0, 0) != 0; } nested(); });
}
`
	u := parseText(t, text, Options{})
	want := []Xform{{Name: "x"}, {Name: "v", Func: "f"}, {"s", "g", "t.c", "ns"}, {Name: "z", Func: "nested"}}
	if diff := cmp.Diff(want, u.Xforms); diff != "" {
		t.Errorf("transformers (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"one", "two"}, u.Points); diff != "" {
		t.Errorf("update points (-want +got):\n%s", diff)
	}
	if u.Namespace != "plug" {
		t.Errorf("namespace %q", u.Namespace)
	}
	var byHand []string
	for _, o := range u.ByHand {
		byHand = append(byHand, fmt.Sprintf("%s#%s %s", o.Func, o.Name, say(o.Type)))
	}
	if diff := cmp.Diff([]string{"f#v int", "f#w struct s"}, byHand); diff != "" {
		t.Errorf("noted by hand (-want +got):\n%s", diff)
	}
}

func TestFrames(t *testing.T) {
	tests := []struct {
		name, text string
		want       string
	}{
		{"parameters and locals", "int f(int a, char *b[2]) E_NOTELOCALS { int c, *d; register int r; static int s; return 0; }",
			"f: {a b| c d r}"},
		{"on a prototype", "int f(void) E_NOTELOCALS; int f(void) { int a; return a; }", "f: {| a}"},
		{"old style", "int f(a, b) int b; E_NOTELOCALS { }", "f: {a b|}"},
		{"not marked", "int f(int a) { static int s; int b; return 0; }", ""},
		{"inner blocks", "void f(void) E_NOTELOCALS { { int a; } { { int a; } } {} ({ int b; b; }); }", "f: {|} {| a} {| a} {| b}"},
		{"loops", "void f(int n) E_NOTELOCALS { for (int i = 0;;) { int j; } for (int k = 0;;) n++; for (;;) {} }",
			"f: {n|} {i| j} {k|} wrapped \"n++;\""},
		{"nested loops without braces", "void f(void) E_NOTELOCALS { for (int i = 0;;) if (i) g(); else for (int j = 0;;) do g(); while (j); }",
			"f: {|} {i|} wrapped \"if (i) g(); else for (int j = 0;;) do g(); while (j);\" {j|} wrapped \"do g(); while (j);\""},
		{"labels declared first", "void f(void) E_NOTELOCALS { __label__ l; int a; l: ; }", "f: {| a} after \"__label__ l;\""},
		{"switch", "void f(int n) E_NOTELOCALS { switch (n) { int a; case 1: ; int b; { int c; } } }",
			"f: {n|} {| a b} jumped into {| c}"},
		{"switch around a block", "void f(int n) E_NOTELOCALS { switch (n) { case 1: { int a; case 2: ; } } }",
			"f: {n|} {| a} jumped into"},
		{"goto into a block", "void f(void) E_NOTELOCALS { goto l; { int a; { int b; l: ; } } { int c; } }",
			"f: {|} {| a} jumped into {| b} jumped into {| c}"},
		{"goto within a block", "void f(void) E_NOTELOCALS { { int a; goto l; l: ; } }", "f: {|} {| a}"},
		{"backwards", "void f(void) E_NOTELOCALS { int a; l: ; int b; { int c; goto l; } int d; }", "f: {| a b(repeated) d} {| c}"},
		{"computed goto", "void f(void) E_NOTELOCALS { void *p = &&l; { int a; l: ; } goto *p; }", "f: {| p} {| a} jumped into"},
		{"nested function", "void f(void) E_NOTELOCALS { int g(int a) { int b; return a; } int c; }", "f: {| c}"},
		{"noted nested function", "void f(void) { static int s; int g(int a) E_NOTELOCALS { int b; return a; } }", "g: {a| b}"},
		{"auto type", "void f(void) E_NOTELOCALS { __auto_type a = 1; }", "f: {| a}"},
	}
	for _, tt := range tests {
		u := parseText(t, tt.text, Options{})
		var got []string
		for _, f := range u.Frames {
			s := f.Func + ":"
			for _, b := range f.Blocks {
				s += sayBlock(u, b)
			}
			got = append(got, s)
		}
		if g := strings.Join(got, "; "); g != tt.want || len(u.Diagnostics) > 0 {
			t.Errorf("%s:\n got %s\nwant %s\n%s", tt.name, g, tt.want, messages(u))
		}
		if off := parseText(t, tt.text, Options{NoLocals: true}); len(off.Frames) > 0 {
			t.Errorf("%s: %d frames with NoLocals", tt.name, len(off.Frames))
		}
	}
}

func sayBlock(u *Unit, b *Block) string {
	var before, locals []string
	for _, o := range b.Before {
		before = append(before, o.Name)
	}
	for _, l := range b.Locals {
		s := l.Name
		if l.Repeated {
			s += "(repeated)"
		}
		locals = append(locals, s)
	}
	s := " {" + strings.Join(before, " ") + "|"
	if len(locals) > 0 {
		s += " " + strings.Join(locals, " ")
	}
	s += "}"
	if b.JumpedInto {
		s += " jumped into"
	}
	if b.Wrap > 0 {
		s += fmt.Sprintf(" wrapped %q", u.Text[b.Start:b.Wrap])
	} else if head := string(u.Text[b.open+1 : b.Start]); head != "" {
		s += fmt.Sprintf(" after %q", strings.TrimSpace(head))
	}
	return s
}

func TestCopy(t *testing.T) {
	tests := []struct{ text, want string }{
		{"struct s { int a; union { int b; float c; }; } x;",
			"struct COPY { int a ; union { int b ; float c ; } __annonCompField1 ; } ;"},
		{"struct __attribute__((packed)) s { char a; struct { int b; } __attribute__((packed)); } __attribute__((aligned(4))) x;",
			"struct __attribute__ ( ( packed ) ) COPY { char a ; struct { int b ; } __attribute__ ( ( packed ) ) __annonCompField1 ; } __attribute__ ( ( aligned ( 4 ) ) ) ;"},
		{"union { struct { int a; }; struct t { int b; } __attribute__((packed)) t; enum { A, B = A } e; enum f { C } f; } x;",
			"union COPY { struct { int a ; } __annonCompField1 ; struct t t ; enum { COPY_A , COPY_B = A } e ; enum f f ; } ;"},
		{"struct s { struct { union { int a; }; struct { int b; }; } in[2]; char * E_SZ z; } x;",
			"struct COPY { struct { union { int a ; } __annonCompField1 ; struct { int b ; } __annonCompField2 ; } in [ 2 ] ; char * z ; } ;"},
	}
	for _, tt := range tests {
		u := parseText(t, tt.text, Options{})
		d := u.Objects[0].Type.Def
		if !d.Unnamed {
			t.Errorf("%s: no unnamed members", tt.text)
		}
		if diff := cmp.Diff(tt.want, u.Copy(d, "COPY")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.text, diff)
		}
	}
}

// Declarations that cc never needs to see must not matter.
func TestOnlyWhatMatters(t *testing.T) {
	text := "typedef int used; typedef __new_builtin_type unknown; struct big { unknown u; };\n" +
		"unknown f(unknown x) { return x @ 3; }\nused x; int g(void) { static used s; return s; }\n"
	u := parseText(t, text, Options{})
	if len(u.Objects) != 1 || len(u.Statics) != 1 || say(u.Objects[0].Type) != "typedef used" {
		t.Errorf("%d variables, %d statics", len(u.Objects), len(u.Statics))
	}
}

// TestOwnTypes has types that no variable leads to.
func TestOwnTypes(t *testing.T) {
	u := parseText(t, `# 1 "/usr/include/system.h" 1 3
struct foreign { int a; };
# 1 "include/ktannotations.h" 1
#pragma KITSUNE instrument
# 1 "include/transform.h" 1
typedef struct closure closure; struct closure { int a; };
# 1 "other/transform.h" 1
struct transform { int a; };
# 1 "p.h" 1
struct declared; struct not_mentioned { int a; }; enum e { A };
typedef struct { struct foreign f; } named;
# 2 "p.c" 2
struct hidden { struct hidden *next; } ;
static int f(struct foreign *x, closure *y, struct declared *z) { struct transform *t; return sizeof(named) + A; }
int g(struct hidden *h) { struct local { int a; } l; return (enum e)1; }
`, Options{})
	var got []string
	for _, d := range u.Types {
		got = append(got, string(d.Kind)+" "+d.Tag)
	}
	want := []string{"struct transform", "enum e", "typedef named", "struct hidden"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSyntaxError(t *testing.T) {
	_, err := Parse([]byte("# 1 \"a.c\"\nint a;\n# 7 \"b.h\"\nint b = 3;\nint *const 4 c;\n"), Options{})
	var e *SyntaxError
	if !errors.As(err, &e) || e.Pos.String() != "b.h:8" {
		t.Errorf("got %v, want an error at b.h:8", err)
	}
}

func TestAsks(t *testing.T) {
	for text, want := range map[string]bool{
		"#pragma KITSUNE instrument\n":         true,
		"int a;\n#pragma KITSUNE instrument":   true,
		"int a; // #pragma KITSUNE instrument": false,
		"int a;":                               false,
	} {
		if got := Asks([]byte(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// FuzzParse feeds what is nearly C. Nothing may crash, hang, or change the
// length of the text.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.i")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n := len(data)
		u, err := Parse(data, Options{})
		if err != nil {
			return
		}
		if len(u.Text) != n {
			t.Errorf("%d bytes have become %d", n, len(u.Text))
		}
		for _, o := range slices.Concat(u.Objects, u.Statics) {
			if u.Text[o.Off] == ' ' || o.After > n {
				t.Errorf("%s: offsets %d, %d", o.Name, o.Off, o.After)
			}
		}
	})
}

// FuzzAnnotations puts text where the arguments of annotations are.
func FuzzAnnotations(f *testing.F) {
	for _, s := range []string{
		"self.n", "self.", "self.a.b", "4", "sizeof(struct s) * N", "1.5", `"@t"`, `"@t, @u"`, `"@t", "@u"`, `"list<int, @t>"`,
		`"struct s*"`, `"[opaque]"`, `"list<list<@t>*>"`, `"`, `(`, `)`, `"list<int"`, `L"x"`, `"\x41"`, `malloc, free`, ``,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, args string) {
		if strings.Contains(args, "\n") {
			t.Skip("a line of its own can say where it comes from")
		}
		text := fmt.Sprintf(`# 1 "a.c"
struct told { int n; union { int i __attribute__((e_case(%[1]s))); } __attribute__((e_union(%[1]s))) u; } told;
struct list { void *__attribute__((e_type(%[1]s))) data; struct list *__attribute__((e_genuse(%[1]s))) next; int n;
  char *__attribute__((e_ptrarray(%[1]s))) p; char a[4] __attribute__((e_array(%[1]s))); } __attribute__((e_generic(%[1]s)));
typedef struct list __attribute__((e_genuse(%[1]s))) ints __attribute__((e_generic(%[1]s)));
ints *__attribute__((e_custom(%[1]s))) x;
`, args)
		u, err := Parse([]byte(text), Options{})
		if err != nil {
			return
		}
		for _, d := range u.Diagnostics {
			if d.Pos.File == "" || d.Pos.Line == 0 {
				t.Errorf("no place: %v", d)
			}
		}
	})
}
