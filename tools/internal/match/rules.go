package match

import (
	"slices"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/xf"
)

// A ruleSet finds the rules about an element of the new version.
type ruleSet struct {
	all    []*rule
	vars   map[string][]*rule
	types  map[typePair][]*rule
	fields map[fieldName][]*rule
}

type typePair struct{ old, new ktt.TypeRef }

type fieldName struct {
	typ   ktt.TypeRef
	field string
}

// A rule is a label whose names have been looked up in both versions.
type rule struct {
	*xf.Label
	file *xf.File
	used bool

	// Of a rule about a variable or function: keys. Old is empty for INIT.
	oldKey, newKey string

	// Of a rule about a type or a field; oldType is empty for INIT.
	oldType, newType   ktt.TypeRef
	oldField, newField string
}

// indexRules looks up what the rules of f are about.
func (m *matcher) indexRules(f *xf.File) *ruleSet {
	s := &ruleSet{
		vars:   map[string][]*rule{},
		types:  map[typePair][]*rule{},
		fields: map[fieldName][]*rule{},
	}
	if f == nil {
		return s
	}
	for _, file := range f.Files() {
		for _, group := range file.Rules {
			for _, l := range group.Labels {
				m.index(s, &rule{Label: l, file: file})
			}
		}
	}
	return s
}

// index adds r to s.
func (m *matcher) index(s *ruleSet, r *rule) {
	s.all = append(s.all, r)
	if key := r.New.Key(); key != "" {
		r.newKey = resolveKey(m.New, key)
		if r.Old != nil {
			if r.Old.Key() == "" {
				r.used = true // A variable made of a type matches nothing.
				return
			}
			r.oldKey = resolveKey(m.Old, r.Old.Key())
			if m.included(r) && !known(m.Old, r.oldKey) {
				return
			}
		}
		s.vars[r.newKey] = append(s.vars[r.newKey], r)
		return
	}
	var ok bool
	if r.newType, r.newField, ok = resolvePath(m.New, r.New); !ok {
		r.used = true
		return
	}
	if r.Old != nil {
		r.oldType, r.oldField, ok = resolvePath(m.Old, r.Old)
		// Old programs have rules that make a field of a type. They
		// match nothing, and nobody minds.
		if !ok || (r.oldField == "") != (r.newField == "") {
			r.used = true
			return
		}
		if d := m.Old.Type(r.oldType); m.included(r) && r.oldField != "" && d != nil && findField(d, r.oldField) == nil {
			return
		}
	}
	if r.newField != "" {
		n := fieldName{r.newType, r.newField}
		s.fields[n] = append(s.fields[n], r)
	} else {
		p := typePair{r.oldType, r.newType}
		s.types[p] = append(s.types[p], r)
	}
}

// included reports whether r is shared between updates. Such a rule is about
// what the old version has, and says nothing about an update from a version
// that does not have it.
func (m *matcher) included(r *rule) bool { return r.file != m.Rules }

func known(p *ktt.Program, key string) bool { return p.Var(key) != nil || p.HasFunc(key) }

// forVar returns the rule about the variable with the key, or nil.
func (m *matcher) forVar(key string) *rule { return m.only(m.rules.vars[key]) }

// forTypes returns the rule that makes one type of another, or nil.
func (m *matcher) forTypes(old, new ktt.TypeRef) *rule {
	rules := m.rules.types[typePair{old, new}]
	if len(rules) == 0 {
		rules = m.rules.types[typePair{m.Old.NameInC(old), m.New.NameInC(new)}]
	}
	return m.only(rules)
}

// forField returns the rule about a field of a pair of types, or nil.
func (m *matcher) forField(p *Pair, field string) *rule {
	var match []*rule
	rules := m.rules.fields[fieldName{p.New.Ref(), field}]
	if len(rules) == 0 {
		rules = m.rules.fields[fieldName{m.New.NameInC(p.New.Ref()), field}]
	}
	for _, r := range rules {
		if r.Old == nil || r.oldType == p.Old.Ref() || r.oldType == m.Old.NameInC(p.Old.Ref()) {
			match = append(match, r)
		}
	}
	return m.only(match)
}

// only returns the rule in a list of at most one, besides those that it
// overrides. There is no order among the rules of a file: if there are several
// it reports them, once.
func (m *matcher) only(rules []*rule) *rule {
	rules = effective(rules)
	if len(rules) == 0 {
		return nil
	}
	if len(rules) > 1 && !rules[1].used {
		d := m.diags.Errorf(rules[1].Pos, "Ambiguous transformation rules for %q:", rules[0].New)
		for _, r := range rules {
			d.Notef(r.Pos, "%s", r.Label)
		}
	}
	for _, r := range rules {
		r.used = true
	}
	return rules[0]
}

// effective returns those of several rules about one thing that no other one
// overrides.
func effective(rules []*rule) []*rule {
	return slices.DeleteFunc(slices.Clone(rules), func(r *rule) bool {
		return slices.ContainsFunc(rules, func(other *rule) bool { return other.file.Overrides(r.file) })
	})
}

// resolveKey returns the key of p that a label means: the key as written, or
// else the only one whose file ends in the file that is written. It returns
// the key as written if there is none.
func resolveKey(p *ktt.Program, key string) string {
	if known(p, key) {
		return key
	}
	want := ktt.ParseKey(key)
	if want.File == "" {
		return key
	}
	found := ""
	for _, keys := range [][]string{p.Vars(), p.Funcs()} {
		for _, k := range keys {
			have := ktt.ParseKey(k)
			tail, ok := strings.CutSuffix(have.File, want.File)
			if !ok || !strings.HasSuffix(tail, "/") {
				continue
			}
			if have.File = want.File; have != want {
				continue
			}
			if found != "" {
				return key
			}
			found = k
		}
	}
	if found == "" {
		return key
	}
	return found
}

// resolvePath returns the type of p that a label means, and the field. It
// returns false for a path that can match nothing.
func resolvePath(p *ktt.Program, path *xf.Path) (ktt.TypeRef, string, bool) {
	e, field, ok := path.Type()
	if !ok {
		return ktt.TypeRef{}, "", false
	}
	r := ktt.TypeRef{Kind: ktt.DefKind(e.Kind), Name: e.Name}
	d := p.Type(r)
	switch {
	case d == nil && isAnonymous(r.Name):
		r = resolveAnonymous(p, r)
	case d != nil && d.Kind == ktt.Typedef && field != "":
		// The fields of a typedef are those of the structure behind it, which
		// may have no other name.
		if t := p.Underlying(d.Type); t.Kind == ktt.Ref {
			r = t.Ref()
		}
	}
	if d = p.Type(r); d != nil && field != "" {
		// So are those of a member without a name those of the structure around.
		if _, in := p.Field(d, field); in != nil {
			r = in.Ref()
		}
	}
	return r, field, true
}

func isAnonymous(name string) bool { return strings.HasPrefix(name, "__anon") }

// resolveAnonymous finds the type that __anonKIND_HINT_NUMBER means, a name
// that other tools give: the only anonymous type of the kind whose path ends in
// the hint. It returns r if there is none.
func resolveAnonymous(p *ktt.Program, r ktt.TypeRef) ktt.TypeRef {
	hint, ok := strings.CutPrefix(r.Name, "__anon"+string(r.Kind)+"_")
	if i := strings.LastIndexByte(hint, '_'); ok && i > 0 && strings.Trim(hint[i+1:], "0123456789") == "" {
		hint = hint[:i]
	} else {
		return r
	}
	found := r
	for _, d := range p.Types {
		if d.Anonymous && d.Kind == r.Kind && strings.HasSuffix(d.Name, "_"+hint) {
			if found != r {
				return r
			}
			found = d.Ref()
		}
	}
	return found
}

// rename collects the renamings of variables and functions.
func (m *matcher) rename() {
	for _, r := range m.rules.all {
		if r.oldKey != "" && r.oldKey != r.newKey && slices.Contains(effective(m.rules.vars[r.newKey]), r) {
			m.Renames = append(m.Renames, Rename{r.oldKey, r.newKey})
		}
	}
}

// warnUnused reports rules that have no effect.
func (m *matcher) warnUnused() {
	for _, r := range m.rules.all {
		switch {
		case r.used, m.included(r):
		case r.newKey != "":
			m.warnUnusedVar(r)
		case isAnonymous(r.newType.Name) || isAnonymous(r.oldType.Name):
		default:
			m.warnUnusedType(r)
		}
	}
}

func (m *matcher) warnUnusedVar(r *rule) {
	switch {
	case r.Old != nil && !known(m.Old, r.oldKey):
		m.unused(r, "the old version has no variable, and no function that pointers can lead to, called %s",
			r.oldKey).didYouMean(r.oldKey, m.Old.Vars(), m.Old.Funcs())
	case !known(m.New, r.newKey):
		m.unused(r, "the new version has no variable, and no function that pointers can lead to, called %s",
			r.newKey).didYouMean(r.newKey, m.New.Vars(), m.New.Funcs())
	case r.Code != nil:
		m.unused(r, "nothing carries %s over: neither kitsune_do_automigrate nor a MIGRATE_ macro names it",
			r.newKey)
	}
}

func (m *matcher) warnUnusedType(r *rule) {
	sides := []struct {
		p       *ktt.Program
		version string
		typ     ktt.TypeRef
		field   string
	}{
		{m.Old, "old", r.oldType, r.oldField},
		{m.New, "new", r.newType, r.newField},
	}
	for _, s := range sides {
		if s.typ == (ktt.TypeRef{}) {
			continue
		}
		d := s.p.Type(s.typ)
		if d == nil {
			m.unused(r, "the summary of the %s version has no %s", s.version, s.typ).
				didYouMean(s.typ.String(), typeNames(s.p))
			return
		}
		if s.field != "" && findField(d, s.field) == nil {
			m.unused(r, "%s of the %s version has no field %s", s.typ, s.version, s.field).
				didYouMean(s.field, fieldNames(d))
			return
		}
	}
	m.unused(r, "no value of %s is carried over to %s", firstOf(r.oldType, r.newType), r.newType)
}

func firstOf(a, b ktt.TypeRef) ktt.TypeRef {
	if a == (ktt.TypeRef{}) {
		return b
	}
	return a
}

func (m *matcher) unused(r *rule, format string, args ...any) hint {
	return hint{m.diags.Warnf(r.Pos, "this rule has no effect: "+format, args...)}
}

// A hint is a diagnostic about a name that does not exist.
type hint struct{ *diag.Diagnostic }

func (h hint) didYouMean(word string, names ...[]string) *diag.Diagnostic {
	var all []string
	for _, n := range names {
		all = append(all, n...)
	}
	if near := likeliest(word, all); near != "" && near != word {
		h.Notef(diag.Pos{}, "did you mean %s?", near)
	}
	return h.Diagnostic
}

func typeNames(p *ktt.Program) []string {
	names := make([]string, len(p.Types))
	for i, d := range p.Types {
		names[i] = d.Ref().String()
	}
	return names
}

func fieldNames(d *ktt.TypeDef) []string {
	var names []string
	for _, f := range d.Fields {
		if f.Name != "" {
			names = append(names, f.Name)
		}
	}
	return names
}

func findField(d *ktt.TypeDef, name string) *ktt.Field {
	for _, f := range d.Fields {
		if f.Name == name {
			return f
		}
	}
	return nil
}
