package advice

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

// Pointers to what is a part of something larger. An update knows the target by
// the pointer's type, and sees no more of it than that.

// part gives advice on a pointer to the part of a larger structure: the link of
// a list that is threaded through structures, or the base that structures begin
// with. About a link there is one piece of advice, where it is defined.
func (a *adviser) part(p *place) {
	t := p.typ
	if t.Kind != ktt.Pointer || !a.leadsToOne(t) || !a.isOwn(a.Underlying(t.Elem)) {
		return
	}
	d := a.Type(a.Underlying(t.Elem).Ref())
	if d.Kind != ktt.Struct {
		return
	}
	in := a.parts[d]
	switch {
	case in == nil:
	case a.isLink(d):
		whole := slices.Concat(in.later, in.first)
		isSaid := slices.ContainsFunc(d.Fields, func(f *ktt.Field) bool { return f.Type.Said })
		if len(whole) == 0 || p.in != d || a.told[d] || isSaid {
			return
		}
		a.told[d] = true
		a.advise(p, InnerPointer, "it leads to a part of %s, and an update sees no more of that than the %s",
			a.some(whole), a.spell(d)).
			Suggest("if something else leads to all of these, or an update has nothing to do in them",
				p.declaration(said(t)))
	case in.arrays || len(in.later) > 0:
		// Something that is contained here and there, such as a buffer.
	case len(in.first) > 1 || !a.reached[in.first[0]]:
		a.advise(p, BasePointer,
			"it may lead to %s, which an update would take for no more than the %s it begins with",
			a.some(in.first), a.spell(d)).
			Suggest("if it leads to nothing but a "+a.spell(d), p.declaration(said(t))).
			Suggest("or decide in the code of a rule", decide(p.element))
	}
}

// spell returns the name of a type as in C.
func (a *adviser) spell(d *ktt.TypeDef) string {
	r := a.KnownAs(d)
	if r.Kind == ktt.Typedef {
		return r.Name
	}
	return r.String()
}

// said returns a pointer like t that the program says to lead to one object.
func said(t *ktt.Type) *ktt.Type { return &ktt.Type{Kind: ktt.Pointer, Said: true, Elem: t.Elem} }

// leadsToOne reports whether a pointer leads to one object because nothing else
// is said.
func (a *adviser) leadsToOne(t *ktt.Type) bool {
	return t.Shape == ktt.One && !t.Said && t.Param == ""
}

// isLink reports whether a structure is there to be linked: all its pointers
// lead to structures like it.
func (a *adviser) isLink(d *ktt.TypeDef) bool {
	links := false
	for _, f := range d.Fields {
		switch t := a.Underlying(f.Type); {
		case t.Kind == ktt.Pointer && a.isType(t.Elem, d):
			links = true
		case t.Kind != ktt.Int && !(t.Kind == ktt.Ref && t.Def == ktt.Enum):
			return false
		}
	}
	return links
}

// isType reports whether values of type t are of the type d.
func (a *adviser) isType(t *ktt.Type, d *ktt.TypeDef) bool {
	u := a.Underlying(t)
	return u.Kind == ktt.Ref && u.Ref() == d.Ref()
}

// wholes are the program's types that a structure is a part of.
type wholes struct {
	first, later []*ktt.TypeDef // that begin with it, and that contain it elsewhere
	arrays       bool           // some contain an array of it
}

// findParts finds out what is a part of something else.
func (a *adviser) findParts() map[*ktt.TypeDef]*wholes {
	parts := map[*ktt.TypeDef]*wholes{}
	for _, whole := range a.Types {
		if whole.System {
			continue
		}
		for _, f := range whole.Fields {
			t := a.Underlying(f.Type)
			array := t.Kind == ktt.Array
			for t.Kind == ktt.Array {
				t = a.Underlying(t.Elem)
			}
			if !a.isOwn(t) {
				continue
			}
			d := a.Type(t.Ref())
			in := parts[d]
			if in == nil {
				in = &wholes{}
				parts[d] = in
			}
			switch {
			case array:
				in.arrays = true
			case f.Offset == 0:
				in.first = append(in.first, whole)
			case !slices.Contains(in.later, whole):
				in.later = append(in.later, whole)
			}
		}
	}
	return parts
}

// some returns the names of a few types. Those that no variable leads to come
// first, since what is in them depends on the pointer, and last those without a
// name.
func (a *adviser) some(types []*ktt.TypeDef) string {
	const few = 3
	rank := func(d *ktt.TypeDef) int {
		switch {
		case d.Anonymous && a.KnownAs(d) == d.Ref():
			return 2
		case a.reached[d]:
			return 1
		}
		return 0
	}
	slices.SortStableFunc(types, func(x, y *ktt.TypeDef) int { return rank(x) - rank(y) })
	var names []string
	for _, d := range types[:min(few, len(types))] {
		names = append(names, a.spell(d))
	}
	text := strings.Join(names, ", ")
	if more := len(types) - few; more > 0 {
		return fmt.Sprintf("%s or %d others", text, more)
	}
	if i := strings.LastIndex(text, ", "); i >= 0 {
		text = text[:i] + " or" + text[i+1:]
	}
	return text
}
