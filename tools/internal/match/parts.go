package match

// Parts are the types of values that can lie inside of an object of the heap
// that gets new storage: of its members, and of the elements behind the first
// one. A pointer to a value of such a type may have to be translated together
// with the object.
type Parts struct {
	r     *Result
	found map[string]string // as in traversal.places
}

// Contain reports whether values like v can be such parts.
func (p *Parts) Contain(v *Value) bool {
	return v.Op != Parameter && p.found[objectType(p.r.Old, v.Old)] != ""
}

// MovedParts returns the parts of what moves. What lies in static storage does
// not count: where its parts are is known without a search.
func (r *Result) MovedParts() *Parts {
	f := &partFinder{Result: r, seen: map[*Pair]bool{}}
	for _, v := range r.Vars {
		if v.Value != nil {
			f.contained(v.Value)
		}
	}
	for _, p := range r.Pairs {
		if p.Body != nil {
			f.contained(p.Body)
		}
		for _, field := range p.Fields {
			if field.Value != nil {
				f.contained(field.Value)
			}
		}
	}
	for _, v := range r.Xforms {
		f.behind(v, false)
	}
	parts := &Parts{r, map[string]string{}}
	contents(r.Old, parts.found, "in %s", f.objects)
	return parts
}

// A partFinder collects the members and the later elements of what moves.
type partFinder struct {
	*Result
	seen    map[*Pair]bool
	objects []object
}

// contained looks for pointers in a value.
func (f *partFinder) contained(v *Value) {
	switch v.Op {
	case Pointer:
		f.behind(v.Elem, false)
	case Elements, ToZero:
		f.behind(v.Elem, true)
	case Array:
		f.contained(v.Elem)
	}
	for _, a := range v.Args {
		f.behind(a, false)
	}
}

// behind looks at what a pointer leads to, or several in a row.
func (f *partFinder) behind(v *Value, several bool) {
	f.contained(v)
	if v.Op == Array {
		f.behind(v.Elem, true)
		return
	}
	if v.Op != ByPair || v.Need() != Deep {
		return
	}
	if several {
		f.objects = append(f.objects, object{v.Pair.Old.Name, v.Old})
	}
	if f.seen[v.Pair] {
		return
	}
	f.seen[v.Pair] = true
	if v.Pair.Body != nil {
		f.behind(v.Pair.Body, several)
	}
	for _, field := range v.Pair.Old.Fields {
		if field.Bits == nil {
			f.objects = append(f.objects, object{field.Name, field.Type})
		}
	}
}
