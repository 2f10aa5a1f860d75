package match

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

// What an update has to look at.
//
// The comparison calls a type shallow as soon as there is a pointer in it:
// that is all that the type itself says. Both programs as a whole say more. A
// pointer has to be looked at only if
//
//   - it leads to a function,
//   - what it leads to has to be looked at, or gets new storage,
//   - or it may lead to a place that is another one in the new version: into a
//     variable of the old version, a string literal, or a part of an object
//     that gets new storage.
//
// All other data is kept as it is, unseen, whatever its size.
//
// Where a pointer to T may lead is known from T: to objects of the type, and
// to those that contain one, as a member, an element, a member of a union. It
// is the rule by which compilers decide what a store through a pointer can
// change (C17 6.5p7): const and signs make no difference, and an enumeration is
// its integer. A program that keeps objects in a static array of characters, or
// the address of a variable in a pointer to a type that is not in the variable,
// breaks it. docs/kttdiff.md says so to its author.
//
// Of some variables ktcc does not know: thread-local ones, compound literals,
// those of libraries. They have no successors, so that a pointer to one is kept,
// looked at or not. Nor does a traversal meet all pointers to them: it cannot
// tell whether an old image is still in use.

// A traversal says which values an update looks at.
type traversal struct {
	// The places that are others in the new version and that a pointer can lead
	// to, by the types of the objects there: in words, where one of them is.
	places map[string]string

	// The types of what is in variables that are carried over only when a
	// pointer leads to them.
	hidden map[string]string

	// The pairs with values that are looked at: whatever the generic arguments
	// stand for, and also if they stand for something that is looked at.
	always, visited map[*Pair]bool
}

// Visits reports whether an update looks at a value. If not, its bits are kept
// or copied.
func (r *Result) Visits(v *Value) bool { return r.visits(v, true) }

// VisitsPair reports whether an update looks at values of a pair: whether they
// have a transformer.
func (r *Result) VisitsPair(p *Pair) bool { return r.traversal.visited[p] }

// Follows reports whether what a pointer leads to has to be transformed, or
// carried over with it; v is how. If not, only the pointer is looked at.
func (r *Result) Follows(v *Value) bool {
	return r.Visits(v) || v.Need() != None && r.traversal.hidden[objectType(r.Old, v.Old)] != ""
}

// traverse finds out what has to be looked at.
func (m *matcher) traverse() {
	m.traversal = traversal{
		places: map[string]string{}, hidden: map[string]string{},
		always: map[*Pair]bool{}, visited: map[*Pair]bool{},
	}
	m.findPlaces()
	for changed := true; changed; {
		changed = false
		// Pairs are met from the outside in: backwards is faster.
		for _, p := range slices.Backward(m.Pairs) {
			if !m.traversal.always[p] && m.visitsPair(p, false) {
				m.traversal.always[p], changed = true, true
			}
			if !m.traversal.visited[p] && m.visitsPair(p, true) {
				m.traversal.visited[p], changed = true, true
			}
		}
	}
}

// findPlaces finds the places that are others in the new version.
func (m *matcher) findPlaces() {
	carried := map[string]bool{}
	for _, v := range m.Vars {
		if v.Old != nil {
			carried[v.Old.Key] = true
		}
	}
	var static, hidden, moved []object
	for _, key := range m.Old.Vars() {
		v := m.Old.Var(key)
		static = append(static, object{key, v.Type})
		if !carried[key] && !v.ReadOnly && !v.Local {
			hidden = append(hidden, object{key, v.Type})
		}
	}
	for _, p := range m.Pairs {
		if p.Need == Deep {
			moved = append(moved, object{m.Old.KnownAs(p.Old).String(), refTo(p.Old)})
		}
	}
	contents(m.Old, m.traversal.places, "may lead to the variable %s", static)
	contents(m.Old, m.traversal.places, "may lead to %s, which gets new storage", moved)
	contents(m.Old, m.traversal.hidden, "%s", hidden)
}

func refTo(d *ktt.TypeDef) *ktt.Type { return &ktt.Type{Kind: ktt.Ref, Def: d.Kind, Name: d.Name} }

// An object is a place in memory.
type object struct {
	name string
	typ  *ktt.Type
}

// contents adds to found what the nearest of some objects is that is of a type
// or contains one of it, unless there is something already.
func contents(p *ktt.Program, found map[string]string, format string, objects []object) {
	// The list grows while objects contain others.
	for i := 0; i < len(objects); i++ {
		o := objects[i]
		typ := objectType(p, o.typ)
		if found[typ] != "" {
			continue
		}
		found[typ] = fmt.Sprintf(format, o.name)
		for _, d := range definitions(p, o.typ) {
			for _, f := range d.Fields {
				if f.Bits == nil {
					objects = append(objects, object{o.name + "." + f.Name, f.Type})
				}
			}
		}
	}
}

// definitions returns the structure or union that a value of type t, or an
// element of it, is. If units disagree about it, there are two.
func definitions(p *ktt.Program, t *ktt.Type) []*ktt.TypeDef {
	for t = p.Underlying(t); t.Kind == ktt.Array; {
		t = p.Underlying(t.Elem)
	}
	if t.Kind != ktt.Ref {
		return nil
	}
	if c := p.Conflict(t.Ref()); c != nil {
		return []*ktt.TypeDef{c.First, c.Second}
	}
	if d := p.Type(t.Ref()); d != nil {
		return []*ktt.TypeDef{d}
	}
	return nil
}

// objectType returns a name that is the same for two types if a pointer to one
// may lead to an object of the other. An array is its elements.
func objectType(p *ktt.Program, t *ktt.Type) string {
	withoutSign := func(integer string) string {
		return strings.TrimPrefix(strings.TrimPrefix(integer, "unsigned "), "signed ")
	}
	t = p.Underlying(t)
	switch t.Kind {
	case ktt.Array:
		return objectType(p, t.Elem)
	case ktt.Pointer:
		return objectType(p, t.Elem) + " *"
	case ktt.Int:
		return withoutSign(t.Name)
	case ktt.Ref:
		if d := p.Type(t.Ref()); t.Def == ktt.Enum && d != nil {
			return withoutSign(d.Int)
		}
		return p.NameInC(t.Ref()).String()
	case ktt.Float, ktt.Opaque:
		return t.Name
	}
	return string(t.Kind)
}

// visits reports whether a value is looked at. Generic says what is assumed of
// generic parameters: that what they stand for is looked at, or that it is not.
func (r *Result) visits(v *Value, generic bool) bool {
	switch v.Op {
	case Pointer, Elements, ToZero:
		return r.follows(v.Elem, generic)
	case Array:
		return v.Prefix() || r.visits(v.Elem, generic)
	case Parameter:
		return generic
	case ByPair:
		return r.visitsByPair(v) || r.VisitsPair(v.Pair) &&
			slices.ContainsFunc(v.Args, func(a *Value) bool { return r.follows(a, generic) })
	}
	return v.Need() != None
}

// visitsByPair reports whether a value is looked at whatever its generic
// arguments are.
func (r *Result) visitsByPair(v *Value) bool {
	if v.badArgs {
		return r.VisitsPair(v.Pair)
	}
	return r.traversal.always[v.Pair]
}

// follows reports whether a pointer is looked at that leads to values like v.
func (r *Result) follows(v *Value, generic bool) bool {
	return v.Op == Unknown || r.place(v) != "" || r.visits(v, generic)
}

// place says what place a pointer to values like v may lead to that is another
// one in the new version, or returns "".
func (r *Result) place(v *Value) string {
	switch typ := objectType(r.Old, v.Old); {
	case v.Op == Parameter:
		return ""
	case v.Op == Bits && v.Old.Kind == ktt.Pointer && v.Old.Elem.Kind == ktt.Void:
		return "may lead to anything" // a generic argument [opaque]
	case typ == "char" || isWide(r.Old, v.Old):
		return "a literal may be stored there"
	default:
		return r.traversal.places[typ]
	}
}

// isWide reports whether wide string literals are of elements of type t.
func isWide(p *ktt.Program, t *ktt.Type) bool {
	for t.Kind == ktt.Array {
		t = t.Elem
	}
	if t.Kind != ktt.Ref || t.Def != ktt.Typedef {
		return false
	}
	d := p.Type(t.Ref())
	return slices.Contains([]string{"wchar_t", "char16_t", "char32_t"}, t.Name) || d != nil && isWide(p, d.Type)
}

// visitsPair reports whether values of a pair are looked at.
func (r *Result) visitsPair(p *Pair, generic bool) bool {
	if p.Need == None {
		return false
	}
	if p.own != None || p.Need == Deep {
		return true
	}
	if p.Body != nil {
		return r.visits(p.Body, generic)
	}
	return slices.ContainsFunc(p.Fields, func(f *Field) bool { return f.Value != nil && r.visits(f.Value, generic) })
}
