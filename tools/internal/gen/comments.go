package gen

import (
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/match"
)

// Above each function stands what it does, by which rule, and why that is
// necessary.

// describeVar is about the transformer of a variable.
func (g *generator) describeVar(v *match.Var) string {
	text := v.New.Key
	switch {
	case v.Old == nil:
		text = "INIT " + text
	case v.Old.Key != v.New.Key:
		text = v.Old.Key + " -> " + text
	}
	if v.Rule != nil {
		text += ", by the rule at " + v.Rule.Pos.String()
	}
	switch {
	case v.Value == nil:
		return text
	case !g.Visits(v.Value):
		text += ": the old value"
	case v.Value.Need() == match.Deep:
		text += ": made of the old value"
	default:
		text += ": the old value, with its pointers made new"
	}
	return withReason(text, g.Why(v.New.Key, v.Value))
}

// describePair is about the transformer of two types.
func (g *generator) describePair(p *match.Pair) string {
	text := p.New.Ref().String()
	if p.Old.Ref() != p.New.Ref() {
		text = p.Old.Ref().String() + " -> " + text
	}
	if p.Rule != nil {
		text += ", by the rule at " + p.Rule.Pos.String()
	}
	switch {
	case p.Code() != nil:
		return text
	case p.Need == match.Deep:
		return text + ", made anew: " + p.Reason()
	}
	return withReason(text+": values stay in their place", g.WhyPair(p))
}

// describeField is about a field that a rule is about.
func describeField(f *match.Field) string {
	return f.Rule.String() + " (" + f.Rule.Pos.String() + ")"
}

func withReason(text string, why *match.Reason) string {
	if why == nil {
		return text
	}
	return text + "\n" + why.String()
}

// comment returns the lines of a text as a comment in C.
func comment(text string) string {
	var b strings.Builder
	line := "/*"
	for text := range strings.Lines(text) {
		if line != "/*" {
			b.WriteString(line + "\n")
			line = " *"
		}
		for word := range strings.FieldsSeq(strings.ReplaceAll(text, "*/", "* /")) {
			if len(line)+1+len(word) > 107 {
				b.WriteString(line + "\n")
				line = " *"
			}
			line += " " + word
		}
	}
	return b.String() + line + " */"
}
