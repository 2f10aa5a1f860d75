package ktt

import (
	"fmt"
	"slices"
)

// A Program is a summary looked at as a whole: each name has one definition,
// whatever the number of units that have it.
type Program struct {
	Units []*Unit

	// Roots are the keys of the variables that need a transformer, in link
	// order, each once.
	Roots []string

	// Types, in link order, each once.
	Types []*TypeDef

	types     map[TypeRef]*TypeDef
	aliases   map[TypeRef]TypeRef
	owners    map[TypeRef]owner // of the types of unnamed members
	conflicts map[TypeRef]*Conflict
	plain     map[TypeRef]TypeRef // see NameInC
	vars      map[string]*Var
	varUnits  map[string]*Unit
	funcs     map[string]bool
}

// A Conflict is a name that two units define with different layouts.
type Conflict struct {
	First, Second         *TypeDef
	FirstUnit, SecondUnit *Unit
}

// Program returns s as a whole.
//
// Where units define a type with the same layout but other annotations or
// names of fields, the definition with the most annotations is taken, and of
// equals the last one in link order. A complete type hides incomplete ones. One
// that variables lead to hides those with another layout in units where none
// does: they are other types. If variables of several units lead to types with
// one name and different layouts, the types get different names.
func (s *Summary) Program() *Program {
	p := &Program{
		Units:     s.Units,
		types:     map[TypeRef]*TypeDef{},
		aliases:   map[TypeRef]TypeRef{},
		owners:    map[TypeRef]owner{},
		conflicts: map[TypeRef]*Conflict{},
		vars:      map[string]*Var{},
		varUnits:  map[string]*Unit{},
		funcs:     map[string]bool{},
	}
	// What is known of a name: its definition, the unit that has it, and whether a
	// variable leads to a definition with this layout.
	type entry struct {
		def     *TypeDef
		unit    *Unit
		reached bool
	}
	entries := map[TypeRef]*entry{}
	var order []*entry
	rooted := map[string]bool{}
	divided := split(s.Units)
	for i, u := range divided.units {
		for _, d := range u.Types {
			r := d.Ref()
			e := entries[r]
			if e == nil {
				e = &entry{def: d, unit: s.Units[i]}
				entries[r] = e
				order = append(order, e)
			}
			old, known := e.def, e.reached
			if !known && !d.Incomplete && !d.Unreached {
				e.reached = true
				delete(p.conflicts, r) // those were other types
			}
			switch {
			case d.Incomplete:
				continue
			case old.Incomplete, old == d:
			case sameLayout(old, d):
				if annotations(d) < annotations(old) || d.Size == 0 && old.Size > 0 {
					continue
				}
			case known && d.Unreached:
				continue
			case known || d.Unreached:
				if p.conflicts[r] == nil {
					p.conflicts[r] = &Conflict{old, d, e.unit, s.Units[i]}
				}
				continue
			}
			e.def, e.unit = d, s.Units[i]
		}
		for _, v := range u.Vars {
			p.vars[v.Key], p.varUnits[v.Key] = v, s.Units[i]
		}
		for _, f := range u.Funcs {
			p.funcs[f.Key] = true
		}
		for _, key := range u.Roots {
			if !rooted[key] {
				rooted[key] = true
				p.Roots = append(p.Roots, key)
			}
		}
	}
	for _, e := range order {
		p.types[e.def.Ref()] = e.def
	}
	p.addConflicts(divided)
	for _, e := range order {
		r := e.def.Ref()
		if divided.split[r] != nil {
			continue // it stands for several
		}
		d := p.types[r]
		p.Types = append(p.Types, d)
		if d.Kind == Typedef && d.Type.Kind == Ref {
			if of := p.types[d.Type.Ref()]; of != nil && of.Anonymous && p.aliases[of.Ref()] == (TypeRef{}) {
				p.aliases[of.Ref()] = r
			}
		}
		for _, f := range d.Fields {
			if f.Unnamed && f.Type.Kind == Ref {
				p.owners[f.Type.Ref()] = owner{d, f.Offset}
			}
		}
	}
	return p
}

// KnownAs returns the name by which people know the type d: that of a typedef
// if it has no other.
func (p *Program) KnownAs(d *TypeDef) TypeRef {
	if alias, ok := p.aliases[d.Ref()]; ok {
		return alias
	}
	return d.Ref()
}

// An owner is the type that has an unnamed member, and where it has it.
type owner struct {
	def    *TypeDef
	offset int64
}

// Owner returns the type that C says the fields of d are in, and the offset of d
// in it: d itself, unless it is the type of an unnamed member.
func (p *Program) Owner(d *TypeDef) (*TypeDef, int64) {
	offset := int64(0)
	for range maxDepth { // a file may say that two types are in each other
		of, ok := p.owners[d.Ref()]
		if !ok {
			break
		}
		d, offset = of.def, offset+of.offset
	}
	return d, offset
}

// Field returns the field of d with the name, and the type that it is in: d, or
// that of an unnamed member. It returns nil if there is none.
func (p *Program) Field(d *TypeDef, name string) (*Field, *TypeDef) { return p.field(d, name, 0) }

func (p *Program) field(d *TypeDef, name string, depth int) (*Field, *TypeDef) {
	if depth > maxDepth {
		return nil, nil
	}
	for _, f := range d.Fields {
		if f.Name == name {
			return f, d
		}
	}
	for _, f := range d.Fields {
		if !f.Unnamed || f.Type.Kind != Ref {
			continue
		}
		if inner := p.types[f.Type.Ref()]; inner != nil {
			if g, in := p.field(inner, name, depth+1); g != nil {
				return g, in
			}
		}
	}
	return nil, nil
}

// Type returns the definition of r, which may be incomplete, or nil.
func (p *Program) Type(r TypeRef) *TypeDef { return p.types[r] }

// Conflict returns how the units disagree about r, or nil.
func (p *Program) Conflict(r TypeRef) *Conflict { return p.conflicts[r] }

// Var returns the variable with the key, or nil.
func (p *Program) Var(key string) *Var { return p.vars[key] }

// VarFile returns the source that defines the variable with the key, or "".
func (p *Program) VarFile(key string) string {
	if u := p.varUnits[key]; u != nil {
		return u.File
	}
	return ""
}

// HasFunc reports whether pointers to the function with the key are known.
func (p *Program) HasFunc(key string) bool { return p.funcs[key] }

// Funcs returns the keys of the functions that pointers can lead to, sorted.
func (p *Program) Funcs() []string { return sortedKeys(p.funcs) }

// Vars returns the keys of the variables, sorted.
func (p *Program) Vars() []string { return sortedKeys(p.vars) }

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Underlying returns what t is when typedefs are looked through. It returns a
// reference to a typedef only if the program does not define it.
func (p *Program) Underlying(t *Type) *Type {
	// The bound is for summaries in which typedefs refer to each other.
	for range maxDepth {
		if t.Kind != Ref || t.Def != Typedef {
			break
		}
		d := p.types[t.Ref()]
		if d == nil {
			break
		}
		t = d.Type
	}
	return t
}

// Circular returns a type that contains itself, or a typedef that is defined by
// itself, or nil. No compiler accepts such a type, but generic arguments are
// not read by one, and a file may say anything.
func (p *Program) Circular() *TypeDef {
	type node struct {
		ref   TypeRef
		value bool // for typedefs: whether what it stands for is contained
	}
	open := map[node]bool{} // true: being looked at; false: done
	var visit func(t *Type, value bool) *TypeDef
	visit = func(t *Type, value bool) *TypeDef {
		switch t.Kind {
		case Pointer:
			return visit(t.Elem, false)
		case Array:
			return visit(t.Elem, value)
		case FuncT:
			for _, param := range append([]*Type{t.Elem}, t.Params...) {
				if d := visit(param, false); d != nil {
					return d
				}
			}
			return nil
		case Ref:
		default:
			return nil
		}
		for _, a := range t.Args {
			for a.Pointer != nil {
				a = a.Pointer
			}
			if a.Type != nil {
				if d := visit(a.Type, false); d != nil {
					return d
				}
			}
		}
		d := p.types[t.Ref()]
		if d == nil || d.Kind != Typedef && !value {
			return nil
		}
		n := node{t.Ref(), value}
		if isOpen, seen := open[n]; isOpen {
			return d
		} else if seen {
			return nil
		}
		open[n] = true
		defer func() { open[n] = false }()
		if d.Kind == Typedef {
			return visit(d.Type, value)
		}
		for _, f := range d.Fields {
			if d := visit(f.Type, true); d != nil {
				return d
			}
		}
		return nil
	}
	for _, d := range p.Types {
		if c := visit(&Type{Kind: Ref, Def: d.Kind, Name: d.Name}, true); c != nil {
			return c
		}
	}
	return nil
}

// IsScalar reports whether values of type t can be assigned: integers, floating
// numbers, pointers and enumerators.
func (p *Program) IsScalar(t *Type) bool {
	u := p.Underlying(t)
	return u.Kind == Int || u.Kind == Float || u.Kind == Pointer || u.Kind == Ref && u.Def == Enum
}

// Target returns the machine that the program was compiled for, or an error if
// its units were compiled for different ones.
func (p *Program) Target() (string, error) {
	for _, u := range p.Units {
		if u.Target != p.Units[0].Target {
			return "", fmt.Errorf("%s was compiled for %s, %s for %s",
				p.Units[0].File, p.Units[0].Target, u.File, u.Target)
		}
	}
	if len(p.Units) == 0 {
		return "", nil
	}
	return p.Units[0].Target, nil
}

// sameLayout reports whether a and b are laid out equally and mean the same
// to the C compiler. Annotations and the names of fields do not count.
func sameLayout(a, b *TypeDef) bool {
	if a.Kind == Typedef && (a.Size == 0 || b.Size == 0) {
		return sameType(a.Type, b.Type) // of a structure that is incomplete in one of the units
	}
	if a.Size != b.Size || a.Align != b.Align || len(a.Fields) != len(b.Fields) {
		return false
	}
	for i, f := range a.Fields {
		g := b.Fields[i]
		if f.Offset != g.Offset || f.Size != g.Size || !equalWidth(f.Bits, g.Bits) || !sameType(f.Type, g.Type) {
			return false
		}
	}
	if a.Kind == Typedef {
		return sameType(a.Type, b.Type)
	}
	return slices.EqualFunc(a.Values, b.Values, func(x, y *Enumerator) bool { return *x == *y })
}

func equalWidth(a, b *int) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}

// sameType compares two types without their annotations.
func sameType(a, b *Type) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Kind == b.Kind && a.Name == b.Name && a.Def == b.Def && a.Size == b.Size && a.Variadic == b.Variadic &&
		(a.Kind != Array || constLen(a) == constLen(b)) &&
		sameType(a.Elem, b.Elem) && slices.EqualFunc(a.Params, b.Params, sameType)
}

// constLen returns the length of an array that C knows, or -1.
func constLen(t *Type) int64 {
	if t.Len == nil || t.Len.Field != "" {
		return -1
	}
	return t.Len.Const
}

// annotations counts what the program's author says about d beyond C.
func annotations(d *TypeDef) int {
	n := len(d.Generics)
	if d.Type != nil {
		n += typeAnnotations(d.Type)
	}
	for _, f := range d.Fields {
		n += typeAnnotations(f.Type) + len(f.Cases)
	}
	return n
}

func typeAnnotations(t *Type) int {
	n := len(t.Args)
	if t.Shape != One || t.Said {
		n++
	}
	if t.Param != "" {
		n++
	}
	if t.Custom != nil {
		n++
	}
	if t.Teller != "" {
		n++
	}
	if t.Kind == Array && t.Len != nil && t.Len.Field != "" {
		n++
	}
	if t.Elem != nil {
		n += typeAnnotations(t.Elem)
	}
	return n
}
