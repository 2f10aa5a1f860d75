// Package match compares two versions of a program under the rules of an .xf
// file. The result says for every variable and type that an update carries
// over how its new value is made; where a machine cannot know that and no rule
// says it, there is an error that names what is missing.
//
// The comparison starts at the roots of the new version, the variables that
// need a transformer, and goes on to the types they contain and point to.
// What cannot be reached never matters. Two types that are compared are a
// [Pair]; when all pairs are known, each gets a [Need], which spreads from
// what is contained to what contains it.
package match

import (
	"slices"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/xf"
)

// A Result says how the state of the old version becomes that of the new one.
// It is complete only if there was no error.
type Result struct {
	Old, New *ktt.Program
	Rules    *xf.File

	Vars    []*Var  // for the roots, in their order
	Pairs   []*Pair // in the order in which they were met
	Renames []Rename

	// What the forms of code stand for: for each type in a $oldtype or
	// $newtype the type of the program, for each $xform the transformation.
	Types  map[*xf.TypeName]*ktt.Type
	Xforms map[*xf.Part]*Value

	traversal traversal
}

// A Var is a variable of the new version and where its value comes from.
type Var struct {
	Old   *ktt.Var  // nil for an INIT rule
	New   *ktt.Var  // a root
	Rule  *xf.Label // the rule about it, or nil
	Value *Value    // nil if the rule has code
}

// Code returns the code that makes the value, or nil.
func (v *Var) Code() *xf.Block { return code(v.Rule) }

// A Rename says that a variable or function of the old version has another
// key in the new one.
type Rename struct{ Old, New string }

// Need is what an update has to do with the values of a type.
type Need int

const (
	// None: nothing. Values stay as they are, and are copied as bits where
	// what contains them moves.
	None Need = iota

	// Shallow: values stay in their place, but pointers in them may have to
	// be rewritten, or followed.
	Shallow

	// Deep: new values are made from the old ones.
	Deep
)

func (n Need) String() string { return [...]string{"none", "shallow", "deep"}[n] }

// A Pair is a type of the old version and what has become of it.
type Pair struct {
	Old, New *ktt.TypeDef
	Rule     *xf.Label // the rule about the two types, or nil
	Fields   []*Field  // of structures and unions without Code
	Body     *Value    // of typedefs without Code
	Moves    []Move    // of enumerations without Code: each old value once
	Need     Need

	// Told is set for a union, or a typedef of one, if the old version says which
	// member is alive. A union that is also used where that is not known has two
	// pairs.
	Told bool

	// Why says in words what makes new values necessary, or where user code
	// has to run. Empty if only types that are contained call for it.
	Why []string

	own    Need  // without what is contained
	via    *site // where the pair was first met
	failed bool  // an error has been reported: the rest is not known
}

// Code returns the code that transforms the type, or nil.
func (p *Pair) Code() *xf.Block { return code(p.Rule) }

// Transformer returns the name of the C function that transforms the type.
func (p *Pair) Transformer() string {
	name := "_kitsune_transform_" + string(p.Old.Kind) + "_" + p.Old.Name +
		"_to_" + string(p.New.Kind) + "_" + p.New.Name
	if p.Told {
		name += "_by_tag"
	}
	return name
}

// openArray returns the field at the end of p's new values that has no size of
// its own, or nil.
func (p *Pair) openArray() *ktt.Field {
	if p.failed || p.New.Kind != ktt.Struct || len(p.New.Fields) == 0 {
		return nil
	}
	last := p.New.Fields[len(p.New.Fields)-1]
	if last.Type.Kind != ktt.Array || last.Size != 0 {
		return nil
	}
	return last
}

// Flexible returns the field at the end of p's values that has as many elements
// as an annotation of the old version says, so that values can get new storage,
// or nil.
func (p *Pair) Flexible() *Field {
	open := p.openArray()
	if open == nil || len(p.Old.Fields) == 0 {
		return nil
	}
	for _, f := range p.Fields {
		if f.New == open && f.Old == p.Old.Fields[len(p.Old.Fields)-1] &&
			f.Old.Type.Kind == ktt.Array && f.Old.Size == 0 && counted(f.Old.Type.Len) {
			return f
		}
	}
	return nil
}

// counted reports whether l is the length of a flexible array: C's [0] says
// nothing about it.
func counted(l *ktt.Length) bool { return l != nil && *l != (ktt.Length{}) }

// behind returns the pair that p stands for if it is one of typedefs.
func (p *Pair) behind() *Pair {
	for p.Body != nil && p.Body.Op == ByPair {
		p = p.Body.Pair
	}
	return p
}

// Transforms reports whether f, a field of p's, is transformed by itself: a
// member of a union only if it is known when it is alive.
func (p *Pair) Transforms(f *Field) bool {
	return p.New.Kind != ktt.Union || p.Told && len(f.Old.Cases) > 0
}

// Reason says in words why p's values cannot stay as they are.
func (p *Pair) Reason() string {
	if len(p.Why) > 0 {
		return strings.Join(p.Why, "; ")
	}
	for _, f := range p.Fields {
		if f.Value != nil && f.Value.Need() == p.Need {
			return f.New.Name + " is made anew"
		}
	}
	return "what it stands for is made anew"
}

// A Field is a member of the new version's structure and where its value comes
// from.
type Field struct {
	Old   *ktt.Field // nil for an INIT rule
	New   *ktt.Field
	Rule  *xf.Label // the rule about it, or nil
	Value *Value    // nil if the rule has code
}

// Code returns the code that makes the value, or nil.
func (f *Field) Code() *xf.Block { return code(f.Rule) }

func code(l *xf.Label) *xf.Block {
	if l == nil {
		return nil
	}
	return l.Code
}

// Op is how a value is transformed.
type Op int

const (
	Bits      Op = iota // as it is
	Pointer             // NULL or the address of one Elem
	Elements            // NULL or the address of the first of Count Elems
	ToZero              // NULL or the address of Elems up to an all-zero one
	Array               // Elems in a row
	FuncPtr             // the address of a function
	ByPair              // by a pair's transformer
	Parameter           // by the closure that a generic parameter is bound to
	Unknown             // void or a function: not at all
)

// A Value is what is done with values of a type, built like the type itself.
type Value struct {
	Op       Op
	Old, New *ktt.Type

	Elem  *Value
	Count *ktt.Length // of Array and Elements; fields are the old version's; nil if unknown

	Pair *Pair
	Args []*Value // for the generic parameters of Pair.New, in their order

	// Teller is the field of the old structure around a union that tells which
	// member is alive, or "".
	Teller string

	Param string

	badArgs bool // there are not as many Args as parameters
}

// Need returns what has to be done with a value that is contained in another.
// It changes until the needs of all pairs are known.
func (v *Value) Need() Need {
	switch v.Op {
	case Array:
		if v.Prefix() {
			return Deep
		}
		return v.Elem.Need()
	case ByPair:
		return v.Pair.Need
	case Bits, Unknown:
		return None
	}
	return Shallow
}

// Prefix reports whether v is an array that changes its length, so that only
// the first elements are carried over.
func (v *Value) Prefix() bool {
	return v.Op == Array && isConst(v.Old.Len) && isConst(v.New.Len) && *v.Old.Len != *v.New.Len
}

// Match compares two versions of a program. Everything that keeps an update
// from being complete is among the diagnostics as an error.
func Match(old, new *ktt.Summary, rules *xf.File) (*Result, diag.List) {
	m := &matcher{
		Result: &Result{
			Old: old.Program(), New: new.Program(), Rules: rules,
			Types:  map[*xf.TypeName]*ktt.Type{},
			Xforms: map[*xf.Part]*Value{},
		},
		pairs:    map[pairKey]*Pair{},
		reported: map[*ktt.Conflict]bool{},
	}
	if !m.checkPrograms() {
		return m.Result, m.diags
	}
	m.rules = m.indexRules(rules)
	for _, key := range m.New.Roots {
		m.root(key)
	}
	// The list grows while pairs lead to others.
	for i := 0; i < len(m.Pairs); i++ {
		m.comparePair(m.Pairs[i])
	}
	m.settleNeeds()
	m.traverse()
	m.checkTransformable()
	m.checkNames()
	m.rename()
	m.warnLostFunctions()
	m.warnUnused()
	m.diags.Sort()
	return m.Result, distinct(m.diags)
}

// distinct returns l without what it says twice: of a union of which only some
// uses tell which member is alive, the members are compared for either.
func distinct(l diag.List) diag.List {
	type said struct {
		pos  diag.Pos
		text string
	}
	seen := map[said]bool{}
	return slices.DeleteFunc(l, func(d *diag.Diagnostic) bool {
		k := said{d.Pos, d.Text}
		again := seen[k]
		seen[k] = true
		return again
	})
}

// A matcher holds the state of a comparison.
type matcher struct {
	*Result
	rules *ruleSet
	pairs map[pairKey]*Pair
	xuses []xformUse
	diags diag.List

	reported map[*ktt.Conflict]bool
}

// settleNeeds spreads needs from contained values until nothing changes.
func (m *matcher) settleNeeds() {
	for _, p := range m.Pairs {
		p.Need = p.own
	}
	for changed := true; changed; {
		changed = false
		// Pairs are met from the outside in: backwards is faster.
		for _, p := range slices.Backward(m.Pairs) {
			if n := p.contained(); n > p.Need {
				p.Need = n
				changed = true
			}
		}
	}
}

// contained returns the greatest need of what values of p contain.
func (p *Pair) contained() Need {
	if p.Body != nil {
		return p.Body.Need()
	}
	n := None
	for _, f := range p.Fields {
		if f.Value != nil && p.Transforms(f) {
			n = max(n, f.Value.Need())
		}
	}
	return n
}
