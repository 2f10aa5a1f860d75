package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/match"
)

// explain says what an update does with a variable or a type, and why. It
// returns the exit status.
func explain(stdout, stderr io.Writer, what string, args []string) int {
	in, o := readInput(args)
	if o.status != exitDone {
		return o.report(false, stdout, stderr)
	}
	result, diags := match.Match(in.old, in.new, in.rules)
	e := &explainer{Result: result}
	text, err := e.explain(what)
	if err == nil && diags.Errors() > 0 {
		text += "\nThe update is not complete: this is what is known so far.\n"
	}
	if err == nil {
		_, err = io.WriteString(stdout, text)
	}
	if err != nil {
		fmt.Fprintf(stderr, "xfgen: %v\n", err)
		return exitFailed
	}
	return exitDone
}

// An explainer collects what there is to say.
type explainer struct {
	*match.Result
	parts []string
	text  strings.Builder // of the part that is being written
}

// explain returns what there is to say about everything called what.
func (e *explainer) explain(what string) (string, error) {
	for _, v := range e.Vars {
		if what == v.New.Key || what == ktt.ParseKey(v.New.Key).Name {
			e.variable(v)
		}
	}
	for _, p := range e.Pairs {
		if e.isCalled(p, what) {
			e.pair(p)
		}
	}
	switch {
	case len(e.parts) > 0:
		return strings.Join(e.parts, "\n"), nil
	case e.isKnown(what):
		return what + ": no variable that is carried over leads to it. The update has no part in it.\n", nil
	}
	return "", fmt.Errorf("neither version has a variable or a type called %s%s", what, e.didYouMean(what))
}

func (e *explainer) printf(format string, args ...any) { fmt.Fprintf(&e.text, format, args...) }

func (e *explainer) finish() {
	e.parts = append(e.parts, e.text.String())
	e.text.Reset()
}

// isCalled reports whether a person may mean p: by the name of either version,
// or by that without its kind. A typedef that is the only name of a type stands
// for that type.
func (e *explainer) isCalled(p *match.Pair, what string) bool {
	if p.Body != nil && p.Body.Op == match.ByPair && e.Name(p.Body.Pair) == e.Name(p) {
		return false
	}
	for _, r := range []ktt.TypeRef{p.New.Ref(), p.Old.Ref(), e.New.KnownAs(p.New), e.Old.KnownAs(p.Old)} {
		if what == r.String() || what == r.Name {
			return true
		}
	}
	return false
}

// isKnown reports whether one of the versions has a variable or type called what.
func (e *explainer) isKnown(what string) bool {
	return slices.ContainsFunc(e.names(), func(name string) bool { return name == what || bare(name) == what })
}

// bare returns the name of a type without its kind, or that of a variable
// without its file.
func bare(name string) string {
	if _, tag, ok := strings.Cut(name, " "); ok {
		return tag
	}
	return ktt.ParseKey(name).Name
}

// names returns the names of all variables and types.
func (e *explainer) names() []string {
	var names []string
	for _, p := range []*ktt.Program{e.New, e.Old} {
		names = append(names, p.Vars()...)
		for _, d := range p.Types {
			names = append(names, d.Ref().String())
		}
	}
	return names
}

func (e *explainer) didYouMean(what string) string {
	names := e.names()
	for i, name := range names {
		if !strings.ContainsAny(what, " /") {
			names[i] = bare(name)
		}
	}
	if near := diag.Nearest(what, names); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}

func (e *explainer) variable(v *match.Var) {
	e.printf("%s: ", v.New.Key)
	switch {
	case v.Code() != nil:
		e.printf("code. The rule at %s makes the value.\n", v.Rule.Pos)
	case !e.Visits(v.Value):
		e.printf("none. The value is copied; nothing that it leads to is looked at.\n")
	case v.Value.Need() == match.Deep:
		e.printf("deep. A new value is made from the old one.\n")
	default:
		e.printf("shallow. The value is copied; its pointers are followed or rewritten.\n")
	}
	if v.Value != nil && e.Visits(v.Value) {
		e.printf("    %s\n", e.Why(v.New.Key, v.Value))
	}
	e.printf("    its type is %s\n", v.New.Type)
	e.finish()
}

func (e *explainer) pair(p *match.Pair) {
	name, was := e.Name(p), e.Old.KnownAs(p.Old).String()
	if was != name {
		name = was + " -> " + name
	}
	e.printf("%s: ", name)
	switch {
	case p.Code() != nil:
		e.printf("code. The rule at %s makes each value.\n", p.Rule.Pos)
	case p.Need == match.Deep:
		e.printf("deep. Each value gets new storage: %s.\n", p.Reason())
	case e.VisitsPair(p):
		e.printf("shallow. Values keep their place; their pointers are followed or rewritten.\n    %s\n", e.WhyPair(p))
	default:
		e.printf("none. Values are kept as they are and not looked at, however many there are.\n")
	}
	if way := p.Way(); len(way) > 0 {
		e.printf("    the update comes to it through %s\n", strings.Join(way, ", "))
	}
	if p.Code() == nil {
		e.members(p)
	}
	e.finish()
}

// members prints a line for each field, or for what a typedef stands for.
func (e *explainer) members(p *match.Pair) {
	w := tabwriter.NewWriter(&e.text, 0, 0, 2, ' ', 0)
	if p.Body != nil {
		fmt.Fprintf(w, "\n    %s\t%s\n", p.New.Type, e.verdict(p.Body))
	}
	for i, f := range p.Fields {
		if i == 0 {
			fmt.Fprintln(w)
		}
		verdict := "a rule is missing"
		switch {
		case f.Code() != nil:
			verdict = "made by the rule at " + f.Rule.Pos.String()
		case f.Value != nil:
			verdict = e.verdict(f.Value)
		}
		fmt.Fprintf(w, "    %s\t%s\t%s\n", f.New.Name, f.New.Type, verdict)
	}
	w.Flush()
}

// verdict says in a few words what is done with a value that is contained in
// another, and why.
func (e *explainer) verdict(v *match.Value) string {
	causes := e.Causes(v)
	if len(causes) == 0 {
		return e.kept(v.New)
	}
	c := causes[0]
	switch {
	case c.Why != "":
		return c.Why
	case c.Led:
		return fmt.Sprintf("leads to %s (%s)", e.Name(c.Pair), c.Pair.Need)
	}
	return fmt.Sprintf("contains %s (%s)", e.Name(c.Pair), c.Pair.Need)
}

// kept says why a value of type t does not have to be looked at.
func (e *explainer) kept(t *ktt.Type) string {
	switch t := e.New.Underlying(t); {
	case t.Kind == ktt.Array:
		return e.kept(t.Elem)
	case t.Kind == ktt.Ref && t.Def == ktt.Union:
		return "kept: the bits of a union"
	case t.Kind == ktt.Pointer && t.Shape == ktt.NoLook:
		return "kept: E_OPAQUE"
	case t.Kind == ktt.Pointer:
		return "kept: leads only to data in the heap that is kept"
	}
	return "kept"
}
