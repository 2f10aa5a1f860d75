package cfront

import (
	"bytes"
	"strings"
)

// A Comment is one that tells the compiler that statements go on at the label
// that follows. A preprocessed text has no comments, unless all are kept: that
// would be most of the text of system headers.
type Comment struct {
	Off  int // of the label
	Text string
}

// FallThrough finds the comments about going on at a label in the sources of
// the program's own functions, and their labels in the preprocessed text. read
// returns the content of a source; one that cannot be read counts as empty.
func (u *Unit) FallThrough(read func(name string) ([]byte, error)) []Comment {
	remarks := make(map[string][]remark) // by file; those whose labels have not been found yet
	for _, f := range u.Functions {
		p := u.Position(f.Off)
		if _, ok := remarks[p.File]; ok || p.System {
			continue
		}
		source, _ := read(p.File)
		remarks[p.File] = scanRemarks(source)
	}
	l := u.lexed
	var comments []Comment
	var file string
	marker, line, counted := 0, 1, 0 // line is that of the text at counted
	var last struct{ line, off int } // label
	for i, t := range l.toks {
		for marker < len(l.markers) && l.markers[marker].off <= t.off {
			m := l.markers[marker]
			if m.file != file {
				last.line = 0
			}
			file, line, counted = m.file, int(m.line), int(m.off)
			marker++
		}
		rest := remarks[file]
		if len(rest) == 0 {
			continue
		}
		line += bytes.Count(l.text[counted:t.off], []byte{'\n'})
		counted = int(t.off)
		for len(rest) > 0 && rest[0].line < line {
			switch r := rest[0]; {
			case r.before && last.line == r.line:
				comments = append(comments, Comment{last.off, r.text})
			case !r.before && l.isLabel(i):
				comments = append(comments, Comment{int(t.off), r.text})
			}
			rest = rest[1:]
		}
		if l.isLabel(i) {
			last.line, last.off = line, int(t.off)
		}
		remarks[file] = rest
	}
	return comments
}

func (l *lexed) isLabel(i int) bool {
	switch {
	case l.toks[i].kind != ident:
		return false
	case l.is(i, "case"), l.is(i, "default"):
		return true
	}
	return l.ch(i+1) == ':'
}

// A remark is a comment in a source that may be about going on at a label. What
// exactly it has to say, the compiler knows.
type remark struct {
	line   int
	before bool // the label is the last one on the same line; else it comes first on a later one
	text   string
}

// scanRemarks finds the remarks in a source.
func scanRemarks(source []byte) []remark {
	var list []remark
	if !bytes.Contains(bytes.ToLower(source), []byte("fall")) {
		return nil
	}
	line, counted := 1, 0
	for i := 0; i+1 < len(source); i++ {
		switch c := source[i]; {
		case c == '"' || c == '\'':
			_, end := literal(source, i, false)
			i = end - 1
		case c == '/' && (source[i+1] == '/' || source[i+1] == '*'):
			text, end := comment(source, i)
			if strings.Contains(strings.ToLower(text), "fall") && !strings.Contains(text, "\n") {
				line += bytes.Count(source[counted:i], []byte{'\n'})
				counted = i
				list = append(list, remark{line, beforeCode(source, end), "/*" + text + "*/"})
			}
			i = end - 1
		}
	}
	return list
}

// comment returns what the comment at i says, and its end.
func comment(source []byte, i int) (string, int) {
	from := i + 2
	if source[i+1] == '/' {
		end := lineEnd(source, i)
		return strings.ReplaceAll(string(bytes.TrimSuffix(source[from:end], []byte{'\r'})), "*/", ""), end
	}
	n := bytes.Index(source[from:], []byte("*/"))
	if n < 0 {
		return "", len(source)
	}
	return string(source[from : from+n]), from + n + 2
}

// beforeCode reports whether there is more on the line than comments.
func beforeCode(source []byte, i int) bool {
	for i < len(source) && source[i] != '\n' {
		switch {
		case isBlank[source[i]]:
			i++
		case source[i] == '/' && i+1 < len(source) && (source[i+1] == '/' || source[i+1] == '*'):
			_, i = comment(source, i)
		default:
			return true
		}
	}
	return false
}
