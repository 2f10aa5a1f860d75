package match

import (
	"slices"
	"strings"
)

// Why an update looks at a value, in words.

// A Cause is why a value has to be looked at. What Why says is enough by itself;
// if it is empty, the type of Pair has causes of its own.
type Cause struct {
	Why  string
	To   *Value // what a pointer leads to that Why is about, or nil
	Pair *Pair
	Led  bool // values of Pair are behind a pointer

	generic bool // what the parameters of Pair stand for is part of the question
}

// Causes returns why an update looks at a value: nothing if it does not.
func (r *Result) Causes(v *Value) []Cause { return r.causes(v, true) }

func (r *Result) causes(v *Value, generic bool) []Cause {
	if !r.visits(v, generic) {
		return nil
	}
	switch v.Op {
	case FuncPtr:
		return []Cause{{Why: "function pointer"}}
	case Parameter:
		return []Cause{{Why: "generic, @" + v.Param}}
	case Pointer, Elements, ToZero:
		return r.leads(v.Elem, generic)
	case Array:
		if v.Prefix() {
			return []Cause{{Why: "the array gets another length"}}
		}
		return r.causes(v.Elem, generic)
	}
	var causes []Cause
	if r.visitsByPair(v) {
		causes = append(causes, Cause{Pair: v.Pair})
	}
	for _, a := range v.Args {
		causes = append(causes, r.leads(a, generic)...)
	}
	return causes
}

// leads returns why a pointer to values like v is looked at.
func (r *Result) leads(v *Value, generic bool) []Cause {
	if v.Op == Unknown {
		return []Cause{{Why: "what it leads to is not known"}}
	}
	var causes []Cause
	if why := r.place(v); why != "" && v.Need() != Deep {
		causes = append(causes, Cause{Why: why, To: v})
	}
	for _, c := range r.causes(v, generic) {
		c.Led = true
		causes = append(causes, c)
	}
	return causes
}

// A Reason is the shortest way from a value to what makes it necessary to look
// at it: variables, fields and types, and what is said about the last of them.
type Reason struct {
	Path []string
	Why  string
}

func (r *Reason) String() string { return strings.Join(r.Path, " -> ") + ": " + r.Why }

// Why returns the nearest reason to look at the value of something called name,
// or nil if there is none.
func (r *Result) Why(name string, v *Value) *Reason {
	return r.nearest(after([]string{name}, r.Causes(v)))
}

// WhyPair returns the nearest reason to look at values of a pair, or nil if
// there is none.
func (r *Result) WhyPair(p *Pair) *Reason {
	if !r.VisitsPair(p) {
		return nil
	}
	return r.nearest([]step{{nil, Cause{Pair: p, generic: true}}})
}

// Name returns the name by which people know the new type of a pair.
func (r *Result) Name(p *Pair) string { return r.New.KnownAs(p.New).String() }

// Way returns the variable and the fields by which the comparison has come to p
// first. It may begin at the types of a $xform instead.
func (p *Pair) Way() []string {
	var way []string
	for ; p != nil && p.via != nil; p = p.via.in {
		way = append(way, p.via.new)
	}
	slices.Reverse(way)
	return way
}

// A step is a cause and the way to it.
type step struct {
	way   []string
	cause Cause
}

func after(way []string, causes []Cause) []step {
	var steps []step
	for _, c := range causes {
		steps = append(steps, step{way, c})
	}
	return steps
}

// nearest goes from causes to others until one is enough by itself.
func (r *Result) nearest(steps []step) *Reason {
	seen := map[*Pair]bool{}
	// The list grows while causes lead to others.
	for i := 0; i < len(steps); i++ {
		way, c := steps[i].way, steps[i].cause
		if c.Why != "" {
			if c.To != nil {
				way = append(slices.Clip(way), c.To.New.String())
			}
			return &Reason{way, c.Why}
		}
		p := c.Pair
		if seen[p] {
			continue
		}
		seen[p] = true
		name := r.Name(p)
		if why := r.ownReason(p); why != "" {
			return &Reason{append(slices.Clip(way), name), why}
		}
		if p.Body != nil { // a typedef is what it stands for
			if way == nil {
				way = []string{name}
			}
			steps = append(steps, after(way, r.causes(p.Body, c.generic))...)
		}
		for _, f := range p.Fields {
			if f.Value == nil {
				continue
			}
			if causes := r.causes(f.Value, c.generic); len(causes) > 0 {
				steps = append(steps, after(append(slices.Clip(way), name+"."+f.New.Name), causes)...)
			}
		}
	}
	return nil
}

// ownReason says why values of a pair are looked at if that is not because of
// what they contain.
func (r *Result) ownReason(p *Pair) string {
	switch {
	case p.Code() != nil:
		return "by the rule at " + p.Rule.Pos.String()
	case p.Need == Deep:
		return "made anew: " + p.Reason()
	case p.own != None:
		return p.Reason()
	}
	return ""
}
