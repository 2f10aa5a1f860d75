package instrument

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/cfront"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/dump"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/elfnote"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

var update = flag.Bool("update", false, "write the golden files")

// compiler returns the native compiler.
func compiler() string {
	if cc := os.Getenv("CC"); cc != "" {
		return cc
	}
	return "cc"
}

// run runs a command and returns what it prints.
func run(t *testing.T, stdin []byte, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stdin = bytes.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// golden compares got with the content of a file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; go test -update accepts):\n%s", name, diff)
	}
}

func parse(t *testing.T, name string, o Options) *Unit {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	source, err := cfront.Parse(text, cfront.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(source.Diagnostics) > 0 {
		t.Errorf("%s: %v", name, source.Diagnostics[0])
	}
	if o.MapFile == nil {
		o.MapFile = func(s string) string { return s }
	}
	o.Target = "test"
	return New(source, o)
}

// object compiles a unit and returns the object's file name, sealed, with its
// summary.
func object(t *testing.T, u *Unit, flags ...string) (string, *ktt.Unit) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "unit.o")
	args := append(flags, "-c", "-o", name, "-x", "cpp-output", "-")
	if out := run(t, u.Text(nil), compiler(), args...); out != "" {
		t.Errorf("%s: %s", strings.Join(flags, " "), out)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	o, err := elfnote.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	section, err := o.Section()
	if err != nil {
		t.Fatal(err)
	}
	summary, err := u.Summary(section, o.ByteOrder())
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := summary.Encode()
	if err != nil {
		t.Fatal(err)
	}
	hash, err := summary.Hash()
	if err != nil {
		t.Fatal(err)
	}
	if data, err = o.Seal(encoded, Placeholder, hash); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return name, summary
}

// The structures in the text are those of the runtime.
func TestABI(t *testing.T) {
	u := parse(t, "testdata/statics.i", Options{})
	var text strings.Builder
	text.WriteString("#include \"kitsune_abi.h\"\n")
	text.WriteString(u.head())
	for _, s := range []struct {
		name   string
		fields []string
	}{
		{"unit", []string{"abi", "symbol_size", "file", "ns", "summary"}},
		{"symbol", []string{"unit", "name", "func", "file", "addr", "size", "stride", "flags"}},
	} {
		fmt.Fprintf(&text, "_Static_assert(sizeof(struct __kt_%s) == sizeof(struct kitsune_%s), \"%s\");\n", s.name, s.name, s.name)
		for _, f := range s.fields {
			fmt.Fprintf(&text, "_Static_assert(offsetof(struct __kt_%s, %s) == offsetof(struct kitsune_%s, %s), \"%s\");\n",
				s.name, f, s.name, f, f)
			fmt.Fprintf(&text, "_Static_assert(sizeof(((struct __kt_%s *)0)->%s) == sizeof(((struct kitsune_%s *)0)->%s), \"%s\");\n",
				s.name, f, s.name, f, f)
		}
	}
	for ours, theirs := range map[string]string{"__kt_is_function": "KITSUNE_SYMBOL_FUNCTION",
		"__kt_is_static": "KITSUNE_SYMBOL_STATIC", "__kt_is_readonly": "KITSUNE_SYMBOL_READONLY",
		"__kt_automigrate": "KITSUNE_SYMBOL_AUTOMIGRATE"} {
		fmt.Fprintf(&text, "_Static_assert((int)%s == (int)%s, \"%s\");\n", ours, theirs, ours)
	}
	fmt.Fprintf(&text, "_Static_assert(KITSUNE_ABI == 1, \"version\");\n")
	fmt.Fprintf(&text, "_Static_assert(sizeof(\"%s\") == sizeof(((struct kitsune_unit *)0)->summary), \"hash\");\n", Placeholder)
	run(t, []byte(text.String()), compiler(), "-I", "../../../runtime/include", "-fsyntax-only", "-w", "-x", "c", "-")
}

// What is inserted, and that it compiles without a warning in any dialect that
// the source itself is written in.
func TestText(t *testing.T) {
	for _, name := range []string{"statics", "locals", "layouts"} {
		u := parse(t, filepath.Join("testdata", name+".i"), Options{})
		golden(t, filepath.Join("testdata", name+".text"), string(u.Text(nil)))
		strict := []string{"-Wall", "-Wextra", "-Werror", "-Wcast-qual", "-Wshadow", "-Wconversion", "-Wredundant-decls",
			"-Wno-unused-function", "-Wno-unused-parameter"}
		for _, flags := range []string{"-O0", "-O2 -fPIC", "-O3 -g", "-Os -ffunction-sections -fdata-sections",
			"-std=c99 -pedantic", "-std=gnu17 -O2 -fno-pic -fno-pie"} {
			if name == "layouts" && strings.Contains(flags, "pedantic") {
				continue // it is full of extensions
			}
			object(t, parse(t, filepath.Join("testdata", name+".i"), Options{}), append(strings.Fields(flags), strict...)...)
		}
	}
}

func TestSummary(t *testing.T) {
	for _, name := range []string{"statics", "locals", "layouts"} {
		u := parse(t, filepath.Join("testdata", name+".i"), Options{})
		file, _ := object(t, u, "-O2")
		s, err := ktt.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := dump.Write(&b, s); err != nil {
			t.Fatal(err)
		}
		golden(t, filepath.Join("testdata", name+".summary"), b.String())
	}
}

// With a seal, the text alone is enough.
func TestSealedText(t *testing.T) {
	u := parse(t, "testdata/layouts.i", Options{})
	_, want := object(t, u, "-O2")
	summary, err := want.Encode()
	if err != nil {
		t.Fatal(err)
	}
	hash, err := want.Hash()
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "unit.o")
	text := u.Text(&Seal{Summary: summary, Hash: hash})
	run(t, text, compiler(), "-O2", "-c", "-o", out, "-x", "cpp-output", "-")
	got, err := ktt.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]*ktt.Unit{want}, got.Units); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if data, err := os.ReadFile(out); err != nil || !bytes.Contains(data, []byte(hash)) {
		t.Errorf("the object does not contain its hash (%v)", err)
	}
	if bytes.Contains(text, []byte("__kt_constants")) || bytes.Contains(text, []byte("__kt_copy")) {
		t.Error("the sealed text contains what is needed for its summary only")
	}
}

// program links a unit with a main file of ours and returns what it prints.
func program(t *testing.T, u *Unit, source string, flags ...string) string {
	t.Helper()
	file, _ := object(t, u, slices.DeleteFunc(slices.Clone(flags), func(f string) bool { return strings.HasPrefix(f, "-Wl,") })...)
	exe := filepath.Join(t.TempDir(), "program")
	run(t, nil, compiler(), append(slices.Clone(flags), "-I", "../../../runtime/include", "-o", exe, file, source)...)
	return run(t, nil, exe)
}

// What a program finds of its own descriptors. The order is the compiler's.
func TestDescriptors(t *testing.T) {
	const want = `unit src/statics.c -
callback - - 8 8 automigrate
counter - - 4 4 automigrate
helper - - 0 0 function static
limits - - 16 8 readonly
lists - - 48 16 static automigrate
main - - 0 0 function
manual - - 8 8
calls helper - 8 8 static automigrate
calls___0 helper - 1 1 static automigrate
hits in_header src/list.h 4 4 static automigrate
total helper - 16 8 static automigrate
`
	for _, flags := range []string{"-O0", "-O2", "-O3 -fPIC", "-Os -ffunction-sections -fdata-sections -Wl,--gc-sections"} {
		u := parse(t, "testdata/statics.i", Options{})
		got := program(t, u, "testdata/descriptors.c", strings.Fields(flags)...)
		if diff := cmp.Diff(sortLines(want), sortLines(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", flags, diff)
		}
	}
}

func sortLines(s string) []string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	slices.Sort(lines)
	return lines
}

func TestPolicies(t *testing.T) {
	tests := []struct {
		name  string
		o     Options
		roots []string
	}{
		{"default", Options{}, []string{"callback", "counter", "src/list.h/in_header#hits", "src/statics.c/helper#calls",
			"src/statics.c/helper#calls___0", "src/statics.c/helper#total", "src/statics.c/lists"}},
		{"no automigration", Options{NoMigrate: true}, []string{}},
		{"no registration", Options{NoRegister: true}, []string{}},
		{"prefix map", Options{MapFile: func(s string) string { return strings.TrimPrefix(s, "src/") }},
			[]string{"callback", "counter", "list.h/in_header#hits", "statics.c/helper#calls", "statics.c/helper#calls___0",
				"statics.c/helper#total", "statics.c/lists"}},
	}
	for _, tt := range tests {
		u := parse(t, "testdata/statics.i", tt.o)
		_, s := object(t, u)
		if diff := cmp.Diff(tt.roots, s.Roots); diff != "" {
			t.Errorf("%s: roots (-want +got):\n%s", tt.name, diff)
		}
		if got := bytes.Contains(u.Text(nil), []byte(`section("kitsune_symbols")`)); got == tt.o.NoRegister {
			t.Errorf("%s: descriptors: %v", tt.name, got)
		}
		if n := len(s.Vars); n != 9 {
			t.Errorf("%s: %d variables", tt.name, n)
		}
	}
}

func TestWarnings(t *testing.T) {
	for name, want := range map[string]string{
		"statics": "src/statics.c:5: thread-local variable per_thread is not carried over by updates",
		"locals":  "locals.c:16: in_case is not noted: a jump can enter its block past the declaration; give it a block of its own",
		"layouts": "",
	} {
		var got []string
		for _, w := range parse(t, filepath.Join("testdata", name+".i"), Options{}).Warnings {
			got = append(got, fmt.Sprintf("%s: %s", w.Pos, w.Text))
		}
		if g := strings.Join(got, "\n"); g != want {
			t.Errorf("%s: got %q, want %q", name, g, want)
		}
	}
}

// The variables that are noted at each call, in a program that jumps about.
func TestNotes(t *testing.T) {
	for _, flags := range []string{"-O0", "-O2", "-O2 -fsanitize=address,undefined"} {
		got := program(t, parse(t, "testdata/locals.i", Options{}), "testdata/notes.c", strings.Fields(flags)...)
		golden(t, "testdata/locals.notes", got)
	}
}

func TestDamagedConstants(t *testing.T) {
	u := parse(t, "testdata/statics.i", Options{})
	words := func(w ...uint64) []byte {
		var b []byte
		for _, x := range w {
			b = append(b, byte(x), byte(x>>8), byte(x>>16), byte(x>>24), byte(x>>32), byte(x>>40), byte(x>>48), byte(x>>56))
		}
		return b
	}
	for name, section := range map[string][]byte{
		"empty":         nil,
		"garbage":       []byte("not what was asked for, but long enough to be it"),
		"unknown place": words(magic, 99, 0),
		"wrong number":  words(magic, 0, 1, 5),
		"cut off":       words(magic, 0),
	} {
		if _, err := u.Summary(section, binary.LittleEndian); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestQuote(t *testing.T) {
	for s, want := range map[string]string{
		`a"b\c`:  `"a\"b\\c"`,
		"a??/b":  `"a\?\?/b"`,
		"\n\x7f": `"\012\177"`,
		"é":      `"é"`,
	} {
		if got := quote(s); got != want {
			t.Errorf("%q: got %s, want %s", s, got, want)
		}
	}
}
