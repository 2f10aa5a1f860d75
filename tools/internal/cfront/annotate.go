package cfront

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

// macros are the names that users know the attributes by.
var macros = map[string]string{
	"e_ptr": "E_PTR", "e_ptropaque": "E_OPAQUE", "e_ptrarray": "E_PTRARRAY", "e_array": "E_ARRAY", "e_sz": "E_SZ",
	"e_custom_malloc": "E_CUSTOM", "e_ignore": "E_IGNORE", "e_auto": "E_AUTO", "e_generic": "E_GENERIC",
	"e_type": "E_T", "e_genuse": "E_G", "e_auto_migrate": "E_AUTO_MIGRATE",
	"e_manual_migrate": "E_MANUAL_MIGRATE", "e_notelocals": "E_NOTELOCALS",
	"e_union": "E_UNION", "e_case": "E_CASE",
}

func (a *attribute) macro() string {
	if m, ok := macros[a.name]; ok {
		return m
	}
	return a.name
}

// notes are what attributes say beyond the type that they are attached to.
type notes struct {
	declaration []*attribute // about the declared entity
	generics    []string     // of E_GENERIC
	native      []*attribute // of the compiler
}

func (n notes) has(name string) bool {
	for _, a := range n.declaration {
		if a.name == name {
			return true
		}
	}
	return false
}

// annotate applies attributes to the one type node that they belong to.
func (p *parser) annotate(t *Type, attrs []*attribute) notes {
	var n notes
	var shape *attribute
	for _, a := range attrs {
		a.used = true
		switch a.name {
		case "mode", "vector_size":
			n.native = append(n.native, a)
		case "gnu_inline", "e_ignore", "e_auto":
		case "e_auto_migrate", "e_manual_migrate", "e_notelocals", "e_case":
			n.declaration = append(n.declaration, a)
		case "e_generic":
			n.generics = p.genericParams(a)
		case "e_custom_malloc":
			if t.Kind != Pointer {
				p.errorf(a.off, "E_CUSTOM belongs to a pointer: write it right after the *")
			} else {
				t.Custom = p.strings(a)
			}
		case "e_genuse":
			if t.Kind == Named && t.Def.Kind != ktt.Enum {
				t.Args = p.genericArgs(a)
			} else {
				p.warnf(a.off, "E_G has no effect here: it belongs to the name of a generic type")
			}
		case "e_union":
			p.tagOf(t, a)
		case "e_ptr", "e_ptropaque", "e_ptrarray", "e_array", "e_sz", "e_type":
			if shape != nil {
				p.errorf(a.off, "Found conflicting annotations: %s and %s for the same type", shape.macro(), a.macro())
				continue
			}
			shape = a
		default:
			p.warnf(a.off, "unknown annotation %s", a.name)
		}
	}
	if shape != nil {
		p.shape(t, shape)
	}
	return n
}

// shape applies the annotation that says what a pointer or array holds.
func (p *parser) shape(t *Type, a *attribute) {
	switch {
	case a.name == "e_type" && (t.Kind == Pointer || t.Kind == Void):
		t.Param = p.genericParam(a)
	case t.Kind == Pointer && a.name == "e_array":
		p.errorf(a.off, "Bad type / annotation combination: E_ARRAY is for arrays; for a pointer write E_PTRARRAY")
	case t.Kind == Pointer:
		switch a.name {
		case "e_ptr":
			t.Said = true
		case "e_ptropaque":
			t.Shape = ktt.NoLook
		case "e_sz":
			t.Shape = ktt.ToZero
		case "e_ptrarray":
			if t.Count = p.count(a); t.Count != nil {
				t.Shape = ktt.Many
			}
		}
	case t.Kind == Array && a.name == "e_array":
		if t.Open {
			t.Count = p.count(a)
		} else {
			p.count(a) // the length that C knows wins
		}
	case t.Kind == Array:
		p.warnf(a.off, "%s has no effect on an array", a.macro())
	case t.Kind == Named && t.Def.Kind == ktt.Typedef:
		p.warnf(a.off, "%s has no effect where the typedef %s is used: annotate its definition", a.macro(), t.Def.Tag)
	default:
		p.warnf(a.off, "%s has no effect here: it belongs right after a *", a.macro())
	}
}

// misplaced reports annotations of entities on something that is none.
func (p *parser) misplaced(attrs []*attribute, what string) {
	for _, a := range attrs {
		p.warnf(a.off, "%s has no effect on %s", a.macro(), what)
	}
}

// trailing handles the attributes after a declarator's name, of something that
// only types can be said about. It returns those of the compiler's.
func (p *parser) trailing(attrs []*attribute, what string) (native []*attribute) {
	var n notes
	native = p.trailingDeclaration(attrs, &n)
	p.misplaced(n.declaration, what)
	return native
}

// trailingDeclaration does the same for a variable or function; what is said
// about it is added to n.
func (p *parser) trailingDeclaration(attrs []*attribute, n *notes) (native []*attribute) {
	for _, a := range attrs {
		a.used = true
		switch {
		case !a.annotation():
			native = append(native, a)
		case slices.Contains([]string{"e_auto_migrate", "e_manual_migrate", "e_notelocals", "e_case"}, a.name):
			n.declaration = append(n.declaration, a)
		case a.name != "e_ignore" && a.name != "e_auto":
			p.warnf(a.off, "%s has no effect after the name: write it after the * or the type's name", a.macro())
		}
	}
	return native
}

// count reads a length: a constant expression or self.FIELD.
func (p *parser) count(a *attribute) *Count {
	l := lex([]byte(a.args))
	if path := p.selfPath(l, a); path != "" {
		return &Count{Field: path, Off: a.off}
	}
	if !p.isConstant(l) {
		p.errorf(a.off, "%s: unsupported array size specifier %q: write a constant or self.FIELD", a.macro(), a.args)
		return nil
	}
	return &Count{Expr: a.args, Off: a.off}
}

// selfPath reads self.FIELD, the argument of an annotation, and returns what
// follows self. It returns "" for anything else.
func (p *parser) selfPath(l *lexed, a *attribute) string {
	if !l.is(0, "self") {
		return ""
	}
	var path []string
	for i := 1; i < len(l.toks); i += 2 {
		if l.ch(i) != '.' || i+1 == len(l.toks) || l.toks[i+1].kind != ident {
			return ""
		}
		path = append(path, l.str(i+1))
	}
	if len(path) > 0 {
		p.selfRefs = append(p.selfRefs, selfRef{path, a})
	}
	return strings.Join(path, ".")
}

// isConstant reports whether a text can be an integer constant expression; the
// compiler evaluates it.
func (p *parser) isConstant(l *lexed) bool {
	for i, t := range l.toks {
		if t.kind == str {
			return false
		}
		if t.kind != ident || classOf(l.text[t.off:t.end]) != notKeyword {
			continue
		}
		switch p.lookup(l.str(i)).(type) {
		case enumerator, *Def:
		default:
			// A tag may follow its keyword; variables have no place here.
			if !l.is(i-1, "struct") && !l.is(i-1, "union") && !l.is(i-1, "enum") {
				return false
			}
		}
	}
	return len(l.toks) > 0
}

// strings returns the values of the string literals among an attribute's
// arguments.
func (p *parser) strings(a *attribute) []string {
	l := lex([]byte(a.args))
	var list []string
	for _, t := range l.toks {
		if t.kind == str {
			list = append(list, unescape(l.text[t.off:t.end]))
		}
	}
	return list
}

// genericParams reads the parameters of E_GENERIC.
func (p *parser) genericParams(a *attribute) []string {
	a.used = true
	var params []string
	for _, arg := range strings.Split(strings.Join(p.strings(a), ","), ",") {
		name, ok := strings.CutPrefix(strings.TrimSpace(arg), "@")
		if !ok || !isName(name) {
			p.errorf(a.off, "%s: Expected generic variable to begin with @, found %q", a.macro(), strings.TrimSpace(arg))
			return nil
		}
		params = append(params, name)
	}
	return params
}

// genericParam reads the one parameter of E_T.
func (p *parser) genericParam(a *attribute) string {
	params := p.genericParams(a)
	if len(params) > 1 {
		p.errorf(a.off, "E_T takes one generic variable, found %d", len(params))
	}
	if len(params) != 1 {
		return ""
	}
	p.genericUses = append(p.genericUses, genericUse{params[0], a})
	return params[0]
}

func isName(s string) bool {
	for i := range len(s) {
		if !isIdent[s[i]] || i == 0 && isDigit[s[i]] {
			return false
		}
	}
	return s != ""
}

// genericArgs reads the arguments of E_G.
func (p *parser) genericArgs(a *attribute) []*Arg {
	text := strings.Join(p.strings(a), ",")
	// Not C: >> is two closing brackets.
	q := &argParser{lexed: lex([]byte(strings.ReplaceAll(text, ">", " > ")))}
	args, err := q.list()
	if err == nil && q.i < len(q.toks) {
		err = fmt.Errorf("unexpected %q", q.str(q.i))
	}
	if err != nil {
		p.errorf(a.off, "unable to parse generic type annotation %q: %v", text, err)
		return nil
	}
	p.args = append(p.args, q.types...)
	for _, param := range q.params {
		p.genericUses = append(p.genericUses, genericUse{param, a})
	}
	return args
}

// resolveArg looks up the name of a type in a generic argument. The unit need
// not declare it; then another one does.
func (p *parser) resolveArg(t *Type) {
	var d *Def
	if t.Tag == ktt.Typedef {
		d, _ = p.lookup(t.Name).(*Def)
	} else if found := p.lookupTag(t.Name); found != nil && found.Kind == t.Tag {
		d = found
	}
	if d != nil {
		t.Def, t.Name, t.Tag = d, "", ""
	}
}

// An argParser reads the language of generic arguments:
//
//	genargs  = genarg { "," genarg } .
//	genarg   = ( "@" name | "[" "opaque" "]" | typename [ "<" genargs ">" ] ) { "*" } .
//	typename = "struct" tag | "union" tag | "enum" tag | "typedef" name | primitive | name .
type argParser struct {
	*lexed
	i      int
	types  []*Type  // names to be looked up
	params []string // parameters handed on
}

func (p *argParser) list() ([]*Arg, error) {
	var args []*Arg
	for {
		a, err := p.arg()
		if err != nil {
			return nil, err
		}
		args = append(args, a)
		if p.ch(p.i) != ',' {
			return args, nil
		}
		p.i++
	}
}

func (p *argParser) arg() (*Arg, error) {
	a := new(Arg)
	switch {
	case p.i >= len(p.toks):
		return nil, fmt.Errorf("an argument is missing")
	case p.ch(p.i) == '@':
		if p.i+1 >= len(p.toks) || p.toks[p.i+1].kind != ident {
			return nil, fmt.Errorf("a name must follow @")
		}
		a.Param = p.str(p.i + 1)
		p.params = append(p.params, a.Param)
		p.i += 2
	case p.ch(p.i) == '[':
		if p.i+1 < len(p.toks) && !p.is(p.i+1, "opaque") {
			return nil, fmt.Errorf("unrecognized annotation: %s", p.str(p.i+1))
		}
		if p.ch(p.i+2) != ']' {
			return nil, fmt.Errorf("unbalanced [")
		}
		a.Opaque = true
		p.i += 3
	case p.toks[p.i].kind == ident:
		t, err := p.typeName()
		if err != nil {
			return nil, err
		}
		a.Type = t
	default:
		return nil, fmt.Errorf("unexpected %q", p.str(p.i))
	}
	for p.ch(p.i) == '*' {
		a = &Arg{Pointer: a}
		p.i++
	}
	return a, nil
}

func (p *argParser) typeName() (*Type, error) {
	start := p.i
	var words []string
	for p.i < len(p.toks) && p.toks[p.i].kind == ident {
		words = append(words, p.str(p.i))
		p.i++
	}
	t := new(Type)
	switch {
	case words[0] == "struct" || words[0] == "union" || words[0] == "enum" || words[0] == "typedef":
		if len(words) != 2 {
			return nil, fmt.Errorf("one name must follow %s", words[0])
		}
		*t = Type{Kind: Named, Tag: ktt.DefKind(words[0]), Name: words[1]}
	case len(words) == 1 && words[0] == "void":
		t.Kind = Void
	case intName(words) != "":
		*t = Type{Kind: Int, Name: intName(words)}
	case floatName(words) != "":
		*t = Type{Kind: Float, Name: floatName(words)}
	case len(words) == 1:
		*t = Type{Kind: Named, Tag: ktt.Typedef, Name: words[0]}
	default:
		return nil, fmt.Errorf("unexpected %q", p.str(start+1))
	}
	if t.Kind == Named {
		p.types = append(p.types, t)
	}
	if p.ch(p.i) != '<' {
		return t, nil
	}
	if t.Kind != Named {
		return nil, fmt.Errorf("%s takes no arguments", strings.Join(words, " "))
	}
	p.i++
	args, err := p.list()
	if err != nil {
		return nil, err
	}
	if p.ch(p.i) != '>' {
		return nil, fmt.Errorf("unbalanced <")
	}
	p.i++
	t.Args = args
	return t, nil
}
