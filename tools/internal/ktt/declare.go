package ktt

import (
	"fmt"
	"strconv"
	"strings"
)

// String returns t as C with Kitsune's annotations, without a name:
// char *[16], struct list E_G(int) * E_OPAQUE.
func (t *Type) String() string { return declarer{spellAnnotated, true}.declare(t, "") }

// Annotated returns the C declaration of name with type t and its annotations,
// as it would be written in a source.
func (t *Type) Annotated(name string) string {
	return strings.ReplaceAll(declarer{spellAnnotated, true}.declare(t, name), "* E_", "*E_")
}

// Declare returns the C declaration of name with type t, or the type alone if
// name is empty. Annotations are left out. Every type that is neither pointer,
// array nor function is written as spell says.
func (t *Type) Declare(name string, spell func(*Type) string) string {
	return declarer{spell, false}.declare(t, name)
}

type declarer struct {
	spell    func(*Type) string
	annotate bool
}

func (d declarer) declare(t *Type, name string) string {
	switch t.Kind {
	case Pointer:
		name = "*" + d.pointerNote(t, name)
		if t.Elem.Kind == Array || t.Elem.Kind == FuncT {
			name = "(" + name + ")"
		}
		return d.declare(t.Elem, name)
	case Array:
		return d.declare(t.Elem, name+"["+d.arrayLen(t.Len)+"]")
	case FuncT:
		params := make([]string, 0, len(t.Params)+1)
		for _, p := range t.Params {
			params = append(params, d.declare(p, ""))
		}
		if t.Variadic {
			params = append(params, "...")
		}
		switch {
		case len(params) == 0:
			params = []string{"void"}
		case len(t.Params) == 0:
			params = nil // (...) alone is not C17
		}
		return d.declare(t.Elem, name+"("+strings.Join(params, ", ")+")")
	}
	base := d.spell(t)
	if name == "" {
		return base
	}
	return base + " " + name
}

// pointerNote returns the annotation after the * of t and what follows it.
func (d declarer) pointerNote(t *Type, name string) string {
	if !d.annotate {
		return name
	}
	note := ""
	switch {
	case t.Param != "":
		note = "E_T(@" + t.Param + ")"
	case t.Shape == NoLook:
		note = "E_OPAQUE"
	case t.Shape == Many:
		note = "E_PTRARRAY(" + t.Len.String() + ")"
	case t.Shape == ToZero:
		note = "E_SZ"
	case t.Said:
		note = "E_PTR"
	}
	if len(t.Custom) == 2 {
		note = strings.TrimPrefix(note+" E_CUSTOM("+t.Custom[0]+", "+t.Custom[1]+")", " ")
	}
	if note == "" {
		return name
	}
	return strings.TrimSuffix(" "+note+" "+name, " ")
}

func (d declarer) arrayLen(l *Length) string {
	switch {
	case l == nil && d.annotate:
		return ""
	case l == nil:
		return "0" // as a member anywhere, where [] would not be allowed
	case l.Field == "":
		return strconv.FormatInt(l.Const, 10)
	case d.annotate:
		return "E_ARRAY(" + l.String() + ")"
	}
	return "0"
}

// String returns l as the argument of E_PTRARRAY.
func (l *Length) String() string {
	if l.Field != "" {
		return "self." + l.Field
	}
	return strconv.FormatInt(l.Const, 10)
}

func spellAnnotated(t *Type) string {
	switch t.Kind {
	case Void:
		if t.Param != "" {
			return "void E_T(@" + t.Param + ")"
		}
		return "void"
	case VaList:
		return "va_list"
	case Ref:
		s := t.Name
		if t.Def != Typedef {
			s = t.Ref().String()
		}
		if len(t.Args) > 0 {
			args := make([]string, len(t.Args))
			for i, a := range t.Args {
				args[i] = a.String()
			}
			s += fmt.Sprintf(" E_G(%s)", strings.Join(args, ", "))
		}
		if t.Teller != "" {
			s += " E_UNION(self." + t.Teller + ")"
		}
		return s
	}
	return t.Name
}

// String returns a as an argument of E_G.
func (a *GenericArg) String() string {
	switch {
	case a.Opaque:
		return "[opaque]"
	case a.Param != "":
		return "@" + a.Param
	case a.Pointer != nil:
		return a.Pointer.String() + "*"
	case a.Type.Kind == Ref && len(a.Type.Args) > 0:
		args := make([]string, len(a.Type.Args))
		for i, b := range a.Type.Args {
			args[i] = b.String()
		}
		bare := *a.Type
		bare.Args = nil
		return bare.String() + "<" + strings.Join(args, ", ") + ">"
	}
	return a.Type.String()
}
