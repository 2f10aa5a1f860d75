package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/match"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/xf"
)

// suggest prints an .xf file with a rule for everything that is missing, and
// returns the exit status. What no rule can settle is reported as well.
func suggest(stdout, stderr io.Writer, args []string) int {
	in, o := readInput(args)
	if o.status == exitDone {
		s := &suggester{input: in, args: args, tried: map[string]bool{}, becomes: map[string]string{}}
		for s.decide() {
		}
		if s.left.Errors() > 0 {
			o.status, o.diags = exitFailed, s.left
		}
		if _, err := stdout.Write(s.text(s.left)); err != nil {
			o = o.failed(err)
		}
	}
	return o.report(false, stdout, stderr)
}

// A suggester collects decisions. Where the types that one is about are not
// what they seemed, the next round finds more to decide.
type suggester struct {
	input
	args      []string // the names of the inputs
	decisions []*decision
	tried     map[string]bool   // the rules that are, or have been, among them
	becomes   map[string]string // new names of old things: a thing can become only one
	left      diag.List         // of the last round
}

// A decision is what a person has to think about.
type decision struct {
	*diag.Diagnostic
	about  string     // what the rule is about, if there is one
	choice *diag.Note // the one with the rule, or nil
}

// decide compares the versions under the rules so far, and returns whether it
// has found a rule for something that is missing.
func (s *suggester) decide() bool {
	var diags diag.List
	rules := xf.Parse("", s.text(nil), &diags)
	for _, inc := range rules.Includes {
		inc.File = s.rules
	}
	_, s.left = match.Match(s.old, s.new, rules)
	s.claim()
	found := false
	for _, d := range s.left {
		found = s.settle(d) || found
	}
	return found
}

// claim notes for each old thing that could have become several new ones which of
// them has the nearest name.
func (s *suggester) claim() {
	claims := map[string][]string{}
	for _, d := range s.left {
		for _, n := range d.Notes {
			if old, new := renaming(n.Paste); old != "" {
				claims[old] = append(claims[old], new)
			}
		}
	}
	for old, names := range claims {
		if s.becomes[old] != "" {
			continue
		}
		if s.becomes[old] = diag.Nearest(old, names); s.becomes[old] == "" {
			s.becomes[old] = names[0]
		}
	}
}

// settle decides for the first rule that d suggests and that makes sense beside
// the others. It returns false if there is none.
func (s *suggester) settle(d *diag.Diagnostic) bool {
	if d.Severity != diag.Error {
		return false
	}
	for i := range d.Notes {
		n := &d.Notes[i]
		if n.Paste == "" || s.tried[n.Paste] {
			continue
		}
		if old, new := renaming(n.Paste); s.becomes[old] != new {
			continue
		}
		s.tried[n.Paste] = true
		s.replace(&decision{d, about(n.Paste), n})
		return true
	}
	return false
}

// replace adds a decision in the place of one about the same thing, which has
// not been enough.
func (s *suggester) replace(d *decision) {
	for i, other := range s.decisions {
		if other.about == d.about {
			s.decisions[i] = d
			return
		}
	}
	s.decisions = append(s.decisions, d)
}

// renaming returns what a suggested rule renames, if it does no more than that
// and is about a variable or field.
func renaming(rule string) (old, new string) {
	if l := firstLabel(rule); l != nil && l.Old != nil && l.Code == nil && !isType(l.New) {
		return l.Old.String(), l.New.String()
	}
	return "", ""
}

// about returns what only one of several suggested rules can be for.
func about(rule string) string {
	l := firstLabel(rule)
	if isType(l.New) {
		return l.String() // what other types become is another question
	}
	return l.New.String()
}

func isType(p *xf.Path) bool {
	_, field, ok := p.Type()
	return ok && field == ""
}

// firstLabel returns the first label of a suggested rule, or nil if there is no
// rule.
func firstLabel(rule string) *xf.Label {
	f := xf.Parse("", []byte(rule), new(diag.List))
	if len(f.Rules) == 0 {
		return nil
	}
	return f.Rules[0].Labels[0]
}

// text returns the file with the decisions, and with what is left to be decided.
func (s *suggester) text(left diag.List) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "// What becomes of the state of %s when %s takes over.\n", filepath.Base(s.args[0]), filepath.Base(s.args[1]))
	if s.rules != nil {
		fmt.Fprintf(&b, "include \"%s\"\n", filepath.Base(s.rules.Name))
	}
	for _, d := range s.decisions {
		d.write(&b)
	}
	for _, d := range left {
		(&decision{Diagnostic: d}).write(&b)
	}
	text, _ := xf.Format("", []byte(b.String()), new(diag.List))
	return text
}

// write prints what is known about d, its rule, and the others as comments.
func (d *decision) write(b *strings.Builder) {
	fmt.Fprintf(b, "\n// TODO: %s\n", strings.Join(strings.Fields(d.Text), " "))
	for i := range d.Notes {
		n := &d.Notes[i]
		switch {
		case n.Paste == "":
			fmt.Fprintf(b, "// - %s\n", n.Text)
		case n == d.choice:
			fmt.Fprintf(b, "// - %s:\n%s\n", n.Text, n.Paste)
		default:
			fmt.Fprintf(b, "// - %s:\n", n.Text)
			for line := range strings.Lines(n.Paste) {
				fmt.Fprintf(b, "//       %s\n", strings.TrimSuffix(line, "\n"))
			}
		}
	}
}
