package corpus

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A Cost is what compiling a unit takes of a processor, with ktcc and without.
type Cost struct {
	Ktcc, Native time.Duration
}

// Measure compiles a unit with -O2 to machine code, in turns with ktcc and with the native
// compiler. The result is the least that was needed of either: what is more comes
// from whatever else the machine does.
func (t *Tools) Measure(u *Unit, turns int) (Cost, error) {
	c, in, err := u.input()
	if err != nil {
		return Cost{}, err
	}
	dir, err := os.MkdirTemp(t.Temp, "")
	if err != nil {
		return Cost{}, err
	}
	defer os.RemoveAll(dir)
	args := append(c.Check(in), "-O2", "-fno-lto", "-o", filepath.Join(dir, "unit.o"))
	ktcc := append([]string{t.Ktcc, "--typesfile-out=" + filepath.Join(dir, "unit.ktt")}, args...)
	native := append([]string{t.Native}, args...)
	var cost Cost
	for i := range turns {
		k, err := processorTime(u.Dir, ktcc)
		if err != nil {
			return Cost{}, fmt.Errorf("%s: %w", u, err)
		}
		n, err := processorTime(u.Dir, native)
		if err != nil {
			return Cost{}, fmt.Errorf("%s: %w", u, err)
		}
		if i == 0 {
			cost = Cost{k, n}
		}
		cost = Cost{min(cost.Ktcc, k), min(cost.Native, n)}
	}
	return cost, nil
}

// processorTime runs a command in a folder and returns the user and system time
// that it, and what it ran, has taken.
func processorTime(dir string, args []string) (time.Duration, error) {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, &stderr)
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}

// runForPeak runs a command and returns the most memory that it has had at once,
// in bytes. The kernel counts that for a process together with those that it has
// waited for, here compilers that need a multiple. So the command is stopped when
// it is about to end, and asked. A command that becomes another program has 0.
func runForPeak(cmd *exec.Cmd) (int64, error) {
	// To the kernel, only this thread is the tracer.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	peak, err := followToEnd(cmd.Process.Pid)
	if err != nil {
		cmd.Process.Kill()
	}
	if waited := cmd.Wait(); waited != nil {
		err = waited
	}
	return peak, err
}

func followToEnd(pid int) (peak int64, err error) {
	for started := false; ; started = true {
		var status unix.WaitStatus
		for {
			if _, err = unix.Wait4(pid, &status, 0, nil); err != unix.EINTR {
				break
			}
		}
		if err != nil || !status.Stopped() {
			return 0, fmt.Errorf("lost sight of process %d: status %#x, %v", pid, status, err)
		}
		deliver := 0
		switch event := status.TrapCause(); {
		case !started:
			if err := unix.PtraceSetOptions(pid, unix.PTRACE_O_TRACEEXIT|unix.PTRACE_O_TRACEEXEC); err != nil {
				return 0, err
			}
		case event == unix.PTRACE_EVENT_EXEC:
			return 0, unix.PtraceDetach(pid)
		case event == unix.PTRACE_EVENT_EXIT:
			if peak, err = peakOf(pid); err != nil {
				return 0, err
			}
			return peak, unix.PtraceDetach(pid)
		case event < 0:
			deliver = int(status.StopSignal())
		}
		if err := unix.PtraceCont(pid, deliver); err != nil {
			return 0, err
		}
	}
}

// peakOf returns the most memory that a process has had so far.
func peakOf(pid int) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		var kB int64
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kB); n == 1 {
			return kB << 10, nil
		}
	}
	return 0, fmt.Errorf("process %d: no VmHWM in its status", pid)
}
