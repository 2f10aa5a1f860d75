package cfront

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

// A selfRef is a field, or a path of fields, that an annotation takes a length
// from.
type selfRef struct {
	path []string
	attr *attribute
}

// A genericUse is a generic parameter that an annotation mentions.
type genericUse struct {
	param string
	attr  *attribute
}

// define adds a definition, of which specifiers are the first use.
func (p *parser) define(d *Def, sp *specifiers) {
	p.defs = append(p.defs, d)
	p.place(d)
	if d.Tag == "" {
		sp.defs = append(sp.defs, d)
	}
}

// place records where a definition is.
func (p *parser) place(d *Def) {
	if p.fn != nil {
		d.Block, d.fn = true, p.fn.name
		p.pending = append(p.pending, d)
	} else if c := p.chunkAt(d.Off); c != nil {
		d.After = c.to
	}
}

// tagged returns the type that the tag at p.i means where it is only mentioned.
func (p *parser) tagged(kind ktt.DefKind, keyword int) *Def {
	name := p.str(p.i)
	p.i++
	if d := p.lookupTag(name); d != nil && d.Kind == kind {
		return d
	}
	// At the outermost scope, as if it had been declared there: such
	// declarations are not among those that are parsed.
	d := &Def{Kind: kind, Tag: name, Off: p.off(keyword)}
	p.defs = append(p.defs, d)
	p.fileScope().tags[name] = d
	return d
}

// newTagged returns the type to be completed where a tag, or none, is defined.
func (p *parser) newTagged(kind ktt.DefKind, keyword int, tag string, sp *specifiers) *Def {
	if d := p.scope.tags[tag]; d != nil && d.Kind == kind && !d.Complete {
		d.Off = p.off(keyword)
		p.place(d)
		return d
	}
	d := &Def{Kind: kind, Tag: tag, Off: p.off(keyword)}
	p.define(d, sp)
	if tag != "" {
		p.scope.tags[tag] = d
	}
	return d
}

// record reads the specifier of a structure or union.
func (p *parser) record(sp *specifiers) *Def {
	keyword := p.i
	kind := ktt.DefKind(p.str(keyword))
	p.i++
	tag := ""
	if p.isName(p.i) {
		if p.ch(p.i+1) != '{' {
			return p.tagged(kind, keyword)
		}
		tag = p.str(p.i)
		p.i++
	}
	open := p.expect('{')
	d := p.newTagged(kind, keyword, tag, sp)
	d.lo, d.hi = keyword, p.match(open)

	around := between(p.attrs, p.end(keyword), p.off(open))
	if d.hi+1 < len(p.toks) {
		around = append(around, between(p.attrs, p.end(d.hi), p.off(d.hi+1))...)
	}
	for _, a := range around {
		if a.name == "e_generic" {
			d.Generics = p.genericParams(a)
		}
	}

	outerRefs, outerUses, outerGenerics := p.selfRefs, p.genericUses, p.generics
	p.selfRefs, p.genericUses = nil, nil
	if tag != "" || len(d.Generics) > 0 {
		p.generics = d.Generics // else it is a part of what is around
	}
	for p.i < d.hi {
		if p.ch(p.i) == ';' {
			p.i++
			continue
		}
		p.member(d)
	}
	p.expect('}')
	d.Complete = true
	d.unresolved = slices.DeleteFunc(p.selfRefs, func(r selfRef) bool { return p.isLength(d, r) })
	if tag != "" {
		p.noSelf(d)
	}
	d.undeclared = slices.DeleteFunc(p.genericUses, func(u genericUse) bool { return slices.Contains(d.Generics, u.param) })
	p.selfRefs, p.genericUses, p.generics = outerRefs, outerUses, outerGenerics
	return d
}

// adopt makes params, which are those of what is around, the generic parameters
// of the type that specifiers define and that declares none. It returns the
// mentions of parameters in the type, which are now mentions in what is around.
func (sp *specifiers) adopt(params []string) []genericUse {
	d := sp.base.Def
	uses := d.undeclared
	d.undeclared = nil
	d.Generics = params
	for _, param := range params {
		sp.base.Args = append(sp.base.Args, &Arg{Param: param})
	}
	return uses
}

// params returns the parameters that are mentioned, each once.
func params(uses []genericUse) []string {
	var list []string
	for _, u := range uses {
		if !slices.Contains(list, u.param) {
			list = append(list, u.param)
		}
	}
	return list
}

// undeclared reports the generic parameters that a type mentions and nothing
// declares.
func (p *parser) undeclared(d *Def) {
	what := "the " + string(d.Kind)
	if d.Tag != "" {
		what = string(d.Kind) + " " + d.Tag
	}
	p.noParams(d.undeclared, what+" does not declare it by E_GENERIC")
	d.undeclared = nil
}

// noParams reports mentions of what is no generic parameter.
func (p *parser) noParams(uses []genericUse, why string) {
	for _, param := range params(uses) {
		i := slices.IndexFunc(uses, func(u genericUse) bool { return u.param == param })
		p.errorf(uses[i].attr.off, "%s: @%s is not a generic parameter here: %s", uses[i].attr.macro(), param, why)
	}
}

// isLength reports whether a reference is to a field of d. It complains about
// one that cannot be a length.
func (p *parser) isLength(d *Def, r selfRef) bool {
	f := d.field(r.path[0])
	if f == nil {
		return false
	}
	for _, name := range r.path[1:] {
		t := f.Type.Resolve()
		if f = nil; t.Kind == Named && t.Def != nil {
			f = t.Def.field(name)
		}
		if f == nil {
			p.errorf(r.attr.off, "%s: there is no field self.%s", r.attr.macro(), strings.Join(r.path, "."))
			return true
		}
	}
	switch t := f.Type.Resolve(); {
	case t.Kind == Int, t.Kind == Other, t.Kind == Named && t.Def.Kind == ktt.Enum:
	default:
		p.errorf(r.attr.off, "%s: self.%s is not an integer", r.attr.macro(), strings.Join(r.path, "."))
	}
	return true
}

// field returns the field of the name in the structure itself or in one of its
// unnamed members, or nil.
func (d *Def) field(name string) *Field {
	for _, f := range d.Fields {
		if f.Name == name {
			return f
		}
		if f.Unnamed {
			if inner := f.Type.Def.field(name); inner != nil {
				return inner
			}
		}
	}
	return nil
}

// member reads one declaration of fields.
func (p *parser) member(d *Def) {
	sp := p.specifiers()
	if p.i == sp.lo {
		p.fail("a field")
	}
	cases := p.cases(d, &sp.notes)
	p.misplaced(sp.notes.declaration, "a field")
	if def := sp.base.Def; def != nil && def.Tag == "" && def.Kind != ktt.Enum && len(def.Generics) == 0 {
		generics := p.generics // all of them, so that they do not depend on the fields
		if len(generics) == 0 {
			generics = params(def.undeclared) // those of a typedef, which come later
		}
		p.genericUses = append(p.genericUses, sp.adopt(generics)...)
	} else if def != nil {
		p.undeclared(def)
	}
	if p.ch(p.i) == ';' {
		p.i++
		if def := sp.base.Def; def != nil && def.Tag == "" && def.Kind != ktt.Enum && def.Kind != ktt.Typedef {
			unnamed := 1
			for _, f := range d.Fields {
				if f.Unnamed {
					unnamed++
				}
			}
			name := fmt.Sprintf("__annonCompField%d", unnamed)
			p.hint(sp, d, name)
			p.selfRefs = append(p.selfRefs, def.unresolved...)
			d.Fields = append(d.Fields, &Field{Off: def.Off, Name: name, Unnamed: true, Type: sp.base, Cases: cases})
			d.Unnamed = true
		}
		return
	}
	p.noSelf(sp.defs...)
	for {
		from := p.before(p.i)
		f := &Field{Off: p.off(p.i), Type: sp.base}
		if p.ch(p.i) != ':' {
			t, name := p.declarator(sp.base)
			if name < 0 {
				p.fail("the name of a field")
			}
			f.Off, f.Name, f.Type = p.off(name), p.str(name), t
			p.hint(sp, d, f.Name)
		}
		if p.ch(p.i) == ':' {
			lo := p.i + 1
			p.skipTo(",;")
			f.Bits = p.source(lo, p.i)
		}
		p.skipTo(",;")
		var n notes
		native := p.trailingDeclaration(between(p.attrs, from, p.off(p.i)), &n)
		f.Cases = slices.Concat(cases, p.cases(d, &n))
		p.misplaced(n.declaration, "a field")
		f.Type = nativeType(f.Type, slices.Concat(sp.notes.native, native))
		d.Fields = append(d.Fields, f)
		if anon := anonymousIn(f.Type); anon != nil && anon.Unnamed {
			d.Unnamed = true
		}
		switch p.ch(p.i) {
		case ',':
			p.i++
			continue
		case '}': // compilers accept that the last semicolon is missing
		default:
			p.expect(';')
		}
		return
	}
}

// anonymousIn returns the anonymous structure or union that a type is, or is
// made of.
func anonymousIn(t *Type) *Def {
	for t.Kind == Array || t.Kind == Pointer {
		t = t.Elem
	}
	if t.Kind == Named && t.Def.Tag == "" && (t.Def.Kind == ktt.Struct || t.Def.Kind == ktt.Union) {
		return t.Def
	}
	return nil
}

// noSelf reports annotations in structures that name fields these do not have.
func (p *parser) noSelf(defs ...*Def) {
	for _, d := range defs {
		for _, r := range d.unresolved {
			p.errorf(r.attr.off, "%s: the structure has no field %s", r.attr.macro(), r.path[0])
		}
	}
}

// noStructure reports annotations that name fields where there are none.
func (p *parser) noStructure(refs []selfRef) {
	for _, r := range refs {
		p.errorf(r.attr.off, "%s: self.%s outside of a structure", r.attr.macro(), strings.Join(r.path, "."))
	}
}

// hint records what the anonymous types of specifiers are named after.
func (p *parser) hint(sp *specifiers, container *Def, name string) {
	for _, d := range sp.defs {
		if _, ok := p.hints[d]; !ok {
			p.hints[d] = hint{container, name}
		}
	}
}

// enum reads the specifier of an enumeration.
func (p *parser) enum(sp *specifiers) *Def {
	keyword := p.i
	p.i++
	tag := ""
	if p.isName(p.i) {
		tag = p.str(p.i)
	}
	open := p.i
	if tag != "" {
		open++
	}
	if brace := open + 1; p.ch(open) == ':' {
		for brace < len(p.toks) && (p.toks[brace].kind == ident || p.ch(brace) == '*') {
			brace++
		}
		if p.ch(brace) == '{' {
			open = brace // the underlying type stands before; the compiler tells it
		}
	}
	if p.ch(open) != '{' {
		if tag == "" {
			p.fail("an enumeration")
		}
		return p.tagged(ktt.Enum, keyword)
	}
	p.i = open + 1
	d := p.newTagged(ktt.Enum, keyword, tag, sp)
	for end := p.match(open); p.i < end; {
		if !p.isName(p.i) {
			p.fail("an enumerator")
		}
		name := p.str(p.i)
		d.Values = append(d.Values, name)
		p.scope.names[name] = enumerator{}
		if p.skipTo(","); p.i < end {
			p.i++
		}
	}
	p.expect('}')
	d.Complete = true
	return d
}

// declaration reads a declaration that is not a function's definition. In a
// function, locals takes the automatic variables that it declares. after is
// the offset where declarations that mention them can stand; if it is negative,
// that is the declaration's end.
func (p *parser) declaration(after int, locals func(*Object)) {
	p.genericUses = nil
	before := len(p.selfRefs)
	sp := p.specifiers()
	sp.uses = p.genericUses
	p.noSelf(sp.defs...)
	p.noStructure(p.selfRefs[before:])
	p.selfRefs = p.selfRefs[:before]
	if p.ch(p.i) == ':' {
		p.skipTo(";") // enum e : int;
	}
	var list []*declared
	for p.ch(p.i) != ';' {
		from := p.before(p.i)
		refs := len(p.selfRefs)
		p.genericUses = nil
		t, name := p.declarator(sp.base)
		if name < 0 {
			p.fail("a name")
		}
		p.hint(sp, nil, p.str(name))
		p.skipTo(",;=")
		d := &declared{sp: sp, name: name, t: t, init: p.ch(p.i) == '=',
			trailing: between(p.attrs, from, p.off(p.i))}
		if o := p.declare(d); o != nil {
			list = append(list, d)
		}
		if !sp.typedef && t.Kind != Func {
			p.noStructure(p.selfRefs[refs:])
			if p.fn == nil || sp.static || p.fn.frame != nil {
				p.noParams(slices.Concat(sp.uses, p.genericUses), "only generic types have some")
			}
		}
		p.selfRefs = p.selfRefs[:refs]
		if d.init {
			lo := p.i
			p.skipTo(",;")
			if p.fn != nil {
				p.expression(lo, p.i)
			}
		}
		if p.ch(p.i) != ',' {
			break
		}
		p.i++
	}
	if sp.base.Def != nil {
		p.undeclared(sp.base.Def)
	}
	semi := p.expect(';')
	if after < 0 {
		after = p.end(semi)
	}
	for _, d := range list {
		d.object.After = after
		switch {
		case d.object.Static:
			p.staticLocal(d.object)
		case locals != nil:
			locals(d.object)
		}
	}
	for _, d := range p.pending {
		d.After = after
	}
	p.pending = p.pending[:0]
}

// declared is one declarator of a declaration.
type declared struct {
	sp       *specifiers
	name     int
	t        *Type
	init     bool
	trailing []*attribute
	object   *Object // a variable of a function
}

// declare gives a declarator's name its meaning. It returns the object if that
// is a variable which belongs to the current function.
func (p *parser) declare(d *declared) *Object {
	name := p.str(d.name)
	if d.sp.typedef {
		p.typedef(d, name)
		return nil
	}
	notes := d.sp.notes
	native := p.trailingDeclaration(d.trailing, &notes)
	t := nativeType(d.t, slices.Concat(notes.native, native))
	if t.Kind == Array && t.Open && d.init {
		closed := *t
		closed.Open = false // the initialiser gives the length
		t = &closed
	}
	if t.Resolve().Kind == Func {
		if _, ok := p.scope.names[name].(*Type); !ok || p.fn != nil {
			p.scope.names[name] = t
		}
		p.misplaced(slices.DeleteFunc(slices.Clone(notes.declaration), func(a *attribute) bool {
			return a.name == "e_notelocals"
		}), "a function")
		return nil
	}
	for _, a := range notes.declaration {
		if a.name == "e_notelocals" || a.name == "e_case" {
			p.warnf(a.off, "%s has no effect on a variable", a.macro())
		}
	}
	if p.fn == nil {
		p.fileObject(d, name, t, notes)
		return nil
	}
	o := &Object{Name: name, Key: name, Func: p.fn.name, Off: p.off(d.name), Type: t, Static: d.sp.static,
		ThreadLocal: d.sp.thread, Register: d.sp.register, Auto: notes.has("e_auto_migrate"),
		Manual: notes.has("e_manual_migrate")}
	p.scope.names[name] = o
	if d.sp.extern {
		return nil
	}
	d.object = o
	return o
}

// typedef defines a typedef.
func (p *parser) typedef(d *declared, name string) {
	def := &Def{Kind: ktt.Typedef, Tag: name, Off: p.off(d.name), Complete: true}
	n := p.annotate(d.t, d.trailing)
	p.misplaced(slices.Concat(d.sp.notes.declaration, n.declaration), "a typedef")
	def.Generics = n.generics
	if of := d.sp.base.Def; of != nil && len(of.undeclared) > 0 && len(def.Generics) > 0 {
		d.sp.uses = append(d.sp.uses, d.sp.adopt(def.Generics)...)
	}
	p.noParams(slices.DeleteFunc(slices.Concat(d.sp.uses, p.genericUses), func(u genericUse) bool {
		return slices.Contains(def.Generics, u.param)
	}), "the typedef "+name+" does not declare it by E_GENERIC")
	def.Type = nativeType(d.t, slices.Concat(d.sp.notes.native, n.native))
	if old, ok := p.scope.names[name].(*Def); ok {
		// The same again, perhaps with annotations.
		old.Type = composite(old.Type, def.Type)
		if len(old.Generics) == 0 {
			old.Generics = def.Generics
		}
		return
	}
	p.define(def, d.sp)
	p.scope.names[name] = def
}

// fileObject merges a declaration of a variable at file scope with those
// before it.
func (p *parser) fileObject(d *declared, name string, t *Type, notes notes) {
	o, ok := p.scope.names[name].(*Object)
	if !ok {
		o = &Object{Name: name, Key: name, Off: p.off(d.name), Type: t}
		p.scope.names[name] = o
	}
	o.Static = o.Static || d.sp.static
	o.ThreadLocal = o.ThreadLocal || d.sp.thread
	o.Register = o.Register || d.sp.register
	o.Auto = o.Auto || notes.has("e_auto_migrate")
	o.Manual = o.Manual || notes.has("e_manual_migrate")
	switch {
	case d.init || !d.sp.extern && !o.defined:
		// An initialised declaration is the definition; else the first
		// tentative one is.
		o.Off = p.off(d.name)
		o.Type = composite(t, o.Type)
		o.defined = true
	default:
		o.Type = composite(o.Type, t)
	}
}

// composite returns the type of something declared as t and also as other: t,
// with what only other says.
func composite(t, other *Type) *Type {
	if t == other || t.Kind != other.Kind {
		return t
	}
	c := *t
	switch t.Kind {
	case Array:
		c.Open = t.Open && other.Open
		if c.Count == nil {
			c.Count = other.Count
		}
		c.Elem = composite(t.Elem, other.Elem)
	case Pointer:
		if t.Shape == ktt.One && t.Param == "" {
			c.Shape, c.Count, c.Param = other.Shape, other.Count, other.Param
		}
		if t.Custom == nil {
			c.Custom = other.Custom
		}
		c.Elem = composite(t.Elem, other.Elem)
	case Void:
		if t.Param == "" {
			c.Param = other.Param
		}
	case Named:
		if t.Args == nil && t.Def == other.Def {
			c.Args = other.Args
		}
	}
	return &c
}

// nativeType returns t as changed by attributes of the compiler's: below its
// pointers and arrays there is another type then.
func nativeType(t *Type, attrs []*attribute) *Type {
	if len(attrs) == 0 {
		return t
	}
	c := *t
	switch t.Kind {
	case Pointer, Array, Func:
		c.Elem = nativeType(t.Elem, attrs)
		return &c
	}
	for _, a := range attrs {
		switch {
		case a.name == "vector_size" || a.name == "mode" && t.Kind == Float:
			c = Type{Kind: Other, Name: "vector", Const: t.Const, Volatile: t.Volatile}
			if a.name == "mode" {
				c.Name = "mode(" + a.args + ")"
			}
		case a.name == "mode" && t.Kind == Int:
			c.Name = ""
		}
	}
	return &c
}
