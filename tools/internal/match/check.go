package match

import (
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

// What can be judged only when it is known what has to be done with each type.

// A checker goes through the values that transformers are generated for.
type checker struct {
	*matcher
	site *site
}

// checkTransformable reports values that have to be transformed, but for which
// the types do not say how.
func (m *matcher) checkTransformable() {
	for _, v := range m.Vars {
		if v.Value != nil {
			checker{m, m.varSite(v.Old.Key, v.New.Key, v.Rule)}.value(v.Value)
		}
	}
	for _, p := range m.Pairs {
		switch {
		case p.failed:
		case p.New.Kind == ktt.Union:
			m.checkUnion(p)
		case p.Need == None:
		case p.Body != nil && p.Body.Op == ByPair:
			checker{m, m.pairSite(p)}.arguments(p.Body) // what it stands for is looked at where it is used
		case p.Body != nil:
			checker{m, m.pairSite(p)}.value(p.Body)
		default:
			for _, f := range p.Fields {
				if f.Value != nil {
					checker{m, m.fieldSite(p, f)}.value(f.Value)
				}
			}
		}
	}
	for _, u := range m.xuses {
		m.checkXform(u)
	}
}

// value checks what is done with a value that is contained in another.
func (c checker) value(v *Value) {
	switch v.Op {
	case Pointer:
		c.allocator(v)
		if v.Elem.Op == ByPair && v.Elem.Pair.behind().Flexible() != nil {
			c.arguments(v.Elem) // its size is looked up in each value
			return
		}
		c.target(v.Elem)
	case ToZero:
		c.allocator(v)
		c.target(v.Elem)
	case Elements:
		c.allocator(v)
		c.length(v)
		c.target(v.Elem)
	case Array:
		c.length(v)
		c.value(v.Elem)
	case ByPair:
		if v.Need() == None {
			return
		}
		if a := v.Pair.behind().openArray(); a != nil && !isConst(a.Type.Len) {
			c.flexible(v.Pair.behind())
		}
		c.arguments(v)
	}
}

// length checks whether the number of elements of v is known, if it matters.
func (c checker) length(v *Value) {
	const text = "Cannot generate serialization when the field length is unknown"
	switch {
	case v.Elem.Need() == None:
	case v.Count == nil:
		c.errorf(text).Notef(diag.Pos{}, "write E_ARRAY(self.FIELD) or E_ARRAY(NUMBER) between the brackets")
	case v.Count.Field != "" && (c.site.in == nil || c.site.in.New.Kind == ktt.Typedef):
		c.errorf(text).Notef(diag.Pos{}, "%s is a field of a structure, and this is not in one", v.Count)
	}
}

// target checks what is done with a value that a pointer leads to.
func (c checker) target(v *Value) {
	if v.Op == Unknown || v.Op == ByPair && c.New.Underlying(v.New).Kind == ktt.Void {
		d := c.errorf("Cannot generate code for a void -> void transformation without generic annotations.")
		d.Notef(diag.Pos{}, "write E_T(@PARAMETER) after the void if the type is generic, or E_OPAQUE after the * if the "+
			"pointer is to be copied and not followed")
		c.site.suggest(d, "or, to decide in code", "/* make $out of $in */")
		return
	}
	switch {
	case v.Need() == None:
	case v.Op == ByPair:
		if v.Pair.Need == Deep {
			c.newStorage(v.Pair)
		}
		c.arguments(v)
	default:
		c.value(v)
	}
}

// allocator reports a pointer to what gets new storage, which comes from malloc.
func (c checker) allocator(v *Value) {
	if len(v.New.Custom) > 0 && v.New.Custom[0] != "malloc" && v.Elem.Need() == Deep {
		d := c.diags.Warnf(c.site.pos, "%s: E_CUSTOM has no effect: the new storage comes from malloc, not from %s",
			c.site.new, v.New.Custom[0])
		c.site.suggest(d, "to allocate it in code", "/* make $out of $in */")
	}
}

// newStorage checks whether the runtime can allocate values of a type. Where
// values only stay in their place, it need not.
func (c checker) newStorage(p *Pair) {
	const malloced = 16 // bytes to which malloc aligns
	if p.behind().openArray() != nil {
		c.flexible(p.behind())
	}
	if p.New.Align > malloced {
		d := c.diags.Warnf(c.site.pos, "%s: %s is aligned to %d bytes, but new storage only to %d",
			c.site.new, p.New.Ref(), p.New.Align, malloced)
		c.site.suggest(d, "to allocate it in code", "/* make $out of $in */")
	}
}

// arguments checks the generic arguments of a pair.
func (c checker) arguments(v *Value) {
	if v.badArgs {
		d := c.errorf("Generic arguments for element do match the expected arguments for its type (" +
			v.Pair.Old.Ref().String() + " -> " + v.Pair.New.Ref().String() + ")")
		if params := v.Pair.New.Generics; len(params) > 0 {
			d.Notef(diag.Pos{}, "its parameters are %s: write E_G(...) with an argument for each after %s",
				strings.Join(params, ", "), v.Pair.New.Ref())
		} else {
			d.Notef(diag.Pos{}, "it has no parameters: E_GENERIC(...) after its definition declares them")
		}
	}
	for _, a := range v.Args {
		c.target(a)
	}
}

// errorf reports an error in the site, in the words that people know.
func (c checker) errorf(text string) *diag.Diagnostic {
	path := c.site.new
	if c.site.old != path {
		path = c.site.old + " -> " + path
	}
	return c.site.reached(c.diags.Errorf(c.site.pos, "%s: %s", path, text))
}

// flexible reports a structure without a size of its own that needs new storage.
func (c checker) flexible(p *Pair) {
	if p.Code() != nil {
		c.diags.Warnf(p.Rule.Pos, "the new storage for %s has no room for the array at its end", p.New.Ref()).
			Notef(diag.Pos{}, "%s leads to it; to allocate the right size, give the pointers to it rules with code", c.site.new)
		return
	}
	d := c.errorf("Cannot generate serialization when the field length is unknown")
	if p.Flexible() != nil {
		d.Notef(diag.Pos{}, "%s would be copied, and the array at its end makes each value as large as it is: that is "+
			"possible behind a pointer to one value, and not in a variable, a row or a generic argument", p.New.Ref())
	} else {
		d.Notef(diag.Pos{}, "%s would be copied, and the size of the array at its end is not known to xfgen: write "+
			"E_ARRAY(self.FIELD) between its brackets, in both versions", p.New.Ref())
	}
	c.site.suggest(d, "to allocate and fill it in code", "/* make $out of $in */")
}

func (m *matcher) checkXform(u xformUse) {
	v := m.Xforms[u.part]
	s := &site{old: u.path, new: u.path, pos: u.part.Pos, inCode: true}
	t := v.Target()
	if t.Op == ByPair {
		if n := len(t.Pair.New.Generics); len(u.part.Args) != n && (t.Need() != None || len(u.part.Args) > 0) {
			m.diags.Errorf(u.part.Pos, "%s: Generic arguments for element do match the expected arguments for its type (%s -> %s)",
				u.path, t.Pair.Old.Ref(), t.Pair.New.Ref()).
				Notef(diag.Pos{}, "$xform needs %d closures after the types, not %d", n, len(u.part.Args))
		}
		if t.badArgs {
			return
		}
	}
	checker{m, s}.target(v)
}

// checkNames reports variables whose transformers would have the same name.
func (m *matcher) checkNames() {
	first := map[string]string{}
	for _, v := range m.Vars {
		name := ktt.ParseKey(v.New.Key).Transformer()
		if other, ok := first[name]; ok {
			m.diags.Errorf(varAt(m.New, v.New.Key), "%s and %s: the transformers of both are called %s",
				other, v.New.Key, name).Notef(diag.Pos{}, "rename one of the variables or files")
		}
		first[name] = v.New.Key
	}
}

// warnLostFunctions reports functions that pointers in the old state may lead
// to, and that have no successor.
func (m *matcher) warnLostFunctions() {
	if !m.followsFunctions() {
		return
	}
	renamed := map[string]bool{}
	for _, r := range m.Renames {
		renamed[r.Old] = true
	}
	var lost []string
	for _, key := range m.Old.Funcs() {
		if !m.New.HasFunc(key) && !renamed[key] {
			lost = append(lost, key)
		}
	}
	if len(lost) == 0 {
		return
	}
	d := m.diags.Warnf(diag.Pos{},
		"the new version lacks functions of the old one: an update fails if it meets a pointer to %s",
		strings.Join(lost, ", "))
	var rules strings.Builder
	for _, key := range lost {
		to := likeliest(key, m.New.Funcs())
		if to == "" || m.Old.HasFunc(to) {
			to = "NEW_FUNCTION"
		}
		rules.WriteString(key + " -> " + to + "\n")
	}
	d.Suggest("if they have successors, add rules", rules.String())
}

// followsFunctions reports whether the update looks at pointers to functions.
func (m *matcher) followsFunctions() bool {
	for _, v := range m.Vars {
		if v.Value != nil && hasFunctions(v.Value) {
			return true
		}
	}
	for _, p := range m.Pairs {
		if p.Body != nil && hasFunctions(p.Body) {
			return true
		}
		for _, f := range p.Fields {
			if f.Value != nil && hasFunctions(f.Value) {
				return true
			}
		}
	}
	return false
}

// hasFunctions reports whether v is, or directly leads to, a pointer to a
// function. What it leads to by a pair is looked at with that pair.
func hasFunctions(v *Value) bool {
	switch v.Op {
	case FuncPtr:
		return true
	case Pointer, Elements, ToZero, Array:
		return hasFunctions(v.Elem)
	}
	return false
}
