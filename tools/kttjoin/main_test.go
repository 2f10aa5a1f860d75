package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt/kttest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kttjoin": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"summarize": summarize,
			"contains":  contains,
		},
	})
}

// TestAdvice runs what is in testdata/advice. There, ktcc and xfgen are on PATH,
// and $INCLUDE is the folder of the Kitsune headers.
func TestAdvice(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	tools := t.TempDir()
	for name, path := range map[string]string{"ktcc": os.Getenv("KTCC"), "xfgen": os.Getenv("XFGEN")} {
		if path != "" { // a path in the runfiles, under Bazel
			err = os.Symlink(filepath.Join(os.Getenv("TEST_SRCDIR"), path), filepath.Join(tools, name))
		} else {
			build := exec.Command("go", "build", "-o", tools, "./tools/"+name)
			build.Dir, build.Stderr = root, os.Stderr
			err = build.Run()
		}
		if err != nil {
			t.Fatal(name, err)
		}
	}
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/advice",
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(env *testscript.Env) error {
			env.Setenv("INCLUDE", filepath.Join(root, "runtime/include"))
			env.Setenv("PATH", tools+string(filepath.ListSeparator)+env.Getenv("PATH"))
			return nil
		},
	})
}

// summarize writes NAME.ktt, the summary of a source NAME.c with the text that
// follows.
func summarize(ts *testscript.TestScript, neg bool, args []string) {
	s := kttest.Summary(scriptTB{ts}, args[0]+".c", args[1])
	ts.Check(s.WriteFile(ts.MkAbs(args[0] + ".ktt")))
}

type scriptTB struct{ *testscript.TestScript }

func (scriptTB) Helper() {}

// contains checks the variables that a summary has, in their order.
func contains(ts *testscript.TestScript, neg bool, args []string) {
	s, err := ktt.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	var keys []string
	for _, u := range s.Units {
		for _, v := range u.Vars {
			keys = append(keys, u.File+":"+v.Key)
		}
	}
	if got, want := strings.Join(keys, " "), strings.Join(args[1:], " "); got != want {
		ts.Fatalf("%s contains %q, want %q", args[0], got, want)
	}
}

func TestOutputNamedTwice(t *testing.T) {
	// The same file under another name is the same file.
	dir := t.TempDir()
	t.Chdir(dir)
	write := func(name, src string) {
		if err := kttest.Summary(t, "a.c", src).WriteFile(name); err != nil {
			t.Fatal(err)
		}
	}
	write("all.ktt", "int stale;")
	write("a.ktt", "int fresh;")
	s, err := join("all.ktt", []string{filepath.Join(dir, "all.ktt"), "a.ktt"})
	if err != nil || len(s.Units) != 1 || s.Units[0].Vars[0].Key != "fresh" {
		t.Errorf("got %v, %v, want the fresh unit alone", s, err)
	}
}
