package cfront

import (
	"path/filepath"
	"sort"
)

// mark decides what is to be parsed: the definitions of variables, the bodies
// of functions that hold something of interest, annotated declarations, the
// program's own types that its functions mention, and the types that all these
// mention. Headers are most of a preprocessed text and hardly any of this.
func (s *scanner) mark() {
	types := make(map[string][]*chunk)
	objects := make(map[string][]*chunk)
	defined := make(map[string]bool)
	for _, c := range s.chunks {
		for _, name := range c.types {
			types[name] = append(types[name], c)
		}
		for _, names := range [][]string{c.funcs, c.objects} {
			for _, name := range names {
				objects[name] = append(objects[name], c)
			}
		}
		if c.mayDefine() {
			for _, name := range c.objects {
				defined[name] = true
			}
		}
	}
	var work []*chunk
	keep := func(list ...*chunk) {
		for _, c := range list {
			if !c.keep {
				c.keep = true
				work = append(work, c)
			}
		}
	}
	for _, f := range s.unit.Functions {
		if f.chunk.keepBody = s.interesting(f); f.chunk.keepBody {
			keep(f.chunk)
		}
		if !s.own(f.Off) {
			continue
		}
		for i := f.chunk.lo; i < f.chunk.hi; i++ {
			if s.toks[i].kind != ident {
				continue
			}
			name := s.str(i)
			for _, c := range types[name] {
				if s.own(int(s.toks[c.lo].off)) {
					keep(c)
					s.mentioned[name] = true
				}
			}
		}
	}
	for _, c := range s.chunks {
		if c.mayDefine() {
			keep(c)
		}
		for _, name := range c.objects {
			if defined[name] {
				keep(c) // another declaration of it
			}
		}
	}
	for _, a := range s.attrs {
		if c := s.chunkAt(a.off); c != nil && a.annotation() {
			keep(c)
			for _, word := range lex([]byte(a.args)).words() {
				keep(types[word]...)
			}
		}
	}
	for len(work) > 0 {
		c := work[len(work)-1]
		work = work[:len(work)-1]
		end := c.hi
		if c.body >= 0 && !c.keepBody {
			end = c.body
		}
		for i := c.lo; i < end; i++ {
			t := s.toks[i]
			if t.kind != ident {
				continue
			}
			name := string(s.text[t.off:t.end])
			keep(types[name]...)
			if c.typeof {
				keep(objects[name]...)
			}
		}
	}
}

// own reports whether what is at an offset is the program's own: neither in a
// system header nor in one of Kitsune's, which stand beside that with the pragma.
func (s *scanner) own(off int) bool {
	p := s.position(off)
	switch filepath.Base(p.File) {
	case "kitsune.h", "transform.h":
		if len(s.pragmas) > 0 && filepath.Dir(p.File) == filepath.Dir(s.position(int(s.pragmas[0][0])).File) {
			return false
		}
	}
	return !p.System
}

// The calls in function bodies that say something about the unit.
const (
	callXform     = "kitsune_get_xform"
	callUpdate    = "kitsune_update"
	callNoteLocal = "stackvars_note_local"
)

// interesting reports whether the body of f must be parsed.
func (s *scanner) interesting(f *Function) bool {
	found := f.noted
	for i := f.chunk.body; i < f.chunk.hi; i++ {
		t := s.toks[i]
		if t.kind != ident {
			continue
		}
		switch s.text[t.off] {
		case 's', 'k', 't', '_':
			switch string(s.text[t.off:t.end]) {
			case "static", callXform, callUpdate, callNoteLocal:
				found = true
			case "typeof", "__typeof", "__typeof__", "typeof_unqual":
				f.chunk.typeof = true
			}
		}
	}
	return found
}

// words returns the identifiers among the tokens, and those within string
// literals, which annotations write types as.
func (l *lexed) words() []string {
	w := l.identifiers()
	for _, t := range l.toks {
		if t.kind == str {
			w = append(w, lex([]byte(unescape(l.text[t.off:t.end]))).identifiers()...)
		}
	}
	return w
}

func (l *lexed) identifiers() []string {
	var names []string
	for i, t := range l.toks {
		if t.kind == ident {
			names = append(names, l.str(i))
		}
	}
	return names
}

// chunkAt returns the chunk that the text at an offset belongs to, with what
// stands before its first token; nil after the last one.
func (s *scanner) chunkAt(off int) *chunk {
	i := sort.Search(len(s.chunks), func(i int) bool { return s.chunks[i].to > off })
	if i == len(s.chunks) {
		return nil
	}
	return s.chunks[i]
}
