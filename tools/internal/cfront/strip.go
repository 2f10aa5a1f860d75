package cfront

import (
	"bytes"
	"sort"
	"strings"
)

// An attribute is one item of an __attribute__ specifier: an annotation of
// ours, whose names begin with e_, or one of the compiler's that changes what a
// declaration means.
type attribute struct {
	name     string // without the underscores around it
	args     string // what stands between its parentheses
	off, end int
	used     bool
}

func (a *attribute) annotation() bool { return strings.HasPrefix(a.name, "e_") }

// strip removes from the list of tokens what has no part in the structure of
// declarations and statements: attributes, assembly, alignment, assertions.
// The attributes of interest are returned in the order of the text, and the
// ranges of the text that only ktcc understands.
func (l *lexed) strip(c23 bool) (attrs []*attribute, private [][2]int) {
	old := l.toks
	n := 0 // n <= i: what is at i and after it is still in place
	for i := 0; i < len(old); i++ {
		t := old[i]
		if last := l.removable(i, c23); last >= i {
			items, blank := l.attributes(i, last)
			attrs = append(attrs, items...)
			private = append(private, blank...)
			for _, t := range old[i : last+1] {
				if t.kind == ident {
					l.stripped = append(l.stripped, t)
				}
			}
			i = last
			continue
		}
		old[n] = t
		n++
	}
	l.toks = old[:n]
	return attrs, private
}

// removable returns the index of the last token of what begins at i and is to
// be removed, or -1.
func (l *lexed) removable(i int, c23 bool) int {
	t := l.toks[i]
	if t.ch == '[' && l.ch(i+1) == '[' && l.toks[i+1].off == t.end {
		return l.match(i)
	}
	if t.kind != ident || l.text[t.off] != '_' && l.text[t.off] != 'a' && !c23 {
		return -1
	}
	switch word := string(l.text[t.off:t.end]); word {
	case "__extension__", "_Nonnull", "_Nullable", "_Null_unspecified", "__seg_fs", "__seg_gs":
		return i
	case "__attribute__", "__attribute", "__declspec", "_Alignas":
		if l.ch(i+1) == '(' {
			return l.match(i + 1)
		}
	case "asm", "__asm", "__asm__":
		j := i + 1
		for j < len(l.toks) {
			switch l.str(j) {
			case "volatile", "__volatile", "__volatile__", "goto", "inline", "__inline", "__inline__":
				j++
				continue
			}
			break
		}
		if l.ch(j) == '(' {
			return l.match(j)
		}
	case "_Static_assert", "static_assert":
		if (c23 || word[0] == '_') && l.ch(i+1) == '(' {
			j := l.match(i + 1)
			if l.ch(j+1) == ';' {
				j++
			}
			return j
		}
	case "alignas":
		if c23 && l.ch(i+1) == '(' {
			return l.match(i + 1)
		}
	}
	return -1
}

// attributes reads the specifier from token i to token last, if it is one. The
// ranges are those to blank before the native compiler sees the text.
func (l *lexed) attributes(i, last int) (items []*attribute, private [][2]int) {
	if !l.is(i, "__attribute__") && !l.is(i, "__attribute") || l.ch(i+2) != '(' {
		return nil, nil
	}
	inner := l.match(i + 2)
	onlyOurs := true
	for j := i + 3; j < inner; j++ {
		if l.toks[j].kind != ident {
			continue
		}
		a := &attribute{
			name: strings.TrimSuffix(strings.TrimPrefix(l.str(j), "__"), "__"),
			off:  int(l.toks[j].off),
		}
		if l.ch(j+1) == '(' {
			k := l.match(j + 1)
			a.args = string(bytes.TrimSpace(l.text[l.toks[j+1].end:l.toks[k].off]))
			j = k
		}
		a.end = int(l.toks[j].end)
		switch {
		case a.annotation():
			items = append(items, a)
			private = append(private, [2]int{a.off, a.end})
		case a.name == "mode" || a.name == "vector_size" || a.name == "gnu_inline":
			items = append(items, a)
			fallthrough
		default:
			onlyOurs = false
		}
		if hasEffect(a.name) {
			l.effects = append(l.effects, int32(a.off))
		}
	}
	if len(private) > 0 && onlyOurs {
		private = [][2]int{{int(l.toks[i].off), int(l.toks[last].end)}}
	}
	return items, private
}

// hasEffect reports whether a declaration with an attribute is of use without
// being mentioned.
func hasEffect(attribute string) bool {
	switch attribute {
	case "alias", "constructor", "destructor", "ifunc", "retain", "section", "used", "weakref":
		return true
	}
	return false
}

// between returns the attributes of the list, which is in the order of the
// text, that stand between two offsets and have not been used.
func between(attrs []*attribute, from, to int) []*attribute {
	i := sort.Search(len(attrs), func(i int) bool { return attrs[i].off >= from })
	var found []*attribute
	for ; i < len(attrs) && attrs[i].off < to; i++ {
		if !attrs[i].used {
			found = append(found, attrs[i])
		}
	}
	return found
}
