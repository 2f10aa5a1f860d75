package cfront

import (
	"slices"
	"strconv"
	"strings"
)

// A Frame is a function whose locals are to be noted.
type Frame struct {
	Func   string
	Blocks []*Block // the outermost one first
}

// A Block is a block of a noted function that declares variables.
type Block struct {
	// Start is the offset where declarations can be inserted at the beginning
	// of the block.
	Start int

	// Wrap is not 0 for a statement that is the body of a loop without
	// braces: it begins at Start, ends at Wrap, and needs braces first.
	Wrap int

	Before []*Object // parameters or variables of a loop's head, alive from Start on
	Locals []*Local

	// JumpedInto is set if a goto or a switch can enter the block other than
	// at its beginning. What stands at Start is not executed then.
	JumpedInto bool

	open, close int // offsets
}

// A Local is a local variable of a block.
type Local struct {
	*Object

	// Repeated is set if a jump within the block can go back before the
	// declaration, which is then executed once more without the block having
	// been left.
	Repeated bool
}

// A function is one whose body is being read.
type function struct {
	name     string
	outer    *function // of a nested function
	def      *Function // nil for a nested function
	frame    *Frame    // if it is noted
	blocks   []*Block  // those that are open
	switches []int     // offsets of the switch statements that are open
	jumps    []jump
	labels   map[string]int // offsets
	taken    []string       // labels whose addresses are taken
	statics  map[string]int // number of static variables of a name
}

// A jump is a goto; label is "" for a computed one.
type jump struct {
	label string
	off   int
}

// functionDefinition reads the definition that is the chunk.
func (p *parser) functionDefinition(c *chunk) {
	var def *Function
	for _, f := range p.unit.Functions {
		if f.chunk == c {
			def = f
		}
	}
	sp := p.specifiers()
	t, name := p.declarator(sp.base)
	if name < 0 {
		p.fail("the name of a function")
	}
	p.scope.names[p.str(name)] = t
	p.trailing(between(p.attrs, p.off(name), p.off(c.body)), "a function")
	if c.keepBody {
		p.body(name, def, def != nil && def.noted, c.body)
	}
	p.i = c.hi
}

// body reads the body of the function whose name is one token and whose opening
// brace another one.
func (p *parser) body(name int, def *Function, noted bool, open int) {
	fn := &function{name: p.str(name), outer: p.fn, def: def}
	fn.labels, fn.statics = make(map[string]int), make(map[string]int)
	if noted {
		fn.frame = &Frame{Func: fn.name}
	}
	p.fn = fn
	p.push()
	p.i = name + 1
	if p.ch(p.i) == ')' {
		p.i++ // (f)(int a)
	}
	var params []*Object
	if p.ch(p.i) == '(' {
		for _, o := range p.parameters(new(Type)) {
			if o.Name != "" {
				o.Key, o.Func = o.Name, fn.name
				p.scope.names[o.Name] = o
				params = append(params, o)
			}
		}
	}
	for p.i < open && p.toks[p.i].kind == ident {
		p.declaration(-1, func(o *Object) { // of an old-style parameter
			for _, param := range params {
				if param.Name == o.Name {
					param.Type, param.Register = decay(o.Type), o.Register
					p.scope.names[o.Name] = param
				}
			}
		})
	}
	p.i = open
	p.compound(params)
	p.pop()
	p.fn = fn.outer
	if fn.frame != nil {
		fn.findJumps()
		p.unit.Frames = append(p.unit.Frames, fn.frame)
	}
}

// staticLocal records a static variable of the current function.
func (p *parser) staticLocal(o *Object) {
	if p.fn.def != nil && p.fn.def.NoDefinition {
		p.warnf(o.Off, "%s is not carried over: the unit has no definition of the inline function %s", o.Name, o.Func)
		return
	}
	if n := p.fn.statics[o.Name]; n > 0 {
		o.Key += "___" + strconv.Itoa(n-1)
	}
	p.fn.statics[o.Name]++
	p.unit.Statics = append(p.unit.Statics, o)
}

// compound reads a block; before are the variables that are alive at its
// beginning.
func (p *parser) compound(before []*Object) {
	open := p.expect('{')
	close := p.match(open)
	b := &Block{Start: p.end(open), Before: before, open: p.off(open), close: p.end(close)}
	p.inBlock(b, func() {
		p.push()
		defer p.pop()
		for p.i < close {
			p.blockItem(b)
		}
	})
	p.expect('}')
}

func (p *parser) inBlock(b *Block, read func()) {
	if f := p.fn.frame; f != nil {
		f.Blocks = append(f.Blocks, b)
	}
	p.fn.blocks = append(p.fn.blocks, b)
	read()
	p.fn.blocks = p.fn.blocks[:len(p.fn.blocks)-1]
}

func (p *parser) blockItem(b *Block) {
	switch {
	case p.is(p.i, "__label__"):
		p.skipTo(";")
		b.Start = p.end(p.expect(';')) // only other such declarations may stand before it
	case p.isDeclaration():
		if open := p.nestedFunction(); open >= 0 {
			p.nested(open)
			return
		}
		p.declaration(-1, func(o *Object) { b.Locals = append(b.Locals, &Local{Object: o}) })
	default:
		p.statement()
	}
}

// isDeclaration reports whether a declaration begins at p.i.
func (p *parser) isDeclaration() bool {
	if p.toks[p.i].kind != ident {
		return false
	}
	switch classOf(p.text[p.toks[p.i].off:p.toks[p.i].end]) {
	case kwTypedef, kwExtern, kwStatic, kwInline:
		return true
	case kwOther:
		switch p.str(p.i) {
		case "auto", "_Thread_local", "__thread", "_Noreturn":
			return true
		}
	case notKeyword:
		if p.ch(p.i+1) == ':' {
			return false // a label
		}
	}
	return p.isType(p.i)
}

// nestedFunction returns the opening brace of the nested function that is
// defined at p.i, or -1.
func (p *parser) nestedFunction() int {
	for i := p.i; i < len(p.toks); i++ {
		switch p.ch(i) {
		case '(', '[':
			i = p.match(i)
		case '{':
			if p.ch(i-1) == ')' {
				return i
			}
			i = p.match(i)
		case ';', '=', '}':
			return -1
		}
	}
	return -1
}

// nested reads the definition of a nested function.
func (p *parser) nested(open int) {
	noted := false
	for _, a := range between(p.attrs, p.before(p.i), p.off(open)) {
		if a.name == "e_notelocals" {
			a.used, noted = true, !p.options.NoLocals
		}
	}
	t, name := p.declarator(p.specifiers().base)
	if name < 0 {
		p.fail("the name of a function")
	}
	p.scope.names[p.str(name)] = t
	p.body(name, nil, noted, open)
}

// condition reads what stands in parentheses after a keyword.
func (p *parser) condition() {
	open := p.expect('(')
	close := p.match(open)
	p.expression(p.i, close)
	p.i = close + 1
}

// simple reads the rest of a statement that ends with a semicolon.
func (p *parser) simple() {
	lo := p.i
	p.skipTo(";")
	p.expression(lo, p.i)
	p.expect(';')
}

func (p *parser) statement() {
	if p.i >= len(p.toks) {
		p.fail("a statement")
	}
	at := p.off(p.i)
	switch word := p.str(p.i); word {
	case "{":
		p.compound(nil)
	case "if":
		p.i++
		p.condition()
		p.statement()
		if p.is(p.i, "else") {
			p.i++
			p.statement()
		}
	case "while":
		p.i++
		p.condition()
		p.statement()
	case "do":
		p.i++
		p.statement()
		p.simple() // while (...);
	case "switch":
		p.i++
		p.condition()
		p.fn.switches = append(p.fn.switches, at)
		p.statement()
		p.fn.switches = p.fn.switches[:len(p.fn.switches)-1]
	case "for":
		p.forLoop()
	case "case", "default":
		p.caseLabel()
		p.afterLabel()
	case "goto":
		label := ""
		if p.isName(p.i + 1) {
			label = p.str(p.i + 1)
		}
		p.fn.jumps = append(p.fn.jumps, jump{label, at})
		p.simple()
	default:
		if p.isName(p.i) && p.ch(p.i+1) == ':' {
			p.fn.labels[word] = at
			p.i += 2
			p.afterLabel()
			return
		}
		p.simple()
	}
}

// afterLabel reads the statement after a label; newer C also allows a
// declaration there, or nothing.
func (p *parser) afterLabel() {
	if p.ch(p.i) == '}' || p.i < len(p.toks) && p.isDeclaration() {
		return // the next item of the block
	}
	p.statement()
}

// caseLabel reads case and default with their colon.
func (p *parser) caseLabel() {
	if n := len(p.fn.switches); n > 0 {
		for _, b := range p.fn.blocks {
			b.JumpedInto = b.JumpedInto || b.open >= p.fn.switches[n-1]
		}
	}
	for conditionals := 0; ; p.i++ {
		p.skipTo("?:")
		if p.ch(p.i) == '?' {
			conditionals++
		} else if conditionals--; conditionals < 0 {
			break
		}
	}
	p.expect(':')
}

// forLoop reads a for statement.
func (p *parser) forLoop() {
	p.i++
	open := p.expect('(')
	close := p.match(open)
	var vars []*Object
	p.push()
	defer p.pop()
	if p.i < close && p.isDeclaration() {
		after := p.end(close) // unless something is inserted there, the place is not used
		if close+1 < len(p.toks) {
			if after = p.off(close + 1); p.ch(close+1) == '{' {
				after = p.end(close + 1)
			}
		}
		p.declaration(after, func(o *Object) { vars = append(vars, o) })
	}
	p.expression(p.i, close)
	p.i = close + 1
	switch {
	case p.ch(p.i) == '{':
		p.compound(vars)
	case p.fn.frame != nil && len(vars) > 0:
		b := &Block{Start: p.off(p.i), Before: vars, open: p.off(p.i), close: len(p.text)}
		p.inBlock(b, p.statement)
		b.Wrap = p.end(p.i - 1)
		b.close = b.Wrap
	default:
		p.statement()
	}
}

// findJumps works out which blocks and declarations jumps bypass or repeat,
// and drops the blocks without variables.
func (fn *function) findJumps() {
	targets := func(j jump) []int {
		labels := fn.taken
		if j.label != "" {
			labels = []string{j.label}
		}
		var offs []int
		for _, l := range labels {
			if off, ok := fn.labels[l]; ok {
				offs = append(offs, off)
			}
		}
		return offs
	}
	var kept []*Block
	for i, b := range fn.frame.Blocks {
		if i > 0 && len(b.Before) == 0 && len(b.Locals) == 0 {
			continue
		}
		kept = append(kept, b)
		inside := func(off int) bool { return b.open <= off && off < b.close }
		for _, j := range fn.jumps {
			for _, to := range targets(j) {
				if !inside(to) {
					continue
				}
				if !inside(j.off) {
					b.JumpedInto = b.JumpedInto || i > 0
				}
				for _, l := range b.Locals {
					l.Repeated = l.Repeated || to < l.After && j.off >= l.After && inside(j.off)
				}
			}
		}
	}
	fn.frame.Blocks = kept
}

// expression looks, among the tokens from lo up to hi, for what an expression
// can hold that is of interest: blocks of statement expressions, addresses of
// labels, and calls of the runtime.
func (p *parser) expression(lo, hi int) {
	for i := lo; i < hi; i++ {
		t := p.toks[i]
		switch {
		case t.ch == '(' && p.ch(i+1) == '{':
			end := p.match(i)
			p.i = i + 1
			p.compound(nil)
			p.i = hi
			i = end
		case t.kind == punct && t.ch == 0 && p.is(i, "&&") && p.isName(i+1) && !p.isOperand(i-1):
			p.fn.taken = append(p.fn.taken, p.str(i+1))
		case t.kind == ident && p.ch(i+1) == '(':
			p.call(i)
		}
	}
}

// isOperand reports whether an expression can end with token i.
func (p *parser) isOperand(i int) bool {
	if i < 0 {
		return false
	}
	return p.toks[i].kind != punct && !p.is(i, "return") || p.ch(i) == ')' || p.ch(i) == ']'
}

// call records a call of the function named by token i if that says something
// about the unit.
func (p *parser) call(i int) {
	callee := p.str(i)
	switch callee {
	case callXform, callUpdate, callNoteLocal:
	default:
		return
	}
	args := p.arguments(i + 1)
	u := p.unit
	switch {
	case callee == callUpdate && len(args) == 1:
		if name, ok := p.stringArg(args[0]); ok && name != "" {
			u.Points = append(u.Points, name)
		}
	case callee == callXform && len(args) == 4:
		var part [4]string
		for i, a := range args {
			var ok bool
			if part[i], ok = p.stringArg(a); !ok {
				return
			}
		}
		if part[0] != "" {
			u.Xforms = append(u.Xforms, Xform{Name: part[0], Func: part[1], File: part[2], Namespace: part[3]})
		}
	case callee == callNoteLocal && len(args) == 3:
		name, ok := p.stringArg(args[0])
		at := p.unwrap(args[1])
		if at[1]-at[0] != 1 {
			return
		}
		if o, isObject := p.lookup(p.str(at[0])).(*Object); ok && isObject && o.Func != "" {
			noted := *o
			noted.Name, noted.Key = name, name
			u.ByHand = append(u.ByHand, &noted)
		}
	}
}

// arguments returns the ranges of tokens that are the arguments of a call.
func (p *parser) arguments(open int) [][2]int {
	close := p.match(open)
	var args [][2]int
	lo := open + 1
	for i := lo; i <= close; i++ {
		switch p.ch(i) {
		case '(', '[', '{':
			i = p.match(i)
		case ',', ')':
			args = append(args, [2]int{lo, i})
			lo = i + 1
		}
	}
	return args
}

// unwrap removes parentheses, casts to pointers and & from an expression.
func (p *parser) unwrap(r [2]int) [2]int {
	for r[0] < r[1] {
		switch {
		case p.ch(r[0]) == '&':
			r[0]++
		case p.ch(r[0]) != '(':
			return r
		case p.match(r[0]) == r[1]-1:
			r[0]++
			r[1]--
		case p.isType(r[0] + 1):
			r[0] = p.match(r[0]) + 1
		default:
			return r
		}
	}
	return r
}

// stringArg returns the value of a string literal or of __func__, or "" for a
// null pointer constant.
func (p *parser) stringArg(r [2]int) (string, bool) {
	r = p.unwrap(r)
	if r[0] >= r[1] {
		return "", false
	}
	if p.toks[r[0]].kind == str {
		for i := r[0]; i < r[1]; i++ {
			if p.toks[i].kind != str {
				return "", false
			}
		}
		return p.literalAt(r[0])
	}
	if r[1]-r[0] != 1 {
		return "", false
	}
	switch word := p.str(r[0]); {
	case slices.Contains([]string{"__func__", "__FUNCTION__", "__PRETTY_FUNCTION__"}, word):
		return p.fn.name, true
	case p.toks[r[0]].kind == number:
		return "", strings.TrimRight(word, "uUlL") == "0"
	case word == "nullptr":
		return "", p.options.C23
	}
	return "", false
}
