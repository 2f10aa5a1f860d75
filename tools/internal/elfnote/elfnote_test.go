package elfnote

import (
	"bytes"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

const placeholder = "HASH-HASH-HASH"

const source = `
static const struct { int n; const char *file, *hash_place; char hash[20]; } unit
	__attribute__((section("kitsune_units"), used)) = {1, "a.c", 0, "HASH-HASH-HASH"};
static const unsigned long long numbers[] __asm__(".Lnumbers")
	__attribute__((section(".kitsune.ktt"), used)) = {1, 2, 3};
int counter = 7;
int get(void) { return counter; }
`

// compile returns the object of a source.
func compile(t *testing.T, text string, flags ...string) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "a.o")
	cmd := exec.Command(compiler(), append(flags, "-c", "-o", out, "-x", "c", "-")...)
	cmd.Stdin = strings.NewReader(text)
	if msg, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, msg)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func compiler() string {
	if cc := os.Getenv("CC"); cc != "" {
		return cc
	}
	return "cc"
}

func TestSeal(t *testing.T) {
	for _, flags := range []string{"-O0", "-O2 -g -fPIC", "-Os -ffunction-sections -fdata-sections -gz"} {
		data := compile(t, source, strings.Fields(flags)...)
		o, err := Open(data)
		if err != nil {
			t.Fatal(err)
		}
		section, err := o.Section()
		if err != nil || len(section) != 24 || o.ByteOrder().Uint64(section[16:]) != 3 {
			t.Fatalf("%s: section %x, %v", flags, section, err)
		}
		summary := []byte("{\"ktt\":1}\n")
		sealed, err := o.Seal(summary, placeholder, "0123456789abcd")
		if err != nil {
			t.Fatal(err)
		}
		f, err := elf.NewFile(bytes.NewReader(sealed))
		if err != nil {
			t.Fatal(err)
		}
		s := f.Section(ktt.Section)
		if got, err := s.Data(); err != nil || !bytes.Equal(got, summary) || s.Flags != 0 || s.Addralign != 1 {
			t.Errorf("%s: section %q, flags %v, alignment %d, %v", flags, got, s.Flags, s.Addralign, err)
		}
		if got, err := f.Section("kitsune_units").Data(); err != nil || !bytes.Contains(got, []byte("0123456789abcd\x00")) {
			t.Errorf("%s: unit %q, %v", flags, got, err)
		}
		if symbols, err := f.Symbols(); err != nil {
			t.Error(err)
		} else {
			for _, s := range symbols {
				if strings.Contains(s.Name, "numbers") {
					t.Errorf("%s: symbol %s", flags, s.Name)
				}
			}
		}
	}
}

// The linker takes sealed objects, and concatenates their summaries.
func TestLink(t *testing.T) {
	dir := t.TempDir()
	args := []string{"-shared", "-nostdlib", "-Wl,--gc-sections", "-Wl,--fatal-warnings", "-o", filepath.Join(dir, "p.so")}
	want := ""
	for _, name := range []string{"one", "two"} {
		text := strings.NewReplacer("counter", name+"_counter", "get", name+"_get").Replace(source)
		data := compile(t, text, "-O2", "-g", "-fPIC")
		o, err := Open(data)
		if err != nil {
			t.Fatal(err)
		}
		summary := "{\"ktt\":1,\"file\":\"" + name + "\"}\n"
		sealed, err := o.Seal([]byte(summary), placeholder, "0123456789abcd")
		if err != nil {
			t.Fatal(err)
		}
		object := filepath.Join(dir, name+".o")
		if err := os.WriteFile(object, sealed, 0o644); err != nil {
			t.Fatal(err)
		}
		args = append(args, object)
		want += summary
	}
	if msg, err := exec.Command(compiler(), args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, msg)
	}
	lib, err := elf.Open(filepath.Join(dir, "p.so"))
	if err != nil {
		t.Fatal(err)
	}
	defer lib.Close()
	if got, err := lib.Section(ktt.Section).Data(); err != nil || string(got) != want {
		t.Errorf("linked: %q, %v; want %q", got, err, want)
	}
}

func TestErrors(t *testing.T) {
	if _, err := Open([]byte("int a;\n")); err == nil {
		t.Error("a text: no error")
	}
	plain := compile(t, "int a = 1;\n")
	o, err := Open(plain)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Section(); err == nil {
		t.Error("an object without the section: no error")
	}
	if _, err := o.Seal(nil, placeholder, placeholder); err == nil {
		t.Error("an object without sections to seal: no error")
	}
	data := compile(t, source)
	if o, err = Open(data); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Seal(nil, "another place", "0123456789abc"); err == nil {
		t.Error("no placeholder: no error")
	}
	if _, err := o.Seal(nil, placeholder, "short"); err == nil {
		t.Error("a hash of another length: no error")
	}
}
