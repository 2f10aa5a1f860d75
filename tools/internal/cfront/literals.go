package cfront

// literals returns the fields to which the program's functions assign string
// literals, each with the offset of one of these. Only the names of the fields
// are known, not of what they are fields.
func (s *scanner) literals() map[string]int {
	fields := make(map[string]int)
	for _, f := range s.unit.Functions {
		if !s.own(f.Off) {
			continue
		}
		for i := f.chunk.body; i < f.chunk.hi; i++ {
			if s.toks[i].kind != str {
				continue
			}
			if to := s.assigned(i, f.chunk.body); to >= 0 {
				if name := s.str(to); fields[name] == 0 {
					fields[name] = int(s.toks[i].off)
				}
			}
		}
	}
	return fields
}

// assigned returns the token of the field to which the literal at i is assigned,
// perhaps by a cast or one of several by a condition, or -1. An initialiser is
// no assignment.
func (s *scanner) assigned(i, begin int) int {
	for i--; s.ch(i) == ')'; i-- {
		i = s.opening(i)
	}
	if s.ch(i) == '?' || s.ch(i) == ':' {
	condition:
		for ; ; i-- {
			switch s.ch(i) {
			case ')', ']':
				i = s.opening(i)
			case '(', '[', '{', '}', ';', ',':
				return -1
			case '=':
				break condition
			}
		}
	}
	if i-3 < begin || s.ch(i) != '=' || s.toks[i-1].kind != ident {
		return -1
	}
	if s.is(i-2, "->") || s.ch(i-2) == '.' && s.ch(i-3) != '{' && s.ch(i-3) != ',' {
		return i - 1
	}
	return -1
}

// opening returns the index of the bracket that the one at i closes, in a text
// where brackets are balanced.
func (l *lexed) opening(i int) int {
	for depth := 0; ; i-- {
		switch l.toks[i].ch {
		case ')', ']', '}':
			depth++
		case '(', '[', '{':
			if depth--; depth == 0 {
				return i
			}
		}
	}
}
