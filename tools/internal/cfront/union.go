package cfront

import "github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"

// Which member of a union is alive: E_UNION where the union is used, E_CASE at
// its members.

// tagOf applies E_UNION to t.
func (p *parser) tagOf(t *Type, a *attribute) {
	u := t.Resolve()
	if u.Kind != Named || u.Def == nil || u.Def.Kind != ktt.Union {
		p.errorf(a.off, "E_UNION belongs to a union: write it after the union's name or its closing brace")
		return
	}
	path := p.selfPath(lex([]byte(a.args)), a)
	if path == "" {
		p.errorf(a.off, "E_UNION: unsupported argument %q: write self.FIELD, the field that tells which member is alive", a.args)
		return
	}
	if u.Def.Complete && !u.Def.hasCases() {
		p.warnf(a.off, "E_UNION has no effect: no member of the union says by E_CASE when it is alive")
	}
	t.Teller = path
}

func (d *Def) hasCases() bool {
	for _, f := range d.Fields {
		if len(f.Cases) > 0 {
			return true
		}
	}
	return false
}

// cases takes E_CASE out of what is said about the members of d, and returns its
// values.
func (p *parser) cases(d *Def, n *notes) []*Count {
	var values []*Count
	var others []*attribute
	for _, a := range n.declaration {
		switch {
		case a.name != "e_case":
			others = append(others, a)
		case d.Kind != ktt.Union:
			p.errorf(a.off, "E_CASE belongs to a member of a union")
		default:
			values = append(values, p.caseValues(a)...)
		}
	}
	n.declaration = others
	return values
}

// caseValues reads the arguments of E_CASE.
func (p *parser) caseValues(a *attribute) []*Count {
	var values []*Count
	l := lex([]byte(a.args))
	from, depth := 0, 0
	for i := 0; i <= len(l.toks); i++ {
		switch end := i == len(l.toks); {
		case !end && l.ch(i) == '(':
			depth++
		case !end && l.ch(i) == ')':
			depth--
		case end, l.ch(i) == ',' && depth == 0:
			text := ""
			if from < i {
				text = a.args[l.toks[from].off:l.toks[i-1].end]
			}
			if !p.isConstant(lex([]byte(text))) {
				p.errorf(a.off, "E_CASE: %q is not a constant: write the values of the field that E_UNION names", text)
				return nil
			}
			values = append(values, &Count{Expr: text, Off: a.off})
			from = i + 1
		}
	}
	return values
}
