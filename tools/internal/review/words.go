package review

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

// The words that the text for the terminal and the page have in common.

// Title names what is compared.
func (r *Report) Title() string {
	s := r.Old.File + " -> " + r.New.File
	if r.Rules != "" {
		s += ", rules of " + r.Rules
	}
	return s
}

// Verdict says in a sentence whether the update can be built.
func (r *Report) Verdict() string {
	if !r.Complete {
		return "Not complete: " + count(len(r.Missing), "error") +
			". The update does not build; the rest is what is known so far."
	}
	return "Complete: nothing is missing."
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.Itoa(n) + " " + what
}

// OfVar says how the value of a variable, or of a field that a rule is about, is
// made.
func (h How) OfVar() string {
	switch h {
	case None:
		return "copied"
	case Shallow:
		return "copied, its pointers are followed"
	}
	return h.words()
}

// OfType says what is done with values of a type.
func (h How) OfType() string {
	switch h {
	case None:
		return "left as it is"
	case Shallow:
		return "stays in place, its pointers are followed"
	}
	return h.words()
}

func (h How) words() string {
	switch h {
	case Deep:
		return "made anew from the old one"
	case ByCode:
		return "by a rule's code"
	case Init:
		return "by an INIT rule"
	case Missing:
		return "a rule is missing"
	}
	return "not carried over"
}

// At says where a rule is. The directory is that of the rules, which the title
// names.
func (r *Rule) At() string { return fmt.Sprintf("%s:%d", filepath.Base(r.File), r.Line) }

// by adds to how something is made the rule that says so.
func by(how string, r *Rule) string {
	switch {
	case r == nil:
		return how
	case r.Code == "":
		how += ", as a rule says"
	}
	return how + " (" + r.At() + ")"
}

// Plain reports whether there is nothing to say about v: it is what it was, and
// its value needs no rule.
func (v *Variable) Plain() bool {
	return v.Change == Kept && v.Rule == nil && v.How != Missing
}

// Names returns the key of v, or both if it has another one now.
func (v *Variable) Names() string {
	if v.Old != nil && v.New != nil && v.Old.Key != v.New.Key {
		return v.Old.Key + " -> " + v.New.Key
	}
	return v.Key()
}

// Details says what is to be known about v.
func (v *Variable) Details() string { return v.Types() + "; " + v.Made() }

// Types returns the type and size of v, or both if they are others now.
func (v *Variable) Types() string {
	switch {
	case v.Old == nil:
		return v.New.text()
	case v.New == nil || v.Old.text() == v.New.text():
		return v.Old.text()
	}
	return v.Old.text() + " -> " + v.New.text()
}

// Made says where the value comes from.
func (v *Variable) Made() string {
	if v.New == nil {
		return "gone"
	}
	return by(v.How.OfVar(), v.Rule)
}

// text returns the type and its size.
func (s *VarSide) text() string {
	text := s.Type
	if s.ReadOnly {
		text += ", const"
	}
	return text + ", " + count(int(s.Size), "byte")
}

// Plain reports whether there is nothing to say about t: it is what it was, and
// no rule is about it.
func (t *Type) Plain() bool { return t.Change == Kept && t.Rule == nil && t.How != Missing }

// Names returns the name of t, or both if it has another one now.
func (t *Type) Names() string {
	if t.Old != nil && t.New != nil && t.Old.Name != t.New.Name {
		return t.Old.Name + " -> " + t.New.Name
	}
	return t.Name()
}

// Facts says in a few words each what is to be known about t.
func (t *Type) Facts() []string {
	var facts []string
	switch a, b := t.Old, t.New; {
	case a == nil:
		facts = append(facts, "new", b.text(t.Kind))
	case b == nil:
		facts = append(facts, "gone", a.text(t.Kind))
	case a.text(t.Kind) != b.text(t.Kind):
		facts = append(facts, a.text(t.Kind)+" -> "+b.text(t.Kind))
	case t.Kind != ktt.Typedef:
		facts = append(facts, b.text(t.Kind))
	}
	switch {
	case t.Old == nil || t.New == nil:
	case !t.Reached:
		facts = append(facts, "no variable that is carried over leads to it")
	default:
		facts = append(facts, by(t.How.OfType(), t.Rule))
	}
	return append(facts, t.Why...)
}

func (s *TypeSide) text(kind ktt.DefKind) string {
	switch {
	case s.Incomplete:
		return "incomplete"
	case kind == ktt.Typedef:
		return s.Type
	}
	text := count(int(s.Size), "byte")
	if kind == ktt.Enum {
		text += ", " + s.Type
	}
	return text
}

// Details says what the number behind an enumerator was and is.
func (v *Value) Details() string {
	switch {
	case v.Old == nil:
		return fmt.Sprintf("= %d, new", *v.New)
	case v.New == nil:
		return fmt.Sprintf("= %d, gone", *v.Old)
	case *v.Old != *v.New:
		return fmt.Sprintf("= %d -> %d", *v.Old, *v.New)
	}
	return fmt.Sprintf("= %d", *v.New)
}

// At returns the offset, or nothing if there is no such place.
func (p *Place) At() string {
	if p == nil {
		return ""
	}
	return strconv.FormatInt(p.Offset, 10)
}

// Names returns the name of a field, or both if it has another one now.
func (m *Member) Names() string {
	switch {
	case m.Old != nil && m.New != nil && m.Old.Name != m.New.Name:
		return m.Old.label() + " -> " + m.New.label()
	case m.Change == Padding:
		return "(padding)"
	case m.New != nil:
		return m.New.label()
	}
	return m.Old.label()
}

// label returns how to call a field.
func (p *Place) label() string {
	switch {
	case p.Name == "":
		return "(unnamed)"
	case strings.HasPrefix(p.Name, "__annonCompField"):
		return "(unnamed " + strings.TrimPrefix(p.Name, "__annonCompField") + ")"
	}
	return p.Name
}

// extent returns how large a member is, bytes or bits.
func (p *Place) extent() string {
	if p.Bits != nil {
		return fmt.Sprintf(":%d", *p.Bits)
	}
	return strconv.FormatInt(p.Size, 10)
}

// Sizes returns the size of a member, or both if it has another one now.
func (m *Member) Sizes() string {
	switch {
	case m.Old == nil:
		return m.New.extent()
	case m.New == nil || m.Old.extent() == m.New.extent():
		return m.Old.extent()
	}
	return m.Old.extent() + "->" + m.New.extent()
}

// Details says what is to be known about a field besides its place.
func (m *Member) Details() string {
	var s string
	switch {
	case m.Change == Padding:
		return ""
	case m.Old == nil:
		s = m.New.Type
	case m.New == nil || m.Old.Type == m.New.Type:
		s = m.Old.Type
	default:
		s = m.Old.Type + " -> " + m.New.Type
	}
	if m.Rule != nil || m.How == Missing {
		s += "; " + by(m.How.OfVar(), m.Rule)
	}
	return s
}

// Consequence says what it means that functions are gone.
func (f Functions) Consequence() string {
	if len(f.StoredIn) == 0 {
		return "No pointer to a function is followed, so that it does not matter that these are gone."
	}
	return "An update fails if it meets a pointer to one that is gone. Pointers to functions are in " +
		strings.Join(f.StoredIn, ", ") + "."
}
