package match

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

// comparePair compares the definitions of two types.
func (m *matcher) comparePair(p *Pair) {
	m.checkConflicts(p)
	s := m.pairSite(p)
	switch {
	case p.Code() != nil:
		p.own = Deep
		m.code(codeContext{path: s.new, hasOld: true, generics: p.New.Generics}, p.Code())
	case p.Old.Kind != p.New.Kind:
		m.kindChange(s, p)
	case !sameSet(p.Old.Generics, p.New.Generics):
		m.genericsChange(s, p)
	case p.New.Kind == ktt.Struct:
		m.compareStructs(p)
	case p.New.Kind == ktt.Union:
		m.compareUnions(p)
	case p.New.Kind == ktt.Enum:
		m.compareEnums(s, p)
	case p.New.Kind == ktt.Typedef:
		value, d := m.compare(s, p.Old.Type, p.New.Type)
		if d != nil {
			m.typeChange(s, p.Old.Type, p.New.Type, d)
			return
		}
		p.Body = value
	}
}

// because adds a reason for p's need that is about some fields, if there are
// any.
func (p *Pair) because(format string, fields []string) {
	if len(fields) > 0 {
		p.Why = append(p.Why, fmt.Sprintf(format, strings.Join(fields, ", ")))
	}
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func (m *matcher) compareStructs(p *Pair) {
	m.pairFields(p)
	kept := map[*ktt.Field]bool{}
	var computed, coded, gone []string
	for _, f := range p.Fields {
		kept[f.Old] = true
		if f.Code() != nil {
			if f.Old == nil {
				computed = append(computed, f.New.Name)
			} else {
				coded = append(coded, f.New.Name)
			}
			m.compareCode(p, f)
			continue
		}
		s := m.fieldSite(p, f)
		value, d := m.compare(s, f.Old.Type, f.New.Type)
		if d != nil {
			m.typeChange(s, f.Old.Type, f.New.Type, d)
			p.failed = true
			continue
		}
		f.Value = value
		if f.Old.Bits != nil && f.New.Bits != nil && *f.New.Bits < *f.Old.Bits {
			m.warnNarrowed(s, f)
		}
	}
	if p.failed {
		return
	}
	for _, f := range p.Old.Fields {
		if f.Name != "" && !kept[f] {
			p.own = Deep
			gone = append(gone, f.Name)
		}
	}
	p.because("%s computed", computed)
	p.because("%s by a rule's code", coded)
	p.because("%s gone", gone)
	m.compareLayouts(p)
}

// compareCode sees to a field that code makes.
func (m *matcher) compareCode(p *Pair, f *Field) {
	m.code(codeContext{
		path:   fieldPath(m.New, p.New, f.New.Name),
		hasOld: f.Old != nil, hasBase: true,
		generics: p.New.Generics,
	}, f.Code())
	p.own = max(p.own, Shallow)
	if f.Old == nil {
		p.own = Deep
		return
	}
	s := m.fieldSite(p, f)
	s.probe = true
	if _, d := m.compare(s, f.Old.Type, f.New.Type); d != nil {
		p.own = Deep
	}
}

// pairFields finds for every field of the new type where its value comes from,
// and reports those that come from nowhere.
func (m *matcher) pairFields(p *Pair) {
	var missing []*ktt.Field
	taken := map[string]bool{}
	for _, g := range p.New.Fields {
		if g.Name == "" {
			continue // padding
		}
		f := &Field{New: g}
		var from string
		f.Rule, from = m.source(p, g)
		if f.Rule == nil || f.Rule.Old != nil {
			if f.Old = findField(p.Old, from); f.Old == nil {
				p.failed = true
				if f.Rule != nil {
					m.missingOldField(p, f.Rule, from)
				} else {
					missing = append(missing, g)
				}
				continue
			}
			taken[from] = true
		}
		p.Fields = append(p.Fields, f)
	}
	for _, g := range missing {
		m.addedField(p, g, taken)
	}
}

// pairSite returns the site of what two types stand for.
func (m *matcher) pairSite(p *Pair) *site {
	s := &site{
		old: p.Old.Ref().String(), new: p.New.Ref().String(), oldAt: typeAt(p.Old), newAt: typeAt(p.New),
		in: p, told: p.Told && p.New.Kind == ktt.Typedef, oldPath: func(path string) string { return m.oldPath(p.Old, p.New, path) },
	}
	s.ruledBy(p.Rule)
	s.prefix = false // such a rule is not about arrays
	return s
}

func (m *matcher) fieldSite(p *Pair, f *Field) *site {
	s := m.pairSite(p)
	s.old, s.new = fieldPath(m.Old, p.Old, f.Old.Name), fieldPath(m.New, p.New, f.New.Name)
	s.oldAt, s.newAt = fieldAt(p.Old, f.Old), fieldAt(p.New, f.New)
	s.ruledBy(f.Rule)
	return s
}

// fieldPath returns how a rule names a field.
func fieldPath(p *ktt.Program, d *ktt.TypeDef, field string) string {
	owner, _ := p.Owner(d)
	return p.KnownAs(owner).String() + "." + field
}

// compareLayouts finds out whether a structure whose fields are equal lies in
// memory as before.
func (m *matcher) compareLayouts(p *Pair) {
	if p.own == Deep {
		return
	}
	from := map[*ktt.Field]*ktt.Field{}
	for _, f := range p.Fields {
		from[f.New] = f.Old
	}
	sameField := func(a, b *ktt.Field) bool { return b.Name == "" && a.Name == "" || from[b] == a }
	samePlace := func(a, b *ktt.Field) bool {
		return a.Offset == b.Offset && a.Size == b.Size && sameBits(a.Bits, b.Bits)
	}
	switch {
	case !slices.EqualFunc(p.Old.Fields, p.New.Fields, sameField):
		p.own = Deep
		p.Why = append(p.Why, "its fields are in another order")
	case !slices.EqualFunc(p.Old.Fields, p.New.Fields, samePlace), p.Old.Size != p.New.Size, p.Old.Align != p.New.Align:
		p.own = Deep
		p.Why = append(p.Why, "its layout is another one")
	}
}

func sameBits(a, b *int) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }
