package ktt

import (
	"maps"
	"slices"
)

// The tag of a structure belongs to the unit: two files may define a struct
// entry each, and mean different things. In a program such types are told apart
// by the file, as entry___in___b_c for that of b.c, and so are types that are
// the same in C but lead to different ones.

// A splitter gives types of one name different names.
type splitter struct {
	units []*Unit
	plain map[TypeRef]TypeRef   // the names in C of types that have got others
	split map[TypeRef]*Conflict // names in C that several types have
}

// split returns copies of units in which types that are different have different
// names. Only types count that variables lead to.
func split(units []*Unit) *splitter {
	s := &splitter{slices.Clone(units), map[TypeRef]TypeRef{}, map[TypeRef]*Conflict{}}
	for {
		names := make([]map[TypeRef]string, len(units)) // new ones, by unit
		again := false
		for r, groups := range s.groups(s.ambiguous()) {
			plain := s.nameInC(r)
			if s.split[plain] == nil {
				a, b := groups[0][0], groups[1][0]
				s.split[plain] = &Conflict{a.def, b.def, units[a.unit], units[b.unit]}
			}
			for _, g := range groups {
				name := plain.Name + "___in___" + mangle(units[g[0].unit].File)
				s.plain[TypeRef{r.Kind, name}] = plain
				for _, d := range g {
					if names[d.unit] == nil {
						names[d.unit] = map[TypeRef]string{}
					}
					names[d.unit][r] = name
				}
				again = again || name != r.Name
			}
		}
		if !again {
			return s
		}
		for i, n := range names {
			if n != nil {
				s.units[i] = s.units[i].rename(n)
			}
		}
	}
}

// nameInC returns what C calls the type that is called r.
func (s *splitter) nameInC(r TypeRef) TypeRef {
	if plain, ok := s.plain[r]; ok {
		return plain
	}
	return r
}

// A definition is that of a type in a unit.
type definition struct {
	unit int
	def  *TypeDef
}

// ambiguous returns the names that stand for types with different layouts.
func (s *splitter) ambiguous() map[TypeRef]bool {
	first := map[TypeRef]*TypeDef{}
	several := map[TypeRef]bool{}
	for _, u := range s.units {
		for _, d := range u.Types {
			if d.Incomplete || d.Unreached {
				continue
			}
			r := d.Ref()
			switch of := first[r]; {
			case of == nil:
				first[r] = d
			case of != d && !sameLayout(of, d):
				several[r] = true
			}
		}
	}
	return several
}

// groups returns the definitions of names in link order, those together that are
// laid out equally. Definitions that no variable leads to only join others.
func (s *splitter) groups(names map[TypeRef]bool) map[TypeRef][][]definition {
	found := map[TypeRef][][]definition{}
	add := func(unreached bool) {
		for i, u := range s.units {
			for _, d := range u.Types {
				r := d.Ref()
				if !names[r] || d.Incomplete || d.Unreached != unreached {
					continue
				}
				at := slices.IndexFunc(found[r], func(g []definition) bool { return sameLayout(g[0].def, d) })
				switch {
				case at >= 0:
					found[r][at] = append(found[r][at], definition{i, d})
				case !unreached:
					found[r] = append(found[r], []definition{{i, d}})
				}
			}
		}
	}
	add(false)
	add(true)
	return found
}

// rename returns a copy of u in which types have other names.
func (u *Unit) rename(names map[TypeRef]string) *Unit {
	c := *u
	c.Types = make([]*TypeDef, len(u.Types))
	for i, d := range u.Types {
		copied := *d
		if name, ok := names[d.Ref()]; ok {
			copied.Name = name
		}
		if d.Type != nil {
			copied.Type = d.Type.rename(names)
		}
		copied.Fields = make([]*Field, len(d.Fields))
		for i, f := range d.Fields {
			field := *f
			field.Type = f.Type.rename(names)
			copied.Fields[i] = &field
		}
		c.Types[i] = &copied
	}
	c.Vars = make([]*Var, len(u.Vars))
	for i, v := range u.Vars {
		copied := *v
		copied.Type = v.Type.rename(names)
		c.Vars[i] = &copied
	}
	return &c
}

// rename returns t with other names. What the functions that a pointer leads to
// are called with does not matter to an update, and keeps its names.
func (t *Type) rename(names map[TypeRef]string) *Type {
	if t == nil || t.Kind == FuncT {
		return t
	}
	c := *t
	c.Elem = t.Elem.rename(names)
	c.Args = nil
	for _, a := range t.Args {
		c.Args = append(c.Args, a.rename(names))
	}
	if t.Kind == Ref {
		if name, ok := names[t.Ref()]; ok {
			c.Name = name
		}
	}
	return &c
}

func (a *GenericArg) rename(names map[TypeRef]string) *GenericArg {
	c := *a
	c.Type = a.Type.rename(names)
	if a.Pointer != nil {
		c.Pointer = a.Pointer.rename(names)
	}
	return &c
}

// NameInC returns the name by which C knows the type that the program calls r.
func (p *Program) NameInC(r TypeRef) TypeRef {
	if plain, ok := p.plain[r]; ok {
		return plain
	}
	return r
}

// Types of one name are a conflict where a unit leads to one of them, and does
// not say which.
func (p *Program) addConflicts(s *splitter) {
	p.plain = s.plain
	for r, c := range maps.All(s.split) {
		p.conflicts[r] = c
		p.types[r] = c.First
	}
}
