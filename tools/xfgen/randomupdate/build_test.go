package randomupdate

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A builder has what it takes to build and run updatable programs.
type builder struct {
	cc, ktcc, xfgen, driver, runtime, include string
	flags                                     []string // of the compiler, for all
}

// tool returns the path of a command of this repository: Bazel has built it, and
// says where in env; otherwise it is built in dir.
func tool(t *testing.T, root, dir, env, name string) string {
	if path := os.Getenv(env); path != "" {
		return filepath.Join(os.Getenv("TEST_SRCDIR"), path)
	}
	path := filepath.Join(dir, name)
	if _, err := command(root, "go", "build", "-o", path, "./tools/"+name); err != nil {
		t.Fatal(err)
	}
	return path
}

func newBuilder(t *testing.T, flags ...string) *builder {
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	sources, _ := filepath.Glob(filepath.Join(root, "runtime/src/*.c"))
	if len(sources) == 0 {
		t.Fatal("the sources of the runtime are not there")
	}
	dir := t.TempDir()
	b := &builder{
		cc:      os.Getenv("CC"),
		ktcc:    tool(t, root, dir, "KTCC", "ktcc"),
		xfgen:   tool(t, root, dir, "XFGEN", "xfgen"),
		driver:  filepath.Join(dir, "driver"),
		runtime: filepath.Join(dir, "libkitsune.o"),
		include: filepath.Join(root, "runtime/include"),
	}
	if b.cc == "" {
		b.cc = "cc"
	}
	b.flags = append([]string{"-std=gnu17", "-I", b.include}, flags...)
	for _, c := range [][]string{
		append([]string{"-O2", "-fPIC", "-r", "-nostdlib", "-o", b.runtime}, sources...),
		{"-O2", "-o", b.driver, filepath.Join(root, "driver/driver.c"), "-rdynamic", "-ldl"},
	} {
		if _, err := command(dir, b.cc, append(b.flags, c...)...); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// A failure says what went wrong, and at which stage of the update.
type failure struct{ stage, text string }

func (f *failure) Error() string { return f.stage + ": " + f.text }

// update builds both versions of a program in a directory, updates the one to the
// other, and compares what both print to what they should.
func (b *builder) update(dir string, worlds []*World) *failure {
	want := ""
	for _, w := range worlds {
		want += Before(w)
	}
	want += "UPDATED\n"
	for _, w := range worlds {
		want += Predict(w)
	}
	for name, text := range map[string]string{
		"v0/" + File: Source(Old, worlds), "v1/" + File: Source(New, worlds), "rules.xf": Rules(worlds), "want": want,
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return &failure{"write", err.Error()}
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			return &failure{"write", err.Error()}
		}
	}
	compile := func(args ...string) []string {
		return append(append(slices.Clone(b.flags), "-fPIC", "-fvisibility=hidden", "-c"), args...)
	}
	link := func(args ...string) []string {
		return append(append(append(slices.Clone(b.flags), "-shared"), args...), b.runtime, "-ldl")
	}
	printed := ""
	for _, s := range []struct {
		stage, dir, name string
		args             []string
	}{
		{"ktcc of v0", "v0", b.ktcc, compile("--automigrate", "-w", File, "-o", "../v0.o")},
		{"ktcc of v1", "v1", b.ktcc, compile("--automigrate", "-w", File, "-o", "../v1.o")},
		{"xfgen", ".", b.xfgen, []string{"xform.c", "v0.o", "v1.o", "rules.xf"}},
		{"cc of xform.c", ".", b.cc, compile("-Wall", "-Wextra", "-Werror", "xform.c")},
		{"link of v0", ".", b.cc, link("-o", "v0.so", "v0.o")},
		{"link of v1", ".", b.cc, link("-o", "v1.so", "v1.o", "xform.o")},
		{"update", ".", b.driver, []string{"./v0.so", "./v1.so"}},
	} {
		out, err := command(filepath.Join(dir, s.dir), s.name, s.args...)
		if err != nil {
			return &failure{s.stage, err.Error()}
		}
		printed = out
	}
	_, printed, _ = strings.Cut(printed, "\n") // the driver's line
	return compare(want, printed)
}

// compare finds the first line that differs.
func compare(want, got string) *failure {
	stage := "old state"
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		lines := [2]string{"nothing", "nothing"}
		for k, list := range [2][]string{w, g} {
			if i < len(list) {
				lines[k] = list[i]
			}
		}
		if lines[0] != lines[1] {
			return &failure{stage, fmt.Sprintf("\n predicted %s\n printed   %s", lines[0], lines[1])}
		}
		if lines[0] == "UPDATED" {
			stage = "new state"
		}
	}
	return nil
}

// command runs a command in dir and returns what it prints to standard output.
func command(dir, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "KITSUNE_LOG_DIR="+dir)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s: %v\n%s", cmd, err, &stderr)
	}
	return stdout.String(), nil
}
