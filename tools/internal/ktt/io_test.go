package ktt_test

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt/kttest"
)

func sample(t testing.TB) *ktt.Summary {
	return &ktt.Summary{Units: []*ktt.Unit{
		kttest.Unit(t, "a.c", `
			enum color { RED, GREEN = 7 };
			struct list { struct list *next; void E_T(@t) *v; unsigned n : 3; } E_GENERIC(@t);
			typedef struct list E_G(int) ints;
			ints * E_PTRARRAY(4) lists;
			static enum color color;
			int (*handler)(const char *, ...);
			union { int i; float f; } u;
			struct s;
			struct s * E_OPAQUE hidden;
			char buffer[100];
			void f(void) {}`),
		kttest.Unit(t, "<b>&.c", "int b KEY(main#b);"),
	}}
}

func TestRoundTrip(t *testing.T) {
	s := sample(t)
	name := filepath.Join(t.TempDir(), "s.ktt")
	if err := s.WriteFile(name); err != nil {
		t.Fatal(err)
	}
	got, err := ktt.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(s, got); d != "" {
		t.Errorf("-written +read:\n%s", d)
	}
	text, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(text, []byte("\n")); n != 2 {
		t.Errorf("%d lines for 2 units", n)
	}
	if !bytes.Contains(text, []byte("<b>&.c")) {
		t.Error("characters are escaped that need not be")
	}
}

func TestHash(t *testing.T) {
	a, b := sample(t).Units[0], sample(t).Units[0]
	ha, err := a.Hash()
	if err != nil || len(ha) != 64 {
		t.Fatalf("hash %q, %v", ha, err)
	}
	if hb, _ := b.Hash(); hb != ha {
		t.Error("equal units have different hashes")
	}
	b.Types[1].Line, b.Types[1].Fields[0].Line, b.Vars[0].Line, b.Literals = 1, 2, 3, map[string]int{"name": 4}
	if hb, _ := b.Hash(); hb != ha {
		t.Error("what only people need to know is part of the hash")
	}
	if b.Types[1].Line != 1 || b.Types[1].Fields[0].Line != 2 || b.Vars[0].Line != 3 || b.Literals == nil {
		t.Error("the hash has changed the unit")
	}
	b.Roots = nil
	if hb, _ := b.Hash(); hb == ha {
		t.Error("different units have equal hashes")
	}
}

func TestDecodeErrors(t *testing.T) {
	unit := func(types, vars string) string {
		return `{"ktt":1,"file":"a.c","target":"x","types":[` + types + `],"vars":[` + vars + `],"funcs":[],"roots":[]}`
	}
	v := func(typ string) string { return unit("", `{"key":"v","type":`+typ+`,"size":1}`) }
	deep := strings.Repeat(`{"kind":"pointer","elem":`, 2000) + `{"kind":"void"}` + strings.Repeat("}", 2000)
	for _, c := range []struct{ text, want string }{
		{"hello", "not a type summary"},
		{"{}", "no format version"},
		{`[1]`, "no format version"},
		{`{"ktt":2,"whatever":true}`, "format 2; this program reads format 1"},
		{`{"ktt":1,"unknown":1}`, "unknown field"},
		{unit("", "") + "{", "not a type summary"},
		{unit("null", ""), "empty type"},
		{unit("", "null"), "empty variable"},
		{unit(`{"kind":"class","name":"c"}`, ""), `unknown kind of type "class"`},
		{unit(`{"kind":"struct","name":"s","fields":[null]}`, ""), "struct s: empty field"},
		{unit(`{"kind":"struct","name":"s","fields":[{"name":"f","type":null,"offset":0,"size":0}]}`, ""),
			"struct s.f: missing type"},
		{unit(`{"kind":"enum","name":"e","values":[null]}`, ""), "enum e: empty enumerator"},
		{unit(`{"kind":"typedef","name":"t"}`, ""), "typedef t: missing type"},
		{strings.Replace(unit("", ""), `"funcs":[]`, `"funcs":[null]`, 1), "empty function"},
		{v(`{"kind":"tree"}`), `unknown kind "tree"`},
		{v(`{"kind":"array"}`), "missing type"},
		{v(`{"kind":"pointer","shape":"many","elem":{"kind":"void"}}`), "without a length"},
		{v(`{"kind":"function","elem":{"kind":"void"},"params":[null]}`), "missing type"},
		{v(`{"kind":"ref","name":"x"}`), "unknown kind"},
		{v(`{"kind":"ref","def":"struct","name":"x","args":[null]}`), "missing generic argument"},
		{v(`{"kind":"ref","def":"struct","name":"x","args":[{}]}`), "missing type"},
		{v(deep), "nested too deeply"},
	} {
		s, err := ktt.Decode([]byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.80s: got %v, %v, want an error with %q", c.text, s, err, c.want)
		}
	}
	if s, err := ktt.Decode(nil); err != nil || len(s.Units) != 0 {
		t.Errorf("nothing: got %v, %v", s, err)
	}
}

// FuzzDecode reads what is nearly a summary. What is accepted is what
// encoding/json finds; it can be written and read again, and joined to a program.
func FuzzDecode(f *testing.F) {
	text, err := sample(f).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	for _, line := range bytes.SplitAfter(text, []byte("\n")) {
		f.Add(line)
		f.Add(line[:len(line)/2])
	}
	f.Add([]byte(`{"ktt":1,"target":"x","types":[{"kind":"enum","name":"e","values":[]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := ktt.Decode(data)
		if err != nil {
			return
		}
		if d := cmp.Diff(byJSON(t, data), s.Units); d != "" {
			t.Fatalf("-encoding/json +read:\n%s", d)
		}
		text, err := s.Encode()
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		again, err := ktt.Decode(text)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, text)
		}
		if d := cmp.Diff(s, again, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("-read +written and read again:\n%s", d)
		}
		p := s.Program()
		for _, u := range p.Units {
			for _, d := range u.Types {
				p.Type(d.Ref())
				p.Conflict(d.Ref())
			}
		}
	})
}

func TestReadELF(t *testing.T) {
	dir := t.TempDir()
	s := sample(t)
	a, b := &ktt.Summary{Units: s.Units[:1]}, &ktt.Summary{Units: s.Units[1:]}
	object := func(name string, s *ktt.Summary) string {
		src := filepath.Join(dir, name+".s")
		text := ".text\n"
		if s != nil {
			if err := s.WriteFile(filepath.Join(dir, name+".ktt")); err != nil {
				t.Fatal(err)
			}
			text += ".section " + ktt.Section + ",\"\",@progbits\n.incbin \"" + name + ".ktt\"\n"
		}
		text += ".section .note.GNU-stack,\"\",@progbits\n"
		if err := os.WriteFile(src, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		cc(t, dir, "-c", name+".s", "-o", name+".o")
		return filepath.Join(dir, name+".o")
	}
	object("a", a)
	object("b", b)
	none := object("none", nil)
	cc(t, dir, "-shared", "-nostdlib", "a.o", "none.o", "b.o", "-o", "all.so")
	got, err := ktt.ReadFile(filepath.Join(dir, "all.so"))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(s, got); d != "" {
		t.Errorf("-written +read from the shared object:\n%s", d)
	}
	if _, err := ktt.ReadFile(none); !errors.Is(err, ktt.ErrNoSummary) || !strings.Contains(err.Error(), none) {
		t.Errorf("an object without summary: %v", err)
	}
	truncated := filepath.Join(dir, "truncated.o")
	enlargeSection(t, filepath.Join(dir, "a.o"), truncated)
	if _, err := ktt.ReadFile(truncated); err == nil || !strings.Contains(err.Error(), "ends within the section") {
		t.Errorf("a file that ends too early: %v", err)
	}
	broken := filepath.Join(dir, "broken.so")
	if err := os.WriteFile(broken, []byte("\x7fELF and no more"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{broken, filepath.Join(dir, "missing.ktt"), dir} {
		if _, err := ktt.ReadFile(name); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error %v does not name it", name, err)
		}
	}
}

// enlargeSection copies an object, with a section for the summary that goes beyond
// the end of the file.
func enlargeSection(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	index := slices.IndexFunc(f.Sections, func(s *elf.Section) bool { return s.Name == ktt.Section })
	var file elf.Header64
	var section elf.Section64
	if _, err := binary.Decode(data, f.ByteOrder, &file); err != nil {
		t.Fatal(err)
	}
	header := data[file.Shoff+uint64(index)*uint64(file.Shentsize):]
	if _, err := binary.Decode(header, f.ByteOrder, &section); err != nil {
		t.Fatal(err)
	}
	section.Size += uint64(len(data))
	if _, err := binary.Encode(header, f.ByteOrder, &section); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// cc runs the C compiler in dir.
func cc(t *testing.T, dir string, args ...string) {
	t.Helper()
	compiler := os.Getenv("CC")
	if compiler == "" {
		compiler = "cc"
	}
	cmd := exec.Command(compiler, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
}
