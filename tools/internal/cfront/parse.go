package cfront

import (
	"fmt"
	"slices"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

// A parser works out the meaning of the declarations that matter, in the order
// of the text. It is a recursive descent over the tokens: each function begins
// at token p.i and leaves it after what it has read.
type parser struct {
	*scanner
	i       int
	current *chunk
	scope   *scope
	fn      *function // the function whose body is being read, or nil

	defs     []*Def
	hints    map[*Def]hint
	pending  []*Def    // of the current block-scope declaration
	selfRefs []selfRef // not yet found in the structure around

	genericUses []genericUse // of parameters that the type around has to declare
	generics    []string     // of the definition around
	args        []*Type      // generic arguments whose names are still to be looked up
}

// A scope maps identifiers to what they mean: *Def for a typedef, *Object,
// *Type for a function, enumerator.
type scope struct {
	parent *scope
	names  map[string]any
	tags   map[string]*Def
}

type enumerator struct{}

func newParser(s *scanner) *parser {
	p := &parser{scanner: s, hints: make(map[*Def]hint)}
	p.push()
	return p
}

func (p *parser) push() {
	p.scope = &scope{p.scope, make(map[string]any), make(map[string]*Def)}
}

func (p *parser) pop() { p.scope = p.scope.parent }

// lookup returns what an identifier means, or nil.
func (p *parser) lookup(name string) any {
	for s := p.scope; s != nil; s = s.parent {
		if v, ok := s.names[name]; ok {
			return v
		}
	}
	return nil
}

func (p *parser) lookupTag(name string) *Def {
	for s := p.scope; s != nil; s = s.parent {
		if d, ok := s.tags[name]; ok {
			return d
		}
	}
	return nil
}

func (p *parser) fileScope() *scope {
	s := p.scope
	for s.parent != nil {
		s = s.parent
	}
	return s
}

func (p *parser) off(tok int) int { return int(p.toks[tok].off) }
func (p *parser) end(tok int) int { return int(p.toks[tok].end) }

// before returns the offset where attributes before token i begin.
func (p *parser) before(i int) int {
	if i == 0 {
		return 0
	}
	return p.end(i - 1)
}

// isName reports whether token i is an identifier and not a keyword.
func (p *parser) isName(i int) bool {
	return i < len(p.toks) && p.toks[i].kind == ident && classOf(p.text[p.toks[i].off:p.toks[i].end]) == notKeyword
}

// fail ends the parse with a complaint about the token at p.i.
func (p *parser) fail(expected string) {
	at, found := len(p.text), "the end of the text"
	if p.i < len(p.toks) {
		at, found = p.off(p.i), "\""+p.str(p.i)+"\""
	}
	panic(&SyntaxError{p.position(at).Pos, fmt.Sprintf("expected %s, found %s", expected, found)})
}

// expect takes the token with a character.
func (p *parser) expect(ch byte) int {
	if p.ch(p.i) != ch {
		p.fail("\"" + string(ch) + "\"")
	}
	p.i++
	return p.i - 1
}

// skipTo moves to the next token outside of brackets that has one of the
// characters, or that closes a bracket opened before.
func (p *parser) skipTo(chars string) {
	for ; p.i < len(p.toks); p.i++ {
		switch ch := p.ch(p.i); ch {
		case 0:
		case '(', '[', '{':
			p.i = p.match(p.i)
		case ')', ']', '}':
			return
		default:
			if slices.Contains([]byte(chars), ch) {
				return
			}
		}
	}
	p.fail("one of " + chars)
}

func (p *parser) errorf(off int, format string, args ...any) {
	p.unit.Diagnostics.Errorf(p.position(off).Pos, format, args...)
}

func (p *parser) warnf(off int, format string, args ...any) {
	p.unit.Diagnostics.Warnf(p.position(off).Pos, format, args...)
}

// run parses the chunks that matter and completes the unit.
func (p *parser) run() (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *SyntaxError:
			err = r
		default:
			panic(r)
		}
	}()
	for _, c := range p.chunks {
		if c.keep {
			p.current = c
			p.chunk(c)
		}
	}
	u := p.unit
	for _, v := range p.scope.names {
		if o, ok := v.(*Object); ok && o.defined {
			u.Objects = append(u.Objects, o)
		}
	}
	slices.SortFunc(u.Objects, func(a, b *Object) int { return a.Off - b.Off })
	for _, o := range u.Objects {
		if o.Name == "KT_NAMESPACE" && o.Type.Resolve().Kind == Pointer {
			u.Namespace = p.initialString(o.Off)
		}
	}
	for _, t := range p.args {
		p.resolveArg(t)
	}
	slices.SortStableFunc(p.defs, func(a, b *Def) int { return a.Off - b.Off })
	nameDefs(p.defs, p.hints)
	for _, d := range p.defs {
		if d.Complete && d.Tag != "" && !d.Block && p.mentioned[d.Tag] && p.own(d.Off) {
			u.Types = append(u.Types, d)
		}
	}
	slices.Sort(u.Points)
	u.Points = slices.Compact(u.Points)
	for _, a := range p.attrs {
		if c := p.chunkAt(a.off); a.annotation() && !a.used && c != nil && c.keep {
			p.warnf(a.off, "%s has no effect here", a.macro())
		}
	}
	u.Diagnostics.Sort()
	return nil
}

// chunk parses one external declaration.
func (p *parser) chunk(c *chunk) {
	p.i = c.lo
	if c.body >= 0 {
		p.functionDefinition(c)
		return
	}
	for p.i < c.hi {
		if p.ch(p.i) == ';' {
			p.i++
			continue
		}
		p.declaration(-1, nil)
	}
}

// initialString returns the string that the declarator with the name at an
// offset is initialised with.
func (p *parser) initialString(nameOff int) string {
	for i := p.at(nameOff); i < len(p.toks) && p.ch(i) != ';'; i++ {
		if p.ch(i) == '=' {
			s, _ := p.literalAt(i + 1)
			return s
		}
	}
	return ""
}

// literalAt returns the value of the string literals from token i on.
func (p *parser) literalAt(i int) (s string, ok bool) {
	for ; i < len(p.toks) && p.toks[i].kind == str; i++ {
		s, ok = s+unescape(p.text[p.toks[i].off:p.toks[i].end]), true
	}
	return s, ok
}

// source returns the tokens from lo up to hi with blanks between them.
func (p *parser) source(lo, hi int) string {
	var b []byte
	for i := lo; i < hi; i++ {
		if i > lo {
			b = append(b, ' ')
		}
		b = append(b, p.str(i)...)
	}
	return string(b)
}

// specifiers are the part of a declaration before its first declarator.
type specifiers struct {
	lo, hi int // tokens
	base   *Type
	notes  notes
	words  []string     // basic type specifiers
	defs   []*Def       // anonymous types defined
	uses   []genericUse // that what is declared has to know

	typedef, extern, static, register, thread bool
}

// specifiers reads the specifiers of a declaration and the attributes among
// them.
func (p *parser) specifiers() *specifiers {
	sp := &specifiers{lo: p.i}
	var quals Type
	for p.i < len(p.toks) && p.toks[p.i].kind == ident && p.specifier(sp, &quals) {
	}
	sp.hi = p.i
	if sp.base == nil {
		sp.base = basicType(sp.words)
	} else {
		t := *sp.base
		sp.base = &t
	}
	sp.base.Const = sp.base.Const || quals.Const
	sp.base.Volatile = sp.base.Volatile || quals.Volatile
	if sp.hi < len(p.toks) {
		sp.notes = p.annotate(sp.base, between(p.attrs, p.before(sp.lo), p.off(sp.hi)))
	}
	return sp
}

// specifier reads one specifier and reports whether there was one.
func (p *parser) specifier(sp *specifiers, quals *Type) bool {
	typed := sp.base != nil || len(sp.words) > 0
	word := p.str(p.i)
	class := classOf(p.text[p.toks[p.i].off:p.toks[p.i].end])
	if p.options.C23 && class == notKeyword && p.lookup(word) == nil {
		switch word {
		case "bool":
			class = kwType
		case "constexpr":
			word, class = "const", kwOther
		case "thread_local":
			word, class = "_Thread_local", kwOther
		}
	}
	switch class {
	case kwTypedef:
		sp.typedef = true
	case kwExtern:
		sp.extern = true
	case kwStatic:
		sp.static = true
	case kwInline:
	case kwTag:
		sp.base = &Type{Kind: Named, Def: p.record(sp)}
		return true
	case kwEnum:
		sp.base = &Type{Kind: Named, Def: p.enum(sp)}
		return true
	case kwTypeof:
		sp.base = p.typeof()
		return true
	case kwType:
		switch {
		case word == "_Atomic" && p.ch(p.i+1) == '(':
			end := p.match(p.i + 1)
			p.i += 2
			sp.base = p.typeName()
			p.i = end
		case word == "_Atomic":
		case word == "__auto_type":
			sp.base = &Type{Kind: Other, Name: word}
		default:
			sp.words = append(sp.words, word)
		}
	case kwOther:
		switch word {
		case "const", "__const", "__const__":
			quals.Const = true
		case "volatile", "__volatile", "__volatile__":
			quals.Volatile = true
		case "register":
			sp.register = true
		case "_Thread_local", "__thread":
			sp.thread = true
		case "restrict", "__restrict", "__restrict__", "auto", "_Noreturn":
		default:
			return false
		}
	case notKeyword:
		if typed || !p.isTypeName(p.i) {
			return false
		}
		switch d, ok := p.lookup(word).(*Def); {
		case ok:
			sp.base = &Type{Kind: Named, Def: d}
		case word == "__builtin_va_list":
			sp.base = &Type{Kind: VaList, Name: word}
		default:
			sp.base = &Type{Kind: Other, Name: word}
		}
	}
	p.i++
	return true
}

// isTypeName reports whether the identifier at i names a type where a type may
// stand. One that is not known is a type if something declared follows.
func (p *parser) isTypeName(i int) bool {
	switch p.lookup(p.str(i)).(type) {
	case *Def:
		return true
	case nil:
		switch {
		case p.is(i, "__builtin_va_list"), i+1 < len(p.toks) && p.toks[i+1].kind == ident:
			return true
		case p.fn != nil:
			return false // an expression
		case p.ch(i+1) == '(':
			return p.isTypeBeforeParen(p.current, i)
		}
		return p.ch(i+1) == '*'
	}
	return false
}

// isType reports whether a type begins at token i.
func (p *parser) isType(i int) bool {
	if i >= len(p.toks) || p.toks[i].kind != ident {
		return false
	}
	switch classOf(p.text[p.toks[i].off:p.toks[i].end]) {
	case kwTag, kwEnum, kwTypeof, kwType:
		return true
	case kwOther:
		switch p.str(i) {
		case "const", "__const", "__const__", "volatile", "__volatile", "__volatile__", "register", "restrict",
			"__restrict", "__restrict__":
			return true
		}
	case notKeyword:
		return p.isTypeName(i) || p.options.C23 && p.is(i, "bool") && p.lookup("bool") == nil
	}
	return false
}

// basicType returns the type that basic type specifiers name.
func basicType(words []string) *Type {
	if len(words) == 1 && words[0] == "void" {
		return &Type{Kind: Void}
	}
	if name := intName(words); name != "" {
		return &Type{Kind: Int, Name: name}
	}
	if name := floatName(words); name != "" {
		return &Type{Kind: Float, Name: name}
	}
	return &Type{Kind: Other, Name: fmt.Sprint(words)}
}

// typeName reads a type without a name.
func (p *parser) typeName() *Type {
	t, _ := p.declarator(p.specifiers().base)
	return t
}

// declarator reads a declarator, possibly abstract, and returns the type that
// it makes of base, and the token of the name or -1.
func (p *parser) declarator(base *Type) (t *Type, name int) {
	t = base
	for p.ch(p.i) == '*' || p.ch(p.i) == '^' {
		t = p.pointer(t)
	}
	name = -1
	switch {
	case p.isName(p.i):
		name = p.i
		p.i++
	case p.ch(p.i) == '(' && p.ch(p.i+1) != ')' && !p.isType(p.i+1):
		// What follows the parenthesis applies first.
		open := p.i
		p.i = p.match(open) + 1
		t = p.suffixes(t)
		after := p.i
		p.i = open + 1
		t, name = p.declarator(t)
		p.expect(')')
		p.i = after
		return t, name
	}
	return p.suffixes(t), name
}

// pointer reads a * with its qualifiers and attributes.
func (p *parser) pointer(target *Type) *Type {
	t := &Type{Kind: Pointer, Elem: target}
	star := p.i
qualifiers:
	for p.i++; p.i < len(p.toks) && p.toks[p.i].kind == ident; p.i++ {
		switch p.str(p.i) {
		case "const", "__const", "__const__":
			t.Const = true
		case "volatile", "__volatile", "__volatile__":
			t.Volatile = true
		case "restrict", "__restrict", "__restrict__", "_Atomic":
		default:
			break qualifiers
		}
	}
	if p.i < len(p.toks) {
		n := p.annotate(t, between(p.attrs, p.end(star), p.off(p.i)))
		p.misplaced(n.declaration, "a pointer")
	}
	return t
}

// suffixes reads the brackets after a declarator.
func (p *parser) suffixes(t *Type) *Type {
	open := p.i
	switch p.ch(open) {
	case '[':
		p.i = p.match(open) + 1
		return p.array(open, p.suffixes(t))
	case '(':
		p.i = p.match(open) + 1
		f := &Type{Kind: Func, Elem: p.suffixes(t)}
		after := p.i
		p.i = open
		for _, o := range p.parameters(f) {
			f.Params = append(f.Params, o.Type)
		}
		p.i = after
		return f
	}
	return t
}

// array returns the array of t whose [ is token open.
func (p *parser) array(open int, t *Type) *Type {
	close := p.match(open)
	a := &Type{Kind: Array, Elem: t, Open: true}
	for i := open + 1; i < close; i++ {
		switch p.str(i) {
		case "static", "const", "restrict", "volatile", "__restrict", "__restrict__", "*":
		default:
			a.Open = false
		}
	}
	n := p.annotate(a, between(p.attrs, p.end(open), p.off(close)))
	p.misplaced(n.declaration, "an array's length")
	return a
}

// parameters reads the parameter list at p.i. The result has one object for
// each, whose names may be "".
func (p *parser) parameters(f *Type) []*Object {
	// What annotations of parameters refer to is nobody's concern.
	refs, uses := p.selfRefs, p.genericUses
	defer func() { p.selfRefs, p.genericUses = refs, uses }()
	close := p.match(p.i)
	var params []*Object
	for p.i++; p.i < close; {
		if p.is(p.i, "...") {
			f.Variadic = true
			p.i++
			continue
		}
		sp := p.specifiers()
		from := p.before(p.i)
		t, name := p.declarator(sp.base)
		o := &Object{Type: decay(t), Register: sp.register}
		if name >= 0 {
			o.Name, o.Off = p.str(name), p.off(name)
			p.hint(sp, nil, o.Name)
		}
		p.skipTo(",")
		p.trailing(between(p.attrs, from, p.off(p.i)), "a parameter")
		params = append(params, o)
		if p.ch(p.i) == ',' {
			p.i++
		} else if p.i < close {
			p.fail("\")\"")
		}
	}
	p.expect(')')
	if len(params) == 1 && params[0].Name == "" && params[0].Type.Kind == Void && !f.Variadic {
		return nil
	}
	return params
}

// decay returns the type of a parameter that is declared with type t.
func decay(t *Type) *Type {
	switch r := t.Resolve(); r.Kind {
	case Array:
		return &Type{Kind: Pointer, Elem: r.Elem}
	case Func:
		return &Type{Kind: Pointer, Elem: t}
	}
	return t
}

// typeof reads typeof and its operand.
func (p *parser) typeof() *Type {
	start := p.i
	p.i++
	if p.ch(p.i) != '(' {
		p.fail("\"(\"")
	}
	open, close := p.i, p.match(p.i)
	p.i++
	var t *Type
	if p.isType(p.i) {
		t = p.typeName()
	} else {
		t = p.typeOf()
	}
	if t == nil || p.i != close {
		t = &Type{Kind: Other, Name: p.source(start, close+1)}
	}
	p.i = p.match(open) + 1
	return t
}

// typeOf reads a unary expression of a simple form and returns its type; nil if
// it is of another form.
func (p *parser) typeOf() *Type {
	switch ch := p.ch(p.i); {
	case ch == '*':
		p.i++
		return target(p.typeOf())
	case ch == '&':
		p.i++
		if t := p.typeOf(); t != nil {
			return &Type{Kind: Pointer, Elem: t}
		}
		return nil
	case ch == '(' && p.isType(p.i+1):
		close := p.match(p.i)
		p.i++
		t := p.typeName()
		p.i = close + 1
		if p.ch(p.i) == '{' {
			p.i = p.match(p.i) + 1
			return p.postfix(t)
		}
		p.operand()
		return t
	case ch == '(':
		close := p.match(p.i)
		p.i++
		t := p.typeOf()
		if t == nil || p.i != close {
			return nil
		}
		p.i++
		return p.postfix(t)
	case p.isName(p.i):
		v := p.lookup(p.str(p.i))
		p.i++
		switch v := v.(type) {
		case *Object:
			return p.postfix(v.Type)
		case *Type:
			return p.postfix(v)
		case enumerator:
			return &Type{Kind: Int, Name: "int"}
		}
	}
	return nil
}

// operand skips the unary expression that a cast applies to.
func (p *parser) operand() {
	for ; p.i < len(p.toks); p.i++ {
		switch p.ch(p.i) {
		case '(', '[':
			p.i = p.match(p.i)
		case ')', ']', ',', ';', '+', '/', '%', '?', '<', '>', '|', '^':
			return
		}
	}
}

// postfix reads what follows an expression of type t.
func (p *parser) postfix(t *Type) *Type {
	for t != nil && p.i < len(p.toks) {
		switch {
		case p.ch(p.i) == '[':
			p.i = p.match(p.i) + 1
			t = target(t)
		case p.ch(p.i) == '(':
			p.i = p.match(p.i) + 1
			if t = t.Resolve(); t.Kind == Pointer {
				t = t.Elem.Resolve()
			}
			if t.Kind != Func {
				return nil
			}
			t = t.Elem
		case p.ch(p.i) == '.' && p.isName(p.i+1):
			t = field(t, p.str(p.i+1))
			p.i += 2
		case p.is(p.i, "->") && p.isName(p.i+1):
			t = field(target(t), p.str(p.i+1))
			p.i += 2
		default:
			return t
		}
	}
	return t
}

// target returns the type that * makes of t, or nil.
func target(t *Type) *Type {
	if t == nil {
		return nil
	}
	switch t = t.Resolve(); t.Kind {
	case Pointer, Array:
		return t.Elem
	case Func:
		return t
	}
	return nil
}

// field returns the type of a field, or nil.
func field(t *Type, name string) *Type {
	if t == nil {
		return nil
	}
	if t = t.Resolve(); t.Kind != Named || t.Def == nil || t.Def.Kind == ktt.Enum {
		return nil
	}
	if f := t.Def.field(name); f != nil && f.Bits == "" {
		return f.Type
	}
	return nil
}
