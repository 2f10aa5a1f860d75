package ktt

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// A decoder reads JSON as [Unit.Encode] writes it: without blanks, and each field
// once, in its order. It fails on all else, and leaves the text to encoding/json,
// which takes several times as long. The methods for types are what the
// declarations of the types say, line by line.
type decoder struct {
	text   []byte
	pos    int
	first  bool // in an object or a list of which nothing has been read
	depth  int  // of types in each other
	failed bool
	words  map[string]string // strings that have been read, each once
}

func (d *decoder) unit(typeDef func() *TypeDef) *Unit {
	u := new(Unit)
	d.open('{')
	if d.field("ktt") {
		u.Schema = int(d.number())
	}
	if d.field("file") {
		u.File = d.string()
	}
	if d.field("target") {
		u.Target = d.string()
	}
	if d.field("namespace") {
		u.Namespace = d.string()
	}
	if d.field("types") {
		u.Types = list(d, typeDef)
	}
	if d.field("vars") {
		u.Vars = list(d, d.variable)
	}
	if d.field("funcs") {
		u.Funcs = list(d, d.function)
	}
	if d.field("roots") {
		u.Roots = list(d, d.string)
	}
	if d.field("points") {
		u.Points = list(d, d.string)
	}
	if d.field("literals") {
		u.Literals = d.literals()
	}
	d.close('}')
	return u
}

func (d *decoder) typeDef() *TypeDef {
	t := new(TypeDef)
	d.open('{')
	if d.field("kind") {
		t.Kind = DefKind(d.string())
	}
	if d.field("name") {
		t.Name = d.string()
	}
	if d.field("file") {
		t.File = d.string()
	}
	if d.field("line") {
		t.Line = int(d.number())
	}
	if d.field("system") {
		t.System = d.bool()
	}
	if d.field("anonymous") {
		t.Anonymous = d.bool()
	}
	if d.field("incomplete") {
		t.Incomplete = d.bool()
	}
	if d.field("unreached") {
		t.Unreached = d.bool()
	}
	if d.field("generics") {
		t.Generics = list(d, d.string)
	}
	if d.field("size") {
		t.Size = d.number()
	}
	if d.field("align") {
		t.Align = d.number()
	}
	if d.field("fields") {
		t.Fields = list(d, d.member)
	}
	if d.field("values") {
		t.Values = list(d, d.enumerator)
	}
	if d.field("int") {
		t.Int = d.string()
	}
	if d.field("type") {
		t.Type = d.typ()
	}
	d.close('}')
	return t
}

func (d *decoder) member() *Field {
	f := new(Field)
	d.open('{')
	if d.field("name") {
		f.Name = d.string()
	}
	if d.field("type") {
		f.Type = d.typ()
	}
	if d.field("unnamed") {
		f.Unnamed = d.bool()
	}
	if d.field("offset") {
		f.Offset = d.number()
	}
	if d.field("size") {
		f.Size = d.number()
	}
	if d.field("bits") {
		f.Bits = new(int)
		*f.Bits = int(d.number())
	}
	if d.field("cases") {
		f.Cases = list(d, d.number)
	}
	if d.field("line") {
		f.Line = int(d.number())
	}
	d.close('}')
	return f
}

func (d *decoder) enumerator() *Enumerator {
	e := new(Enumerator)
	d.open('{')
	if d.field("name") {
		e.Name = d.string()
	}
	if d.field("value") {
		e.Value = d.number()
	}
	d.close('}')
	return e
}

func (d *decoder) variable() *Var {
	v := new(Var)
	d.open('{')
	if d.field("key") {
		v.Key = d.string()
	}
	if d.field("type") {
		v.Type = d.typ()
	}
	if d.field("size") {
		v.Size = d.number()
	}
	if d.field("readonly") {
		v.ReadOnly = d.bool()
	}
	if d.field("local") {
		v.Local = d.bool()
	}
	if d.field("line") {
		v.Line = int(d.number())
	}
	d.close('}')
	return v
}

func (d *decoder) function() *Func {
	f := new(Func)
	d.open('{')
	if d.field("key") {
		f.Key = d.string()
	}
	d.close('}')
	return f
}

func (d *decoder) literals() map[string]int {
	m := map[string]int{}
	d.open('{')
	for d.more('}') {
		name := d.string()
		d.expect(':')
		m[name] = int(d.number())
	}
	d.close('}')
	return m
}

func (d *decoder) typ() *Type {
	t := new(Type)
	d.enter()
	d.open('{')
	if d.field("kind") {
		t.Kind = TypeKind(d.string())
	}
	if d.field("name") {
		t.Name = d.string()
	}
	if d.field("def") {
		t.Def = DefKind(d.string())
	}
	if d.field("args") {
		t.Args = list(d, d.genericArg)
	}
	if d.field("teller") {
		t.Teller = d.string()
	}
	if d.field("elem") {
		t.Elem = d.typ()
	}
	if d.field("shape") {
		t.Shape = Shape(d.string())
	}
	if d.field("custom") {
		t.Custom = list(d, d.string)
	}
	if d.field("said") {
		t.Said = d.bool()
	}
	if d.field("len") {
		t.Len = d.length()
	}
	if d.field("param") {
		t.Param = d.string()
	}
	if d.field("params") {
		t.Params = list(d, d.typ)
	}
	if d.field("variadic") {
		t.Variadic = d.bool()
	}
	if d.field("size") {
		t.Size = d.number()
	}
	d.close('}')
	d.depth--
	return t
}

func (d *decoder) length() *Length {
	l := new(Length)
	d.open('{')
	if d.field("const") {
		l.Const = d.number()
	}
	if d.field("field") {
		l.Field = d.string()
	}
	d.close('}')
	return l
}

func (d *decoder) genericArg() *GenericArg {
	a := new(GenericArg)
	d.enter()
	d.open('{')
	if d.field("param") {
		a.Param = d.string()
	}
	if d.field("type") {
		a.Type = d.typ()
	}
	if d.field("pointer") {
		a.Pointer = d.genericArg()
	}
	if d.field("opaque") {
		a.Opaque = d.bool()
	}
	d.close('}')
	d.depth--
	return a
}

// enter counts types in each other, and fails where there are too many.
func (d *decoder) enter() {
	if d.depth++; d.depth > maxDepth {
		d.failed = true
		d.pos = len(d.text)
	}
}

func (d *decoder) at(c byte) bool { return d.pos < len(d.text) && d.text[d.pos] == c }

func (d *decoder) expect(c byte) {
	if d.at(c) {
		d.pos++
	} else {
		d.failed = true
	}
}

// open begins an object or list, close ends it.
func (d *decoder) open(bracket byte) {
	d.expect(bracket)
	d.first = true
}

func (d *decoder) close(bracket byte) {
	d.expect(bracket)
	d.first = false
}

// field reports whether the field of an object comes next that has the name, and
// goes to its value.
func (d *decoder) field(name string) bool {
	rest := d.text[d.pos:]
	if !d.first {
		if len(rest) == 0 || rest[0] != ',' {
			return false
		}
		rest = rest[1:]
	}
	n := len(name)
	if len(rest) < n+3 || rest[0] != '"' || string(rest[1:n+1]) != name || string(rest[n+1:n+3]) != `":` {
		return false
	}
	d.pos = len(d.text) - len(rest) + n + 3
	d.first = false
	return true
}

// more reports whether there is another element, and goes to it.
func (d *decoder) more(end byte) bool {
	if d.at(end) || !d.first && !d.at(',') {
		return false
	}
	if !d.first {
		d.pos++
	}
	d.first = false
	return true
}

func list[T any](d *decoder, element func() T) []T {
	l := []T{}
	d.open('[')
	for d.more(']') {
		l = append(l, element())
	}
	d.close(']')
	return l
}

func (d *decoder) string() string {
	if !d.at('"') {
		d.failed = true
		return ""
	}
	for i := d.pos + 1; i < len(d.text); i++ {
		switch c := d.text[i]; {
		case c == '"':
			s := d.text[d.pos+1 : i]
			d.pos = i + 1
			return d.word(s)
		case c == '\\', c < ' ', c >= utf8.RuneSelf:
			return d.unusual()
		}
	}
	d.failed = true
	return ""
}

func (d *decoder) word(s []byte) string {
	w, known := d.words[string(s)]
	if !known {
		w = string(s)
		d.words[w] = w
	}
	return w
}

// unusual returns the string that comes next, in which there may be anything.
func (d *decoder) unusual() string {
	var s string
	j := json.NewDecoder(bytes.NewReader(d.text[d.pos:]))
	if err := j.Decode(&s); err != nil {
		d.failed = true
	}
	d.pos += int(j.InputOffset())
	return s
}

func (d *decoder) number() int64 {
	end := d.pos
	for end < len(d.text) && (d.text[end] == '-' || '0' <= d.text[end] && d.text[end] <= '9') {
		end++
	}
	digits := d.text[d.pos:end]
	d.pos = end
	n, err := strconv.ParseInt(string(digits), 10, 64)
	if unsigned := bytes.TrimPrefix(digits, []byte("-")); err != nil || len(unsigned) > 1 && unsigned[0] == '0' {
		d.failed = true
	}
	return n
}

func (d *decoder) bool() bool {
	for _, b := range []bool{true, false} {
		if word := strconv.FormatBool(b); bytes.HasPrefix(d.text[d.pos:], []byte(word)) {
			d.pos += len(word)
			return b
		}
	}
	d.failed = true
	return false
}
