package match

import (
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/xf"
)

// A codeContext says what the code of a rule can refer to.
type codeContext struct {
	path     string // the new element
	hasOld   bool   // $in
	hasBase  bool   // $base
	generics []string
}

// An xformUse is a $xform, whose number of arguments can be checked only when
// all needs are known.
type xformUse struct {
	part *xf.Part
	path string
}

// code looks up what the forms in b stand for.
func (m *matcher) code(c codeContext, b *xf.Block) { m.parts(c, b.Parts) }

func (m *matcher) parts(c codeContext, parts []*xf.Part) {
	for _, part := range parts {
		switch part.Form {
		case xf.In:
			if !c.hasOld {
				m.diags.Errorf(part.Pos, "%s: $in not allowed in this context", c.path).
					Notef(diag.Pos{}, "an INIT rule has no old value; OLD -> NEW has one")
			}
		case xf.Base:
			if !c.hasBase {
				m.diags.Errorf(part.Pos, "%s: $base not allowed in this context", c.path).
					Notef(diag.Pos{}, "only rules about fields have an old container")
			}
		case xf.Gen:
			m.gen(c, part)
		case xf.OldType:
			m.typeNamed(m.Old, "old", part.Types[0])
		case xf.NewType:
			m.typeNamed(m.New, "new", part.Types[0])
		case xf.Xform:
			m.xform(c, part)
		}
	}
}

func (m *matcher) gen(c codeContext, part *xf.Part) {
	for _, g := range c.generics {
		if g == part.Text {
			return
		}
	}
	d := m.diags.Errorf(part.Pos, "%s: $gen(%s) not allowed in this context", c.path, part.Text)
	if len(c.generics) == 0 {
		d.Notef(diag.Pos{}, "the type has no generic parameters")
	} else {
		d.Notef(diag.Pos{}, "the type's generic parameters are %s", strings.Join(c.generics, ", "))
	}
}

// typeNamed returns the type of p that t names, and records it. It returns nil
// after it has reported that there is none.
func (m *matcher) typeNamed(p *ktt.Program, version string, t *xf.TypeName) *ktt.Type {
	var typ *ktt.Type
	ref := ktt.TypeRef{Kind: ktt.DefKind(t.Kind), Name: t.Name}
	if t.Kind == "" {
		ref.Kind = ktt.Typedef
	}
	switch {
	case t.Kind == "primitive":
		typ = primitive(t.Name)
	case p.Conflict(ref) != nil:
		d := m.diags.Errorf(t.Pos, "the %s version has two different types called %s", version, ref)
		for _, of := range p.Types {
			if p.NameInC(of.Ref()) == ref {
				d.Notef(typeAt(of), "one is %s", of.Ref())
			}
		}
		return nil
	case p.Type(ref) != nil:
		typ = &ktt.Type{Kind: ktt.Ref, Def: ref.Kind, Name: ref.Name}
	case t.Kind == "" && t.Name == "bool":
		typ = primitive("_Bool")
	default:
		d := m.diags.Errorf(t.Pos, "the summary of the %s version has no %s", version, ref)
		for _, k := range []ktt.DefKind{ktt.Struct, ktt.Union, ktt.Enum} {
			if other := (ktt.TypeRef{Kind: k, Name: t.Name}); t.Kind == "" && p.Type(other) != nil {
				d.Notef(diag.Pos{}, "did you mean %s? A name alone is a typedef", other)
				return nil
			}
		}
		hint{d}.didYouMean(ref.String(), typeNames(p))
		return nil
	}
	for range t.Stars {
		typ = &ktt.Type{Kind: ktt.Pointer, Elem: typ}
	}
	m.Types[t] = typ
	return typ
}

func primitive(name string) *ktt.Type {
	switch name {
	case "void":
		return &ktt.Type{Kind: ktt.Void}
	case "float", "double", "long double":
		return &ktt.Type{Kind: ktt.Float, Name: name}
	}
	return &ktt.Type{Kind: ktt.Int, Name: name}
}

// xform compares the two types of a $xform.
func (m *matcher) xform(c codeContext, part *xf.Part) {
	for _, arg := range part.Args {
		m.parts(c, arg)
	}
	a := m.typeNamed(m.Old, "old", part.Types[0])
	b := m.typeNamed(m.New, "new", part.Types[1])
	if a == nil || b == nil {
		return
	}
	if innermost(a).Kind != ktt.Ref || innermost(b).Kind != ktt.Ref {
		m.diags.Errorf(part.Pos, "Error: attempt to reference transformation code involving a primitive.").
			Notef(diag.Pos{}, "values of C's own types are copied: XF_RAW(sizeof(%s)) does that", b)
		return
	}
	s := &site{old: part.Types[0].String(), new: part.Types[1].String(), pos: part.Pos, inCode: true}
	v, d := m.compare(s, a, b)
	if d != nil {
		m.typeChange(s, a, b, d)
		return
	}
	m.Xforms[part] = v
	m.xuses = append(m.xuses, xformUse{part, c.path})
}

func innermost(t *ktt.Type) *ktt.Type {
	for t.Kind == ktt.Pointer {
		t = t.Elem
	}
	return t
}

// Target returns the value that v leads to behind all of its pointers.
func (v *Value) Target() *Value {
	for v.Op == Pointer {
		v = v.Elem
	}
	return v
}
