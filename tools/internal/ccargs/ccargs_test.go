package ccargs

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// noFile is for command lines without response files.
func noFile(string) ([]byte, error) { return nil, os.ErrNotExist }

func mustParse(t *testing.T, line string) *Command {
	t.Helper()
	c, err := Parse(strings.Fields(line), noFile)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestClassify(t *testing.T) {
	tests := []struct {
		line   string
		mode   Mode
		inputs string // NAME:LANG ...
		output string
	}{
		{"-c x.c", Compile, "x.c:1", ""},
		{"-c dir/x.c -o out/x.o", Compile, "dir/x.c:1", "out/x.o"},
		{"-c -oout.o x.c", Compile, "x.c:1", "out.o"},
		{"-S x.i", Assemble, "x.i:2", ""},
		{"-c -S x.c", Assemble, "x.c:1", ""},
		{"a.c b.c c.o -lm -o prog", Link, "a.c:1 b.c:1 c.o:0", "prog"},
		{"-shared a.o -o a.so", Link, "a.o:0", "a.so"},
		{"-E x.c", Other, "x.c:1", ""},
		{"-M x.c", Other, "x.c:1", ""},
		{"-MM -c x.c", Other, "x.c:1", ""},
		{"-fsyntax-only x.c", Other, "x.c:1", ""},
		{"--version", Other, "", ""},
		{"-dumpmachine", Other, "", ""},
		{"-print-prog-name=ld", Other, "", ""},
		{"-v", Other, "", ""},
		{"", Other, "", ""},
		{"-c -x c -", Compile, "-:1", ""},
		{"-x c a.txt -x none b.c c.o -x cpp-output d", Link, "a.txt:1 b.c:1 c.o:0 d:2", ""},
		{"-xc a -xassembler b", Link, "a:1 b:3", ""},
		{"-c x.cc y.S z.C w.so.1", Compile, "x.cc:3 y.S:3 z.C:3 w.so.1:0", ""},

		// Operands that look like inputs.
		{"-I src.c -D x.c -include y.c -isystem z.c -MF w.c -c in.c", Compile, "in.c:1", ""},
		{"-DX=\"/etc/a.conf\" -I../src.core -c in.c", Compile, "in.c:1", ""},
		{"-Xlinker a.c -T b.c -u c.c -L d.c --param e.c in.c", Link, "in.c:1", ""},
		{"-dumpbase a.c -c in.c", Compile, "in.c:1", ""},

		// ktcc's own options, in any position and twice.
		{"-c in.c --doktsavetypes --typesfile-out=in.ktt --dostackvars -o o", Compile, "in.c:1", "o"},
		{"--typesfile-out a.c --gcc=b.c --typesfile-out=c.c -c in.c", Compile, "in.c:1", ""},
		{"--leavealone=x.c --keepunused --trueobj -c in.c", Compile, "in.c:1", ""},

		// An option at the end whose operand is missing is for the compiler to report.
		{"-c x.c -o", Compile, "x.c:1", ""},
	}
	for _, tt := range tests {
		c := mustParse(t, tt.line)
		var inputs []string
		for _, in := range c.Inputs {
			inputs = append(inputs, fmt.Sprintf("%s:%d", in.Name, in.Lang))
		}
		if got := strings.Join(inputs, " "); c.Mode != tt.mode || got != tt.inputs || c.Output != tt.output {
			t.Errorf("%s: mode %d, inputs %q, output %q; want %d, %q, %q", tt.line, c.Mode, got, c.Output,
				tt.mode, tt.inputs, tt.output)
		}
	}
}

func TestOptions(t *testing.T) {
	tests := []struct {
		line string
		want Options
	}{
		{"-c x.c", Options{}},
		{"--dostackvars --doglobalreg --doktsavetypes", Options{Instrument: true}},
		{"--dontstackvars --dontglobalreg --dontktsavetypes",
			Options{NoStackVars: true, NoRegister: true, NoSummary: true}},
		{"--dontstackvars --dostackvars", Options{Instrument: true}},
		{"--automigrate --noautomigrate", Options{NoMigrate: true}},
		{"--noautomigrate --automigrate", Options{}},
		{"--typesfile-out a.ktt --typesfile-out=b.ktt", Options{TypesFile: "b.ktt"}},
		{"--typesfile-out=a.ktt --typesfile-out b.ktt", Options{TypesFile: "b.ktt"}},
		{"--gcc=clang --ktcc-help", Options{Native: "clang", Help: true}},
	}
	for _, tt := range tests {
		if got := mustParse(t, tt.line).Ktcc; got != tt.want {
			t.Errorf("%s: got %+v, want %+v", tt.line, got, tt.want)
		}
	}
	for _, line := range []string{"--typesfile-out", "--typesfile-out=", "-c x.c --gcc="} {
		if _, err := Parse(strings.Fields(line), noFile); err == nil {
			t.Errorf("%s: no error", line)
		}
	}
}

func TestFacts(t *testing.T) {
	tests := []struct {
		line string
		got  func(*Command) any
		want any
	}{
		{"-std=gnu89", func(c *Command) any { return c.GNU89Inline }, true},
		{"-std=gnu11", func(c *Command) any { return c.GNU89Inline }, false},
		{"-ansi -fno-gnu89-inline", func(c *Command) any { return c.GNU89Inline }, false},
		{"-std=gnu2x", func(c *Command) any { return c.C23 }, true},
		{"-flto=auto", func(c *Command) any { return c.LTO }, true},
		{"-flto -fno-lto", func(c *Command) any { return c.LTO }, false},
		{"-flto -ffat-lto-objects", func(c *Command) any { return c.LTO }, true},
		{"-w", func(c *Command) any { return c.NoWarnings }, true},
		{"-Wall", func(c *Command) any { return c.NoWarnings }, false},
		{"-Wall -g -fcallgraph", func(c *Command) any { return c.AllHeaders }, false},
		{"-Wsystem-headers", func(c *Command) any { return c.AllHeaders }, true},
		{"-fopenmp", func(c *Command) any { return c.AllHeaders }, true},
		{"-fdump-tree-all", func(c *Command) any { return c.AllHeaders }, true},
		{"-fplugin=x.so", func(c *Command) any { return c.AllHeaders }, true},
		{"-save-temps", func(c *Command) any { return c.SaveTemps }, "."},
		{"--save-temps=dir", func(c *Command) any { return c.SaveTemps }, "dir"},
		{"-save-temps=obj", func(c *Command) any { return c.SaveTemps }, "obj"},
	}
	for _, tt := range tests {
		if got := tt.got(mustParse(t, tt.line)); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.line, got, tt.want)
		}
	}
}

func TestPhases(t *testing.T) {
	const line = "-O2 -g -DA -D B -I inc -include fmacros.h -include kitsune.h -Wall -c src/x.c -MMD -MP -lm -L lib " +
		"-Wl,-z,now -fPIC -o out/x.o --doktsavetypes y.o"
	c := mustParse(t, line)
	in := c.Inputs[0]
	tests := []struct {
		phase string
		got   []string
		want  string
	}{
		{"native", c.Native(nil), strings.Replace(line, " --doktsavetypes", "", 1)},
		{"preprocess", c.Preprocess(in, "-DK", "deps"), "-O2 -g -DA -D B -I inc -include fmacros.h " +
			"-include kitsune.h -Wall -MMD -MP -fPIC -E -DK -MF deps -MQ out/x.o -x c src/x.c"},
		{"compile", c.Compile(in, "tmp", false), "-O2 -g -Wall -c -fPIC -o tmp -x cpp-output -"},
		{"measure", c.Measure("tmp", true), "-O2 -g -Wall -fPIC -c -fno-lto -g0 -w -o tmp -x cpp-output -"},
		{"measure fast", c.Measure("tmp", false), "-O2 -g -Wall -fPIC -O0 -c -fno-lto -g0 -w -o tmp -x cpp-output -"},
		{"check", c.Check(in), "-O2 -g -DA -D B -I inc -include fmacros.h -include kitsune.h -Wall -fPIC -c " +
			"-o /dev/null -x c src/x.c"},
		{"target", c.TargetQuery(), "-O2 -g -Wall -fPIC -dumpmachine"},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, strings.Join(tt.got, " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.phase, diff)
		}
	}
}

// Arguments are handed on as they are, whatever is in them.
func TestVerbatim(t *testing.T) {
	args := []string{"-DMSG=\"a b\"", "-DX=<y;z&|>", "-I", "dir with blanks", "-c", "my file.c", ""}
	c, err := Parse(args, noFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(args, c.Native(nil)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	want := []string{"-DMSG=\"a b\"", "-DX=<y;z&|>", "-I", "dir with blanks", "-E", "-DK", "-x", "c", "my file.c"}
	if diff := cmp.Diff(want, c.Preprocess(c.Inputs[0], "-DK", "")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestReplaceInputs(t *testing.T) {
	tests := []struct{ line, want string }{
		{"a.c -O b.c c.o -o p -lm", "/t/a.o -O /t/b.o c.o -o p -lm"},
		{"-x c a.txt d.c c.o", "-x c -x none /t/a.o -x c -x none /t/d.o -x c c.o"},
		{"-x c a.txt -x none c.o d.c", "-x c -x none /t/a.o -x c -x none c.o /t/d.o"},
	}
	for _, tt := range tests {
		c := mustParse(t, tt.line)
		objects := make(map[Input]string)
		for _, in := range c.Inputs {
			if in.IsC() && in.Name != "c.o" {
				objects[in] = "/t/" + Stem(in.Name) + ".o"
			}
		}
		if got := strings.Join(c.Native(objects), " "); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.line, got, tt.want)
		}
	}
	c := mustParse(t, "-c a.c b.s")
	if got := strings.Join(c.Native(map[Input]string{c.Inputs[0]: ""}), " "); got != "-c b.s" {
		t.Errorf("without a.c: got %s", got)
	}
}

func TestNames(t *testing.T) {
	tests := []struct {
		line                  string
		object, deps, summary string
	}{
		{"-c dir/x.c", "x.o", "x.d", "dir/x.ktt"},
		{"-c dir/x.c -o out/y.obj", "out/y.obj", "out/y.d", "dir/x.ktt"},
		{"-c x.c -o noext -MF deps", "noext", "deps", "x.ktt"},
		{"-S a.b.c", "a.b.s", "a.b.d", "a.b.ktt"},
		{"-c src.core/q.c", "q.o", "q.d", "src.core/q.ktt"},
		{"-c q.i", "q.o", "q.d", "q.ktt"},
		{"-c q.c --typesfile-out=t/r.ekt", "q.o", "q.d", "t/r.ekt"},
		{"-c q.c --dontktsavetypes --typesfile-out=r.ktt", "q.o", "q.d", ""},
		{"-c -x c -", "-.o", "-.d", ""},
		{"-c -x c - --typesfile-out=r.ktt", "-.o", "-.d", "r.ktt"},
		{"-c .c", ".c.o", ".c.d", ".c.ktt"},
	}
	for _, tt := range tests {
		c := mustParse(t, tt.line)
		in := c.Inputs[0]
		got := [3]string{c.Object(in), c.DependencyFile(in), c.SummaryFile(in)}
		if want := [3]string{tt.object, tt.deps, tt.summary}; got != want {
			t.Errorf("%s: got %q, want %q", tt.line, got, want)
		}
	}
}

func TestAuxiliaryNames(t *testing.T) {
	cwd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ line, gcc, clang string }{
		{"-c --coverage d/x.c", "-dumpdir ./ -dumpbase x.c -dumpbase-ext .c", "CWD/x"},
		{"-c --coverage d/x.c -o out/y.o", "-dumpdir out/ -dumpbase y.c -dumpbase-ext .c", "CWD/out/y"},
		{"--coverage d/x.c -o out/prog", "-dumpdir out/prog- -dumpbase x.c -dumpbase-ext .c", "CWD/x"},
		{"--coverage d/x.c", "-dumpdir a- -dumpbase x.c -dumpbase-ext .c", "CWD/x"},
	}
	for _, tt := range tests {
		c := mustParse(t, tt.line)
		if got := strings.Join(c.Compile(c.Inputs[0], "tmp", false), " "); !strings.Contains(got, tt.gcc) {
			t.Errorf("%s: got %s, want %s in it", tt.line, got, tt.gcc)
		}
		want := strings.ReplaceAll("-Xclang -main-file-name -Xclang d/x.c -Xclang -coverage-notes-file -Xclang NAME.gcno "+
			"-Xclang -coverage-data-file -Xclang NAME.gcda", "NAME", strings.Replace(tt.clang, "CWD", cwd, 1))
		if got := strings.Join(c.Compile(c.Inputs[0], "tmp", true), " "); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s in it", tt.line, got, want)
		}
	}
}

func TestMapPrefix(t *testing.T) {
	tests := []struct{ line, name, want string }{
		{"", "a/b.c", "a/b.c"},
		{"-ffile-prefix-map=a/=", "a/b.c", "b.c"},
		{"-fmacro-prefix-map=a=x", "a/b.c", "x/b.c"},
		{"-fmacro-prefix-map=a=x -ffile-prefix-map=a/=y/", "a/b.c", "y/b.c"},
		{"-fmacro-prefix-map=a=x -ffile-prefix-map=b=y", "a/b.c", "x/b.c"},
		{"-fmacro-prefix-map=p=q=x", "p=q/b.c", "x/b.c"},
		{"-fdebug-prefix-map=a=x", "a/b.c", "a/b.c"},
		{"-fmacro-prefix-map=nothing", "nothing/b.c", "nothing/b.c"},
	}
	for _, tt := range tests {
		if got := mustParse(t, tt.line).MapPrefix(tt.name); got != tt.want {
			t.Errorf("%s: %s becomes %s, want %s", tt.line, tt.name, got, tt.want)
		}
	}
}

func TestResponseFiles(t *testing.T) {
	files := map[string]string{
		"objects": "a.o b.o\n-lm -L 'some dir' c.a",
		"flags":   `-DX="a b" -O2`,
		"source":  "x.c",
		"own":     "--typesfile-out=t.ktt",
		"loop":    "@loop @loop -c",
		"nested":  "@objects",
		"empty":   " \n",
		"quotes":  `'a b' "c'd" e\ f "g\"h" ""`,
	}
	read := func(name string) ([]byte, error) {
		if s, ok := files[name]; ok {
			return []byte(s), nil
		}
		return nil, os.ErrNotExist
	}
	tests := []struct {
		line   string
		native []string
		mode   Mode
	}{
		{"-shared @objects -o p", []string{"-shared", "@objects", "-o", "p"}, Link},
		{"@nested", []string{"@nested"}, Link},
		{"-c @flags x.c", []string{"-c", "-DX=a b", "-O2", "x.c"}, Compile},
		{"@source @objects", []string{"x.c", "@objects"}, Link},
		{"-c x.c @own", []string{"-c", "x.c"}, Compile},
		{"-c x.c @missing", []string{"-c", "x.c", "@missing"}, Compile},
		{"-c x.c @empty", []string{"-c", "x.c", "@empty"}, Compile},
		{"-c @quotes", []string{"-c", "@quotes"}, Compile},
	}
	for _, tt := range tests {
		c, err := Parse(strings.Fields(tt.line), read)
		if err != nil {
			t.Errorf("%s: %v", tt.line, err)
			continue
		}
		if diff := cmp.Diff(tt.native, c.Native(nil)); diff != "" || c.Mode != tt.mode {
			t.Errorf("%s: mode %d, want %d; arguments (-want +got):\n%s", tt.line, c.Mode, tt.mode, diff)
		}
	}
	if _, err := Parse([]string{"@loop", "x.c"}, read); err != nil {
		t.Errorf("a response file that names itself: %v", err)
	}
	want := []string{"a b", "c'd", "e f", `g"h`, ""}
	if diff := cmp.Diff(want, splitResponse([]byte(files["quotes"]))); diff != "" {
		t.Errorf("splitting (-want +got):\n%s", diff)
	}
}

// FuzzParse splits its input at NUL bytes. Whatever the arguments are, those
// that are not ktcc's reach the native compiler unchanged.
func FuzzParse(f *testing.F) {
	for _, line := range []string{"-c x.c -o x.o", "-I a -DX=1 -MMD -MF d @r --typesfile-out t x.c y.o -lm", "-x c - -xnone --gcc=cc -S",
		"-o", "--", "-@x", "@", "-std=gnu89 -Wl,a -Xlinker b"} {
		f.Add(strings.ReplaceAll(line, " ", "\x00"))
	}
	f.Fuzz(func(t *testing.T, line string) {
		args := strings.Split(line, "\x00")
		c, err := Parse(args, noFile)
		if err != nil {
			return
		}
		for _, in := range c.Inputs {
			c.Preprocess(in, "-D", "d")
			c.Compile(in, "o", false)
			c.Compile(in, "o", true)
			c.Check(in)
			c.Object(in)
			c.SummaryFile(in)
			c.DependencyFile(in)
		}
		rest := args
		for _, a := range c.Native(nil) {
			i := slices.Index(rest, a)
			if i < 0 && !strings.Contains(line, "--ccargs") {
				t.Fatalf("%q is not among the arguments, or not in their order", a)
			}
			rest = rest[i+1:]
		}
	})
}
