package xf

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
)

// TestReadFile reads main.xf of each archive in testdata/include. The file want
// says which files and rules have been read, and what is wrong.
func TestReadFile(t *testing.T) {
	here, err := os.Getwd() // the subtests leave it
	if err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(here, "testdata/include/*.txtar"))
	if err != nil || len(names) == 0 {
		t.Fatal("no inputs", err)
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			archive := txtar.Parse(text)
			want := &archive.Files[len(archive.Files)-1]
			for _, f := range archive.Files[:len(archive.Files)-1] {
				file := filepath.Join(dir, f.Name)
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, f.Data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			t.Chdir(dir)
			var diags diag.List
			f, src, err := ReadFile("main.xf", &diags)
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			for _, g := range f.Files() {
				b.WriteString(g.Name)
				for _, h := range f.Files() {
					if g.Overrides(h) {
						fmt.Fprintf(&b, " >%s", h.Name)
					}
				}
				b.WriteByte('\n')
				if g.Preamble != nil {
					fmt.Fprintf(&b, "\t{%s}\n", g.Preamble.Text)
				}
				for _, r := range g.Rules {
					fmt.Fprintf(&b, "\t%s\n", r.Labels[0])
				}
			}
			if err := diags.Write(&b, src); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want.Data), b.String()); d == "" {
				return
			} else if !*update {
				t.Errorf("-want +got (go test -update accepts it):\n%s", d)
				return
			}
			want.Data = []byte(b.String())
			if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestReadFileAbsent(t *testing.T) {
	var diags diag.List
	if _, _, err := ReadFile("testdata/none.xf", &diags); !os.IsNotExist(err) || len(diags) > 0 {
		t.Errorf("got error %v, %v", err, diags)
	}
}

// TestIncludeDepth includes a file from a file, and so on: as deep as is allowed,
// and then one more.
func TestIncludeDepth(t *testing.T) {
	dir := t.TempDir()
	name := func(i int) string { return filepath.Join(dir, fmt.Sprintf("f%d.xf", i)) }
	for i := range maxDepth + 2 {
		if err := os.WriteFile(name(i), fmt.Appendf(nil, "\ninclude %q", filepath.Base(name(i+1))), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(name(maxDepth+1), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for first, want := range map[int]string{
		0: name(maxDepth) + ":2:1: includes are nested more than 100 deep",
		1: "",
	} {
		var diags diag.List
		if _, _, err := ReadFile(name(first), &diags); err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, d := range diags {
			got += d.Pos.String() + ": " + d.Text
		}
		if got != want {
			t.Errorf("from file %d: %q, want %q", first, got, want)
		}
	}
}
