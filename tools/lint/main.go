// Lint checks that the Go files of a source tree are written as gofmt writes them, and its Bazel files as
// buildifier does and without its warnings.
//
//	./bazelw run //tools/lint            # reports
//	./bazelw run //tools/lint -- -fix    # rewrites what can be rewritten, reports the rest
//
// It walks the tree, so that no list of files has to be kept. A test of this package checks the tree that it
// is in.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"go/format"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/bazelbuild/buildtools/build"
	"github.com/bazelbuild/buildtools/warn"
)

func main() {
	fix := flag.Bool("fix", false, "rewrite the files")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: lint [-fix] [root]")
		flag.PrintDefaults()
	}
	flag.Parse()
	root := os.Getenv("BUILD_WORKSPACE_DIRECTORY") // where `bazel run` was called
	switch {
	case flag.NArg() > 1:
		flag.Usage()
		os.Exit(2)
	case flag.NArg() == 1:
		root = flag.Arg(0)
	case root == "":
		root = "."
	}

	l := linter{root: root, fix: *fix}
	if err := l.tree(); err != nil {
		fmt.Fprintf(os.Stderr, "lint: %v\n", err)
		os.Exit(2)
	}
	for _, p := range l.problems {
		fmt.Println(p)
	}
	if len(l.problems) > 0 {
		os.Exit(1)
	}
}

// A linter checks the files below root, and rewrites them if fix is set.
type linter struct {
	root string
	fix  bool

	goFiles, bazelFiles int      // how many it has checked
	problems            []string // what is left, as "file:line: message", the file relative to root
}

// tree checks all files. Its error is about reading and writing them; a syntax error in a file is one of the
// problems.
func (l *linter) tree() error {
	return filepath.WalkDir(l.root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch name := d.Name(); {
		case d.IsDir() && (name == ".git" || name == "testdata" || name == "node_modules"):
			return filepath.SkipDir
		case !d.Type().IsRegular():
			return nil // such as the links that Bazel leaves in the root
		case filepath.Ext(name) == ".go":
			l.goFiles++
			return l.file(path, l.goFile)
		case isBazel(name):
			l.bazelFiles++
			return l.file(path, l.bazelFile)
		}
		return nil
	})
}

// isBazel reports whether a file of this name is written in Bazel's language.
func isBazel(name string) bool {
	switch base, ext, _ := strings.Cut(name, "."); base {
	case "BUILD", "WORKSPACE":
		return ext == "" || ext == "bazel"
	case "MODULE", "REPO":
		return ext == "bazel"
	}
	return filepath.Ext(name) == ".bzl"
}

// file checks one file. The function that it is given returns what the file should be, or nil if that cannot
// be said.
func (l *linter) file(path string, check func(name string, src []byte) []byte) error {
	src, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	name, err := filepath.Rel(l.root, path)
	if err != nil {
		return err
	}
	name = filepath.ToSlash(name)
	want := check(name, src)
	if want == nil || bytes.Equal(src, want) {
		return nil
	}
	if l.fix {
		return os.WriteFile(path, want, 0o666)
	}
	l.problem("%s:%d: not formatted", name, firstDifference(src, want))
	return nil
}

func (l *linter) problem(format string, args ...any) {
	l.problems = append(l.problems, fmt.Sprintf(format, args...))
}

func (l *linter) goFile(name string, src []byte) []byte {
	want, err := format.Source(src)
	if err != nil {
		l.problem("%s:%v", name, err)
		return nil
	}
	return want
}

func (l *linter) bazelFile(name string, src []byte) []byte {
	f, err := build.Parse(name, src)
	if err != nil {
		l.problem("%v", err)
		return nil
	}
	f.WorkspaceRoot, f.Label = l.root, filepath.Base(name)
	if f.Pkg = filepath.ToSlash(filepath.Dir(name)); f.Pkg == "." {
		f.Pkg = ""
	}
	loaded := warn.NewFileReader(func(name string) ([]byte, error) {
		return os.ReadFile(filepath.Join(l.root, filepath.FromSlash(name)))
	})
	if l.fix {
		warn.FixWarnings(f, warn.DefaultWarnings, false, loaded)
	}
	for _, w := range warn.FileWarnings(f, warn.DefaultWarnings, nil, warn.ModeWarn, loaded) {
		message, _, _ := strings.Cut(w.Message, "\n")
		l.problem("%s:%d: %s [%s]", name, w.Start.Line, message, w.Category)
	}
	return build.Format(f)
}

// firstDifference returns the number of the first line, counted from 1, in which a and b differ.
func firstDifference(a, b []byte) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return 1 + bytes.Count(a[:n], []byte("\n"))
}
