package cfront

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// withGaps returns what the native compiler reads of a text.
func withGaps(t *testing.T, text string) string {
	t.Helper()
	u, err := Parse([]byte(text), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	at := 0
	for _, g := range u.Gaps {
		b.Write(u.Text[at:g.From])
		b.WriteString(g.Lines)
		if p := u.Position(g.To); g.Resumes {
			fmt.Fprintf(&b, "# %d \"%s\" 3\n", p.Line, p.File)
		}
		at = g.To
	}
	b.Write(u.Text[at:])
	return b.String()
}

// TestGaps has lines of a system header, each of which is one declaration, and
// says which of them are left beside a program's source.
func TestGaps(t *testing.T) {
	tests := []struct {
		name, source, header, kept string
	}{
		{"prototypes", "void f(void) { used(); }",
			"void used(void);\nvoid unused(void);\nint object, a;\nextern int other;\nextern int array[];",
			"void used(void);\nint object, a;"},
		{"what the used mention", "void f(void) { used(); }",
			"typedef int a;\nstruct b { a x; };\nenum c { C };\nstruct d *used(int[C]);\nstruct e { struct b *p; };",
			"enum c { C };\nstruct d *used(int[C]);"},
		{"a definition behind the first use", "struct b *p;",
			"struct a { struct b *p; };\nstruct b { int x; };\nstruct c { struct b *p; };",
			"struct a { struct b *p; };\nstruct b { int x; };"},
		{"who declares a tag first", "void f(struct t *);",
			"struct a { void (*p)(struct t *); };\nstruct b { struct t *p; };\nstruct c { struct t *p; };",
			"struct b { struct t *p; };"},
		{"functions", "static inline int g(void) { return b(); }",
			"static inline int a(void) { return 1; }\nstatic int b(void) { return c(); }\nint d(void) { return 1; }\n" +
				"extern inline __attribute__((gnu_inline)) int c(void) { return 1; }\nextern inline int e(void) { return 1; }",
			"static int b(void) { return c(); }\nint d(void) { return 1; }\n" +
				"extern inline __attribute__((gnu_inline)) int c(void) { return 1; }\nextern inline int e(void) { return 1; }"},
		{"a function whose address is taken", "",
			"static int a(void) { return 1; }\nstatic inline int (*b(void))(void) { return a; }",
			"static int a(void) { return 1; }"},
		{"what compilers know", "",
			"char *stpcpy(char *, const char *);\nfloat sinf(float);\nint mine(void);\nvoid *__memcpy_chk(void *);",
			"char *stpcpy(char *, const char *);\nfloat sinf(float);\nvoid *__memcpy_chk(void *);"},
		{"attributes that mention", "int x __attribute__((aligned(A))), y __attribute__((cleanup(b)));",
			"enum { A = 8 };\nvoid b(int *);\nvoid c(int *);", "enum { A = 8 };\nvoid b(int *);"},
		{"attributes with an effect", "",
			"static void a(void) __attribute__((constructor));\nvoid b(void) __attribute__((alias(\"x\")));\n" +
				"static void c(void) __attribute__((unused));",
			"static void a(void) __attribute__((constructor));\nvoid b(void) __attribute__((alias(\"x\")));"},
		{"nameless", "struct t *p;", "struct s;\n;\nasm(\"nop\");\nstruct s { int x; };\nstruct t;", ";\nasm(\"nop\");\nstruct t;"},
		{"annotated", "struct s x;", "struct s { void *p __attribute__((__e_opaque__)); };", "struct s { void *p ; };"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := fmt.Sprintf("# 1 \"a.c\"\n# 1 \"h.h\" 1 3\n%s\n# 2 \"a.c\" 2\n%s\n", tt.header, tt.source)
			left := withGaps(t, text)
			var kept []string
			for line := range strings.Lines(left) {
				if line = strings.TrimRight(line, " \n"); line != "" && line[0] != '#' && line != tt.source {
					kept = append(kept, line)
				}
			}
			want := strings.TrimSpace(tt.kept)
			if got := strings.Join(kept, "\n"); spaces(got) != spaces(want) {
				t.Errorf("left is\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func spaces(s string) string { return strings.Join(strings.Fields(s), " ") }

// TestGapsKeepPlaces shows which lines stand in the place of a gap.
func TestGapsKeepPlaces(t *testing.T) {
	got := withGaps(t, `# 1 "a.c"
# 1 "own.h" 1
int kept(void);
# 1 "/usr/include/a.h" 1 3
typedef int unused;
# 1 "/usr/include/b.h" 1 3
#pragma GCC visibility push(default)
struct unused2 { int x; };
# 4 "/usr/include/a.h" 2 3
# 1 "/usr/include/c.h" 1 3
struct unused3 { int x; };
# 5 "/usr/include/a.h" 2 3
int unused4(void); int used(void);

int unused5(int)
# 7 "/usr/include/a.h" 3
;
# 3 "own.h" 2
int unused_but_own(void);
# 2 "a.c" 2
int f(void) { return used(); }
`)
	want := `# 1 "a.c"
# 1 "own.h" 1
int kept(void);
# 1 "/usr/include/a.h" 1 3

# 1 "/usr/include/b.h" 1 3
#pragma GCC visibility push(default)
# 4 "/usr/include/a.h" 2 3
# 5 "/usr/include/a.h" 3
 int used(void);
# 3 "own.h" 2
int unused_but_own(void);
# 2 "a.c" 2
int f(void) { return used(); }
`
	if diff := cmp.Diff(want, strings.ReplaceAll(got, "\n\n# 3", "\n# 3")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
