package gen

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt/kttest"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/match"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/xf"
)

var update = flag.Bool("update", false, "write the files that the tests compare to")

// generate returns what is generated for two summaries and rules.
func generate(t *testing.T, old, new *ktt.Summary, rules string) []byte {
	t.Helper()
	var diags diag.List
	f := xf.Parse("rules.xf", []byte(rules), &diags)
	result, found := match.Match(old, new, f)
	diags = append(diags, found...)
	if diags.Errors() > 0 {
		var b strings.Builder
		diags.Write(&b, diag.Sources{"rules.xf": []byte(rules)})
		t.Fatal(b.String())
	}
	text, err := Generate(result, "xform.c")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestGenerate compares what is generated for each directory in testdata to
// the file xform.c there, and compiles it without a warning.
func TestGenerate(t *testing.T) {
	dirs, err := filepath.Glob("testdata/*/old.c")
	if err != nil || len(dirs) == 0 {
		t.Fatal("no inputs", err)
	}
	for _, old := range dirs {
		dir := filepath.Dir(old)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			read := func(name string) string {
				text, err := os.ReadFile(filepath.Join(dir, name))
				if err != nil {
					t.Fatal(err)
				}
				return string(text)
			}
			file := filepath.Base(dir) + ".c"
			oldUnit, newUnit := kttest.Summary(t, file, read("old.c")), kttest.Summary(t, file, read("new.c"))
			got := generate(t, oldUnit, newUnit, read("rules.xf"))
			golden := filepath.Join(dir, "xform.c")
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if d := cmp.Diff(read("xform.c"), string(got)); d != "" {
				t.Errorf("%s: -want +got (go test -update accepts it):\n%s", golden, d)
			}
			if again := generate(t, oldUnit, newUnit, read("rules.xf")); !bytes.Equal(got, again) {
				t.Error("the same input gives another file")
			}
			compile(t, got)
		})
	}
}

// compile checks that compilers have nothing to say about a generated file.
func compile(t *testing.T, text []byte) {
	t.Helper()
	for _, compiler := range compilers() {
		if out, err := cc(t, compiler, text, "-Werror"); err != nil {
			t.Errorf("%s: %v\n%s", compiler, err, out)
		}
		// The pragmas are for user code: generated code does without them.
		strict := regexp.MustCompile(`(?m)^#pragma GCC diagnostic .*$`).ReplaceAll(text, nil)
		out, err := cc(t, compiler, strict, "-Wno-unused-parameter")
		if err != nil {
			t.Errorf("%s: %v\n%s", compiler, err, out)
		}
		for line := range strings.Lines(out) {
			if strings.HasPrefix(line, "xform.c:") && strings.Contains(line, "warning:") {
				t.Errorf("%s: %s", compiler, line)
			}
		}
	}
}

// compilers returns the C compiler and, where there is one, clang.
func compilers() []string {
	first := os.Getenv("CC")
	if first == "" {
		first = "cc"
	}
	if _, err := exec.LookPath("clang"); err != nil || first == "clang" {
		return []string{first}
	}
	return []string{first, "clang"}
}

// cc compiles text with warnings, and returns what the compiler says.
func cc(t *testing.T, compiler string, text []byte, flags ...string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "xform.c"), text, 0o644); err != nil {
		t.Fatal(err)
	}
	include, err := filepath.Abs("../../../runtime/include")
	if err != nil {
		t.Fatal(err)
	}
	args := append([]string{"-std=gnu17", "-O2", "-Wall", "-Wextra", "-fPIC", "-c", "-I", include, "xform.c"}, flags...)
	cmd := exec.Command(compiler, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestLines checks that the compiler's complaints lead to the right lines of
// the .xf file and of the generated file.
func TestLines(t *testing.T) {
	src := "struct s { int i; long j; } x; int y; int z;"
	rules := `{ int preamble = unknown_1; }
struct s.i -> struct s.i: {
	$out =
		unknown_2;
	if ($xform(
		struct s,
		struct s) == unknown_3) return;
}
y -> y: { unknown_4; }

z -> z: {

	unknown_5;

}`
	text := generate(t, kttest.Summary(t, "a.c", src), kttest.Summary(t, "a.c", src), rules)
	out, err := cc(t, compilers()[0], text)
	if err == nil {
		t.Fatal("it compiles")
	}
	for unknown, line := range map[string]int{"unknown_1": 1, "unknown_2": 4, "unknown_3": 7, "unknown_4": 9, "unknown_5": 13} {
		want := regexp.MustCompile(fmt.Sprintf(`(?m)^rules\.xf:%d:.* error: .*%s`, line, unknown))
		if !want.MatchString(out) {
			t.Errorf("no complaint about line %d and %s in\n%s", line, unknown, out)
		}
	}
	for i, line := range strings.Split(string(text), "\n") {
		if strings.HasPrefix(line, "#line ") && strings.HasSuffix(line, ` "xform.c"`) {
			if want := fmt.Sprintf(`#line %d "xform.c"`, i+2); line != want {
				t.Errorf("line %d is %q, want %q", i+1, line, want)
			}
		}
	}
}

// TestOddNames has names that have to be escaped in C.
func TestOddNames(t *testing.T) {
	src := "static int x;"
	file := "a \"b\\, */c.c"
	s := kttest.Summary(t, file, src)
	text := generate(t, s, s, "")
	compile(t, text)
	if !strings.Contains(string(text), `"a \"b\\, */c.c"`) {
		t.Error("the name of the file is not there")
	}
}

func TestWrap(t *testing.T) {
	long := strings.Repeat("x", 60)
	for _, c := range []struct{ line, want string }{
		{"\tf(a, b);", "\tf(a, b);"},
		{"\tf(" + long + ", " + long + ", b);", "\tf(" + long + ",\n\t\t" + long + ", b);"},
		{"\tint *v = " + long + long + ";", "\tint *v =\n\t\t" + long + long + ";"},
		{"\tf(\"" + long + ", " + long + "\\\", \", b);", "\tf(\"" + long + ", " + long + "\\\", \",\n\t\tb);"},
		{long + long, long + long},
	} {
		if got := wrap(c.line); got != c.want {
			t.Errorf("wrap(%q) =\n%s\nwant\n%s", c.line, got, c.want)
		}
	}
}
