package gen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/match"
)

// The transformer of a union of which the structure around it tells the member
// that is alive has the value that tells as its first argument.

// tags returns how many arguments come before those for the generic parameters.
func tags(p *match.Pair) int {
	if p.Told {
		return 1
	}
	return 0
}

// tag returns the argument that tells which member of v is alive.
func (g *generator) tag(v *match.Value) string {
	return "(void *)(intptr_t)" + g.oldField(v.Teller)
}

// union prints how the member of a union is made that is alive.
func (f *function) union(p *match.Pair) {
	var members []*match.Field
	for _, m := range p.Fields {
		if m.Code() != nil || p.Transforms(m) && f.Visits(m.Value) {
			members = append(members, m)
		}
	}
	if len(members) == 0 {
		f.unionBits(p)
		return
	}
	if p.Need != match.Deep && slices.ContainsFunc(members, func(m *match.Field) bool { return m.Code() != nil }) {
		f.visitOnce(p)
	}
	f.p("switch ((intptr_t)args[0]) {")
	for _, m := range members {
		for _, value := range m.Old.Cases {
			f.p("case %d:", value)
		}
		f.indent += "\t"
		if p.Need == match.Deep {
			f.deepField(m)
		} else {
			f.fieldInPlace(m)
		}
		f.p("break;")
		f.indent = f.indent[1:]
	}
	f.p("default:")
	f.indent += "\t"
	if p.Need == match.Deep {
		f.unionBits(p)
	} else {
		f.p("if (arg_in != arg_out)")
		f.p("\tmemcpy(local_out, local_in, sizeof *local_out);")
	}
	f.indent = f.indent[1:]
	f.p("}")
}

// unionBits prints how the bits of a union get into new storage.
func (f *function) unionBits(p *match.Pair) {
	f.p("memset(local_out, 0, sizeof *local_out);")
	f.p("memcpy(local_out, local_in, %d);", min(p.Old.Size, p.New.Size))
}

// oldField returns an expression for a field of the old structure. It may be one
// of the structure around, of which this one is a part without a name.
func (g *generator) oldField(path string) string {
	if g.pair != nil {
		name, _, _ := strings.Cut(path, ".")
		owner, offset := g.Old.Owner(g.pair.Old)
		if f, _ := g.Old.Field(g.pair.Old, name); f == nil && owner != g.pair.Old {
			return fmt.Sprintf("((%s)((char *)local_in - %d))->%s", g.old.pointer(refTo(owner), ""), offset, path)
		}
	}
	return "local_in->" + path
}

// lastIn moves the fields to the end whose values tell how others are to be read,
// and that code changes in their place.
func lastIn(fields []*match.Field) {
	tells := map[string]bool{}
	var read func(v *match.Value)
	read = func(v *match.Value) {
		if v == nil {
			return
		}
		path := v.Teller
		if v.Count != nil {
			path = v.Count.Field
		}
		name, _, _ := strings.Cut(path, ".")
		tells[name] = true
		read(v.Elem)
	}
	for _, f := range fields {
		read(f.Value)
	}
	last := func(f *match.Field) int {
		if f.Code() != nil && tells[f.Old.Name] {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(fields, func(a, b *match.Field) int { return last(a) - last(b) })
}
