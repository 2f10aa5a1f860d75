package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTree checks the tree that this file is in, which the link that Bazel makes of a source leads to as
// well.
func TestTree(t *testing.T) {
	mod, err := filepath.Abs(filepath.Join("..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if mod, err = filepath.EvalSymlinks(mod); err != nil {
		t.Fatal(err)
	}
	l := linter{root: filepath.Dir(mod)}
	if err := l.tree(); err != nil {
		t.Fatal(err)
	}
	for _, p := range l.problems {
		t.Error(p)
	}
	if t.Failed() {
		t.Log("mend what can be mended by a program with: ./bazelw run //tools/lint -- -fix")
	}
	if l.goFiles < 2 || l.bazelFiles < 2 {
		t.Errorf("%s has %d Go and %d Bazel files, and is not the tree it should be", l.root, l.goFiles, l.bazelFiles)
	}
}

func TestLint(t *testing.T) {
	const bzl = `"""A file."""` + "\n"
	for _, test := range []struct {
		name, file, src string
		problems        []string
		fixed           string // with -fix; "" if nothing changes
		left            []string
	}{
		{name: "good Go", file: "a/a.go", src: "package a\n"},
		{
			name: "bad Go", file: "a/a.go",
			src:      "package a\n\nvar x  int\n",
			problems: []string{"a/a.go:3: not formatted"},
			fixed:    "package a\n\nvar x int\n",
		},
		{
			name: "not Go", file: "a/a.go",
			src:      "package a\n\nvar 1\n",
			problems: []string{"a/a.go:3:5: expected 'IDENT', found 1"},
			left:     []string{"a/a.go:3:5: expected 'IDENT', found 1"},
		},
		{name: "test data", file: "a/testdata/a.go", src: "package  a\n"},
		{
			name: "bad BUILD", file: "a/BUILD.bazel",
			src:      "exports_files( ['a'])\n",
			problems: []string{"a/BUILD.bazel:1: not formatted"},
			fixed:    `exports_files(["a"])` + "\n",
		},
		{
			name: "not a BUILD file", file: "BUILD",
			src:      "exports_files(\n",
			problems: []string{"BUILD:3:1: syntax error"},
			left:     []string{"BUILD:3:1: syntax error"},
		},
		{
			name: "a warning that can be mended", file: "a.bzl",
			src:      bzl + "\n" + `load(":b.bzl", "b", "c")` + "\n\nd = b\n",
			problems: []string{`a.bzl:3: Loaded symbol "c" is unused. Please remove it. [load]`},
			fixed:    bzl + "\n" + `load(":b.bzl", "b")` + "\n\nd = b\n",
		},
		{
			name: "a warning that cannot", file: "a.bzl",
			src:      "A = 1\n",
			problems: []string{"a.bzl:1: The file has no module docstring. [module-docstring]"},
			left:     []string{"a.bzl:1: The file has no module docstring. [module-docstring]"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := t.TempDir()
			path := filepath.Join(root, filepath.FromSlash(test.file))
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(test.src), 0o666); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.problems, run(t, root, false)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.left, run(t, root, true)); diff != "" {
				t.Errorf("problems with -fix (-want +got):\n%s", diff)
			}
			want := test.fixed
			if want == "" {
				want = test.src
			}
			got, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, string(got)); diff != "" {
				t.Errorf("file with -fix (-want +got):\n%s", diff)
			}
		})
	}
}

func run(t *testing.T, root string, fix bool) []string {
	t.Helper()
	l := linter{root: root, fix: fix}
	if err := l.tree(); err != nil {
		t.Fatal(err)
	}
	return l.problems
}
