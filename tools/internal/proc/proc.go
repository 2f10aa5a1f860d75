// Package proc finds updatable processes, asks them for updates, and follows
// what they do.
//
// A process under the driver keeps a page of shared memory, its channel, open
// as one of its file descriptors. It is reached through /proc/PID/fd, which the
// kernel opens only to root and to the process's own user: whoever may ask for
// an update could also debug the process. Nothing lies in a folder where others
// could put something in its place, and a process in a chroot is reached as well.
// A pidfd held from the beginning rules out that the PID comes to mean another
// process meanwhile.
package proc

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A State says what an updatable process is doing.
type State uint32

const (
	Running      State = iota + 1 // a version runs; no update is going on
	Loading                       // the new version is being loaded and checked
	Quiescing                     // threads are coming to their update points
	Transforming                  // the new version carries the state over
	Committing                    // the update point is reached; old memory is released
)

func (s State) String() string {
	names := [...]string{Running: "running", Loading: "loading", Quiescing: "quiescing",
		Transforming: "transforming", Committing: "committing"}
	if int(s) < len(names) && names[s] != "" {
		return names[s]
	}
	return fmt.Sprintf("state %d", uint32(s))
}

// A Result is what came of an update request.
type Result uint32

const (
	None       Result = iota
	Updated           // the new version runs
	Refused           // the old version was never left
	Failed            // the old version was left, the new one could not take over, and the process has ended
	RolledBack        // the old version was left, the new one gave up, and the old one goes on
)

func (r Result) String() string {
	names := [...]string{None: "none", Updated: "updated", Refused: "refused", Failed: "failed",
		RolledBack: "rolled_back"}
	if int(r) < len(names) {
		return names[r]
	}
	return fmt.Sprintf("result %d", uint32(r))
}

// A Status is what a process says about itself and about its last update.
type Status struct {
	State   State
	Updates int           // completed since the process began
	Path    string        // the file of the running version
	BuildID string        // of the running version, in hex; may be empty
	Since   time.Duration // how long the running version has been running

	Answer // to the last request

	answerTo uint32
}

// An Answer tells what came of a request.
type Answer struct {
	Result  Result
	Message string // why it was not updated

	Times

	Moved   uint64 // objects that got new storage
	InPlace uint64 // objects that kept their place
	Bytes   uint64 // of new storage
}

// Times are the phases of an update.
type Times struct {
	Wait      time.Duration // from the request to the update point
	Load      time.Duration // loading and checking the new version
	Quiesce   time.Duration // leaving the old one
	Transform time.Duration // from the new main to its update point
	Commit    time.Duration // from there until the program went on
}

// Total is the time from the request until the program went on.
func (t Times) Total() time.Duration { return t.Wait + t.Pause() }

// Pause is the time during which the program did nothing else.
func (t Times) Pause() time.Duration { return t.Load + t.Quiesce + t.Transform + t.Commit }

// A Record is an update that a process was asked for. A path that was very long
// has only its end.
type Record struct {
	Time         time.Time // of the answer
	From, FromID string    // the version that ran, and its build id
	To, ToID     string    // the version that was to run; empty if it is not known

	Answer
}

// Errors that Open, Lock and Update return, wrapped in a text for the user.
var (
	ErrNoProcess    = errors.New("no such process")
	ErrPermission   = errors.New("not permitted")
	ErrNotUpdatable = errors.New("not updatable")
	ErrBusy         = errors.New("another update is going on")
	ErrTimeout      = errors.New("no update point was reached")
	ErrInterrupted  = errors.New("interrupted")
	ErrPath         = errors.New("the path cannot be sent")
	ErrEnded        = errors.New("the process ended before the update began")
	ErrDied         = errors.New("the process ended in the update")
)

// A taggedError has a text of its own and is one of the errors above.
type taggedError struct {
	text string
	tag  error
}

func (e *taggedError) Error() string { return e.text }
func (e *taggedError) Unwrap() error { return e.tag }

func errorf(tag error, format string, args ...any) error {
	return &taggedError{fmt.Sprintf(format, args...), tag}
}

// A Process is an updatable process that this program holds on to.
type Process struct {
	PID   int
	pidfd int
	page  *page
}

// Open finds the process pid and its channel. The error is ErrNoProcess,
// ErrPermission or ErrNotUpdatable, with a text that says more.
//
// A process that has just been forked makes its channel, and one that has closed
// its channel's descriptor, as daemons do, opens another one at its next update
// point when it is signalled: Open waits for that until ctx ends. Then the error is ErrTimeout.
func Open(ctx context.Context, pid int) (*Process, error) {
	pidfd, err := unix.PidfdOpen(pid, 0)
	switch {
	case errors.Is(err, unix.ESRCH), errors.Is(err, unix.EINVAL):
		return nil, errorf(ErrNoProcess, "there is no process %d", pid)
	case err != nil:
		return nil, fmt.Errorf("process %d: %w", pid, err)
	}
	p := &Process{PID: pid, pidfd: pidfd}
	p.page, err = openPage(pid)
	if err == nil && p.page == nil && mapping(pid) != 0 && handlesSignal(pid) {
		err = p.waitForPage(ctx)
	}
	switch {
	case !p.alive():
		err = errorf(ErrNoProcess, "process %d has just ended", pid)
	case errors.Is(err, fs.ErrPermission):
		err = errorf(ErrPermission, "process %d belongs to %s: only that user and root may update it", pid, owner(pid))
	case err == nil && p.page == nil:
		err = errorf(ErrNotUpdatable, "process %d (%s) cannot be updated: it does not run under the driver", pid, comm(pid))
	}
	if err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// waitForPage makes the process open its channel again.
func (p *Process) waitForPage(ctx context.Context) error {
	err := p.signal()
	for err == nil && p.page == nil && p.alive() && mapping(p.PID) != 0 { // It may become another program.
		if ctx.Err() != nil {
			return ended(ctx, errorf(ErrTimeout, "process %d has closed its update channel, and has come to no "+
				"update point where it would open it again", p.PID))
		}
		p.pause()
		p.page, err = openPage(p.PID)
	}
	return err
}

// Close lets go of the process, which is not affected, and of its lock.
func (p *Process) Close() {
	if p.page != nil {
		p.page.close()
	}
	unix.Close(p.pidfd)
}

// Lock waits until no other client has a request of its own with the process,
// and keeps others away until p is closed. The error is ErrBusy if that takes
// until ctx ends, or ErrInterrupted or ErrEnded.
func (p *Process) Lock(ctx context.Context) error {
	for {
		err := unix.Flock(int(p.page.file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case err == nil && p.page.clear():
			return nil
		case err != nil && !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR):
			return fmt.Errorf("the update channel of process %d: %w", p.PID, err)
		case ctx.Err() != nil:
			return ended(ctx, errorf(ErrBusy, "another update of process %d is going on", p.PID))
		case !p.alive():
			return errorf(ErrEnded, "process %d has ended", p.PID)
		}
		p.pause()
	}
}

// Status returns the present status.
func (p *Process) Status() Status { return p.page.status() }

// History returns the last updates that the process was asked for, in their
// order. It remembers a few of them.
func (p *Process) History() []Record { return p.page.records() }

// Update asks the process, which has to be locked, to update itself to the
// version in the file path, and waits for the outcome. The path must be absolute, and valid for the
// process. progress, if not nil, is called again and again with what is seen.
//
// The program's threads have to come to update points until ctx ends as well.
//
// When ctx ends before the process has taken the request up, the request is
// withdrawn, and the error is ErrTimeout, or ErrInterrupted if ctx was cancelled.
// Once the update has begun only a cancelled ctx ends the waiting, and nothing
// ends the update. The result in the status tells what came of it; an error means
// that there was none: ErrTimeout, ErrInterrupted, ErrEnded, ErrDied, ErrPath.
func (p *Process) Update(ctx context.Context, path string, progress func(Status)) (Status, error) {
	if len(path) >= len(p.page.requestPath) {
		return Status{}, errorf(ErrPath, "the path of the new version has %d bytes, and may have %d: move it to a "+
			"folder nearer to the root", len(path), len(p.page.requestPath)-1)
	}
	id := p.page.post(path, deadline(ctx))
	if err := p.signal(); err != nil {
		p.page.withdraw()
		return Status{}, err
	}
	for {
		alive := p.alive() // Before the answer is looked for: the process may give it and end.
		s := p.page.status()
		if progress != nil {
			progress(s)
		}
		switch {
		case s.answerTo == id:
			return s, nil
		case !alive && p.page.withdraw():
			return s, errorf(ErrEnded, "process %d ended while it was waiting for an update point", p.PID)
		case !alive:
			return s, errorf(ErrDied, "process %d ended while it was %v", p.PID, s.State)
		case ctx.Err() != nil && p.page.withdraw():
			return s, ended(ctx, errorf(ErrTimeout, "process %d has come to no update point; the request was withdrawn", p.PID))
		case errors.Is(ctx.Err(), context.Canceled):
			return s, errorf(ErrInterrupted, "interrupted; the update of process %d goes on", p.PID)
		}
		p.pause()
	}
}

// deadline returns when ctx ends, on the clock of the channel; 0 if it does not.
func deadline(ctx context.Context) uint64 {
	d, ok := ctx.Deadline()
	if !ok {
		return 0
	}
	return uint64(now() + int64(time.Until(d)))
}

// ended returns the error for a ctx that has ended: err, unless it was cancelled.
func ended(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return errorf(ErrInterrupted, "interrupted; nothing has happened")
	}
	return err
}

func (p *Process) signal() error {
	if err := unix.PidfdSendSignal(p.pidfd, unix.SIGUSR2, nil, 0); err != nil {
		if errors.Is(err, unix.ESRCH) {
			return errorf(ErrEnded, "process %d has ended", p.PID)
		}
		return fmt.Errorf("cannot signal process %d: %w", p.PID, err)
	}
	return nil
}

// pause lets a little time pass, less if the process ends.
func (p *Process) pause() {
	unix.Poll([]unix.PollFd{{Fd: int32(p.pidfd), Events: unix.POLLIN}}, 1)
}

func (p *Process) alive() bool {
	// An error is an interruption by a signal, and says nothing.
	n, _ := unix.Poll([]unix.PollFd{{Fd: int32(p.pidfd), Events: unix.POLLIN}}, 0)
	return n <= 0
}

func comm(pid int) string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return "?"
	}
	return strings.TrimSpace(string(b))
}

func owner(pid int) string {
	st, err := os.Stat(fmt.Sprintf("/proc/%d", pid))
	if err != nil {
		return "another user"
	}
	uid := strconv.Itoa(int(st.Sys().(*syscall.Stat_t).Uid))
	if u, err := user.LookupId(uid); err == nil {
		return u.Username
	}
	return "user " + uid
}
