package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/proc"
)

// A client is one call of doupd.
type client struct {
	options
	stdout, stderr io.Writer
}

// An outcome is what doupd says about one process, or about one file, and how
// it ends.
type outcome struct {
	Outcome string   `json:"outcome"` // in the table of outcomes; "skipped": --tree has stopped before
	PID     int      `json:"pid,omitempty"`
	From    *version `json:"from,omitempty"`
	To      *version `json:"to,omitempty"`
	Message string   `json:"message,omitempty"`
	Times   *times   `json:"times_ns,omitempty"`
	Objects *objects `json:"objects,omitempty"`
	Checks  []check  `json:"checks,omitempty"` // of --check

	code int
	gone bool // the process has ended, or has become another program, and not because of us
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

func newTimes(t proc.Times) *times {
	return &times{t.Wait, t.Load, t.Quiesce, t.Transform, t.Commit, t.Total()}
}

func newObjects(a proc.Answer) *objects { return &objects{a.Moved, a.InPlace, a.Bytes} }

func (v *version) String() string { return versionName(v.Path, v.BuildID) }

// versionName is what a person reads of a version.
func versionName(path, buildID string) string {
	if path == "" {
		return "?"
	}
	s := filepath.Base(path)
	if len(buildID) >= 8 {
		s += " (" + buildID[:8] + ")"
	}
	return s
}

// update asks for the update of a process, and reports what came of it.
func (c *client) update(ctx context.Context, pid int, file string) outcome {
	o := c.request(ctx, pid, file)
	c.report(o)
	return o
}

// updateTree updates the process pid and its descendants. Parents come first:
// what they fork from then on is of the new version.
func (c *client) updateTree(ctx context.Context, pid int, file string) int {
	code := exitUpdated
	asked := map[int]bool{}
	for round := 0; ; round++ {
		tree, err := proc.Tree(pid)
		if err != nil || len(tree) == 0 && round == 0 {
			return c.update(ctx, pid, file).code // Which says what is wrong.
		}
		tree = slices.DeleteFunc(tree, func(p int) bool { return asked[p] })
		if len(tree) == 0 {
			return code
		}
		for i, p := range tree {
			asked[p] = true
			o := c.request(ctx, p, file)
			// Children end; and those that were forked meanwhile may be of the new version already.
			if p != pid && (o.gone || round > 0 && o.Outcome == "current") {
				continue
			}
			c.report(o)
			if o.code == exitUpdated {
				continue
			}
			if code == exitUpdated {
				code = o.code
			}
			if !c.keepGoing || o.code == exitInterrupted {
				for _, rest := range tree[i+1:] {
					c.report(outcome{Outcome: "skipped", PID: rest, Message: fmt.Sprintf(
						"process %d was not asked, because process %d was not updated", rest, p)})
				}
				return code
			}
		}
		if code != exitUpdated {
			return code // A parent that stays old might fork old children for ever.
		}
	}
}

// report prints an outcome.
func (c *client) report(o outcome) {
	switch {
	case c.json:
		c.printJSON(o)
	case o.Outcome == "updated" && !c.quiet:
		fmt.Fprintf(c.stdout, "process %d: %v -> %v\n", o.PID, o.From, o.To)
		t := o.Times
		fmt.Fprintf(c.stdout, "  %s in %s: waited %s, load %s, quiesce %s, transform %s, commit %s\n",
			c.colour(green, "updated"), ms(t.Total), ms(t.Wait), ms(t.Load), ms(t.Quiesce), ms(t.Transform), ms(t.Commit))
		fmt.Fprintf(c.stdout, "  objects: %d moved into new storage, %d visited in their place\n",
			o.Objects.Moved, o.Objects.InPlace)
	case o.Outcome == "current" && !c.quiet:
		fmt.Fprintf(c.stdout, "process %d: %v runs already; there is nothing to do\n", o.PID, o.From)
	case o.Outcome == "skipped" && !c.quiet:
		fmt.Fprintf(c.stdout, "%s\n", o.Message)
	case o.code != exitUpdated:
		fmt.Fprintf(c.stderr, "doupd: %s\n", o.Message)
	}
}

func (o *outcome) fail(code int, name, message string) {
	o.Outcome, o.Message, o.code = name, message, code
}

// request asks a process for an update, if nothing speaks against it.
func (c *client) request(ctx context.Context, pid int, file string) outcome {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	o := outcome{PID: pid}
	a := inspect(file)
	if err := a.refusal(); err != nil {
		o.fail(exitRefused, "refused", err.Error())
		return o
	}
	p, err := proc.Open(ctx, pid)
	if err != nil {
		o.failed(err, c.timeout)
		return o
	}
	defer p.Close()
	if err := p.Lock(ctx); err != nil { // What the checks find will be what is updated.
		o.failed(err, c.timeout)
		return o
	}
	before := p.Status()
	o.From = &version{before.Path, before.BuildID}
	a.admit(p, c.unsafeOwner)
	if a.current && !c.again {
		o.Outcome, o.To = "current", o.From
		return o
	}
	if err := a.refusal(); err != nil {
		o.fail(exitRefused, "refused", err.Error())
		return o
	}

	progress := c.newProgress(fmt.Sprintf("process %d", pid))
	s, err := p.Update(ctx, a.path, progress.show)
	progress.clear()
	if err != nil {
		o.failed(err, c.timeout)
		return o
	}
	o.answered(s)
	o.Times, o.Objects = newTimes(s.Times), newObjects(s.Answer)
	return o
}

// answered sets the outcome for what the process has answered.
func (o *outcome) answered(s proc.Status) {
	switch s.Result {
	case proc.Updated:
		o.Outcome = "updated"
		o.To = &version{s.Path, s.BuildID}
	case proc.Refused:
		o.fail(exitRefused, "refused", s.Message+". The old version goes on")
	case proc.Failed:
		o.fail(exitFailed, "failed", s.Message)
	case proc.RolledBack:
		o.fail(exitRolledBack, "rolled_back", s.Message+". The update was rolled back, and the old version goes on")
	default:
		o.fail(exitFailed, "failed", fmt.Sprintf("process %d gives an answer that this doupd does not know (%v), %q: "+
			"use the doupd that belongs to the program's Kitsune", o.PID, s.Result, s.Message))
	}
}

// failed sets the outcome for an error of package proc.
func (o *outcome) failed(err error, timeout time.Duration) {
	o.gone = errors.Is(err, proc.ErrNoProcess) || errors.Is(err, proc.ErrEnded) || errors.Is(err, proc.ErrNotUpdatable)
	switch {
	case errors.Is(err, proc.ErrTimeout):
		o.fail(exitTimeout, "timeout", fmt.Sprintf(
			"%v after %v. The old version goes on. Is it idle, or busy in a loop without an update point?", err, timeout))
	case errors.Is(err, proc.ErrInterrupted):
		o.fail(exitInterrupted, "interrupted", err.Error())
	case errors.Is(err, proc.ErrBusy), errors.Is(err, proc.ErrPath):
		o.fail(exitRefused, "refused", err.Error())
	case errors.Is(err, proc.ErrEnded), errors.Is(err, proc.ErrDied):
		o.fail(exitFailed, "failed", err.Error())
	default:
		o.fail(exitUnreachable, "unreachable", err.Error())
	}
}

// check reports whether a file would be accepted, by the process pid if that is
// not 0.
func (c *client) check(ctx context.Context, file string, pid int) int {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	o := outcome{PID: pid}
	a := inspect(file)
	var p *proc.Process
	if pid != 0 {
		var err error
		if p, err = proc.Open(ctx, pid); err != nil {
			o.failed(err, c.timeout)
			c.report(o)
			return o.code
		}
		defer p.Close()
		s := p.Status()
		o.From = &version{s.Path, s.BuildID}
	}
	a.admit(p, c.unsafeOwner)
	o.Checks = a.checks
	if a.image != nil {
		o.To = &version{a.path, a.image.BuildID}
	}
	switch err := a.refusal(); {
	case err != nil:
		o.fail(exitRefused, "refused", err.Error())
	case a.current:
		o.Outcome = "current"
	default:
		o.Outcome = "fits"
	}
	c.reportChecks(o, file)
	return o.code
}

func (c *client) reportChecks(o outcome, file string) {
	if c.json {
		c.printJSON(o)
		return
	}
	if c.quiet {
		c.report(o)
		return
	}
	marks := map[string]string{
		checkOK:      c.colour(green, "ok     "),
		checkFailed:  c.colour(red, "refused"),
		checkUnknown: c.colour(yellow, "unknown"),
	}
	for _, k := range o.Checks {
		fmt.Fprintf(c.stdout, "  %s  %-9s  %s\n", marks[k.Result], k.Name, k.Message)
	}
	whom := "a process"
	if o.PID != 0 {
		whom = fmt.Sprintf("process %d, which runs %v,", o.PID, o.From)
	}
	switch {
	case o.code != 0:
		fmt.Fprintf(c.stdout, "%s would be refused\n", file)
	case o.Outcome == "current":
		fmt.Fprintf(c.stdout, "%s is what process %d runs: there would be nothing to do\n", file, o.PID)
	default:
		fmt.Fprintf(c.stdout, "%s can be given to %s as far as can be seen from here\n", file, whom)
	}
}
