// Package diag is how the tools speak of what is wrong with their input: like
// a C compiler, several complaints in one run, each with a place, the line it
// is about, and what to do.
package diag

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// A Pos is a place in an input file. Line and Col count from 1, Col in bytes;
// a zero Line means the file as a whole, an empty File no place at all.
type Pos struct {
	File string `json:"file"`
	Line int    `json:"line,omitzero"`
	Col  int    `json:"column,omitzero"`
}

func (p Pos) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Col == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// Severity tells what keeps a tool from its result from what does not.
type Severity int

const (
	Error Severity = iota
	Warning
)

func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// MarshalText makes s the same word in JSON.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// A Diagnostic is one complaint. Its form in JSON is part of the interface of
// the tools that print it.
type Diagnostic struct {
	Pos      Pos      `json:"at,omitzero"`
	Severity Severity `json:"severity"`
	ID       string   `json:"id,omitzero"` // of a kind that -WID, -Wno-ID and -Werror=ID are about, or ""
	Text     string   `json:"text"`        // may have further lines
	Notes    []Note   `json:"notes,omitzero"`
}

// A Note explains a diagnostic or says what to do about it.
type Note struct {
	Pos  Pos    `json:"at,omitzero"`
	Text string `json:"text"`

	// Paste is text that the user can copy into the input, as it is.
	Paste string `json:"paste,omitzero"`
}

// Notef adds a note and returns d.
func (d *Diagnostic) Notef(pos Pos, format string, args ...any) *Diagnostic {
	d.Notes = append(d.Notes, Note{Pos: pos, Text: fmt.Sprintf(format, args...)})
	return d
}

// Suggest adds a note that ends in text to copy, and returns d.
func (d *Diagnostic) Suggest(text, paste string) *Diagnostic {
	d.Notes = append(d.Notes, Note{Text: text, Paste: paste})
	return d
}

// A List collects the diagnostics of a run.
type List []*Diagnostic

// Errorf adds an error and returns it, for notes to be added.
func (l *List) Errorf(pos Pos, format string, args ...any) *Diagnostic {
	return l.add(pos, Error, fmt.Sprintf(format, args...))
}

// Warnf adds a warning and returns it, for notes to be added.
func (l *List) Warnf(pos Pos, format string, args ...any) *Diagnostic {
	return l.add(pos, Warning, fmt.Sprintf(format, args...))
}

func (l *List) add(pos Pos, s Severity, text string) *Diagnostic {
	d := &Diagnostic{Pos: pos, Severity: s, Text: text}
	*l = append(*l, d)
	return d
}

// Errors returns the number of errors in l.
func (l List) Errors() int {
	n := 0
	for _, d := range l {
		if d.Severity == Error {
			n++
		}
	}
	return n
}

// Sort orders l by place; diagnostics of one place stay as they were added.
func (l List) Sort() {
	slices.SortStableFunc(l, func(a, b *Diagnostic) int {
		return cmp.Or(
			strings.Compare(a.Pos.File, b.Pos.File),
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Col, b.Pos.Col),
		)
	})
}

// Sources are the texts of input files by name. The lines that diagnostics
// point to are shown when the text is there.
type Sources map[string][]byte

// Write prints l in its order.
func (l List) Write(w io.Writer, src Sources) error {
	var b bytes.Buffer
	for _, d := range l {
		if d.Pos.File != "" {
			fmt.Fprintf(&b, "%s: ", d.Pos)
		}
		fmt.Fprintf(&b, "%s: %s", d.Severity, d.Text)
		if d.ID != "" {
			fmt.Fprintf(&b, " [-W%s]", d.ID)
		}
		b.WriteByte('\n')
		src.quote(&b, d.Pos)
		for _, n := range d.Notes {
			if n.Pos.File != "" {
				fmt.Fprintf(&b, "%s: ", n.Pos)
			} else {
				b.WriteString("  ")
			}
			fmt.Fprintf(&b, "note: %s\n", n.Text)
			src.quote(&b, n.Pos)
			if n.Paste != "" {
				for line := range strings.Lines(n.Paste) {
					fmt.Fprintf(&b, "        %s\n", strings.TrimSuffix(line, "\n"))
				}
			}
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// quote prints the line of p with a caret under the column.
func (src Sources) quote(b *bytes.Buffer, p Pos) {
	text, ok := src[p.File]
	if !ok || p.Line == 0 {
		return
	}
	for range p.Line - 1 {
		_, rest, ok := bytes.Cut(text, []byte("\n"))
		if !ok {
			return
		}
		text = rest
	}
	text, _, _ = bytes.Cut(text, []byte("\n"))
	fmt.Fprintf(b, "%5d | %s\n", p.Line, text)
	if p.Col == 0 || p.Col > len(text)+1 {
		return
	}
	// Tabs stay tabs, so that the caret stands right whatever their width.
	pad := bytes.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, text[:p.Col-1])
	fmt.Fprintf(b, "      | %s^\n", pad)
}
