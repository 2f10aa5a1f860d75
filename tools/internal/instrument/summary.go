package instrument

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/cfront"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

// Summary returns the unit's type summary. section is what the compiled text
// without a seal has in the section [ktt.Section].
func (u *Unit) Summary(section []byte, order binary.ByteOrder) (*ktt.Unit, error) {
	if err := u.constants.read(section, order); err != nil {
		return nil, err
	}
	return u.summary(u.constants.values)
}

// A builder makes a summary, twice in the same way: before the unit has been
// compiled it collects the constants that are needed, and after that it uses
// their values.
type builder struct {
	*Unit
	values  map[int][]uint64 // nil the first time
	reached map[*cfront.Def]*reached

	work, weakWork []*reached // to be built
	unreached      bool       // all that the variables lead to has been built
	weak           int        // in the type of a function's parameters or result
	auto           bool       // in the type of an automatic variable
	insideCopy     bool       // in the type of a field of a copied structure
	err            error
}

// reached is a definition that the summary contains.
type reached struct {
	def       *cfront.Def
	strong    bool   // there can be an object of the type that the program has to carry over
	unreached bool   // but no variable of the unit leads to it
	at        int    // the place where it can be mentioned
	cname     string // the type in C, or "" if it has no expression
	original  string // the same, if cname is a copy
	built     *ktt.TypeDef
}

func (u *Unit) summary(values map[int][]uint64) (*ktt.Unit, error) {
	b := &builder{Unit: u, values: values, reached: make(map[*cfront.Def]*reached)}
	out := &ktt.Unit{
		Schema: ktt.Schema, File: u.unitFile(), Target: u.options.Target, Namespace: u.source.Namespace,
		Types: []*ktt.TypeDef{}, Vars: []*ktt.Var{}, Funcs: []*ktt.Func{}, Roots: []string{},
		Points: u.source.Points,
	}
	for name, off := range u.source.Literals {
		if out.Literals == nil {
			out.Literals = map[string]int{}
		}
		if p := u.source.Position(off); p.File == u.source.File {
			out.Literals[name] = p.Line
		} else {
			out.Literals[name] = 0
		}
	}
	for _, v := range u.variables {
		if !b.exists(v.After) {
			continue // in a function that the compiler has dropped
		}
		out.Vars = append(out.Vars, b.variable(v))
		if !u.options.NoRegister && slices.Contains(v.flags, "__kt_automigrate") {
			out.Roots = append(out.Roots, v.key.String())
		}
	}
	if !u.options.NoRegister {
		for _, f := range u.functions {
			out.Funcs = append(out.Funcs, &ktt.Func{Key: f.key.String()})
		}
	}
	for _, x := range u.source.Xforms {
		k := ktt.Key{NS: x.Namespace, File: x.File, Func: x.Func, Name: x.Name}
		out.Roots = append(out.Roots, k.String())
	}
	slices.Sort(out.Roots)
	out.Roots = slices.Compact(out.Roots)

	b.build()
	defs := slices.SortedFunc(maps.Values(b.reached), func(x, y *reached) int {
		return cmp.Or(x.def.Off-y.def.Off, strings.Compare(x.def.Name, y.def.Name))
	})
	for _, r := range defs {
		out.Types = append(out.Types, r.built)
	}
	return out, b.err
}

// constant returns the value of an integer constant expression at a place.
func (b *builder) constant(at int, expr string) int64 {
	if b.values == nil {
		b.constants.add(at, expr)
		return 0
	}
	return int64(b.values[at][b.constants.index[place{at, expr}]])
}

// exists reports whether the constants of a place are in the object.
func (b *builder) exists(at int) bool {
	return b.values == nil || len(b.constants.exprs[at]) == 0 || b.values[at] != nil
}

// sizeof returns the size of an expression's type; 0 for an array of variable
// length.
func (b *builder) sizeof(at int, expr string) int64 {
	if b.auto {
		return b.constant(at, fmt.Sprintf("__builtin_constant_p(sizeof(%s)) ? sizeof(%s) : 0", expr, expr))
	}
	return b.constant(at, "sizeof("+expr+")")
}

func (b *builder) variable(v *variable) *ktt.Var {
	out := &ktt.Var{Key: v.key.String(), ReadOnly: !v.local && v.Type.ReadOnly(), Local: v.local}
	if p := b.source.Position(v.Off); v.Static || p.File == b.source.File {
		out.Line = p.Line
	}
	b.auto = v.local
	path := v.Name
	if v.Incomplete() {
		path += "[0]"
	}
	out.Size = b.sizeof(v.After, path)
	out.Type = b.typ(v.Type, v.Name, v.After)
	if v.Incomplete() {
		out.Type.Len = &ktt.Length{Const: 1}
	}
	b.auto = false
	return out
}

// typ returns a type as the summary has it. path is a C expression of the type
// that can be evaluated at the place, or "" if there is none.
func (b *builder) typ(t *cfront.Type, path string, at int) *ktt.Type {
	switch t.Kind {
	case cfront.Void:
		return &ktt.Type{Kind: ktt.Void, Param: t.Param}
	case cfront.Int:
		return b.integer(t, path, at)
	case cfront.Float:
		return &ktt.Type{Kind: ktt.Float, Name: t.Name, Size: b.constant(0, "sizeof("+t.Name+")")}
	case cfront.VaList:
		return &ktt.Type{Kind: ktt.VaList, Size: b.constant(0, "sizeof("+t.Name+")")}
	case cfront.Pointer:
		out := &ktt.Type{Kind: ktt.Pointer, Shape: t.Shape, Said: t.Said, Custom: t.Custom, Param: t.Param,
			Len: b.length(t.Count, at)}
		out.Elem = b.typ(t.Elem, deref(path), at)
		return out
	case cfront.Array:
		out := &ktt.Type{Kind: ktt.Array}
		elem := ""
		if path != "" {
			elem = path + "[0]"
		}
		switch {
		case t.Open:
			out.Len = b.length(t.Count, at)
		case path != "":
			out.Len = b.arrayLength(path, elem, at)
		}
		out.Elem = b.typ(t.Elem, elem, at)
		return out
	case cfront.Func:
		b.weak++
		out := &ktt.Type{Kind: ktt.FuncT, Elem: b.typ(t.Elem, "", at), Variadic: t.Variadic}
		for _, p := range t.Params {
			out.Params = append(out.Params, b.typ(p, "", at))
		}
		b.weak--
		return out
	case cfront.Named:
		out := &ktt.Type{Kind: ktt.Ref, Def: t.Tag, Name: t.Name, Args: b.args(t.Args), Teller: t.Teller}
		if t.Def != nil {
			b.reach(t.Def, path)
			out.Def, out.Name = t.Def.Kind, t.Def.Name
		}
		return out
	}
	out := &ktt.Type{Kind: ktt.Opaque, Name: t.Name}
	if path != "" {
		out.Size = b.sizeof(at, path)
	}
	return out
}

func deref(path string) string {
	if path == "" {
		return ""
	}
	return "(*" + path + ")"
}

// integer returns an integer type; if its name is not known, that of its size
// and sign.
func (b *builder) integer(t *cfront.Type, path string, at int) *ktt.Type {
	if t.Name != "" {
		return &ktt.Type{Kind: ktt.Int, Name: t.Name, Size: b.constant(0, "sizeof("+t.Name+")")}
	}
	if path == "" {
		return &ktt.Type{Kind: ktt.Opaque, Name: "int"}
	}
	size := b.sizeof(at, path)
	return &ktt.Type{Kind: ktt.Int, Name: b.integerName(size, "__typeof__("+path+")", at), Size: size}
}

// integerName returns the name of an integer type with a size and the sign of
// another one, given in C.
func (b *builder) integerName(size int64, cname string, at int) string {
	long := b.constant(0, "sizeof(long)")
	unsigned := b.constant(at, fmt.Sprintf("(%s)-1 > (%s)1", cname, cname)) != 0
	name := ""
	switch size {
	case 1:
		if !unsigned {
			return "signed char"
		}
		name = "char"
	case 2:
		name = "short"
	case 4:
		name = "int"
	case 8:
		if name = "long"; long != 8 {
			name = "long long"
		}
	case 16:
		name = "__int128"
	}
	if unsigned {
		return "unsigned " + name
	}
	return name
}

// arrayLength returns the number of elements of an array; nil if it varies.
func (b *builder) arrayLength(path, elem string, at int) *ktt.Length {
	size, one := b.sizeof(at, path), b.sizeof(at, elem)
	if b.auto && size == 0 {
		return nil
	}
	if one == 0 {
		return &ktt.Length{}
	}
	return &ktt.Length{Const: size / one}
}

// length returns the length that an annotation gives.
func (b *builder) length(c *cfront.Count, at int) *ktt.Length {
	switch {
	case c == nil:
		return nil
	case c.Field != "":
		return &ktt.Length{Field: c.Field}
	}
	n := b.number(c, at)
	if n < 0 {
		b.err = fmt.Errorf("%s: the length %s is negative", b.source.Position(c.Off).Pos, c.Expr)
	}
	return &ktt.Length{Const: n}
}

// number returns the value of a constant in an annotation.
func (b *builder) number(c *cfront.Count, at int) int64 {
	integer := "0 | (" + c.Expr + ")" // is an error for a floating number
	b.constants.lines[integer] = b.marker(c.Off)
	return b.constant(at, integer)
}

// cases returns the values with which a member of a union is alive. No other
// member may be alive with one of them.
func (b *builder) cases(f *cfront.Field, at int, taken map[int64]string) []int64 {
	var values []int64
	for _, c := range f.Cases {
		n := b.number(c, at)
		if other, ok := taken[n]; ok && b.values != nil {
			b.err = fmt.Errorf("%s: E_CASE: %d, %s, is the value of both %s and %s",
				b.source.Position(c.Off).Pos, n, c.Expr, other, f.Name)
		}
		taken[n] = f.Name
		values = append(values, n)
	}
	return values
}

// args returns generic arguments. A type that is one is not any expression's.
func (b *builder) args(list []*cfront.Arg) []*ktt.GenericArg {
	var out []*ktt.GenericArg
	for _, a := range list {
		out = append(out, b.arg(a))
	}
	return out
}

func (b *builder) arg(a *cfront.Arg) *ktt.GenericArg {
	switch {
	case a.Pointer != nil:
		return &ktt.GenericArg{Pointer: b.arg(a.Pointer)}
	case a.Type != nil:
		return &ktt.GenericArg{Type: b.typ(a.Type, "", 0)}
	}
	return &ktt.GenericArg{Param: a.Param, Opaque: a.Opaque}
}

// reach notes that the summary needs a definition.
func (b *builder) reach(d *cfront.Def, path string) {
	r := b.reached[d]
	if r == nil {
		r = &reached{def: d}
		b.reached[d] = r
		if d.Block {
			r.at = d.After
		}
	} else if r.strong || b.weak > 0 {
		return
	}
	switch {
	case d.Kind == ktt.Typedef:
		r.cname = d.Tag
	case d.Tag != "":
		r.cname = string(d.Kind) + " " + d.Tag
	case path != "":
		r.cname = "__typeof__(" + path + ")"
	}
	if b.weak > 0 {
		b.weakWork = append(b.weakWork, r)
		return
	}
	r.strong, r.unreached = true, b.unreached
	if d.Unnamed && (d.Tag != "" || !b.insideCopy) {
		r.original = r.cname
		r.cname = b.copyOf(d)
	}
	b.work = append(b.work, r)
}

// copyOf returns the name in C of a structure with the layout of d in which
// all members have names.
func (b *builder) copyOf(d *cfront.Def) string {
	name, ok := b.copies[d]
	if !ok {
		name = fmt.Sprintf("%s __kt_copy_%d", d.Kind, len(b.copies)+1)
		b.copies[d] = name
	}
	return name
}

// build makes the definitions that have been reached, those that these reach,
// and the program's own that its functions mention: another unit may know no
// more of a type than its name, and a rule's code decides what a void * leads to.
func (b *builder) build() {
	strong := func() {
		for len(b.work) > 0 {
			r := b.work[0]
			b.work = b.work[1:]
			r.built = b.define(r)
		}
	}
	strong()
	b.unreached = true
	for _, d := range b.source.Types {
		b.reach(d, "")
	}
	strong()
	b.weak++
	for len(b.weakWork) > 0 {
		r := b.weakWork[0]
		b.weakWork = b.weakWork[1:]
		if !r.strong {
			r.built = b.define(r)
		}
	}
	b.weak--
}

func (b *builder) define(r *reached) *ktt.TypeDef {
	d := r.def
	out := &ktt.TypeDef{
		Kind: d.Kind, Name: d.Name, Anonymous: d.Anonymous(), Unreached: r.unreached, Generics: d.Generics,
	}
	record := d.Kind == ktt.Struct || d.Kind == ktt.Union
	if !d.Complete || record && !r.strong {
		out.Incomplete = true
		return out
	}
	place := b.source.Position(d.Off)
	out.File, out.Line, out.System = b.options.MapFile(place.File), place.Line, place.System
	switch d.Kind {
	case ktt.Typedef:
		out.Type = b.typ(d.Type, "(*("+d.Tag+" *)0)", r.at)
		if !b.sized(d.Type) {
			return out
		}
	case ktt.Enum:
		for _, name := range d.Values {
			out.Values = append(out.Values, &ktt.Enumerator{Name: name, Value: b.constant(r.at, name)})
		}
	default:
		b.insideCopy = r.original != ""
		b.fields(r, out)
		b.insideCopy = false
	}
	if r.cname == "" {
		return out
	}
	out.Size = b.constant(r.at, "sizeof("+r.cname+")")
	out.Align = b.constant(r.at, "__alignof__("+r.cname+")")
	if d.Kind == ktt.Enum {
		out.Int = b.integerName(out.Size, r.cname, r.at)
	}
	if r.original != "" && out.Size != b.constant(r.at, "sizeof("+r.original+")") {
		if r.unreached {
			return &ktt.TypeDef{Kind: d.Kind, Name: d.Name, Anonymous: d.Anonymous(), Incomplete: true}
		}
		p := b.source.Position(d.Off)
		b.err = fmt.Errorf("%s: cannot work out the layout of %s %s", p.Pos, d.Kind, d.Name)
	}
	return out
}

// sized reports whether the size of a type is part of the summary.
func (b *builder) sized(t *cfront.Type) bool {
	if !t.Complete() {
		return false
	}
	t = t.Resolve()
	for t.Kind == cfront.Array {
		t = t.Elem.Resolve()
	}
	if t.Kind == cfront.Named && t.Def.Kind != ktt.Enum {
		r := b.reached[t.Def]
		return b.weak == 0 || r != nil && r.strong // or will be, behind another typedef
	}
	return true
}

// fields makes the fields of a structure or union.
func (b *builder) fields(r *reached, out *ktt.TypeDef) {
	file := b.source.Position(r.def.Off).File
	cases := map[int64]string{}
	for _, f := range r.def.Fields {
		field := &ktt.Field{Name: f.Name, Unnamed: f.Unnamed}
		if p := b.source.Position(f.Off); p.File == file {
			field.Line = p.Line
		}
		field.Cases = b.cases(f, r.at, cases)
		out.Fields = append(out.Fields, field)
		if f.Bits != "" {
			bits := int(b.constant(r.at, f.Bits))
			field.Bits = &bits
			field.Type = b.typ(f.Type, "", r.at)
			continue
		}
		path := ""
		if r.cname != "" {
			path = fmt.Sprintf("((%s *)0)->%s", r.cname, f.Name)
			field.Offset = b.constant(r.at, fmt.Sprintf("__builtin_offsetof(%s, %s)", r.cname, f.Name))
			if f.Type.Complete() {
				field.Size = b.constant(r.at, "sizeof("+path+")")
			}
		}
		field.Type = b.typ(f.Type, path, r.at)
	}
}
