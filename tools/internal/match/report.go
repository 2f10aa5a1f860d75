package match

import (
	"fmt"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/xf"
)

// How the matcher says what is missing. The first line of several messages is
// what tools and people have been looking for since the first Kitsune.

// reached adds how the state leads to s.
func (s *site) reached(d *diag.Diagnostic) *diag.Diagnostic {
	if way := s.in.Way(); len(way) > 0 {
		d.Notef(diag.Pos{}, "the state leads to it through %s", strings.Join(way, ", "))
	}
	return d
}

// suggest adds a rule for s, whose code is what follows the colon.
func (s *site) suggest(d *diag.Diagnostic, why, code string) {
	if s.inCode {
		return
	}
	d.Suggest(s.advice(why), fmt.Sprintf("%s -> %s: { %s }", s.old, s.new, code))
}

// advice leads to a rule with code for s, where there may be one without.
func (s *site) advice(why string) string {
	if s.ruled {
		return why + ", give the rule code"
	}
	return why + ", add the rule"
}

// checkPrograms returns false after it has reported that the versions cannot be
// compared at all.
func (m *matcher) checkPrograms() bool {
	var target [2]string
	for i, p := range []*ktt.Program{m.Old, m.New} {
		version := [...]string{"old", "new"}[i]
		var err error
		if target[i], err = p.Target(); err != nil {
			m.diags.Errorf(diag.Pos{}, "the %s version: %v", version, err)
		}
		if d := p.Circular(); d != nil {
			m.diags.Errorf(typeAt(d), "%s of the %s version contains itself", d.Ref(), version)
		}
	}
	if target[0] != target[1] && target[0] != "" && target[1] != "" {
		m.diags.Errorf(diag.Pos{}, "the old version was compiled for %s, the new one for %s", target[0], target[1])
	}
	return len(m.diags) == 0
}

// missingRoot reports a variable that the program wants to be carried over, but
// that no unit defines.
func (m *matcher) missingRoot(key string) {
	d := m.diags.Errorf(diag.Pos{}, "No element %q in the new version code.", key).
		Notef(diag.Pos{}, "the program names it in a MIGRATE_ macro or a call of kitsune_get_xform")
	if k := ktt.ParseKey(key); k.IsLocal() {
		d.Notef(diag.Pos{}, "the locals of %s are known only if it is marked E_NOTELOCALS; its parameters never are", k.Func)
	}
	hint{d}.didYouMean(key, m.New.Vars())
}

// missingOldVar reports a variable that the old version does not have.
func (m *matcher) missingOldVar(s *site, v *ktt.Var) {
	d := m.diags.Errorf(s.pos, "No element %q in the old version code.", s.old)
	if s.ruled {
		hint{d}.didYouMean(s.old, m.Old.Vars())
		return
	}
	d.Notef(diag.Pos{}, "%s, of type %s, is new%s", s.new, v.Type, at(s.newAt))
	var gone []string
	for _, key := range m.Old.Vars() {
		probe := &site{old: key, new: s.new, probe: true}
		if m.New.Var(key) != nil {
			continue
		}
		if _, differ := m.compare(probe, m.Old.Var(key).Type, v.Type); differ == nil {
			gone = append(gone, key)
		}
	}
	if from := likeliest(s.new, gone); from != "" {
		d.Suggest("if it has been renamed, add the rule", from+" -> "+s.new)
	}
	d.Suggest("if it needs a value of its own, add the rule", initRule(m.New, s.new, v.Type))
}

// likeliest returns which of several keys or fields has become another one: the
// one that differs only in where it is, or has a similar name, or one that is
// part of the other.
func likeliest(name string, gone []string) string {
	keys := map[string]string{}
	var names []string
	for _, g := range gone {
		n := ktt.ParseKey(g).Name
		if keys[n] == "" {
			keys[n] = g
			names = append(names, n)
		}
	}
	want := ktt.ParseKey(name).Name
	if key := keys[want]; key != "" {
		return key
	}
	if near := diag.Nearest(want, names); near != "" {
		return keys[near]
	}
	const least = 4 // a shorter name is part of too many
	for _, n := range names {
		if min(len(n), len(want)) >= least && (strings.Contains(n, want) || strings.Contains(want, n)) {
			return keys[n]
		}
	}
	return ""
}

// initRule returns a rule that sets something of type t to zero.
func initRule(p *ktt.Program, path string, t *ktt.Type) string {
	code := "memset(&$out, 0, sizeof($out));"
	switch u := p.Underlying(t); {
	case u.Kind == ktt.Int, u.Kind == ktt.Float, u.Kind == ktt.Ref && u.Def == ktt.Enum:
		code = "$out = 0;"
	case u.Kind == ktt.Pointer:
		code = "$out = NULL;"
	}
	return fmt.Sprintf("INIT %s: { %s }", path, code)
}

func (m *matcher) typeChangeText(s *site) *diag.Diagnostic {
	return m.diags.Errorf(s.pos,
		"Unable to automatically support type change between:\n  %s\nand\n  %s", s.old, s.new)
}

// typeChange reports that something of type a cannot become something of type b.
func (m *matcher) typeChange(s *site, a, b *ktt.Type, why *difference) *diag.Diagnostic {
	d := m.typeChangeText(s).
		Notef(diag.Pos{}, "it was %s%s, it is %s%s", a, at(s.oldAt), b, at(s.newAt))
	switch inner := why.old != a || why.new != b; {
	case why.why != "" && inner:
		d.Notef(diag.Pos{}, "%s: %s and %s", why.why, why.old, why.new)
	case why.why != "":
		d.Notef(diag.Pos{}, "%s", why.why)
	case inner:
		d.Notef(diag.Pos{}, "%s and %s are different types", why.old, why.new)
	}
	s.reached(d)
	if why.old.Kind == ktt.Ref && why.new.Kind == ktt.Ref && why.old.Ref() != why.new.Ref() &&
		m.Old.Type(why.old.Ref()) != nil && m.Old.Type(why.old.Ref()).Kind == why.new.Def {
		d.Suggest(fmt.Sprintf("if %s is what has become of %s, add the rule", why.new.Ref(), why.old.Ref()),
			why.old.Ref().String()+" -> "+why.new.Ref().String())
	}
	if s.inCode {
		return d
	}
	if a.Kind == ktt.Array && b.Kind == ktt.Array && isConst(a.Len) && isConst(b.Len) && *a.Len != *b.Len && !s.prefix {
		probe := *s
		probe.prefix, probe.probe = true, true
		if _, differ := m.compare(&probe, a, b); differ == nil {
			d.Suggest(fmt.Sprintf("to keep the first %d elements, add the rule", min(a.Len.Const, b.Len.Const)),
				s.old+" -> "+s.new)
		}
	}
	if isNumber(m.Old, a) && isNumber(m.New, b) {
		s.suggest(d, "if the value can be converted", "$out = $in;")
	} else {
		s.suggest(d, "otherwise", "/* make $out of $in */")
	}
	return d
}

// at returns a place as part of a sentence.
func at(pos diag.Pos) string {
	if pos.File == "" {
		return ""
	}
	return " (" + pos.String() + ")"
}

func isNumber(p *ktt.Program, t *ktt.Type) bool {
	u := p.Underlying(t)
	return u.Kind == ktt.Int || u.Kind == ktt.Float || u.Kind == ktt.Ref && u.Def == ktt.Enum
}

// missingTypes reports, and returns true, if something leads to types that the
// versions do not define.
func (m *matcher) missingTypes(s *site, old, new ktt.TypeRef) bool {
	defined := func(p *ktt.Program, r ktt.TypeRef) bool { return p.Type(r) != nil && !p.Type(r).Incomplete }
	r, p, version := old, m.Old, "old"
	switch {
	case defined(m.Old, old) && defined(m.New, new):
		return false
	case defined(m.Old, old):
		r, p, version = new, m.New, "new"
	}
	d := m.diags.Errorf(s.pos, "No element %q in the %s version code.", r, version).
		Notef(diag.Pos{}, "%s leads to it", s.new)
	if p.Type(r) == nil {
		hint{d}.didYouMean(r.String(), typeNames(p))
	} else {
		d.Notef(diag.Pos{}, "it is declared, but no unit that was compiled with ktcc defines it")
	}
	s.reached(d)
	d.Notef(diag.Pos{}, "write E_OPAQUE after the * of a pointer that is to be copied and not followed")
	if s.in == nil || strings.Contains(s.new, ".") {
		s.suggest(d, "or, to decide in code", "/* make $out of $in */")
	}
	return true
}

func (m *matcher) kindChange(s *site, p *Pair) {
	d := m.typeChangeText(s).Notef(diag.Pos{}, "%s cannot become %s by itself", p.Old.Ref(), p.New.Ref())
	s.reached(d)
	s.suggest(d, "to make one of the other", "/* make $out of $in */")
}

func (m *matcher) genericsChange(s *site, p *Pair) {
	d := m.typeChangeText(s).Notef(diag.Pos{}, "the generic parameters were (%s)%s, they are (%s)%s",
		strings.Join(p.Old.Generics, ", "), at(typeAt(p.Old)),
		strings.Join(p.New.Generics, ", "), at(typeAt(p.New)))
	s.reached(d)
}

func (m *matcher) missingOldField(p *Pair, rule *xf.Label, name string) {
	d := m.diags.Errorf(rule.Pos, "No element %q in the old version code.", fieldPath(m.Old, p.Old, name))
	hint{d}.didYouMean(name, fieldNames(p.Old))
}

// addedField reports a field that the old version does not have. The fields in
// taken are the sources of others.
func (m *matcher) addedField(p *Pair, g *ktt.Field, taken map[string]bool) {
	s := m.fieldSite(p, &Field{Old: &ktt.Field{}, New: g})
	d := m.diags.Errorf(s.pos, "Unable to match added symbol %s", s.new).
		Notef(diag.Pos{}, "%s, of type %s, is new%s", g.Name, g.Type, at(s.newAt))
	s.reached(d)
	var gone []string
	s.probe = true
	for _, f := range p.Old.Fields {
		if f.Name == "" || taken[f.Name] {
			continue
		}
		if _, differ := m.compare(s, f.Type, g.Type); differ == nil {
			gone = append(gone, f.Name)
		}
	}
	from := likeliest(g.Name, gone)
	if from == "" && len(gone) == 1 {
		from = gone[0]
	}
	if from != "" {
		d.Suggest("if it has been renamed, add the rule", fieldPath(m.Old, p.Old, from)+" -> "+s.new)
	}
	if code := m.movedInto(s, p, g); code != "" {
		d.Suggest("if what is in it comes from the fields with these names, add the rule",
			fmt.Sprintf("INIT %s: {%s }", s.new, code))
		return
	}
	d.Suggest("if it needs a value of its own, add the rule", initRule(m.New, s.new, g.Type))
}

// movedInto returns code that fills an unnamed member with fields that were in
// the structure itself.
func (m *matcher) movedInto(s *site, p *Pair, g *ktt.Field) string {
	code := ""
	if inner := m.New.Type(g.Type.Ref()); g.Unnamed && inner != nil {
		for _, h := range inner.Fields {
			f, _ := m.Old.Field(p.Old, h.Name)
			if f == nil || h.Name == "" {
				continue
			}
			if _, differ := m.compare(s, f.Type, h.Type); differ == nil {
				code += fmt.Sprintf(" XF_ASSIGN($out.%s, $base.%s);", h.Name, h.Name)
			}
		}
	}
	return code
}

func (m *matcher) warnNarrowed(s *site, f *Field) {
	d := m.diags.Warnf(s.pos, "%s has %d bits instead of %d: greater values lose their upper bits",
		s.new, *f.New.Bits, *f.Old.Bits)
	s.suggest(d, "to decide what becomes of them", "$out = $in;")
}

// checkConflicts reports types that units of one program define differently.
func (m *matcher) checkConflicts(p *Pair) {
	for _, side := range []struct {
		p       *ktt.Program
		version string
		ref     ktt.TypeRef
	}{{m.Old, "old", p.Old.Ref()}, {m.New, "new", p.New.Ref()}} {
		c := side.p.Conflict(side.ref)
		if c == nil || m.reported[c] {
			continue
		}
		m.reported[c] = true
		d := m.diags.Errorf(typeAt(c.Second), "the %s version has two different types called %s",
			side.version, side.ref).
			Notef(typeAt(c.First), "one is defined here, for %s: %d bytes", c.FirstUnit.File, c.First.Size).
			Notef(typeAt(c.Second), "the other one here, for %s: %d bytes", c.SecondUnit.File, c.Second.Size).
			Notef(diag.Pos{}, "which of them is meant here is not known: give one of them another name")
		p.via.reachedBy(d)
	}
}

// reachedBy adds how the state leads to what s refers to.
func (s *site) reachedBy(d *diag.Diagnostic) {
	s.reached(d)
	d.Notef(diag.Pos{}, "%s leads to it", s.new)
}
