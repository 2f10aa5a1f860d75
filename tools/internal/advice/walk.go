package advice

import (
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

// A place is where the program declares something that an update carries over:
// a variable, a field or a typedef.
type place struct {
	pos     diag.Pos
	in      *ktt.TypeDef // of a field; or the typedef itself; or nil
	field   *ktt.Field   // or nil
	name    string       // in the program; an unnamed member has none
	typ     *ktt.Type
	element string // as rules name it
}

// declaration returns the place with another type, as the program would have
// it. Qualifiers are not there, nor what a type without a name consists of.
func (p *place) declaration(t *ktt.Type) string {
	base := t
	for base.Elem != nil && base.Kind != ktt.FuncT {
		base = base.Elem
	}
	if strings.HasPrefix(base.Name, "__anon") {
		text := strings.Replace(base.String(), base.Name, "{ ... }", 1)
		t = replace(t, base, &ktt.Type{Kind: ktt.Opaque, Name: text})
	}
	text := t.Annotated(p.name) + ";"
	if p.in != nil && p.field == nil {
		return "typedef " + text
	}
	return text
}

// walk finds the places that an update comes to, from the variables that it
// carries over through all that they lead to. Types of libraries are not the
// program's to annotate.
func (a *adviser) walk() {
	for _, key := range a.Roots {
		if v := a.Var(key); v != nil {
			a.places = append(a.places, a.variable(v))
		}
	}
	// The list grows while places lead to others.
	for i := 0; i < len(a.places); i++ {
		a.definitions(a.places[i].typ, a.reach)
	}
}

// reach adds the places in a definition that an update comes to.
func (a *adviser) reach(d *ktt.TypeDef) {
	if a.reached[d] || d.System {
		return
	}
	a.reached[d] = true
	switch d.Kind {
	case ktt.Typedef:
		a.places = append(a.places, &place{pos: diag.Pos{File: d.File, Line: d.Line}, in: d, name: d.Name,
			typ: d.Type, element: d.Ref().String()})
	case ktt.Struct, ktt.Union:
		for _, f := range d.Fields {
			// Of a member of a union without a case the bits are copied.
			if f.Name != "" && (d.Kind == ktt.Struct || len(f.Cases) > 0) {
				a.places = append(a.places, a.field(d, f))
			}
		}
	}
}

func (a *adviser) variable(v *ktt.Var) *place {
	k := ktt.ParseKey(v.Key)
	file := k.File
	if file == "" {
		file = a.VarFile(v.Key)
	}
	return &place{pos: diag.Pos{File: file, Line: v.Line}, name: k.Name, typ: v.Type, element: v.Key}
}

func (a *adviser) field(d *ktt.TypeDef, f *ktt.Field) *place {
	owner, _ := a.Owner(d)
	p := &place{pos: diag.Pos{File: d.File, Line: f.Line}, in: d, field: f, name: f.Name, typ: f.Type,
		element: a.KnownAs(owner).String() + "." + f.Name}
	if f.Unnamed {
		p.name = ""
	}
	if f.Line == 0 {
		p.pos.Line = d.Line
	}
	return p
}

// definitions calls f for the definitions that values of type t lead an update
// to at once.
func (a *adviser) definitions(t *ktt.Type, f func(*ktt.TypeDef)) {
	switch t.Kind {
	case ktt.Pointer:
		if follows(t) {
			a.definitions(t.Elem, f)
		}
	case ktt.Array:
		a.definitions(t.Elem, f)
	case ktt.Ref:
		for _, arg := range t.Args {
			for arg.Pointer != nil {
				arg = arg.Pointer
			}
			if arg.Type != nil {
				a.definitions(arg.Type, f)
			}
		}
		if d := a.Type(t.Ref()); d != nil {
			f(d)
		}
	}
}

// follows reports whether an update follows a pointer as its type says.
func follows(t *ktt.Type) bool { return t.Shape != ktt.NoLook && t.Param == "" }
