package xf

import (
	"slices"
	"strings"
)

// code takes C text between two offsets apart.
func (p *parser) code(start, end int) []*Part {
	parts := []*Part{}
	done := start // what is before it is in parts
	flush := func(to int) {
		if to > done {
			parts = append(parts, &Part{Pos: p.pos(done), Text: string(p.src[done:to])})
		}
	}
	src := p.src[:end]
	for i := start; i < end; {
		if j := skipLiteral(src, i); j > i {
			i = j
			continue
		}
		if !isIdent(src[i]) {
			i++
			continue
		}
		word := i
		for i < end && isIdent(src[i]) {
			i++
		}
		if part, after, ok := p.substitution(word, i, end); ok {
			flush(word)
			part.Pos = p.pos(word)
			parts = append(parts, part)
			done, i = after, after
		}
	}
	flush(end)
	return parts
}

// substitution returns what the word between two offsets stands for, and the
// offset after the arguments. It returns false if the word stands for itself.
func (p *parser) substitution(word, after, end int) (part *Part, next int, ok bool) {
	part = new(Part)
	name := string(p.src[word:after])
	switch name {
	case "$in":
		return &Part{Form: In}, after, true
	case "$out":
		return &Part{Form: Out}, after, true
	case "$base":
		return &Part{Form: Base}, after, true
	case "$oldtype":
		part.Form = OldType
	case "$newtype":
		part.Form = NewType
	case "$xform":
		part.Form = Xform
	case "$gen":
		part.Form = Gen
	default:
		return part, after, false
	}
	args, next, ok := p.arguments(after, end)
	if !ok {
		return part, after, false
	}
	fail := func(form string) (*Part, int, bool) {
		p.diags.Errorf(p.pos(word), "expected %s%s", name, form)
		return part, after, false
	}
	types := 1
	switch part.Form {
	case Gen:
		if len(args) != 1 {
			return fail("(NAME)")
		}
		part.Text = strings.TrimPrefix(strings.TrimSpace(string(p.src[args[0].start:args[0].end])), "@")
		return part, next, true
	case Xform:
		if len(args) < 2 {
			return fail("(OLD TYPE, NEW TYPE)")
		}
		types = 2
	default:
		if len(args) != 1 {
			return fail("(TYPE)")
		}
	}
	for _, a := range args[:types] {
		t := p.typeName(a.start, a.end)
		if t == nil {
			return part, next, false
		}
		part.Types = append(part.Types, t)
	}
	for _, a := range args[types:] {
		part.Args = append(part.Args, p.code(a.start, a.end))
	}
	return part, next, true
}

// A span is a range of offsets.
type span struct{ start, end int }

// arguments splits the parenthesised list that begins at or after offset i,
// and returns the offset after it. It reports a list that is not there.
func (p *parser) arguments(i, end int) (args []span, next int, ok bool) {
	src := p.src[:end]
	for i < end && strings.IndexByte(" \t\n", src[i]) >= 0 {
		i++
	}
	if i >= end || src[i] != '(' {
		p.diags.Errorf(p.pos(i), "expected ( after %s", wordBefore(src, i))
		return nil, i, false
	}
	open := i
	i++
	depth, arg := 0, i
	for i < end {
		if j := skipLiteral(src, i); j > i {
			i = j
			continue
		}
		switch c := src[i]; {
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case c == ')':
			return append(args, span{arg, i}), i + 1, true
		case c == ',' && depth == 0:
			args = append(args, span{arg, i})
			arg = i + 1
		}
		i++
	}
	p.diags.Errorf(p.pos(open), "no ) closes the arguments of %s", wordBefore(src, open))
	return nil, i, false
}

// wordBefore returns the word that ends before offset i, but for white space.
func wordBefore(src []byte, i int) string {
	text := strings.TrimRight(string(src[:i]), " \t\n")
	return text[strings.LastIndexByte(text, '$'):]
}

// typeName reads the type between two offsets. It reports what is no type.
func (p *parser) typeName(start, end int) *TypeName {
	for start < end && strings.IndexByte(" \t\n", p.src[start]) >= 0 {
		start++
	}
	text := strings.TrimSpace(string(p.src[start:end]))
	base := strings.TrimRight(text, "* \t\n")
	t := &TypeName{Pos: p.pos(start), Stars: strings.Count(text[len(base):], "*")}
	words := strings.Fields(base)
	for _, w := range words {
		if isDigit(w[0]) || strings.ContainsFunc(w, func(r rune) bool { return r > 127 || !isIdent(byte(r)) }) {
			words = nil
		}
	}
	keyword := len(words) > 0 && slices.Contains([]string{"struct", "union", "enum", "typedef"}, words[0])
	switch name, ok := primitive(words); {
	case ok:
		t.Kind, t.Name = "primitive", name
	case len(words) == 1 && !keyword:
		t.Name = words[0]
	case len(words) == 2 && keyword:
		t.Kind, t.Name = words[0], words[1]
	default:
		p.diags.Errorf(t.Pos, "%q is not the name of a type", text).
			Notef(t.Pos, "a type is written as struct NAME, union NAME, enum NAME, typedef NAME or a type of C, with * after it")
		return nil
	}
	return t
}

// primitives lists the spellings of C's own types, the words in alphabetical
// order, after the spelling that type summaries use.
var primitives = [][]string{
	{"void"},
	{"_Bool"},
	{"char"},
	{"signed char", "char signed"},
	{"unsigned char", "char unsigned"},
	{"short", "int short", "int short signed", "short signed"},
	{"unsigned short", "int short unsigned", "short unsigned"},
	{"int", "int signed", "signed"},
	{"unsigned int", "int unsigned", "unsigned"},
	{"long", "int long", "int long signed", "long signed"},
	{"unsigned long", "int long unsigned", "long unsigned"},
	{"long long", "int long long", "int long long signed", "long long signed"},
	{"unsigned long long", "int long long unsigned", "long long unsigned"},
	{"float"},
	{"double"},
	{"long double", "double long"},
}

// primitive returns the spelling of the type of C that the words name.
func primitive(words []string) (string, bool) {
	spelling := strings.Join(slices.Sorted(slices.Values(words)), " ")
	for _, p := range primitives {
		if slices.Contains(p, spelling) {
			return p[0], true
		}
	}
	return "", false
}
