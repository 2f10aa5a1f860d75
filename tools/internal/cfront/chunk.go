package cfront

// A chunk is an external declaration, as a range of tokens.
//
// What a chunk declares is found without knowing which identifiers are types.
// That is possible because only definitions of variables must not be missed:
// a chunk counts as one unless it is certain to be something else.
type chunk struct {
	lo, hi int // tokens
	body   int // the token { of a function's body, or -1
	from   int // offset where attributes can begin that belong to it
	to     int // offset of its end

	typedef, extern, static, inline, init, typeof bool

	nameless bool // it has no declarator, as in struct s { ... };

	types   []string // typedef names, tags and enumerators it defines
	tags    []string // tags it mentions at file scope, without defining them
	funcs   []string
	objects []string

	keep     bool // it is to be parsed
	keepBody bool // and its body
	unused   bool // it has no effect on the unit
}

// mayDefine reports whether the chunk may define variables.
func (c *chunk) mayDefine() bool {
	if c.body >= 0 || c.typedef || c.extern && !c.init {
		return false
	}
	return len(c.objects) > 0 || len(c.funcs) == 0 && !c.nameless
}

// chunks splits the text into external declarations.
func (l *lexed) chunks() []*chunk {
	var list []*chunk
	for i := 0; i < len(l.toks); {
		c := &chunk{lo: i, body: -1}
		assigned := false
		declarator := -1 // what follows a parenthesis, and brackets behind it: f(void) or (*f(void))[3]
	declaration:
		for ; i < len(l.toks); i++ {
			switch l.toks[i].ch {
			case '(':
				i = l.match(i)
				declarator = i + 1
			case '[':
				behind := i == declarator
				i = l.match(i)
				if behind {
					declarator = i + 1
				}
			case '=':
				assigned = true
			case ';':
				i++
				break declaration
			case '{':
				if !assigned && (i == c.lo || i == declarator) {
					if i == c.lo {
						list, c.lo = oldStyleHead(l, list, c.lo)
					}
					c.body = i
					i = l.match(i) + 1
					break declaration
				}
				i = l.match(i)
			}
		}
		c.hi = min(i, len(l.toks))
		if n := len(list); n > 0 {
			c.from = list[n-1].to
		}
		c.to = int(l.toks[c.hi-1].end)
		l.classify(c)
		list = append(list, c)
	}
	return list
}

// oldStyleHead finds the declarations that belong to the function whose body
// begins at a chunk's start: int f(a, b) int a; char *b; {. They are taken off
// the list.
func oldStyleHead(l *lexed, list []*chunk, body int) ([]*chunk, int) {
	for n := len(list) - 1; n >= 0 && list[n].body < 0; n-- {
		for i := list[n].lo; i < list[n].hi; i++ {
			switch l.toks[i].ch {
			case '[', '{':
				i = l.match(i)
			case '(':
				i = l.match(i)
				if i+1 < list[n].hi && l.toks[i+1].kind == ident {
					return list[:n], list[n].lo
				}
			}
		}
	}
	return list, body
}

// classify fills in what the chunk declares.
func (l *lexed) classify(c *chunk) {
	end := c.hi
	if c.body >= 0 {
		end = c.body
	}
	typed := false // a type specifier has been seen
	named := false // the name of the current declarator has been seen
	declare := func(name int, function bool) {
		named = true
		switch {
		case c.typedef:
			c.types = append(c.types, l.str(name))
		case function:
			c.funcs = append(c.funcs, l.str(name))
		default:
			c.objects = append(c.objects, l.str(name))
		}
	}
	for i := c.lo; i < end; i++ {
		t := l.toks[i]
		if t.kind == ident {
			switch class := classOf(l.text[t.off:t.end]); class {
			case kwTypedef:
				c.typedef = true
			case kwExtern:
				c.extern = true
			case kwStatic:
				c.static = true
			case kwInline:
				c.inline = true
			case kwTag, kwEnum:
				typed = true
				i = l.tag(c, i, class == kwEnum) - 1
				c.nameless = l.ch(i+1) == ';'
			case kwTypeof:
				c.typeof, typed = true, true
				if l.ch(i+1) == '(' {
					i = l.match(i + 1)
				}
			case kwType:
				typed = true
				if l.ch(i+1) == '(' && l.is(i, "_Atomic") {
					i = l.match(i + 1)
				}
			case notKeyword:
				switch l.ch(i + 1) {
				case '(':
					if !typed && l.isTypeBeforeParen(c, i) {
						typed = true
						continue
					}
					declare(i, true)
					if c.body >= 0 {
						return // the rest are parameters
					}
					i = l.match(i + 1)
				case ';', ',', '=', '[', ':':
					declare(i, false)
				default:
					if typed {
						declare(i, false)
					}
					typed = true
				}
			}
			continue
		}
		switch t.ch {
		case '(':
			close := l.match(i)
			if name := l.nestedName(i); name >= 0 && !named {
				function := l.ch(name+1) == '(' || name == i+1 && l.ch(close+1) == '('
				declare(name, function)
				if function && c.body >= 0 {
					return
				}
			}
			i = close
		case '[', '{':
			i = l.match(i)
		case ',':
			named = false
		case ';':
			c.nameless = c.nameless || i == c.lo
		case '=':
			c.init = true
			for i+1 < end && l.ch(i+1) != ',' && l.ch(i+1) != ';' {
				if i++; l.ch(i) == '(' || l.ch(i) == '[' || l.ch(i) == '{' {
					i = l.match(i)
				}
			}
		}
	}
}

// isTypeBeforeParen reports whether the identifier at i, the first one of a
// declaration and followed by a parenthesis, is a type, as in T (x) or
// T (*f(void)) {; rather than a function without a type, as in main() {.
func (l *lexed) isTypeBeforeParen(c *chunk, i int) bool {
	name := l.nestedName(i + 1)
	if c.body >= 0 {
		return l.ch(l.match(i+1)+1) == '(' || name >= 0 && l.ch(name+1) == '('
	}
	return name >= 0
}

// nestedName returns the token of the name in the parenthesised declarator at
// i, or -1 if the parenthesis is none.
func (l *lexed) nestedName(i int) int {
	end := l.match(i)
	for i++; i < end; i++ {
		if t := l.toks[i]; t.kind != ident {
			if t.ch != '*' && t.ch != '^' && t.ch != '(' {
				return -1
			}
			continue
		}
		switch classOf(l.text[l.toks[i].off:l.toks[i].end]) {
		case kwOther: // qualifiers
		case notKeyword:
			return i
		default:
			return -1
		}
	}
	return -1
}

// tag records the tag and the enumerators of the specifier that begins with
// the keyword at i and of those within it. It returns the index after it.
func (l *lexed) tag(c *chunk, i int, enum bool) int {
	i++
	name := -1
	if i < len(l.toks) && l.toks[i].kind == ident {
		name = i
		i++
	}
	if enum && l.ch(i) == ':' {
		for i < c.hi && l.ch(i) != '{' && l.ch(i) != ';' {
			i++
		}
	}
	if l.ch(i) != '{' {
		if name >= 0 {
			c.tags = append(c.tags, l.str(name))
		}
		return i
	}
	if name >= 0 {
		c.types = append(c.types, l.str(name))
	}
	end := l.match(i)
	parens := 0 // around token j: parameters, within which tags have a scope of their own
	for j := i + 1; j < end; j++ {
		t := l.toks[j]
		if t.kind != ident {
			switch t.ch {
			case '(':
				parens++
			case ')':
				parens--
			}
			continue
		}
		if enum && (j == i+1 || l.ch(j-1) == ',') {
			c.types = append(c.types, l.str(j))
			continue
		}
		switch classOf(l.text[t.off:t.end]) {
		case kwTypeof:
			c.typeof = true
		case kwTag, kwEnum:
			n := len(c.tags)
			j = l.tag(c, j, l.is(j, "enum")) - 1
			if parens > 0 {
				c.tags = c.tags[:n]
			}
		}
	}
	return end + 1
}

type wordClass uint8

const (
	notKeyword wordClass = iota
	kwTypedef
	kwExtern
	kwStatic
	kwInline
	kwTag // struct, union
	kwEnum
	kwTypeof
	kwType  // other type specifiers
	kwOther // qualifiers and everything else
)

func classOf(word []byte) wordClass {
	switch string(word) {
	case "typedef":
		return kwTypedef
	case "extern":
		return kwExtern
	case "static":
		return kwStatic
	case "inline", "__inline", "__inline__":
		return kwInline
	case "struct", "union":
		return kwTag
	case "enum":
		return kwEnum
	case "typeof", "__typeof", "__typeof__", "typeof_unqual":
		return kwTypeof
	case "void", "char", "short", "int", "long", "float", "double", "signed", "unsigned", "_Bool", "_Complex",
		"__signed", "__signed__", "__complex", "__complex__", "_Atomic", "__auto_type", "__int128", "__int128_t",
		"__uint128_t", "__float80", "__float128", "__ibm128", "__bf16", "__fp16", "_Float16", "_Float32", "_Float64",
		"_Float128", "_Float32x", "_Float64x", "_Float128x", "_Decimal32", "_Decimal64", "_Decimal128":
		return kwType
	case "const", "__const", "__const__", "volatile", "__volatile", "__volatile__", "restrict", "__restrict",
		"__restrict__", "register", "auto", "_Thread_local", "__thread", "_Noreturn", "sizeof", "_Alignof",
		"__alignof", "__alignof__", "_Generic", "return", "if", "else", "while", "do", "for", "switch", "case",
		"default", "break", "continue", "goto", "__label__", "__real", "__real__", "__imag", "__imag__":
		return kwOther
	}
	return notKeyword
}
