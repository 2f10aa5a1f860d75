package randomupdate

import (
	"maps"
	"slices"
)

// evolve decides how the new version differs from the old one.
func (g *generator) evolve() {
	for _, d := range g.w.Decls {
		switch d := d.(type) {
		case *Struct:
			g.evolveStruct(d)
		case *Union:
			g.rename(&d.Name, "u")
			if g.chance(4) {
				d.Members = append(d.Members, &Type{Kind: Number, Number: pick(g, integers)})
				d.Added = 1
			}
		case *Enum:
			g.evolveEnum(d)
		case *Typedef:
			g.rename(&d.Name, "t")
			if n := d.Type[Old].Number; n != nil && g.chance(3) {
				d.Type[New], d.Conv = g.retype(d.Type[Old])
			}
		}
	}
	g.swap(slices.Collect(func(yield func(*Names) bool) {
		for _, s := range declared[*Struct](g) {
			if s.Style == Tagged && !s.Open && !yield(&s.Name) {
				return
			}
		}
	}))
	for _, x := range g.w.Vars {
		g.evolveVar(x)
	}
	g.addVars()
	g.Shuffle(len(g.w.Vars), func(i, j int) { g.w.Vars[i], g.w.Vars[j] = g.w.Vars[j], g.w.Vars[i] })
	var names []*Names
	for _, f := range g.w.Funcs {
		g.rename(&f.Name, "f")
		if g.chance(4) {
			f.Static[New] = !f.Static[Old]
		}
		names = append(names, &f.Name)
	}
	g.swap(names)
}

func (g *generator) rename(n *Names, kind string) {
	if n.both() && g.chance(5) {
		n[New] = g.name(kind)
	}
}

// swap exchanges two names, sometimes: then each is that of something else.
func (g *generator) swap(list []*Names) {
	if len(list) > 1 && g.chance(6) {
		i := g.IntN(len(list) - 1)
		list[i][New], list[i+1][New] = list[i+1][New], list[i][New]
	}
}

// reuse gives things that are new, or have a new name, names that are free now.
func (g *generator) reuse(list []*Names, gone map[string]bool) {
	for _, n := range list {
		delete(gone, n[New])
	}
	for _, n := range list {
		if n[Old] == n[New] || !g.chance(3) {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(gone)) {
			if name != n[Old] {
				n[New] = name
				delete(gone, name)
				break
			}
		}
	}
}

// retype makes another type of numbers, or of an array of them.
func (g *generator) retype(t *Type) (*Type, *Conversion) {
	if t.Kind == Array {
		elem, conv := g.retype(t.Elem)
		return &Type{Kind: Array, Elem: elem, Len: 1 + g.IntN(5)}, conv
	}
	n := *t
	switch {
	case t.Number.Float:
		n.Number = pick(g, append([]*number{integers[1], integers[2]}, floats...))
	case g.chance(6):
		n.Number = pick(g, floats)
	default:
		n.Number = pick(g, integers)
	}
	c := &Conversion{Factor: 1}
	if g.chance(3) {
		c.Factor, c.Offset = int64(1+g.IntN(5)), int64(g.IntN(10))
	}
	return &n, c
}

func isNumeric(t *Type) bool {
	return t.Kind == Number || t.Kind == Array && t.Elem.Kind == Number
}

func (g *generator) evolveStruct(s *Struct) {
	if s.Style != Inline {
		g.rename(&s.Name, "s")
	}
	if s.Open {
		g.evolveOpen(s)
		return
	}
	var fields []*Field
	gone := map[string]bool{}
	for _, f := range s.Fields[Old] {
		gone[f.Name[Old]] = true
		g.rename(&f.Name, "a")
		t := f.Type[Old]
		switch {
		case f.Pinned:
			if g.chance(4) {
				f.Type[New], f.Conv = &Type{Kind: Number, Number: pick(g, counts)}, &Conversion{Factor: 1}
			}
		case g.chance(8):
			f.Name[New] = ""
			continue
		case f.Bits[Old] != 0:
			if t.Kind == Named {
				f.Bits[New] = enumBits + g.IntN(8)
				break
			}
			if g.chance(3) {
				f.Bits[New] = g.IntN(16)
			}
			if g.chance(4) {
				f.Type[New], f.Conv = g.retype(t)
				if n := f.Type[New].Number; n.Float || n.Bool || f.Bits[New] > n.Bits {
					f.Bits[New] = 0
				}
			}
		case t.Kind == Number && g.chance(12):
			f.Init = &Init{Const: int64(g.IntN(100))}
		case isNumeric(t) && g.chance(4):
			f.Type[New], f.Conv = g.retype(t)
		case t.Kind == Array && !f.Explicit && g.chance(3):
			f.Type[New] = g.resize(t, 1)
		case t.canExplain() && g.chance(8):
			f.Explicit = true
		}
		fields = append(fields, f)
	}
	for range g.IntN(3) {
		f := &Field{Name: Names{"", g.name("a")}, Init: &Init{Const: int64(g.IntN(100))}}
		f.Type[New] = &Type{Kind: Number, Number: pick(g, integers)}
		for _, b := range s.Fields[Old] {
			if b.Type[Old].Kind == Number && !b.Type[Old].Number.Float && g.chance(3) {
				f.Init.Base = b
			}
		}
		fields = append(fields, f)
	}
	if g.chance(2) {
		g.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
	}
	if len(fields) == 0 {
		fields = append(fields, s.Fields[Old][0])
		fields[0].Name[New] = g.name("a")
	}
	s.Fields[New] = fields
	var names []*Names
	numbers := s.Style == Tagged || s.Style == Both
	for _, f := range fields {
		names = append(names, &f.Name)
		numbers = numbers && isNumeric(f.Type[New]) && (f.Type[Old] == nil || isNumeric(f.Type[Old]))
	}
	g.reuse(names, gone)
	g.swap(names)
	s.Code = numbers && g.chance(4)
}

// evolveOpen changes a structure whose last field has to stay the last one.
func (g *generator) evolveOpen(s *Struct) {
	n, list := s.Fields[Old][0], s.Fields[Old][1]
	g.rename(&n.Name, "n")
	g.rename(&list.Name, "a")
	if g.chance(3) {
		n.Type[New], n.Conv = &Type{Kind: Number, Number: pick(g, counts)}, &Conversion{Factor: 1}
	}
	if g.chance(3) {
		added := &Field{Name: Names{"", g.name("a")}, Init: &Init{Const: int64(g.IntN(100)), Base: n}}
		added.Type[New] = &Type{Kind: Number, Number: pick(g, integers)}
		s.Fields[New] = append([]*Field{added}, s.Fields[New]...)
	}
}

// resize makes an array with another length, not less than the least.
func (g *generator) resize(t *Type, least int) *Type {
	r := *t
	r.Len = least + g.IntN(5)
	if r.Len == t.Len {
		return t
	}
	return &r
}

func (g *generator) evolveEnum(e *Enum) {
	g.rename(&e.Name, "e")
	if g.chance(3) {
		last := e.Values[len(e.Values)-1].Value[Old]
		e.Values = append(e.Values, &Enumerator{Names{"", g.name("E")}, [2]int64{0, last + 1}})
	}
	if g.chance(3) {
		if g.chance(2) {
			g.rename(&e.Values[0].Name, "E")
		}
		value := int64(g.IntN(5))
		for _, i := range g.Perm(len(e.Values)) {
			e.Values[i].Value[New] = value
			value += int64(1 + g.IntN(2))
		}
	}
}

func (g *generator) evolveVar(x *Var) {
	t := x.Type[Old]
	g.rename(&x.Name, "v")
	g.rename(&x.Func, "at")
	if g.chance(5) {
		x.Linkage[New] = Linkage(g.IntN(int(Linkages)))
		if x.Linkage[New] == Noted && (x.Pointed > 0 || x.Const) {
			x.Linkage[New] = Global
		}
		if x.Linkage[New] == InFunc && x.Func[New] == "" {
			x.Func[New] = g.name("at")
		}
	}
	switch {
	case g.chance(10) && x.Pointed <= 1 && (x.Pointed == 0 || t.Kind != Array):
		x.Name[New] = ""
	case x.Const:
	case t.Kind == Number && g.chance(12):
		c := int64(g.IntN(100))
		x.Init = &c
	case isNumeric(t) && x.Pointed == 0 && g.chance(3):
		x.Type[New], x.Conv = g.retype(t)
	case t.Kind == Array && g.chance(3):
		x.Type[New] = g.resize(t, max(1, x.Pointed))
	case t.canExplain() && g.chance(8):
		x.Explicit = true
	}
	x.Manual = x.Name.both() && !x.Const && x.Init == nil && x.Linkage[New] <= Static && g.chance(10)
}

// addVars adds variables of numbers to the new version.
func (g *generator) addVars() {
	var names []*Names
	gone := map[string]bool{}
	for _, x := range g.w.Vars {
		if x.Name.in(New) || x.Pointed == 0 {
			gone[x.Name[Old]] = true
		}
		if x.Name.in(New) {
			names = append(names, &x.Name)
		}
	}
	for range g.IntN(3) {
		x := &Var{Name: Names{"", g.name("v")}, First: int64(g.IntN(100))}
		x.Linkage[New] = Linkage(g.IntN(int(InFunc) + 1))
		if x.Linkage[New] == InFunc {
			x.Func[New] = g.name("at")
		}
		x.Type[New] = &Type{Kind: Number, Number: pick(g, integers)}
		if g.chance(2) {
			c := int64(g.IntN(100))
			x.Init = &c
		}
		g.w.Vars = append(g.w.Vars, x)
		names = append(names, &x.Name)
	}
	g.reuse(names, gone)
	g.swap(names)
}
