package corpus

import (
	"debug/elf"
	"fmt"
	"slices"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

// A symbol is one that an object defines, as nm shows it.
type symbol struct {
	elf.Symbol
	typ   elf.SymType
	local bool
	taken bool // a function whose address something has
}

// A reason is one for which a symbol is not registered.
type reason struct {
	name    string
	applies func(*symbol) bool
}

var reasons = []reason{
	{"ktcc's own descriptor", func(s *symbol) bool { return s.isObject("__kt_") }},
	// An update cannot get at the variables of other threads.
	{"thread-local variable", func(s *symbol) bool { return s.typ == elf.STT_TLS }},
	// No pointer in the program's data can lead to it.
	{"static function, address not taken", func(s *symbol) bool {
		return s.local && s.typ == elf.STT_FUNC && !s.taken && !strings.Contains(s.Name, ".")
	}},
	// The compiler has split or cloned a function; pointers lead to the original.
	{"part or copy of a function", func(s *symbol) bool {
		return s.local && s.typ == elf.STT_FUNC &&
			hasInfix(s.Name, ".part.", ".constprop.", ".isra.", ".cold", ".localalias")
	}},
	{"constant of the compiler's", func(s *symbol) bool {
		return s.isObject("CSWTCH.", "__func__.", "__FUNCTION__.", "__PRETTY_FUNCTION__.", "C.", "CC.")
	}},
	{"counter of --coverage", func(s *symbol) bool { return s.isObject("__gcov") }},
	// It has no name by which an update could find its counterpart.
	{"compound literal", func(s *symbol) bool { return s.isObject("__compound_literal.") }},
	{"label of an assembler text", func(s *symbol) bool { return s.typ == elf.STT_NOTYPE }},
}

// isObject reports whether s is a local object with a name that begins like one
// of these.
func (s *symbol) isObject(prefixes ...string) bool {
	return s.local && s.typ == elf.STT_OBJECT && hasPrefix(s.Name, prefixes...)
}

func hasPrefix(s string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}

func hasInfix(s string, infixes ...string) bool {
	return slices.ContainsFunc(infixes, func(p string) bool { return strings.Contains(s, p) })
}

// An account is what is known about the symbols of a unit.
type account struct {
	*Result
	object, plain *object
	summary       *ktt.Unit
	descriptors   []*descriptor
	taken         map[string]bool // functions whose address something has
}

// checkSymbols accounts for all that a unit's object defines. plain is the object
// that the compiler makes of the same text without ktcc, with nothing inlined or
// dropped and each function in a section of its own.
func checkSymbols(r *Result, object, plain *object, summary *ktt.Unit) error {
	a := &account{Result: r, object: object, plain: plain, summary: summary}
	var err error
	if a.descriptors, err = object.descriptors(); err != nil {
		return err
	}
	if a.taken, err = plain.addressTaken(); err != nil {
		return err
	}
	a.checkKeys()
	a.checkNames()
	registered := a.checkObject()
	a.checkPlain(registered)
	slices.Sort(r.Problems)
	return nil
}

func (a *account) problem(format string, args ...any) {
	a.Problems = append(a.Problems, fmt.Sprintf(format, args...))
}

// checkKeys checks that what is registered is what the summary says.
func (a *account) checkKeys() {
	keys := make(map[string]bool)
	for _, d := range a.descriptors {
		key := a.key(d)
		if keys[key] {
			a.problem("%s is registered twice", key)
		}
		keys[key] = true
		if d.flags&flagFunction != 0 {
			a.Functions++
		} else {
			a.Variables++
		}
	}
	var want []string
	for _, v := range a.summary.Vars {
		if !v.Local {
			want = append(want, v.Key)
		}
	}
	for _, f := range a.summary.Funcs {
		want = append(want, f.Key)
	}
	for _, key := range want {
		if !keys[key] {
			a.problem("%s is in the summary, but not registered", key)
		}
		delete(keys, key)
	}
	for key := range keys {
		a.problem("%s is registered, but not in the summary", key)
	}
}

// key returns the key of what a descriptor describes.
func (a *account) key(d *descriptor) string {
	k := ktt.Key{Func: d.fn, Name: d.name}
	if d.flags&flagStatic != 0 {
		if k.File, k.NS = d.file, a.summary.Namespace; k.File == "" {
			k.File = a.summary.File
		}
	}
	return k.String()
}

// checkNames checks that a descriptor leads to what has its name in the object, if
// anything has: the source may give symbols names of its own.
func (a *account) checkNames() {
	places := make(map[string][]place)
	for i := range a.object.symbols {
		if s := a.object.symbol(i); s != nil {
			name := sourceName(s.Name)
			places[name] = append(places[name], a.object.placeOf(i))
		}
	}
	for _, d := range a.descriptors {
		if named := places[sourceName(d.name)]; len(named) > 0 && !slices.Contains(named, d.at) {
			a.problem("%s is registered with another address than its own", a.key(d))
		}
	}
}

// sourceName returns the name in the source of a symbol, of which there may be
// several in functions: the compiler numbers them, and ktcc in its own way.
func sourceName(name string) string {
	name, _, _ = strings.Cut(name, ".")
	if i := strings.LastIndex(name, "___"); i > 0 && strings.Trim(name[i:], "_0123456789") == "" {
		name = name[:i]
	}
	return name
}

// checkObject checks that all that is in the object is registered, and right, or
// has a reason not to be. It returns the names of what is registered.
func (a *account) checkObject() map[string]bool {
	at := make(map[place]*descriptor)
	for _, d := range a.descriptors {
		at[d.at] = d
	}
	registered := make(map[string]bool)
	for i := range a.object.symbols {
		s := a.object.symbol(i)
		if s == nil {
			continue
		}
		s.taken = a.taken[s.Name]
		if d := at[a.object.placeOf(i)]; d != nil && !hasInfix(s.Name, ".localalias") {
			registered[s.Name] = true
			for _, wrong := range d.compare(a.object, s) {
				a.problem("%s: %s", a.key(d), wrong)
			}
		} else if i := slices.IndexFunc(reasons, func(x reason) bool { return x.applies(s) }); i >= 0 {
			a.Reasons[reasons[i].name]++
		} else {
			a.problem("%s (%v) is not registered, without a reason", s.Name, s.typ)
		}
	}
	return registered
}

// checkPlain checks that nothing got lost, and that other objects see no
// difference.
func (a *account) checkPlain(registered map[string]bool) {
	exported := make(map[string]string)
	for i := range a.plain.symbols {
		s := a.plain.symbol(i)
		switch {
		case s == nil:
		case !s.local:
			exported[s.Name] = s.linkage()
		case registered[s.Name] || strings.Contains(s.Name, "."):
		case s.typ == elf.STT_OBJECT:
			a.problem("%s is not in the object", s.Name)
		case a.taken[s.Name]:
			a.problem("the function %s is not registered, but its address is taken", s.Name)
		}
	}
	for i := range a.object.symbols {
		s := a.object.symbol(i)
		if s == nil || s.local {
			continue
		}
		if want := exported[s.Name]; want != s.linkage() {
			a.problem("%s is exported as %s, and without ktcc as %q", s.Name, s.linkage(), want)
		}
		delete(exported, s.Name)
	}
	for name, linkage := range exported {
		a.problem("%s is not exported, and without ktcc it is, as %s", name, linkage)
	}
}

// symbol returns a symbol that the object defines, or nil.
func (o *object) symbol(i int) *symbol {
	s := o.symbols[i]
	typ := elf.ST_TYPE(s.Info)
	if s.Section == elf.SHN_UNDEF || s.Name == "" || hasPrefix(s.Name, ".L") || typ == elf.STT_SECTION || typ == elf.STT_FILE {
		return nil
	}
	return &symbol{Symbol: s, typ: typ, local: elf.ST_BIND(s.Info) == elf.STB_LOCAL}
}

// linkage returns how other objects see a symbol.
func (s *symbol) linkage() string {
	return fmt.Sprintf("%v %v %v", elf.ST_BIND(s.Info), s.typ, elf.ST_VISIBILITY(s.Other))
}

// compare returns what is wrong with the descriptor of a symbol.
func (d *descriptor) compare(o *object, s *symbol) []string {
	var wrong []string
	is := func(flag uint32) bool { return d.flags&flag != 0 }
	check := func(ok bool, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Sprintf(format, args...))
		}
	}
	section := o.section(s.Section)
	writable := section == nil || section.Flags&elf.SHF_WRITE != 0 && !strings.HasPrefix(section.Name, ".data.rel.ro")
	function := s.typ == elf.STT_FUNC || s.typ == elf.STT_GNU_IFUNC
	check(is(flagFunction) == function, "flags %#x of a %v", d.flags, s.typ)
	check(is(flagStatic) == s.local, "flags %#x of a symbol that is %v", d.flags, elf.ST_BIND(s.Info))
	check(!is(flagAutomigrate) || writable, "to be migrated, but in a section that cannot be written to")
	check(!is(flagReadOnly) || !writable, "read-only, but in a section that can be written to")
	check(is(flagFunction) == (d.size == 0) || s.Size == 0, "size %d", d.size)
	// A flexible array member has elements that sizeof does not count.
	check(is(flagFunction) || d.size <= s.Size, "%d bytes, but the object has %d", d.size, s.Size)
	return wrong
}
