package cfront

import (
	"strconv"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

// Kind tells the forms of [Type] apart.
type Kind uint8

const (
	Void Kind = iota
	Int
	Float
	Pointer
	Array
	Func
	Named  // a structure, union, enumeration or typedef
	VaList // __builtin_va_list
	Other  // known to the compiler only
)

// A Type is a type with its annotations.
type Type struct {
	Kind     Kind
	Const    bool
	Volatile bool

	// Name is C's spelling of an Int or Float, or "" if an attribute decides
	// which one it is. For Other it is as in the source. For a Named without
	// Def, which only occurs as a generic argument, it is the name that the
	// unit does not declare.
	Name string
	Tag  ktt.DefKind // of a Named without Def

	Def  *Def  // Named
	Elem *Type // target of a Pointer, element of an Array, result of a Func

	Open bool // an Array whose declaration leaves the length open

	Params   []*Type // Func
	Variadic bool

	// Annotations.
	Shape  ktt.Shape // Pointer
	Said   bool      // Pointer: by E_PTR, that it leads to one object
	Count  *Count    // Pointer with shape Many, open Array
	Param  string    // Void, Pointer: the generic parameter, without @
	Args   []*Arg    // Named
	Teller string    // Named, a union: the path of the field that tells which member is alive
	Custom []string  // Pointer: allocator and deallocator
}

// A Count is a number of elements: a constant C expression, or a field of the
// enclosing structure (a path with dots is possible).
type Count struct {
	Expr, Field string

	Off int // offset of the annotation
}

// An Arg is an argument of E_G; see [ktt.GenericArg].
type Arg struct {
	Param   string
	Type    *Type
	Pointer *Arg
	Opaque  bool
}

// A Def is the definition, or only the declaration, of a named type. Anonymous
// structures, unions and enumerations have names too, made of the path that
// leads to them.
type Def struct {
	Kind ktt.DefKind
	Name string

	// Tag is the name in the program, or "".
	Tag string

	Off      int // offset of the definition
	Complete bool
	Generics []string

	// Block is set for a type that a function declares. Declarations from the
	// offset After on, in its block, can mention it.
	Block bool
	After int

	Fields []*Field
	Values []string // enumerators
	Type   *Type    // typedef

	// Unnamed is set if a structure or union has unnamed members that are
	// structures or unions, or has fields whose anonymous types have. C has
	// no expression for the types of such members; Copy returns a definition
	// with the same layout in which they have names.
	Unnamed bool

	fn         string // the function that declares it
	lo, hi     int    // tokens of the specifier of a structure or union
	unresolved []selfRef

	undeclared []genericUse // that neither the type nor, so far, what is around it declares
}

// A Field is a member of a structure or union.
type Field struct {
	Off     int    // offset of the declaration
	Name    string // "" for an unnamed bit-field
	Unnamed bool   // Name is ours
	Type    *Type
	Bits    string // a bit-field's width, as a C expression

	Cases []*Count // of a union's member: the values with which it is alive
}

// An Object is a variable.
type Object struct {
	Name string
	Func string // the function that declares it, or ""
	Off  int    // offset of the name in the definition
	Type *Type

	// Key is the name that the keys of statics contain: Name, but for the
	// second and later variables of a name in one function.
	Key string

	Static      bool // internal linkage, or static in a function
	ThreadLocal bool
	Register    bool // has no address

	Auto, Manual bool // E_AUTO_MIGRATE, E_MANUAL_MIGRATE

	// After is the offset after the declaration of a variable in a function:
	// there, declarations can mention it.
	After int

	defined bool
}

// Incomplete reports whether the variable is an array without a known length,
// which the compiler makes one of a single element.
func (o *Object) Incomplete() bool {
	return o.Type.Kind == Array && o.Type.Open
}

// Resolve follows typedefs. Qualifiers of the typedef's use are lost.
func (t *Type) Resolve() *Type {
	for t.Kind == Named && t.Def != nil && t.Def.Kind == ktt.Typedef {
		t = t.Def.Type
	}
	return t
}

// ReadOnly reports whether an object of the type is const, through typedefs
// and all array levels.
func (t *Type) ReadOnly() bool {
	switch {
	case t.Const:
		return true
	case t.Kind == Array:
		return t.Elem.ReadOnly()
	case t.Kind == Named && t.Def != nil && t.Def.Kind == ktt.Typedef:
		return t.Def.Type.ReadOnly()
	}
	return false
}

// Qualified reports whether the type is const or volatile in any way that the
// address of an object shows.
func (t *Type) Qualified() bool {
	switch {
	case t.Const || t.Volatile:
		return true
	case t.Kind == Array:
		return t.Elem.Qualified()
	case t.Kind == Named && t.Def != nil && t.Def.Kind == ktt.Typedef:
		return t.Def.Type.Qualified()
	}
	return false
}

// Complete reports whether the type has a size.
func (t *Type) Complete() bool {
	switch t = t.Resolve(); t.Kind {
	case Void, Func:
		return false
	case Array:
		return !t.Open && t.Elem.Complete()
	case Named:
		return t.Def != nil && t.Def.Complete
	}
	return true
}

// intName returns C's spelling of the integer type that the words of a
// declaration name in any order, or "".
func intName(words []string) string {
	var signed, unsigned, long int
	base := ""
	for _, w := range words {
		switch w {
		case "signed", "__signed", "__signed__":
			signed++
		case "unsigned":
			unsigned++
		case "long":
			long++
		case "int":
			if base == "" {
				base = "int"
			}
		case "char", "short", "_Bool", "bool", "__int128", "__int128_t", "__uint128_t":
			base = w
		default:
			return ""
		}
	}
	name := base
	switch base {
	case "_Bool", "bool":
		return "_Bool"
	case "__int128_t":
		return "__int128"
	case "__uint128_t":
		return "unsigned __int128"
	case "char":
		if signed > 0 {
			return "signed char"
		}
	case "", "int":
		name = [...]string{"int", "long", "long long"}[min(long, 2)]
	}
	if unsigned > 0 {
		return "unsigned " + name
	}
	return name
}

// floatName does the same for floating types.
func floatName(words []string) string {
	name, complex := "", ""
	for _, w := range words {
		switch w {
		case "_Complex", "__complex", "__complex__":
			complex = "_Complex "
		case "long":
			name = "long " + name
		case "double":
			name += "double"
		case "float", "__float80", "__float128", "__ibm128", "__bf16", "__fp16", "_Float16", "_Float32", "_Float64",
			"_Float128", "_Float32x", "_Float64x", "_Float128x", "_Decimal32", "_Decimal64", "_Decimal128":
			name = w
		default:
			return ""
		}
	}
	if name == "" && complex != "" {
		name = "double"
	}
	return complex + name
}

// nameDefs gives names to the anonymous types among defs, and other names to
// types of functions whose names are taken. container is where the first
// declarator that uses a type stands, by the type's definition.
func nameDefs(defs []*Def, hints map[*Def]hint) {
	taken := make(map[ktt.TypeRef]bool)
	for _, d := range defs {
		if d.Tag != "" && !d.Block {
			d.Name = d.Tag
			taken[ktt.TypeRef{Kind: d.Kind, Name: d.Tag}] = true
		}
	}
	var path func(d *Def) string
	path = func(d *Def) string {
		h, ok := hints[d]
		switch {
		case d.Tag != "" && d.fn != "":
			return d.fn + "_" + d.Tag
		case d.Tag != "":
			return d.Tag
		case !ok:
			return "unused"
		case h.container != nil:
			return path(h.container) + "_" + h.name
		case d.fn != "":
			return d.fn + "_" + h.name
		}
		return h.name
	}
	for _, d := range defs {
		if d.Name != "" {
			continue
		}
		name := d.Tag
		if name == "" || taken[ktt.TypeRef{Kind: d.Kind, Name: name}] {
			base := "__anon" + string(d.Kind) + "_" + path(d)
			name = base
			for n := 2; taken[ktt.TypeRef{Kind: d.Kind, Name: name}]; n++ {
				name = base + "_" + strconv.Itoa(n)
			}
		}
		d.Name = name
		taken[ktt.TypeRef{Kind: d.Kind, Name: name}] = true
	}
}

// A hint is the first declarator that uses an anonymous type, and the
// structure or union that it is a field of.
type hint struct {
	container *Def
	name      string
}

// Anonymous reports whether the name is not one of the program's.
func (d *Def) Anonymous() bool { return d.Name != d.Tag }
