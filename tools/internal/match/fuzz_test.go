package match_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/gen"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/match"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/xf"
)

// FuzzMatch compares two random summaries under random rules: bytes decide what
// is in them. Whatever they are, there is an answer, it is the same the second
// time, and code is generated if there are no errors.
func FuzzMatch(f *testing.F) {
	for seed := range uint64(64) {
		r := rand.NewChaCha8([32]byte{byte(seed)})
		list := make([]byte, 20+20*seed)
		r.Read(list)
		f.Add(list)
	}
	f.Fuzz(func(t *testing.T, decisions []byte) {
		m := &maker{decisions: decisions}
		old, new, rules := m.summary(), m.summary(), m.rules()
		// A file may say all this.
		for _, s := range []*ktt.Summary{old, new} {
			data, err := s.Encode()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := ktt.Decode(data); err != nil {
				t.Skip()
			}
		}
		first, errors := answer(t, old, new, rules)
		if second, _ := answer(t, old, new, rules); first != second {
			t.Errorf("rules:\n%s\nfirst:\n%s\nthen:\n%s", rules, first, second)
		}
		if errors == strings.Contains(first, "kitsune.h") {
			t.Errorf("code in spite of errors, or neither:\n%s", first)
		}
	})
}

// answer returns what is said about an update, and the code if there is any.
func answer(t *testing.T, old, new *ktt.Summary, rules string) (text string, errors bool) {
	var diags diag.List
	file := xf.Parse("r.xf", []byte(rules), &diags)
	if diags.Errors() > 0 {
		t.Skip()
	}
	r, found := match.Match(old, new, file)
	var b bytes.Buffer
	if err := found.Write(&b, nil); err != nil {
		t.Fatal(err)
	}
	if found.Errors() == 0 {
		code, err := gen.Generate(r, "x.c")
		if err != nil {
			t.Fatal(err)
		}
		b.Write(code)
	}
	return b.String(), found.Errors() > 0
}

// A maker makes things up as bytes say, and simple ones when there are none left.
type maker struct{ decisions []byte }

func (m *maker) n(below int) int {
	if len(m.decisions) == 0 {
		return 0
	}
	b := m.decisions[0]
	m.decisions = m.decisions[1:]
	return int(b) % below
}

func (m *maker) chance(n int) bool { return m.n(n) == 1 }

// name is one of a few, so that things meet.
func (m *maker) name() string { return string(rune('a' + m.n(5))) }

var kinds = []ktt.DefKind{ktt.Struct, ktt.Struct, ktt.Union, ktt.Enum, ktt.Typedef}

func (m *maker) ref() ktt.TypeRef { return ktt.TypeRef{Kind: kinds[m.n(len(kinds))], Name: m.name()} }

func (m *maker) summary() *ktt.Summary {
	s := new(ktt.Summary)
	for i := range 1 + m.n(3) {
		u := &ktt.Unit{Schema: ktt.Schema, File: fmt.Sprintf("%c.c", 'a'+i), Target: "t"}
		for range m.n(8) {
			u.Types = append(u.Types, m.def())
		}
		for range m.n(6) {
			key := m.key(u.File)
			u.Vars = append(u.Vars, &ktt.Var{Key: key, Type: m.typ(0), Size: 8, ReadOnly: m.chance(8), Local: m.chance(8)})
			if !m.chance(6) {
				u.Roots = append(u.Roots, key)
			}
		}
		for range m.n(3) {
			u.Funcs = append(u.Funcs, &ktt.Func{Key: m.key(u.File)})
		}
		s.Units = append(s.Units, u)
	}
	return s
}

func (m *maker) key(file string) string {
	return []string{"", file + "/", "f#"}[m.n(3)] + m.name()
}

func (m *maker) def() *ktt.TypeDef {
	r := m.ref()
	d := &ktt.TypeDef{Kind: r.Kind, Name: r.Name, Size: int64(m.n(40)), Align: 1 << m.n(4),
		Anonymous: m.chance(6), Incomplete: m.chance(8), Unreached: m.chance(8)}
	for range m.n(3) {
		d.Generics = append(d.Generics, m.name())
	}
	switch d.Kind {
	case ktt.Typedef:
		d.Type = m.typ(0)
	case ktt.Enum:
		d.Int = "int"
		for range m.n(4) {
			d.Values = append(d.Values, &ktt.Enumerator{Name: m.name(), Value: int64(m.n(9) - 2)})
		}
	default:
		for i := range m.n(5) {
			f := &ktt.Field{Name: fmt.Sprint(m.name(), i), Type: m.typ(0), Offset: int64(m.n(30)), Size: int64(m.n(9))}
			switch m.n(6) {
			case 1:
				bits := m.n(9)
				f.Bits = &bits
			case 2:
				f.Name, f.Unnamed = fmt.Sprintf("__annonCompField%d", i), true
			case 3:
				f.Name = m.name()
			}
			for range m.n(3) {
				f.Cases = append(f.Cases, int64(m.n(5)))
			}
			d.Fields = append(d.Fields, f)
		}
	}
	return d
}

func (m *maker) typ(depth int) *ktt.Type {
	if depth > 3 {
		return &ktt.Type{Kind: ktt.Int, Name: "int", Size: 4}
	}
	switch m.n(9) {
	case 0:
		name := []string{"int", "long", "char", "_Bool"}[m.n(4)]
		return &ktt.Type{Kind: ktt.Int, Name: name, Size: 4}
	case 1:
		return &ktt.Type{Kind: ktt.Float, Name: "double", Size: 8}
	case 2:
		t := &ktt.Type{Kind: ktt.Void}
		if m.chance(2) {
			t.Param = m.name()
		}
		return t
	case 3:
		return &ktt.Type{Kind: ktt.Array, Elem: m.typ(depth + 1), Len: m.length()}
	case 4:
		return &ktt.Type{Kind: ktt.FuncT, Elem: m.typ(depth + 1), Variadic: m.chance(2)}
	case 5, 6:
		t := &ktt.Type{Kind: ktt.Pointer, Elem: m.typ(depth + 1)}
		t.Shape = []ktt.Shape{ktt.One, ktt.One, ktt.Many, ktt.ToZero, ktt.NoLook}[m.n(5)]
		if t.Shape == ktt.Many {
			t.Len = &ktt.Length{Const: 2}
			if l := m.length(); l != nil {
				t.Len = l
			}
		}
		if m.chance(5) {
			t.Param = m.name()
		}
		return t
	}
	r := m.ref()
	t := &ktt.Type{Kind: ktt.Ref, Def: r.Kind, Name: r.Name}
	for range m.n(3) {
		t.Args = append(t.Args, m.arg(depth+1))
	}
	if m.chance(3) {
		t.Teller = m.path()
	}
	return t
}

func (m *maker) path() string {
	path := fmt.Sprint(m.name(), m.n(3))
	if m.chance(3) {
		path += "." + m.name()
	}
	return path
}

func (m *maker) length() *ktt.Length {
	switch m.n(4) {
	case 0:
		return &ktt.Length{Const: int64(m.n(4))}
	case 1:
		return nil
	}
	return &ktt.Length{Field: m.path()}
}

func (m *maker) arg(depth int) *ktt.GenericArg {
	switch m.n(4) {
	case 0:
		return &ktt.GenericArg{Type: m.typ(depth + 1)}
	case 1:
		return &ktt.GenericArg{Param: m.name()}
	case 2:
		return &ktt.GenericArg{Opaque: true}
	}
	if depth > 3 {
		return &ktt.GenericArg{Opaque: true}
	}
	return &ktt.GenericArg{Pointer: m.arg(depth + 1)}
}

func (m *maker) rules() string {
	var b strings.Builder
	for range m.n(8) {
		code := []string{"", ": {}", ": { $out = $in; }", ": { XF_INVOKE($xform(struct a, struct b), &$in, &$out); }",
			": { $gen(a); $base; $oldtype(enum b) x; }"}[m.n(5)]
		switch m.n(4) {
		case 0:
			fmt.Fprintf(&b, "%s -> %s%s\n", m.key("a.c"), m.key("b.c"), code)
		case 1:
			fmt.Fprintf(&b, "%s -> %s%s\n", m.ref(), m.ref(), code)
		case 2:
			fmt.Fprintf(&b, "%s.%s%d -> %s.%s%d%s\n", m.ref(), m.name(), m.n(3), m.ref(), m.name(), m.n(3), code)
		case 3:
			if code == "" {
				code = ": {}"
			}
			fmt.Fprintf(&b, "INIT %s.%s%d%s\n", m.ref(), m.name(), m.n(3), code)
		}
	}
	return b.String()
}
