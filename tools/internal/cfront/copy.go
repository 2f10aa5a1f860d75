package cfront

import (
	"fmt"
	"strings"
)

// Copy returns the definition, on one line, of a structure or union `name` with
// the layout of d in which the unnamed members have the names that they have
// in d.Fields. It can stand from the offset d.After on.
func (u *Unit) Copy(d *Def, name string) string {
	l := u.lexed
	from := int(l.toks[d.lo].off)
	to := len(u.Text)
	if d.hi+1 < len(l.toks) {
		to = int(l.toks[d.hi+1].off) // attributes of the compiler's may stand there
	}
	members := make(map[int]string) // offsets of }, names
	d.collectMembers(l, members)

	c := copier{lexed: lex(u.Text[from:to])}
	c.word() // struct or union
	c.attributes()
	if c.toks[c.i].kind == ident {
		c.i++
	}
	c.put(name)
	prefix := name + "_"
	enums := 0 // depth of the enumeration being copied, or 0
	depth := 0
	for c.i < len(c.toks) {
		off := from + int(c.toks[c.i].off)
		switch word := c.str(c.i); {
		case word == "struct" || word == "union" || word == "enum":
			c.word()
			c.attributes()
			if c.toks[c.i].kind == ident {
				c.word()
				if c.ch(c.i) == '{' {
					// It is defined already, with its attributes.
					c.i = c.match(c.i) + 1
					c.skipAttributes()
				}
			} else if word == "enum" {
				enums = depth + 1
			}
			continue
		case c.ch(c.i) == '{':
			depth++
		case c.ch(c.i) == '}':
			if depth == enums {
				enums = 0
			}
			depth--
			if member, ok := members[off]; ok {
				c.word()
				c.attributes()
				c.put(member)
				continue
			}
		case enums > 0 && depth == enums && c.toks[c.i].kind == ident && (c.ch(c.i-1) == '{' || c.ch(c.i-1) == ','):
			c.put(prefix + word)
			c.i++
			continue
		}
		c.word()
	}
	return c.b.String() + ";"
}

// collectMembers finds where the unnamed members of d end, and those of the
// anonymous types of its fields.
func (d *Def) collectMembers(l *lexed, members map[int]string) {
	for _, f := range d.Fields {
		def := anonymousIn(f.Type)
		if def == nil {
			continue
		}
		if f.Unnamed {
			members[int(l.toks[def.hi].off)] = f.Name
		}
		def.collectMembers(l, members)
	}
}

// A copier writes tokens.
type copier struct {
	*lexed
	i int
	b strings.Builder
}

func (c *copier) put(word string) { fmt.Fprintf(&c.b, "%s ", word) }

func (c *copier) word() {
	c.put(c.str(c.i))
	c.i++
}

// attributes copies attribute specifiers.
func (c *copier) attributes() {
	for c.isAttribute() {
		for end := c.match(c.i + 1); c.i <= end; {
			c.word()
		}
	}
}

func (c *copier) skipAttributes() {
	for c.isAttribute() {
		c.i = c.match(c.i+1) + 1
	}
}

func (c *copier) isAttribute() bool {
	return c.i < len(c.toks) && (c.is(c.i, "__attribute__") || c.is(c.i, "__attribute")) && c.ch(c.i+1) == '('
}
