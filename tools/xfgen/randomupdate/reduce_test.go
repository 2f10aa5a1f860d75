package randomupdate

import (
	"slices"
	"strings"
	"testing"
)

// TestReduce reduces worlds to one with a variable, of a type that has a field
// with another name.
func TestReduce(t *testing.T) {
	var list []*World
	for seed := range uint64(20) {
		list = append(list, Generate(seed, "w"))
	}
	update := func(list []*World) *failure {
		for _, line := range strings.Split(Rules(list), "\n") {
			if strings.HasPrefix(line, "struct ") && strings.Contains(line, ".") && !strings.Contains(line, ":") {
				return &failure{"test", line}
			}
		}
		return nil
	}
	list, f := reduce(list, update(list), update)
	if len(list) != 1 || len(list[0].Vars) != 1 {
		t.Fatalf("%d worlds are left", len(list))
	}
	if n := strings.Count(Rules(list), "\n"); n > 3 { // a comment, the rule, and one that names the type of a void *
		t.Errorf("left are the rules\n%s\nwhere %s is enough", Rules(list), f.text)
	}
}

// reduce leaves away what is not needed for an update of the worlds to fail at the
// stage at which it has failed.
func reduce(list []*World, f *failure, update func([]*World) *failure) ([]*World, *failure) {
	stage := f.stage
	fails := func(list []*World) bool {
		g := update(list)
		if g == nil || g.stage != stage {
			return false
		}
		f = g
		return true
	}
	for n := len(list); n > 1; {
		half := n / 2
		switch {
		case fails(list[:half]):
			list = list[:half]
		case fails(list[half:]):
			list = list[half:]
		default: // only together
			return list, f
		}
		n = len(list)
	}
	w := list[0]
	for again := true; again; {
		again = false
		for i := 0; ; i++ {
			cuts := cuts(w)
			if i >= len(cuts) {
				break
			}
			undo := cuts[i]()
			if fails(list) {
				again = true
				i--
			} else {
				undo()
			}
		}
	}
	return list, f
}

// A cut simplifies a world. It returns what undoes it.
type cut func() (undo func())

// assign is a cut that gives a variable another value.
func assign[T any](p *T, x T) cut {
	return func() func() {
		old := *p
		*p = x
		return func() { *p = old }
	}
}

// together is a cut of several.
func together(cuts ...cut) cut {
	return func() func() {
		var undo []func()
		for _, c := range cuts {
			undo = append(undo, c())
		}
		return func() {
			for _, u := range slices.Backward(undo) {
				u()
			}
		}
	}
}

// unrename gives what has another name its old one.
func unrename(n *Names) []cut {
	if n.both() && n[Old] != n[New] {
		return []cut{assign(&n[New], n[Old])}
	}
	return nil
}

func without[T comparable](list []T, x T) []T {
	return slices.DeleteFunc(slices.Clone(list), func(y T) bool { return x == y })
}

// cuts lists how a world can be made simpler, beginning with what removes most.
func cuts(w *World) []cut {
	r := w.reach()
	pointed := map[*Var]bool{}
	for _, ref := range r.refs {
		pointed[ref.To.Var] = true
	}
	var list []cut
	for _, x := range w.Vars {
		if !pointed[x] {
			list = append(list, assign(&w.Vars, without(w.Vars, x)))
		}
	}
	for _, ref := range r.refs {
		list = append(list, func() func() {
			ref.set(Ref{})
			return func() { ref.set(ref.Ref) }
		})
	}
	for _, d := range w.Decls {
		if !r.decls[d] {
			continue
		}
		switch d := d.(type) {
		case *Struct:
			list = append(append(list, unrename(&d.Name)...), cutsOfStruct(d)...)
		case *Union:
			list = append(list, unrename(&d.Name)...)
			if d.Added > 0 {
				members := d.Members[:len(d.Members)-d.Added]
				list = append(list, together(assign(&d.Members, members), assign(&d.Added, 0)))
			}
		case *Enum:
			list = append(list, unrename(&d.Name)...)
			for _, x := range d.Values {
				if !x.Name.in(Old) {
					list = append(list, assign(&d.Values, without(d.Values, x)))
				}
			}
			if d.moved() {
				var all []cut
				for _, x := range d.Values {
					all = append(all, assign(&x.Value[New], x.Value[Old]))
				}
				list = append(list, together(all...))
			}
		case *Typedef:
			list = append(list, unrename(&d.Name)...)
			if d.Conv != nil {
				list = append(list, together(assign(&d.Conv, nil), assign(&d.Type[New], d.Type[Old])))
			}
		}
	}
	for _, x := range w.Vars {
		list = append(list, unrename(&x.Name)...)
		list = append(list, unrename(&x.Func)...)
		if x.Linkage != [2]Linkage{} {
			list = append(list, assign(&x.Linkage, [2]Linkage{}))
		}
		if x.Explicit && x.Type[Old].Shape != Untyped {
			list = append(list, assign(&x.Explicit, false))
		}
		if x.Manual {
			list = append(list, assign(&x.Manual, false))
		}
		if x.Const {
			list = append(list, assign(&x.Const, false))
		}
		if x.Name.both() && x.Type[Old] != x.Type[New] {
			list = append(list, together(assign(&x.Conv, nil), assign(&x.Type[New], x.Type[Old])))
		}
	}
	for _, f := range w.Funcs {
		list = append(list, unrename(&f.Name)...)
		if f.Static != [2]bool{} {
			list = append(list, assign(&f.Static, [2]bool{}))
		}
	}
	return list
}

func cutsOfStruct(s *Struct) []cut {
	needed := map[*Field]bool{}
	var fields []*Field // of the old version first
	for _, f := range append(slices.Clone(s.Fields[Old]), s.Fields[New]...) {
		if !slices.Contains(fields, f) {
			fields = append(fields, f)
		}
		needed[f.Type[New].length()] = true
		needed[f.Type[Old].length()] = true
		if f.Init != nil {
			needed[f.Init.Base] = true
		}
	}
	var list []cut
	if s.Code {
		list = append(list, assign(&s.Code, false))
	}
	for _, f := range fields {
		left := [2][]*Field{without(s.Fields[Old], f), without(s.Fields[New], f)}
		if !needed[f] && len(left[Old]) > 0 && len(left[New]) > 0 {
			list = append(list, assign(&s.Fields, left))
		}
		list = append(list, unrename(&f.Name)...)
		if f.Explicit && f.Type[Old].Shape != Untyped {
			list = append(list, assign(&f.Explicit, false))
		}
		if f.Init != nil && f.Init.Base != nil {
			list = append(list, assign(&f.Init.Base, nil))
		}
		if f.Name.both() && f.Type[Old] != f.Type[New] {
			list = append(list, together(assign(&f.Conv, nil), assign(&f.Type[New], f.Type[Old])))
		}
		if f.Bits[Old] != 0 {
			list = append(list, assign(&f.Bits, [2]int{}))
		}
	}
	ordered := slices.DeleteFunc(fields, func(f *Field) bool { return !slices.Contains(s.Fields[New], f) })
	if !slices.Equal(ordered, s.Fields[New]) {
		list = append(list, assign(&s.Fields[New], ordered))
	}
	return list
}

// length is the field that a type needs, or nil.
func (t *Type) length() *Field {
	if t == nil {
		return nil
	}
	return t.Length
}
