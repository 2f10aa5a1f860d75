package main

import (
	"fmt"
	"net"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// A manager is the side of systemd of sd_notify(3): a socket for datagrams.
type manager struct {
	*net.UnixConn
}

func listen(t *testing.T, address string) manager {
	t.Helper()
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: address, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return manager{c}
}

// messages returns what comes until nothing comes for a while, with
// measurements replaced by N.
func (m manager) messages(t *testing.T) []string {
	t.Helper()
	var all []string
	b := make([]byte, 4096)
	for limit := 5 * time.Second; ; limit = 300 * time.Millisecond {
		m.SetReadDeadline(time.Now().Add(limit))
		n, err := m.Read(b)
		if err != nil {
			return all
		}
		s := regexp.MustCompile(`MONOTONIC_USEC=\d+`).ReplaceAllString(string(b[:n]), "MONOTONIC_USEC=N")
		all = append(all, regexp.MustCompile(`[\d.]+ ms`).ReplaceAllString(s, "N ms"))
	}
}

func (m manager) expect(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, m.messages(t)); diff != "" {
		t.Errorf("messages (-want +got)\n%s", diff)
	}
}

// What systemd hears from a service of Type=notify or notify-reload that is
// updated, and updated again, by a version with a runtime of its own; and that
// refuses an update.
func TestNotify(t *testing.T) {
	for name, address := range map[string]string{
		"file":     filepath.Join(t.TempDir(), "notify"),
		"abstract": fmt.Sprintf("@kitsune-test-%d", time.Now().UnixNano()),
	} {
		t.Run(name, func(t *testing.T) {
			m := listen(t, address)
			p := start(t, "sleeps", "NOTIFY_SOCKET="+address, "WATCHDOG_USEC=3000000")
			time.Sleep(50 * time.Millisecond)
			p.Signal(syscall.SIGUSR1) // It goes on to its first update point.
			m.expect(t, "READY=1\nSTATUS=Runs server1.so.")

			pid := strconv.Itoa(p.Pid)
			call(t, pid, file(t, "SERVER_2")).end(t, exitUpdated, "updated in")
			m.expect(t, "RELOADING=1\nMONOTONIC_USEC=N\nSTATUS=Being updated, runs server1.so.",
				"WATCHDOG_USEC=120000000\nWATCHDOG=1",
				"WATCHDOG_USEC=3000000\nWATCHDOG=1",
				"READY=1\nSTATUS=Runs server2.so, after 1 update; the last one took N ms.")

			call(t, pid, file(t, "SERVER_1")).end(t, exitUpdated, "updated in")
			m.expect(t, "RELOADING=1\nMONOTONIC_USEC=N\nSTATUS=Being updated, runs server2.so.",
				"WATCHDOG_USEC=120000000\nWATCHDOG=1",
				"WATCHDOG_USEC=3000000\nWATCHDOG=1",
				"READY=1\nSTATUS=Runs server1.so, after 2 updates; the last one took N ms.")

			refuse(t, p)
			got := m.messages(t)
			if last := got[len(got)-1]; len(got) != 4 || !strings.HasPrefix(last, "READY=1\nSTATUS=Runs server1.so; the last "+
				"update was not done: ") || !strings.HasSuffix(last, "no_such_function") {
				t.Errorf("%q", got)
			}
		})
	}
}

// systemd counts the time of a reload on the clock that it has itself.
func TestNotifyTime(t *testing.T) {
	address := filepath.Join(t.TempDir(), "notify")
	m := listen(t, address)
	p := start(t, "", "NOTIFY_SOCKET="+address)
	m.expect(t, "READY=1\nSTATUS=Runs server1.so.")
	before := monotonic()
	begin(t, p).end(t, exitUpdated, "updated in")
	b := make([]byte, 4096)
	m.SetReadDeadline(time.Now().Add(5 * time.Second))
	n, err := m.Read(b)
	_, text, _ := strings.Cut(string(b[:n]), "MONOTONIC_USEC=")
	text, _, _ = strings.Cut(text, "\n")
	if usec, parse := strconv.ParseInt(text, 10, 64); err != nil || parse != nil || usec < before || usec > monotonic() {
		t.Errorf("%v, %v: %q is not between %d and %d", err, parse, b[:n], before, monotonic())
	}
}

// What fails is not ready.
func TestNotifyFailure(t *testing.T) {
	address := filepath.Join(t.TempDir(), "notify")
	m := listen(t, address)
	p := start(t, "dies", "NOTIFY_SOCKET="+address)
	begin(t, p).end(t, exitFailed, "ended while it was transforming")
	m.expect(t, "READY=1\nSTATUS=Runs server1.so.",
		"RELOADING=1\nMONOTONIC_USEC=N\nSTATUS=Being updated, runs server1.so.")
}

// Nobody is told who has not asked, and systemd nothing of a child, which it does
// not listen to.
func TestNotifyNobody(t *testing.T) {
	address := filepath.Join(t.TempDir(), "notify")
	m := listen(t, address)
	p := start(t, "", "NOTIFY_SOCKET="+address, "KITSUNE_NOTIFY=0")
	begin(t, p).end(t, exitUpdated, "updated in")
	p = start(t, "", "NOTIFY_SOCKET="+address+".gone")
	begin(t, p).end(t, exitUpdated, "updated in")
	m.expect(t)

	p = start(t, "forks", "NOTIFY_SOCKET="+address)
	m.expect(t, "READY=1\nSTATUS=Runs server1.so.")
	begin(t, p, "--tree", "--json").end(t, exitUpdated, "updated")
	m.expect(t, "RELOADING=1\nMONOTONIC_USEC=N\nSTATUS=Being updated, runs server1.so.",
		"READY=1\nSTATUS=Runs server2.so, after 1 update; the last one took N ms.")
}

// monotonic is the time of CLOCK_MONOTONIC, in µs.
func monotonic() int64 {
	var t unix.Timespec
	unix.ClockGettime(unix.CLOCK_MONOTONIC, &t)
	return t.Nano() / 1000
}
