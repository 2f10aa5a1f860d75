package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// A report is the result of the demo. Times are in nanoseconds, sizes in
// bytes.
type report struct {
	OK           bool           `json:"ok"` // nothing lost, nothing wrong, everything updated
	Version      string         `json:"version"`
	Keys         int            `json:"keys"`         // verified in the end
	KeysPresent  int            `json:"keys_present"` // of them; the others are deleted or have expired
	Connections  int64          `json:"connections"`
	Lost         int64          `json:"connections_lost"`
	Answers      int64          `json:"answers"`
	Wrong        int64          `json:"wrong_answers"`
	StreamLines  int64          `json:"monitor_lines"`
	StreamLost   int64          `json:"monitor_lines_lost"`
	LongestStall time.Duration  `json:"longest_stall_ns"` // when no update is going on
	Faults       []faultReport  `json:"faults"`
	Updates      []updateReport `json:"updates"`
	Problems     []string       `json:"problems"`
}

type faultReport struct {
	Fault        string        `json:"fault"`
	Outcome      string        `json:"outcome"`
	Message      string        `json:"message"`
	LongestStall time.Duration `json:"longest_stall_ns"`
}

type updateReport struct {
	Update       string        `json:"update"`
	LongestStall time.Duration `json:"longest_stall_ns"`
	MemoryBefore int64         `json:"memory_before"`
	MemoryAfter  int64         `json:"memory_after"`
	outcome
}

func (r *report) print(out io.Writer) {
	fmt.Fprintln(out)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "connections\t%d, %d lost\n", r.Connections, r.Lost)
	fmt.Fprintf(w, "answers\t%s checked, %d wrong\n", thousands(r.Answers), r.Wrong)
	if r.StreamLines > 0 {
		fmt.Fprintf(w, "MONITOR stream\t%s lines, %d lost\n", thousands(r.StreamLines), r.StreamLost)
	}
	fmt.Fprintf(w, "keys\t%s verified: %s there, %s deleted or expired\n", thousands(int64(r.Keys)),
		thousands(int64(r.KeysPresent)), thousands(int64(r.Keys-r.KeysPresent)))
	fmt.Fprintf(w, "longest stall\t%s, when no update is going on\n", milliseconds(r.LongestStall))
	w.Flush()

	if len(r.Faults) > 0 {
		fmt.Fprintln(out)
		w = tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "what went wrong\toutcome\tlongest stall")
		for _, f := range r.Faults {
			fmt.Fprintf(w, "%s\t%s\t%s\n", f.Fault, strings.ReplaceAll(f.Outcome, "_", " "), milliseconds(f.LongestStall))
		}
		w.Flush()
	}

	if len(r.Updates) > 0 {
		fmt.Fprintln(out)
		w = tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintf(w, "update\t|\tload\tquiesce\ttransform\tcommit\ttotal\t|\tlongest stall\tobjects moved\tin place\t|"+
			"\tmemory before\tafter\t\n")
		for _, u := range r.Updates {
			t := &u.Times
			fmt.Fprintf(w, "%s\t|\t%s\t%s\t%s\t%s\t%s\t|\t%s\t%s\t%s\t|\t%s\t%s\t\n", u.Update,
				milliseconds(t.Load), milliseconds(t.Quiesce), milliseconds(t.Transform), milliseconds(t.Commit),
				milliseconds(t.Total), milliseconds(u.LongestStall),
				thousands(u.Objects.Moved), thousands(u.Objects.InPlace),
				megabytes(u.MemoryBefore), megabytes(u.MemoryAfter))
		}
		w.Flush()
	}

	fmt.Fprintln(out)
	for _, p := range r.Problems {
		fmt.Fprintln(out, "problem:", p)
	}
	if r.OK {
		fmt.Fprintf(out, "Nothing was lost, nothing was wrong. The server runs version %s.\n", r.Version)
	} else {
		fmt.Fprintln(out, "This should not have happened.")
	}
}
