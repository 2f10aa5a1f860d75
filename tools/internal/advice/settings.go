package advice

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
)

// Settings say which advice is wanted. The zero value wants all of it but what is
// extra, as warnings.
type Settings struct {
	wanted     map[ID]bool // what flags say
	failing    map[ID]bool
	exceptions []*exception
}

// An exception is an element about which a kind of advice is not wanted: a
// field, a type with all its fields, or a variable, as rules name them.
type exception struct {
	id      ID
	element string
}

func (e *exception) String() string { return fmt.Sprintf("-Wno-%s=%s", e.id, e.element) }

// Flags applies the flags among the arguments of a command that are about
// advice, and returns the others. Of flags about the same, the last one counts.
//
//	-WID              advice of a kind is wanted
//	-Wno-ID           is not wanted
//	-Wno-ID=ELEMENT   is not wanted for an element
//	-Werror=ID        is an error; -Wno-error=ID: is a warning
//
// all stands for all kinds; -Werror and -Wno-error alone are about these.
func (s *Settings) Flags(args []string) (others []string, err error) {
	for i, arg := range args {
		if arg == "--" {
			return append(others, args[i:]...), nil
		}
		if flag, ok := strings.CutPrefix(arg, "-W"); !ok {
			others = append(others, arg)
		} else if err := s.set(flag); err != nil {
			return nil, err
		}
	}
	return others, nil
}

func (s *Settings) set(flag string) error {
	name, no := strings.CutPrefix(flag, "no-")
	name, element, hasElement := strings.Cut(name, "=")
	failing := name == "error"
	if failing {
		if name = element; !hasElement {
			name = "all"
		}
		hasElement = false
	}
	var ids []ID
	for _, k := range Kinds {
		if name == string(k.ID) || name == "all" {
			ids = append(ids, k.ID)
		}
	}
	switch {
	case len(ids) == 0:
		return unknown(flag, name)
	case hasElement && (!no || name == "all" || element == ""):
		return fmt.Errorf("-W%s: an exception is -Wno-ID=ELEMENT, as in -Wno-%s=\"struct client.data\"",
			flag, VoidPointer)
	case hasElement:
		s.exceptions = append(s.exceptions, &exception{ids[0], element})
		return nil
	}
	if s.wanted == nil {
		s.wanted, s.failing = map[ID]bool{}, map[ID]bool{}
	}
	for _, id := range ids {
		if failing {
			s.failing[id] = !no
		}
		// -Werror=ID asks for the advice, too.
		if !failing || !no && name != "all" {
			s.wanted[id] = !no
		}
	}
	return nil
}

func unknown(flag, name string) error {
	var names []string
	for _, k := range Kinds {
		names = append(names, string(k.ID))
	}
	if n := diag.Nearest(name, names); n != "" {
		return fmt.Errorf("-W%s: there is no advice called %s; did you mean %s?", flag, name, n)
	}
	return fmt.Errorf("-W%s: there is no advice called %s, but %s", flag, name, strings.Join(names, ", "))
}

func (s *Settings) wants(id ID) bool {
	if wanted, ok := s.wanted[id]; ok {
		return wanted
	}
	return !slices.ContainsFunc(Kinds, func(k Kind) bool { return k.ID == id && k.Extra })
}

func (s *Settings) fails(id ID) bool { return s.failing[id] }

// exception returns what makes an exception of one of some elements, or nil.
func (s *Settings) exception(id ID, elements []string) *exception {
	for _, e := range s.exceptions {
		if e.id == id && slices.Contains(elements, e.element) {
			return e
		}
	}
	return nil
}
