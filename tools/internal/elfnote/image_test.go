package elfnote

import (
	"bytes"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// An update as ktcc, xfgen and the linker make them, as far as doupd reads it:
// the structures are those of kitsune_abi.h.
const update = `
#include <stdint.h>
struct unit { uint32_t abi, symbol_size; const char *file, *ns; char summary[65]; };
struct predecessor { const char *file, *summary; };
static const struct unit one __attribute__((section("kitsune_units"), used, aligned(sizeof(void *)))) =
	{1, 64, "one.c", 0, ONE};
static const struct unit two __attribute__((section("kitsune_units"), used, aligned(sizeof(void *)))) =
	{1, 64, "lib/two.c", "two", TWO};
static const struct predecessor before[] __attribute__((section("kitsune_predecessors"), used)) =
	{{"one.c", TWO}, {"gone.c", ONE}};
struct { uint32_t abi; } kitsune_image = {1};
void _kitsune_transform_table(void) {}
`

var one, two = strings.Repeat("1a", 32), strings.Repeat("2b", 32)

// link returns the path of an update.
func link(t testing.TB, flags ...string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "update.so")
	args := append([]string{"-shared", "-fPIC", "-nostdlib", "-Wl,--build-id=sha1", "-o", out,
		fmt.Sprintf("-DONE=%q", one), fmt.Sprintf("-DTWO=%q", two), "-x", "c", "-"}, flags...)
	cmd := exec.Command(compiler(), args...)
	cmd.Stdin = strings.NewReader(update)
	if msg, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, msg)
	}
	return out
}

func TestReadImage(t *testing.T) {
	for _, c := range []struct {
		flags string
		want  Libraries
	}{
		{"", Libraries{}},
		{"-O2 -fno-toplevel-reorder -s", Libraries{}},
		{"-Wl,-z,pack-relative-relocs", Libraries{}},
		{"-Wl,--no-as-needed,-rpath,/opt/a:$ORIGIN/b,--enable-new-dtags -lm",
			Libraries{Needed: []string{"libm.so.6"}, RunPath: []string{"/opt/a", "$ORIGIN/b"}}},
		{"-Wl,--no-as-needed,-rpath,/opt/a,--disable-new-dtags -lm",
			Libraries{Needed: []string{"libm.so.6"}, RPath: []string{"/opt/a"}}},
	} {
		im, err := ReadImage(link(t, strings.Fields(c.flags)...))
		if err != nil {
			t.Errorf("%q: %v", c.flags, err)
			continue
		}
		if len(im.BuildID) != 40 || im.ABI != 1 || !im.Transformers {
			t.Errorf("%q: build id %q, ABI %d, transformers %v", c.flags, im.BuildID, im.ABI, im.Transformers)
		}
		if diff := cmp.Diff([]Unit{{"one.c", one}, {"lib/two.c", two}}, im.Units); diff != "" {
			t.Errorf("%q: units (-want +got)\n%s", c.flags, diff)
		}
		if diff := cmp.Diff([]Unit{{"one.c", two}, {"gone.c", one}}, im.Predecessors); diff != "" {
			t.Errorf("%q: predecessors (-want +got)\n%s", c.flags, diff)
		}
		if diff := cmp.Diff(c.want, im.Libraries); diff != "" {
			t.Errorf("%q: libraries (-want +got)\n%s", c.flags, diff)
		}
	}
}

func TestReadImageErrors(t *testing.T) {
	data, err := os.ReadFile(link(t))
	if err != nil {
		t.Fatal(err)
	}
	object := bytes.Clone(data)
	object[16] = byte(elf.ET_EXEC)
	for _, c := range []struct {
		name, want string
		data       []byte
	}{
		{"empty", "is empty", nil},
		{"text", "is not an ELF file", []byte("int main(void);\n")},
		{"half", "is cut off", data[:len(data)/2]},
		{"executable", "is not a shared object", object},
		{"without the runtime", "does not contain the Kitsune runtime",
			bytes.ReplaceAll(data, []byte("kitsune_image\x00"), []byte("another_image\x00"))},
		{"a hash without an end", "is damaged", bytes.ReplaceAll(data, []byte(two+"\x00"), []byte(two+"x"))},
	} {
		path := filepath.Join(t.TempDir(), "a.so")
		if err := os.WriteFile(path, c.data, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadImage(path); err == nil || !strings.HasPrefix(err.Error(), path+" "+c.want) {
			t.Errorf("%s: %v; want %q", c.name, err, c.want)
		}
	}
}

// Whatever a file says, reading it comes to an end, with an image or an error.
func FuzzReadImage(f *testing.F) {
	for _, flags := range []string{"", "-Wl,-z,pack-relative-relocs"} {
		data, err := os.ReadFile(link(f, strings.Fields(flags)...))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { readImage(bytes.NewReader(data)) })
}
