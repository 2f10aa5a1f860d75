package gen

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

// names are the types of one version of a program under the names that the
// generated file gives them.
type names struct {
	p       *ktt.Program
	version string // old or new

	used    []*ktt.Type          // by the code, in the order of their first use
	reached map[ktt.TypeRef]bool // where code of the user's can get
	written map[string]bool      // the identifiers in code of the user's

	fields map[string]bool // the names of members that are defined
	bytes  []int64         // the sizes of types of which nothing else is known
}

func newNames(p *ktt.Program, version string, written map[string]bool) *names {
	n := &names{p: p, version: version, written: written, reached: map[ktt.TypeRef]bool{}, fields: map[string]bool{}}
	for _, d := range p.Types {
		if written[n.name(d.Name)] {
			n.reach(refTo(d))
		}
	}
	return n
}

// use makes sure that there can be values of type t.
func (n *names) use(t *ktt.Type) { n.used = append(n.used, t) }

// reach makes sure that code of the user's can look at a value of type t, and
// at everything that it can get at from there. Other types are only declared;
// so are those behind pointers that are not followed, the libraries' own, unless
// the code names a member.
func (n *names) reach(t *ktt.Type) {
	switch t.Kind {
	case ktt.Pointer:
		if t.Shape != ktt.NoLook || n.looksAt(t.Elem) {
			n.reach(t.Elem)
		}
	case ktt.Array:
		n.reach(t.Elem)
	case ktt.Ref:
		d := n.p.Type(t.Ref())
		if d == nil || n.reached[t.Ref()] {
			return
		}
		n.reached[t.Ref()] = true
		n.use(t)
		if d.Type != nil {
			n.reach(d.Type)
		}
		for _, f := range d.Fields {
			n.reach(f.Type)
		}
	}
}

// looksAt reports whether code of the user's names a member of t.
func (n *names) looksAt(t *ktt.Type) bool {
	t = n.p.Underlying(t)
	switch t.Kind {
	case ktt.Pointer, ktt.Array:
		return n.looksAt(t.Elem)
	case ktt.Ref:
		d := n.p.Type(t.Ref())
		return d != nil && slices.ContainsFunc(d.Fields, func(f *ktt.Field) bool {
			return n.written[f.Name] || f.Unnamed && n.looksAt(f.Type)
		})
	}
	return false
}

// declare returns the declaration of a variable of type t, or the type if name
// is empty.
func (n *names) declare(t *ktt.Type, name string) string {
	n.use(t)
	return t.Declare(name, n.spell)
}

// pointer returns the declaration of a pointer to a value of type t that is
// looked at.
func (n *names) pointer(t *ktt.Type, name string) string {
	n.use(t)
	return n.declare(&ktt.Type{Kind: ktt.Pointer, Elem: t}, name)
}

// inCode returns a type that code of the user's mentions.
func (n *names) inCode(t *ktt.Type) string {
	n.reach(t)
	return n.declare(t, "")
}

// sizeof returns an expression for the size of values of type t.
func (n *names) sizeof(t *ktt.Type) string {
	if t.Kind == ktt.Pointer {
		return "sizeof(void *)"
	}
	return "sizeof(" + n.declare(t, "") + ")"
}

// name returns the generated name of a tag or typedef.
func (n *names) name(name string) string { return "_kitsune_" + n.version + "_rename_" + name }

func (n *names) ref(r ktt.TypeRef) string {
	if r.Kind == ktt.Typedef {
		return n.name(r.Name)
	}
	return string(r.Kind) + " " + n.name(r.Name)
}

func (n *names) spell(t *ktt.Type) string {
	switch t.Kind {
	case ktt.Void:
		return "void"
	case ktt.VaList:
		return "__builtin_va_list"
	case ktt.Opaque:
		if !slices.Contains(n.bytes, t.Size) {
			n.bytes = append(n.bytes, t.Size)
		}
		return n.bytesName(t.Size)
	case ktt.Ref:
		if d := n.p.Type(t.Ref()); t.Def == ktt.Enum && (d == nil || d.Incomplete) {
			return "int" // only parameters of functions have such a type
		}
		return n.ref(t.Ref())
	}
	return t.Name
}

func (n *names) bytesName(size int64) string {
	return fmt.Sprintf("_kitsune_%s_bytes_%d", n.version, size)
}

// define prints the definitions of the types that are used, and of what they
// need, in an order that C accepts.
func (n *names) define(b *bytes.Buffer) {
	d := &definer{names: n, state: map[ktt.TypeRef]state{}}
	for _, t := range n.used {
		d.needs(t, true)
	}
	if len(d.state) == 0 && len(n.bytes) == 0 {
		return
	}
	fmt.Fprintf(b, "\n/* Types of the %s version. */\n", n.version)
	fmt.Fprintf(b, "#define %s(kind, tag, field) __builtin_offsetof(kind %s, field)\n", n.at(), n.name("##tag"))
	for _, size := range n.bytes {
		fmt.Fprintf(b, "typedef struct {\n\tunsigned char bytes[%d];\n} %s;\n", size, n.bytesName(size))
	}
	for _, r := range d.forward {
		fmt.Fprintf(b, "%s;\n", n.ref(r))
	}
	b.Write(d.b.Bytes())
	fmt.Fprintf(b, "#undef %s\n", n.at())
}

// at returns the name of the macro for offsets of fields.
func (n *names) at() string { return "_kitsune_" + n.version + "_at" }

type state int

const (
	unseen    state = iota
	forwarded       // a tag that is declared but not defined
	defined         // or about to be
)

// A definer puts definitions in order: what a type contains comes before it.
type definer struct {
	*names
	b       bytes.Buffer
	state   map[ktt.TypeRef]state
	forward []ktt.TypeRef

	afterTypedef bool // no empty line is needed before the next one
}

// complete defines r unless that has been done.
func (d *definer) complete(r ktt.TypeRef) {
	def := d.p.Type(r)
	if d.state[r] == defined {
		return
	}
	if def == nil || def.Incomplete {
		d.declareTag(r)
		return
	}
	d.state[r] = defined
	switch def.Kind {
	case ktt.Typedef:
		d.needs(def.Type, false)
		if !d.afterTypedef {
			d.b.WriteByte('\n')
		}
		fmt.Fprintf(&d.b, "typedef %s;\n", def.Type.Declare(d.name(def.Name), d.spell))
		d.afterTypedef = true
	case ktt.Enum:
		d.enum(def)
		d.afterTypedef = false
	default:
		for _, f := range def.Fields {
			d.needs(f.Type, true)
		}
		d.record(def)
		d.afterTypedef = false
	}
}

// declareTag makes sure that a tag is known outside of where it is used.
func (d *definer) declareTag(r ktt.TypeRef) {
	if d.state[r] == unseen && (r.Kind == ktt.Struct || r.Kind == ktt.Union) {
		d.state[r] = forwarded
		d.forward = append(d.forward, r)
	}
}

// needs sees to what a declaration with type t needs: if value is set, the
// types of values in it; otherwise only names.
func (d *definer) needs(t *ktt.Type, value bool) {
	switch t.Kind {
	case ktt.Pointer:
		d.needs(t.Elem, t.Elem.Kind == ktt.Array)
	case ktt.Array:
		d.needs(t.Elem, true)
	case ktt.FuncT:
		d.needs(t.Elem, false)
		for _, p := range t.Params {
			d.needs(p, false)
		}
	case ktt.Ref:
		switch {
		case t.Def == ktt.Typedef:
			d.complete(t.Ref())
			if def := d.p.Type(t.Ref()); value && def != nil {
				d.needs(def.Type, true)
			}
		case t.Def == ktt.Enum || value:
			d.complete(t.Ref())
		default:
			d.declareTag(t.Ref())
		}
	}
}

// enum prints an enumeration without the program's enumerators, which the
// headers of the program may define. The least and the greatest value give it
// the same size and sign.
func (d *definer) enum(def *ktt.TypeDef) {
	least, most := int64(math.MaxInt64), int64(math.MinInt64)
	for _, v := range def.Values {
		least, most = min(least, v.Value), max(most, v.Value)
	}
	if len(def.Values) == 0 {
		least, most = 0, 0
	}
	packed := ""
	if def.Size < 4 {
		packed = "__attribute__((packed)) "
	}
	tag := "_kitsune_" + d.version
	fmt.Fprintf(&d.b, "\nenum %s%s {\n\t%s_least_%s = %d,\n\t%s_most_%s = %d\n};\n",
		packed, d.name(def.Name), tag, def.Name, least, tag, def.Name, most)
	d.assert(def, nil)
}

// record prints a structure or union.
func (d *definer) record(def *ktt.TypeDef) {
	attributes := d.layout(def)
	fmt.Fprintf(&d.b, "\n%s %s%s {\n", def.Kind, attributes.text, d.name(def.Name))
	d.members(def, attributes, "\t", true)
	d.b.WriteString("};\n")
	var offsets []string
	for _, f := range def.Fields {
		if f.Name != "" && f.Bits == nil {
			offsets = append(offsets, fmt.Sprintf("%s(%s, %s, %s) == %d", d.at(), def.Kind, def.Name, f.Name, f.Offset))
		}
	}
	d.assert(def, offsets)
}

// members prints the members of a structure or union. Those that have no name
// of the program's are there under the names of their own members, as in the
// program, and if alias is set also as a whole, under their generated names.
func (d *definer) members(def *ktt.TypeDef, a attributes, indent string, alias bool) {
	end := int64(0)
	pad := func(to int64) {
		if a.explicit && to > end {
			fmt.Fprintf(&d.b, "%schar _kitsune_pad_%s_%d[%d];\n", indent, def.Name, end, to-end)
		}
	}
	for _, f := range def.Fields {
		d.fields[f.Name] = true
		if def.Kind == ktt.Struct && f.Bits == nil {
			pad(f.Offset)
			end = f.Offset + f.Size
		}
		declaration := memberType(f).Declare(f.Name, d.spell)
		inner := d.p.Type(f.Type.Ref())
		switch {
		case f.Bits != nil:
			fmt.Fprintf(&d.b, "%s%s : %d;\n", indent, declaration, *f.Bits)
		case !f.Unnamed || inner == nil:
			fmt.Fprintf(&d.b, "%s%s;\n", indent, declaration)
		case alias:
			fmt.Fprintf(&d.b, "%sunion {\n%s\t%s;\n", indent, indent, declaration)
			d.unnamed(inner, indent+"\t")
			fmt.Fprintf(&d.b, "%s};\n", indent)
		default:
			d.unnamed(inner, indent)
		}
	}
	pad(def.Size)
}

// memberType returns the type of a field in C: the length that an annotation
// gives a flexible array is not part of it.
func memberType(f *ktt.Field) *ktt.Type {
	if f.Type.Kind == ktt.Array && f.Size == 0 {
		return &ktt.Type{Kind: ktt.Array, Elem: f.Type.Elem}
	}
	return f.Type
}

func (d *definer) unnamed(def *ktt.TypeDef, indent string) {
	a := d.layout(def)
	fmt.Fprintf(&d.b, "%s%s %s{\n", indent, def.Kind, a.text)
	d.members(def, a, indent+"\t", false)
	fmt.Fprintf(&d.b, "%s};\n", indent)
}

// assert prints a check of a type's layout. It stands where no macro of a
// header can change the names of fields.
func (d *definer) assert(def *ktt.TypeDef, terms []string) {
	size := fmt.Sprintf("sizeof(%s) == %d", d.ref(def.Ref()), def.Size)
	line := "_Static_assert(" + size
	for _, t := range terms {
		if len(line)+len(t) > 105 {
			d.b.WriteString(line + " &&\n")
			line = "               " + t
		} else {
			line += " && " + t
		}
	}
	fmt.Fprintf(&d.b, "%s,\n               \"layout of %s in the %s version\");\n", line, def.Ref(), d.version)
}

// attributes are what a type needs beside its members to be laid out as it was.
type attributes struct {
	text     string
	explicit bool // gaps are members
}

// layout finds out how def must be written to be laid out as recorded. Most
// types need nothing. If C would place a field elsewhere, because the program
// has attributes or pragmas for it, the type is packed and its gaps are filled.
// What this model of C does not know, such as the gaps around bit-fields, the
// assertions catch.
func (d *definer) layout(def *ktt.TypeDef) attributes {
	offset, align, size := int64(0), int64(1), int64(0)
	natural, bits := true, false
	for _, f := range def.Fields {
		a := d.alignment(f.Type)
		align = max(align, a)
		if f.Bits != nil {
			bits = true
			continue
		}
		if def.Kind == ktt.Struct {
			natural = natural && (bits || f.Offset == roundUp(offset, a))
			offset = f.Offset + f.Size
		}
		size = max(size, f.Offset+f.Size)
	}
	switch {
	case natural && align == def.Align && (bits || roundUp(size, align) == def.Size):
		return attributes{}
	case natural && align < def.Align && (bits || roundUp(size, def.Align) == def.Size):
		return attributes{text: fmt.Sprintf("__attribute__((aligned(%d))) ", def.Align)}
	}
	text := "__attribute__((packed)) "
	if def.Align > 1 {
		text = fmt.Sprintf("__attribute__((packed, aligned(%d))) ", def.Align)
	}
	return attributes{text, !bits}
}

func roundUp(n, align int64) int64 { return (n + align - 1) / align * align }

// alignment returns the alignment that C gives to members of type t.
func (d *definer) alignment(t *ktt.Type) int64 {
	switch t.Kind {
	case ktt.Pointer, ktt.VaList:
		return 8
	case ktt.Array:
		return d.alignment(t.Elem)
	case ktt.Float:
		if strings.Contains(t.Name, "_Complex") {
			return max(1, t.Size/2)
		}
		return max(1, t.Size)
	case ktt.Int:
		return max(1, t.Size)
	case ktt.Ref:
		def := d.p.Type(t.Ref())
		if def == nil {
			return 1
		}
		if def.Align == 0 && def.Type != nil { // a summary may leave it to what a typedef stands for
			return d.alignment(def.Type)
		}
		return max(1, def.Align)
	}
	return 1
}
