package advice

import (
	"slices"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

// What follows from the types.

// value gives advice on what a place is made of, of which t is a part and outer
// the outermost pointer around t, or nil.
func (a *adviser) value(p *place, t, outer *ktt.Type) {
	switch t.Kind {
	case ktt.Pointer:
		if outer == nil {
			outer = t
		}
		switch {
		case t.Shape == ktt.NoLook:
			a.opaque(p, t)
		case t.Param != "" || a.isFunction(t.Elem):
		case a.isUntyped(t.Elem):
			d := a.advise(p, VoidPointer, "nothing says what the void * leads to, so that no update can be built")
			d.Suggest("to copy the pointer, and leave alone what it leads to", p.declaration(opaque(p.typ, outer)))
			if p.field != nil && t == p.typ {
				generic := &ktt.Type{Kind: ktt.Void, Param: "t"}
				d.Suggest("if every user of the structure decides, with E_GENERIC(@t) after its definition",
					p.declaration(replace(t, t.Elem, generic)))
			}
		case a.isIncomplete(t.Elem):
			a.advise(p, IncompleteType,
				"no source of the program says what is in a %s, so that no update can be built", t.Elem).
				Suggest("to copy the pointer, and leave alone what it leads to", p.declaration(opaque(p.typ, outer)))
		default:
			a.value(p, t.Elem, outer)
		}
	case ktt.Array:
		a.value(p, t.Elem, outer)
	case ktt.Ref:
		if u := a.Underlying(t); u.Kind == ktt.Ref && u.Def == ktt.Union && t.Teller == "" {
			a.union(p, t, a.Type(u.Ref()))
		}
		a.library(p, t, outer)
	}
}

// library gives advice on a type t of a library's, in a place, that an update
// cannot follow. For one that is not behind a pointer one rule is enough.
func (a *adviser) library(p *place, t, outer *ktt.Type) {
	d := a.Type(t.Ref())
	if d == nil || !d.System {
		return
	}
	at := a.find(t, t.String(), a.unknown)
	if at == "" || outer == nil && a.told[d] {
		return
	}
	advice := a.advise(p, LibraryType,
		"%s belongs to a library and cannot be followed, so that no update can be built: what %s leads to is not known",
		t, at)
	if outer != nil {
		advice.Suggest("to copy the pointer, and leave its target to the library", p.declaration(opaque(p.typ, outer)))
		return
	}
	a.told[d] = true
	advice.Suggest("to copy its bits, wherever it is, a rule", decide(t.Ref().String()))
}

// decide returns a rule that copies the bits of an element, in code that can be
// changed.
func decide(element string) string { return element + " -> " + element + ": { XF_ASSIGN($out, $in); }" }

// opaque returns a copy of t in which the pointer within is not followed.
func opaque(t, pointer *ktt.Type) *ktt.Type {
	return replace(t, pointer, &ktt.Type{Kind: ktt.Pointer, Shape: ktt.NoLook, Elem: pointer.Elem})
}

// replace returns a copy of t with another type in the place of the part old.
func replace(t, old, new *ktt.Type) *ktt.Type {
	if t == old {
		return new
	}
	c := *t
	if t.Elem != nil {
		c.Elem = replace(t.Elem, old, new)
	}
	return &c
}

func (a *adviser) isFunction(t *ktt.Type) bool { return a.Underlying(t).Kind == ktt.FuncT }

// isUntyped reports whether t is void, and no generic parameter says more.
func (a *adviser) isUntyped(t *ktt.Type) bool {
	u := a.Underlying(t)
	return u.Kind == ktt.Void && u.Param == ""
}

// isIncomplete reports whether t is a structure or union that no unit defines.
func (a *adviser) isIncomplete(t *ktt.Type) bool {
	u := a.Underlying(t)
	if u.Kind != ktt.Ref || u.Def != ktt.Struct && u.Def != ktt.Union {
		return false
	}
	d := a.Type(u.Ref())
	return d != nil && d.Incomplete
}

// opaque gives advice on a pointer that is not followed. If another one leads an
// update to objects of that type, these are no secret.
func (a *adviser) opaque(p *place, t *ktt.Type) {
	to := a.Underlying(t.Elem)
	what := "it"
	switch {
	case to.Kind == ktt.FuncT:
	case to.Kind == ktt.Ref:
		d := a.Type(to.Ref())
		if d == nil || d.System || a.reached[d] {
			return
		}
		if what = a.find(to, a.spell(d), a.leadsToFunction); what == "" {
			return
		}
	default:
		return
	}
	followed := *t
	followed.Shape = ktt.One
	a.advise(p, OpaqueFunction, "behind E_OPAQUE, %s goes on leading to a function of the old version", what).
		Suggest("to have the new version's functions called", p.declaration(replace(p.typ, t, &followed)))
}

// openArray gives advice on a field that is an array without a length. One of
// plain data matters only to an update that changes the structure, which says
// so then.
func (a *adviser) openArray(p *place) {
	t := p.typ
	if t.Kind != ktt.Array || p.field.Size != 0 || a.find(t.Elem, p.name, a.looksAt) == "" {
		return
	}
	if t.Len != nil && (t.Len.Field != "" || t.Elem.Kind == ktt.Array) {
		return
	}
	length := "FIELD"
	if n := a.number(p); n != nil {
		length = n.Name
	}
	annotated := &ktt.Type{Kind: ktt.Array, Elem: t.Elem, Len: &ktt.Length{Field: length}}
	text := "how many elements there are is not known, so that no update can be built"
	if t.Len != nil {
		text = "to an update this is an array without elements, and those that are there stay as they were"
	}
	a.advise(p, OpenArray, "%s", text).Suggest("say in which field their number is", p.declaration(annotated))
}

// union gives advice on a union t in a place, of which nothing says which member
// is alive. A typedef is not where that would be said.
func (a *adviser) union(p *place, t *ktt.Type, d *ktt.TypeDef) {
	if d == nil || d.System || p.in != nil && p.field == nil {
		return
	}
	i := slices.IndexFunc(d.Fields, func(f *ktt.Field) bool {
		return a.find(f.Type, f.Name, a.leadsElsewhere) != ""
	})
	if i < 0 {
		return
	}
	advice := a.advise(p, UnionPointer, "an update copies the bits of the union; if its member %s is alive, "+
		"that goes on leading to what the old version had", d.Fields[i].Name)
	teller := ""
	if p.field != nil && t == p.typ {
		teller = a.teller(p.in)
	}
	if teller == "" {
		advice.Suggest("decide in the code of a rule", decide(p.element))
		return
	}
	told := *t
	told.Teller = teller
	advice.Suggest("if "+teller+" tells, say so, and with E_CASE(VALUE) after a member when that one is alive",
		p.declaration(&told))
}

// A verdict is what a search makes of a pointer.
type verdict int

const (
	passes verdict = iota
	leads          // to what has to be searched too
	found
)

func foundIf(it bool) verdict {
	if it {
		return found
	}
	return passes
}

// unknown finds pointers to what is not known, where an update comes to them.
func (a *adviser) unknown(p *ktt.Type) verdict {
	switch {
	case !follows(p) || a.isFunction(p.Elem):
		return passes
	case a.isUntyped(p.Elem) || a.isIncomplete(p.Elem):
		return found
	}
	return leads
}

// looksAt finds pointers that an update looks at.
func (a *adviser) looksAt(p *ktt.Type) verdict { return foundIf(p.Shape != ktt.NoLook) }

// leadsToFunction finds pointers to functions.
func (a *adviser) leadsToFunction(p *ktt.Type) verdict {
	return foundIf(p.Shape != ktt.NoLook && a.isFunction(p.Elem))
}

// leadsElsewhere finds pointers to what may be at another address after an
// update: functions, and structures of the program's.
func (a *adviser) leadsElsewhere(p *ktt.Type) verdict {
	to := a.Underlying(p.Elem)
	if to.Kind == ktt.Pointer && p.Shape != ktt.NoLook {
		return a.leadsElsewhere(to)
	}
	return foundIf(p.Shape != ktt.NoLook && (to.Kind == ktt.FuncT || a.isOwn(to)))
}

// find returns the first pointer that is searched for in a value of type t, as a
// path of fields from that of the value, or "" if there is none.
func (a *adviser) find(t *ktt.Type, path string, judge func(*ktt.Type) verdict) string {
	seen := map[*ktt.TypeDef]bool{}
	var in func(t *ktt.Type, path string) string
	in = func(t *ktt.Type, path string) string {
		switch u := a.Underlying(t); u.Kind {
		case ktt.Pointer:
			switch judge(u) {
			case found:
				return path
			case leads:
				if u.Elem.Kind == ktt.Ref {
					path = u.Elem.String()
				}
				return in(u.Elem, path)
			}
		case ktt.Array:
			return in(u.Elem, path)
		case ktt.Ref:
			d := a.Type(u.Ref())
			if d == nil || d.Kind != ktt.Struct || seen[d] {
				return ""
			}
			seen[d] = true
			for _, f := range d.Fields {
				if at := in(f.Type, path+"."+f.Name); at != "" {
					return at
				}
			}
		}
		return ""
	}
	return in(t, path)
}

// isOwn reports whether t is a structure or union of the program's that is
// defined.
func (a *adviser) isOwn(t *ktt.Type) bool {
	if t.Kind != ktt.Ref || t.Def == ktt.Enum {
		return false
	}
	d := a.Type(t.Ref())
	return d != nil && !d.Incomplete && !d.System
}
