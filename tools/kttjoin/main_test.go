package main

import (
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
	if err := join("all.ktt", []string{filepath.Join(dir, "all.ktt"), "a.ktt"}); err != nil {
		t.Fatal(err)
	}
	s, err := ktt.ReadFile("all.ktt")
	if err != nil || len(s.Units) != 1 || s.Units[0].Vars[0].Key != "fresh" {
		t.Errorf("got %v, %v, want the fresh unit alone", s, err)
	}
}
