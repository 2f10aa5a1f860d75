package review

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// WriteText prints r for a terminal with so many columns, with colours or
// without. Rules to paste are never broken.
func (r *Report) WriteText(w io.Writer, width int, colour bool) error {
	p := &printer{width: max(width, 40), colour: colour}
	p.line(bold, 0, r.Title())
	p.line(verdictStyle(r.Complete), 0, r.Verdict())
	p.problems("Missing", r.Missing)
	p.points(r.Points)
	p.variables(r.Variables)
	p.types(r.Types)
	p.traversed(r.Traversed)
	p.functions(r.Functions)
	p.problems("Warnings", r.Warnings)
	_, err := w.Write(p.out.Bytes())
	return err
}

// A style is the parameter of the terminal's escape sequence.
type style string

const (
	plain  style = ""
	bold   style = "1"
	dim    style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
	cyan   style = "36"
)

func verdictStyle(complete bool) style {
	if complete {
		return green
	}
	return red
}

// mark returns the sign and the colour of a change. What is missing shows,
// whatever else has changed.
func mark(c Change, h How) (string, style) {
	if h == Missing {
		return "!", red
	}
	switch c {
	case Added:
		return "+", green
	case Removed:
		return "-", red
	case Changed:
		return "~", yellow
	case Moved, Renamed:
		return ">", cyan
	case Padding:
		return ".", dim
	}
	return " ", plain
}

type printer struct {
	out    bytes.Buffer
	width  int
	colour bool
}

func (p *printer) heading(text string) {
	p.out.WriteByte('\n')
	p.line(bold, 0, text)
}

// line prints text, which it breaks between words if it is too long. What
// follows the first line is indented by hang columns.
func (p *printer) line(s style, hang int, text string) {
	text = printable(text)
	if hang > p.width*2/3 {
		hang = p.width / 4
	}
	for utf8.RuneCountInString(text) > p.width {
		first, rest := breakLine(text, p.width, hang)
		if rest == "" {
			break
		}
		p.whole(s, first)
		text = strings.Repeat(" ", hang) + rest
	}
	p.whole(s, text)
}

// whole prints a line as it is.
func (p *printer) whole(s style, line string) {
	if p.colour && s != plain {
		line = fmt.Sprintf("\x1b[%sm%s\x1b[m", s, line)
	}
	p.out.WriteString(line + "\n")
}

// breakLine breaks text at the last space before width, but behind its first
// hang columns; a word that is longer than a line stays whole.
func breakLine(text string, width, hang int) (line, rest string) {
	at, column := -1, 0
	for i, c := range text {
		if c == ' ' && strings.TrimSpace(text[:i]) != "" && column >= hang && (column <= width || at < 0) {
			at = i
		}
		column++
	}
	if at < 0 {
		return text, ""
	}
	return strings.TrimRight(text[:at], " "), strings.TrimLeft(text[at:], " ")
}

// printable replaces what would be a command to the terminal: names are from
// files that others may have written.
func printable(s string) string {
	return strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) && c != '\t' {
			return '?'
		}
		return c
	}, s)
}

func (p *printer) problems(title string, list []*Problem) {
	if len(list) == 0 {
		return
	}
	p.heading(fmt.Sprintf("%s (%d)", title, len(list)))
	for _, problem := range list {
		for i, text := range strings.Split(strings.TrimRight(problem.Text, "\n"), "\n") {
			if i == 0 && problem.At != "" {
				text = problem.At + ": " + text
			}
			p.line(plain, 4, "  "+text)
		}
		for _, n := range problem.Notes {
			at := ""
			if n.At != "" {
				at = n.At + ": "
			}
			p.line(dim, 6, "    "+at+n.Text)
			for text := range strings.Lines(n.Paste) {
				p.whole(cyan, "        "+printable(strings.TrimSuffix(text, "\n")))
			}
		}
	}
}

func (p *printer) points(points []*Point) {
	if len(points) == 0 {
		return
	}
	p.heading("Update points")
	for _, point := range points {
		sign, s := mark(point.Change, None)
		p.line(s, 4, "  "+sign+" "+point.Name)
	}
}

func (p *printer) variables(vars []*Variable) {
	if len(vars) == 0 {
		return
	}
	p.heading("Variables")
	kept := 0
	widest := 0
	for _, v := range vars {
		if v.Plain() {
			kept++
		} else if n := utf8.RuneCountInString(v.Names()); n > widest && n <= 40 {
			widest = n
		}
	}
	for _, v := range vars {
		if v.Plain() {
			continue
		}
		sign, s := mark(v.Change, v.How)
		p.line(s, widest+6, fmt.Sprintf("  %s %-*s  %s", sign, widest, v.Names(), v.Details()))
	}
	if kept > 0 {
		p.line(dim, 4, fmt.Sprintf("    %s as before", count(kept, "variable")))
	}
}

func (p *printer) types(types []*Type) {
	if len(types) == 0 {
		return
	}
	p.heading("Types")
	var changed, came, went []*Type
	kept := 0
	for _, t := range types {
		switch {
		case t.Plain():
			kept++
		case t.Change == Added:
			came = append(came, t)
		case t.Change == Removed:
			went = append(went, t)
		default:
			changed = append(changed, t)
		}
	}
	for _, t := range slices.Concat(changed, came, went) {
		p.typ(t)
	}
	if kept > 0 {
		p.line(dim, 4, fmt.Sprintf("    %s of the state as before", count(kept, "type")))
	}
}

func (p *printer) typ(t *Type) {
	sign, s := mark(t.Change, t.How)
	p.line(s, 4, fmt.Sprintf("  %s %s: %s", sign, t.Names(), strings.Join(t.Facts(), "; ")))
	for _, v := range t.Values {
		if v.Change != Kept {
			sign, s := mark(v.Change, None)
			p.line(s, 8, fmt.Sprintf("    %s %s %s", sign, v.Name, v.Details()))
		}
	}
	if len(t.Members) == 0 {
		return
	}
	rows := make([][]string, 0, len(t.Members)+1)
	rows = append(rows, []string{"", "old", "new", "size", "", ""})
	for _, m := range t.Members {
		sign, _ := mark(m.Change, m.How)
		rows = append(rows, []string{sign, m.Old.At(), m.New.At(), m.Sizes(), m.Names(), m.Details()})
	}
	columns := make([]int, 5)
	for _, row := range rows {
		for i := range columns {
			if n := utf8.RuneCountInString(row[i]); i < 4 || n <= 28 {
				columns[i] = max(columns[i], n)
			}
		}
	}
	hang := 4 + 2 + 4*2 // the indent, the sign, the spaces between columns
	for _, n := range columns[1:] {
		hang += n
	}
	for i, row := range rows {
		s := dim
		if i > 0 {
			_, s = mark(t.Members[i-1].Change, t.Members[i-1].How)
		}
		text := fmt.Sprintf("    %1s %*s  %*s  %*s  %-*s  %s", row[0], columns[1], row[1], columns[2], row[2],
			columns[3], row[3], columns[4], row[4], row[5])
		p.line(s, hang, strings.TrimRight(text, " "))
	}
}

func (p *printer) traversed(visits []*Visit) {
	if len(visits) == 0 {
		return
	}
	p.heading("Traversed: values of these types are looked at while the program stands still")
	for _, v := range visits {
		p.line(plain, 4, fmt.Sprintf("  %s, %s: %s", v.Type, v.How.OfType(), v.Why))
		p.line(dim, 10, "      from "+strings.Join(v.Path, ", "))
	}
}

func (p *printer) functions(f Functions) {
	if len(f.Gone)+len(f.Renamed) == 0 {
		return
	}
	p.heading("Functions")
	for _, r := range f.Renamed {
		p.line(cyan, 6, "  > "+r.Old+" -> "+r.New)
	}
	if len(f.Gone) == 0 {
		return
	}
	for _, key := range f.Gone {
		p.line(red, 6, "  - "+key)
	}
	p.line(plain, 4, "    "+f.Consequence())
}
