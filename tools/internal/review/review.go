// Package review says what an update changes, for the person who has to agree
// to it: which variables and types are new, gone or different, how each value
// of the new version is made, what is missing, and what the update will look
// at while the program stands still.
//
// [Compare] makes a [Report] out of what package match has found, and of what
// match has no interest in: what no variable leads to, what has kept its
// place, where padding lies. [Report.WriteText], [Report.WriteJSON] and
// [Report.WriteHTML] print it. docs/kttdiff.md describes the JSON for its
// readers; the names in it are an interface.
package review

import (
	"encoding/json"
	"io"
	"slices"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/match"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/xf"
)

// Schema is the version of the JSON form of a report.
const Schema = 1

// A Report is what a person should know before an update.
type Report struct {
	Schema    int         `json:"kttdiff"`
	Old       Version     `json:"old"`
	New       Version     `json:"new"`
	Rules     string      `json:"rules,omitempty"` // the .xf file
	Complete  bool        `json:"complete"`        // nothing is missing
	Missing   []*Problem  `json:"missing"`
	Warnings  []*Problem  `json:"warnings"`
	Points    []*Point    `json:"points"`    // sorted by name
	Variables []*Variable `json:"variables"` // sorted by key
	Types     []*Type     `json:"types"`     // sorted by name
	Traversed []*Visit    `json:"traversed"` // nearest to the roots first
	Functions Functions   `json:"functions"`
}

// A Version is one of the two programs.
type Version struct {
	File   string `json:"file"`
	Target string `json:"target"`
	Units  int    `json:"units"`
}

// A Change says what has become of an element.
type Change string

const (
	Kept    Change = "kept"
	Renamed Change = "renamed" // nothing but the name
	Moved   Change = "moved"   // of a field: it lies elsewhere, and is what it was
	Changed Change = "changed" // and perhaps also renamed or moved
	Added   Change = "added"
	Removed Change = "removed"
	Padding Change = "padding" // of a row in a layout: bytes that belong to no field
)

// How says how a new value is made.
type How string

const (
	NotCarried How = ""        // not from the old state
	None       How = "none"    // the bits as they are, without a look at them
	Shallow    How = "shallow" // it stays in its place, and pointers in it are followed
	Deep       How = "deep"    // it is made anew from the old one
	ByCode     How = "code"    // by the code of a rule, from the old value
	Init       How = "init"    // by the code of an INIT rule
	Missing    How = "missing" // only a rule can say
)

// A Point is an update point whose name is known to ktcc.
type Point struct {
	Name   string `json:"name"`
	Change Change `json:"change"` // Kept, Added or Removed
}

// A Rule is a label of the .xf file, with its code if there is some.
type Rule struct {
	Text string `json:"text"`
	File string `json:"file"`
	Line int    `json:"line"`
	Col  int    `json:"col"`
	Code string `json:"code,omitempty"`
}

// A Variable is a variable of either version.
type Variable struct {
	Change Change   `json:"change"`
	How    How      `json:"how"`
	Rule   *Rule    `json:"rule,omitempty"`
	Old    *VarSide `json:"old,omitempty"`
	New    *VarSide `json:"new,omitempty"`
}

// A VarSide is a variable in one of the versions.
type VarSide struct {
	Key      string `json:"key"`
	Type     string `json:"type"`
	Size     int64  `json:"size"`
	File     string `json:"file,omitempty"`
	ReadOnly bool   `json:"readonly,omitempty"`
	Local    bool   `json:"local,omitempty"`
}

// A Type is a type that has a name, in either version.
type Type struct {
	Kind    ktt.DefKind `json:"kind"`
	Change  Change      `json:"change"`
	Reached bool        `json:"reached"` // the update has to do with values of it
	How     How         `json:"how"`     // NotCarried if it is not reached
	Why     []string    `json:"why,omitempty"`
	Rule    *Rule       `json:"rule,omitempty"`
	Old     *TypeSide   `json:"old,omitempty"`
	New     *TypeSide   `json:"new,omitempty"`

	// Members of structures and unions, with the padding between them: in the
	// new version's order, and after each what has gone from that place.
	Members []*Member `json:"members,omitempty"`

	Values []*Value `json:"values,omitempty"` // enumerators, likewise
}

// A TypeSide is a type in one of the versions.
type TypeSide struct {
	Name       string   `json:"name"` // as in rules: struct entry
	File       string   `json:"file,omitempty"`
	Size       int64    `json:"size"`
	Align      int64    `json:"align"`
	Incomplete bool     `json:"incomplete,omitempty"`
	Type       string   `json:"type,omitempty"` // what a typedef stands for, or the integer behind an enum
	Generics   []string `json:"generics,omitempty"`
}

// A Member is a field or a piece of padding, where it was and where it is.
type Member struct {
	Change Change `json:"change"`
	How    How    `json:"how"`
	Rule   *Rule  `json:"rule,omitempty"`
	Old    *Place `json:"old,omitempty"`
	New    *Place `json:"new,omitempty"`
}

// A Place is where a member lies. A bit-field has the place of the bytes that
// it shares with its neighbours: what is known of it is its width.
type Place struct {
	Name   string `json:"name,omitempty"`
	Type   string `json:"type,omitempty"`
	Offset int64  `json:"offset"`
	Size   int64  `json:"size"`
	Bits   *int   `json:"bits,omitempty"`
}

// A Value is an enumerator.
type Value struct {
	Name   string `json:"name"`
	Change Change `json:"change"`
	Old    *int64 `json:"old,omitempty"`
	New    *int64 `json:"new,omitempty"`
}

// A Visit is a type whose values the update looks at.
type Visit struct {
	Type string   `json:"type"`
	How  How      `json:"how"`
	Why  string   `json:"why"`
	Path []string `json:"path"` // the variables and fields that lead to it
}

// Functions says what becomes of pointers to functions.
type Functions struct {
	Gone     []string   `json:"gone"`      // in the old version only, and not renamed
	Renamed  []Renaming `json:"renamed"`   // by rules
	StoredIn []string   `json:"stored_in"` // variables and fields that are followed and point to functions
}

// A Renaming is a function that has another key.
type Renaming struct {
	Old string `json:"old"`
	New string `json:"new"`
}

// A Problem is an error or a warning, as xfgen has it.
type Problem struct {
	At    string `json:"at,omitempty"` // file:line:col, as much of it as there is
	Text  string `json:"text"`
	Notes []Note `json:"notes,omitempty"`
}

// A Note explains a problem. Paste is a rule to start from.
type Note struct {
	At    string `json:"at,omitempty"`
	Text  string `json:"text"`
	Paste string `json:"paste,omitempty"`
}

// An Input is a version of the program and the name of the file it is from.
type Input struct {
	File    string
	Summary *ktt.Summary
}

// Compare says what changes from one version to the next under the rules, which
// may be nil. The diagnostics in found are those of reading the rules.
func Compare(old, new Input, rules *xf.File, found diag.List) *Report {
	m, diags := match.Match(old.Summary, new.Summary, rules)
	c := &comparison{Result: m, renamed: map[string]string{}}
	for _, r := range m.Renames {
		c.renamed[r.New] = r.Old
	}
	r := &Report{
		Schema: Schema,
		Old:    version(old, m.Old), New: version(new, m.New),
		Points:    c.points(),
		Variables: c.variables(),
		Types:     c.types(),
	}
	if rules != nil {
		r.Rules = rules.Name
	}
	r.Traversed, r.Functions.StoredIn = c.traverse()
	r.Functions.Gone, r.Functions.Renamed = c.functions()
	diags = append(found, diags...)
	diags.Sort()
	r.Missing, r.Warnings = problems(append(diags, c.lostPoints(r.Points)...))
	r.Complete = len(r.Missing) == 0
	return r
}

// WriteJSON prints r as one JSON document. Lists are never null.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// A comparison is what match has found, and what makes it quicker to look at.
type comparison struct {
	*match.Result
	renamed map[string]string // by rules: old keys by new ones
}

func version(in Input, p *ktt.Program) Version {
	target, _ := p.Target() // match reports the error
	return Version{File: in.File, Target: target, Units: len(p.Units)}
}

func (c *comparison) points() []*Point {
	old, new := pointNames(c.Old), pointNames(c.New)
	points := []*Point{}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(old, new)))) {
		p := &Point{Name: name, Change: Kept}
		switch {
		case !slices.Contains(old, name):
			p.Change = Added
		case !slices.Contains(new, name):
			p.Change = Removed
		}
		points = append(points, p)
	}
	return points
}

func pointNames(p *ktt.Program) []string {
	var names []string
	for _, u := range p.Units {
		names = append(names, u.Points...)
	}
	return names
}

// lostPoints warns about update points at which an update can begin and not
// end.
func (c *comparison) lostPoints(points []*Point) diag.List {
	var l diag.List
	for _, p := range points {
		if p.Change == Removed {
			l.Warnf(diag.Pos{}, "the update point %q is gone", p.Name).
				Notef(diag.Pos{}, "an update ends where it has begun: at a point of the same name in the new version").
				Notef(diag.Pos{}, "keep the name, or ask for no update while the program is there")
		}
	}
	return l
}

// functions returns the functions that pointers of the old state may lead to
// and that the new version does not have, and those that rules rename.
func (c *comparison) functions() (gone []string, renamed []Renaming) {
	gone, renamed = []string{}, []Renaming{}
	to := map[string]string{}
	for _, r := range c.Renames {
		to[r.Old] = r.New
	}
	for _, key := range c.Old.Funcs() {
		switch new, ok := to[key]; {
		case ok:
			renamed = append(renamed, Renaming{key, new})
		case !c.New.HasFunc(key):
			gone = append(gone, key)
		}
	}
	return gone, renamed
}

// ruleOf returns the rule of a label, or nil.
func ruleOf(l *xf.Label) *Rule {
	if l == nil {
		return nil
	}
	r := &Rule{Text: l.String(), File: l.Pos.File, Line: l.Pos.Line, Col: l.Pos.Col}
	if l.Code != nil {
		r.Code = "{" + l.Code.Text + "}"
	}
	return r
}

// howMade says how a value is made that a rule may be about.
func (c *comparison) howMade(hasOld bool, rule *xf.Label, v *match.Value) How {
	switch {
	case rule != nil && rule.Code != nil && !hasOld:
		return Init
	case rule != nil && rule.Code != nil:
		return ByCode
	case v != nil && c.Visits(v):
		return How(v.Need().String())
	case v != nil:
		return None
	}
	return Missing
}

func problems(l diag.List) (missing, warnings []*Problem) {
	missing, warnings = []*Problem{}, []*Problem{}
	for _, d := range l {
		p := &Problem{At: d.Pos.String(), Text: d.Text}
		for _, n := range d.Notes {
			p.Notes = append(p.Notes, Note{At: n.Pos.String(), Text: n.Text, Paste: n.Paste})
		}
		if d.Severity == diag.Error {
			missing = append(missing, p)
		} else {
			warnings = append(warnings, p)
		}
	}
	return missing, warnings
}
