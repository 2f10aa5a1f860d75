package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/proc"
)

// described returns the line about the process pid in the output of doupd.
func described(t *testing.T, c *command, pid int) description {
	t.Helper()
	c.end(t, 0, "")
	for line := range bytes.Lines(c.stdout.Bytes()) {
		var d description
		if err := json.Unmarshal(line, &d); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if d.PID == pid {
			return d
		}
	}
	t.Fatalf("process %d is not in\n%s", pid, &c.stdout)
	return description{}
}

func TestList(t *testing.T) {
	p := start(t, "")
	d := described(t, call(t, "--list", "--json"), p.Pid)
	if d.Program != "server1" || d.User == "" || d.State != "running" || d.Updates != 0 || d.Last != nil ||
		filepath.Base(d.Version.Path) != "server1.so" || len(d.Version.BuildID) != 40 || d.Since > time.Minute {
		t.Errorf("%+v", d)
	}
	begin(t, p).end(t, exitUpdated, "server1.so (")
	d = described(t, call(t, "--list", "--json"), p.Pid)
	if d.Updates != 1 || d.Last == nil || d.Last.Outcome != "updated" || d.Last.Times.Total <= 0 ||
		filepath.Base(d.Version.Path) != "server2.so" {
		t.Errorf("%+v", d)
	}
	c := call(t, "--list")
	c.end(t, 0, "updated, paused")
	for line := range strings.Lines(c.stdout.String()) {
		if f := strings.Fields(line); f[0] == strconv.Itoa(p.Pid) && (f[2] != "server1" || f[3] != "server2.so") {
			t.Errorf("%s", line)
		}
	}
}

// A process that has closed its channel is seen as well, and needs not be woken.
func TestListClosedChannel(t *testing.T) {
	p := start(t, "closes")
	d := described(t, call(t, "--list", "--json"), p.Pid)
	if d.State == "unknown" || filepath.Base(d.Version.Path) != "server1.so" {
		t.Errorf("%+v", d)
	}
	if n := len(channels(t, p)); n != 0 {
		t.Errorf("the server has %d channels open", n)
	}
}

// refuse makes a process refuse an update itself, which doupd would not have
// asked for.
func refuse(t *testing.T, p *os.Process) {
	t.Helper()
	opened, err := proc.Open(t.Context(), p.Pid)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	if err := opened.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	s, err := opened.Update(t.Context(), file(t, "BROKEN"), nil)
	if err != nil || s.Result != proc.Refused || !strings.HasSuffix(s.Message, "undefined symbol: no_such_function") {
		t.Fatalf("%v, %v: %s", err, s.Result, s.Message)
	}
}

func TestHistory(t *testing.T) {
	p := start(t, "")
	begin(t, p, "--history").end(t, 0, "has not been asked for an update")
	files := []string{file(t, "SERVER_1"), file(t, "SERVER_2")}
	for n := range 20 {
		call(t, strconv.Itoa(p.Pid), files[(n+1)%2]).end(t, exitUpdated, "updated in")
	}
	broken := file(t, "BROKEN")
	refuse(t, p)
	c := begin(t, p, "--history", "--json")
	c.end(t, 0, "")
	var h struct {
		PID     int
		History []answer
	}
	if err := json.Unmarshal(c.stdout.Bytes(), &h); err != nil || h.PID != p.Pid || len(h.History) != 16 {
		t.Fatalf("%v: %d of process %d", err, len(h.History), h.PID)
	}
	for i, a := range h.History[:15] {
		from, to := files[(i+1)%2], files[i%2]
		if a.Outcome != "updated" || filepath.Base(a.From.Path) != filepath.Base(from) ||
			filepath.Base(a.To.Path) != filepath.Base(to) || len(a.To.BuildID) != 40 || a.Times.Total <= 0 ||
			time.Since(*a.Time) > time.Minute || i > 0 && a.Time.Before(*h.History[i-1].Time) {
			t.Errorf("%d: %+v %+v %+v", i, a, a.From, a.To)
		}
	}
	last := h.History[15]
	if last.Outcome != "refused" || !strings.Contains(last.Message, "no_such_function") ||
		filepath.Base(last.From.Path) != "server1.so" || filepath.Base(last.To.Path) != filepath.Base(broken) ||
		last.To.BuildID != "" {
		t.Errorf("%+v %+v %+v", last, last.From, last.To)
	}
	begin(t, p, "--history").end(t, 0, "refused")
}

// Each process of a tree has a history of its own.
func TestHistoryOfChild(t *testing.T) {
	_, tree := forking(t)
	child := strconv.Itoa(tree[1])
	call(t, "--history", child).end(t, 0, "has not been asked")
	call(t, child, file(t, "SERVER_2")).end(t, exitUpdated, "updated in")
	call(t, "--history", child).end(t, 0, "server1.so (")
	call(t, "--history", strconv.Itoa(tree[0])).end(t, 0, "has not been asked")
}
