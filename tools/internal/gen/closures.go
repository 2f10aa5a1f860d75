package gen

import (
	"fmt"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/match"
)

// An env is where an expression for a closure stands.
type env struct {
	param   func(name string) string    // the closure of a generic parameter
	closure func(v *match.Value) string // a closure that another one is made of
}

// resolve looks through typedefs, whose transformers only do what those of the
// types behind them do. Two names of one type have to be one transformer: the
// runtime knows an object by what it has been transformed as.
func resolve(v *match.Value) *match.Value {
	for v.Op == match.ByPair && v.Pair.Body != nil {
		args := map[string]*match.Value{}
		for i, a := range v.Args {
			args[v.Pair.New.Generics[i]] = a
		}
		body := *substitute(v.Pair.Body, args)
		body.Teller = v.Teller
		v = &body
	}
	return v
}

// substitute returns v with the generic parameters replaced.
func substitute(v *match.Value, args map[string]*match.Value) *match.Value {
	if len(args) == 0 {
		return v
	}
	if v.Op == match.Parameter {
		if a := args[v.Param]; a != nil {
			return a
		}
		return v
	}
	c := *v
	if v.Elem != nil {
		c.Elem = substitute(v.Elem, args)
	}
	c.Args = nil
	for _, a := range v.Args {
		c.Args = append(c.Args, substitute(a, args))
	}
	return &c
}

// constant reports whether the closure for v is known before the update.
func (g *generator) constant(v *match.Value) bool {
	v = resolve(v)
	switch {
	case !g.Visits(v):
		return true
	case v.Op == match.Parameter:
		return false
	case v.Count != nil && v.Count.Field != "", v.Teller != "":
		return false
	case v.Elem != nil && !g.constant(v.Elem):
		return false
	}
	for _, a := range v.Args {
		if !g.constant(a) {
			return false
		}
	}
	return true
}

// closureIn returns an expression for the closure that transforms values like
// v: a pointer to a constant, or the result of a call.
func (g *generator) closureIn(v *match.Value, e env) string {
	v = resolve(v)
	if g.constant(v) {
		return "&" + g.constantClosure(v)
	}
	switch v.Op {
	case match.Parameter:
		return e.param(v.Param)
	case match.Pointer:
		if p := sized(v); p != nil {
			return g.makeClosure(pointerName(p), "XF_SHALLOW", word, resolve(v.Elem), e)
		}
		if g.parts.Contain(v.Elem) {
			return g.makeClosure("transform_part", "XF_SHALLOW", word, &match.Value{Args: []*match.Value{v.Elem}}, e)
		}
		return fmt.Sprintf("kitsune_closure_ptr(%s)", mutable(e.closure(v.Elem)))
	case match.Elements:
		return fmt.Sprintf("kitsune_closure_ptr(%s)", g.array(v, e))
	case match.Array:
		return g.array(v, e)
	case match.ToZero:
		return fmt.Sprintf("kitsune_closure_ntarray(%s, %s)", g.sizes(v.Elem), mutable(e.closure(v.Elem)))
	}
	return g.makeClosure(v.Pair.Transformer(), strategy(v.Pair), g.sizes(v), v, e)
}

// makeClosure returns a call that makes a closure with the arguments of v.
func (g *generator) makeClosure(transformer, strategy, sizes string, v *match.Value, e env) string {
	var args []string
	if v.Teller != "" {
		args = append(args, g.tag(v))
	}
	for _, a := range v.Args {
		args = append(args, e.closure(a))
	}
	return fmt.Sprintf("transform_make_closure(%s, %s, %s, %d, %s)",
		transformer, strategy, sizes, len(args), strings.Join(args, ", "))
}

// mutable returns a closure for a parameter that is no pointer to const.
func mutable(closure string) string {
	if strings.HasPrefix(closure, "&") {
		return "(closure *)" + closure
	}
	return closure
}

func (g *generator) array(v *match.Value, e env) string {
	return fmt.Sprintf("kitsune_closure_array(%s, %s, %s)", g.count(v), g.sizes(v.Elem), mutable(e.closure(v.Elem)))
}

func strategy(p *match.Pair) string {
	if p.Need == match.Deep {
		return "XF_DEEP"
	}
	return "XF_SHALLOW"
}

// sizes returns expressions for the old and the new size of values like v.
func (g *generator) sizes(v *match.Value) string {
	return g.old.sizeof(v.Old) + ", " + g.new.sizeof(v.New)
}

// count returns an expression for the number of elements of v.
func (g *generator) count(v *match.Value) string {
	if v.Count.Field == "" {
		return fmt.Sprint(v.Count.Const)
	}
	g.counts = true
	return "_kitsune_count(" + g.oldField(v.Count.Field) + ")"
}

// word are the sizes of pointers.
const word = "sizeof(void *), sizeof(void *)"

// constantClosure returns the name of the constant closure for v.
func (g *generator) constantClosure(v *match.Value) string {
	ref := func(v *match.Value) string { return "(void *)&" + g.constantClosure(v) }
	refs := func(list []*match.Value) []string {
		args := make([]string, len(list))
		for i, a := range list {
			args[i] = ref(a)
		}
		return args
	}
	v = resolve(v)
	name := g.valueName(v)
	if !g.Visits(v) {
		size := g.new.sizeof(v.New) // and of the old type
		return g.define("raw_"+name, "transform_raw", "XF_SHALLOW", size+", "+size, "(void *)"+size)
	}
	switch v.Op {
	case match.FuncPtr:
		return g.define(name, "transform_fptr", "XF_SHALLOW", word)
	case match.Pointer:
		if p := sized(v); p != nil {
			return g.define(name, pointerName(p), "XF_SHALLOW", word, refs(resolve(v.Elem).Args)...)
		}
		if g.parts.Contain(v.Elem) {
			return g.define(name, "transform_part", "XF_SHALLOW", word, ref(v.Elem))
		}
		return g.define(name, "transform_ptr", "XF_SHALLOW", word, ref(v.Elem))
	case match.Elements:
		array := &match.Value{
			Op: match.Array, Elem: v.Elem, Count: v.Count,
			Old: &ktt.Type{Kind: ktt.Array, Elem: v.Old.Elem, Len: v.Count},
			New: &ktt.Type{Kind: ktt.Array, Elem: v.New.Elem, Len: v.Count},
		}
		return g.define(name, "transform_ptr", "XF_SHALLOW", word, ref(array))
	case match.ToZero:
		return g.define(name, "transform_ntarray", "XF_SHALLOW", word, ref(v.Elem))
	case match.Array:
		return g.define(name, "transform_array", "XF_TARGET", g.sizes(v), fmt.Sprintf("(void *)%d", v.Count.Const), ref(v.Elem))
	}
	return g.define(name, v.Pair.Transformer(), strategy(v.Pair), g.sizes(v), refs(v.Args)...)
}

// define returns the name of a constant closure, which is new unless there is
// an equal one.
func (g *generator) define(suggestion, transformer, strategy, sizes string, args ...string) string {
	list := "NULL"
	if len(args) > 0 {
		list = "(void *const[]){" + strings.Join(args, ", ") + "}"
	}
	initializer := fmt.Sprintf("%s, %s,\n\t%s, %d, %s", transformer, strategy, sizes, len(args), list)
	if name, ok := g.consts[initializer]; ok {
		return name
	}
	name := "_kitsune_closure_" + suggestion
	for i := 2; g.taken[name]; i++ {
		name = fmt.Sprintf("_kitsune_closure_%s_%d", suggestion, i)
	}
	g.taken[name] = true
	g.consts[initializer] = name
	head, tail, _ := strings.Cut(initializer, "\n")
	g.constants = append(g.constants, fmt.Sprintf("static const closure %s = {\n\t%s\n%s};\n", name, head, wrap(tail)))
	return name
}

// valueName returns what v is, as a part of an identifier.
func (g *generator) valueName(v *match.Value) string {
	v = resolve(v)
	if !g.Visits(v) {
		return typeName(v.New)
	}
	switch v.Op {
	case match.FuncPtr:
		return "function"
	case match.Pointer:
		return "pointer_to_" + g.valueName(v.Elem)
	case match.Elements:
		return "pointer_to_" + countName(v.Count) + "_of_" + g.valueName(v.Elem)
	case match.Array:
		return countName(v.Count) + "_of_" + g.valueName(v.Elem)
	case match.Parameter:
		return v.Param
	case match.ToZero:
		return "zero_terminated_" + g.valueName(v.Elem)
	}
	name := typeName(v.New)
	if v.Pair.Old.Ref() != v.Pair.New.Ref() {
		name = typeName(v.Old) + "_to_" + name
	}
	if v.Teller != "" {
		name += "_by_" + strings.ReplaceAll(v.Teller, ".", "_")
	}
	for _, a := range v.Args {
		name += "_" + g.valueName(a)
	}
	return name
}

func countName(l *ktt.Length) string {
	if l.Field != "" {
		return strings.ReplaceAll(l.Field, ".", "_")
	}
	return fmt.Sprint(l.Const)
}

// typeName returns the name of a type as a part of an identifier.
func typeName(t *ktt.Type) string {
	switch t.Kind {
	case ktt.Pointer:
		return "pointer"
	case ktt.Array:
		if t.Len != nil {
			return fmt.Sprintf("%d_of_%s", t.Len.Const, typeName(t.Elem))
		}
		return "array_of_" + typeName(t.Elem)
	case ktt.VaList:
		return "va_list"
	case ktt.Ref:
		return string(t.Def) + "_" + t.Name
	case ktt.Int, ktt.Float:
		return strings.ReplaceAll(t.Name, " ", "_")
	}
	return fmt.Sprintf("bytes_%d", t.Size)
}
