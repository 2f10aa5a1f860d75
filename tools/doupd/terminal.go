package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/proc"
)

// Colours of a terminal.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
)

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// colour returns the text in a colour, if the output is for a terminal that has
// some and a person who wants them.
func (c *client) colour(colour, text string) string {
	if !isTerminal(c.stdout) || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[m"
}

// result returns a result as a word of a table.
func (c *client) result(r proc.Result) string {
	colour := red
	if r == proc.Updated {
		colour = green
	}
	return c.colour(colour, fmt.Sprintf("%-7s", r))
}

func (c *client) printJSON(v any) {
	e := json.NewEncoder(c.stdout)
	e.SetEscapeHTML(false) // Messages have -> and <file> in them.
	e.Encode(v)
}

// A progress is one line on a terminal that says what the process is doing.
type progress struct {
	w     io.Writer
	what  string
	on    bool
	used  bool
	began time.Time
	shown time.Time
	state proc.State
}

func (c *client) newProgress(what string) *progress {
	on := isTerminal(c.stderr) && os.Getenv("TERM") != "dumb" && !c.quiet && !c.json
	return &progress{w: c.stderr, what: what, on: on, began: time.Now()}
}

// show is called all the time, and writes when the state is another one, or a
// person could see that time has passed.
func (p *progress) show(s proc.Status) {
	const pace = 100 * time.Millisecond
	if !p.on || s.State == p.state && time.Since(p.shown) < pace {
		return
	}
	p.state, p.shown, p.used = s.State, time.Now(), true
	state, objects := s.State.String(), ""
	switch s.State {
	case proc.Running:
		state = "waiting for an update point"
	case proc.Transforming, proc.Committing:
		if s.Moved+s.InPlace > 0 {
			objects = fmt.Sprintf(", %d objects", s.Moved+s.InPlace)
		}
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s: %s%s, %.1f s", p.what, state, objects, time.Since(p.began).Seconds())
}

func (p *progress) clear() {
	if p.used {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond)) }

// age says how long something is, as precisely as a person wants to know.
func age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm %ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh %dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd %dh", int(d.Hours())/24, int(d.Hours())%24)
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
