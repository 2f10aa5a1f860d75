package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/proc"
)

// forking starts a server with two children, and returns its tree: parent first.
func forking(t *testing.T) (*os.Process, []int) {
	t.Helper()
	p := start(t, "forks")
	var tree []int
	wait(t, "the children", func() bool {
		tree, _ = proc.Tree(p.Pid)
		return len(tree) == 3
	})
	return p, tree
}

// outcomesOf returns what each process came to, as JSON lines tell it.
func outcomesOf(t *testing.T, c *command) []string {
	t.Helper()
	c.Wait()
	var all []string
	for line := range bytes.Lines(c.stdout.Bytes()) {
		var o outcome
		if err := json.Unmarshal(line, &o); err != nil {
			t.Fatalf("%v: %s%s", err, line, &c.stderr)
		}
		all = append(all, strconv.Itoa(o.PID)+" "+o.Outcome)
	}
	return all
}

// expect compares the outcomes of the processes of a tree.
func expect(t *testing.T, c *command, code int, tree []int, want ...string) {
	t.Helper()
	for i := range want {
		want[i] = strconv.Itoa(tree[i]) + " " + want[i]
	}
	if diff := cmp.Diff(want, outcomesOf(t, c)); diff != "" {
		t.Errorf("outcomes (-want +got)\n%s", diff)
		for _, pid := range tree {
			h := call(t, "--history", strconv.Itoa(pid))
			h.Wait()
			t.Logf("process %d:\n%s", pid, &h.stdout)
		}
	}
	if got := c.ProcessState.ExitCode(); got != code {
		t.Errorf("exit status %d, want %d", got, code)
	}
}

func TestTree(t *testing.T) {
	p, tree := forking(t)
	expect(t, begin(t, p, "--tree", "--json"), exitUpdated, tree, "updated", "updated", "updated")
	expect(t, begin(t, p, "--tree", "--json"), exitUpdated, tree, "current", "current", "current")
	for _, pid := range tree {
		call(t, "--status", strconv.Itoa(pid)).end(t, 0, "server2.so")
	}
	c := begin(t, p, "--status", "--tree")
	c.end(t, 0, "server2.so")
	if n := bytes.Count(c.stdout.Bytes(), []byte("server2.so")); n != 3 {
		t.Errorf("status of %d processes:\n%s", n, &c.stdout)
	}
}

// A child that does not come to an update point ends it, unless it shall go on.
func TestTreeStops(t *testing.T) {
	p, tree := forking(t)
	if slices.Index(tree, p.Pid) != 0 {
		t.Fatalf("tree %v of process %d", tree, p.Pid)
	}
	if err := syscall.Kill(tree[1], syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	expect(t, begin(t, p, "--tree", "--json", "--timeout=300ms"), exitTimeout, tree, "updated", "timeout", "skipped")
	expect(t, begin(t, p, "--tree", "--json", "--timeout=300ms", "--keep-going"), exitTimeout, tree,
		"current", "timeout", "updated")
	syscall.Kill(tree[1], syscall.SIGCONT)
	expect(t, begin(t, p, "--tree", "--json"), exitUpdated, tree, "current", "updated", "current")
}

// A child runs the version that was forked, even if its parent is updated before
// the child has come out of fork().
func TestSlowFork(t *testing.T) {
	slow := filepath.Join(t.TempDir(), "slow.so")
	source := `#include <pthread.h>
#include <unistd.h>
static void wait(void) { usleep(500000); }
__attribute__((constructor)) static void before_all_others(void) { pthread_atfork(NULL, NULL, wait); }
`
	cc := exec.Command(compiler(), "-shared", "-fPIC", "-o", slow, "-x", "c", "-")
	cc.Stdin = strings.NewReader(source)
	if msg, err := cc.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, msg)
	}
	p := start(t, "forks", "LD_PRELOAD="+slow)
	begin(t, p).end(t, exitUpdated, "updated in")
	tree, err := proc.Tree(p.Pid)
	if err != nil || len(tree) != 3 {
		t.Fatalf("tree %v, %v", tree, err)
	}
	child := strconv.Itoa(tree[1])
	call(t, "--status", child).end(t, 0, "server1.so")
	d := described(t, call(t, "--status", "--json", child), tree[1])
	if d.Updates != 0 || len(d.Version.BuildID) != 40 {
		t.Errorf("%+v %+v", d, d.Version)
	}
	call(t, "--history", child).end(t, 0, "has not been asked")
	expect(t, begin(t, p, "--tree", "--json"), exitUpdated, tree, "current", "updated", "updated")
}

// A child that ends meanwhile is not missed.
func TestTreeWithoutChild(t *testing.T) {
	p, tree := forking(t)
	if err := syscall.Kill(tree[1], syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	c := begin(t, p, "--tree", "--json", "--timeout=1m")
	child, _ := os.FindProcess(tree[1])
	wait(t, "the request", func() bool { return locked(t, child) })
	child.Kill()
	expect(t, c, exitUpdated, []int{tree[0], tree[2]}, "updated", "updated")
}

func TestTreeOfNothing(t *testing.T) {
	self, _ := os.FindProcess(os.Getpid())
	begin(t, self, "--tree").end(t, exitUnreachable, "does not run under the driver")
}
