package review

import (
	"slices"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/match"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/xf"
)

// traverse follows the values of the roots as an update does. It returns the
// types whose values are looked at, and the variables and fields in which it
// meets pointers to functions.
func (c *comparison) traverse() (visits []*Visit, functions []string) {
	w := &walker{comparison: c, seen: map[*match.Pair]bool{}, functions: []string{}}
	for _, v := range c.Vars {
		w.element(step{at: v.New.Key}, v.Value, v.Code())
	}
	visits = []*Visit{}
	// The list grows while types lead to others.
	for i := 0; i < len(w.found); i++ {
		p, way := w.found[i].pair, w.found[i].way
		how := c.need(p)
		if p.Code() != nil {
			how = ByCode
		}
		name := c.Name(p)
		visits = append(visits, &Visit{Type: name, How: how, Why: c.reason(p), Path: way})
		w.pair(p, way)
	}
	return visits, w.functions
}

// A walker is on its way from the roots to all that they lead to.
type walker struct {
	*comparison
	seen      map[*match.Pair]bool
	found     []visited
	functions []string
}

type visited struct {
	pair *match.Pair
	way  []string // variables and fields
}

// A step is a variable or field, and the way to it.
type step struct {
	way []string
	at  string
}

func (w *walker) pair(p *match.Pair, way []string) {
	name := w.Name(p)
	if p.Code() != nil {
		w.code(step{way, name}, p.Code().Parts)
		return
	}
	if p.New.Kind == ktt.Union && !p.Told {
		return // which member is alive is not known: the bits are copied
	}
	for _, f := range p.Fields {
		w.element(step{way, name + "." + f.New.Name}, f.Value, f.Code())
	}
}

// element goes on from a variable or field, with its value or the code that
// makes it.
func (w *walker) element(s step, v *match.Value, code *xf.Block) {
	switch {
	case code != nil:
		w.code(s, code.Parts)
	case v != nil:
		w.value(s, v)
	}
}

func (w *walker) value(s step, v *match.Value) {
	if !w.Visits(v) {
		return
	}
	switch v.Op {
	case match.FuncPtr:
		if !slices.Contains(w.functions, s.at) {
			w.functions = append(w.functions, s.at)
		}
	case match.Pointer, match.Elements, match.ToZero, match.Array:
		w.value(s, v.Elem)
	case match.ByPair:
		if v.Pair.Body != nil {
			w.value(s, v.Pair.Body) // a typedef is what it stands for
		} else if !w.seen[v.Pair] {
			w.seen[v.Pair] = true
			w.found = append(w.found, visited{v.Pair, append(slices.Clip(s.way), s.at)})
		}
		for _, a := range v.Args {
			w.value(s, a)
		}
	}
}

// code goes on from what the code of a rule transforms.
func (w *walker) code(s step, parts []*xf.Part) {
	for _, p := range parts {
		if v := w.Xforms[p]; v != nil {
			w.value(s, v)
		}
		for _, arg := range p.Args {
			w.code(s, arg)
		}
	}
}

// reason says why values of a pair are looked at.
func (c *comparison) reason(p *match.Pair) string {
	switch {
	case p.Code() != nil:
		return p.Rule.String()
	case p.Need == match.Deep:
		return p.Reason()
	}
	// Fields with the same reason share it.
	var order []string
	fields := map[string][]string{}
	for _, f := range p.Fields {
		if f.Value == nil {
			continue
		}
		if causes := c.Causes(f.Value); len(causes) > 0 {
			why := c.words(causes[0])
			if fields[why] == nil {
				order = append(order, why)
			}
			fields[why] = append(fields[why], f.New.Name)
		}
	}
	reasons := slices.Clone(p.Why)
	for _, why := range order {
		reasons = append(reasons, strings.Join(fields[why], ", ")+": "+why)
	}
	return strings.Join(reasons, "; ")
}

// need says what an update does with values of a pair that need no code.
func (c *comparison) need(p *match.Pair) How {
	if !c.VisitsPair(p) {
		return None
	}
	return How(p.Need.String())
}

// words says why a value that stays in its place has to be looked at.
func (c *comparison) words(cause match.Cause) string {
	switch {
	case cause.Why != "":
		return cause.Why
	case !cause.Led:
		return "contains " + c.Name(cause.Pair)
	case cause.Pair.Need == match.Deep:
		return "leads to " + c.Name(cause.Pair) + ", which is made anew"
	}
	return "leads to " + c.Name(cause.Pair)
}
