package randomupdate

import (
	"fmt"
	"strings"
)

// The two versions of a program. What has a side in each of them is an array
// that is indexed by these.
const (
	Old = 0
	New = 1
)

// A World is an independent part of a program: types, variables and functions
// with a prefix of their own. It describes both versions, and what the old one
// has in memory when it is updated.
type World struct {
	Seed   uint64
	Prefix string
	Decls  []Decl // so that what is contained by value comes first
	Vars   []*Var
	Funcs  []*Func
}

// Names has the name of something in each version, "" where it does not exist.
type Names [2]string

func (n Names) in(v int) bool { return n[v] != "" }

// both reports whether there is something to carry over.
func (n Names) both() bool { return n[Old] != "" && n[New] != "" }

// A Decl is a type that has a name: *Struct, *Union, *Enum or *Typedef.
type Decl interface {
	names() Names
	define(v int) string // in C
}

func (s *Struct) names() Names  { return Names{s.tag(Old), s.tag(New)} }
func (u *Union) names() Names   { return u.Name }
func (e *Enum) names() Names    { return e.Name }
func (t *Typedef) names() Names { return t.Name }

// A Style is a way to define a structure.
type Style int

const (
	Tagged    Style = iota // struct s { ... };
	Both                   // typedef struct s s; struct s { ... };
	Anonymous              // typedef struct { ... } s;
	Inline                 // struct { ... } where it is used, in a field of another structure
)

// A Struct has fields in the order of each version. Params makes it generic.
type Struct struct {
	Name   Names // not of one that is Inline
	Style  Style
	Params []string
	Fields [2][]*Field
	Code   bool    // one rule makes it as a whole; it has fields of numbers only
	Open   bool    // ends in a flexible array
	Outer  *Struct // of one that is Inline: the structure in which it is
	Field  *Field  // and the field of which it is the type
}

// tag is the name by which rules refer to the structure.
func (s *Struct) tag(v int) string {
	switch s.Style {
	case Anonymous:
		return "__anonstruct_" + s.Name[v]
	case Inline:
		return "__anonstruct_" + s.Outer.Name[v] + "_" + s.Field.Name[v]
	}
	return s.Name[v]
}

// A Field is in one or both versions of its structure. If its types differ, Conv
// says how the new value is made; without Conv they are arrays of other lengths.
type Field struct {
	Name   Names
	Type   [2]*Type
	Bits   [2]int
	Conv   *Conversion
	Init   *Init // instead of the old value, if there is one
	Pinned bool  // a length or a discriminator: something depends on its value

	Explicit bool // code does what would happen without it
}

// An Init is the value of something new: a constant, to which the old value of
// another field of the structure may be added.
type Init struct {
	Const int64
	Base  *Field
}

// A Conversion is code that makes a number out of one of another type, and an
// array of numbers out of another one.
type Conversion struct{ Factor, Offset int64 }

// A Union has members of which the field before it in a structure says which one
// is alive. If it is Told, annotations say so as well. Otherwise the members are
// raw data; but with Follow, the first one is a pointer, and the rule of the
// field follows it. The new version may have more of them.
type Union struct {
	Name    Names
	Members []*Type
	Added   int // so many of them, at the end, are new
	Told    bool
	Follow  bool
}

// An Enum has enumerators with values in each version; new ones have no name in
// the old.
type Enum struct {
	Name   Names
	Values []*Enumerator
}

// An Enumerator is a value of the model as well.
type Enumerator struct {
	Name  Names
	Value [2]int64
}

// moved reports whether an enumerator has another value or name in the new
// version.
func (e *Enum) moved() bool {
	for _, x := range e.Values {
		if x.Name.both() && (x.Value[Old] != x.Value[New] || x.Name[Old] != x.Name[New]) {
			return true
		}
	}
	return false
}

// byName reports whether the names of the enumerators alone tell what becomes of
// their numbers.
func (e *Enum) byName() bool {
	for _, x := range e.Values {
		if x.Name.in(Old) && x.Name[Old] != x.Name[New] {
			return false
		}
	}
	return !e.flags(Old) && !e.flags(New)
}

// flags reports whether the numbers could be sets of flags: there are several,
// each is made of powers of two that are there too, and they are not 1, 2, 3...
func (e *Enum) flags(v int) bool {
	values := map[int64]bool{}
	most := int64(0)
	for _, x := range e.Values {
		if x.Name.in(v) && x.Value[v] != 0 {
			values[x.Value[v]] = true
			most = max(most, x.Value[v])
		}
	}
	for n := range values {
		for bit := int64(1); bit <= n; bit <<= 1 {
			if n&bit != 0 && !values[bit] {
				return false
			}
		}
		if n < 0 {
			return false
		}
	}
	return len(values) > 1 && most != int64(len(values))
}

// A Typedef is another name for a type.
type Typedef struct {
	Name Names
	Type [2]*Type
	Conv *Conversion
}

// A Linkage says where a variable is defined.
type Linkage int

const (
	Global   Linkage = iota
	Static           // at file scope
	InFunc           // static, in a function that returns its address
	Noted            // a local variable of main
	Linkages         // their number
)

// A Var is a variable of one or both versions.
type Var struct {
	Name    Names
	Linkage [2]Linkage
	Func    Names // of InFunc: the function
	Type    [2]*Type
	Conv    *Conversion
	Init    *int64 // a rule gives it this value; one that is new and has none keeps what its definition gives it
	Object  *Object
	Const   bool // is not migrated, but pointers lead to it
	Manual  bool // is migrated by a macro

	Explicit bool  // code does what would happen without it
	Pointed  int   // so many elements of it have to stay: pointers lead to them
	First    int64 // what the new version initialises numbers with
}

// key is the name of the variable in rules.
func (x *Var) key(v int) string {
	switch x.Linkage[v] {
	case Static:
		return File + "/" + x.Name[v]
	case InFunc:
		return File + "/" + x.Func[v] + "#" + x.Name[v]
	case Noted:
		return "main#" + x.Name[v]
	}
	return x.Name[v]
}

// lvalue is an expression for the variable.
func (x *Var) lvalue(v int) string {
	switch x.Linkage[v] {
	case InFunc:
		return "(*(" + x.Type[v].spell(v, "(*)") + ")" + x.Func[v] + "())"
	case Noted: // functions get its address
		return "(*" + x.Name[v] + ")"
	}
	return x.Name[v]
}

// A Func can be pointed to. It is also a value of the model.
type Func struct {
	Name   Names
	Static [2]bool
}

func (f *Func) key(v int) string {
	if f.Static[v] {
		return File + "/" + f.Name[v]
	}
	return f.Name[v]
}

// A Kind is a kind of C types.
type Kind int

const (
	Number Kind = iota
	Named       // Decl, and Args for a generic structure
	Pointer
	Array
	Text     // char *
	Function // int (*)(int)
	Param    // the type that a generic parameter stands for; Direct if it is in the place of a pointer
)

// A Shape says what a pointer leads to.
type Shape int

const (
	One     Shape = iota
	Many          // Len elements, or as many as the field Length says
	ToZero        // pointers up to a NULL; of Text: it is annotated as such
	Opaque        // is not followed
	Untyped       // a void *; the rule says what it leads to
	Discern       // not a pointer: a union of which the field Length says which member is alive
)

// A Type is a type of C, in both versions: names may differ in them. Types are
// not changed once they are made, so that they can be shared.
type Type struct {
	Kind   Kind
	Number *number
	Decl   Decl
	Args   []*Type
	Elem   *Type
	Shape  Shape
	Len    int    // of an array or of Many
	Length *Field // of Many or Discern, or of an array that is flexible
	Param  string
	Direct bool
}

// spell is the declaration of a name with the type, without annotations.
func (t *Type) spell(v int, name string) string { return t.declare(v, name, false) }

// declare is the declaration of a name with the type. An annotation of a pointer
// follows its *.
func (t *Type) declare(v int, name string, annotated bool) string {
	switch t.Kind {
	case Pointer:
		annotation := ""
		switch {
		case t.Shape == Untyped:
			return "void *" + name
		case !annotated:
		case t.Shape == Many && t.Length != nil:
			annotation = "E_PTRARRAY(self." + t.Length.Name[v] + ") "
		case t.Shape == Many:
			annotation = fmt.Sprintf("E_PTRARRAY(%d) ", t.Len)
		case t.Shape == ToZero:
			annotation = "E_SZ "
		case t.Shape == Opaque:
			annotation = "E_OPAQUE "
		}
		return t.Elem.declare(v, "*"+annotation+name, annotated)
	case Array:
		length := fmt.Sprint(t.Len)
		if t.Length != nil {
			length = "E_ARRAY(self." + t.Length.Name[v] + ")"
		}
		return t.Elem.declare(v, name+"["+length+"]", annotated)
	case Text:
		if annotated && t.Shape == ToZero {
			return "char *E_SZ " + name
		}
		return "char *" + name
	case Function:
		return "int (*" + name + ")(int)"
	case Param:
		if t.Direct {
			return "void *E_T(@" + t.Param + ") " + name
		}
		return "void E_T(@" + t.Param + ") " + name
	}
	if u, ok := t.Decl.(*Union); ok && annotated && u.Told {
		name = "E_UNION(self." + t.Length.Name[v] + ") " + name
	}
	return strings.TrimSuffix(t.base(v, annotated)+" "+name, " ")
}

// base is the spelling of a type with a name, and of its arguments.
func (t *Type) base(v int, annotated bool) string {
	if t.Kind == Number {
		return t.Number.Name
	}
	if d, ok := t.Decl.(*Struct); ok && d.Style == Inline {
		return d.define(v)
	}
	s := reference(t.Decl, v)
	if annotated && len(t.Args) > 0 {
		s += " E_G(" + t.arguments(v) + ")"
	}
	return s
}

func (t *Type) arguments(v int) string {
	var list []string
	for _, a := range t.Args {
		list = append(list, a.argument(v))
	}
	return strings.Join(list, ", ")
}

// argument is the spelling of the type as a generic argument.
func (t *Type) argument(v int) string {
	switch {
	case t.Kind == Param:
		return "@" + t.Param
	case t.Kind == Pointer && t.Shape == Opaque:
		return "[opaque]"
	case t.Kind == Text:
		return "char*"
	case t.Kind == Pointer:
		return t.Elem.argument(v) + "*"
	case len(t.Args) > 0:
		return reference(t.Decl, v) + "<" + t.arguments(v) + ">"
	}
	return t.base(v, false)
}

// reference is how C refers to a named type.
func reference(d Decl, v int) string {
	switch d := d.(type) {
	case *Struct:
		if d.Style == Anonymous || d.Style == Both {
			return d.Name[v]
		}
		return "struct " + d.tag(v)
	case *Union:
		return "union " + d.Name[v]
	case *Enum:
		return "enum " + d.Name[v]
	case *Typedef:
		return d.Name[v]
	}
	panic("not a declaration")
}

// path is how rules refer to a named type.
func path(d Decl, v int) string {
	switch d := d.(type) {
	case *Typedef:
		return "typedef " + d.Name[v]
	case *Struct:
		if d.Style == Anonymous {
			return "typedef " + d.Name[v]
		}
		return "struct " + d.tag(v)
	}
	return reference(d, v)
}

// resolve replaces generic parameters.
func (t *Type) resolve(env map[string]*Type) *Type {
	if t == nil || len(env) == 0 {
		return t
	}
	if t.Kind == Param {
		return env[t.Param]
	}
	r := *t
	r.Elem = t.Elem.resolve(env)
	r.Args = nil
	for _, a := range t.Args {
		r.Args = append(r.Args, a.resolve(env))
	}
	return &r
}

// under follows typedefs.
func (t *Type) under(v int) *Type {
	for t.Kind == Named {
		d, ok := t.Decl.(*Typedef)
		if !ok {
			break
		}
		t = d.Type[v]
	}
	return t
}

// env is what the parameters of a structure of this type stand for.
func (t *Type) env() map[string]*Type {
	s, ok := t.Decl.(*Struct)
	if !ok || len(s.Params) == 0 {
		return nil
	}
	env := map[string]*Type{}
	for i, p := range s.Params {
		env[p] = t.Args[i]
	}
	return env
}

// same reports whether two types are the same in the old version. A typedef of
// numbers is a type of its own: they may become others.
func same(a, b *Type) bool {
	a, b = a.strip(), b.strip()
	return a.declare(Old, "", true) == b.declare(Old, "", true)
}

// strip follows typedefs as long as they make no difference.
func (t *Type) strip() *Type {
	for t.Kind == Named {
		d, ok := t.Decl.(*Typedef)
		if !ok || d.Type[Old].Kind == Number {
			break
		}
		t = d.Type[Old]
	}
	return t
}

// Values. A value is one of
//
//	int64, float64      a number
//	*Enumerator, *Func  nil for a NULL
//	*String             nil for a NULL
//	Ref                 a pointer
//	[]Value             the elements of an array
//	Fields              of a structure
//	Member              of a union
type Value any

// A String is a string in the heap or a literal. In the heap it begins with an
// h, so that a program can tell: of literals the address does not matter.
type String struct{ Text string }

func (s *String) inHeap() bool { return s.Text[0] == 'h' }

// A Ref is a pointer to an element of an object, or NULL.
type Ref struct {
	To    *Object
	Index int
}

// Fields has the value of each field.
type Fields map[*Field]Value

// A Member is the value of one member of a union.
type Member struct {
	Index int
	Value Value
}

// An Object is a block in the heap or a variable: elements of one type. Var is
// set for a variable; if its type is not an array, it has one element.
type Object struct {
	Elem  *Type
	Elems []Value
	Var   *Var
}
