package gen

import "github.com/rules-kitsune/rules_kitsune/tools/internal/match"

// followLast returns the fields of a structure in the order in which they are
// transformed: those that lead to another structure of the type come last. The
// compiler makes a jump of a call at the end of a function, and so a loop of
// the transformation of a list.
func followLast(p *match.Pair, fields []*match.Field) []*match.Field {
	var others, same []*match.Field
	for _, f := range fields {
		if leadsTo(p, f.Value) {
			same = append(same, f)
		} else {
			others = append(others, f)
		}
	}
	return append(others, same...)
}

// leadsTo reports whether v is a pointer to a value of p.
func leadsTo(p *match.Pair, v *match.Value) bool {
	if v == nil {
		return false
	}
	v = resolve(v)
	if v.Op != match.Pointer {
		return false
	}
	to := resolve(v.Elem)
	return to.Op == match.ByPair && to.Pair == p
}
