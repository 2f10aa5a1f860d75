package match

import (
	"fmt"
	"slices"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/xf"
)

// A site is the element of the two versions whose types are being compared.
type site struct {
	old, new     string   // as in rules
	oldAt, newAt diag.Pos // where they are declared
	in           *Pair    // the types whose field or alias it is, or nil

	// The rule that brought the two together, or else the new declaration.
	pos   diag.Pos
	ruled bool

	// How the old structure leads to a field of the new one, which may be a path
	// of fields. It returns "" for a field that has no counterpart.
	oldPath func(path string) string

	// Set if arrays may differ in length, because a rule says that one
	// becomes the other.
	prefix bool

	// Set for the type behind a typedef of a union if it is known which member
	// is alive.
	told bool

	// Set for the types of a $xform, which no rule of their own is about.
	inCode bool

	// Set if only the question matters whether the types are equal: no pair is
	// made of what is compared.
	probe bool
}

// A difference is what keeps two types from being equal, as deep inside them
// as it is.
type difference struct {
	old, new *ktt.Type
	why      string // or ""
}

// compare returns what is done with values of type a to make values of type b,
// or what keeps that from being known.
func (m *matcher) compare(s *site, a, b *ktt.Type) (*Value, *difference) {
	differ := func(format string, args ...any) (*Value, *difference) {
		return nil, &difference{a, b, fmt.Sprintf(format, args...)}
	}
	if a.Kind != b.Kind {
		return differ("")
	}
	v := &Value{Old: a, New: b}
	switch b.Kind {
	case ktt.Ref:
		return m.compareRefs(s, a, b)
	case ktt.Void:
		if a.Param != b.Param {
			return differ("the generic parameters differ")
		}
		v.Op, v.Param = Unknown, b.Param
		if v.Param != "" {
			v.Op = Parameter
		}
	case ktt.Int, ktt.Float, ktt.Opaque:
		if a.Name != b.Name || a.Size != b.Size {
			return differ("")
		}
	case ktt.VaList:
	case ktt.FuncT:
		v.Op = Unknown
	case ktt.Pointer:
		return m.comparePointers(s, a, b)
	case ktt.Array:
		v.Op = Array
		if v.Count = a.Len; !sameLength(s, a.Len, b.Len) {
			if !s.prefix || !isConst(a.Len) || !isConst(b.Len) {
				return differ("the arrays differ in length")
			}
			v.Count = &ktt.Length{Const: min(a.Len.Const, b.Len.Const)}
		}
		inner := *s
		inner.prefix = false // only the outermost dimension may grow
		var d *difference
		if v.Elem, d = m.compare(&inner, a.Elem, b.Elem); d != nil {
			return nil, d
		}
	}
	return v, nil
}

func (m *matcher) comparePointers(s *site, a, b *ktt.Type) (*Value, *difference) {
	v := &Value{Old: a, New: b}
	switch {
	case a.Param != b.Param:
		return nil, &difference{a, b, "the generic parameters differ"}
	case a.Shape != b.Shape:
		return nil, &difference{a, b, "the annotations of the pointers differ"}
	case !slices.Equal(a.Custom, b.Custom):
		return nil, &difference{a, b, "the allocators differ"}
	case a.Shape == ktt.Many && !sameLength(s, a.Len, b.Len):
		return nil, &difference{a, b, "the numbers of elements differ"}
	case b.Shape == ktt.NoLook:
		return v, nil
	case b.Param != "":
		v.Op, v.Param = Parameter, b.Param
		return v, nil
	case isFunc(m.Old, a.Elem) && isFunc(m.New, b.Elem):
		// Whatever the functions' types: a pointer leads to the successor.
		v.Op = FuncPtr
		return v, nil
	}
	inner := *s
	inner.prefix = false
	var d *difference
	if v.Elem, d = m.compare(&inner, a.Elem, b.Elem); d != nil {
		return nil, d
	}
	switch b.Shape {
	case ktt.One:
		v.Op = Pointer
	case ktt.Many:
		v.Op, v.Count = Elements, a.Len
	case ktt.ToZero:
		v.Op = ToZero
	}
	return v, nil
}

func isFunc(p *ktt.Program, t *ktt.Type) bool { return p.Underlying(t).Kind == ktt.FuncT }

func isConst(l *ktt.Length) bool { return l != nil && l.Field == "" }

// sameLength compares the lengths of an old and a new array. Fields are
// followed through the rules that rename them.
func sameLength(s *site, a, b *ktt.Length) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.Field == "" || b.Field == "" {
		return *a == *b
	}
	if s.oldPath == nil {
		return a.Field == b.Field
	}
	return a.Field == s.oldPath(b.Field)
}

// compareRefs compares two references to types by what the rules say about
// them, or else by their names.
func (m *matcher) compareRefs(s *site, a, b *ktt.Type) (*Value, *difference) {
	var rule *xf.Label
	if r := m.forTypes(a.Ref(), b.Ref()); r != nil {
		rule = r.Label
	} else if !m.sameName(a.Ref(), b.Ref()) {
		return nil, &difference{a, b, ""}
	}
	v := &Value{Op: ByPair, Old: a, New: b, Teller: a.Teller}
	if !s.probe {
		v.Pair = m.pair(s, pairKey{a.Ref(), b.Ref(), s.told || a.Teller != ""}, rule)
	}
	from, to := m.Old.Type(a.Ref()), m.New.Type(b.Ref())
	if from == nil || to == nil {
		return v, nil // comparePair reports it
	}
	if len(a.Args) != len(from.Generics) || len(b.Args) != len(to.Generics) {
		v.badArgs = true
		return v, nil
	}
	for i, param := range to.Generics {
		j := slices.Index(from.Generics, param)
		if j < 0 {
			return v, nil // comparePair reports it
		}
		arg, d := m.compareArgs(s, a.Args[j], b.Args[i])
		if d != nil {
			return nil, d
		}
		v.Args = append(v.Args, arg)
	}
	return v, nil
}

// sameName reports whether two types are called the same. What has no name of
// its own is called as what it is found in, which has been compared already.
func (m *matcher) sameName(old, new ktt.TypeRef) bool {
	if m.Old.NameInC(old) == m.New.NameInC(new) {
		return true
	}
	a, b := m.Old.Type(old), m.New.Type(new)
	return a != nil && b != nil && a.Anonymous && b.Anonymous && a.Kind == b.Kind
}

// compareArgs compares two arguments of generic types.
func (m *matcher) compareArgs(s *site, a, b *ktt.GenericArg) (*Value, *difference) {
	v := &Value{Old: argType(a), New: argType(b)}
	switch {
	case a.Opaque && b.Opaque:
		return v, nil
	case a.Param != "" && a.Param == b.Param:
		v.Op, v.Param = Parameter, b.Param
		return v, nil
	case a.Pointer != nil && b.Pointer != nil:
		if isFunc(m.Old, v.Old.Elem) && isFunc(m.New, v.New.Elem) {
			v.Op = FuncPtr
			return v, nil
		}
		var d *difference
		v.Op = Pointer
		v.Elem, d = m.compareArgs(s, a.Pointer, b.Pointer)
		return v, d
	case a.Type != nil && b.Type != nil:
		return m.compare(s, a.Type, b.Type)
	}
	return nil, &difference{v.Old, v.New, "the generic arguments differ"}
}

// argType returns the C type of values that a generic argument describes.
func argType(a *ktt.GenericArg) *ktt.Type {
	void := &ktt.Type{Kind: ktt.Void}
	switch {
	case a.Type != nil:
		return a.Type
	case a.Pointer != nil:
		return &ktt.Type{Kind: ktt.Pointer, Elem: argType(a.Pointer)}
	case a.Opaque:
		return &ktt.Type{Kind: ktt.Pointer, Elem: void, Shape: ktt.NoLook}
	}
	return &ktt.Type{Kind: ktt.Void, Param: a.Param}
}

// root compares the variable with the key in the new version to the one that
// it comes from.
func (m *matcher) root(key string) {
	v := &Var{New: m.New.Var(key)}
	if v.New == nil {
		m.missingRoot(key)
		return
	}
	oldKey := key
	if r := m.forVar(key); r != nil {
		v.Rule, oldKey = r.Label, r.oldKey
		if r.Old == nil {
			m.code(codeContext{path: key}, r.Code)
			m.Vars = append(m.Vars, v)
			return
		}
	}
	s := m.varSite(oldKey, key, v.Rule)
	if v.Old = m.Old.Var(oldKey); v.Old == nil {
		m.missingOldVar(s, v.New)
		return
	}
	if v.Code() != nil {
		m.code(codeContext{path: key, hasOld: true}, v.Code())
		m.Vars = append(m.Vars, v)
		return
	}
	value, d := m.compare(s, v.Old.Type, v.New.Type)
	if d != nil {
		m.typeChange(s, v.Old.Type, v.New.Type, d)
		return
	}
	v.Value = value
	m.Vars = append(m.Vars, v)
}

// varSite returns the site of a variable, about which there may be a rule.
func (m *matcher) varSite(old, new string, rule *xf.Label) *site {
	s := &site{old: old, new: new, oldAt: varAt(m.Old, old), newAt: varAt(m.New, new)}
	s.ruledBy(rule)
	return s
}

// varAt returns where a variable is defined, as far as that is known.
func varAt(p *ktt.Program, key string) diag.Pos {
	at := diag.Pos{File: p.VarFile(key)}
	if file := ktt.ParseKey(key).File; file != "" {
		at.File = file
	}
	if v := p.Var(key); v != nil {
		at.Line = v.Line
	}
	return at
}

func typeAt(d *ktt.TypeDef) diag.Pos { return diag.Pos{File: d.File, Line: d.Line} }

// fieldAt returns where a field is declared, or else its type.
func fieldAt(d *ktt.TypeDef, f *ktt.Field) diag.Pos {
	at := typeAt(d)
	if f.Line != 0 {
		at.Line = f.Line
	}
	return at
}

// ruledBy notes the rule that brought together what is compared, or that there
// is none.
func (s *site) ruledBy(rule *xf.Label) {
	s.pos, s.ruled = s.newAt, rule != nil
	if s.ruled {
		s.pos = rule.Pos
		s.prefix = rule.Code == nil
	}
}

// A pairKey is what tells pairs apart.
type pairKey struct {
	old, new ktt.TypeRef
	told     bool
}

// pair returns the pair of two types, and puts it on the list to be compared
// when it is met for the first time.
func (m *matcher) pair(s *site, key pairKey, rule *xf.Label) *Pair {
	p := m.pairs[key]
	if p == nil {
		p = &Pair{Old: m.Old.Type(key.old), New: m.New.Type(key.new), Told: key.told, Rule: rule, via: s}
		p.failed = m.missingTypes(s, key.old, key.new)
		m.pairs[key] = p
		if !p.failed {
			m.Pairs = append(m.Pairs, p)
		}
	}
	return p
}
