package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/proc"
)

// file returns what an environment variable names, a path in the runfiles.
func file(t *testing.T, variable string) string {
	t.Helper()
	path := os.Getenv(variable)
	switch {
	case path == "" && os.Getenv("TEST_SRCDIR") == "":
		t.Skipf("%s is not set: Bazel builds what this test runs", variable)
	case path == "":
		t.Fatalf("%s is not set; the test's BUILD file has to", variable)
	case !filepath.IsAbs(path):
		path = filepath.Join(os.Getenv("TEST_SRCDIR"), path)
	}
	return path
}

// start starts version 1 of testdata/server.c in a role, with more in its
// environment, and returns its process when it is ready.
func start(t *testing.T, role string, env ...string) *os.Process {
	t.Helper()
	cmd := exec.Command(file(t, "DRIVER"), file(t, "SERVER_1"), role)
	cmd.Env = append(os.Environ(), env...)
	return startCommand(t, cmd)
}

func startCommand(t *testing.T, cmd *exec.Cmd) *os.Process {
	t.Helper()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if lines.Text() == "version 1 is ready" {
			return cmd.Process
		}
	}
	t.Fatalf("the server has ended: %v", cmd.Wait())
	return nil
}

// A command is a doupd that runs.
type command struct {
	*exec.Cmd
	stdout, stderr bytes.Buffer
}

// begin starts doupd for a process, with version 2 of the server unless it only
// looks.
func begin(t *testing.T, p *os.Process, args ...string) *command {
	t.Helper()
	args = append(args, strconv.Itoa(p.Pid))
	if !slices.Contains(args, "--status") && !slices.Contains(args, "--history") {
		args = append(args, file(t, "SERVER_2"))
	}
	return call(t, args...)
}

// call starts doupd with these arguments.
func call(t *testing.T, args ...string) *command {
	t.Helper()
	c := &command{Cmd: exec.Command(file(t, "DOUPD"), args...)}
	c.Stdout, c.Stderr = &c.stdout, &c.stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill() })
	return c
}

// end waits for doupd. It has to end with an exit status and a text in what it
// prints for a person.
func (c *command) end(t *testing.T, status int, text string) {
	t.Helper()
	c.Wait()
	output := c.stdout.String() + c.stderr.String()
	if got := c.ProcessState.ExitCode(); got != status || !strings.Contains(output, text) {
		t.Errorf("%v: exit status %d, want %d with %q:\n%s", c.Args[1:], got, status, text, output)
	}
}

// wait waits until a condition is true.
func wait(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// locked reports whether a doupd holds the channel of p.
func locked(t *testing.T, p *os.Process) bool {
	for _, fd := range channels(t, p) {
		f, err := os.OpenFile(fd, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		f.Close()
		if err == syscall.EWOULDBLOCK {
			return true
		}
	}
	return false
}

// channels returns the descriptors in /proc that are update channels of p.
func channels(t *testing.T, p *os.Process) []string {
	t.Helper()
	fds, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", p.Pid))
	var found []string
	for _, fd := range fds {
		if to, _ := os.Readlink(fd); strings.Contains(to, "kitsune-channel") {
			found = append(found, fd)
		}
	}
	return found
}

// A program that has closed all that it does not know can be found and updated
// all the same.
func TestClosedChannel(t *testing.T) {
	p := start(t, "closes")
	if n := len(channels(t, p)); n != 0 {
		t.Fatalf("the server has %d channels open", n)
	}
	begin(t, p).end(t, exitUpdated, "server1.so (")
	begin(t, p, "--status").end(t, exitUpdated, "server2.so")
}

func TestTimeout(t *testing.T) {
	p := start(t, "sleeps")
	begin(t, p, "--timeout=200ms").end(t, exitTimeout, "The old version goes on")
	p.Signal(syscall.SIGUSR1) // It comes to update points, where there is no request now.
	time.Sleep(100 * time.Millisecond)
	begin(t, p, "--status").end(t, exitUpdated, "server1.so")
	begin(t, p, "--timeout=1m").end(t, exitUpdated, "server1.so (")
}

func TestInterrupted(t *testing.T) {
	p := start(t, "sleeps")
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
		c := begin(t, p, "--timeout=1m")
		wait(t, "the request", func() bool { return locked(t, p) })
		c.Process.Signal(s)
		c.end(t, exitInterrupted, "doupd: interrupted; nothing has happened\n")
	}
	p.Signal(syscall.SIGUSR1)
	time.Sleep(100 * time.Millisecond)
	begin(t, p, "--status").end(t, exitUpdated, "server1.so")
}

// A doupd that is killed leaves a request behind, which the next one takes back.
func TestKilled(t *testing.T) {
	p := start(t, "sleeps")
	c := begin(t, p, "--timeout=1m")
	wait(t, "the request", func() bool { return locked(t, p) })
	c.Process.Kill()
	c.Wait()
	c = begin(t, p, "--timeout=1m", "--json")
	wait(t, "the request", func() bool { return locked(t, p) })
	p.Signal(syscall.SIGUSR1)
	c.end(t, exitUpdated, `"updated"`)
}

func TestTwoAtOnce(t *testing.T) {
	p := start(t, "sleeps")
	first := begin(t, p, "--timeout=1m", "--json")
	wait(t, "the request", func() bool { return locked(t, p) })
	begin(t, p, "--timeout=100ms").end(t, exitRefused, "another update of process")
	p.Signal(syscall.SIGUSR1)
	first.end(t, exitUpdated, "updated")
	var o outcome
	if err := json.Unmarshal(first.stdout.Bytes(), &o); err != nil {
		t.Fatal(err)
	}
	if o.Outcome != "updated" || o.PID != p.Pid || filepath.Base(o.From.Path) != "server1.so" ||
		filepath.Base(o.To.Path) != "server2.so" || o.Times.Total <= 0 || o.Times.Wait < 50*time.Millisecond {
		t.Errorf("%s", first.stdout.String())
	}
}

// Several at once wait for each other. The first one updates the process, and for
// the others there is nothing left to do.
func TestManyAtOnce(t *testing.T) {
	p := start(t, "slow")
	var all []*command
	for range 5 {
		all = append(all, begin(t, p, "--json"))
	}
	got := map[string]int{}
	for _, c := range all {
		c.Wait()
		var o outcome
		if err := json.Unmarshal(c.stdout.Bytes(), &o); err != nil || c.ProcessState.ExitCode() != exitUpdated {
			t.Fatalf("%v: %v\n%s%s", c.ProcessState, err, &c.stdout, &c.stderr)
		}
		got[o.Outcome]++
	}
	if got["updated"] != 1 || got["current"] != 4 {
		t.Errorf("outcomes: %v", got)
	}
}

// Whenever doupd is killed, the process goes on, and the next doupd finds it as
// it should be: still to be updated, or updated.
func TestKilledAnywhere(t *testing.T) {
	p := start(t, "")
	files := []string{file(t, "SERVER_2"), file(t, "SERVER_1")}
	updated := 0
	for n := range 60 {
		c := call(t, "--json", strconv.Itoa(p.Pid), files[updated%2])
		time.Sleep(time.Duration(n) * 500 * time.Microsecond)
		c.Process.Kill()
		c.Wait()
		c = call(t, "--json", strconv.Itoa(p.Pid), files[updated%2])
		c.end(t, exitUpdated, `"outcome":"`)
		updated++
	}
	begin(t, p, "--status").end(t, exitUpdated, fmt.Sprintf("%d updates", updated))
}

// An update that has begun goes on when doupd is interrupted or killed.
func TestInterruptedInTheMiddle(t *testing.T) {
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGKILL} {
		p := start(t, "slow")
		c := begin(t, p, "--timeout=1m")
		wait(t, "the update", func() bool {
			c := begin(t, p, "--status")
			c.Wait()
			return strings.Contains(c.stdout.String(), "transforming")
		})
		c.Process.Signal(s)
		if s == syscall.SIGINT {
			c.end(t, exitInterrupted, fmt.Sprintf("doupd: interrupted; the update of process %d goes on\n", p.Pid))
		} else {
			c.Wait()
		}
		begin(t, p).end(t, exitUpdated, "runs already")
	}
}

// A process that has got the PID of one that was opened is not the one that was
// meant.
func TestReusedPID(t *testing.T) {
	p := start(t, "")
	opened, err := proc.Open(t.Context(), p.Pid)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	p.Kill()
	p.Wait()
	var other *os.Process
	for range 50 {
		if err := os.WriteFile("/proc/sys/kernel/ns_last_pid", []byte(strconv.Itoa(p.Pid-1)), 0); err != nil {
			t.Skipf("only root can choose a PID: %v", err)
		}
		if other = start(t, ""); other.Pid == p.Pid {
			break
		}
	}
	if other.Pid != p.Pid {
		t.Skip("others have started too many processes meanwhile")
	}
	err = opened.Lock(t.Context())
	if err == nil {
		_, err = opened.Update(t.Context(), file(t, "SERVER_2"), nil)
	}
	if !errors.Is(err, proc.ErrEnded) {
		t.Errorf("error %v", err)
	}
	begin(t, other, "--status").end(t, 0, "server1.so")
	begin(t, other, "--history").end(t, 0, "has not been asked")
}

func TestRolledBack(t *testing.T) {
	p := start(t, "gives-up")
	begin(t, p).end(t, exitRolledBack, "not today. The update was rolled back, and the old version goes on\n")
	begin(t, p, "--json").end(t, exitRolledBack, `"outcome":"rolled_back"`)
	begin(t, p, "--status").end(t, 0, "last update: rolled_back: not today\n")
	begin(t, p, "--history").end(t, 0, "rolled_back  server1.so")
}

func TestProcessDies(t *testing.T) {
	p := start(t, "dies")
	begin(t, p).end(t, exitFailed, fmt.Sprintf("doupd: process %d ended while it was transforming", p.Pid))
	p = start(t, "exits")
	c := begin(t, p)
	wait(t, "the request", func() bool { return locked(t, p) })
	p.Signal(syscall.SIGUSR1)
	c.end(t, exitFailed, fmt.Sprintf("doupd: process %d ended while it was waiting for an update point\n", p.Pid))
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{
		{}, {"1"}, {"1", "2", "3"}, {"x", "y.so"}, {"-1", "y.so"}, {"0", "y.so"}, {"--status"}, {"--status", "1", "y.so"},
		{"--timeout", "soon", "1", "y.so"}, {"--no-such-flag", "1", "y.so"}, {"--list", "1"}, {"--history"}, {"--check"},
		{"--check", "y.so", "x"}, {"--check", "y.so", "1", "2"}, {"--status", "--list"}, {"--tree", "--history", "1"},
		{"--keep-going", "1", "y.so"}, {"--completion", "tcsh"}, {"--man", "1"},
	} {
		var stdout, stderr bytes.Buffer
		if got := run(args, &stdout, &stderr); got != exitUsage || stdout.Len() > 0 ||
			!strings.Contains(stderr.String(), "usage: doupd PID NEW.so") {
			t.Errorf("doupd %v: exit status %d\n%s%s", args, got, &stdout, &stderr)
		}
	}
	var stdout, stderr bytes.Buffer
	if got := run([]string{"--help"}, &stdout, &stderr); got != 0 || !strings.Contains(stdout.String(), "Exit status:") {
		t.Errorf("doupd --help: exit status %d\n%s%s", got, &stdout, &stderr)
	}
}
