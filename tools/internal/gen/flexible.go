package gen

import (
	"fmt"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/match"
)

// A structure that ends in a flexible array is as large as one of its fields
// says. The sizes in a closure are constants, so that a pointer to such a
// structure has a transformer of its own: it makes the closure for the value
// that it finds.

// sizedPair reports whether values of p get new storage of a size that differs
// from value to value.
func sizedPair(p *match.Pair) bool { return p.Need == match.Deep && p.Flexible() != nil }

// sized returns the pair of the structures that v is a pointer to one of, if
// each has a size of its own.
func sized(v *match.Value) *match.Pair {
	if v.Op == match.Pointer {
		if to := resolve(v.Elem); to.Op == match.ByPair && sizedPair(to.Pair) {
			return to.Pair
		}
	}
	return nil
}

// pointerName returns the name of the function that transforms pointers to
// values of p.
func pointerName(p *match.Pair) string {
	return strings.Replace(p.Transformer(), "_kitsune_transform_", "_kitsune_transform_pointer_to_", 1)
}

// pointerTransformer prints the transformer of a pointer to a value of p.
func (g *generator) pointerTransformer(p *match.Pair) {
	f := g.function()
	name := pointerName(p)
	tail := p.Flexible()
	old, new := refTo(p.Old), refTo(p.New)
	f.locals = []local{
		{"local_in", g.old.pointer(old, "local_in")},
		{"count", "size_t count = 0"},
	}
	f.p("if (arg_in == arg_out && !kitsune_visit_once(arg_in, %s))", name)
	f.p("\treturn; /* the pointer is a new one already */")
	f.p("memcpy(&local_in, arg_in, sizeof local_in);")
	f.p("if (local_in != NULL)")
	f.p("\tcount = %s;", g.count(&match.Value{Count: tail.Old.Type.Len}))
	f.p("kitsune_xform_ptr(arg_in, arg_out, transform_make_closure(%s, XF_DEEP, %d + count * %s, %s + count * %s, %d%s));",
		p.Transformer(), tail.Old.Offset, g.old.sizeof(tail.Old.Type.Elem),
		g.new.sizeof(new), g.new.sizeof(tail.New.Type.Elem), len(p.New.Generics), argList(len(p.New.Generics)))
	g.prototypes = append(g.prototypes, "_kitsune_type_transformer "+name)
	f.finish(&g.plain, "A pointer to "+p.New.Ref().String()+", which ends in "+tail.New.Name+", so that its size differs.",
		name+"(void *arg_in, void *arg_out, int num_args, void **args)")
}

func argList(n int) string {
	list := ""
	for i := range n {
		list += fmt.Sprintf(", args[%d]", i)
	}
	return list
}

// flexible prints how the elements of a flexible array that need nothing are
// copied. Of one whose length is not known, no value moves.
func (f *function) flexible(v *match.Value, in, out string) {
	if v.Count == nil || *v.Count == (ktt.Length{}) {
		return
	}
	f.p("memcpy(%s, %s, %s * sizeof %s);", out, in, f.count(v), element(out, "0"))
}
