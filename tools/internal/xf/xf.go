// Package xf reads the .xf language, in which a programmer says what xfgen
// cannot know by comparing two versions of a program.
//
//	file    = { include } [ block ] { include | rule } .
//	include = "include" string .
//	rule    = label { "," label } ":" block       (every label gets the code)
//	        | path "->" path .                    (a renaming)
//	label   = path "->" path | "INIT" path .
//	path    = element { "." element } .
//	element = ( "struct" | "union" | "enum" | "typedef" ) tag | name .
//
// An include is the rules and the preamble of another file, whose path is
// relative to the including one. The word is a name everywhere else. A rule of
// the including file overrides one about the same thing of the included file.
//
// A block at the beginning of a file is the preamble. Blocks hold C; a brace
// in a string, character constant or comment does not count. Within the code
// of rules these forms, as complete words outside of strings, character
// constants and comments, stand for something else:
//
//	$in $out $base               the old value, the new one, the old container
//	$oldtype(TYPE) $newtype(TYPE)
//	$xform(TYPE, TYPE {, CODE})  what transforms one type into the other
//	$gen(NAME)                   what transforms a generic parameter
//
//	TYPE    = ( [ "struct" | "union" | "enum" | "typedef" ] tag | primitive ) { "*" } .
//
// Between tokens there may be white space and C comments, and a semicolon
// after a rule. docs/xf-language.md explains the language to its users.
package xf

import (
	"slices"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
)

// A File is the content of an .xf file, without that of the files it includes.
type File struct {
	Name     string
	Includes []*Include
	Preamble *Block // or nil
	Rules    []*Rule
}

// An Include says that the rules of another file belong to a file as well.
type Include struct {
	Pos  diag.Pos
	Path string // as written: slashes, relative to the including file
	File *File  // nil if it has not been read
}

// Files returns f and the files that it includes, directly or through others:
// each once, and after those that it includes itself.
func (f *File) Files() []*File {
	var files []*File
	seen := map[*File]bool{nil: true}
	var add func(*File)
	add = func(f *File) {
		if seen[f] {
			return
		}
		seen[f] = true
		for _, inc := range f.Includes {
			add(inc.File)
		}
		files = append(files, f)
	}
	add(f)
	return files
}

// Overrides reports whether f includes g, directly or through other files. A
// rule of f then takes precedence over one of g about the same thing.
func (f *File) Overrides(g *File) bool { return f != g && slices.Contains(f.Files(), g) }

// A Rule is one or more labels with the code they share, or a renaming.
type Rule struct {
	Labels []*Label
	Code   *Block // nil for a renaming
}

// A Label says which element of the new version a rule is about, and which
// element of the old version it comes from.
type Label struct {
	Pos  diag.Pos
	Old  *Path // nil for INIT
	New  *Path
	Code *Block // the rule's
}

// String returns l as it is written in a file, in one line.
func (l *Label) String() string {
	if l.Old == nil {
		return "INIT " + l.New.String()
	}
	return l.Old.String() + " -> " + l.New.String()
}

// A Path names a variable or function, a type, or a field of a type.
type Path struct {
	Pos      diag.Pos
	Elements []Element
}

// An Element of a path is a type when Kind is one of struct, union, enum and
// typedef; otherwise a key if it is the first, or else a field.
type Element struct {
	Kind, Name string
}

func (e Element) String() string {
	if e.Kind != "" {
		return e.Kind + " " + e.Name
	}
	return e.Name
}

func (p *Path) String() string {
	var b strings.Builder
	for i, e := range p.Elements {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(e.String())
	}
	return b.String()
}

// Key returns the key of the variable or function that p names, or "".
func (p *Path) Key() string {
	if len(p.Elements) == 1 && p.Elements[0].Kind == "" {
		return p.Elements[0].Name
	}
	return ""
}

// Type returns the type that p names, or the type whose field it names, and
// the field's name or "". It returns false if p is neither; a field of a field
// is of another type than p names.
func (p *Path) Type() (typ Element, field string, ok bool) {
	e := p.Elements
	switch {
	case e[0].Kind == "":
	case len(e) == 1:
		return e[0], "", true
	case len(e) == 2 && e[1].Kind == "" && !strings.Contains(e[1].Name, "."):
		return e[0], e[1].Name, true
	}
	return Element{}, "", false
}

// A Block is C code between braces.
type Block struct {
	Pos   diag.Pos // of the opening brace
	Text  string   // what is between the braces
	Parts []*Part  // the same, taken apart; nil for the preamble
}

// Form tells what a [Part] stands for.
type Form int

const (
	Verbatim Form = iota // C text
	In                   // $in
	Out                  // $out
	Base                 // $base
	OldType              // $oldtype(Types[0])
	NewType              // $newtype(Types[0])
	Xform                // $xform(Types[0], Types[1], Args...)
	Gen                  // $gen(Text)
)

func (f Form) String() string {
	return [...]string{"C", "$in", "$out", "$base", "$oldtype", "$newtype", "$xform", "$gen"}[f]
}

// A Part is a piece of code.
type Part struct {
	Form  Form
	Pos   diag.Pos
	Text  string // Verbatim: the text; Gen: the parameter
	Types []*TypeName
	Args  [][]*Part
}

// A TypeName is a type as written in $oldtype, $newtype and $xform.
type TypeName struct {
	Pos diag.Pos

	// Kind is struct, union, enum or typedef; "primitive" for a type of C
	// itself, whose Name is then C's shortest spelling; or "" for a bare
	// name, which is a typedef's or bool.
	Kind, Name string

	Stars int // levels of pointers to it
}

func (t *TypeName) String() string {
	s := t.Name
	if t.Kind != "" && t.Kind != "primitive" {
		s = t.Kind + " " + s
	}
	if t.Stars > 0 {
		s += " " + strings.Repeat("*", t.Stars)
	}
	return s
}
