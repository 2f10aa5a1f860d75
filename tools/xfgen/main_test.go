package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt/kttest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"xfgen": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"summarize": summarize,
			"link":      link,
		},
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
	})
}

// summarize writes NAME.ktt for each NAME.c. Keys do not contain the directory.
func summarize(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		s := kttest.Summary(scriptTB{ts}, filepath.Base(name), ts.ReadFile(name))
		ts.Check(s.WriteFile(ts.MkAbs(strings.TrimSuffix(name, ".c") + ".ktt")))
	}
}

type scriptTB struct{ *testscript.TestScript }

func (scriptTB) Helper() {}

// link makes the shared object NAME.so with the summary NAME.ktt in it.
func link(ts *testscript.TestScript, neg bool, args []string) {
	name := args[0]
	ts.Check(os.WriteFile(ts.MkAbs(name+".s"), []byte(`.section .kitsune.ktt,"",@progbits
.incbin "`+name+`.ktt"
.section .note.GNU-stack,"",@progbits
`), 0o644))
	compiler := os.Getenv("CC")
	if compiler == "" {
		compiler = "cc"
	}
	cmd := exec.Command(compiler, "-shared", "-nostdlib", name+".s", "-o", name+".so")
	cmd.Dir = ts.MkAbs(".")
	if out, err := cmd.CombinedOutput(); err != nil {
		ts.Fatalf("%v\n%s", err, out)
	}
}

func TestStatus(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, src := range map[string]string{"old": "int x;", "new": "long x;"} {
		if err := kttest.Summary(t, name+".c", src).WriteFile(filepath.Join(dir, name+".ktt")); err != nil {
			t.Fatal(err)
		}
	}
	write("good.xf", "x -> x: { $out = $in; }")
	write("bad.xf", "x -> x: { $out = $in;")
	write("ambiguous.xf", "x -> x x -> x: {}")
	write("wrong.xf", "INIT x: { $out = $in; }")
	write("foreign.ktt", "hello")
	t.Chdir(dir)
	for _, c := range []struct {
		args string
		want int
	}{
		{"out.c old.ktt new.ktt good.xf", 0},
		{"out.c old.ktt old.ktt", 0},
		{"--help", 0},
		{"", 1},
		{"out.c old.ktt", 1},
		{"out.c old.ktt new.ktt good.xf more", 1},
		{"--unknown", 1},
		{"out.c old.ktt new.ktt", 1},
		{"out.c old.ktt new.ktt ambiguous.xf", 1},
		{"out.c none.ktt new.ktt good.xf", 1},
		{"out.c old.ktt foreign.ktt good.xf", 1},
		{"out.c old.ktt new.ktt none.xf", 1},
		{"none/out.c old.ktt new.ktt good.xf", 1},
		{"out.c old.ktt new.ktt bad.xf", 2},
		{"--json out.c old.ktt new.ktt good.xf", 0},
		{"--json out.c old.ktt new.ktt", 1},
		{"--json out.c old.ktt new.ktt bad.xf", 2},
		{"out.c old.ktt new.ktt good.xf --json", 0},
		{"--suggest old.ktt new.ktt", 0},
		{"--suggest old.ktt new.ktt wrong.xf", 1},
		{"--suggest old.ktt none.ktt", 1},
		{"--suggest old.ktt new.ktt bad.xf", 2},
		{"fmt good.xf", 0},
		{"fmt ambiguous.xf", 0},
		{"fmt -l good.xf ambiguous.xf", 1},
		{"fmt -l ambiguous.xf bad.xf", 2},
		{"fmt none.xf", 2},
		{"fmt -w", 2},
		{"fmt --unknown", 2},
	} {
		var stdout, stderr bytes.Buffer
		if got := run(strings.Fields(c.args), &stdout, &stderr); got != c.want {
			t.Errorf("xfgen %s: status %d, want %d\n%s", c.args, got, c.want, &stderr)
		}
	}
}
