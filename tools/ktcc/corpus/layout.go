package corpus

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

// layouts are the assertions about the types of a unit. They stand after the
// unit's text, where they can name what is declared at file scope, and through
// it types without a name.
type layouts struct {
	unit    *ktt.Unit
	defs    map[ktt.TypeRef]*ktt.TypeDef
	checked map[*ktt.TypeDef]bool
	asserts []*assert
}

// An assert is one assertion, on a line of its own.
type assert struct {
	def     *ktt.TypeDef // nil: about a variable
	text    string
	failure string // "" if it holds; what the compiler says
}

func newLayouts(unit *ktt.Unit) *layouts {
	l := &layouts{unit: unit, defs: make(map[ktt.TypeRef]*ktt.TypeDef), checked: make(map[*ktt.TypeDef]bool)}
	for _, d := range unit.Types {
		l.defs[d.Ref()] = d
	}
	for _, d := range unit.Types {
		if !d.Anonymous {
			l.definition(d, cname(d.Ref()))
		}
	}
	for _, v := range unit.Vars {
		k, typ := ktt.ParseKey(v.Key), v.Type
		if k.Func != "" {
			continue
		}
		path := k.Name
		if typ.Kind == ktt.Array && typ.Len != nil && typ.Len.Const == 1 {
			// It may have been declared without a length, which gets it one
			// element, but only after the last line.
			path, typ = path+"[0]", typ.Elem
		}
		l.assert(nil, "sizeof(%s) == %d", path, v.Size)
		l.typ(nil, typ, path)
	}
	return l
}

// cname returns a type's name in C.
func cname(r ktt.TypeRef) string {
	if r.Kind == ktt.Typedef {
		return r.Name
	}
	return r.String()
}

func (l *layouts) assert(d *ktt.TypeDef, format string, args ...any) {
	l.asserts = append(l.asserts, &assert{def: d, text: fmt.Sprintf(format, args...)})
}

// definition asserts what the summary says about a type that is called name.
func (l *layouts) definition(d *ktt.TypeDef, name string) {
	if l.checked[d] || d.Incomplete {
		return
	}
	l.checked[d] = true
	if d.Size > 0 || d.Kind != ktt.Typedef {
		l.assert(d, "sizeof(%s) == %d", name, d.Size)
		l.assert(d, "__alignof__(%s) == %d", name, d.Align)
	}
	switch d.Kind {
	case ktt.Typedef:
		l.typ(d, d.Type, "(*("+name+" *)0)")
	case ktt.Enum:
		for _, v := range d.Values {
			l.assert(d, "%s == %s", v.Name, number(v.Value))
		}
		order := ">"
		if strings.HasPrefix(d.Int, "unsigned") {
			order = "<"
		}
		l.assert(d, "(%s)0 %s (%s)-1", name, order, name)
		l.assert(d, "sizeof(%s) == sizeof(%s)", name, d.Int)
	default:
		l.fields(d, d, name, 0)
	}
}

// number returns a number as C has it; the least one has no literal.
func number(n int64) string {
	if n < 0 {
		return fmt.Sprintf("(-%dLL - 1)", -(n + 1))
	}
	return strconv.FormatInt(n, 10)
}

// fields asserts what the summary says about the fields of record, which is d or
// a member of d that has no name, at an offset.
func (l *layouts) fields(d, record *ktt.TypeDef, name string, offset int64) {
	for _, f := range record.Fields {
		switch inner := l.defs[f.Type.Ref()]; {
		case f.Bits != nil:
			// C has no expression for where it is.
		case f.Unnamed && inner != nil:
			l.checked[inner] = true
			l.fields(d, inner, name, offset+f.Offset)
		default:
			path := fmt.Sprintf("((%s *)0)->%s", name, f.Name)
			l.assert(d, "__builtin_offsetof(%s, %s) == %d", name, f.Name, offset+f.Offset)
			if f.Size > 0 {
				l.assert(d, "sizeof(%s) == %d", path, f.Size)
			}
			l.typ(d, f.Type, path)
		}
	}
}

// typ asserts that path, a C expression, has type t. d is the type that it
// belongs to, or nil.
func (l *layouts) typ(d *ktt.TypeDef, t *ktt.Type, path string) {
	same := func(name string) { l.assert(d, "__builtin_types_compatible_p(__typeof__(%s), %s)", path, name) }
	switch t.Kind {
	case ktt.Int, ktt.Float:
		same(t.Name)
	case ktt.VaList:
		l.assert(d, "sizeof(%s) == %d", path, t.Size)
	case ktt.Pointer:
		// Of what pointers are made of, the class is all that is the same for all.
		l.assert(d, "__builtin_classify_type(%s) == __builtin_classify_type((void *)0)", path)
		l.typ(d, t.Elem, "(*"+path+")")
	case ktt.Array:
		if t.Len != nil && t.Len.Const > 0 && t.Len.Field == "" {
			l.assert(d, "sizeof(%s) == %d * sizeof(%s[0])", path, t.Len.Const, path)
		}
		l.typ(d, t.Elem, path+"[0]")
	case ktt.Ref:
		switch inner := l.defs[t.Ref()]; {
		case inner == nil:
		case inner.Anonymous:
			l.definition(inner, "__typeof__("+path+")")
		case !inner.Incomplete || inner.Kind != ktt.Typedef:
			same(cname(t.Ref()))
		}
	}
}

// text returns the assertions in C, but for those that have failed.
func (l *layouts) text() string {
	var b strings.Builder
	b.WriteString("\n# 1 \"" + assertFile + "\" 3\n")
	for _, a := range l.asserts {
		if a.failure == "" {
			fmt.Fprintf(&b, "__extension__ _Static_assert(%s, \"\");", a.text)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// assertFile is what the compiler believes the assertions' file to be.
const assertFile = "assertions"

var assertError = regexp.MustCompile(`(?m)^` + assertFile + `:(\d+):(?:\d+:)? error: (.*)$`)

// judge takes the compiler's complaints about assertions. It reports whether
// there were any.
func (l *layouts) judge(errors string) bool {
	found := assertError.FindAllStringSubmatch(errors, -1)
	for _, m := range found {
		line, err := strconv.Atoi(m[1])
		if err == nil && line <= len(l.asserts) && l.asserts[line-1].failure == "" {
			l.asserts[line-1].failure = m[2]
		}
	}
	return len(found) > 0
}

// results returns how many types have been checked, the names of those that
// could not be, and the assertions that do not hold.
func (l *layouts) results() (types int, unnamed, mismatches []string) {
	unnameable := make(map[*ktt.TypeDef]bool)
	for _, a := range l.asserts {
		switch {
		case a.failure == "":
		case a.def != nil && !strings.HasPrefix(a.failure, "static assertion failed"):
			unnameable[a.def] = true
		default:
			about := ""
			if a.def != nil {
				about = a.def.Ref().String() + ": "
			}
			mismatches = append(mismatches, about+a.text+": "+a.failure)
		}
	}
	for _, d := range l.unit.Types {
		switch {
		case d.Incomplete:
		case unnameable[d] || !l.checked[d]:
			unnamed = append(unnamed, d.Ref().String())
		default:
			types++
		}
	}
	return types, unnamed, mismatches
}
