package randomupdate

// A reach is what the variables of a world lead to. Only that is written into
// the programs.
type reach struct {
	decls   map[Decl]bool
	funcs   map[*Func]bool
	objects []*Object // of the heap
	strings []*String // of the heap
	seen    map[any]bool
	refs    []slot // the pointers that are not NULL
}

// A slot is where a pointer is.
type slot struct {
	Ref
	set func(Value)
}

func (w *World) reach() *reach {
	r := &reach{decls: map[Decl]bool{}, funcs: map[*Func]bool{}, seen: map[any]bool{}}
	for _, x := range w.Vars {
		for _, t := range x.Type {
			r.addType(t)
		}
		r.addObject(x.Object)
	}
	return r
}

func (r *reach) addType(t *Type) {
	if t == nil {
		return
	}
	r.addType(t.Elem)
	for _, a := range t.Args {
		r.addType(a)
	}
	if t.Decl == nil || r.decls[t.Decl] {
		return
	}
	r.decls[t.Decl] = true
	switch d := t.Decl.(type) {
	case *Struct:
		for v := range d.Fields {
			for _, f := range d.Fields[v] {
				r.addType(f.Type[v])
			}
		}
	case *Union:
		for _, m := range d.Members {
			r.addType(m)
		}
	case *Typedef:
		r.addType(d.Type[Old])
		r.addType(d.Type[New])
	}
}

func (r *reach) addObject(o *Object) {
	if o == nil || r.seen[o] {
		return
	}
	r.seen[o] = true
	if o.Var == nil {
		r.addType(o.Elem)
		r.objects = append(r.objects, o)
	}
	for i, x := range o.Elems {
		r.addValue(x, o.Elem, func(x Value) { o.Elems[i] = x })
	}
}

// addValue follows a value of the old version.
func (r *reach) addValue(x Value, t *Type, set func(Value)) {
	t = t.under(Old)
	switch x := x.(type) {
	case *Func:
		if x != nil {
			r.funcs[x] = true
		}
	case *String:
		if x != nil && x.inHeap() && !r.seen[x] {
			r.seen[x] = true
			r.strings = append(r.strings, x)
		}
	case Ref:
		if x.To != nil {
			r.refs = append(r.refs, slot{x, set})
			r.addObject(x.To)
		}
	case []Value:
		for i, elem := range x {
			r.addValue(elem, t.Elem, func(y Value) { x[i] = y })
		}
	case Member:
		r.addValue(x.Value, t.Decl.(*Union).Members[x.Index], func(y Value) { set(Member{x.Index, y}) })
	case Fields:
		for _, f := range t.Decl.(*Struct).Fields[Old] {
			r.addValue(x[f], f.Type[Old].resolve(t.env()), func(y Value) { x[f] = y })
		}
	}
}
