package match

import (
	"fmt"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

// compareUnions compares the members of two unions. Where it is known which
// member is alive, each is a value like any other, and the bits of the union are
// copied only if none of them is.
func (m *matcher) compareUnions(p *Pair) {
	last := 0 // the new members from here on are all additions
	for i, g := range p.New.Fields {
		if findField(p.Old, g.Name) != nil || m.forField(p, g.Name) != nil {
			last = i + 1
		}
	}
	var coded []string
	for i, g := range p.New.Fields {
		f := &Field{New: g}
		var from string
		f.Rule, from = m.source(p, g)
		if f.Rule != nil && (f.Rule.Old == nil || f.Code() != nil && !p.Told) {
			m.codeInUnion(p, f)
			continue
		}
		f.Old = findField(p.Old, from)
		switch {
		case f.Old != nil && f.Code() != nil:
			if len(f.Old.Cases) == 0 {
				m.codeWithoutCase(p, f)
				continue
			}
			coded = append(coded, g.Name)
			m.compareCode(p, f)
			p.Fields = append(p.Fields, f)
		case f.Old != nil:
			m.compareMember(p, f)
		case f.Rule != nil:
			m.missingOldField(p, f.Rule, from)
		case i < last && !p.Told:
			m.addedMember(p, g)
		}
	}
	p.because("%s by a rule's code", coded)
	if p.Old.Size != p.New.Size || p.Old.Align != p.New.Align {
		p.own = Deep
		p.Why = append(p.Why, "its size is another one")
	}
}

// compareMember compares a member of a union that no code makes.
func (m *matcher) compareMember(p *Pair, f *Field) {
	s := m.fieldSite(p, f)
	told := p.Told && len(f.Old.Cases) > 0
	s.inCode = !told // a rule about the member would have no effect
	value, d := m.compare(s, f.Old.Type, f.New.Type)
	if d == nil {
		f.Value = value
		p.Fields = append(p.Fields, f)
		return
	}
	report := m.typeChange(s, f.Old.Type, f.New.Type, d)
	if !told {
		decideUnion(p, report)
	}
}

// checkUnion looks at the members of a union whose bits are copied.
func (m *matcher) checkUnion(p *Pair) {
	kept := p.Rule != nil && m.Old.NameInC(p.Old.Ref()) == m.New.NameInC(p.New.Ref()) // a rule says so
	for _, f := range p.Fields {
		s := m.fieldSite(p, f)
		switch {
		case f.Value == nil:
		case p.Transforms(f):
			if p.Need != None {
				checker{m, s}.value(f.Value)
			}
		case f.Value.Need() == Deep:
			d := m.typeChangeText(s).Notef(diag.Pos{}, "the type of the member has changed, and whether it is alive is not known")
			s.reached(d)
			decideUnion(p, d)
		case hasPointersToChange(f.Value) && !kept:
			d := m.diags.Warnf(s.pos, "%s: pointers in a union are copied as bits", s.new).
				Notef(diag.Pos{}, "what this one leads to may be at another address in the new version")
			s.reached(d)
			decideUnion(p, d)
			d.Suggest("or, if it is never alive at an update, accept it by the rule", p.Old.Ref().String()+" -> "+p.New.Ref().String())
		}
	}
}

// decideUnion says how it can be known which member is alive.
func decideUnion(p *Pair, d *diag.Diagnostic) {
	if p.Told {
		d.Notef(diag.Pos{}, "write E_CASE(VALUE, ...) after the name of the member: the values with which it is alive")
	} else {
		d.Notef(diag.Pos{}, "say which member is alive: E_UNION(self.FIELD) after the union where it is used, for the field "+
			"that tells, and E_CASE(VALUE, ...) after the name of the member")
	}
	d.Suggest("or decide in code, for the union or for the field that holds it",
		p.Old.Ref().String()+" -> "+p.New.Ref().String()+": { XF_ASSIGN($out, $in); }")
}

// hasPointersToChange reports whether pointers in v lead to functions or to
// what is transformed.
func hasPointersToChange(v *Value) bool {
	switch v.Op {
	case FuncPtr, Parameter:
		return true
	case Pointer, Elements, ToZero:
		return v.Elem.Need() != None
	case Array:
		return hasPointersToChange(v.Elem)
	case ByPair:
		if v.Pair.Body != nil {
			return hasPointersToChange(v.Pair.Body)
		}
		for _, f := range v.Pair.Fields {
			if f.Value != nil && v.Pair.Need != None && hasPointersToChange(f.Value) {
				return true
			}
		}
	}
	return false
}

func (m *matcher) addedMember(p *Pair, g *ktt.Field) {
	s := m.fieldSite(p, &Field{Old: &ktt.Field{}, New: g})
	d := m.diags.Errorf(s.pos, "Unable to match added symbol %s", s.new).
		Notef(diag.Pos{}, "%s, of type %s, is new%s; where it is not known which member is alive, new members are possible "+
			"at the end of a union", g.Name, g.Type, at(typeAt(p.New)))
	s.reached(d)
	d.Suggest("if the bits of the old value fit, add the rule",
		fmt.Sprintf("%s -> %s: { XF_ASSIGN($out, $in); }", p.Old.Ref(), p.New.Ref()))
}

func (m *matcher) codeInUnion(p *Pair, f *Field) {
	if f.Rule.Old == nil {
		d := m.diags.Errorf(f.Rule.Pos, "%s: a member of a union cannot have a value of its own: it takes the place of the others", f.Rule.New)
		d.Suggest("decide for the union as a whole, or for the field that holds it",
			fmt.Sprintf("%s -> %s: { XF_ASSIGN($out, $in); }", p.Old.Ref(), p.New.Ref()))
		return
	}
	decideUnion(p, m.diags.Errorf(f.Rule.Pos, "%s: a member of a union cannot have code, as only one member is alive", f.Rule.New))
}

func (m *matcher) codeWithoutCase(p *Pair, f *Field) {
	decideUnion(p, m.diags.Errorf(f.Rule.Pos, "%s: the code would never run: the old version does not say when the member is alive",
		f.Rule.New))
}
