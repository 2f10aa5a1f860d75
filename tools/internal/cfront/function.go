package cfront

import "slices"

// A Function is a function that the unit defines.
type Function struct {
	Name   string
	Off    int  // offset of the definition
	Static bool // internal linkage

	// AddressTaken is set if the unit uses the function other than by
	// calling it. It is exact for static functions only.
	AddressTaken bool

	// NoDefinition is set for an inline function of which this unit emits
	// no definition that could be linked to.
	NoDefinition bool

	noted bool // E_NOTELOCALS
	chunk *chunk
}

// functions finds the functions that the chunks define. Their linkage depends
// on all declarations of a name.
func (s *scanner) functions() {
	byName := make(map[string]*Function)
	for _, c := range s.chunks {
		if c.body < 0 || len(c.funcs) == 0 {
			continue
		}
		name := c.funcs[0]
		f := byName[name]
		if f == nil {
			f = &Function{Name: name}
			byName[name] = f
			s.unit.Functions = append(s.unit.Functions, f)
		} else if !f.NoDefinition {
			continue // not valid C
		}
		f.Off, f.chunk = int(s.toks[c.lo].off), c
		f.NoDefinition = false
		if c.inline {
			f.NoDefinition = s.noDefinition(c)
		}
	}
	statics := make(map[string]*Function)
	for _, c := range s.chunks {
		for _, name := range c.funcs {
			f := byName[name]
			if f == nil {
				continue
			}
			f.Static = f.Static || c.static
			if !s.options.GNU89Inline && (c.extern || !c.inline) && c != f.chunk {
				f.NoDefinition = f.NoDefinition && s.gnuInline(f.chunk)
			}
			for _, a := range between(s.attrs, c.from, s.headEnd(c)) {
				if a.name == "e_notelocals" {
					f.noted = !s.options.NoLocals
					a.used = true
				}
			}
		}
	}
	for _, f := range s.unit.Functions {
		if f.Static {
			f.NoDefinition = false
			statics[f.Name] = f
		}
	}
	s.findAddressTaken(statics)
}

// noDefinition reports whether the inline definition c alone gives none that
// can be linked to.
func (s *scanner) noDefinition(c *chunk) bool {
	if s.options.GNU89Inline || s.gnuInline(c) {
		return c.extern
	}
	return !c.extern
}

func (s *scanner) gnuInline(c *chunk) bool {
	for _, a := range between(s.attrs, c.from, s.headEnd(c)) {
		if a.name == "gnu_inline" {
			return true
		}
	}
	return false
}

// headEnd returns the offset where a function's body begins, or the end of a
// chunk without one.
func (s *scanner) headEnd(c *chunk) int {
	if c.body >= 0 {
		return int(s.toks[c.body].off)
	}
	return c.to
}

// beforeOthers are the tokens after which a name is that of a field or a type.
var beforeOthers = []string{".", "->", "struct", "union", "enum"}

// findAddressTaken marks the functions that are named other than in a call. A
// local variable of the same name counts too: no harm in it.
func (s *scanner) findAddressTaken(statics map[string]*Function) {
	if len(statics) == 0 {
		return
	}
	for _, c := range s.chunks {
		i := c.lo
		switch {
		case c.body >= 0:
			i = c.body
		case !c.init:
			continue
		}
		for ; i < c.hi; i++ {
			t := s.toks[i]
			if t.kind != ident || s.ch(i+1) == '(' {
				continue
			}
			f := statics[string(s.text[t.off:t.end])]
			if f == nil || i > 0 && slices.Contains(beforeOthers, s.str(i-1)) {
				continue
			}
			f.AddressTaken = true
		}
	}
}
