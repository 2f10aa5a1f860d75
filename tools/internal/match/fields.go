package match

import (
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/xf"
)

// Which field of the old version a field of the new one comes from.

// source returns the rule about a field of the new type, or nil, and the name of
// the old field that it comes from.
func (m *matcher) source(p *Pair, g *ktt.Field) (*xf.Label, string) {
	if r := m.forField(p, g.Name); r != nil {
		return r.Label, r.oldField
	}
	if g.Unnamed {
		if f := m.sameMembers(p, g); f != nil {
			return nil, f.Name
		}
	}
	return nil, g.Name
}

// sameMembers returns the unnamed member of the old type that has most of the
// fields of g, which is one of the new type: the number in its name is no name.
// It returns nil if none has any of them.
func (m *matcher) sameMembers(p *Pair, g *ktt.Field) *ktt.Field {
	var best *ktt.Field
	most := 0
	now := m.New.Type(g.Type.Ref())
	for _, f := range p.Old.Fields {
		if !f.Unnamed || f.Type.Def != g.Type.Def {
			continue
		}
		was := m.Old.Type(f.Type.Ref())
		if now == nil || was == nil {
			continue
		}
		shared := 0
		for _, h := range now.Fields {
			if h.Name != "" && findField(was, m.oldPath(was, now, h.Name)) != nil {
				shared++
			}
		}
		if shared > most {
			best, most = f, shared
		}
	}
	return best
}

// oldPath returns how a value of the old type leads to what path is in the new
// type, the names of fields with dots between them, or "" if nothing does.
func (m *matcher) oldPath(old, new *ktt.TypeDef, path string) string {
	name, rest, dotted := strings.Cut(path, ".")
	g, in := m.New.Field(new, name)
	if g == nil {
		a, _ := m.Old.Owner(old)
		if b, _ := m.New.Owner(new); b != new {
			return m.oldPath(a, b, path) // a field of the structure around
		}
		return path // what is no structure has no fields that could have other names
	}
	from := name
	// The type that the field is in may be that of an unnamed member, and so is
	// its counterpart.
	for _, d := range m.unnamedIn(old) {
		if r := m.forField(&Pair{Old: d, New: in}, name); r != nil && r.Old != nil {
			from = r.oldField
			break
		}
	}
	f, _ := m.Old.Field(old, from)
	switch {
	case f == nil:
		return ""
	case !dotted:
		return from
	}
	a, b := m.Old.Underlying(f.Type), m.New.Underlying(g.Type)
	if a.Kind != ktt.Ref || b.Kind != ktt.Ref || m.Old.Type(a.Ref()) == nil || m.New.Type(b.Ref()) == nil {
		return ""
	}
	if rest = m.oldPath(m.Old.Type(a.Ref()), m.New.Type(b.Ref()), rest); rest == "" {
		return ""
	}
	return from + "." + rest
}

// unnamedIn returns d and the types of its unnamed members, and of theirs.
func (m *matcher) unnamedIn(d *ktt.TypeDef) []*ktt.TypeDef {
	list := []*ktt.TypeDef{d}
	for i := 0; i < len(list); i++ {
		for _, f := range list[i].Fields {
			if inner := m.Old.Type(f.Type.Ref()); f.Unnamed && inner != nil && len(list) <= len(m.Old.Types) {
				list = append(list, inner)
			}
		}
	}
	return list
}
