package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/proc"
)

// A description is what doupd says about a process that it only looks at.
type description struct {
	PID     int           `json:"pid"`
	Program string        `json:"program,omitempty"`
	User    string        `json:"user,omitempty"`
	State   string        `json:"state"`
	Version *version      `json:"version,omitempty"`
	Since   time.Duration `json:"running_for_ns,omitempty"`
	Updates int           `json:"updates"`
	Last    *answer       `json:"last,omitempty"`
}

// An answer is what came of an update: of the last one, or of one in a history.
type answer struct {
	Outcome string     `json:"outcome"` // updated refused failed rolled_back
	Time    *time.Time `json:"time,omitempty"`
	From    *version   `json:"from,omitempty"`
	To      *version   `json:"to,omitempty"`
	Message string     `json:"message,omitempty"`
	Times   *times     `json:"times_ns"`
	Objects *objects   `json:"objects"`
}

func newAnswer(a proc.Answer) *answer {
	return &answer{Outcome: a.Result.String(), Message: a.Message, Times: newTimes(a.Times), Objects: newObjects(a)}
}

func newDescription(p proc.Info) description {
	d := description{PID: p.PID, Program: p.Program, User: p.User, State: "unknown"}
	if s := p.Status; s != nil {
		d.State = s.State.String()
		d.Version, d.Since, d.Updates = &version{s.Path, s.BuildID}, s.Since, s.Updates
		if s.Result != proc.None {
			d.Last = newAnswer(s.Answer)
		}
	}
	return d
}

// list prints the updatable processes.
func (c *client) list() int {
	processes, err := proc.List()
	if err != nil {
		fmt.Fprintf(c.stderr, "doupd: %v\n", err)
		return exitUnreachable
	}
	if c.json {
		for _, p := range processes {
			c.printJSON(newDescription(p))
		}
		return 0
	}
	if len(processes) == 0 {
		if !c.quiet {
			fmt.Fprintln(c.stderr, "doupd: no process here is updatable, or none may be looked at by this user")
		}
		return 0
	}
	w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "PID\tUSER\tPROGRAM\tRUNS\tBUILD ID\tSINCE\tUPDATES\tLAST UPDATE")
	for _, p := range processes {
		s := p.Status
		if s == nil {
			fmt.Fprintf(w, "%d\t%s\t%s\t?\t?\t?\t?\tit has closed its channel\n", p.PID, p.User, p.Program)
			continue
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%.8s\t%s\t%d\t%s\n", p.PID, p.User, p.Program, versionName(s.Path, ""), s.BuildID,
			age(s.Since), s.Updates, c.last(s))
	}
	w.Flush()
	return 0
}

// last says in a few words what a process is doing, or what came of its last
// update.
func (c *client) last(s *proc.Status) string {
	switch {
	case s.State != proc.Running:
		return c.colour(yellow, s.State.String())
	case s.Result == proc.Updated:
		return c.colour(green, "updated") + ", paused " + ms(s.Pause())
	case s.Result == proc.None:
		return "-"
	}
	message := []rune(s.Message)
	if len(message) > 60 {
		message = append(message[:57], []rune("...")...)
	}
	return c.colour(red, s.Result.String()) + ": " + string(message)
}

// open finds a process to look at. If there is none it says so, and returns nil
// and how doupd ends.
func (c *client) open(ctx context.Context, pid int) (*proc.Process, int) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	p, err := proc.Open(ctx, pid)
	if err != nil {
		o := outcome{PID: pid}
		o.failed(err, c.timeout)
		c.report(o)
		return nil, o.code
	}
	return p, 0
}

// status prints what a process says about itself, or also its descendants.
func (c *client) status(ctx context.Context, pid int) int {
	pids := []int{pid}
	if tree, err := proc.Tree(pid); c.tree && err == nil && len(tree) > 0 {
		pids = tree
	}
	code := 0
	for _, pid := range pids {
		p, failed := c.open(ctx, pid)
		if p == nil {
			code = failed
			continue
		}
		s := p.Status()
		p.Close()
		if c.json {
			c.printJSON(newDescription(proc.Info{PID: pid, Status: &s}))
		} else {
			c.showStatus(pid, s)
		}
	}
	return code
}

func (c *client) showStatus(pid int, s proc.Status) {
	fmt.Fprintf(c.stdout, "process %d: %v, %v for %s, %s\n", pid, &version{s.Path, s.BuildID}, s.State,
		age(s.Since), count(s.Updates, "update"))
	switch s.Result {
	case proc.None:
	case proc.Updated:
		fmt.Fprintf(c.stdout, "  last update: took %s, paused the program for %s\n", ms(s.Total()), ms(s.Pause()))
	default:
		fmt.Fprintf(c.stdout, "  last update: %s: %s\n", c.colour(red, s.Result.String()), s.Message)
	}
}

// history prints the last updates that a process was asked for.
func (c *client) history(ctx context.Context, pid int) int {
	p, failed := c.open(ctx, pid)
	if p == nil {
		return failed
	}
	defer p.Close()
	records := p.History()
	if c.json {
		h := struct {
			PID     int       `json:"pid"`
			History []*answer `json:"history"` // oldest first
		}{pid, []*answer{}}
		for _, r := range records {
			a := newAnswer(r.Answer)
			a.Time, a.From = &r.Time, &version{r.From, r.FromID}
			if r.To != "" {
				a.To = &version{r.To, r.ToID}
			}
			h.History = append(h.History, a)
		}
		c.printJSON(h)
		return 0
	}
	if len(records) == 0 {
		fmt.Fprintf(c.stdout, "process %d has not been asked for an update\n", pid)
	}
	for _, r := range records {
		fmt.Fprintf(c.stdout, "%s  %s  %s -> %s\n", r.Time.Format("2006-01-02 15:04:05"), c.result(r.Result),
			versionName(r.From, r.FromID), versionName(r.To, r.ToID))
		if r.Message != "" {
			fmt.Fprintf(c.stdout, "    %s\n", r.Message)
		}
		fmt.Fprintf(c.stdout, "    paused %s: load %s, quiesce %s, transform %s, commit %s; waited %s before\n",
			ms(r.Pause()), ms(r.Load), ms(r.Quiesce), ms(r.Transform), ms(r.Commit), ms(r.Wait))
	}
	return 0
}
