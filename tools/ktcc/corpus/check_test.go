package corpus

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What is wrong with an object is found: here, with one that is made of other
// text than the unit's.
func TestFindings(t *testing.T) {
	dir := t.TempDir()
	tools, include := newTools(t, dir)
	tests := []struct {
		name, object, unit string
		want               string // a regular expression
	}{
		{"a function lost", `int f(void) { return 0; }`, `int f(void) { return 0; } int g(void) { return 1; }`,
			`g is not exported, and without ktcc it is`},
		{"a variable lost", `int a;`, `int a; static int b;`, `b is not in the object`},
		{"something exported", `int a; int b;`, `int a; static int b;`, `b is exported as STB_GLOBAL .* without ktcc as ""`},
		{"weak", `int a;`, `int a __attribute__((weak));`, `a is exported as STB_GLOBAL .* as "STB_WEAK`},
		{"an address", `static int f(void) { return 0; } int g(void) { return f(); }`,
			`static int f(void) { return 0; } int g(void) { return f(); } int (*p)(void) = f;`,
			`the function f is not registered, but its address is taken`},
		{"an address in code", `static int f(void) { return 0; } int g(int (**p)(void)) { return f(); }`,
			`static int f(void) { return 0; } int g(int (**p)(void)) { *p = f; return f(); }`,
			`the function f is not registered, but its address is taken`},
		{"not registered", `static int hidden; int *f(void) { return &hidden; }
			__asm__(".data\n.type unknown, @object\n.size unknown, 4\nunknown: .long 0\n.text");`,
			`static int hidden; int *f(void) { return &hidden; }`, `unknown \(STT_OBJECT\) is not registered, without a reason`},
		{"read-only memory", `int a __attribute__((section("fixed,\"a\"#"))) = 1;`,
			`int a __attribute__((section("fixed,\"a\"#"))) = 1;`, `a: to be migrated, but in a section that cannot be written to`},
		{"a field moved", `struct s { int a, b; } s;`, `struct s { int b, a; } s;`,
			`struct s: __builtin_offsetof\(struct s, a\) == 0: static assertion failed`},
		{"a field of a field", `struct s { struct { union { char c; short d; }; } in; } *s;`,
			`struct s { struct { union { char c; int d; }; } in; } *s;`, `->in.*->d.*: static assertion failed`},
		{"an element", `struct { int a; } *v[3];`, `struct { long a; } *v[3];`, `v\[0\].*: static assertion failed`},
		{"another length", `int v[3];`, `int v[4];`, `sizeof\(v\) == 12: static assertion failed`},
		{"another type", `typedef int t; t v;`, `typedef unsigned t; t v;`, `typedef t: .*, int\): static assertion failed`},
		{"not a pointer", `typedef void *t; t v;`, `typedef long t; t v;`, `typedef t: .*classify.*: static assertion failed`},
		{"a constant", `enum e { A = -1, B } v;`, `enum e { A = -2, B } v;`, `enum e: A == \(-0LL - 1\): static assertion failed`},
		{"a sign", `enum e { A = -1 } v;`, `enum e { A = 0x7fffffff } v;`, `enum e: \(enum e\)0 > \(enum e\)-1: static assertion failed`},
		{"alignment", `struct s { int a; } v;`, `struct s { int a; } __attribute__((aligned(16))) v;`,
			`struct s: __alignof__\(struct s\) == 4: static assertion failed`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			source, object := filepath.Join(dir, "unit.c"), filepath.Join(dir, "unit.o")
			args := []string{"-O2", "-I", include, "-include", "kitsune.h", "-c", "unit.c"}
			write(t, source, tt.object)
			if _, err := tools.run(dir, nil, tools.Ktcc, args...); err != nil {
				t.Fatal(err)
			}
			write(t, source, tt.unit)
			r, err := tools.Check(&Unit{Dir: dir, Args: args, Source: "unit.c", Object: object})
			if err != nil {
				t.Fatal(err)
			}
			found := strings.Join(append(r.Problems, r.Mismatches...), "\n")
			if !regexp.MustCompile(tt.want).MatchString(found) {
				t.Errorf("found\n%s\nwant %s", found, tt.want)
			}
		})
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestRecorder(t *testing.T) {
	tools, include := newTools(t, t.TempDir())
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, ktcc, source, args string
		log                      bool
		ok                       bool
		recorded                 string
	}{
		{"an object", tools.Ktcc, "int x;", "-c -o out.o x.c", true, true, "x.c with object"},
		{"a program", tools.Ktcc, "int main(void) { return 0; }", "x.c", true, true, "x.c"},
		{"configuring", tools.Ktcc, "int x;", "-c -o out.o x.c", false, true, ""},
		{"no source", tools.Ktcc, "", "--version", true, true, ""},
		{"an error", tools.Ktcc, "int x", "-c x.c", true, false, ""},
		{"ktcc fails", "/bin/false", "int x;", "-c -o out.o x.c", true, true, "x.c failed"},
		{"both fail", "/bin/false", "int x", "-c x.c", true, false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir, bin, log := t.TempDir(), t.TempDir(), t.TempDir()
			if err := os.Symlink(self, filepath.Join(bin, "ktcc")); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, "x.c"), tt.source)
			args := append(strings.Fields(tt.args), "-I", include, "-include", "kitsune.h")
			cmd := exec.Command(filepath.Join(bin, "ktcc"), args...)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), envKtcc+"="+tt.ktcc)
			if tt.log {
				cmd.Env = append(cmd.Env, envLog+"="+log)
			}
			if out, err := cmd.CombinedOutput(); (err == nil) != tt.ok {
				t.Fatalf("%v\n%s", err, out)
			}
			units, err := readLog(log)
			if err != nil {
				t.Fatal(err)
			}
			recorded := ""
			for _, u := range units {
				recorded += u.Source
				if u.Object != "" {
					recorded += " with object"
				}
				if u.Failure != "" {
					recorded += " failed"
				} else if u.Peak < 1<<20 {
					t.Errorf("a peak of %d bytes", u.Peak)
				}
			}
			if recorded != tt.recorded {
				t.Errorf("recorded %q, want %q", recorded, tt.recorded)
			}
		})
	}
}

func TestCompareTrees(t *testing.T) {
	a, b := t.TempDir(), t.TempDir()
	for name, texts := range map[string][2]string{
		"same":       {"x", "x"},
		"Makefile":   {"CC = gcc\n", "CC = ktcc\n"},
		"config.log": {"1", "2"},
		"config.h":   {"#define HAVE_X 1\n", "/* #undef HAVE_X */\n"},
	} {
		write(t, filepath.Join(a, name), texts[0])
		write(t, filepath.Join(b, name), texts[1])
	}
	write(t, filepath.Join(b, "new"), "")
	got, err := compareTrees(a, b, "ktcc", "gcc")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"config.h", "new"}, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestTable(t *testing.T) {
	reports := []*Report{
		{Name: "one 1.0", Tested: true, Results: []*Result{
			{Unit: &Unit{Peak: 30 << 20}, Instrumented: true, Variables: 3, Functions: 2, Types: 5,
				Reasons: map[string]int{"thread-local variable": 2}},
			{Unit: &Unit{}, Instrumented: true, Variables: 1, Types: 1, Unnamed: []string{"struct s"},
				Mismatches: []string{"x", "y"}, Problems: []string{"z"}},
		}, Costs: []Cost{{110 * time.Millisecond, 100 * time.Millisecond}, {390 * time.Millisecond, 300 * time.Millisecond},
			{50 * time.Millisecond, 50 * time.Millisecond}}},
		{Name: "two 2.0", Results: []*Result{{Unit: &Unit{Peak: 40 << 20}}}},
	}
	const want = `| program | units | instrumented | failed | variables | functions | types | mismatches | CPU, median | CPU, all | peak memory | own tests |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|
| one 1.0 | 2 | 2 | 1 | 4 | 2 | 6 | 2 | +10.0 % | +22.2 % | 30 MB | pass |
| two 2.0 | 1 | 0 | 0 | 0 | 0 | 0 | 0 | | | 40 MB | |
| all | 3 | 2 | 1 | 4 | 2 | 6 | 2 | +10.0 % | +22.2 % | 40 MB | |

| not registered | symbols |
|---|--:|
| thread-local variable | 2 |

1 types cannot be named outside of a function, and were not checked.
`
	var got strings.Builder
	WriteTable(&got, reports)
	if d := cmp.Diff(want, got.String()); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}
