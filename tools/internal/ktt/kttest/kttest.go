// Package kttest makes type summaries for tests out of C declarations, so that
// a test of a comparison can be read as two pieces of C. It knows what such
// tests need of C and of Kitsune's annotations, and lays types out as the
// x86-64 ABI does. Summaries of real programs come from ktcc.
//
// Every variable that is neither const nor marked E_MANUAL_MIGRATE is a root.
// KEY(k) after a declarator gives a variable or function the key k.
package kttest

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

// TB is what a test has to offer.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
}

// Unit returns the summary of a source called file with the text src.
func Unit(tb TB, file, src string) *ktt.Unit {
	tb.Helper()
	p := &parser{
		unit: &ktt.Unit{
			Schema: ktt.Schema, File: file, Target: "x86_64-linux-gnu",
			Types: []*ktt.TypeDef{}, Vars: []*ktt.Var{}, Funcs: []*ktt.Func{}, Roots: []string{},
		},
		types: map[ktt.TypeRef]*ktt.TypeDef{},
	}
	if err := p.parse(src); err != nil {
		tb.Fatalf("%s: %v", file, err)
	}
	slices.Sort(p.unit.Roots)
	return p.unit
}

// Summary returns the summary of a program of one source.
func Summary(tb TB, file, src string) *ktt.Summary {
	tb.Helper()
	return &ktt.Summary{Units: []*ktt.Unit{Unit(tb, file, src)}}
}

type parser struct {
	unit  *ktt.Unit
	types map[ktt.TypeRef]*ktt.TypeDef
	toks  []string
}

var (
	tokens  = regexp.MustCompile(`[A-Za-z_]\w*|\d\w*|"[^"]*"|\.\.\.|[^\s]`)
	noise   = regexp.MustCompile(`(?s)/\*.*?\*/|//[^\n]*|(?m:^\s*#[^\n]*)`)
	keyword = regexp.MustCompile(`^(const|volatile|restrict|inline|static|extern|typedef|register)$`)
	basic   = regexp.MustCompile(`^(void|char|short|int|long|signed|unsigned|float|double|_Bool)$`)
)

func (p *parser) parse(src string) (err error) {
	defer func() {
		switch e := recover().(type) {
		case nil:
		case syntaxError:
			err = fmt.Errorf("%s before %q", string(e), strings.Join(p.toks[:min(8, len(p.toks))], " "))
		default:
			panic(e)
		}
	}()
	p.toks = tokens.FindAllString(noise.ReplaceAllString(src, " "), -1)
	for len(p.toks) > 0 {
		p.external()
	}
	for _, d := range p.unit.Types {
		if d.Kind == ktt.Typedef {
			// What it stands for may have been defined later.
			if d.Size, d.Align = p.size(d.Type); d.Size == 0 {
				d.Align = 0
			}
		}
	}
	return nil
}

type syntaxError string

func (p *parser) peek() string {
	if len(p.toks) == 0 {
		return ""
	}
	return p.toks[0]
}

func (p *parser) next() string {
	t := p.peek()
	if t == "" {
		panic(syntaxError("unexpected end"))
	}
	p.toks = p.toks[1:]
	return t
}

func (p *parser) accept(t string) bool {
	if p.peek() == t {
		p.toks = p.toks[1:]
		return true
	}
	return false
}

func (p *parser) expect(t string) {
	if !p.accept(t) {
		panic(syntaxError("expected " + t))
	}
}

// parens returns the text of a parenthesised list, which it skips.
func (p *parser) parens() string {
	p.expect("(")
	var text []string
	for depth := 1; ; {
		t := p.next()
		switch t {
		case "(":
			depth++
		case ")":
			depth--
		}
		if depth == 0 {
			return strings.Join(text, " ")
		}
		text = append(text, t)
	}
}

// external reads a declaration or function at file scope.
func (p *parser) external() {
	if p.accept(";") {
		return
	}
	s := p.specifiers("")
	if p.accept(";") {
		return
	}
	for first := true; first || p.accept(","); first = false {
		name, t, notes := p.declarator(s)
		key := name
		if s.static {
			key = p.unit.File + "/" + name
		}
		if k := notes["KEY"]; k != "" {
			key = strings.ReplaceAll(k, " ", "")
		}
		switch {
		case s.typedef:
			d := &ktt.TypeDef{Kind: ktt.Typedef, Name: name, Type: t, Generics: params(notes["E_GENERIC"])}
			p.define(d)
		case t.Kind == ktt.FuncT:
			if p.peek() == "{" {
				p.skip("{", "}")
				p.unit.Funcs = append(p.unit.Funcs, &ktt.Func{Key: key})
				return
			}
		case !s.extern:
			size, _ := p.size(t)
			k := ktt.ParseKey(key)
			readonly := s.readonly && t.Kind != ktt.Pointer
			p.unit.Vars = append(p.unit.Vars, &ktt.Var{Key: key, Type: t, Size: size, ReadOnly: readonly, Local: k.IsLocal()})
			if _, manual := notes["E_MANUAL_MIGRATE"]; !manual && !readonly {
				p.unit.Roots = append(p.unit.Roots, key)
			}
		}
		if p.accept("=") {
			for p.peek() != "," && p.peek() != ";" {
				if p.peek() == "{" {
					p.skip("{", "}")
				} else {
					p.next()
				}
			}
		}
	}
	p.expect(";")
}

func (p *parser) skip(open, close string) {
	p.expect(open)
	for depth := 1; depth > 0; {
		switch p.next() {
		case open:
			depth++
		case close:
			depth--
		}
	}
}

func (p *parser) define(d *ktt.TypeDef) {
	d.File = p.unit.File
	if old := p.types[d.Ref()]; old != nil && old.Incomplete {
		*old = *d
		return
	}
	p.types[d.Ref()] = d
	p.unit.Types = append(p.unit.Types, d)
}

type specifiers struct {
	typ                               *ktt.Type
	static, extern, typedef, readonly bool
	cases                             string // of a member that has no name
}

// specifiers reads what stands before declarators. Path leads to a member whose
// type may be without a name.
func (p *parser) specifiers(path string) specifiers {
	var s specifiers
	var words []string
	notes := map[string]string{}
	for {
		p.notes(notes)
		t := p.peek()
		switch {
		case keyword.MatchString(t):
			p.next()
			s.static = s.static || t == "static"
			s.extern = s.extern || t == "extern"
			s.typedef = s.typedef || t == "typedef"
			s.readonly = s.readonly || t == "const"
			continue
		case basic.MatchString(t):
			words = append(words, p.next())
			continue
		case s.typ != nil || words != nil:
		case t == "struct" || t == "union" || t == "enum":
			s.typ = p.tagged(path, notes)
			continue
		case t == "__builtin_va_list":
			p.next()
			s.typ = &ktt.Type{Kind: ktt.VaList, Size: 24}
			continue
		case p.types[ktt.TypeRef{Kind: ktt.Typedef, Name: t}] != nil:
			p.next()
			s.typ = &ktt.Type{Kind: ktt.Ref, Def: ktt.Typedef, Name: t}
			continue
		}
		break
	}
	switch {
	case words != nil:
		s.typ = primitive(words)
	case s.typ == nil:
		panic(syntaxError("expected a type"))
	}
	if a, ok := notes["E_T"]; ok {
		s.typ.Param = params(a)[0]
	}
	if a, ok := notes["E_G"]; ok {
		s.typ.Args = p.genericArgs(a)
	}
	if a, ok := notes["E_UNION"]; ok {
		s.typ.Teller = parseLength(a).Field
	}
	s.cases = notes["E_CASE"]
	return s
}

// notes reads annotations and attributes.
func (p *parser) notes(to map[string]string) {
	for {
		t := p.peek()
		switch {
		case t == "__attribute__", t == "KEY", strings.HasPrefix(t, "E_"):
			p.next()
			to[t] = ""
			if p.peek() == "(" {
				to[t] = p.parens()
			}
		default:
			return
		}
	}
}

func params(list string) []string {
	var names []string
	for name := range strings.FieldsFuncSeq(list, func(r rune) bool { return strings.ContainsRune("@, ", r) }) {
		names = append(names, name)
	}
	return names
}

func primitive(words []string) *ktt.Type {
	count := func(w string) int {
		n := 0
		for _, x := range words {
			if x == w {
				n++
			}
		}
		return n
	}
	name, size := "int", int64(4)
	switch {
	case count("void") > 0:
		return &ktt.Type{Kind: ktt.Void}
	case count("float") > 0:
		return &ktt.Type{Kind: ktt.Float, Name: "float", Size: 4}
	case count("double") > 0 && count("long") > 0:
		return &ktt.Type{Kind: ktt.Float, Name: "long double", Size: 16}
	case count("double") > 0:
		return &ktt.Type{Kind: ktt.Float, Name: "double", Size: 8}
	case count("_Bool") > 0:
		name, size = "_Bool", 1
	case count("char") > 0:
		name, size = "char", 1
		if count("signed") > 0 {
			name = "signed char"
		}
	case count("short") > 0:
		name, size = "short", 2
	case count("long") == 2:
		name, size = "long long", 8
	case count("long") == 1:
		name, size = "long", 8
	}
	if count("unsigned") > 0 {
		name = "unsigned " + name
	}
	return &ktt.Type{Kind: ktt.Int, Name: name, Size: size}
}

// tagged reads a structure, union or enumeration, or a reference to one.
// What is said about it, and about its use, is added to notes.
func (p *parser) tagged(path string, notes map[string]string) *ktt.Type {
	kind := ktt.DefKind(p.next())
	p.notes(notes)
	d := &ktt.TypeDef{Kind: kind}
	if p.peek() != "{" {
		d.Name = p.next()
	} else {
		d.Anonymous = true
		d.Name = "__anon" + string(kind) + "_" + path
		if path == "" {
			d.Name += p.hint()
		}
	}
	ref := &ktt.Type{Kind: ktt.Ref, Def: kind, Name: d.Name}
	if !p.accept("{") {
		if p.types[d.Ref()] == nil {
			d.Incomplete = true
			p.define(d)
		}
		return ref
	}
	if p.types[d.Ref()] == nil {
		// Members may refer to it.
		p.define(&ktt.TypeDef{Kind: kind, Name: d.Name, Incomplete: true})
	}
	if kind == ktt.Enum {
		p.enumerators(d)
	} else {
		p.members(d)
	}
	p.notes(notes)
	d.Generics = params(notes["E_GENERIC"])
	p.layout(d, notes["__attribute__"])
	p.define(d)
	return ref
}

// hint returns the first name declared after the braces that follow.
func (p *parser) hint() string {
	depth := 0
	for i, t := range p.toks {
		switch {
		case t == "{" || t == "(":
			depth++
		case t == "}" || t == ")":
			depth--
		case t == ";" && depth == 0:
			return ""
		case strings.HasPrefix(t, "E_"):
		case depth == 0 && i > 0 && regexp.MustCompile(`^[A-Za-z_]`).MatchString(t):
			return t
		}
	}
	return ""
}

func (p *parser) enumerators(d *ktt.TypeDef) {
	value := int64(0)
	d.Int = "unsigned int"
	for !p.accept("}") {
		e := &ktt.Enumerator{Name: p.next()}
		if p.accept("=") {
			text := ""
			for p.peek() != "," && p.peek() != "}" {
				text += p.next()
			}
			value, _ = strconv.ParseInt(text, 0, 64)
		}
		e.Value = value
		if value < 0 {
			d.Int = "int"
		}
		value++
		d.Values = append(d.Values, e)
		p.accept(",")
	}
}

func (p *parser) members(d *ktt.TypeDef) {
	unnamed := 0
	for !p.accept("}") {
		name := fmt.Sprintf("__annonCompField%d", unnamed+1)
		hint := p.memberHint()
		if hint == "" {
			hint = name
		}
		s := p.specifiers(strings.TrimPrefix(d.Name, "__anon"+string(d.Kind)+"_") + "_" + hint)
		if p.accept(";") {
			unnamed++
			d.Fields = append(d.Fields, &ktt.Field{Name: name, Unnamed: true, Type: s.typ, Cases: numbers(s.cases)})
			continue
		}
		for first := true; first || p.accept(","); first = false {
			f := &ktt.Field{}
			if p.peek() == ":" {
				f.Type = s.typ
			} else {
				var notes map[string]string
				f.Name, f.Type, notes = p.declarator(s)
				f.Cases = numbers(notes["E_CASE"])
			}
			if p.accept(":") {
				bits, _ := strconv.Atoi(p.next())
				f.Bits = &bits
			}
			d.Fields = append(d.Fields, f)
		}
		p.expect(";")
	}
}

// memberHint returns the name of the member whose declaration follows.
func (p *parser) memberHint() string {
	if len(p.toks) > 1 && p.toks[1] == "{" {
		toks := p.toks
		defer func() { p.toks = toks }()
		p.next()
		return p.hint()
	}
	return ""
}

// declarator reads a declarator with its annotations.
func (p *parser) declarator(s specifiers) (string, *ktt.Type, map[string]string) {
	notes := map[string]string{}
	name, wrap := p.declare(notes)
	return name, wrap(s.typ), notes
}

// declare reads a declarator, and returns what makes its type of that of the
// specifiers.
func (p *parser) declare(notes map[string]string) (string, func(*ktt.Type) *ktt.Type) {
	var pointers []func(*ktt.Type) *ktt.Type
	for p.accept("*") {
		own := map[string]string{}
		for p.notes(own); keyword.MatchString(p.peek()); p.notes(own) {
			p.next()
		}
		pointers = append(pointers, func(t *ktt.Type) *ktt.Type { return p.pointer(t, own) })
	}
	name := ""
	inner := func(t *ktt.Type) *ktt.Type { return t }
	if p.peek() == "(" && len(p.toks) > 1 && (p.toks[1] == "*" || p.toks[1] == "(") {
		p.next()
		name, inner = p.declare(notes)
		p.expect(")")
	} else if t := p.peek(); regexp.MustCompile(`^[A-Za-z_]`).MatchString(t) && !strings.HasPrefix(t, "E_") {
		name = p.next()
	}
	var suffixes []func(*ktt.Type) *ktt.Type
	for {
		if p.accept("[") {
			var length *ktt.Length
			if p.accept("E_ARRAY") {
				length = parseLength(p.parens())
			}
			if p.peek() != "]" {
				n, err := strconv.ParseInt(p.next(), 0, 64)
				if err != nil {
					panic(syntaxError("expected a number"))
				}
				length = &ktt.Length{Const: n}
			}
			p.expect("]")
			suffixes = append(suffixes, func(t *ktt.Type) *ktt.Type {
				return &ktt.Type{Kind: ktt.Array, Elem: t, Len: length}
			})
		} else if p.peek() == "(" {
			params, variadic := p.parameters()
			suffixes = append(suffixes, func(t *ktt.Type) *ktt.Type {
				return &ktt.Type{Kind: ktt.FuncT, Elem: t, Params: params, Variadic: variadic}
			})
		} else {
			break
		}
	}
	p.notes(notes)
	return name, func(t *ktt.Type) *ktt.Type {
		for _, f := range pointers {
			t = f(t)
		}
		for _, f := range slices.Backward(suffixes) {
			t = f(t)
		}
		return inner(t)
	}
}

func (p *parser) pointer(t *ktt.Type, notes map[string]string) *ktt.Type {
	ptr := &ktt.Type{Kind: ktt.Pointer, Elem: t}
	for note, arg := range notes {
		switch note {
		case "E_OPAQUE":
			ptr.Shape = ktt.NoLook
		case "E_SZ":
			ptr.Shape = ktt.ToZero
		case "E_PTRARRAY":
			ptr.Shape, ptr.Len = ktt.Many, parseLength(arg)
		case "E_T":
			ptr.Param = params(arg)[0]
		case "E_CUSTOM":
			ptr.Custom = params(arg)
		}
	}
	return ptr
}

func parseLength(text string) *ktt.Length {
	text = strings.ReplaceAll(text, " ", "")
	if field, ok := strings.CutPrefix(text, "self."); ok {
		return &ktt.Length{Field: field}
	}
	n, err := strconv.ParseInt(text, 0, 64)
	if err != nil {
		panic(syntaxError("not a length: " + text))
	}
	return &ktt.Length{Const: n}
}

func numbers(list string) []int64 {
	var values []int64
	for n := range strings.FieldsFuncSeq(list, func(r rune) bool { return strings.ContainsRune(", ", r) }) {
		v, err := strconv.ParseInt(n, 0, 64)
		if err != nil {
			panic(syntaxError("not a number: " + n))
		}
		values = append(values, v)
	}
	return values
}

func (p *parser) parameters() (types []*ktt.Type, variadic bool) {
	p.expect("(")
	for !p.accept(")") {
		if p.accept("...") {
			variadic = true
			continue
		}
		_, t, _ := p.declarator(p.specifiers(""))
		if t.Kind != ktt.Void {
			types = append(types, t)
		}
		p.accept(",")
	}
	return types, variadic
}

// genericArgs reads the arguments of E_G.
func (p *parser) genericArgs(text string) []*ktt.GenericArg {
	outer := p.toks
	defer func() { p.toks = outer }()
	p.toks = tokens.FindAllString(text, -1)
	var args []*ktt.GenericArg
	for len(p.toks) > 0 {
		args = append(args, p.genericArg())
		p.accept(",")
	}
	return args
}

func (p *parser) genericArg() *ktt.GenericArg {
	var a *ktt.GenericArg
	switch {
	case p.accept("@"):
		a = &ktt.GenericArg{Param: p.next()}
	case p.accept("["):
		p.expect("opaque")
		p.expect("]")
		a = &ktt.GenericArg{Opaque: true}
	default:
		p.accept("typedef")
		a = &ktt.GenericArg{Type: p.specifiers("").typ}
		if p.accept("<") {
			for !p.accept(">") {
				a.Type.Args = append(a.Type.Args, p.genericArg())
				p.accept(",")
			}
		}
	}
	for p.accept("*") {
		a = &ktt.GenericArg{Pointer: a}
	}
	return a
}

// size returns the size and alignment of t.
func (p *parser) size(t *ktt.Type) (size, align int64) {
	switch t.Kind {
	case ktt.Int, ktt.Float:
		return t.Size, t.Size
	case ktt.Pointer:
		return 8, 8
	case ktt.VaList:
		return 24, 8
	case ktt.Array:
		size, align = p.size(t.Elem)
		if t.Len == nil || t.Len.Field != "" {
			return 0, align
		}
		return size * t.Len.Const, align
	case ktt.Ref:
		d := p.types[t.Ref()]
		switch {
		case d == nil || d.Incomplete:
		case d.Kind == ktt.Typedef:
			return p.size(d.Type)
		default:
			return d.Size, d.Align
		}
	}
	return 0, 1
}

func (p *parser) layout(d *ktt.TypeDef, attribute string) {
	packed := strings.Contains(attribute, "packed")
	if d.Kind == ktt.Enum {
		if d.Size, d.Align = 4, 4; packed {
			d.Size, d.Align = 1, 1
		}
		return
	}
	bit, align := int64(0), int64(1)
	size := int64(0)
	for _, f := range d.Fields {
		s, a := p.size(f.Type)
		if packed {
			a = 1
		}
		align = max(align, a)
		if d.Kind == ktt.Union {
			bit = 0
		}
		if f.Bits != nil {
			width := int64(*f.Bits)
			if unit := s * 8; width == 0 || !packed && bit/unit != (bit+width-1)/unit {
				bit = (bit + unit - 1) / unit * unit
			}
			bit += width
		} else {
			f.Size = s
			f.Offset = ((bit+7)/8 + a - 1) / a * a
			bit = (f.Offset + s) * 8
		}
		size = max(size, (bit+7)/8)
	}
	if m := regexp.MustCompile(`aligned \( (\d+) \)`).FindStringSubmatch(attribute); m != nil {
		n, _ := strconv.ParseInt(m[1], 0, 64)
		align = max(align, n)
	}
	d.Size, d.Align = (size+align-1)/align*align, align
}
