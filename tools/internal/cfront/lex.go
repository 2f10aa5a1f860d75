package cfront

import (
	"bytes"
	"sort"
	"strconv"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
)

// A tok is a token of the preprocessed text, as a range of bytes.
type tok struct {
	off, end int32
	kind     tokKind
	ch       byte // of a punct of one character, that character; else 0
}

type tokKind uint8

const (
	ident tokKind = iota // and keywords
	number
	str
	char
	punct
)

// A marker is a line marker of the preprocessor: the text from off on is line
// `line` of file, up to the next marker.
type marker struct {
	off    int32
	line   int32
	file   string
	system bool
}

// A nesting is what a line marker says about the file that includes and the one
// that is included.
type nesting uint8

const (
	same nesting = iota
	enters
	leaves
)

// A lexed text.
type lexed struct {
	text    []byte
	toks    []tok
	markers []marker
	pragmas [][2]int32 // the lines `#pragma KITSUNE ...`
	lines   []line     // that the compiler must see

	stripped []tok   // identifiers, by strip
	effects  []int32 // offsets of attributes that have an effect by themselves
}

// A line is one of the preprocessor's: a pragma, or a marker where files begin
// and end.
type line struct {
	off, end int32
	nests    nesting
}

var isIdent, isDigit, isBlank [256]bool

func init() {
	for c := range 256 {
		isDigit[c] = '0' <= c && c <= '9'
		isIdent[c] = isDigit[c] || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c == '$' ||
			c == '\\' || c >= 0x80
		isBlank[c] = c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v'
	}
}

// lex splits text into tokens. It accepts anything: what is not C is for the
// native compiler to reject.
func lex(text []byte) *lexed {
	l := &lexed{text: text, toks: make([]tok, 0, len(text)/5)}
	lineStart := true
	for i, n := 0, len(text); i < n; {
		c := text[i]
		switch {
		case c == '\n':
			lineStart = true
			i++
			continue
		case isBlank[c]:
			i++
			continue
		case c == '#' && lineStart:
			i = l.directive(i)
			continue
		case c == '/' && i+1 < n && text[i+1] == '*':
			if e := bytes.Index(text[i+2:], []byte("*/")); e >= 0 {
				i += e + 4
			} else {
				i = n
			}
			continue
		case c == '/' && i+1 < n && text[i+1] == '/':
			i = lineEnd(text, i)
			continue
		}
		lineStart = false
		t := tok{off: int32(i)}
		switch {
		case isDigit[c] || c == '.' && i+1 < n && isDigit[text[i+1]]:
			t.kind = number
			i = numberEnd(text, i)
		case isIdent[c]:
			t.kind = ident
			for i < n && isIdent[text[i]] {
				i++
			}
			if i < n && (text[i] == '"' || text[i] == '\'') && isLiteralPrefix(text[t.off:i]) {
				t.kind, i = literal(text, i, text[i-1] == 'R' && text[i] == '"')
			}
		case c == '"' || c == '\'':
			t.kind, i = literal(text, i, false)
		default:
			t.kind = punct
			t.ch, i = punctuator(text, i)
		}
		t.end = int32(i)
		l.toks = append(l.toks, t)
	}
	return l
}

func lineEnd(text []byte, i int) int {
	if e := bytes.IndexByte(text[i:], '\n'); e >= 0 {
		return i + e
	}
	return len(text)
}

func numberEnd(text []byte, i int) int {
	for ; i < len(text); i++ {
		c := text[i]
		switch {
		case isIdent[c] || c == '.':
		case (c == '+' || c == '-') && strings.IndexByte("eEpP", text[i-1]) >= 0:
		case c == '\'' && i+1 < len(text) && isIdent[text[i+1]]:
		default:
			return i
		}
	}
	return i
}

func isLiteralPrefix(b []byte) bool {
	switch string(b) {
	case "L", "u", "U", "u8", "R", "LR", "uR", "UR", "u8R":
		return true
	}
	return false
}

// literal returns the kind and the end of the literal whose quote is at i.
func literal(text []byte, i int, raw bool) (tokKind, int) {
	quote := text[i]
	kind := str
	if quote == '\'' {
		kind = char
	}
	if raw {
		if open := bytes.IndexByte(text[i:], '('); open > 0 && open <= 17 {
			end := ")" + string(text[i+1:i+open]) + "\""
			if e := bytes.Index(text[i+open:], []byte(end)); e >= 0 {
				return kind, i + open + e + len(end)
			}
			return kind, len(text)
		}
	}
	for i++; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '\n': // unterminated; do not swallow the rest of the text
			return kind, i
		case quote:
			return kind, i + 1
		}
	}
	return kind, len(text)
}

// punctuator returns the end of the punctuator at i and, if it is of interest
// by itself, its one character; digraphs count as what they stand for.
func punctuator(text []byte, i int) (byte, int) {
	c := text[i]
	var d, e byte
	if i+1 < len(text) {
		d = text[i+1]
	}
	if i+2 < len(text) {
		e = text[i+2]
	}
	switch {
	case c == '.' && d == '.' && e == '.':
		return 0, i + 3
	case (c == '<' && d == '<' || c == '>' && d == '>') && e == '=':
		return 0, i + 3
	case c == '<' && d == ':':
		return '[', i + 2
	case c == ':' && d == '>':
		return ']', i + 2
	case c == '<' && d == '%':
		return '{', i + 2
	case c == '%' && d == '>':
		return '}', i + 2
	case d == '=' && strings.IndexByte("=!<>+-*/%&|^", c) >= 0,
		d == c && strings.IndexByte("&|+-<>#", c) >= 0,
		c == '-' && d == '>':
		return 0, i + 2
	}
	return c, i + 1
}

// directive reads the line that begins with # at i and returns its end.
func (l *lexed) directive(i int) int {
	end := lineEnd(l.text, i)
	rest := bytes.TrimLeft(l.text[i+1:end], " \t")
	if pragma, ok := bytes.CutPrefix(rest, []byte("pragma")); ok {
		l.lines = append(l.lines, line{int32(i), int32(end), same})
		if f := bytes.Fields(pragma); len(f) > 0 && string(f[0]) == "KITSUNE" {
			l.pragmas = append(l.pragmas, [2]int32{int32(i), int32(end)})
		}
		return end
	}
	rest = bytes.TrimLeft(bytes.TrimPrefix(rest, []byte("line")), " \t")
	digits := 0
	for digits < len(rest) && isDigit[rest[digits]] {
		digits++
	}
	num, err := strconv.ParseInt(string(rest[:digits]), 10, 32)
	if err != nil {
		return end
	}
	m := marker{off: int32(end + 1), line: int32(num)}
	nests := same
	rest = bytes.TrimLeft(rest[digits:], " \t")
	if len(rest) > 0 && rest[0] == '"' {
		_, e := literal(rest, 0, false)
		m.file = unescape(rest[:e])
		for _, flag := range bytes.Fields(rest[e:]) {
			switch string(flag) {
			case "1":
				nests = enters
			case "2":
				nests = leaves
			case "3":
				m.system = true
			}
		}
		if nests != same {
			l.lines = append(l.lines, line{int32(i), int32(end), nests})
		}
	} else if n := len(l.markers); n > 0 {
		m.file, m.system = l.markers[n-1].file, l.markers[n-1].system
	}
	l.markers = append(l.markers, m)
	return end
}

// unescape returns the value of a string literal as the preprocessor writes
// it, and at worst as it is spelled.
func unescape(literal []byte) string {
	s := bytes.TrimPrefix(literal[max(bytes.IndexByte(literal, '"'), 0):], []byte{'"'})
	s = bytes.TrimSuffix(s, []byte{'"'})
	if bytes.IndexByte(s, '\\') < 0 {
		return string(s)
	}
	var b []byte
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b = append(b, s[i])
			continue
		}
		i++
		if at := strings.IndexByte(`abfnrtv`, s[i]); at >= 0 {
			b = append(b, "\a\b\f\n\r\t\v"[at])
			continue
		}
		base, digits, max := 8, i, 3
		if s[i] == 'x' {
			base, digits, max = 16, i+1, len(s)
		}
		e := digits
		for e < len(s) && e < digits+max && strings.IndexByte("0123456789abcdefABCDEF"[:base+base/16*6], s[e]) >= 0 {
			e++
		}
		if v, err := strconv.ParseUint(string(s[digits:e]), base, 64); err == nil {
			b = append(b, byte(v))
			i = e - 1
			continue
		}
		b = append(b, s[i])
	}
	return string(b)
}

// str returns the text of token i.
func (l *lexed) str(i int) string {
	t := l.toks[i]
	return string(l.text[t.off:t.end])
}

// is reports whether token i exists and is spelled s.
func (l *lexed) is(i int, s string) bool {
	if i < 0 || i >= len(l.toks) {
		return false
	}
	t := l.toks[i]
	return string(l.text[t.off:t.end]) == s
}

// ch returns the character of token i, or 0.
func (l *lexed) ch(i int) byte {
	if i < 0 || i >= len(l.toks) {
		return 0
	}
	return l.toks[i].ch
}

// unbalanced returns the index of a bracket without a partner, or -1.
func (l *lexed) unbalanced() int {
	var open []int
	for i, t := range l.toks {
		switch t.ch {
		case '(', '[', '{':
			open = append(open, i)
		case ')', ']', '}':
			n := len(open) - 1
			if n < 0 {
				return i
			}
			switch partner := l.toks[open[n]].ch; {
			case partner == '(' && t.ch == ')', partner == '[' && t.ch == ']', partner == '{' && t.ch == '}':
				open = open[:n]
			default:
				return i
			}
		}
	}
	if len(open) > 0 {
		return open[0]
	}
	return -1
}

// match returns the index of the bracket that closes the one at i, in a text
// where brackets are balanced.
func (l *lexed) match(i int) int {
	depth := 0
	for ; ; i++ {
		switch l.toks[i].ch {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
}

// at returns the index of the token at or after the offset.
func (l *lexed) at(off int) int {
	return sort.Search(len(l.toks), func(i int) bool { return int(l.toks[i].off) >= off })
}

// position returns the place in the user's sources of a byte of the text.
func (l *lexed) position(off int) Position {
	i := sort.Search(len(l.markers), func(i int) bool { return int(l.markers[i].off) > off })
	m := marker{line: 1, file: "<stdin>"}
	if i > 0 {
		m = l.markers[i-1]
	}
	line := int(m.line) + bytes.Count(l.text[m.off:off], []byte("\n"))
	return Position{diag.Pos{File: m.file, Line: line}, m.system}
}

// A Position is a place in the user's sources.
type Position struct {
	diag.Pos
	System bool // in a system header
}
