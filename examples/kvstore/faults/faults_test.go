// Package faults tries what can go wrong with updates on a busy kvstore: new
// versions that crash, hang or end the process at each step, files that are no
// updates, and requests that are disturbed. For each it checks what doupd says,
// that the server answers every request correctly before, in the meantime and
// afterwards, and that it has all that it had. The result is the table in
// docs/reliability.md, which the test compares, and writes with the flag
// -update:
//
//	bazel run //examples/kvstore/faults:faults_test -- -update
package faults

import (
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rules-kitsune/rules_kitsune/examples/kvstore/kv/kvtest"
)

var update = flag.Bool("update", false, "write docs/reliability.md")

func TestMain(m *testing.M) {
	signal.Ignore(syscall.SIGXFSZ) // And so do the servers: where a file cannot grow, writing fails.
	kvtest.Main(m)
}

// A fault is something that goes wrong, a row of the table.
type fault struct {
	name    string
	happen  func(*site) answer
	code    int    // of doupd; that of nobody if it is not doupd that tells
	message string // a part of what it says
	outcome string // for people; by default what the exit status means

	env     []string      // of the server, with `updated` or `ended`
	pause   time.Duration // a client waits shorter than this; 0: an instant
	updated bool          // version 2 runs afterwards
	ended   bool          // the process has ended
}

// An instant is what is no pause: shorter than what a busy machine does to its
// processes at times.
const instant = 100 * time.Millisecond

// outcomes are the meanings of exit statuses.
var outcomes = map[int]string{
	0: "updated", 1: "refused", 3: "withdrawn", 4: "the process has ended", 5: "nothing to ask", 6: "interrupted",
	7: "rolled back",
}

// A section is a part of the table.
type section struct {
	title, text string
	faults      func(*testing.T) []fault // those that leave version 1 running are tried on one server
}

var sections = []section{
	{"The file is no update", "`doupd` finds out, and does not even ask the process.", files},
	{"A constructor", "Loading a file runs its constructors, before anything can be undone. Therefore a child of " +
		"the process loads it first, and the update is refused if that does not succeed within 10 s.", inConstructor},
	{"The hook before `main()`", "The old version is left; `_kitsune_prestart_xform()` of the new one is called.",
		at("prestart")},
	{"A transformer", "Code in the .xf file, for the hundredth of a thousand objects.", at("transformer")},
	{"`main()`", "All state has been carried over, the update point has not been reached.", at("main")},
	{"The hook at the update point", "`_kitsune_mainupdate_xform()` is called.", at("mainupdate")},
	{"The health check", "The new version is asked whether it is well: `kitsune_health()`.", at("health", unhealthy)},
	{"The request is disturbed", "The new version is good, if nothing else is said.", requests},
	{"The file changes after `doupd` has checked it", "The process has not come to an update point yet, if nothing " +
		"else is said.", replacements},
	{"Something is lacking", "", shortages},
}

// tries is how often a fault is tried at most, if the server was paused for
// longer than it should: it may have been the machine.
const tries = 3

// check lets the fault happen to a server, and compares.
func (f fault) check(t *testing.T, server func() *site) {
	t.Helper()
	for try := 1; ; try++ {
		s := server()
		a, pause := s.try(f)
		if a.code != f.code || !strings.Contains(a.output, f.message) {
			t.Fatalf("%s: doupd ends with %d and says %q; expected are %d and %q",
				f.name, a.code, a.output, f.code, f.message)
		}
		t.Logf("%s: exit status %d, pause %v: %s", f.name, a.code, pause, a.output)
		if f.updated {
			s.finish()
		}
		if pause < f.longest() {
			return
		}
		if try == tries {
			t.Fatalf("%s: a client has waited for %v, and not less than %v", f.name, pause, f.longest())
		}
	}
}

func (f fault) longest() time.Duration { return max(f.pause, instant) }

// row returns the fault as a row of a table.
func (f fault) row() string {
	outcome, code, message, pause := f.outcome, "", "", "< "+seconds(f.longest())
	if outcome == "" {
		outcome = outcomes[f.code]
	}
	if f.code != nobody.code {
		code = fmt.Sprint(f.code)
	}
	if f.message != "" {
		message = "`" + f.message + "`"
	}
	if f.ended {
		pause = ""
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s |\n", f.name, outcome, code, message, pause)
}

func seconds(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%g s", d.Seconds())
}

func (sec section) table(faults []fault) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n", sec.title)
	if sec.text != "" {
		fmt.Fprintf(&b, "%s\n\n", sec.text)
	}
	b.WriteString("| what goes wrong | outcome | exit status | `doupd` says | pause |\n|---|---|---|---|---|\n")
	for _, f := range faults {
		b.WriteString(f.row())
	}
	return b.String()
}

// TestFaults tries all faults, and compares the table of them with the document.
func TestFaults(t *testing.T) {
	tables := make([]string, len(sections))
	t.Run("sections", func(t *testing.T) {
		for i, sec := range sections {
			t.Run(sec.title, func(t *testing.T) {
				t.Parallel()
				faults := sec.faults(t)
				sec.try(t, faults)
				tables[i] = sec.table(faults)
			})
		}
	})
	if t.Failed() {
		return
	}
	compare(t, tables)
}

func (sec section) try(t *testing.T, faults []fault) {
	var shared *site
	for _, f := range faults {
		if f.updated || f.ended {
			t.Run(f.name, func(t *testing.T) {
				t.Parallel()
				f.check(t, func() *site { return start(t, f.env...) })
			})
			continue
		}
		if shared == nil {
			shared = start(t)
		}
		f.check(t, func() *site { return shared })
	}
	if shared != nil {
		shared.finish()
	}
}

// begin is where the part of the document begins that the test writes.
const begin = "## What was tried\n"

// compare compares the tables with the document, or writes them.
func compare(t *testing.T, tables []string) {
	file := kvtest.Path(t, "RELIABILITY")
	document, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	prose, _, found := strings.Cut(string(document), begin)
	if !found {
		t.Fatalf("%s has no line %q", file, begin)
	}
	for _, table := range tables {
		if table == "" { // -test.run has left it out.
			return
		}
	}
	want := prose + begin + "\n" + strings.Join(tables, "\n")
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(string(document), "\n")); diff != "" {
		t.Errorf("docs/reliability.md is not what has happened (-happened +document); "+
			"bazel run //examples/kvstore/faults:faults_test -- -update writes it:\n%s", diff)
	}
}
