package xf

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
)

// Format returns the text of a file called name in the one form that xfgen fmt
// gives it:
//
//   - each rule, and each label of several, begins a line of its own, with one
//     blank between words and none before a comma or colon;
//   - at most one line is empty between rules;
//   - comments stay where they are, and those behind the rules of adjacent
//     lines are aligned;
//   - code stays as it is, but for white space at the ends of its lines and the
//     margin of code that stands on lines of its own.
//
// It adds to diags what is wrong with the text, and returns false if that is
// more than a warning.
func Format(name string, src []byte, diags *diag.List) ([]byte, bool) {
	errors := diags.Errors()
	Parse(name, src, diags)
	// The result ends with a line end, into which a last comment may go on.
	s := newScanner(name, append(slices.Clip(src), '\n'), new(diag.List))
	toks := s.tokens()
	for _, t := range toks {
		if t.kind != tokBlock {
			continue
		}
		if _, even := blockEnd(s.src, t.start, true); !even {
			diags.Errorf(s.pos(t.start), "cannot format a block in which a comment or a quoted text is not closed")
		}
	}
	if diags.Errors() > errors {
		return nil, false
	}
	p := new(printer)
	for _, l := range s.lexemes(toks) {
		p.print(l)
	}
	if p.prev == nil {
		return nil, true
	}
	return p.text(), true
}

// A lexeme is a comment, a token, or one of the words of a token of two.
type lexeme struct {
	kind  tokenKind // not of a comment
	text  string
	lines int // line ends before it

	comment bool
	begins  bool // a rule, an include or the preamble; of a comment: what follows it does
	glued   bool // no blank stands before it
}

// isLine reports whether l is a comment that ends with its line.
func (l *lexeme) isLine() bool { return l.comment && strings.HasPrefix(l.text, "//") }

// lexemes returns all that has to be printed of a text without errors.
func (s *scanner) lexemes(toks []token) []*lexeme {
	var all []*lexeme
	end := 0 // of the last lexeme
	add := func(start, to int, l *lexeme) {
		l.lines = bytes.Count(s.src[end:start], []byte("\n"))
		all = append(all, l)
		end = to
	}
	// comments adds those before the word at an offset.
	comments := func(word int, begins bool) {
		for i := end; i < word; i++ {
			if s.src[i] != '/' {
				continue // white space, or what means nothing
			}
			to := skipLiteral(s.src[:word], i)
			add(i, to, &lexeme{text: trimLines(string(s.src[i:to])), comment: true, begins: begins})
			i = to - 1
		}
	}
	inPath := false // a dot of the path before, as in struct S.f, stands without blanks
	for i, t := range toks {
		l := &lexeme{kind: t.kind, text: string(s.src[t.start:t.end]), begins: beginsItem(toks[:i], t.kind)}
		comments(t.start, l.begins)
		start := t.start
		switch t.kind {
		case tokEOF:
			return all
		case tokBlock:
			l.text = "{" + formatCode(l.text[1:len(l.text)-1], !l.begins) + "}"
		case tokComma, tokColon:
			l.glued = true
		case tokDot:
			inPath = toks[i-1].kind == tokType && toks[i+1].kind == tokName && isIdentStart(toks[i+1].elem.Name[0])
			l.glued = inPath
		case tokName:
			l.glued = inPath
			inPath = false
		case tokType, tokInclude:
			// Two words, between which there may be a comment.
			words := [2]string{t.elem.Kind, t.elem.Name}
			if t.kind == tokInclude {
				words = [2]string{"include", `"` + t.elem.Name + `"`}
			}
			add(start, start+len(words[0]), &lexeme{kind: t.kind, text: words[0], begins: l.begins})
			start = t.end - len(words[1])
			comments(start, false)
			l.text, l.begins = words[1], false
		}
		add(start, t.end, l)
	}
	return all
}

// trimLines removes the blanks at the ends of lines. Those behind a backslash
// stay: without them the line would go on in the next one.
func trimLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if t := strings.TrimRight(l, " \t\r"); !strings.HasSuffix(t, `\`) {
			lines[i] = t
		}
	}
	return strings.Join(lines, "\n")
}

// formatCode returns what stands between braces with other white space at the
// ends of its lines, and, if indent is set, another margin.
func formatCode(text string, indent bool) string {
	switch {
	case strings.TrimSpace(text) == "":
		return ""
	case strings.Contains(text, `R"`):
		return text // in a raw string every blank counts
	}
	lines := strings.Split(trimLines(text), "\n")
	for len(lines) > 2 && lines[0] == "" && lines[1] == "" {
		lines = lines[1:]
	}
	for n := len(lines); n > 2 && lines[n-1] == "" && lines[n-2] == "" && !goesOn(lines[n-3]); n-- {
		lines = lines[:n-1]
	}
	if indent {
		indentRest(lines)
	}
	// Code in the line of a brace stands one blank away from it.
	if first := strings.TrimLeft(lines[0], " \t\r"); first != "" {
		lines[0] = " " + first
	}
	if last := strings.TrimRight(lines[len(lines)-1], " \t\r"); last != "" {
		lines[len(lines)-1] = last + " "
	}
	return strings.Join(lines, "\n")
}

// goesOn reports whether the line of C continues in the next one.
func goesOn(line string) bool { return strings.HasSuffix(line, `\`) }

// indentRest gives all lines but the first a margin of one tab in place of that
// of the second, if they all have it. Directives stand where they stand, and so
// does what continues the line above, as it may be within a string.
func indentRest(lines []string) {
	var own []*string
	for i := 1; i < len(lines); i++ {
		if lines[i] != "" && lines[i][0] != '#' && !goesOn(lines[i-1]) {
			own = append(own, &lines[i])
		}
	}
	if len(own) == 0 {
		return
	}
	margin := (*own[0])[:len(*own[0])-len(strings.TrimLeft(*own[0], " \t"))]
	for _, l := range own {
		if !strings.HasPrefix(*l, margin) {
			return
		}
	}
	for _, l := range own {
		*l = "\t" + (*l)[len(margin):]
	}
}

// A printer puts lexemes into lines.
type printer struct {
	done []line
	line line

	prev     *lexeme
	token    tokenKind // the last one; comments are none
	comments bool      // nothing but comments is in the line
}

// A line is a line of the result, or several if code or a comment in it has
// them, and the comments behind it.
type line struct{ text, comment string }

func (p *printer) print(l *lexeme) {
	between := l.begins || p.token == tokComma // rules or labels
	space := " "
	switch {
	case p.prev == nil:
		space = ""
	case between && l.lines == 0 && (l.comment || p.comments):
	case between:
		space = ""
		p.endLine()
		if l.begins && l.lines > 1 {
			p.endLine()
		}
	case p.prev.isLine():
		space = "\t"
		p.endLine()
	case l.glued:
		space = ""
	}
	switch {
	case p.line.text == "":
		p.comments = l.comment
		p.line.text = space + l.text
	case l.comment && between && !p.comments:
		p.line.comment += space + l.text
	default:
		p.comments = p.comments && l.comment
		p.line.text += space + l.text
	}
	p.prev = l
	if !l.comment {
		p.token = l.kind
	}
}

func (p *printer) endLine() {
	p.done = append(p.done, p.line)
	p.line = line{}
}

// text returns the lines, with the comments of adjacent ones aligned.
func (p *printer) text() []byte {
	var b bytes.Buffer
	lines := append(p.done, p.line)
	for len(lines) > 0 {
		n, width := 0, 0
		for n < len(lines) && lines[n].comment != "" && !strings.Contains(lines[n].text+lines[n].comment, "\n") {
			width = max(width, utf8.RuneCountInString(lines[n].text))
			n++
		}
		for _, l := range lines[:n] {
			fmt.Fprintf(&b, "%-*s%s\n", width, l.text, l.comment)
		}
		if n < len(lines) {
			fmt.Fprintf(&b, "%s%s\n", lines[n].text, lines[n].comment)
			n++
		}
		lines = lines[n:]
	}
	return b.Bytes()
}
