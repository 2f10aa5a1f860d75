package instrument

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

// constants are integer constants that the native compiler is asked for. They
// are C expressions, grouped by the place where they can be evaluated: the
// offset of a declaration's end in a function, or 0 for the end of the unit.
//
// Each place gets an array of 64-bit numbers in the section [ktt.Section]:
//
//	magic, index of the place, number of values, values...
//
// Arrays can be missing from the object: a function that is never called is
// not compiled, and its static variables do not exist.
type constants struct {
	places []int             // the first one is the end of the unit
	exprs  map[int][]string  // by place
	index  map[place]int     // into exprs
	lines  map[string]string // line markers of expressions that the user has written
	values map[int][]uint64  // by place; nil before they are known
}

type place struct {
	at   int
	expr string
}

const magic = 0x4b697473756e6521

// newConstants returns an empty set. The array at the end of the unit is always
// there, so that there is a section for the summary.
func newConstants() *constants {
	return &constants{places: []int{0}, exprs: make(map[int][]string), index: make(map[place]int),
		lines: make(map[string]string)}
}

// add asks for the value of an expression.
func (c *constants) add(at int, expr string) {
	key := place{at, expr}
	if _, ok := c.index[key]; ok {
		return
	}
	if at != 0 && len(c.exprs[at]) == 0 {
		c.places = append(c.places, at)
	}
	c.index[key] = len(c.exprs[at])
	c.exprs[at] = append(c.exprs[at], expr)
}

// array returns the definition of the array of a place, with each value after
// what before returns for its expression.
func (c *constants) array(n int, before func(expr string) string) string {
	exprs := c.exprs[c.places[n]]
	var b strings.Builder
	// The name of the symbol is one that assemblers forget.
	fmt.Fprintf(&b, `__extension__ static const unsigned long long __kt_constants_%d[] __asm__(".Lkt_constants_%d") `,
		n, n)
	fmt.Fprintf(&b, `__attribute__((section("%s"), used, aligned(8))) = {%#x, %d, %d`,
		ktt.Section, uint64(magic), n, len(exprs))
	for _, e := range exprs {
		fmt.Fprintf(&b, ",%s(unsigned long long)(%s)", before(e), e)
	}
	b.WriteString("};")
	return b.String()
}

// texts returns the arrays of places in functions.
func (c *constants) texts() []insert {
	var list []insert
	for n, at := range c.places {
		if at != 0 {
			list = append(list, insert{at, " " + c.array(n, func(string) string { return " " })})
		}
	}
	return list
}

// fileText returns the array at the end of the unit. The compiler's complaints
// about what the user has written lead there.
func (c *constants) fileText() string {
	line := "" // where the compiler thinks it is, if not in our text
	text := c.array(0, func(expr string) string {
		before := "\n\t"
		switch marker := c.lines[expr]; {
		case marker != "":
			before = "\n" + marker + before
		case line != "":
			before = "\n" + ourMarker + before
		}
		line = c.lines[expr]
		return before
	})
	return "/* Numbers for the type summary, which takes their place in the object. */\n" + text + "\n"
}

// read takes the values from the section of an object file.
func (c *constants) read(section []byte, order binary.ByteOrder) error {
	c.values = make(map[int][]uint64)
	words := make([]uint64, len(section)/8)
	for i := range words {
		words[i] = order.Uint64(section[8*i:])
	}
	for len(words) > 0 {
		if words[0] != magic {
			words = words[1:] // padding
			continue
		}
		if len(words) < 3 || words[1] >= uint64(len(c.places)) {
			return fmt.Errorf("section %s: damaged", ktt.Section)
		}
		at := c.places[words[1]]
		n := len(c.exprs[at])
		if words[2] != uint64(n) || len(words) < 3+n {
			return fmt.Errorf("section %s: damaged", ktt.Section)
		}
		c.values[at] = slices.Clone(words[3 : 3+n])
		words = words[3+n:]
	}
	if _, ok := c.values[0]; !ok {
		return fmt.Errorf("section %s: incomplete", ktt.Section)
	}
	return nil
}

// quoteAssembly returns data as a string of the assembler's.
func quoteAssembly(data []byte) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range data {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < 0x20 || c >= 0x7f:
			fmt.Fprintf(&b, "\\%03o", c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// sectionText returns assembly that puts data into the section of the summary.
func sectionText(data []byte) string {
	var b strings.Builder
	fmt.Fprintf(&b, "__asm__(\".pushsection %s,\\\"\\\",%%progbits\\n\"\n", ktt.Section)
	for chunk := range slices.Chunk(data, 80) {
		b.WriteString("\t" + quote(".ascii "+quoteAssembly(chunk)+"\n") + "\n")
	}
	b.WriteString("\t\".popsection\");\n")
	return b.String()
}
