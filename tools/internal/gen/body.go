package gen

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/match"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/xf"
)

// A function collects the statements of a transformer.
type function struct {
	*generator
	indent string
	locals []local // to be declared if something mentions them
	made   []local // closures that are made from generic parameters
}

type local struct{ name, declaration string }

// function begins a function. The one before must be finished.
func (g *generator) function() *function {
	g.body.Reset()
	return &function{generator: g, indent: "\t"}
}

func (f *function) local(name, format string, args ...any) {
	f.locals = append(f.locals, local{name, fmt.Sprintf(format, args...)})
}

// p prints one statement.
func (f *function) p(format string, args ...any) {
	f.body.WriteString(wrap(f.indent + fmt.Sprintf(format, args...)))
	f.body.WriteByte('\n')
}

// closure returns an expression for the closure of v. What has to be made is
// made once, before the first statement.
func (f *function) closure(v *match.Value) string {
	v = resolve(v)
	e := env{func(name string) string { return "gen_" + name }, f.closure}
	if v.Op == match.Parameter || f.constant(v) {
		return f.closureIn(v, e)
	}
	name := "xf_" + f.valueName(v)
	l := local{name, "closure *" + name + " = " + f.closureIn(v, e)}
	if !slices.Contains(f.made, l) {
		f.made = append(f.made, l)
	}
	return name
}

// finish prints the function.
func (f *function) finish(b *bytes.Buffer, what, head string) {
	mentioned := func(name string) bool {
		return mentions(f.body.Bytes(), name) ||
			slices.ContainsFunc(f.made, func(l local) bool { return mentions([]byte(l.declaration), name) })
	}
	fmt.Fprintf(b, "\n%s\n%s\n{\n", comment(what), wrap("void "+head))
	before := b.Len()
	for _, l := range f.locals {
		if mentioned(l.name) {
			b.WriteString(wrap("\t"+l.declaration) + ";\n")
		}
	}
	for _, l := range f.made {
		b.WriteString(wrap("\t"+l.declaration) + ";\n")
	}
	if b.Len() > before {
		b.WriteByte('\n')
	}
	b.Write(f.body.Bytes())
	b.WriteString("}\n")
}

// mentions reports whether text contains the identifier name.
func mentions(text []byte, name string) bool {
	inWord := func(c byte) bool {
		return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
	}
	for from := 0; ; {
		i := bytes.Index(text[from:], []byte(name))
		if i < 0 {
			return false
		}
		i += from
		from = i + len(name)
		if (i == 0 || !inWord(text[i-1])) && (from == len(text) || !inWord(text[from])) {
			return true
		}
	}
}

// wrap breaks a long line of C behind commas and equals signs.
func wrap(line string) string {
	const limit = 110
	if width(line) <= limit {
		return line
	}
	indent := "\t" + line[:len(line)-len(strings.TrimLeft(line, "\t"))]
	var b strings.Builder
	for width(line) > limit {
		cut, column := 0, 0
		quoted := false
		for i := 0; i+1 < len(line) && (cut == 0 || column < limit); i++ {
			column++
			switch c := line[i]; {
			case c == '\t':
				column += tab - 1
			case c == '\\' && quoted:
				i++
				column++
			case c == '"':
				quoted = !quoted
			case !quoted && (c == ',' || c == '=') && line[i+1] == ' ':
				cut = i + 1
			}
		}
		if cut == 0 {
			break
		}
		b.WriteString(line[:cut])
		b.WriteByte('\n')
		line = indent + line[cut+1:]
	}
	b.WriteString(line)
	return b.String()
}

// width returns the columns that a line takes.
func width(line string) int { return len(line) + (tab-1)*strings.Count(line, "\t") }

// tab is the distance of tab stops.
const tab = 8

// variable prints the transformer of a root.
func (g *generator) variable(v *match.Var) {
	f := g.function()
	to := ktt.ParseKey(v.New.Key)
	if v.Old != nil {
		f.local("local_in", "%s = kitsune_get_symbol_addr_old(%s)",
			g.old.pointer(v.Old.Type, "local_in"), keyArgs(ktt.ParseKey(v.Old.Key)))
		f.assertSizes(v)
		f.p("if (!_kitsune_present(local_in, local_out, %s))", quote(v.Old.Key))
		g.present = true
	} else {
		f.assertSizes(v)
		f.p("if (local_out == NULL)")
	}
	f.p("\treturn;")
	f.local("local_out", "%s = kitsune_get_symbol_addr_new(%s)",
		g.new.pointer(v.New.Type, "local_out"), keyArgs(to))
	switch {
	case v.Code() != nil:
		if v.Old != nil {
			g.old.reach(v.Old.Type)
		}
		g.new.reach(v.New.Type)
		f.code(v.Code(), form{in: "(*local_in)", out: "(*local_out)"})
	case !f.Visits(v.Value):
		f.copy(v.Value, "*local_in", "*local_out")
	default:
		f.transform(v.Value, "*local_in", "*local_out", 0)
	}
	g.prototypes = append(g.prototypes, "_kitsune_var_transformer "+to.Transformer())
	f.finish(g.text(v.Code() != nil), g.describeVar(v), to.Transformer()+"(void)")
}

// assertSizes prints a check of the sizes of a variable.
func (f *function) assertSizes(v *match.Var) {
	var terms []string
	if v.Old != nil {
		terms = append(terms, fmt.Sprintf("sizeof *local_in == %d", v.Old.Size))
	}
	terms = append(terms, fmt.Sprintf("sizeof *local_out == %d", v.New.Size))
	f.p("_Static_assert(%s, %s);", strings.Join(terms, " && "), quote("size of "+v.New.Key))
}

// transformer prints the transformer of a pair of types.
func (g *generator) transformer(p *match.Pair) {
	f := g.function()
	old, new := refTo(p.Old), refTo(p.New)
	if hasCode(p) {
		g.old.reach(old)
		g.new.reach(new)
	}
	switch {
	case p.Code() != nil:
		f.p("{")
		f.code(p.Code(), form{in: "(*local_in)", out: "(*local_out)"})
		f.p("}")
	case p.Body != nil:
		f.transform(p.Body, "*local_in", "*local_out", 0)
	case p.New.Kind == ktt.Enum:
		f.enum(p)
	case p.Told:
		f.union(p)
	case p.New.Kind == ktt.Union:
		f.unionBits(p)
	case p.Need == match.Deep:
		for _, field := range followLast(p, p.Fields) {
			f.deepField(field)
		}
	default:
		f.inPlace(p)
	}
	f.local("local_in", "%s = arg_in", g.old.pointer(old, "local_in"))
	f.local("local_out", "%s = arg_out", g.new.pointer(new, "local_out"))
	for i, param := range p.New.Generics {
		f.local("gen_"+param, "closure *gen_%s = args[%d]", param, i+tags(p))
	}
	g.prototypes = append(g.prototypes, "_kitsune_type_transformer "+p.Transformer())
	f.finish(g.text(hasCode(p)), g.describePair(p), p.Transformer()+"(void *arg_in, void *arg_out, int num_args, void **args)")
}

// hasCode reports whether code of the user's has a part in the transformer of p.
func hasCode(p *match.Pair) bool {
	return p.Code() != nil || slices.ContainsFunc(p.Fields, func(f *match.Field) bool { return f.Code() != nil })
}

func refTo(d *ktt.TypeDef) *ktt.Type { return &ktt.Type{Kind: ktt.Ref, Def: d.Kind, Name: d.Name} }

// deepField prints how a field of a new object is made.
func (f *function) deepField(field *match.Field) {
	out := "local_out->" + field.New.Name
	f.renaming(field)
	switch {
	case field.Code() != nil:
		f.p("{ %s", comment(describeField(field)))
		f.code(field.Code(), fieldForm(field, out))
		f.p("}")
	case !f.Visits(field.Value) && field.New.Size == 0 && field.Value.Op == match.Array:
		f.flexible(field.Value, "local_in->"+field.Old.Name, out)
	case !f.Visits(field.Value):
		f.copy(field.Value, "local_in->"+field.Old.Name, out)
	case field.New.Bits != nil || field.Old.Bits != nil:
		f.bitField(field, "local_in->"+field.Old.Name, out)
	default:
		f.transform(field.Value, "local_in->"+field.Old.Name, out, 0)
		f.clearRest(field.Value, out)
	}
}

// renaming prints the rule without code that is about a field, if there is one.
func (f *function) renaming(field *match.Field) {
	if field.Rule != nil && field.Code() == nil {
		f.p("%s", comment(describeField(field)))
	}
}

func fieldForm(field *match.Field, out string) form {
	s := form{out: out, base: "(*local_in)"}
	if field.Old != nil {
		s.in = "local_in->" + field.Old.Name
	}
	return s
}

// inPlace prints the transformer of a structure whose values keep their place.
// They are copied all the same where they are contained in what moves. Then
// pointers are not copied before they are transformed: the runtime looks at
// what the new version has put in the place of a literal.
func (f *function) inPlace(p *match.Pair) {
	var copied, other []*match.Field
	code := false
	for _, field := range p.Fields {
		if field.Code() != nil {
			code = true
			copied = append(copied, field)
			other = append(other, field)
		} else if !f.Visits(field.Value) {
			copied = append(copied, field)
		} else {
			other = append(other, field)
		}
	}
	lastIn(other)
	if code {
		f.visitOnce(p)
	}
	if len(copied) > 0 {
		f.p("if (arg_in != arg_out) {")
		f.indent += "\t"
		for _, field := range copied {
			in, out := "local_in->"+field.Old.Name, "local_out->"+field.New.Name
			f.renaming(field)
			switch {
			case field.Value != nil:
				f.copy(field.Value, in, out)
			case field.Old.Bits != nil:
				f.p("%s = %s;", out, in)
			default:
				f.p("XF_ASSIGN(%s, %s);", out, in)
			}
		}
		f.indent = f.indent[1:]
		f.p("}")
	}
	for _, field := range followLast(p, other) {
		f.fieldInPlace(field)
	}
}

// visitOnce prints the check that code has not run yet for what keeps its place.
func (f *function) visitOnce(p *match.Pair) {
	f.p("if (arg_in == arg_out && !kitsune_visit_once(arg_in, %s))", p.Transformer())
	f.p("\treturn;")
	f.p("if (arg_in == arg_out)")
	f.p("\tkitsune_keep(arg_out, sizeof *local_out);")
}

// fieldInPlace prints how a field is made of something that may keep its place.
func (f *function) fieldInPlace(field *match.Field) {
	out := "local_out->" + field.New.Name
	if field.Code() == nil {
		f.renaming(field)
		f.transform(field.Value, "local_in->"+field.Old.Name, out, 0)
		return
	}
	f.p("{ %s", comment(describeField(field)))
	s := fieldForm(field, out)
	if usesIn(field.Code()) {
		s.in = f.fieldCopy(field.Old)
	}
	f.code(field.Code(), s)
	f.p("}")
}

// fieldCopy prints the copy of an old field whose place is also that of the new
// one, and returns its name.
func (f *function) fieldCopy(field *ktt.Field) string {
	in := "local_in->" + field.Name
	switch {
	case f.Old.IsScalar(field.Type):
		f.p("\t%s = %s;", f.old.declare(field.Type, "fld_tmp"), in)
	case field.Size == 0:
		return in
	default:
		f.p("\t%s;", f.old.declare(field.Type, "fld_tmp"))
		f.p("\tmemcpy(&fld_tmp, &%s, sizeof fld_tmp);", in)
	}
	return "fld_tmp"
}

// usesIn reports whether code looks at the old value.
func usesIn(b *xf.Block) bool {
	if strings.Contains(b.Text, "fld_tmp") {
		return true
	}
	var uses func(parts []*xf.Part) bool
	uses = func(parts []*xf.Part) bool {
		for _, p := range parts {
			if p.Form == xf.In {
				return true
			}
			for _, a := range p.Args {
				if uses(a) {
					return true
				}
			}
		}
		return false
	}
	return uses(b.Parts)
}

// copy prints how a value that needs nothing gets from one lvalue to another.
func (f *function) copy(v *match.Value, in, out string) {
	u := f.New.Underlying(v.New)
	switch {
	case v.Prefix():
		f.p("memcpy(%s, %s, %d * sizeof %s);", address(out), address(in), v.Count.Const, element(in, "0"))
	case u.Kind == ktt.Int || u.Kind == ktt.Float:
		f.p("%s = %s;", out, in)
	case u.Kind == ktt.Pointer:
		f.p("%s = (void *)%s;", out, in)
	case u.Kind == ktt.Ref && u.Def == ktt.Enum:
		f.p("%s = (%s)%s;", out, f.new.declare(v.New, ""), in)
	case u.Kind == ktt.Array && (u.Len == nil || u.Len.Field != "" || u.Len.Const == 0):
		// It has no size of its own, and is part of nothing that moves.
	default:
		f.p("memcpy(%s, %s, sizeof %s);", address(out), address(in), out)
	}
}

// clearRest prints how the elements are cleared that an array in new storage
// has more than before.
func (f *function) clearRest(v *match.Value, out string) {
	if v.Prefix() && v.New.Len.Const > v.Count.Const {
		f.p("memset(&%s[%d], 0, sizeof %s - %d * sizeof %s[0]);", out, v.Count.Const, out, v.Count.Const, out)
	}
}

// address returns an expression for the address of an lvalue.
func address(lvalue string) string {
	if p, ok := strings.CutPrefix(lvalue, "*"); ok {
		return p
	}
	return "&" + lvalue
}

// element returns an lvalue for an element of an array.
func element(array, index string) string {
	if strings.HasPrefix(array, "*") {
		array = "(" + array + ")"
	}
	return array + "[" + index + "]"
}

// transform prints how a value is made at the lvalue out of the one at in.
// Depth is the number of loops around the statement.
func (f *function) transform(v *match.Value, in, out string, depth int) {
	v = resolve(v)
	from, to := address(in), address(out)
	switch v.Op {
	case match.Pointer, match.Elements, match.ToZero:
		switch {
		case sized(v) != nil:
			f.p("%s(%s, %s, %s);", pointerName(sized(v)), from, to, f.args(resolve(v.Elem)))
		case v.Op == match.Pointer && f.parts.Contain(v.Elem):
			f.p("kitsune_xform_part(%s, %s, %s);", from, to, f.closure(v.Elem))
		case !f.Follows(v.Elem):
			f.p("kitsune_xform_plain(%s, %s);", from, to)
		case v.Op == match.Elements:
			f.p("kitsune_xform_ptrarray(%s, %s, %s, %s);", from, to, f.count(v), f.closure(v.Elem))
		case v.Op == match.ToZero:
			f.p("kitsune_xform_ntarray(%s, %s, %s);", from, to, f.closure(v.Elem))
		default:
			f.p("kitsune_xform_ptr(%s, %s, %s);", from, to, f.closure(v.Elem))
		}
	case match.FuncPtr:
		f.p("kitsune_xform_fptr(%s, %s);", from, to)
	case match.Parameter:
		f.p("kitsune_xform_array(%s, %s, 1, %s);", from, to, f.closure(v))
	case match.Array:
		switch {
		case !f.Visits(v.Elem):
			f.copy(v, in, out) // of a prefix
			return
		case *v.Count == (ktt.Length{}):
			return // it has no elements
		}
		index := string(rune('i' + depth))
		f.p("for (size_t %s = 0; %s < %s; %s++)", index, index, f.count(v), index)
		f.indent += "\t"
		f.transform(v.Elem, element(in, index), element(out, index), depth+1)
		f.indent = f.indent[1:]
	case match.ByPair:
		f.p("%s(%s, %s, %s);", v.Pair.Transformer(), from, to, f.args(v))
	}
}

// args returns the arguments of a pair's transformer for v.
func (f *function) args(v *match.Value) string {
	var list []string
	if v.Teller != "" {
		list = append(list, f.tag(v))
	}
	for _, a := range v.Args {
		list = append(list, "(void *)"+f.closure(a))
	}
	if len(list) == 0 {
		return "0, NULL"
	}
	return fmt.Sprintf("%d, (void *[]){%s}", len(list), strings.Join(list, ", "))
}

// A form says what $in, $out and $base are in a piece of code.
type form struct{ in, out, base string }

// code prints the code of a rule.
func (f *function) code(b *xf.Block, s form) {
	var text strings.Builder
	line := b.Pos.Line
	for _, part := range b.Parts {
		// What a form of several lines stands for is in one line.
		for ; line < part.Pos.Line; line++ {
			text.WriteByte('\n')
		}
		expansion := f.part(part, s)
		text.WriteString(expansion)
		line += strings.Count(expansion, "\n")
	}
	writeUserText(&f.body, b.Pos.File, b.Pos.Line, text.String(), f.indent)
}

// part returns the C text that a part of code stands for.
func (f *function) part(part *xf.Part, s form) string {
	switch part.Form {
	case xf.In:
		return s.in
	case xf.Out:
		return s.out
	case xf.Base:
		return s.base
	case xf.Gen:
		return "gen_" + part.Text
	case xf.OldType:
		return f.old.inCode(f.Types[part.Types[0]])
	case xf.NewType:
		return f.new.inCode(f.Types[part.Types[0]])
	case xf.Xform:
		return f.xform(part, s)
	}
	return part.Text
}

// xform returns the closure that a $xform stands for. Its arguments after the
// types are those of the generic parameters, which a type without a transformer
// does not use.
func (f *function) xform(part *xf.Part, s form) string {
	v := f.Xforms[part]
	given := map[string]string{}
	if len(part.Args) > 0 && f.Visits(v.Target()) {
		var params []*match.Value
		for i, name := range v.Target().Pair.New.Generics {
			var b strings.Builder
			for _, p := range part.Args[i] {
				b.WriteString(f.part(p, s))
			}
			given[name] = strings.TrimSpace(b.String())
			params = append(params, &match.Value{Op: match.Parameter, Param: name})
		}
		v = withArgs(v, params)
	}
	e := env{param: func(name string) string { return given[name] }}
	e.closure = func(v *match.Value) string { return f.closureIn(v, e) }
	return "(" + mutable(e.closure(v)) + ")"
}

// withArgs returns v with arguments for what it leads to.
func withArgs(v *match.Value, args []*match.Value) *match.Value {
	c := *v
	if v.Op == match.Pointer {
		c.Elem = withArgs(v.Elem, args)
	} else {
		c.Args = args
	}
	return &c
}
