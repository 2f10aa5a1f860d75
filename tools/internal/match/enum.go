package match

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

// A Move is an enumerator that has another value in the new version.
type Move struct {
	Name     string
	Old, New int64
}

// compareEnums finds out what becomes of the numbers. What an enumerator means
// is its name: where names have got other numbers, the numbers are translated.
// That cannot be done where a name is gone, where two names had one number and
// have two now, and where numbers are sets of flags. A rule that an enumeration
// stays what it is, without code, keeps the numbers in any case.
func (m *matcher) compareEnums(s *site, p *Pair) {
	if p.Old.Size != p.New.Size {
		p.own = Deep
		p.Why = append(p.Why, "its size is another one")
	}
	if p.Rule != nil && m.Old.NameInC(p.Old.Ref()) == m.New.NameInC(p.New.Ref()) {
		return
	}
	now := enumValues(p.New)
	var moves []Move
	var gone []*ktt.Enumerator
	for _, v := range p.Old.Values {
		switch value, ok := now[v.Name]; {
		case !ok:
			gone = append(gone, v)
		case value != v.Value:
			moves = append(moves, Move{v.Name, v.Value, value})
		}
	}
	renamed := p.Rule != nil && len(moves) == 0 // the names along with the type
	if len(gone) > 0 && !renamed {
		var why []string
		for _, v := range gone {
			why = append(why, fmt.Sprintf("%s, %d%s, is gone", v.Name, v.Value, at(typeAt(p.Old))))
		}
		d := m.enumChange(s, p, moves, why...)
		suggestNumbers(s, p, d)
		d.Suggest(s.advice("to keep the names")+", and decide what becomes of those that are gone",
			translation(s, p.Old.Values, now))
		return
	}
	if len(moves) == 0 {
		return
	}
	if a, b := ambiguous(p.Old.Values, now); a != nil {
		d := m.enumChange(s, p, moves,
			fmt.Sprintf("%s and %s were one number and are two: which of them a value means is not known", a.Name, b.Name))
		suggestNumbers(s, p, d)
		d.Suggest(s.advice("to decide which one it is"), translation(s, p.Old.Values, now))
		return
	}
	if areFlags(p.Old.Values) || areFlags(p.New.Values) {
		d := m.enumChange(s, p, moves, "the numbers look like flags, of which a value may have several")
		suggestNumbers(s, p, d)
		d.Suggest(s.advice("to translate each flag"), flagTranslation(s, moves))
		d.Suggest(s.advice("if a value is always one of them"), translation(s, p.Old.Values, now))
		return
	}
	p.own = Deep
	for _, v := range moves {
		p.Why = append(p.Why, fmt.Sprintf("%s was %d, it is %d", v.Name, v.Old, v.New))
		if !slices.ContainsFunc(p.Moves, func(w Move) bool { return w.Old == v.Old }) {
			p.Moves = append(p.Moves, v)
		}
	}
}

func enumValues(d *ktt.TypeDef) map[string]int64 {
	values := map[string]int64{}
	for _, v := range d.Values {
		values[v.Name] = v.Value
	}
	return values
}

// ambiguous returns two enumerators that had one value and have two now.
func ambiguous(old []*ktt.Enumerator, now map[string]int64) (a, b *ktt.Enumerator) {
	first := map[int64]*ktt.Enumerator{}
	for _, v := range old {
		if a := first[v.Value]; a != nil && now[a.Name] != now[v.Name] {
			return a, v
		}
		first[v.Value] = v
	}
	return nil, nil
}

// areFlags reports whether the values of an enumeration look like flags, whose
// sums are values as well: each is a power of two or made of others that are,
// and they are not simply one after the other.
func areFlags(values []*ktt.Enumerator) bool {
	distinct := map[int64]bool{}
	var all, single, greatest int64
	for _, v := range values {
		switch {
		case v.Value < 0:
			return false
		case v.Value == 0:
			continue
		case v.Value&(v.Value-1) == 0:
			single |= v.Value
		}
		all |= v.Value
		greatest = max(greatest, v.Value)
		distinct[v.Value] = true
	}
	return len(distinct) > 1 && all == single && greatest > int64(len(distinct))
}

// enumChange reports an enumeration in which names mean other numbers, and why
// the numbers cannot be translated.
func (m *matcher) enumChange(s *site, p *Pair, moves []Move, why ...string) *diag.Diagnostic {
	d := m.typeChangeText(s)
	for _, v := range moves {
		d.Notef(diag.Pos{}, "%s was %d%s, it is %d%s", v.Name, v.Old, at(typeAt(p.Old)), v.New, at(typeAt(p.New)))
	}
	for _, text := range why {
		d.Notef(diag.Pos{}, "%s", text)
	}
	return s.reached(d)
}

// suggestNumbers says how the numbers are kept. For types with different names
// the rule that keeps them is one with code.
func suggestNumbers(s *site, p *Pair, d *diag.Diagnostic) {
	rule := s.old + " -> " + s.new
	if p.Old.Ref() != p.New.Ref() {
		rule += ": { $out = (int)$in; }"
	}
	d.Suggest(s.advice("to keep the numbers as they are"), rule)
}

// flagTranslation returns a rule that translates each flag of a value.
func flagTranslation(s *site, moves []Move) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s -> %s: {\n    int in = (int)$in, out = in;\n", s.old, s.new)
	flags := slices.DeleteFunc(slices.Clone(moves), func(v Move) bool { return v.Old&(v.Old-1) != 0 || v.Old == 0 })
	for _, v := range flags {
		fmt.Fprintf(&b, "    out &= ~%d;\n", v.Old)
	}
	for _, v := range flags {
		fmt.Fprintf(&b, "    if (in & %d) out |= %d; /* %s */\n", v.Old, v.New, v.Name)
	}
	b.WriteString("    $out = out;\n}")
	return b.String()
}

// translation returns a rule that translates the values of an enumeration.
func translation(s *site, old []*ktt.Enumerator, now map[string]int64) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s -> %s: {\n    switch ((int)$in) {\n", s.old, s.new)
	seen := map[int64]bool{}
	for _, v := range old {
		value, ok := now[v.Name]
		switch {
		case seen[v.Value]:
			continue
		case !ok:
			fmt.Fprintf(&b, "    case %d: abort(); /* %s */\n", v.Value, v.Name)
		case value != v.Value:
			fmt.Fprintf(&b, "    case %d: $out = %d; break; /* %s */\n", v.Value, value, v.Name)
		}
		seen[v.Value] = true
	}
	b.WriteString("    default: $out = (int)$in;\n    }\n}")
	return b.String()
}
