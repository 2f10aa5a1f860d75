package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestUpdate updates the programs in testdata/update while they run, from v0.c
// to v1.c under rules.xf, and compares what they print to the file want. What
// else begins with v0 or v1 belongs to the version.
func TestUpdate(t *testing.T) {
	cases, err := filepath.Glob("testdata/update/*/v0.c")
	if err != nil || len(cases) == 0 {
		t.Fatal("no inputs", err)
	}
	b := newBuilder(t)
	for _, v0 := range cases {
		dir := filepath.Dir(v0)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			want, err := os.ReadFile(filepath.Join(dir, "want"))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), b.update(t, dir)); d != "" {
				t.Errorf("-want +printed:\n%s", d)
			}
		})
	}
}

// A builder has what it takes to build and run updatable programs.
type builder struct {
	cc, ktcc, driver, runtime, include string
}

func newBuilder(t *testing.T) *builder {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	b := &builder{
		cc:      os.Getenv("CC"),
		ktcc:    os.Getenv("KTCC"), // a path in the runfiles, under Bazel
		driver:  filepath.Join(dir, "driver"),
		runtime: filepath.Join(dir, "libkitsune.o"),
		include: filepath.Join(root, "runtime/include"),
	}
	if b.cc == "" {
		b.cc = "cc"
	}
	sources, _ := filepath.Glob(filepath.Join(root, "runtime/src/*.c"))
	if len(sources) == 0 {
		t.Fatal("the sources of the runtime are not there")
	}
	if b.ktcc != "" {
		b.ktcc = filepath.Join(os.Getenv("TEST_SRCDIR"), b.ktcc)
	} else {
		b.ktcc = filepath.Join(dir, "ktcc")
		command(t, root, "go", "build", "-o", b.ktcc, "./tools/ktcc")
	}
	flags := []string{"-std=gnu17", "-O2", "-I", b.include}
	library := append(flags, "-fPIC", "-r", "-nostdlib", "-o", b.runtime)
	command(t, dir, b.cc, append(library, sources...)...)
	command(t, dir, b.cc, append(flags, "-o", b.driver, filepath.Join(root, "driver/driver.c"), "-rdynamic", "-ldl")...)
	return b
}

// update builds the two versions in a directory, and returns what is printed.
func (b *builder) update(t *testing.T, dir string) string {
	t.Helper()
	tmp := t.TempDir()
	src, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	objects := map[string][]string{}
	for _, v := range []string{"v0", "v1"} {
		sources, err := filepath.Glob(filepath.Join(src, v+"*.c"))
		if err != nil {
			t.Fatal(err)
		}
		for _, source := range sources {
			source = filepath.Base(source)
			object := strings.TrimSuffix(source, ".c") + ".o"
			objects[v] = append(objects[v], object)
			command(t, src, b.ktcc, "--automigrate", "-std=gnu17", "-O2", "-Wall", "-Wextra", "-fPIC", "-fvisibility=hidden",
				"-fmacro-prefix-map="+v+"="+filepath.Base(dir), // the same keys in both versions
				"-I", b.include, "-c", source, "-o", filepath.Join(tmp, object),
				"--typesfile-out="+filepath.Join(tmp, object+".ktt"))
		}
	}
	b.link(t, tmp, "v0.so", objects["v0"]...)
	command(t, tmp, b.cc, append([]string{"-r", "-nostdlib", "-o", "v1.all.o"}, objects["v1"]...)...)
	var stdout, stderr bytes.Buffer
	out := filepath.Join(tmp, "xform.c")
	args := []string{out, filepath.Join(tmp, "v0.so"), filepath.Join(tmp, "v1.all.o"), filepath.Join(dir, "rules.xf")}
	if status := run(args, &stdout, &stderr); status != 0 || stderr.Len() > 0 {
		t.Fatalf("xfgen: status %d\n%s", status, &stderr)
	}
	b.compile(t, tmp, "xform.c")
	b.suggest(t, tmp)
	b.link(t, tmp, "v1.so", append(objects["v1"], "xform.o")...)
	printed := command(t, tmp, b.driver, "./v0.so", "./v1.so")
	_, printed, _ = strings.Cut(printed, "\n") // the driver's line
	return printed
}

// compile compiles what xfgen has generated.
func (b *builder) compile(t *testing.T, dir, source string) {
	t.Helper()
	command(t, dir, b.cc, "-std=gnu17", "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-fvisibility=hidden",
		"-I", b.include, "-c", source)
}

// suggest checks that the rules which --suggest prints for the two versions make
// an update, unless it says that no rules can.
func (b *builder) suggest(t *testing.T, dir string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	old, new := filepath.Join(dir, "v0.so"), filepath.Join(dir, "v1.all.o")
	out, rules := filepath.Join(dir, "suggested.c"), filepath.Join(dir, "suggested.xf")
	want := run([]string{"--suggest", old, new}, &stdout, &stderr)
	if err := os.WriteFile(rules, stdout.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := run([]string{out, old, new, rules}, &stdout, &stderr); got != want {
		t.Errorf("--suggest has status %d, and what it suggests %d\n%s\n%s", want, got, &stdout, &stderr)
	}
	if want == exitDone {
		b.compile(t, dir, "suggested.c")
	}
}

func (b *builder) link(t *testing.T, dir, out string, objects ...string) {
	t.Helper()
	args := append([]string{"-shared", "-o", out}, objects...)
	command(t, dir, b.cc, append(args, b.runtime, "-lpthread", "-ldl")...)
}

// command runs a command in dir and returns what it prints to standard output.
func command(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "KITSUNE_LOG_DIR="+dir)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s%s", cmd, err, &stdout, &stderr)
	}
	return stdout.String()
}
