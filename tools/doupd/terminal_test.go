package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// onTerminal runs doupd on a terminal, and returns what a person would get.
func onTerminal(t *testing.T, env []string, args ...string) string {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("there are no terminals here: %v", err)
	}
	defer master.Close()
	fd := int(master.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("there are no terminals here: %v", err)
	}
	cmd := exec.Command(file(t, "DOUPD"), args...)
	cmd.Env = append(append(os.Environ(), "TERM=xterm", "NO_COLOR="), env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	output := make(chan string)
	go func() {
		var text strings.Builder
		b := make([]byte, 4096)
		for {
			n, err := master.Read(b) // Fails when the last descriptor of the other side is closed.
			text.Write(b[:n])
			if err != nil {
				output <- text.String()
				return
			}
		}
	}()
	if err := cmd.Run(); err != nil {
		t.Errorf("doupd %v: %v", args, err)
	}
	slave.Close()
	return <-output
}

// A person sees what is going on, and what has come of it; in colour, unless
// that is not wanted or the terminal has none.
func TestTerminal(t *testing.T) {
	for _, c := range []struct {
		env            []string
		want, unwanted string
	}{
		{nil, "\x1b[32mupdated\x1b[m in ", "  updated in "},
		{[]string{"NO_COLOR=1"}, "  updated in ", "\x1b[32m"},
		{[]string{"TERM=dumb"}, "  updated in ", "\x1b"},
	} {
		p := start(t, "sleeps")
		go func() {
			time.Sleep(400 * time.Millisecond)
			p.Signal(syscall.SIGUSR1)
		}()
		got := onTerminal(t, c.env, strconv.Itoa(p.Pid), file(t, "SERVER_2"))
		if !strings.Contains(got, c.want) || strings.Contains(got, c.unwanted) {
			t.Errorf("%v: %q", c.env, got)
		}
		waits := fmt.Sprintf("\r\x1b[Kprocess %d: waiting for an update point, 0.", p.Pid)
		if n := strings.Count(got, waits); (n < 2) != (c.env != nil && c.env[0] == "TERM=dumb") {
			t.Errorf("%v: it was said %d times that it waits: %q", c.env, n, got)
		}
		if !strings.Contains(got, "\r\x1b[Kprocess "+strconv.Itoa(p.Pid)+": server1.so") && c.unwanted != "\x1b" {
			t.Errorf("the progress stays: %q", got)
		}
	}
}

func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 59 * time.Second: "59s", 61 * time.Second: "1m 1s", 59 * time.Minute: "59m 0s",
		90 * time.Minute: "1h 30m", 49 * time.Hour: "2d 1h",
	} {
		if got := age(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
