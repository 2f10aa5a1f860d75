package review

import (
	"cmp"
	"slices"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/match"
)

// types returns the types that the update has to do with, and all others that
// are not in both versions what they were.
func (c *comparison) types() []*Type {
	types := []*Type{}
	old, new := map[*ktt.TypeDef]bool{}, map[*ktt.TypeDef]bool{}
	for _, p := range c.Pairs {
		old[p.Old], new[p.New] = true, true
		if p.Code() == nil && onlyName(c.Old, p.Old) && onlyName(c.New, p.New) {
			continue
		}
		t := c.describe(p.Old, p.New, p)
		t.Reached, t.Rule, t.How = true, ruleOf(p.Rule), c.howOf(p, t)
		t.Why = p.Why
		types = append(types, t)
	}
	for _, d := range c.New.Types {
		if new[d] || onlyName(c.New, d) {
			continue
		}
		before := c.Old.Type(d.Ref())
		if old[before] {
			before = nil // it has become another type
		}
		old[before] = true
		if t := c.describe(before, d, nil); t.Change != Kept {
			types = append(types, t)
		}
	}
	for _, d := range c.Old.Types {
		if !old[d] && !onlyName(c.Old, d) {
			types = append(types, c.describe(d, nil, nil))
		}
	}
	slices.SortStableFunc(types, func(a, b *Type) int {
		return cmp.Or(cmp.Compare(a.Name(), b.Name()), cmp.Compare(a.Old.name(), b.Old.name()))
	})
	return types
}

// onlyName reports whether d is a typedef that is the name of a type without
// another one, which the report calls by it.
func onlyName(p *ktt.Program, d *ktt.TypeDef) bool {
	if d.Kind != ktt.Typedef || d.Type.Kind != ktt.Ref {
		return false
	}
	of := p.Type(d.Type.Ref())
	return of != nil && p.KnownAs(of) == d.Ref()
}

// Name returns the name of t in the newest version that has it.
func (t *Type) Name() string { return cmp.Or(t.New.name(), t.Old.name()) }

func (s *TypeSide) name() string {
	if s == nil {
		return ""
	}
	return s.Name
}

// howOf says how values of a pair's new type are made, given its description.
func (c *comparison) howOf(p *match.Pair, t *Type) How {
	switch {
	case p.Code() != nil:
		return ByCode
	case p.Old.Kind != p.New.Kind,
		p.New.Kind == ktt.Typedef && p.Body == nil,
		slices.ContainsFunc(t.Members, func(m *Member) bool { return m.How == Missing }),
		// An enumeration is taken over without a rule if all names kept their values.
		p.Rule == nil && slices.ContainsFunc(t.Values, func(v *Value) bool { return v.Old != nil && v.Change != Kept }):
		return Missing
	}
	return c.need(p)
}

// describe compares two definitions, of which one may be nil. The pair, or nil,
// says what becomes of the fields.
func (c *comparison) describe(old, new *ktt.TypeDef, p *match.Pair) *Type {
	t := &Type{Old: typeSide(c.Old, old), New: typeSide(c.New, new)}
	if t.Kind = cmp.Or(new, old).Kind; t.Kind == ktt.Enum {
		t.Values = enumerators(old, new)
	} else {
		t.Members = c.members(old, new, p)
	}
	switch {
	case old == nil:
		t.Change = Added
	case new == nil:
		t.Change = Removed
	case !t.Old.equal(t.New), t.Kind != ktt.Typedef && (t.Old.Size != t.New.Size || t.Old.Align != t.New.Align),
		slices.ContainsFunc(t.Members, func(m *Member) bool { return m.Change != Kept && m.Change != Padding }),
		slices.ContainsFunc(t.Values, func(v *Value) bool { return v.Change != Kept }):
		t.Change = Changed
	case t.Old.Name != t.New.Name:
		t.Change = Renamed
	default:
		t.Change = Kept
	}
	return t
}

func typeSide(p *ktt.Program, d *ktt.TypeDef) *TypeSide {
	if d == nil {
		return nil
	}
	s := &TypeSide{
		Name: p.KnownAs(d).String(), File: d.File, Size: d.Size, Align: d.Align,
		Incomplete: d.Incomplete, Type: d.Int, Generics: d.Generics,
	}
	if d.Type != nil {
		s.Type = d.Type.String()
	}
	return s
}

// equal reports whether two types are the same as far as neither name, size nor
// members tell. The size of a typedef is that of another type.
func (s *TypeSide) equal(b *TypeSide) bool {
	return s.Type == b.Type && s.Incomplete == b.Incomplete && slices.Equal(s.Generics, b.Generics)
}

func enumerators(old, new *ktt.TypeDef) []*Value {
	var before, after []*ktt.Enumerator
	if old != nil {
		before = old.Values
	}
	if new != nil {
		after = new.Values
	}
	return merge(before, after,
		func(a, b *ktt.Enumerator) bool { return a.Name == b.Name },
		func(a, b *ktt.Enumerator) *Value {
			v := &Value{Name: cmp.Or(b, a).Name}
			switch {
			case a == nil:
				v.Change, v.New = Added, &b.Value
			case b == nil:
				v.Change, v.Old = Removed, &a.Value
			default:
				v.Change, v.Old, v.New = Kept, &a.Value, &b.Value
				if a.Value != b.Value {
					v.Change = Changed
				}
			}
			return v
		})
}

// members compares the layouts of two structures or unions. The pair, or nil,
// says which fields belong together; of others the names do.
func (c *comparison) members(old, new *ktt.TypeDef, p *match.Pair) []*Member {
	became, was := map[*ktt.Field]*ktt.Field{}, map[*ktt.Field]*ktt.Field{}
	if p != nil {
		for _, f := range p.Fields {
			if f.Old != nil {
				became[f.Old], was[f.New] = f.New, f.Old
			}
		}
	}
	sameField := func(a, b *ktt.Field) bool {
		if a == nil || b == nil {
			return a == b
		}
		if became[a] != nil || was[b] != nil {
			return became[a] == b
		}
		return a.Name == b.Name
	}
	same := func(a, b *place) bool {
		if a.field == nil && b.field == nil {
			return sameField(a.after, b.after) // padding is the same if it follows the same
		}
		return sameField(a.field, b.field)
	}
	return merge(layout(old), layout(new), same, func(a, b *place) *Member {
		m := &Member{Change: placeChange(a, b), Old: a.shown(), New: b.shown()}
		if p != nil && p.Code() == nil && b != nil && b.field != nil && b.field.Name != "" {
			m.How, m.Rule = c.fieldMade(p, b.field)
		}
		return m
	})
}

// fieldMade says how the value of a field of p's new type is made.
func (c *comparison) fieldMade(p *match.Pair, field *ktt.Field) (How, *Rule) {
	at := slices.Index(p.New.Fields, field)
	last := true
	for _, f := range p.Fields {
		if f.New == field {
			return c.howMade(f.Old != nil, f.Rule, f.Value), ruleOf(f.Rule)
		}
		last = last && slices.Index(p.New.Fields, f.New) < at
	}
	if p.New.Kind == ktt.Union && last {
		return NotCarried, nil // a new member at the end needs no value
	}
	return Missing, nil
}

func placeChange(a, b *place) Change {
	switch {
	case a == nil && b.field == nil, b == nil && a.field == nil:
		return Padding
	case a == nil:
		return Added
	case b == nil:
		return Removed
	case a.field == nil:
		return Padding
	case a.Type != b.Type || a.Size != b.Size && a.Bits == nil || !equal(a.Bits, b.Bits):
		return Changed
	case a.Offset != b.Offset:
		return Moved
	case a.Name != b.Name:
		return Renamed
	}
	return Kept
}

func equal(a, b *int) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

// A place is a piece of a layout: a field, or padding, whose field is nil.
type place struct {
	Place
	field *ktt.Field
	after *ktt.Field // the field before padding, or nil
}

func (p *place) shown() *Place {
	if p == nil {
		return nil
	}
	return &p.Place
}

// layout returns the pieces of d, a structure or union or nil, in order. Its
// bit-fields lie between the fields around them: nothing else is known.
func layout(d *ktt.TypeDef) []*place {
	if d == nil {
		return nil
	}
	var places []*place
	var last *ktt.Field
	end := int64(0)
	padTo := func(offset int64) {
		if offset > end && d.Kind == ktt.Struct {
			places = append(places, &place{Place: Place{Offset: end, Size: offset - end}, after: last})
		}
	}
	for i := 0; i < len(d.Fields); i++ {
		f := d.Fields[i]
		if f.Bits == nil {
			padTo(f.Offset)
			places = append(places, &place{Place: Place{
				Name: f.Name, Type: f.Type.String(), Offset: f.Offset, Size: f.Size,
			}, field: f})
			last, end = f, f.Offset+f.Size
			continue
		}
		next := i + 1
		for d.Kind == ktt.Struct && next < len(d.Fields) && d.Fields[next].Bits != nil {
			next++
		}
		start, to := end, d.Size
		if d.Kind == ktt.Union {
			start = 0
		} else if next < len(d.Fields) {
			to = d.Fields[next].Offset
		}
		for _, g := range d.Fields[i:next] {
			places = append(places, &place{Place: Place{
				Name: g.Name, Type: g.Type.String(), Offset: start, Size: to - start, Bits: g.Bits,
			}, field: g})
			last = g
		}
		i, end = next-1, to
	}
	padTo(d.Size)
	return places
}

// merge makes one list of two: an element for each of b in its order, together
// with the one of a that is the same, and after it those of a that are gone
// from behind there.
func merge[T, M any](a, b []*T, same func(a, b *T) bool, both func(a, b *T) M) []M {
	partner := map[*T]*T{} // of a, by those of b
	taken := map[*T]bool{}
	for _, y := range b {
		for _, x := range a {
			if !taken[x] && same(x, y) {
				partner[y], taken[x] = x, true
				break
			}
		}
	}
	var merged []M
	// gone adds those that follow the first n of a, up to one that is still there.
	gone := func(n int) {
		for ; n < len(a) && !taken[a[n]]; n++ {
			merged = append(merged, both(a[n], nil))
		}
	}
	gone(0)
	for _, y := range b {
		x := partner[y]
		merged = append(merged, both(x, y))
		if x != nil {
			gone(slices.Index(a, x) + 1)
		}
	}
	return merged
}
