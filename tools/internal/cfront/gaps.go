package cfront

import (
	"sort"
	"strings"
)

// A Gap is a part of the text that the native compiler need not read: what it
// declares is not mentioned anywhere else but in gaps.
type Gap struct {
	From, To int // offsets

	// Lines is what has to stand in its place: pragmas, and markers of files.
	Lines string

	// Resumes is set if the text after it needs a line marker.
	Resumes bool
}

// gaps finds the declarations of system headers that have no effect on the unit.
// They are most of a preprocessed text, and the native compiler takes more time to
// read them than ktcc takes for everything that it does.
//
// What emits code or data by itself stays, and so do the program's own headers,
// about which compilers may have something to say.
func (s *scanner) gaps() []Gap {
	s.findUnused()
	var list []Gap
	for i := 0; i < len(s.chunks); i++ {
		if !s.chunks[i].unused {
			continue
		}
		g := Gap{From: s.beginning(s.chunks[i])}
		for i+1 < len(s.chunks) && s.chunks[i+1].unused {
			i++
		}
		g.To = s.chunks[i].to
		g.Lines = s.linesOf(g)
		g.Resumes = s.resumes(g.To, s.chunks[i].hi)
		list = append(list, g)
	}
	return list
}

// findUnused marks the chunks that can be left out.
func (s *scanner) findUnused() {
	functions := make(map[*chunk]*Function)
	for _, f := range s.unit.Functions {
		functions[f.chunk] = f
	}
	declare := make(map[string][]*chunk)
	mentioned := make(map[string]bool) // tags
	var work []*chunk
	for i, system := range s.inSystem() {
		c := s.chunks[i]
		c.unused = system && !c.keep && s.canBeUnused(c, functions[c])
		if !c.unused {
			work = append(work, c)
		}
		// Who first mentions a tag at file scope declares it for all that follows.
		for _, tag := range c.tags {
			if !mentioned[tag] && c.unused {
				declare[tag] = append(declare[tag], c)
			}
			mentioned[tag] = true
		}
		if c.unused {
			for _, names := range [][]string{c.types, c.funcs, c.objects} {
				for _, name := range names {
					declare[name] = append(declare[name], c)
				}
			}
		}
	}
	use := func(t tok) {
		if t.kind != ident {
			return
		}
		for _, c := range declare[string(s.text[t.off:t.end])] {
			if c.unused {
				c.unused = false
				work = append(work, c)
			}
		}
	}
	for len(work) > 0 {
		c := work[len(work)-1]
		work = work[:len(work)-1]
		for _, t := range s.toks[c.lo:c.hi] {
			use(t)
		}
		for _, t := range s.strippedIn(c.from, c.to) {
			use(t)
		}
	}
}

// inSystem reports for each chunk whether all of it stands in system headers.
func (s *scanner) inSystem() []bool {
	list := make([]bool, len(s.chunks))
	at := -1 // the marker of the last chunk's end
	for i, c := range s.chunks {
		for at+1 < len(s.markers) && s.markers[at+1].off <= s.toks[c.lo].off {
			at++
		}
		list[i] = at >= 0 && s.markers[at].system
		for at+1 < len(s.markers) && int(s.markers[at+1].off) < c.to {
			at++
			list[i] = list[i] && s.markers[at].system
		}
	}
	return list
}

// canBeUnused reports whether leaving the chunk out changes nothing if nobody
// mentions what it declares. f is the function that it defines, or nil.
func (s *scanner) canBeUnused(c *chunk, f *Function) bool {
	if c.mayDefine() || len(c.types) == 0 && len(c.tags) == 0 && len(c.funcs) == 0 && len(c.objects) == 0 {
		return false
	}
	if c.body >= 0 && (f == nil || !f.NoDefinition && !(f.Static && !f.AddressTaken)) {
		return false
	}
	for _, name := range c.funcs {
		if isBuiltIn(name) || strings.HasPrefix(name, "kitsune_") { // instrumentation calls these
			return false
		}
	}
	begin := s.beginning(c)
	if len(s.strippedIn(c.from, begin)) > 0 {
		return false // an attribute, perhaps, in front of a marker
	}
	effect := sort.Search(len(s.effects), func(i int) bool { return int(s.effects[i]) >= begin })
	return effect == len(s.effects) || int(s.effects[effect]) >= c.to
}

// beginning returns the offset from which on there is nothing but the chunk:
// after the line markers before it.
func (s *scanner) beginning(c *chunk) int {
	i := sort.Search(len(s.markers), func(i int) bool { return s.markers[i].off > s.toks[c.lo].off })
	if i > 0 {
		return max(c.from, int(s.markers[i-1].off))
	}
	return c.from
}

// strippedIn returns the identifiers between two offsets that strip has taken out.
func (s *scanner) strippedIn(from, to int) []tok {
	i := sort.Search(len(s.stripped), func(i int) bool { return int(s.stripped[i].off) >= from })
	j := i
	for j < len(s.stripped) && int(s.stripped[j].off) < to {
		j++
	}
	return s.stripped[i:j]
}

// linesOf returns the pragmas in a gap, and its markers of files that are
// entered or left and that the gap does not contain as a whole.
func (s *scanner) linesOf(g Gap) string {
	i := sort.Search(len(s.lines), func(i int) bool { return int(s.lines[i].off) >= g.From })
	var kept []line
	for _, l := range s.lines[i:] {
		if int(l.off) >= g.To {
			break
		}
		if n := len(kept); n > 0 && l.nests == leaves && kept[n-1].nests == enters {
			kept = kept[:n-1]
			continue
		}
		kept = append(kept, l)
	}
	b := []byte{'\n'}
	for _, l := range kept {
		b = append(b, s.text[l.off:l.end]...)
		b = append(b, '\n')
	}
	return string(b)
}

// resumes reports whether the text goes on after a gap without a marker of its own.
func (s *scanner) resumes(off, next int) bool {
	i := sort.Search(len(s.markers), func(i int) bool { return int(s.markers[i].off) > off })
	return next < len(s.toks) && (i == len(s.markers) || s.markers[i].off > s.toks[next].off)
}
