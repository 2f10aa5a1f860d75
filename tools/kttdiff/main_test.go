package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt/kttest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kttdiff": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"summarize": summarize,
		},
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
	})
}

var updatePoint = regexp.MustCompile(`kitsune_update\("(\w+)"\)`)

// summarize writes NAME.ktt for each NAME.c. Keys do not contain the directory.
// Update points are those that comments mention.
func summarize(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		src := ts.ReadFile(name)
		s := kttest.Summary(scriptTB{ts}, filepath.Base(name), src)
		for _, m := range updatePoint.FindAllStringSubmatch(src, -1) {
			s.Units[0].Points = append(s.Units[0].Points, m[1])
		}
		ts.Check(s.WriteFile(ts.MkAbs(strings.TrimSuffix(name, ".c") + ".ktt")))
	}
}

type scriptTB struct{ *testscript.TestScript }

func (scriptTB) Helper() {}

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
	write("ambiguous.xf", "x -> x: {} x -> x: {}")
	write("foreign.ktt", "hello")
	t.Chdir(dir)
	for _, c := range []struct {
		args string
		want int
	}{
		{"old.ktt new.ktt good.xf", 0},
		{"--json old.ktt new.ktt good.xf", 0},
		{"old.ktt new.ktt good.xf --html", 0},
		{"old.ktt old.ktt", 0},
		{"--help", 0},
		{"old.ktt new.ktt", 1},
		{"--json old.ktt new.ktt", 1},
		{"--html old.ktt new.ktt", 1},
		{"old.ktt new.ktt ambiguous.xf", 1},
		{"", 2},
		{"old.ktt", 2},
		{"old.ktt new.ktt good.xf more", 2},
		{"--unknown", 2},
		{"--json --html old.ktt new.ktt", 2},
		{"none.ktt new.ktt good.xf", 2},
		{"old.ktt foreign.ktt good.xf", 2},
		{"old.ktt new.ktt none.xf", 2},
		{"old.ktt new.ktt bad.xf", 2},
	} {
		var stdout, stderr bytes.Buffer
		got := run(strings.Fields(c.args), &stdout, &stderr)
		if got != c.want {
			t.Errorf("kttdiff %s: status %d, want %d\n%s", c.args, got, c.want, &stderr)
		}
		if wrong := got == 2; wrong != (stdout.Len() == 0) || wrong != (stderr.Len() > 0) {
			t.Errorf("kttdiff %s: printed %q, and as errors %q", c.args, &stdout, &stderr)
		}
	}
}

// A terminal gets lines of its width, and colours unless the environment says
// no.
func TestTerminal(t *testing.T) {
	dir := t.TempDir()
	old, new := filepath.Join(dir, "old.ktt"), filepath.Join(dir, "new.ktt")
	for name, src := range map[string]string{old: "int x;", new: "long x;"} {
		if err := kttest.Summary(t, "x.c", src).WriteFile(name); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		noColor, term string
		colours       bool
	}{
		{"", "xterm", true},
		{"1", "xterm", false},
		{"", "dumb", false},
	} {
		t.Setenv("NO_COLOR", c.noColor)
		t.Setenv("TERM", c.term)
		out := onTerminal(t, 50, func(tty *os.File) { run([]string{old, new}, tty, tty) })
		if got := strings.Contains(out, "\x1b[31m  ! x"); got != c.colours || strings.Contains(out, "\x1b") != c.colours {
			t.Errorf("NO_COLOR=%s TERM=%s: %q", c.noColor, c.term, out)
		}
		if !regexp.MustCompile(`does not build;(\x1b\[m)?\r\n`).MatchString(out) {
			t.Errorf("lines do not have 50 columns: %q", out)
		}
	}
}

// onTerminal returns what f prints to a terminal with so many columns.
func onTerminal(t *testing.T, columns uint16, f func(tty *os.File)) string {
	t.Helper()
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip(err)
	}
	defer terminal.Close()
	fd := int(terminal.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(int(tty.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: columns, Row: 24}); err != nil {
		t.Fatal(err)
	}
	done := make(chan string)
	go func() {
		text, _ := io.ReadAll(terminal) // ends in an error when nobody has the terminal open any more
		done <- string(text)
	}()
	f(tty)
	tty.Close()
	return <-done
}

// A full disk must not look like a review of nothing.
func TestWriteError(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "x.ktt")
	if err := kttest.Summary(t, "x.c", "int x;").WriteFile(name); err != nil {
		t.Fatal(err)
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	for _, form := range []string{"--json=false", "--json", "--html"} {
		var stderr bytes.Buffer
		got := run([]string{form, name, name}, full, &stderr)
		if got != 2 || !strings.Contains(stderr.String(), "no space") {
			t.Errorf("%s: status %d, %s", form, got, &stderr)
		}
	}
}
