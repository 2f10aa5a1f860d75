// Package ktt is the type summary of a C program: what ktcc knows about a
// translation unit and xfgen needs of it.
//
// A summary is a list of units. On disk it is a stream of JSON documents, one
// per unit, each on one line: the summary of a program is the concatenation
// of its units' summaries, and that is what the linker makes of the section
// [Section] that every object carries. docs/ktt-format.md describes the
// format; this package is its only reader and writer.
//
// Numbers about layout come from the native compiler, never from a model of
// it.
package ktt

// Schema is the version of the format. A reader refuses a newer one.
const Schema = 1

// Section is the name of the non-loaded ELF section with an object's summary.
const Section = ".kitsune.ktt"

// A Summary describes a program, or a part of it, in link order.
type Summary struct {
	Units []*Unit
}

// A Unit describes one translation unit: its own types and those that can be
// reached from its registered variables, the variables and functions it
// defines, and what it asks of an update.
type Unit struct {
	Schema int `json:"ktt"`

	// File is the source as spelled on the command line, after the prefix
	// maps that the compiler was given. Keys of statics contain it.
	File string `json:"file"`

	// Target is the compiler's name of the machine, as in x86_64-linux-gnu.
	Target string `json:"target"`

	// Namespace is the value of the unit's KT_NAMESPACE, if it has one.
	Namespace string `json:"namespace,omitempty"`

	// Types in the order of their definition. A type that is only declared
	// is listed with Incomplete set.
	Types []*TypeDef `json:"types"`

	// Vars are the variables that the unit defines, and the noted locals.
	Vars []*Var `json:"vars"`

	// Funcs are the functions whose addresses are registered.
	Funcs []*Func `json:"funcs"`

	// Roots are the keys of the variables that need a transformer, sorted.
	Roots []string `json:"roots"`

	// Points are the names of the update points that are string literals,
	// sorted.
	Points []string `json:"points,omitempty"`

	// Literals are the names of the fields that functions assign string
	// literals to, each with the line of one of these, or 0: elsewhere.
	Literals map[string]int `json:"literals,omitempty"`
}

// DefKind is what a [TypeDef] defines. Its values are C's keywords.
type DefKind string

const (
	Struct  DefKind = "struct"
	Union   DefKind = "union"
	Enum    DefKind = "enum"
	Typedef DefKind = "typedef"
)

// A TypeRef names a type definition, as in the .xf language: struct list.
type TypeRef struct {
	Kind DefKind
	Name string
}

func (r TypeRef) String() string { return string(r.Kind) + " " + r.Name }

// A TypeDef is a structure, union, enumeration or typedef.
//
// An anonymous structure, union or enumeration has a name made of the path
// that leads to it, as in __anonstruct_server_limits for the type of the field
// limits of struct server; it does not depend on what else the unit contains.
type TypeDef struct {
	Kind DefKind `json:"kind"`
	Name string  `json:"name"`

	// File is where the type is defined, in the compiler's spelling, and Line
	// the line in it; System is set if that is a header of the system or of a
	// library.
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	System bool   `json:"system,omitempty"`

	// Anonymous is set when Name is not a name of the program's.
	Anonymous bool `json:"anonymous,omitempty"`

	// Incomplete is set when the unit does not define the type, or when only
	// parameters of functions refer to it.
	Incomplete bool `json:"incomplete,omitempty"`

	// Unreached is set when no variable of the unit leads to the type.
	Unreached bool `json:"unreached,omitempty"`

	// Generics are the parameters that E_GENERIC declares, without @.
	Generics []string `json:"generics,omitempty"`

	// Size and Align are in bytes; zero for an incomplete type and for a
	// typedef of a function or void.
	Size  int64 `json:"size,omitempty"`
	Align int64 `json:"align,omitempty"`

	Fields []*Field      `json:"fields,omitempty"` // Struct, Union
	Values []*Enumerator `json:"values,omitempty"` // Enum
	Int    string        `json:"int,omitempty"`    // Enum: the integer type behind it
	Type   *Type         `json:"type,omitempty"`   // Typedef
}

// Ref returns the name by which d is referred to.
func (d *TypeDef) Ref() TypeRef { return TypeRef{d.Kind, d.Name} }

// A Field is a member of a structure or union. An unnamed member that is a
// structure or union has the name __annonCompFieldN, N counting from 1 in its
// container; an unnamed bit-field has no name.
type Field struct {
	Name string `json:"name,omitempty"`
	Type *Type  `json:"type"`

	// Unnamed is set when Name is not a name of the program's.
	Unnamed bool `json:"unnamed,omitempty"`

	// Offset and Size are in bytes. Both are zero for a bit-field; Size is
	// zero for a flexible array member.
	Offset int64 `json:"offset"`
	Size   int64 `json:"size"`

	// Bits is the width of a bit-field, or nil.
	Bits *int `json:"bits,omitempty"`

	// Cases belong to a member of a union: the values of the field that tells
	// which member is alive with which this one is.
	Cases []int64 `json:"cases,omitempty"`

	// Line is where it is declared in the file of its type, or 0: elsewhere.
	Line int `json:"line,omitempty"`
}

// An Enumerator is a constant of an enumeration.
type Enumerator struct {
	Name  string `json:"name"`
	Value int64  `json:"value"`
}

// A Var is a variable that an update can carry over.
type Var struct {
	Key  string `json:"key"`
	Type *Type  `json:"type"`
	Size int64  `json:"size"`

	// ReadOnly is set when the variable is const, through all array levels.
	ReadOnly bool `json:"readonly,omitempty"`

	// Local is set for a noted local; its key is FUNC#NAME.
	Local bool `json:"local,omitempty"`

	// Line is where it is defined, in the file of its key or of the unit, or
	// 0: elsewhere.
	Line int `json:"line,omitempty"`
}

// A Func is a function whose address may be stored in data.
type Func struct {
	Key string `json:"key"`
}

// TypeKind tells the forms of [Type] apart.
type TypeKind string

const (
	Void    TypeKind = "void"
	Int     TypeKind = "int"     // any integer kind
	Float   TypeKind = "float"   // any real or complex floating kind
	Pointer TypeKind = "pointer" // one object, or as Shape says
	Array   TypeKind = "array"
	FuncT   TypeKind = "function"
	Ref     TypeKind = "ref" // a TypeDef, by kind and name
	VaList  TypeKind = "va_list"
	Opaque  TypeKind = "other" // any other type: size only, copied as bits
)

// Shape is what a pointer leads to.
type Shape string

const (
	One    Shape = ""       // NULL or exactly one object
	NoLook Shape = "opaque" // E_OPAQUE: copied, never followed
	Many   Shape = "many"   // E_PTRARRAY: the first of Len objects
	ToZero Shape = "tozero" // E_SZ: objects up to an all-zero one
)

// A Type is the type of a variable, field, typedef or element. Qualifiers are
// not part of it.
type Type struct {
	Kind TypeKind `json:"kind"`

	// Name is C's spelling of an Int or Float ("unsigned long"), or of an
	// Opaque type; for a Ref the tag or typedef name.
	Name string `json:"name,omitempty"`

	// Def says what a Ref refers to.
	Def DefKind `json:"def,omitempty"`

	// Args are the generic arguments of a Ref.
	Args []*GenericArg `json:"args,omitempty"`

	// Teller belongs to a Ref to a union, or to a typedef of one: the field of
	// the enclosing structure, perhaps a path with dots, whose value tells which
	// member is alive.
	Teller string `json:"teller,omitempty"`

	// Elem is the target of a Pointer, the element of an Array, or the
	// result of a function.
	Elem *Type `json:"elem,omitempty"`

	// Shape and Custom (allocator and deallocator of E_CUSTOM) belong to a
	// Pointer.
	Shape  Shape    `json:"shape,omitempty"`
	Custom []string `json:"custom,omitempty"`

	// Said is set for a Pointer to One if the program says so, by E_PTR. It
	// means the same as if it did not.
	Said bool `json:"said,omitempty"`

	// Len is the length of an Array or of a Many pointer. nil: unknown.
	Len *Length `json:"len,omitempty"`

	// Param is the generic parameter that a Void or Pointer is bound to by
	// E_T, without @.
	Param string `json:"param,omitempty"`

	// Params and Variadic belong to a function.
	Params   []*Type `json:"params,omitempty"`
	Variadic bool    `json:"variadic,omitempty"`

	// Size is that of an Int, Float, VaList or Opaque, in bytes.
	Size int64 `json:"size,omitempty"`
}

// Ref returns the definition that t refers to; t.Kind must be Ref.
func (t *Type) Ref() TypeRef { return TypeRef{t.Def, t.Name} }

// A Length is a number of elements: Field names a field of the enclosing
// structure (a path with dots is possible), or else it is Const.
type Length struct {
	Const int64  `json:"const,omitempty"`
	Field string `json:"field,omitempty"`
}

// A GenericArg is an argument of E_G. Exactly one of Param, Type and Pointer
// is set, or Opaque.
type GenericArg struct {
	Param   string      `json:"param,omitempty"`   // @x: handed on from the enclosing type
	Type    *Type       `json:"type,omitempty"`    // a type of the program
	Pointer *GenericArg `json:"pointer,omitempty"` // a pointer to another argument
	Opaque  bool        `json:"opaque,omitempty"`  // [opaque]: one pointer, copied
}
