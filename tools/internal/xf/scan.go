package xf

import (
	"bytes"
	"sort"
	"unicode"
	"unicode/utf8"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
)

type tokenKind int

const (
	tokEOF tokenKind = iota
	tokName
	tokType // struct S and the like
	tokInit
	tokInclude
	tokArrow
	tokDot
	tokComma
	tokColon
	tokBlock
)

func (k tokenKind) String() string {
	return [...]string{"end of file", "name", "type", "INIT", "include", "->", ".", ",", ":", "block"}[k]
}

type token struct {
	kind       tokenKind
	start, end int     // offsets; of the braces for a block
	elem       Element // tokName, tokType; Name is the path of tokInclude
	firstOn    bool    // nothing but white space stands before it in its line
}

// A scanner cuts a file into tokens.
type scanner struct {
	name  string
	src   []byte
	lines []int // offsets of the lines' beginnings
	diags *diag.List
}

func newScanner(name string, src []byte, diags *diag.List) *scanner {
	s := &scanner{name: name, src: src, lines: []int{0}, diags: diags}
	for i, c := range src {
		if c == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	return s
}

// pos returns the place of an offset.
func (s *scanner) pos(offset int) diag.Pos {
	line := sort.SearchInts(s.lines, offset+1)
	return diag.Pos{File: s.name, Line: line, Col: offset - s.lines[line-1] + 1}
}

// tokens returns all tokens of the file; the last one is tokEOF.
func (s *scanner) tokens() []token {
	var toks []token
	line, last := -1, 0 // line and end of the token before
	add := func(t token) {
		l := s.pos(t.start).Line
		t.firstOn = l != line
		line, last = s.pos(max(t.start, t.end-1)).Line, t.end
		toks = append(toks, t)
	}
	for i := 0; ; {
		i = s.skipSpace(i)
		if i >= len(s.src) {
			if at, open := openComment(s.src, last); open {
				s.diags.Errorf(s.pos(at), "no */ closes this comment")
			}
			add(token{kind: tokEOF, start: len(s.src), end: len(s.src)})
			return toks
		}
		single := func(k tokenKind, n int) {
			add(token{kind: k, start: i, end: i + n})
			i += n
		}
		switch c := s.src[i]; {
		case c == '{':
			end, ok := blockEnd(s.src, i, true)
			if !ok {
				// A lone quote in the code may have hidden the brace.
				end, ok = blockEnd(s.src, i, false)
			}
			if !ok {
				s.diags.Errorf(s.pos(i), "no } closes this block")
			}
			single(tokBlock, end-i)
		case bytes.HasPrefix(s.src[i:], []byte("->")):
			single(tokArrow, 2)
		case s.nameEnd(i) > i:
			t := s.nameToken(i)
			if t.elem == (Element{Name: "include"}) && beginsItem(toks, tokName) {
				t = s.includeToken(t)
			}
			add(t)
			i = t.end
		case c == '.':
			single(tokDot, 1)
		case c == ',':
			single(tokComma, 1)
		case c == ':':
			single(tokColon, 1)
		default:
			r, size := utf8.DecodeRune(s.src[i:])
			if r != ';' {
				s.diags.Warnf(s.pos(i), "%q means nothing here and is ignored", r)
			}
			i += size
		}
	}
}

// nameToken returns the token of the name at offset i.
func (s *scanner) nameToken(i int) token {
	end := s.nameEnd(i)
	word := string(s.src[i:end])
	switch word {
	case "INIT":
		return token{kind: tokInit, start: i, end: end}
	case "struct", "union", "enum", "typedef":
		tag := s.skipSpace(end)
		after := tag
		for after < len(s.src) && isIdent(s.src[after]) {
			after++
		}
		if after == tag || isDigit(s.src[tag]) {
			s.diags.Errorf(s.pos(i), "%s without a name", word)
			return token{kind: tokType, start: i, end: end, elem: Element{Kind: word}}
		}
		return token{kind: tokType, start: i, end: after, elem: Element{word, string(s.src[tag:after])}}
	}
	return token{kind: tokName, start: i, end: end, elem: Element{Name: word}}
}

// beginsItem reports whether a token of a kind that stands after toks begins a
// rule, an include or the preamble, if it has a place in the grammar at all.
func beginsItem(toks []token, kind tokenKind) bool {
	switch kind {
	case tokArrow, tokDot, tokComma, tokColon:
		return false
	}
	if len(toks) == 0 {
		return true
	}
	switch toks[len(toks)-1].kind {
	case tokArrow, tokDot, tokComma, tokColon, tokInit:
		return false
	}
	return true
}

// includeToken returns the include that begins with the word, or the word as a
// name. Quotes mean nothing elsewhere, so an arrow in them or behind them makes
// a rule of the words, as it always has.
func (s *scanner) includeToken(word token) token {
	open := s.skipSpace(word.end)
	if open >= len(s.src) || s.src[open] != '"' {
		return word
	}
	line, _, _ := bytes.Cut(s.src[open+1:], []byte("\n"))
	path, _, closed := bytes.Cut(line, []byte{'"'})
	end := open + 1 + len(path)
	if closed {
		end++
	}
	after := s.src[min(s.skipSpace(end), len(s.src)):]
	if !bytes.ContainsFunc(path, unicode.IsLetter) || bytes.Contains(path, []byte("->")) || bytes.HasPrefix(after, []byte("->")) {
		return word
	}
	if !closed {
		s.diags.Errorf(s.pos(open), "no \" closes the name of the file")
	}
	return token{kind: tokInclude, start: word.start, end: end, elem: Element{Name: string(path)}}
}

// nameEnd returns the end of the name that begins at offset i, or i if none
// does. A name is a key: it may have a path, a function and a namespace.
func (s *scanner) nameEnd(i int) int {
	end := i
	for end < len(s.src) {
		c := s.src[end]
		next := byte(0)
		if end+1 < len(s.src) {
			next = s.src[end+1]
		}
		if c == '/' && (next == '/' || next == '*') {
			break // a comment
		}
		if !isNameByte(c) && !(c == '-' && (isNameByte(next) || next == '-')) {
			break
		}
		end++
	}
	for end > i && s.src[end-1] == '-' {
		end-- // of an arrow, or nothing
	}
	if end == i {
		return i
	}
	// Names begin with a letter; paths may also begin like 3d.c/x, ./a.c/x,
	// ../a.c/x and /src/a.c/x.
	first := s.src[i]
	switch {
	case isIdentStart(first):
		return end
	case first == '/', isDigit(first) && bytes.IndexByte(s.src[i:end], '/') > 0,
		bytes.HasPrefix(s.src[i:end], []byte("./")), bytes.HasPrefix(s.src[i:end], []byte("../")):
		return end
	}
	return i
}

// skipSpace returns the offset of the first token at or after i.
func (s *scanner) skipSpace(i int) int {
	for i < len(s.src) {
		switch c := s.src[i]; {
		case c == ' ', c == '\t', c == '\n', c == '\r', c == '\f', c == '\v':
			i++
		case c == '/' && i+1 < len(s.src) && (s.src[i+1] == '/' || s.src[i+1] == '*'):
			i = skipLiteral(s.src, i)
		default:
			return i
		}
	}
	return i
}

// openComment returns where the comment begins that the text ends in, if it
// does. Between start and the end there are no tokens.
func openComment(src []byte, start int) (at int, open bool) {
	for at = start; at < len(src); at++ {
		if src[at] != '/' {
			continue
		}
		end := skipLiteral(src, at)
		if end > at && src[at+1] == '*' && (end < at+4 || !bytes.HasSuffix(src[:end], []byte("*/"))) {
			return at, true
		}
		at = max(at, end-1)
	}
	return 0, false
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isIdentStart reports whether c can be the first byte of an identifier.
func isIdentStart(c byte) bool { return isIdent(c) && !isDigit(c) }

// isIdent reports whether c can be part of an identifier.
func isIdent(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || isDigit(c) || c == '_' || c == '$'
}

func isNameByte(c byte) bool { return isIdent(c) || c == '#' || c == '/' || c == '@' || c == '.' }

// blockEnd returns the offset after the brace that closes the one at start,
// or the end of the text. Only if exact is set are strings, character
// constants and comments known.
func blockEnd(src []byte, start int, exact bool) (end int, ok bool) {
	depth := 0
	for i := start; i < len(src); {
		if exact {
			if j := skipLiteral(src, i); j > i {
				i = j
				continue
			}
		}
		switch src[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i + 1, true
			}
		}
		i++
	}
	return len(src), false
}

// skipLiteral returns the offset after the string, character constant or
// comment that begins at offset i of C text, or i if none does. A string or
// character constant ends with its line at the latest.
func skipLiteral(src []byte, i int) int {
	switch {
	case src[i] == '"', src[i] == '\'':
		for j := i + 1; j < len(src); j++ {
			switch src[j] {
			case src[i]:
				return j + 1
			case '\n':
				return j
			case '\\':
				j++
			}
		}
		return len(src)
	case bytes.HasPrefix(src[i:], []byte("/*")):
		if n := bytes.Index(src[i+2:], []byte("*/")); n >= 0 {
			return i + 2 + n + 2
		}
		return len(src)
	case bytes.HasPrefix(src[i:], []byte("//")):
		for j := i; j < len(src); j++ {
			if src[j] == '\n' && src[j-1] != '\\' {
				return j
			}
		}
		return len(src)
	}
	return i
}
