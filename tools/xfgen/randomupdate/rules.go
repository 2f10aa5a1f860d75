package randomupdate

import (
	"fmt"
	"strings"
)

// Rules is the .xf file of an update.
func Rules(worlds []*World) string {
	var b strings.Builder
	k := keys{namespace(Old, worlds), namespace(New, worlds)}
	for _, w := range worlds {
		fmt.Fprintf(&b, "// World %d.\n", w.Seed)
		r := w.reach()
		for _, d := range w.Decls {
			if r.decls[d] {
				typeRules(&b, d)
			}
		}
		for _, x := range w.Vars {
			varRules(&b, k, x)
		}
		for _, f := range w.Funcs {
			if from, to := k.of(f, Old), k.of(f, New); r.funcs[f] && from != to {
				fmt.Fprintf(&b, "%s -> %s\n", from, to)
			}
		}
	}
	return b.String()
}

// keys are the namespaces of both versions.
type keys [2]string

// of is the key of a variable or function.
func (k keys) of(x interface{ key(v int) string }, v int) string {
	key := x.key(v)
	if k[v] != "" && strings.HasPrefix(key, File+"/") {
		return k[v] + "@" + key
	}
	return key
}

func typeRules(b *strings.Builder, d Decl) {
	label := path(d, Old) + " -> " + path(d, New)
	renamed := d.names()[Old] != d.names()[New]
	switch d := d.(type) {
	case *Enum:
		if d.moved() && !d.byName() {
			fmt.Fprintf(b, "%s: {\n\tswitch ((int)$in) {\n", label)
			for _, x := range d.Values {
				if x.Name.in(Old) {
					fmt.Fprintf(b, "\tcase %d: $out = %d; break;\n", x.Value[Old], x.Value[New])
				}
			}
			fmt.Fprint(b, "\t}\n}\n")
			return
		}
	case *Typedef:
		if d.Conv != nil {
			fmt.Fprintf(b, "%s: { %s }\n", label, d.Conv.code("$in", "$out", d.Type))
			return
		}
	case *Struct:
		if renamed && d.Style == Both {
			fmt.Fprintf(b, "typedef %s -> typedef %s\n", d.Name[Old], d.Name[New])
		}
		if renamed && d.Style == Anonymous {
			fmt.Fprintf(b, "struct %s -> struct %s\n", d.tag(Old), d.tag(New))
		}
		if d.Code {
			fmt.Fprintf(b, "%s: {\n", label)
			for _, f := range d.Fields[New] {
				fmt.Fprintf(b, "\t%s\n", f.code())
			}
			fmt.Fprint(b, "}\n")
			return
		}
	}
	if renamed {
		fmt.Fprintln(b, label)
	}
	if s, ok := d.(*Struct); ok {
		fieldRules(b, s)
	}
}

// code makes a field of numbers in a rule for the whole structure.
func (f *Field) code() string {
	if f.Init != nil {
		return fmt.Sprintf("$out.%s = %s;", f.Name[New], f.Init.expression("$in"))
	}
	c := f.Conv
	if c == nil {
		c = &Conversion{Factor: 1}
	}
	return c.code("$in."+f.Name[Old], "$out."+f.Name[New], f.Type)
}

func (x *Init) expression(base string) string {
	if x.Base == nil {
		return fmt.Sprint(x.Const)
	}
	return fmt.Sprintf("((long long)%s.%s + %d)", base, x.Base.Name[Old], x.Const)
}

func fieldRules(b *strings.Builder, s *Struct) {
	from, to := path(s, Old)+".", path(s, New)+"."
	for _, f := range s.Fields[New] {
		label := from + f.Name[Old] + " -> " + to + f.Name[New]
		u, _ := f.Type[New].Decl.(*Union)
		switch {
		case f.Init != nil:
			fmt.Fprintf(b, "INIT %s%s: { $out = %s; }\n", to, f.Name[New], f.Init.expression("$base"))
		case u != nil && u.Follow:
			fmt.Fprintf(b, "%s: {\n\tif ($base.%s == 0)\n\t\tXF_INVOKE(%s, &$in.m0, &$out.m0);\n"+
				"\telse\n\t\tXF_ASSIGN($out, $in);\n}\n", label, f.Type[Old].Length.Name[Old], u.Members[0].closure())
		case f.Conv != nil:
			fmt.Fprintf(b, "%s: { %s }\n", label, f.Conv.code("$in", "$out", f.Type))
		case f.Explicit:
			fmt.Fprintf(b, "%s: { XF_INVOKE(%s, &$in, &$out); }\n", label, f.Type[Old].closure())
		case f.Name[Old] != f.Name[New] || f.Type[Old] != f.Type[New]:
			fmt.Fprintln(b, label)
		}
	}
}

func varRules(b *strings.Builder, k keys, x *Var) {
	from, to := k.of(x, Old), k.of(x, New)
	switch {
	case !x.Name.in(New):
	case x.Init != nil:
		fmt.Fprintf(b, "INIT %s: { $out = %d; }\n", to, *x.Init)
	case !x.Name.in(Old):
		fmt.Fprintf(b, "INIT %s: {}\n", to)
	case x.Conv != nil:
		fmt.Fprintf(b, "%s -> %s: { %s }\n", from, to, x.Conv.code("$in", "$out", x.Type))
	case x.Explicit:
		fmt.Fprintf(b, "%s -> %s: { XF_INVOKE(%s, &$in, &$out); }\n", from, to, x.Type[Old].closure())
	case from != to || x.Type[Old] != x.Type[New]:
		fmt.Fprintf(b, "%s -> %s\n", from, to)
	}
}

// code converts in, of the first type, to out, of the second one.
func (c *Conversion) code(in, out string, t [2]*Type) string {
	if t[Old].Kind == Array {
		return fmt.Sprintf("for (int i = 0; i < %d; i++) %s[i] = i < %d ? %s : 0;",
			t[New].Len, out, t[Old].Len, c.expression(in+"[i]", t[Old].Elem, t[New].Elem))
	}
	return fmt.Sprintf("%s = %s;", out, c.expression(in, t[Old], t[New]))
}

func (c *Conversion) expression(in string, old, new *Type) string {
	if *c == (Conversion{Factor: 1}) {
		return in
	}
	if !old.Number.Float {
		in = "(long long)" + in
	}
	in = fmt.Sprintf("%s * %d + %d", in, c.Factor, c.Offset)
	if new.Number.Bool {
		return "(" + in + ") != 0"
	}
	return in
}

// closure is an expression for what transforms values of the type.
func (t *Type) closure() string {
	switch t.Kind {
	case Pointer:
		switch t.Shape {
		case Opaque:
			return "XF_RAW(sizeof(void *))"
		case Many:
			n := fmt.Sprint(t.Len)
			if t.Length != nil {
				n = "$base." + t.Length.Name[Old]
			}
			return fmt.Sprintf("XF_PTRARRAY(%s, %s, %s, %s)", n, t.Elem.size(Old), t.Elem.size(New), t.Elem.closure())
		case ToZero:
			return fmt.Sprintf("XF_NTARRAY(%s, %s, %s)", t.Elem.size(Old), t.Elem.size(New), t.Elem.closure())
		}
		if d, ok := t.Elem.Decl.(*Struct); ok && d.Open { // what each needs in bytes, the pointer tells
			return "$xform(" + path(d, Old) + " *, " + path(d, New) + " *)"
		}
		return "XF_PTR(" + t.Elem.closure() + ")"
	case Array:
		return fmt.Sprintf("XF_ARRAY(%d, %s, %s, %s)", t.Len, t.Elem.size(Old), t.Elem.size(New), t.Elem.closure())
	case Text:
		return "XF_NTSTR()"
	case Function:
		return "XF_FPTR()"
	case Param:
		return "$gen(" + t.Param + ")"
	case Number:
		return "XF_RAW(" + t.size(New) + ")"
	}
	s := "$xform(" + path(t.Decl, Old) + ", " + path(t.Decl, New)
	for _, a := range t.Args {
		s += ", " + a.closure()
	}
	return s + ")"
}

// size is an expression for the size of the type.
func (t *Type) size(v int) string {
	switch t.Kind {
	case Array:
		return fmt.Sprintf("%d * %s", t.Len, t.Elem.size(v))
	case Number:
		return "sizeof(" + t.Number.Name + ")"
	case Named:
		return fmt.Sprintf("sizeof($%stype(%s))", [2]string{"old", "new"}[v], path(t.Decl, v))
	}
	return "sizeof(void *)"
}

// canExplain reports whether code can do what happens to the type without it.
func (t *Type) canExplain() bool {
	switch t.Kind {
	case Pointer, Array:
		return (t.Kind == Pointer || t.Length == nil) && t.Elem.canExplain() && (t.Elem.Kind != Param || t.Shape == One)
	case Named:
		_, isUnion := t.Decl.(*Union)
		return !isUnion
	}
	return true
}
