package randomupdate

import (
	"fmt"
	"strings"
)

// Predict is what the new version of a world prints: the transformation that
// docs/xf-language.md describes, of the model.
func Predict(w *World) string {
	p := &prediction{map[*Object]*Object{}}
	values := map[*Var]Value{}
	for _, x := range w.Vars {
		if !x.Name.in(New) {
			continue
		}
		switch {
		case x.Init != nil:
			values[x] = x.Type[New].Number.convert(*x.Init, 0)
		case !x.Name.in(Old), x.Const:
			values[x] = x.definition()
		default:
			values[x] = p.convert(x.value(), x.Type, x.Conv, 0, x.rest)
		}
	}
	return show(w, New, values)
}

// Before is what the old version prints.
func Before(w *World) string {
	values := map[*Var]Value{}
	for _, x := range w.Vars {
		if x.Name.in(Old) {
			values[x] = x.value()
		}
	}
	return show(w, Old, values)
}

// value is the old value of a variable.
func (x *Var) value() Value {
	if x.Type[Old].Kind == Array {
		return x.Object.Elems
	}
	return x.Object.Elems[0]
}

// definition is the value that the new version gives to numbers.
func (x *Var) definition() Value {
	if t := x.Type[New]; t.Kind == Array {
		return resize(nil, t.Len, nil, func(i int) Value { return x.rest(i, t.Elem) })
	}
	return x.rest(0, x.Type[New])
}

// rest is what the new version puts at an index of a variable that is an array.
func (x *Var) rest(i int, t *Type) Value {
	if t.Kind == Number && x.Linkage[New] != Noted {
		return t.Number.convert(x.First+int64(i), 0)
	}
	return zero(t)
}

// A prediction has the new objects of old ones.
type prediction struct{ objects map[*Object]*Object }

// convert makes the new value of a variable, field or typedef. If an array has
// become longer, rest says what is there now.
func (p *prediction) convert(x Value, t [2]*Type, c *Conversion, width int, rest func(int, *Type) Value) Value {
	list, isArray := x.([]Value)
	switch {
	case c != nil && isArray:
		return resize(list, t[New].Len, func(y Value) Value { return c.apply(y, t[New].Elem.Number, 0) },
			func(int) Value { return zero(t[New].Elem) })
	case c != nil || width != 0 && t[New].Kind == Number:
		if c == nil {
			c = &Conversion{Factor: 1}
		}
		return c.apply(x, t[New].Number, width)
	case t[Old].Len != t[New].Len && isArray:
		return resize(list, t[New].Len, func(y Value) Value { return p.value(y, t[Old].Elem) },
			func(i int) Value { return rest(i, t[New].Elem) })
	}
	return p.value(x, t[Old])
}

// resize makes a list of n values: the old ones, and others behind them.
func resize(list []Value, n int, element func(Value) Value, rest func(int) Value) []Value {
	var out []Value
	for i := range n {
		if i < len(list) {
			out = append(out, element(list[i]))
		} else {
			out = append(out, rest(i))
		}
	}
	return out
}

// value makes the new value of a type that is in both versions.
func (p *prediction) value(x Value, t *Type) Value {
	switch t.Kind {
	case Array:
		list := x.([]Value)
		return resize(list, len(list), func(y Value) Value { return p.value(y, t.Elem) }, nil)
	case Pointer:
		ref := x.(Ref)
		return Ref{p.object(ref.To), ref.Index}
	case Named:
		switch d := t.Decl.(type) {
		case *Typedef:
			return p.convert(x, d.Type, d.Conv, 0, nil)
		case *Union:
			m := x.(Member)
			return Member{m.Index, p.value(m.Value, d.Members[m.Index])}
		case *Struct:
			return p.fields(x.(Fields), d, t.env())
		}
	}
	return x
}

func (p *prediction) fields(old Fields, s *Struct, env map[string]*Type) Value {
	values := Fields{}
	for _, f := range s.Fields[New] {
		if f.Init != nil {
			c := f.Init.Const
			if f.Init.Base != nil {
				c += old[f.Init.Base].(int64)
			}
			values[f] = f.Type[New].Number.convert(c, 0)
			continue
		}
		t := [2]*Type{f.Type[Old].resolve(env), f.Type[New].resolve(env)}
		values[f] = p.convert(old[f], t, f.Conv, f.Bits[New], func(_ int, t *Type) Value { return zero(t) })
	}
	return values
}

// object is the new version of an object. A variable that is not there any more
// becomes an object of the heap.
func (p *prediction) object(o *Object) *Object {
	if o == nil {
		return nil
	}
	if n := p.objects[o]; n != nil {
		return n
	}
	n := &Object{Elem: o.Elem}
	p.objects[o] = n
	if o.Var != nil && o.Var.Name.in(New) {
		n.Var = o.Var
		return n
	}
	for _, x := range o.Elems {
		n.Elems = append(n.Elems, p.value(x, o.Elem))
	}
	return n
}

// zero is the value of a type of the new version whose bytes are all zero.
func zero(t *Type) Value {
	switch t = t.under(New); t.Kind {
	case Number:
		return t.Number.convert(int64(0), 0)
	case Pointer:
		return Ref{}
	case Text:
		return (*String)(nil)
	case Function:
		return (*Func)(nil)
	case Array:
		return resize(nil, t.Len, nil, func(int) Value { return zero(t.Elem) })
	}
	switch d := t.Decl.(type) {
	case *Enum:
		for _, x := range d.Values {
			if x.Name.in(New) && x.Value[New] == 0 {
				return x
			}
		}
		return (*Enumerator)(nil)
	case *Union:
		return Member{0, zero(d.Members[0])}
	case *Struct:
		values := Fields{}
		for _, f := range d.Fields[New] {
			values[f] = zero(f.Type[New].resolve(t.env()))
		}
		return values
	}
	panic("zero of an open type")
}

// A printer writes values as show.h does.
type printer struct {
	strings.Builder
	w       *World
	v       int
	numbers map[any]int // of objects
}

func show(w *World, v int, values map[*Var]Value) string {
	p := &printer{w: w, v: v, numbers: map[any]int{}}
	for _, x := range w.Vars {
		if x.Name.in(v) {
			fmt.Fprintf(p, "%s = ", x.Name[v])
			p.print(values[x], x.Type[v], nil)
			p.WriteString("\n")
		}
	}
	return p.String()
}

// first prints the number of an object. It returns true if it is a new one.
func (p *printer) first(object any) bool {
	if n, ok := p.numbers[object]; ok {
		fmt.Fprintf(p, "#%d", n)
		return false
	}
	fmt.Fprintf(p, "#%d=", len(p.numbers))
	p.numbers[object] = len(p.numbers)
	return true
}

func (p *printer) print(x Value, t *Type, owner Fields) {
	t = t.under(p.v)
	switch x := x.(type) {
	case int64:
		fmt.Fprint(p, x)
	case float64:
		fmt.Fprintf(p, "%.6g", x)
	case *Enumerator:
		if x == nil {
			p.WriteString("?0")
		} else {
			p.WriteString(x.Name[p.v])
		}
	case *String:
		switch {
		case x == nil:
			p.WriteString("0")
		case !x.inHeap() || p.first(x):
			fmt.Fprintf(p, "%q", x.Text)
		}
	case *Func:
		if x == nil {
			p.WriteString("0")
			return
		}
		for i, f := range p.w.Funcs {
			if f == x {
				fmt.Fprintf(p, "f%d", 100*(p.v+1)+i)
			}
		}
	case Ref:
		switch {
		case x.To == nil:
			p.WriteString("0")
		case x.To.Var != nil:
			fmt.Fprintf(p, "&%s[%d]", x.To.Var.Name[p.v], x.Index)
		case p.first(x.To):
			elems := x.To.Elems
			switch {
			case t.Shape == Many && t.Length != nil:
				p.elements(elems[:owner[t.Length].(int64)], t.Elem)
			case t.Shape == Many:
				p.elements(elems, t.Elem)
			case t.Shape == ToZero:
				p.elements(elems[:len(elems)-1], t.Elem)
			default:
				p.print(elems[0], t.Elem, nil)
			}
		}
	case []Value:
		p.elements(x, t.Elem)
	case Member:
		p.print(x.Value, t.Decl.(*Union).Members[x.Index], nil)
	case Fields:
		p.WriteString("{")
		for i, f := range t.Decl.(*Struct).Fields[p.v] {
			if i > 0 {
				p.WriteString(", ")
			}
			fmt.Fprintf(p, "%s: ", f.Name[p.v])
			p.print(x[f], f.Type[p.v].resolve(t.env()), x)
		}
		p.WriteString("}")
	}
}

func (p *printer) elements(list []Value, t *Type) {
	p.WriteString("[")
	for i, x := range list {
		if i > 0 {
			p.WriteString(", ")
		}
		p.print(x, t, nil)
	}
	p.WriteString("]")
}
