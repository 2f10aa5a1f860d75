package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
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

// start starts version 1 of testdata/server.c in a role, and returns its
// process when it is ready.
func start(t *testing.T, role string) *os.Process {
	t.Helper()
	cmd := exec.Command(file(t, "DRIVER"), file(t, "SERVER_1"), role)
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

// begin starts doupd for a process, with version 2 of the server unless it asks
// only for the status.
func begin(t *testing.T, p *os.Process, args ...string) *command {
	t.Helper()
	args = append(args, strconv.Itoa(p.Pid))
	if args[0] != "--status" {
		args = append(args, file(t, "SERVER_2"))
	}
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

func TestProcessDies(t *testing.T) {
	p := start(t, "aborts")
	begin(t, p).end(t, exitFailed, fmt.Sprintf("doupd: process %d ended while it was transforming", p.Pid))
	p = start(t, "exits")
	c := begin(t, p)
	wait(t, "the request", func() bool { return locked(t, p) })
	p.Signal(syscall.SIGUSR1)
	c.end(t, exitFailed, fmt.Sprintf("doupd: process %d ended while it was ", p.Pid))
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{
		{}, {"1"}, {"1", "2", "3"}, {"x", "y.so"}, {"-1", "y.so"}, {"0", "y.so"}, {"--status"}, {"--status", "1", "y.so"},
		{"--timeout", "soon", "1", "y.so"}, {"--no-such-flag", "1", "y.so"},
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
