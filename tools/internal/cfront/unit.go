// Package cfront reads a preprocessed translation unit: what it defines, with
// which types and annotations, and where.
//
// The text is never printed from a syntax tree. Everything this package
// reports carries offsets into the text as it came from the preprocessor, so
// that instrumentation can be inserted and the rest stays as it is.
//
// It is not a C front end. The native compiler compiles the same text, so what
// is not C need not be noticed here, and what only the compiler knows is not
// guessed: sizes, offsets and the values of constants stay C expressions. Of
// expressions nothing is understood but what can stand in typeof. What is left
// are declarations and the structure of statements:
//
//   - lex.go splits the text into tokens, strip.go takes attributes, assembly
//     and the like out of the way;
//   - chunk.go finds the external declarations and the names they declare,
//     function.go the functions and their linkage;
//   - mark.go picks the declarations that matter, which are few;
//   - parse.go, decl.go and annotate.go work out the meaning of these, body.go
//     of the function bodies that hold something of interest;
//   - gaps.go finds what the native compiler need not read again.
//
// There is a C parser in Go, modernc.org/cc/v4. It is not used here: it would
// have to be kept from seeing attributes, assembly, most built-in functions and
// literals, rejects some declarators, and does not come to an end on some texts
// with an error, which is what a compiler is given every day. The tests compare
// with it what this package finds in a text that both can read.
package cfront

import (
	"bytes"
	"fmt"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
)

// Options say how the unit is compiled.
type Options struct {
	GNU89Inline bool // `inline` has its meaning from before C99
	C23         bool // bool, true, nullptr ... are keywords
	NoLocals    bool // E_NOTELOCALS has no effect
	NoGaps      bool // the native compiler is to see every declaration
}

// A Unit is what a translation unit says.
type Unit struct {
	// Text is the preprocessed text without what only ktcc understands:
	// annotations and our pragma are blanks in it. Offsets are offsets in it.
	Text []byte

	// Insert is the offset, at the beginning of a line, where declarations
	// can be put before all others of the unit.
	Insert int

	File      string // the source, as in the first line marker
	Namespace string // the value of KT_NAMESPACE, or ""

	Objects   []*Object   // variables defined at file scope, in order
	Statics   []*Object   // static variables defined in functions, in order
	Functions []*Function // functions defined, in order
	Frames    []*Frame    // the functions whose locals are noted
	ByHand    []*Object   // locals that the program notes itself
	Xforms    []Xform     // calls of kitsune_get_xform
	Points    []string    // names of update points, sorted
	Types     []*Def      // the program's own types, at file scope, that functions mention by name

	// Literals are the fields that functions assign string literals to, with
	// the offsets of these.
	Literals map[string]int

	Gaps        []Gap     // in order
	Diagnostics diag.List // about annotations

	lexed *lexed
}

// An Xform is a call of kitsune_get_xform, or of a macro that expands to it,
// with constant arguments. Parts that are null pointers are "".
type Xform struct {
	Name, Func, File, Namespace string
}

// Position returns the place in the user's sources of an offset.
func (u *Unit) Position(off int) Position { return u.lexed.position(off) }

// Uses reports whether the identifier name occurs anywhere in the unit.
func (u *Unit) Uses(name string) bool {
	for rest, base := u.Text, 0; ; {
		i := bytes.Index(rest, []byte(name))
		if i < 0 {
			return false
		}
		at, end := base+i, base+i+len(name)
		if (at == 0 || !isIdent[u.Text[at-1]]) && (end == len(u.Text) || !isIdent[u.Text[end]]) {
			return true
		}
		rest, base = u.Text[end:], end
	}
}

// Asks reports whether a preprocessed text asks to be instrumented, which the
// Kitsune headers do by a pragma.
func Asks(text []byte) bool {
	const pragma = "#pragma KITSUNE instrument"
	return bytes.HasPrefix(text, []byte(pragma)) || bytes.Contains(text, []byte("\n"+pragma))
}

// A SyntaxError is about text that is not C, or not understood.
type SyntaxError struct {
	Pos  diag.Pos
	Text string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s: %s", e.Pos, e.Text) }

// A scanner holds a unit while it is read.
type scanner struct {
	*lexed
	unit    *Unit
	options Options
	attrs   []*attribute
	chunks  []*chunk

	mentioned map[string]bool // names of types in functions
}

// Parse reads the text of a unit. It keeps text and modifies it.
//
// Problems with annotations are diagnostics of the unit. The error, a
// *SyntaxError, is about text that could not be read at all; if the native
// compiler accepts it, then this is a limit of ours.
func Parse(text []byte, options Options) (*Unit, error) {
	u := &Unit{Text: text, File: "<stdin>"}
	s := &scanner{unit: u, options: options, lexed: lex(text), mentioned: make(map[string]bool)}
	u.lexed = s.lexed
	if len(s.markers) > 0 {
		u.File = s.markers[0].file
	}
	first := len(text)
	if len(s.toks) > 0 {
		first = int(s.toks[0].off)
	}
	u.Insert = bytes.LastIndexByte(text[:first], '\n') + 1

	if i := s.unbalanced(); i >= 0 {
		return nil, &SyntaxError{s.position(int(s.toks[i].off)).Pos, "\"" + s.str(i) + "\" without its counterpart"}
	}
	var private [][2]int
	s.attrs, private = s.strip(options.C23)
	s.chunks = s.lexed.chunks()
	s.functions()
	s.mark()
	if err := newParser(s).run(); err != nil {
		return nil, err
	}
	u.Literals = s.literals()
	for _, p := range s.pragmas {
		private = append(private, [2]int{int(p[0]), int(p[1])})
	}
	for _, p := range private {
		blank(text[p[0]:p[1]])
	}
	if !options.NoGaps {
		u.Gaps = s.gaps()
	}
	return u, nil
}

func blank(b []byte) {
	for i, c := range b {
		if c != '\n' {
			b[i] = ' '
		}
	}
}
