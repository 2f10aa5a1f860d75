package randomupdate

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// A generator makes a world. Whatever it decides comes from its random numbers,
// so that a seed stands for a world.
type generator struct {
	*rand.Rand
	w       *World
	names   int
	objects []*Object // that pointers may lead to
	strings []*String
	budget  int // of objects in the heap
	null    int // one pointer in so many is NULL
	alias   int // one in so many leads to what is there already
}

// Generate makes the world of a seed.
func Generate(seed uint64, prefix string) *World {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 0)), w: &World{Seed: seed, Prefix: prefix}}
	g.budget, g.null, g.alias = 5+g.IntN(20), 6, 2
	if g.chance(20) {
		g.budget, g.null, g.alias = 400, 200, 50 // chains that are longer than the engine recurses
	}
	g.types()
	g.variables()
	g.evolve()
	return g.w
}

// name makes up a name that no other thing in the world has.
func (g *generator) name(kind string) string {
	g.names++
	return fmt.Sprintf("%s_%s%d", g.w.Prefix, kind, g.names)
}

// keep is the name of something that is in both versions.
func (g *generator) keep(kind string) Names {
	n := g.name(kind)
	return Names{n, n}
}

// chance is true once in n times.
func (g *generator) chance(n int) bool { return g.IntN(n) == 0 }

func pick[T any](g *generator, list []T) T { return list[g.IntN(len(list))] }

func both(t *Type) [2]*Type { return [2]*Type{t, t} }

// declared lists the declarations of a kind.
func declared[D Decl](g *generator) []D {
	var list []D
	for _, d := range g.w.Decls {
		if d, ok := d.(D); ok {
			list = append(list, d)
		}
	}
	return list
}

// types declares types and functions.
func (g *generator) types() {
	for range 1 + g.IntN(3) {
		linkage := g.chance(2)
		g.w.Funcs = append(g.w.Funcs, &Func{g.keep("f"), [2]bool{linkage, linkage}})
	}
	for range g.IntN(3) {
		e := &Enum{Name: g.keep("e")}
		value := int64(g.IntN(3) - 1)
		for range 1 + g.IntN(4) {
			e.Values = append(e.Values, &Enumerator{g.keep("E"), [2]int64{value, value}})
			value += int64(1 + g.IntN(3))
		}
		g.w.Decls = append(g.w.Decls, e)
	}
	for range g.IntN(3) {
		t := &Type{Kind: Number, Number: pick(g, targets)}
		if g.chance(4) {
			t = &Type{Kind: Number, Number: pick(g, floats)}
		}
		if defs := declared[*Typedef](g); len(defs) > 0 && g.chance(2) {
			t = &Type{Kind: Named, Decl: pick(g, defs)}
		}
		switch g.IntN(8) {
		case 0:
			t = &Type{Kind: Function}
		case 1:
			t = &Type{Kind: Array, Elem: t, Len: 1 + g.IntN(3)}
		case 2:
			t = &Type{Kind: Pointer, Elem: t}
		}
		g.w.Decls = append(g.w.Decls, &Typedef{Name: g.keep("t"), Type: both(t)})
	}
	if g.chance(4) {
		g.openStruct()
	}
	simple, generic := 1+g.IntN(4), max(0, g.IntN(3)-1)
	for i := range simple + generic {
		s := &Struct{Name: g.keep("s"), Style: Style(g.IntN(int(Inline)))}
		if i >= simple {
			s.Style = Tagged
			s.Params = [][]string{{"k"}, {"k", "v"}, {direct}, {direct, "v"}}[g.IntN(4)]
		}
		if s.Style != Anonymous {
			g.w.Decls = append(g.w.Decls, s) // may be referred to inside
		}
		for n := 1 + g.IntN(6); n > 0 || len(s.Fields[Old]) == 0; n-- {
			g.field(s, s)
		}
		if s.Style == Anonymous {
			g.w.Decls = append(g.w.Decls, s)
		} else if g.chance(4) && s.Params == nil {
			t := &Type{Kind: Named, Decl: s}
			if g.chance(2) {
				t = &Type{Kind: Pointer, Elem: t}
			}
			g.w.Decls = append(g.w.Decls, &Typedef{Name: g.keep("t"), Type: both(t)})
		}
	}
}

// openStruct declares a structure that ends in a flexible array.
func (g *generator) openStruct() {
	s := &Struct{Name: g.keep("s"), Open: true}
	g.w.Decls = append(g.w.Decls, s)
	n := &Field{Name: g.keep("n"), Type: both(plainInt), Pinned: true}
	elem := pick(g, []*Type{{Kind: Text}, {Kind: Function}, {Kind: Number, Number: pick(g, integers)}, nil, nil})
	if elem == nil {
		elem = g.target(nil)
		if elem.Kind == Named && g.chance(2) || elem.Kind == Number {
			elem = &Type{Kind: Pointer, Elem: elem}
		}
	}
	list := &Field{Name: g.keep("a"), Type: both(&Type{Kind: Array, Elem: elem, Length: n})}
	s.Fields = [2][]*Field{{n, list}, {n, list}}
}

// direct is the name of parameters that stand for pointers only, so that values
// can be in the place of pointers.
const direct = "p"

// insert declares what s needs, before it.
func (g *generator) insert(d Decl, s *Struct) {
	at := slices.Index(g.w.Decls, Decl(s))
	if at < 0 {
		at = len(g.w.Decls)
	}
	g.w.Decls = slices.Insert(g.w.Decls, at, d)
}

// field adds a field to a structure, and perhaps the one that it depends on. The
// structure is s or a part of it.
func (g *generator) field(part, s *Struct) {
	add := func(f *Field) *Field {
		part.Fields[Old] = append(part.Fields[Old], f)
		part.Fields[New] = append(part.Fields[New], f)
		return f
	}
	pinned := func() *Field {
		return add(&Field{Name: g.keep("n"), Type: both(&Type{Kind: Number, Number: pick(g, counts)}), Pinned: true})
	}
	switch g.IntN(14) {
	case 0:
		n := pick(g, []*number{integers[1], integers[3], integers[7]})
		width := 1 + g.IntN(12)
		t := &Type{Kind: Number, Number: n}
		if list := declared[*Enum](g); len(list) > 0 && g.chance(3) {
			t, width = &Type{Kind: Named, Decl: pick(g, list)}, enumBits+g.IntN(4)
		}
		add(&Field{Name: g.keep("b"), Type: both(t), Bits: [2]int{width, width}})
	case 1:
		add(&Field{Name: g.keep("m"), Type: both(&Type{Kind: Pointer, Shape: Many, Elem: g.target(s), Length: pinned()})})
	case 2:
		u := &Union{Name: g.keep("u"), Told: g.chance(2)}
		if !u.Told && part == s && g.chance(2) {
			if t := g.structure(s, false); t != nil && t.Args == nil {
				u.Members = append(u.Members, &Type{Kind: Pointer, Elem: t})
				u.Follow = true
			}
		}
		for range 1 + g.IntN(3) {
			if m := g.member(s); u.Told && m != nil {
				u.Members = append(u.Members, m)
			}
			u.Members = append(u.Members, g.raw())
		}
		g.insert(u, s)
		add(&Field{Name: g.keep("u"), Type: both(&Type{Kind: Named, Decl: u, Shape: Discern, Length: pinned()})})
	case 3:
		if t := g.structure(s, false); t != nil && part == s {
			add(&Field{Name: g.keep("p"), Type: both(&Type{Kind: Pointer, Shape: Untyped, Elem: t}), Explicit: true})
		}
	case 4:
		if part != s || s.Style == Anonymous {
			break
		}
		inner := &Struct{Style: Inline, Outer: s, Params: s.Params}
		for range 1 + g.IntN(3) {
			g.field(inner, s)
		}
		if len(inner.Fields[Old]) == 0 {
			break
		}
		g.insert(inner, s)
		t := &Type{Kind: Named, Decl: inner}
		for _, p := range s.Params {
			t.Args = append(t.Args, &Type{Kind: Param, Param: p})
		}
		if g.chance(3) {
			t = &Type{Kind: Array, Elem: t, Len: 1 + g.IntN(3)}
		}
		inner.Field = add(&Field{Name: g.keep("i"), Type: both(t)})
	default:
		add(&Field{Name: g.keep("a"), Type: both(g.plain(s, 0))})
	}
}

// enumBits is the width of a bit-field that every enumerator fits into.
const enumBits = 8

// member is the type of a union's member, before s, that the bits of the union
// are not enough for, or nil.
func (g *generator) member(s *Struct) *Type {
	switch g.IntN(5) {
	case 0:
		return &Type{Kind: Text}
	case 1:
		return &Type{Kind: Function}
	case 2:
		if list := declared[*Enum](g); len(list) > 0 {
			return &Type{Kind: Named, Decl: pick(g, list)}
		}
	}
	byValue := g.chance(2)
	t := g.structure(s, byValue)
	switch {
	case t == nil || t.Args != nil:
		return nil
	case byValue:
		return t
	}
	return &Type{Kind: Pointer, Elem: t}
}

// raw is a type without pointers.
func (g *generator) raw() *Type {
	t := &Type{Kind: Number, Number: pick(g, integers)}
	if g.chance(4) {
		t.Number = pick(g, floats)
	}
	if g.chance(4) {
		t = &Type{Kind: Array, Elem: t, Len: 1 + g.IntN(5)}
	}
	return t
}

// plain is the type of a variable or, inside of s, of a field.
func (g *generator) plain(s *Struct, depth int) *Type {
	switch g.IntN(20) {
	case 0, 1:
		return &Type{Kind: Text, Shape: pick(g, []Shape{One, ToZero})}
	case 2:
		return &Type{Kind: Function}
	case 3, 4:
		if list := declared[*Enum](g); len(list) > 0 {
			return &Type{Kind: Named, Decl: pick(g, list)}
		}
	case 5, 6:
		if list := declared[*Typedef](g); len(list) > 0 {
			return &Type{Kind: Named, Decl: pick(g, list)}
		}
	case 7:
		if t := g.structure(s, true); t != nil {
			return t
		}
	case 8, 9:
		if depth < 2 {
			return &Type{Kind: Array, Elem: g.plain(s, depth+1), Len: 1 + g.IntN(4)}
		}
	case 10:
		return &Type{Kind: Pointer, Shape: Many, Elem: g.target(s), Len: 1 + g.IntN(3)}
	case 11:
		return &Type{Kind: Pointer, Shape: ToZero, Elem: &Type{Kind: Pointer, Elem: g.target(s)}}
	case 12:
		return &Type{Kind: Pointer, Shape: Opaque, Elem: &Type{Kind: Number, Number: pick(g, targets)}}
	case 13, 14, 15, 16:
		return &Type{Kind: Pointer, Elem: g.target(s)}
	case 17:
		if s != nil && len(s.Params) > 0 {
			p := pick(g, s.Params)
			if p == direct && g.chance(2) {
				return &Type{Kind: Param, Param: p, Direct: true}
			}
			return &Type{Kind: Pointer, Elem: &Type{Kind: Param, Param: p}}
		}
	case 18:
		for _, d := range declared[*Struct](g) {
			if d.Open {
				return &Type{Kind: Pointer, Elem: &Type{Kind: Named, Decl: d}}
			}
		}
	}
	t := g.raw()
	if t.Kind == Array && depth > 1 {
		return t.Elem
	}
	return t
}

// target is what a pointer leads to.
func (g *generator) target(s *Struct) *Type {
	switch g.IntN(11) {
	case 0:
		if list := declared[*Typedef](g); len(list) > 0 {
			return &Type{Kind: Named, Decl: pick(g, list)}
		}
	case 1:
		return &Type{Kind: Pointer, Elem: g.target(s)}
	case 2:
		if s != nil && len(s.Params) > 0 {
			return &Type{Kind: Param, Param: pick(g, s.Params)}
		}
	case 3:
		return &Type{Kind: Text}
	case 4:
		return &Type{Kind: Function}
	}
	if t := g.structure(s, false); t != nil && !g.chance(8) {
		return t
	}
	return &Type{Kind: Number, Number: pick(g, targets)}
}

// structure is a structure that exists, or nil. It may be s itself only behind
// a pointer.
func (g *generator) structure(s *Struct, byValue bool) *Type {
	list := slices.DeleteFunc(declared[*Struct](g), func(d *Struct) bool { return d.Style == Inline || d.Open })
	if byValue && len(list) > 0 && list[len(list)-1] == s {
		list = list[:len(list)-1]
	}
	if len(list) == 0 {
		return nil
	}
	d := pick(g, list)
	t := &Type{Kind: Named, Decl: d}
	for _, p := range d.Params {
		switch {
		case d == s: // as C++ knows it too: other arguments would never come to an end
			t.Args = append(t.Args, &Type{Kind: Param, Param: p})
		case s != nil && slices.Contains(s.Params, p) && g.chance(2):
			t.Args = append(t.Args, &Type{Kind: Param, Param: p})
		default:
			t.Args = append(t.Args, g.argument(d, p == direct))
		}
	}
	return t
}

// argument is what a parameter of d stands for; a pointer, if it has to.
func (g *generator) argument(d *Struct, pointer bool) *Type {
	list := []*Type{plainInt}
	for _, x := range declared[*Struct](g) {
		if x == d || x.Style == Inline || x.Open {
			continue
		}
		t := &Type{Kind: Named, Decl: x}
		for range x.Params {
			t.Args = append(t.Args, &Type{Kind: Text})
		}
		list = append(list, t)
	}
	for _, x := range declared[*Enum](g) {
		list = append(list, &Type{Kind: Named, Decl: x})
	}
	for _, x := range declared[*Typedef](g) {
		list = append(list, &Type{Kind: Named, Decl: x})
	}
	switch t := pick(g, list); {
	case g.chance(6):
		return &Type{Kind: Text}
	case g.chance(8):
		return &Type{Kind: Pointer, Shape: Opaque, Elem: plainInt}
	case pointer || g.chance(4):
		return &Type{Kind: Pointer, Elem: t}
	default:
		return t
	}
}

// variables defines the variables of the old version, and fills them and the heap.
func (g *generator) variables() {
	for range 2 + g.IntN(6) {
		linkage := Linkage(g.IntN(int(Linkages)))
		x := &Var{Name: g.keep("v"), Linkage: [2]Linkage{linkage, linkage}, First: int64(g.IntN(100))}
		if linkage == InFunc {
			x.Func = g.keep("at")
		}
		t := g.plain(nil, 0)
		if t.Kind == Number || g.chance(3) {
			if s := g.structure(nil, g.chance(2)); s != nil {
				if g.chance(2) {
					s = &Type{Kind: Pointer, Elem: s}
				}
				t = s
			}
		}
		if g.chance(12) {
			if s := g.structure(nil, false); s != nil {
				t = &Type{Kind: Pointer, Shape: Untyped, Elem: s}
				x.Explicit = true
			}
		}
		x.Const = isNumeric(t) && linkage != Noted && g.chance(5)
		x.Type = both(t)
		x.Object = &Object{Elem: t, Var: x}
		if t.Kind == Array {
			x.Object.Elem = t.Elem
		}
		g.w.Vars = append(g.w.Vars, x)
		if linkage != Noted {
			g.objects = append(g.objects, x.Object)
		}
	}
	for _, x := range g.w.Vars {
		n := 1
		if x.Type[Old].Kind == Array {
			n = x.Type[Old].Len
		}
		for range n {
			x.Object.Elems = append(x.Object.Elems, g.value(x.Object.Elem))
		}
	}
}

// value makes a value of a type without open parameters.
func (g *generator) value(t *Type) Value {
	switch t.Kind {
	case Number:
		return g.number(t.Number, 0)
	case Named:
		return g.named(t)
	case Pointer:
		return g.pointer(t, t.Len)
	case Array:
		var list []Value
		for range t.Len {
			list = append(list, g.value(t.Elem))
		}
		return list
	case Text:
		switch g.IntN(6) {
		case 0:
			return (*String)(nil)
		case 1, 2:
			return &String{pick(g, []string{"literal", "", "another literal"}) + " "}
		case 3:
			if len(g.strings) > 0 {
				return pick(g, g.strings)
			}
		}
		s := &String{fmt.Sprintf("h%d", g.IntN(1000))}
		g.strings = append(g.strings, s)
		return s
	case Function:
		if g.chance(4) {
			return (*Func)(nil)
		}
		return pick(g, g.w.Funcs)
	}
	panic("a value of an open type")
}

func (g *generator) number(n *number, width int) Value {
	if n.Float {
		return float64(g.IntN(800)-400) / 4
	}
	var x int64
	switch g.IntN(4) {
	case 0:
		x = int64(g.IntN(3) - 1)
	case 1:
		x = g.Int64N(1<<41) - 1<<40
	default:
		x = int64(g.IntN(200) - 100)
	}
	if n.Bits == 64 && !n.Signed && x < 0 {
		x = -x // what a double makes of the largest numbers is not worth a model
	}
	return n.convert(x, width)
}

func (g *generator) named(t *Type) Value {
	switch d := t.Decl.(type) {
	case *Enum:
		return pick(g, d.Values)
	case *Typedef:
		return g.value(d.Type[Old])
	case *Struct:
		return g.fields(d, t.env())
	}
	panic("a union without a discriminator")
}

func (g *generator) fields(s *Struct, env map[string]*Type) Value {
	values := Fields{}
	for _, f := range s.Fields[Old] {
		t := f.Type[Old].resolve(env)
		switch {
		case f.Pinned: // has got its value from the field behind it, or gets it
		case t.Shape == Discern:
			u := t.Decl.(*Union)
			i := g.IntN(len(u.Members))
			values[t.Length] = int64(i)
			values[f] = Member{i, g.value(u.Members[i])}
		case t.Kind == Array && t.Length != nil:
			var list []Value
			for range g.IntN(4) {
				list = append(list, g.value(t.Elem))
			}
			values[t.Length] = int64(len(list))
			values[f] = list
		case t.Kind == Pointer && t.Length != nil:
			n := g.IntN(4)
			ref := g.pointer(t, n)
			if ref.To == nil {
				n = 0
			}
			values[t.Length] = int64(n)
			values[f] = ref
		case f.Bits[Old] != 0 && t.Kind == Number:
			values[f] = g.number(t.Number, f.Bits[Old])
		default:
			values[f] = g.value(t)
		}
	}
	return values
}

// pointer makes a pointer to n elements, or as many as its type says.
func (g *generator) pointer(t *Type, n int) Ref {
	if t.Shape == One || t.Shape == Opaque || t.Shape == Untyped {
		n = 1
	}
	if g.chance(g.null) || t.Shape == Many && n == 0 {
		return Ref{}
	}
	if t.Shape == Opaque { // leads to something of its own, so that nothing else moves it
		return Ref{To: &Object{Elem: t.Elem, Elems: []Value{g.value(t.Elem)}}}
	}
	var candidates []*Object
	for _, o := range g.objects {
		if same(o.Elem, t.Elem) && (o.Var != nil && t.Shape == One || o.Var == nil && len(o.Elems) == n) {
			candidates = append(candidates, o)
		}
	}
	fresh := g.budget > 0 && (len(candidates) == 0 || !g.chance(g.alias))
	if !fresh {
		if len(candidates) == 0 {
			return Ref{}
		}
		o := pick(g, candidates)
		if o.Var == nil {
			return Ref{To: o}
		}
		i := 0
		if o.Var.Type[Old].Kind == Array {
			i = g.IntN(o.Var.Type[Old].Len)
		}
		o.Var.Pointed = max(o.Var.Pointed, i+1)
		return Ref{o, i}
	}
	if t.Shape == ToZero {
		n = g.IntN(4) + 1
	}
	o := &Object{Elem: t.Elem, Elems: make([]Value, n)}
	if t.Shape != ToZero {
		g.objects = append(g.objects, o)
	}
	g.budget--
	for i := range o.Elems {
		o.Elems[i] = g.value(o.Elem)
		if ref, ok := o.Elems[i].(Ref); ok && t.Shape == ToZero && (i == n-1 || ref.To == nil) {
			o.Elems[i] = Ref{}
			o.Elems = o.Elems[:i+1]
			break
		}
	}
	return Ref{To: o}
}
