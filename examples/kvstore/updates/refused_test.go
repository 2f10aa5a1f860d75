package updates

import (
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rules-kitsune/rules_kitsune/examples/kvstore/kv/kvtest"
)

// expectRefusal checks that the exit status is code and that there is one line of
// error output which contains want.
func expectRefusal(t *testing.T, code int, output string, wantCode int, want string) {
	t.Helper()
	if code != wantCode {
		t.Errorf("exit status %d, not %d", code, wantCode)
	}
	if strings.Count(output, "\n") != 1 || !strings.HasSuffix(output, "\n") || !strings.HasPrefix(output, "doupd: ") {
		t.Errorf("not one line: %q", output)
	}
	if !strings.Contains(output, want) {
		t.Errorf("%q is not in %q", want, output)
	}
	t.Log(strings.TrimSpace(output))
}

// TestFiles asks for updates to files that are none. The server goes on with
// every key, and is then updated.
func TestFiles(t *testing.T) {
	s := start(t, "KVSTORE_V1")
	for _, c := range kvtest.BadFiles(t) {
		t.Run(c.Name, func(t *testing.T) {
			code, output := doupd(t, strconv.Itoa(s.PID()), c.File)
			expectRefusal(t, code, output, 1, c.Refusal)
			s.check(t, "1.0")
		})
	}
	s.update(t, kvtest.Path(t, "KVSTORE_V2"))
	s.check(t, "2.0")
}

// TestProcesses asks processes that cannot be updated.
func TestProcesses(t *testing.T) {
	update := kvtest.Path(t, "KVSTORE_V2")
	dead := exec.Command("true")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, pid, want string
	}{
		{"dead", strconv.Itoa(dead.Process.Pid), "there is no process"},
		{"not under the driver", strconv.Itoa(os.Getpid()), "does not run under the driver"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, output := doupd(t, c.pid, update)
			expectRefusal(t, code, output, 5, c.want)
		})
	}
}

// TestOtherUser asks a process of another user: as root the server, as nobody;
// otherwise the first process of the system.
func TestOtherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		code, output := doupd(t, "1", kvtest.Path(t, "KVSTORE_V2"))
		expectRefusal(t, code, output, 5, "only that user and root may update it")
		return
	}
	s := start(t, "KVSTORE_V1")
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.ParseUint(nobody.Uid, 10, 32)
	gid, _ := strconv.ParseUint(nobody.Gid, 10, 32)
	// Copies that nobody can reach.
	dir, err := os.MkdirTemp("/tmp", "kitsune-refused-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	os.Chmod(dir, 0o755)
	cmd := exec.Command(copyTo(t, dir, kvtest.Path(t, "KVSTORE_DOUPD")),
		strconv.Itoa(s.PID()), copyTo(t, dir, kvtest.Path(t, "KVSTORE_V2")))
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	code, output := run(t, cmd)
	expectRefusal(t, code, output, 5, "belongs to root: only that user and root may update it")
	s.check(t, "1.0")
}

// TestStraySignals sends the signal that doupd sends, without a request.
func TestStraySignals(t *testing.T) {
	s := start(t, "KVSTORE_V1")
	process, err := os.FindProcess(s.PID())
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if err := process.Signal(syscall.SIGUSR2); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	s.check(t, "1.0")
	s.update(t, kvtest.Path(t, "KVSTORE_V2"))
	s.check(t, "2.0")
}

// TestUsage calls doupd wrongly.
func TestUsage(t *testing.T) {
	for _, args := range [][]string{{}, {"1"}, {"x", "y.so"}, {"-1", "y.so"}, {"0", "y.so"}, {"1", "2", "3"}, {"--nonsense"}} {
		if code, output := doupd(t, args...); code != 2 || !strings.Contains(output, "usage: doupd PID NEW.so") {
			t.Errorf("doupd %q: exit status %d, %q", args, code, output)
		}
	}
}

// TestSlow asks a program that comes to no update point in time, and takes the
// request back.
func TestSlow(t *testing.T) {
	s := start(t, "KVSTORE_V1")
	process, err := os.FindProcess(s.PID())
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	code, output := doupd(t, "--timeout=200ms", strconv.Itoa(s.PID()), kvtest.Path(t, "KVSTORE_V2"))
	if err := process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	expectRefusal(t, code, output, 3, "has come to no update point; the request was withdrawn")
	s.check(t, "1.0")
}
