// Package advice finds the places where a program does not say enough for its
// updates: what xfgen would refuse, and what an update would silently get
// wrong.
//
// It looks at all that the program's variables lead to, once for the program,
// when it is built; the next version need not exist yet. docs/advice.md has a
// section for each kind of advice.
//
// Advice that is wrong half of the time is not read. What follows from the types
// alone is in types.go. What is likely, from how structures contain each other
// (inner.go), from the names of fields and what stands beside them (names.go), or
// from assignments (literal.go), needs more than one sign.
package advice

import (
	"fmt"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

// An ID names a kind of advice in flags and messages.
type ID string

const (
	VoidPointer    ID = "void-pointer"
	IncompleteType ID = "incomplete-type"
	LibraryType    ID = "library-type"
	OpenArray      ID = "open-array"
	PointerCount   ID = "pointer-count"
	UnionPointer   ID = "union-pointer"
	OpaqueFunction ID = "opaque-function"
	InnerPointer   ID = "inner-pointer"
	BasePointer    ID = "base-pointer"
	StringLiteral  ID = "string-literal"
)

// A Kind is a kind of advice.
type Kind struct {
	ID    ID
	About string // in a few words
	Extra bool   // given only if a flag asks for it
}

// Kinds are all kinds of advice.
var Kinds = []Kind{
	{ID: VoidPointer, About: "a void *, and nothing says what it leads to"},
	{ID: IncompleteType, About: "a pointer to what no source defines"},
	{ID: LibraryType, About: "a type of a library that cannot be followed"},
	{ID: OpenArray, About: "an array of pointers without a length"},
	{ID: PointerCount, About: "a pointer beside what may be the number of its targets"},
	{ID: UnionPointer, About: "pointers in a union, whose bits are copied"},
	{ID: OpaqueFunction, About: "pointers to functions behind E_OPAQUE"},
	{ID: InnerPointer, About: "a pointer into the middle of a structure"},
	{ID: BasePointer, About: "a pointer to what larger structures begin with"},
	{ID: StringLiteral, About: "a field that string literals are assigned to (only with -W)", Extra: true},
}

// Give returns the advice on a program that the settings ask for, by place.
func Give(s *ktt.Summary, settings *Settings) diag.List {
	a := &adviser{
		Program: s.Program(), settings: settings,
		reached: map[*ktt.TypeDef]bool{}, told: map[*ktt.TypeDef]bool{},
		given: map[ID][]string{}, silenced: map[*exception]bool{},
	}
	if a.Circular() != nil {
		return nil // no compiler has seen this, and xfgen refuses it
	}
	a.parts, a.texts, a.literals = a.findParts(), a.findTexts(), a.findLiterals()
	a.walk()
	for _, p := range a.places {
		a.value(p, p.typ, nil)
		a.part(p)
		if p.field != nil {
			a.manyTargets(p)
			a.openArray(p)
			a.literal(p)
		}
	}
	a.diags.Sort()
	a.unused()
	return a.diags
}

// An adviser looks at a program.
type adviser struct {
	*ktt.Program
	settings *Settings

	places  []*place
	reached map[*ktt.TypeDef]bool    // what the variables lead to
	parts   map[*ktt.TypeDef]*wholes // what is a part of something else

	texts    map[string][]*ktt.TypeDef // the types with a text in the field of the name
	literals map[string]diag.Pos       // where a literal is assigned to a field of the name

	told     map[*ktt.TypeDef]bool // types about which one piece of advice is enough
	given    map[ID][]string       // the elements that there is advice on
	silenced map[*exception]bool
	diags    diag.List
}

// advise gives a piece of advice about a place. If it is not wanted, what it
// returns goes nowhere.
func (a *adviser) advise(p *place, id ID, format string, args ...any) *diag.Diagnostic {
	elements := []string{p.element}
	if p.field != nil {
		owner, _ := a.Owner(p.in)
		elements = append(elements, a.KnownAs(owner).String())
	}
	a.given[id] = append(a.given[id], elements...)
	var nowhere diag.List
	list, add := &a.diags, (*diag.List).Warnf
	switch e := a.settings.exception(id, elements); {
	case e != nil:
		a.silenced[e] = true
		list = &nowhere
	case !a.settings.wants(id):
		list = &nowhere
	case a.settings.fails(id):
		add = (*diag.List).Errorf
	}
	d := add(list, p.pos, "%s: %s", p.element, fmt.Sprintf(format, args...))
	d.ID = string(id)
	return d
}

// unused warns about exceptions that are none.
func (a *adviser) unused() {
	for _, e := range a.settings.exceptions {
		if a.silenced[e] {
			continue
		}
		d := a.diags.Warnf(diag.Pos{}, "%s silences nothing", e)
		if name := diag.Nearest(e.element, a.given[e.id]); name != "" {
			d.Notef(diag.Pos{}, "did you mean %s?", &exception{e.id, name})
		}
	}
}
