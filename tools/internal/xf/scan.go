package xf

import (
	"bytes"
	"sort"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
)

type tokenKind int

const (
	tokEOF tokenKind = iota
	tokName
	tokType // struct S and the like
	tokInit
	tokArrow
	tokDot
	tokComma
	tokColon
	tokBlock
)

func (k tokenKind) String() string {
	return [...]string{"end of file", "name", "type", "INIT", "->", ".", ",", ":", "block"}[k]
}

type token struct {
	kind       tokenKind
	start, end int     // offsets; of the braces for a block
	elem       Element // tokName, tokType
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
	line := -1 // of the token before
	add := func(t token) {
		l := s.pos(t.start).Line
		t.firstOn = l != line
		line = s.pos(max(t.start, t.end-1)).Line
		toks = append(toks, t)
	}
	for i := 0; ; {
		i = s.skipSpace(i)
		if i >= len(s.src) {
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
			add(t)
			i = t.end
		case c == '.':
			single(tokDot, 1)
		case c == ',':
			single(tokComma, 1)
		case c == ':':
			single(tokColon, 1)
		default:
			if c != ';' {
				s.diags.Warnf(s.pos(i), "%q means nothing here and is ignored", rune(c))
			}
			i++
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
	if end == i {
		return i
	}
	// Names begin with a letter; paths may also begin like 3d.c/x, ./a.c/x,
	// ../a.c/x and /src/a.c/x.
	first := s.src[i]
	switch {
	case isIdent(first) && !isDigit(first):
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

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

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
