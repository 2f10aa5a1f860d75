package cfront

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLex(t *testing.T) {
	tests := []struct{ text, want string }{
		{"int a = 3;", "int|a|=|3|;"},
		{"a->b.c...", "a|->|b|.|c|..."},
		{"x<<=1>>=2<=>=", "x|<<=|1|>>=|2|<=|>="},
		{"1e+5 0x1p-3 .5 1.e3f 1'000", "1e+5|0x1p-3|.5|1.e3f|1'000"},
		{"a+-1-+b", "a|+|-|1|-|+|b"},
		{`"a\"b" 'c' '\'' L"w" u8"x" U'y' Lx`, `"a\"b"|'c'|'\''|L"w"|u8"x"|U'y'|Lx`},
		{`R"x(a")b)x" LR"(c)"`, `R"x(a")b)x"|LR"(c)"`},
		{"a /* ; */ b // c\nd", "a|b|d"},
		{"# 3 \"f.c\" 2\nint #\n#pragma x\nx;", "int|#|x|;"},
		{"<: :> <% %>", "<:|:>|<%|%>"},
		{"\"open\nint b;", "\"open|int|b|;"},
		{"/* open", ""},
		{"étage $x \\u00e9", "étage|$x|\\u00e9"},
		{"R\"(open", "R\"(open"},
		{"'", "'"},
	}
	for _, tt := range tests {
		l := lex([]byte(tt.text))
		var got []string
		for i := range l.toks {
			got = append(got, l.str(i))
		}
		if diff := cmp.Diff(tt.want, strings.Join(got, "|")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.text, diff)
		}
	}
	for i, want := range []byte("[]{}") {
		if l := lex([]byte("<: :> <% %>")); l.ch(i) != want {
			t.Errorf("digraph %d stands for %q, want %q", i, l.ch(i), want)
		}
	}
}

func TestPositions(t *testing.T) {
	text := "# 0 \"a.c\"\n# 1 \"a.c\"\nint a;\nint b;\n# 1 \"/usr/x.h\" 1 3 4\nint c;\n# 3 \"a.c\" 2\nint\nd;\n" +
		"#line 70 \"gen\\\\x.y\"\nint e;\n# 90\nint f;\n"
	want := map[string]string{
		"a;": "a.c:1", "b;": "a.c:2", "c;": "/usr/x.h:1", "d;": "a.c:4", "e;": `gen\x.y:70`, "f;": `gen\x.y:90`,
	}
	l := lex([]byte(text))
	for name, at := range want {
		p := l.position(strings.Index(text, name))
		if p.String() != at || p.System != (name == "c;") {
			t.Errorf("%s is at %s (system header: %v), want %s", name, p, p.System, at)
		}
	}
	if p := lex([]byte("int a;\nint b;")).position(8); p.String() != "<stdin>:2" {
		t.Errorf("without markers: %s", p)
	}
}

func TestUnescape(t *testing.T) {
	tests := []struct{ literal, want string }{
		{`"plain"`, "plain"},
		{`"a\\b\"c"`, `a\b"c`},
		{`"\n\t\101\x41\0"`, "\n\tAA\x00"},
		{`"\1018"`, "A8"},
		{`"\q\`, `q\`},
		{`u8"x"`, "x"},
		{`L"x"`, "x"},
	}
	for _, tt := range tests {
		if got := unescape([]byte(tt.literal)); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.literal, got, tt.want)
		}
	}
}

func TestStrip(t *testing.T) {
	tests := []struct {
		text  string
		toks  string
		attrs string
	}{
		{"int a __attribute__((aligned(8)));", "int a ;", ""},
		{"int *__attribute__((e_sz)) a;", "int * a ;", "e_sz()"},
		{"int a[__attribute__((e_array(self.n)))];", "int a [ ] ;", "e_array(self.n)"},
		{"int a __attribute((__mode__(DI), unused, e_auto));", "int a ;", "mode(DI) e_auto()"},
		{"f() __attribute__((noreturn)) __attribute__((e_notelocals)) {}", "f ( ) { }", "e_notelocals()"},
		{"__extension__ typedef int x; asm volatile (\"nop\" : : : ); _Alignas(8) int y;", "typedef int x ; ; int y ;", ""},
		{"int a asm(\"b\"); asm = 3; _Static_assert(1, \"x\"); int z;", "int a ; asm = 3 ; int z ;", ""},
		{"[[nodiscard]] int f(void); a[b[0]];", "int f ( void ) ; a [ b [ 0 ] ] ;", ""},
	}
	for _, tt := range tests {
		l := lex([]byte(tt.text))
		attrs, _ := l.strip(false)
		var got, notes []string
		for i := range l.toks {
			got = append(got, l.str(i))
		}
		for _, a := range attrs {
			notes = append(notes, a.name+"("+a.args+")")
		}
		if g := strings.Join(got, " "); g != tt.toks || strings.Join(notes, " ") != tt.attrs {
			t.Errorf("%s:\n got %s with %v\nwant %s with %s", tt.text, g, notes, tt.toks, tt.attrs)
		}
	}
}

// What only ktcc understands becomes blanks of the same length, and nothing
// else changes.
func TestBlanks(t *testing.T) {
	tests := []struct{ text, want string }{
		{"char *__attribute__((e_sz)) s;", "char *                      s;"},
		{"char *__attribute__((e_sz, aligned(8))) s;", "char *__attribute__((    , aligned(8))) s;"},
		{"int a __attribute__((unused));", "int a __attribute__((unused));"},
		{"#pragma KITSUNE instrument\nint a;", "                          \nint a;"},
		{"#pragma GCC poison x\nint a;", "#pragma GCC poison x\nint a;"},
		{"char *__attribute__((e_ptrarray(\n3))) s;", "char *                          \n     s;"},
	}
	for _, tt := range tests {
		u, err := Parse([]byte(tt.text), Options{})
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		if diff := cmp.Diff(tt.want, string(u.Text)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
}

func TestChunks(t *testing.T) {
	tests := []struct{ text, want string }{
		{"int a, *b, c[3];", "objects a b c defines"},
		{"extern int a;", "extern objects a"},
		{"extern int a = 3;", "extern objects a defines"},
		{"int f(int x, struct s *y);", "funcs f"},
		{"static inline int f(void) { return 1; }", "funcs f body"},
		{"T x;", "objects x defines"},
		{"T (x);", "objects x defines"},
		{"static T (*x)(int);", "objects x defines"},
		{"T (*x[3])(int), y;", "objects x y defines"},
		{"T f(T);", "funcs f"},
		{"unsigned (f)(int);", "funcs f"},
		{"struct s (x);", "objects x defines"},
		{"typeof(a) (b);", "objects b defines"},
		{"int (*f(int a))(int) { }", "funcs f body"},
		{"T (f)(int a) { }", "funcs f body"},
		{"T (*f(void)) { }", "funcs f body"},
		{"int (*f(void))[3] { } int c;", "funcs f body / objects c defines"},
		{"T (*f(int a[2]))[2][3] { } int c;", "funcs f body / objects c defines"},
		{"int a[2] = {1, 2}, (*b)[2] = {0}, c;", "objects a b c defines"},
		{"main(argc, argv) char **argv; { }", "funcs main body"},
		{"int f(a, b) int a; char *b; { } int c;", "funcs f body / objects c defines"},
		{"f();", "funcs f"},
		{"x;", "objects x defines"},
		{"typedef int T, *P, A[3], (*F)(int);", "types T P A F"},
		{"typedef struct s { enum { A, B = 2 } e; struct in { int x; } i; } T;", "types s A B in T"},
		{"struct s { int a; };", "types s nameless"},
		{"struct s;", "nameless"},
		{"enum e { X, Y } v = X;", "types e X Y objects v defines"},
		{"struct s { int a; } f(void) { }", "types s funcs f body"},
		{"int a = sizeof(struct t { int b; }), b = {1, 2};", "objects a b defines"},
		{"int a[] = { [0 ... 3] = 1 }, b;", "objects a b defines"},
		{"const T x;", "objects x defines"},
		{";", "nameless"},
		{"int f(void), v;", "funcs f objects v defines"},
		{"union u { int i; } __attribute__((packed)) v;", "types u objects v defines"},
	}
	for _, tt := range tests {
		l := lex([]byte(tt.text))
		l.strip(false)
		var got []string
		for _, c := range l.chunks() {
			var words []string
			if c.extern {
				words = append(words, "extern")
			}
			add := func(title string, names []string) {
				if len(names) > 0 {
					words = append(append(words, title), names...)
				}
			}
			add("types", c.types)
			add("funcs", c.funcs)
			add("objects", c.objects)
			if c.body >= 0 {
				words = append(words, "body")
			}
			if c.nameless {
				words = append(words, "nameless")
			}
			if c.mayDefine() {
				words = append(words, "defines")
			}
			got = append(got, strings.Join(words, " "))
		}
		if g := strings.Join(got, " / "); g != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.text, g, tt.want)
		}
	}
}
