// Command doupd updates a running program to a new version.
package main

import (
	"context"
	"debug/elf"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/elfnote"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/proc"
)

// Exit codes. They are part of the interface.
const (
	exitUpdated     = 0
	exitRefused     = 1 // the old version goes on
	exitUsage       = 2
	exitTimeout     = 3 // the old version goes on
	exitFailed      = 4 // the process failed in the update, or ended
	exitUnreachable = 5 // there is no such process, or it cannot be updated by us
	exitInterrupted = 6 // doupd was; the update may go on
)

const help = `Updates the program that runs as process PID, under the driver, to the version in NEW.so.

The new version is checked first; whatever is wrong with it, the running version goes on as if nothing
had happened. Then the program is asked to update itself when it next comes to one of its update points,
and doupd waits for the outcome.

Exit status:
  0  the new version runs
  1  the new version was refused; the old one goes on
  2  wrong usage
  3  no update point was reached in time; the request was withdrawn and the old version goes on
  4  the process failed during the update, or ended
  5  there is no such process, it does not run under the driver, or it belongs to another user
  6  doupd was interrupted; it has said whether the request was withdrawn, or the update goes on`

type options struct {
	timeout time.Duration
	json    bool
	quiet   bool
	status  bool
}

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(args []string, stdout, stderr io.Writer) int {
	var opts options
	code := 0
	cmd := &cobra.Command{
		Use:   "doupd PID NEW.so",
		Short: "Updates a running program to a new version",
		Long:  help,
		Example: "  doupd 4711 ./server-2.so\n" +
			"  doupd --status 4711",
		Args: func(_ *cobra.Command, args []string) error {
			want := 2
			if opts.status {
				want = 1
			}
			if len(args) != want {
				return fmt.Errorf("%d arguments expected, %d given", want, len(args))
			}
			if pid, err := strconv.Atoi(args[0]); err != nil || pid <= 0 {
				return fmt.Errorf("%q is not a process id", args[0])
			}
			return nil
		},
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(_ *cobra.Command, args []string) error {
			pid, _ := strconv.Atoi(args[0])
			ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
			defer stop()
			ctx, cancel := context.WithTimeout(ctx, opts.timeout)
			defer cancel()
			if opts.status {
				code = status(ctx, pid, opts, stdout, stderr)
			} else {
				code = update(ctx, pid, args[1], opts, stdout, stderr)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.DurationVar(&opts.timeout, "timeout", 10*time.Second, "how long to wait for an update point")
	f.BoolVar(&opts.json, "json", false, "print the outcome as one JSON object")
	f.BoolVarP(&opts.quiet, "quiet", "q", false, "print errors only")
	f.BoolVar(&opts.status, "status", false, "say which version the process runs, and what came of its last update")
	f.SortFlags = false
	cmd.SetArgs(args)
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	if err := cmd.Execute(); err != nil {
		fmt.Fprintf(stderr, "doupd: %v\nusage: %s\n\"doupd --help\" says more\n", err, cmd.UseLine())
		return exitUsage
	}
	return code
}

// An outcome is what doupd prints and how it ends.
type outcome struct {
	Outcome string   `json:"outcome"` // updated refused timeout failed unreachable interrupted
	PID     int      `json:"pid"`
	From    *version `json:"from,omitempty"`
	To      *version `json:"to,omitempty"`
	Message string   `json:"message,omitempty"`
	Times   *times   `json:"times_ns,omitempty"`
	Objects *objects `json:"objects,omitempty"`

	code int
}

type version struct {
	Path    string `json:"path"`
	BuildID string `json:"build_id,omitempty"`
}

type times struct {
	Wait      time.Duration `json:"wait"`
	Load      time.Duration `json:"load"`
	Quiesce   time.Duration `json:"quiesce"`
	Transform time.Duration `json:"transform"`
	Commit    time.Duration `json:"commit"`
	Total     time.Duration `json:"total"`
}

type objects struct {
	Moved   uint64 `json:"moved"`
	InPlace uint64 `json:"in_place"`
	Bytes   uint64 `json:"bytes"`
}

func (v *version) String() string {
	s := filepath.Base(v.Path)
	if len(v.BuildID) >= 8 {
		s += " (" + v.BuildID[:8] + ")"
	}
	return s
}

// update asks for the update and reports what came of it.
func update(ctx context.Context, pid int, file string, opts options, stdout, stderr io.Writer) int {
	o := outcome{PID: pid}
	o.request(ctx, file, opts, stderr)
	switch {
	case opts.json:
		json.NewEncoder(stdout).Encode(o)
	case o.code == exitUpdated && !opts.quiet:
		fmt.Fprintf(stdout, "process %d: %v -> %v\n", pid, o.From, o.To)
		t := o.Times
		fmt.Fprintf(stdout, "  updated in %s: waited %s, load %s, quiesce %s, transform %s, commit %s\n",
			ms(t.Total), ms(t.Wait), ms(t.Load), ms(t.Quiesce), ms(t.Transform), ms(t.Commit))
		fmt.Fprintf(stdout, "  objects: %d moved into new storage, %d visited in their place\n",
			o.Objects.Moved, o.Objects.InPlace)
	case o.code != exitUpdated:
		fmt.Fprintf(stderr, "doupd: %s\n", o.Message)
	}
	return o.code
}

func (o *outcome) fail(code int, name, message string) {
	o.Outcome, o.Message, o.code = name, message, code
}

func (o *outcome) request(ctx context.Context, file string, opts options, stderr io.Writer) {
	image, err := elfnote.ReadImage(file)
	if err != nil {
		o.fail(exitRefused, "refused", err.Error())
		return
	}
	p, err := proc.Open(ctx, o.PID)
	if err != nil {
		o.failed(err, opts)
		return
	}
	defer p.Close()
	if err := fits(image, o.PID); err != nil {
		o.fail(exitRefused, "refused", err.Error())
		return
	}
	path, err := filepath.Abs(file)
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		o.fail(exitRefused, "refused", err.Error())
		return
	}

	before := p.Status()
	o.From = &version{before.Path, before.BuildID}
	progress := newProgress(stderr, opts)
	s, err := p.Update(ctx, path, progress.show)
	progress.clear()
	if err != nil {
		o.failed(err, opts)
		return
	}
	switch s.Result {
	case proc.Refused:
		o.fail(exitRefused, "refused", s.Message+". The old version goes on")
	case proc.Failed:
		o.fail(exitFailed, "failed", s.Message)
	default:
		o.Outcome = "updated"
		o.To = &version{s.Path, s.BuildID}
	}
	o.Times = &times{s.Wait, s.Load, s.Quiesce, s.Transform, s.Commit, s.Total()}
	o.Objects = &objects{s.Moved, s.InPlace, s.Bytes}
}

// failed sets the outcome for an error of package proc.
func (o *outcome) failed(err error, opts options) {
	switch {
	case errors.Is(err, proc.ErrTimeout):
		o.fail(exitTimeout, "timeout", fmt.Sprintf(
			"%v after %v. The old version goes on. Is it idle, or busy in a loop without an update point?", err, opts.timeout))
	case errors.Is(err, proc.ErrInterrupted):
		o.fail(exitInterrupted, "interrupted", err.Error())
	case errors.Is(err, proc.ErrBusy), errors.Is(err, proc.ErrPath):
		o.fail(exitRefused, "refused", err.Error())
	case errors.Is(err, proc.ErrDied):
		o.fail(exitFailed, "failed", err.Error())
	default:
		o.fail(exitUnreachable, "unreachable", err.Error())
	}
}

// fits checks what the process would find out only by loading the image.
func fits(image *elfnote.Image, pid int) error {
	if image.ABI != elfnote.RuntimeABI {
		return fmt.Errorf("%s contains runtime ABI %d, this doupd knows %d: build it with the Kitsune that doupd is from",
			image.Path, image.ABI, elfnote.RuntimeABI)
	}
	// The driver may be gone from the disk; the process itself checks again.
	running, err := elfnote.Machine(fmt.Sprintf("/proc/%d/exe", pid))
	if err == nil && running != image.Machine {
		return fmt.Errorf("%s is for %v, the process for %v", image.Path, machine(image.Machine), machine(running))
	}
	return nil
}

func machine(m elf.Machine) string { return strings.ToLower(strings.TrimPrefix(m.String(), "EM_")) }

// status prints what the process says about itself.
func status(ctx context.Context, pid int, opts options, stdout, stderr io.Writer) int {
	p, err := proc.Open(ctx, pid)
	if err != nil {
		var o outcome
		o.failed(err, opts)
		fmt.Fprintf(stderr, "doupd: %s\n", o.Message)
		return o.code
	}
	defer p.Close()
	s := p.Status()
	if opts.json {
		json.NewEncoder(stdout).Encode(struct {
			PID     int           `json:"pid"`
			State   string        `json:"state"`
			Version version       `json:"version"`
			Since   time.Duration `json:"running_for_ns"`
			Updates int           `json:"updates"`
		}{pid, s.State.String(), version{s.Path, s.BuildID}, s.Since, s.Updates})
		return 0
	}
	fmt.Fprintf(stdout, "process %d: %v, %v for %v, %d updates\n", pid, &version{s.Path, s.BuildID}, s.State,
		s.Since.Round(time.Second), s.Updates)
	switch s.Result {
	case proc.Updated:
		fmt.Fprintf(stdout, "  last update: took %s, paused the program for %s\n", ms(s.Total()), ms(s.Pause()))
	case proc.Refused:
		fmt.Fprintf(stdout, "  last update: refused: %s\n", s.Message)
	}
	return 0
}

// A progress is one line on a terminal that says what the process is doing.
type progress struct {
	w    io.Writer
	on   bool
	used bool
}

func newProgress(w io.Writer, opts options) *progress {
	f, ok := w.(*os.File)
	return &progress{w: w, on: ok && term.IsTerminal(int(f.Fd())) && !opts.quiet && !opts.json}
}

func (p *progress) show(s proc.Status) {
	if !p.on {
		return
	}
	what := s.State.String()
	if s.State == proc.Running {
		what = "waiting for an update point"
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s ...", what)
	p.used = true
}

func (p *progress) clear() {
	if p.used {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond)) }
