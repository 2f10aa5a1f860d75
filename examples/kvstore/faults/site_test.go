package faults

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rules-kitsune/rules_kitsune/examples/kvstore/kv"
	"github.com/rules-kitsune/rules_kitsune/examples/kvstore/kv/kvtest"
	"github.com/rules-kitsune/rules_kitsune/examples/kvstore/load"
)

// limit is how long a version may take over, KITSUNE_UPDATE_LIMIT.
const limit = 500 * time.Millisecond

// A site is a kvstore 1 with clients that keep it busy.
type site struct {
	*kv.Server
	*load.Clients
	t       *testing.T
	ctx     context.Context
	fault   string // the file that says what goes wrong
	logs    string // the folder of the log
	version int    // that runs
}

// start starts a server, with assignments of environment variables.
func start(t *testing.T, env ...string) *site {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	dir := t.TempDir()
	s := &site{t: t, ctx: ctx, version: 1, fault: filepath.Join(dir, "fault"), logs: filepath.Join(dir, "logs")}
	command := append([]string{"/usr/bin/env", "KVSTORE_FAULT=" + s.fault, "KITSUNE_LOG_DIR=" + s.logs,
		fmt.Sprintf("KITSUNE_UPDATE_LIMIT=%g", limit.Seconds())}, env...)
	command = append(command, kvtest.Path(t, "KVSTORE_DRIVER"), kvtest.Path(t, "KVSTORE_V1"))
	var err error
	if s.Server, err = kv.Start(ctx, command...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	s.Clients, err = load.Connect(ctx, s.Server, load.Options{
		Version: 1, Keys: 1000, Conns: 4, Lifetime: time.Second, Monitor: true,
	})
	t.Cleanup(s.Close)
	if err != nil {
		t.Fatal(err)
	}
	s.Fill(ctx)
	return s
}

// doupd runs the command, and returns its exit status and its output.
func (s *site) doupd(args ...string) answer {
	s.t.Helper()
	return s.begin(args...).wait()
}

// update asks for the update to a file.
func (s *site) update(file string) answer {
	s.t.Helper()
	return s.doupd(s.pid(), file)
}

func (s *site) pid() string { return strconv.Itoa(s.PID()) }

// An answer is how doupd ends, and what it says.
type answer struct {
	code   int // -1 if it was killed, or not called at all
	output string
}

// nobody is the answer if doupd has nothing to do with it.
var nobody = answer{code: -1}

// A request is a doupd that runs.
type request struct {
	*exec.Cmd
	t      *testing.T
	output *strings.Builder
}

// begin starts doupd.
func (s *site) begin(args ...string) request {
	s.t.Helper()
	r := request{exec.CommandContext(s.ctx, kvtest.Path(s.t, "KVSTORE_DOUPD"), args...), s.t, new(strings.Builder)}
	r.Stdout, r.Stderr = r.output, r.output
	if err := r.Start(); err != nil {
		s.t.Fatal(err)
	}
	return r
}

func (r request) wait() answer {
	r.t.Helper()
	err := r.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		r.t.Fatal(err)
	}
	return answer{r.ProcessState.ExitCode(), strings.TrimSpace(r.output.String())}
}

// signal sends a signal to doupd.
func (r request) signal(number syscall.Signal) {
	r.t.Helper()
	if err := r.Process.Signal(number); err != nil {
		r.t.Fatal(err)
	}
}

// signal sends a signal to the server.
func (s *site) signal(number syscall.Signal) {
	s.t.Helper()
	if err := syscall.Kill(s.PID(), number); err != nil {
		s.t.Fatal(err)
	}
}

// arm says what goes wrong in the next update to the faulty version.
func (s *site) arm(place, way string) {
	s.t.Helper()
	if err := os.WriteFile(s.fault, []byte(place+" "+way+"\n"), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// until waits for something that has to come.
func (s *site) until(what string, holds func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("waited in vain: %s", what)
		}
	}
}

// untilAsked waits until doupd has asked a server that is stopped: then it has
// the signal, and does nothing about it.
func (s *site) untilAsked() {
	s.t.Helper()
	s.until("doupd asks", func() bool {
		_, rest, _ := strings.Cut(s.proc("status"), "\nShdPnd:")
		pending, _, _ := strings.Cut(strings.TrimSpace(rest), "\n")
		set, err := strconv.ParseUint(pending, 16, 64)
		return err == nil && set&(1<<(syscall.SIGUSR2-1)) != 0
	})
}

// untilState waits until the server is in a state of an update.
func (s *site) untilState(state string) {
	s.t.Helper()
	s.until("the server is "+state, func() bool { return s.status().State == state })
}

// status is what doupd says about the server.
func (s *site) status() (status struct {
	State   string `json:"state"`
	Updates int    `json:"updates"`
	Last    struct {
		Outcome string `json:"outcome"`
		Message string `json:"message"`
	} `json:"last"`
}) {
	s.t.Helper()
	a := s.doupd("--json", "--status", s.pid())
	if err := json.Unmarshal([]byte(a.output), &status); err != nil {
		s.t.Fatalf("doupd --status: %v: %+v", err, a)
	}
	return status
}

func (s *site) proc(file string) string {
	s.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", s.PID(), file))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// possessions are what the server has from the system: threads, signals, and
// what its descriptors lead to. The runtime's own, which are of the versions,
// are not among them.
func (s *site) possessions() string {
	s.t.Helper()
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", s.PID()))
	if err != nil {
		s.t.Fatal(err)
	}
	list := fmt.Sprintf("%d threads", len(threads))
	for line := range strings.Lines(s.proc("status")) {
		if name, set, _ := strings.Cut(line, ":"); name == "SigBlk" || name == "SigIgn" || name == "SigCgt" {
			list += fmt.Sprintf("\n%s %s", name, strings.TrimSpace(set))
		}
	}
	dir := fmt.Sprintf("/proc/%d/fd", s.PID())
	descriptors, err := os.ReadDir(dir)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, d := range descriptors {
		target, err := os.Readlink(filepath.Join(dir, d.Name()))
		if err == nil && !strings.HasPrefix(target, "/memfd:") {
			list += fmt.Sprintf("\n%s -> %s", d.Name(), strings.TrimSuffix(target, " (deleted)"))
		}
	}
	return list
}

// try lets something happen to a busy server, and checks that all is as
// before: the answers of the server meanwhile, all keys afterwards, and what it
// has from the system. It returns how long a client has waited at most.
func (s *site) try(f fault) (answer, time.Duration) {
	s.t.Helper()
	before := s.possessions()
	s.takeStall()
	stop := s.Work(s.ctx)
	time.Sleep(10 * time.Millisecond)
	s.Enter(load.AtWork(2) - 1)
	a := f.happen(s)
	if f.updated {
		s.version = 2
	}
	s.Enter(load.AtWork(s.version))
	time.Sleep(20 * time.Millisecond)
	stop()
	if f.ended {
		return a, 0
	}
	if err := s.Err(); err != nil {
		s.t.Fatalf("%s: %v", f.name, err)
	}
	if err := s.VerifyVersion(); err != nil {
		s.t.Fatalf("%s: %v", f.name, err)
	}
	if err := s.VerifyKeys(s.ctx); err != nil {
		s.t.Fatalf("%s: %v", f.name, err)
	}
	if after := s.possessions(); after != before {
		s.t.Errorf("%s: the server has\n%s\nand had before\n%s", f.name, after, before)
	}
	s.checkTally(f.name)
	return a, s.takeStall()
}

// takeStall returns how long a client has waited since it was last asked.
func (s *site) takeStall() time.Duration {
	return max(s.TakeStall(load.AtWork(1)), s.TakeStall(load.AtWork(2)-1), s.TakeStall(load.AtWork(2)))
}

func (s *site) checkTally(when string) {
	s.t.Helper()
	if lost, wrong := s.Lost.Load(), s.Wrong.Load(); lost > 0 || wrong > 0 || len(s.Problems()) > 0 {
		s.t.Fatalf("%s: %d connections were lost, %d answers were wrong:\n%s", when, lost, wrong,
			strings.Join(s.Problems(), "\n"))
	}
}

// finish shows that nothing has remained of what has happened: the server is
// updated to a version without faults, if it still is version 1, works on, and
// has all that it had in the beginning.
func (s *site) finish() {
	s.t.Helper()
	if s.version == 1 {
		os.Remove(s.fault)
		a, _ := s.try(fault{name: "the update afterwards", updated: true, happen: func(s *site) answer {
			return s.update(kvtest.Path(s.t, "KVSTORE_V2"))
		}})
		if a.code != 0 {
			s.t.Fatalf("the update afterwards: exit status %d: %s", a.code, a.output)
		}
	}
	if err := s.AddWitnesses(s.ctx, 2); err != nil {
		s.t.Fatal(err)
	}
	stop := s.Work(s.ctx)
	time.Sleep(50 * time.Millisecond)
	stop()
	if err := s.Verify(s.ctx); err != nil {
		s.t.Fatal(err)
	}
	s.checkTally("in the end")
}
