package randomupdate

import (
	_ "embed"
	"fmt"
	"strings"
)

// File is the name of the program's source, in both versions.
const File = "prog.c"

//go:embed show.h
var showHeader string

// Source is a version of a program that consists of worlds. Both print their
// state: the old one, which builds it, before it asks for an update to the file
// that is its argument, the new one when it has taken it over.
func Source(v int, worlds []*World) string {
	var text, locals, migrate, build, show strings.Builder
	text.WriteString(showHeader)
	space := namespace(v, worlds)
	if space != "" {
		fmt.Fprintf(&text, "char *KT_NAMESPACE = \"%s\";\n", space)
	}
	for _, w := range worlds {
		s := &source{reach: w.reach(), w: w, v: v}
		s.types()
		s.variables()
		if v == Old {
			s.build()
		}
		s.show()
		text.WriteString(s.String())
		var noted []string
		for _, x := range w.Vars {
			if x.Manual && x.Name.in(v) {
				fmt.Fprintf(&migrate, "\t%s;\n", x.migrate(v, space))
			}
			if x.Name.in(v) && x.Linkage[v] == Noted {
				fmt.Fprintf(&locals, "\t%s = {0};\n", x.Type[v].declare(v, x.Name[v], true))
				fmt.Fprintf(&migrate, "\tMIGRATE_LOCAL(%s);\n", x.Name[v])
				noted = append(noted, "&"+x.Name[v])
			}
		}
		fmt.Fprintf(&build, "\t%s_build(%s);\n", w.Prefix, strings.Join(noted, ", "))
		fmt.Fprintf(&show, "\t%s_show(%s);\n", w.Prefix, strings.Join(noted, ", "))
	}
	text.WriteString("\nint main(int argc, char **argv) E_NOTELOCALS {\n" + locals.String())
	if v == Old {
		text.WriteString(build.String() + show.String() + `	(void)argc;
	fflush(stdout);
	kitsune_set_next_version(argv[1]);
	kitsune_signal_update();
	kitsune_update("main");
	puts("the update did not happen");
	return 1;
}
`)
	} else {
		text.WriteString("\t(void)argc, (void)argv;\n\tkitsune_do_automigrate();\n" + migrate.String() +
			"\tkitsune_update(\"main\");\n\tputs(\"UPDATED\");\n" + show.String() + "\treturn 0;\n}\n")
	}
	return text.String()
}

// namespace is that of the program's statics, or "". It may change.
func namespace(v int, worlds []*World) string {
	switch worlds[0].Seed % 4 {
	case 1:
		return "space"
	case 2:
		return [2]string{"before", "after"}[v]
	}
	return ""
}

// migrate is the call that carries a variable over that is not migrated otherwise.
// The macros do not know the namespace.
func (x *Var) migrate(v int, space string) string {
	switch name := x.Name[v]; {
	case x.Linkage[v] == Global:
		return fmt.Sprintf("MIGRATE_GLOBAL(%s)", name)
	case space == "":
		return fmt.Sprintf("MIGRATE_STATIC(%s)", name)
	default:
		return fmt.Sprintf("kitsune_migrate_var(%[1]q, NULL, __FILE__, %[2]q, &%[1]s, sizeof %[1]s,\n"+
			"\t                    kitsune_get_xform(%[1]q, NULL, __FILE__, %[2]q))", name, space)
	}
}

// A source is a version of a world that is being written.
type source struct {
	strings.Builder
	*reach
	w     *World
	v     int
	shown []*Type // those with a function that prints them
}

// line writes a line of a function.
func (s *source) line(indent int, format string, args ...any) {
	fmt.Fprintf(s, strings.Repeat("\t", indent)+format+"\n", args...)
}

func (s *source) types() {
	s.line(0, "\n/* World %d. */\n", s.w.Seed)
	for _, d := range s.w.Decls {
		if st, ok := d.(*Struct); ok && s.decls[d] {
			if st.Style == Tagged || st.Style == Both {
				s.line(0, "struct %s;", st.Name[s.v])
			}
			if st.Style == Both {
				s.line(0, "typedef struct %s %s;", st.Name[s.v], st.Name[s.v])
			}
		}
	}
	for _, d := range s.w.Decls {
		if st, ok := d.(*Struct); s.decls[d] && !(ok && st.Style == Inline) {
			s.line(0, "%s;", d.define(s.v))
		}
	}
}

func (e *Enum) define(v int) string {
	var list []string
	for _, x := range e.Values {
		if x.Name.in(v) {
			list = append(list, fmt.Sprintf("%s = %d", x.Name[v], x.Value[v]))
		}
	}
	return fmt.Sprintf("enum %s { %s }", e.Name[v], strings.Join(list, ", "))
}

func (t *Typedef) define(v int) string {
	return "typedef " + t.Type[v].declare(v, t.Name[v], true)
}

func (u *Union) define(v int) string {
	text := "union " + u.Name[v] + " {\n"
	for i, m := range u.Members {
		if v == New || i < len(u.Members)-u.Added {
			text += "\t" + m.declare(v, fmt.Sprint("m", i), true)
			if u.Told && (i%2 == 0 || m.Kind != Number) {
				text += fmt.Sprintf(" E_CASE(%d)", i)
			}
			text += ";\n"
		}
	}
	return text + "}"
}

func (s *Struct) define(v int) string {
	text := "struct " + s.Name[v]
	switch s.Style {
	case Anonymous:
		text = "typedef struct"
	case Inline:
		text = "struct"
	}
	text += " {\n"
	for _, f := range s.Fields[v] {
		text += "\t" + f.Type[v].declare(v, f.Name[v], true)
		if f.Bits[v] != 0 {
			text += fmt.Sprint(" : ", f.Bits[v])
		}
		text += ";\n"
	}
	text += "}"
	if s.Style == Anonymous {
		text += " " + s.Name[v]
	}
	if len(s.Params) > 0 && s.Style != Inline {
		text += " E_GENERIC(@" + strings.Join(s.Params, ", @") + ")"
	}
	return text
}

// variables writes the functions and variables.
func (s *source) variables() {
	var names []string
	for i, f := range s.w.Funcs {
		if !s.funcs[f] {
			continue
		}
		static := ""
		if f.Static[s.v] {
			static = "static "
		}
		s.line(0, "%sint %s(int n) { return n + %d; }", static, f.Name[s.v], 100*(s.v+1)+i)
		names = append(names, f.Name[s.v])
	}
	if len(names) > 0 { // a static function has to be used
		s.line(0, "int (*const %s_functions[])(int) = {%s};", s.w.Prefix, strings.Join(names, ", "))
	}
	for _, x := range s.w.Vars {
		if !x.Name.in(s.v) {
			continue
		}
		text := x.Type[s.v].declare(s.v, x.Name[s.v], true)
		if x.Const {
			text = "const " + text
		}
		if x.Manual {
			text += " E_MANUAL_MIGRATE"
		}
		text += x.initializer(s.v)
		switch x.Linkage[s.v] {
		case Global:
			s.line(0, "%s;", text)
		case Static:
			s.line(0, "static %s;", text)
		case InFunc:
			s.line(0, "static void *%s(void) {", x.Func[s.v])
			s.line(1, "static %s;", text)
			s.line(1, "return &%s;", x.Name[s.v])
			s.line(0, "}")
		}
	}
}

// initializer is that of numbers, of which the old version has some in constants.
func (x *Var) initializer(v int) string {
	t := x.Type[v]
	value := func(i int) string {
		if v == Old {
			return fmt.Sprint(x.Object.Elems[i])
		}
		return fmt.Sprint(x.First + int64(i))
	}
	switch {
	case v == Old && !x.Const:
		return ""
	case t.Kind == Number:
		return " = " + value(0)
	case t.Kind == Array && t.Elem.Kind == Number:
		var list []string
		for i := range t.Len {
			list = append(list, value(i))
		}
		return " = {" + strings.Join(list, ", ") + "}"
	}
	return ""
}

// parameters are the local variables of main that the world has.
func (s *source) parameters() string {
	var list []string
	for _, x := range s.w.Vars {
		if x.Name.in(s.v) && x.Linkage[s.v] == Noted {
			list = append(list, x.Type[s.v].spell(s.v, "(*"+x.Name[s.v]+")"))
		}
	}
	if list == nil {
		return "void"
	}
	return strings.Join(list, ", ")
}

// build writes the function that makes the state of the old version.
func (s *source) build() {
	s.line(0, "\nstatic void %s_build(%s) {", s.w.Prefix, s.parameters())
	names := map[any]string{}
	for i, o := range s.objects {
		names[o] = fmt.Sprint("o", i)
		size := fmt.Sprintf("sizeof *o%d", i)
		if d, ok := o.Elem.Decl.(*Struct); ok && d.Open {
			list := d.Fields[Old][1]
			size += fmt.Sprintf(" + %d * sizeof o%d->%s[0]", len(o.Elems[0].(Fields)[list].([]Value)), i, list.Name[Old])
		}
		s.line(1, "%s = calloc(%d, %s);", o.Elem.spell(Old, fmt.Sprint("*o", i)), len(o.Elems), size)
	}
	for i, t := range s.strings {
		names[t] = fmt.Sprint("t", i)
		s.line(1, "char *t%d = strdup(%q);", i, t.Text)
	}
	for _, o := range s.objects {
		for i, x := range o.Elems {
			s.assign(names, fmt.Sprintf("%s[%d]", names[o], i), x, o.Elem)
		}
	}
	for _, x := range s.w.Vars {
		if x.Name.in(Old) && !x.Const {
			for i, value := range x.Object.Elems {
				s.assign(names, x.element(Old, i), value, x.Object.Elem)
			}
		}
	}
	s.line(0, "}")
}

// element is an expression for an element of a variable.
func (x *Var) element(v, i int) string {
	if x.Type[v].Kind == Array {
		return fmt.Sprintf("%s[%d]", x.lvalue(v), i)
	}
	return x.lvalue(v)
}

// assign writes assignments of all that is not zero in a value.
func (s *source) assign(names map[any]string, to string, x Value, t *Type) {
	t = t.under(Old)
	switch x := x.(type) {
	case int64:
		if x != 0 {
			s.line(1, "%s = %d;", to, x)
		}
	case float64:
		if x != 0 {
			s.line(1, "%s = %g;", to, x)
		}
	case *Enumerator:
		s.line(1, "%s = %s;", to, x.Name[Old])
	case *Func:
		if x != nil {
			s.line(1, "%s = %s;", to, x.Name[Old])
		}
	case *String:
		if x != nil && x.inHeap() {
			s.line(1, "%s = %s;", to, names[x])
		} else if x != nil {
			s.line(1, "%s = %q;", to, x.Text)
		}
	case Ref:
		if x.To != nil && x.To.Var != nil {
			s.line(1, "%s = (void *)&%s;", to, x.To.Var.element(Old, x.Index))
		} else if x.To != nil {
			s.line(1, "%s = (void *)%s;", to, names[x.To])
		}
	case []Value:
		for i, elem := range x {
			s.assign(names, fmt.Sprintf("%s[%d]", to, i), elem, t.Elem)
		}
	case Member:
		s.assign(names, fmt.Sprintf("%s.m%d", to, x.Index), x.Value, t.Decl.(*Union).Members[x.Index])
	case Fields:
		for _, f := range t.Decl.(*Struct).Fields[Old] {
			s.assign(names, to+"."+f.Name[Old], x[f], f.Type[Old].resolve(t.env()))
		}
	}
}

// show writes the functions that print the state: one for the world, and one for
// each of its structures and enumerations, with their generic arguments.
func (s *source) show() {
	before := s.take()
	s.line(0, "\nstatic void %s_show(%s) {", s.w.Prefix, s.parameters())
	s.line(1, "forget();")
	for _, d := range s.w.Decls { // the summary lacks a type that no function mentions, and only rules name
		if st, ok := d.(*Struct); s.decls[d] && !(ok && st.Style == Inline) {
			s.line(1, "(void)sizeof(%s);", reference(d, s.v))
		}
	}
	for _, x := range s.w.Vars {
		if x.Name.in(s.v) && x.Linkage[s.v] != Noted {
			s.line(1, `place("%s", &%s, sizeof %s, sizeof %s);`,
				x.Name[s.v], x.lvalue(s.v), x.element(s.v, 0), x.lvalue(s.v))
		}
	}
	for _, x := range s.w.Vars {
		if x.Name.in(s.v) {
			s.line(1, `printf("%s = ");`, x.Name[s.v])
			s.print(1, x.lvalue(s.v), x.Type[s.v], "")
			s.line(1, `printf("\n");`)
		}
	}
	s.line(0, "}")
	last, prototypes := s.take(), ""
	for i := 0; i < len(s.shown); i++ {
		head := fmt.Sprintf("static void %s_show%d(const %s)", s.w.Prefix, i, s.shown[i].spell(s.v, "*p"))
		prototypes += head + ";\n"
		s.line(0, "\n%s {", head)
		s.printNamed(s.shown[i])
		s.line(0, "}")
	}
	bodies := s.take()
	s.WriteString(before + prototypes + bodies + last)
}

// take returns what has been written, and begins with something else.
func (s *source) take() string {
	text := s.String()
	s.Reset()
	return text
}

// print writes what prints an expression. What the length of a pointer is called
// begins with owner.
func (s *source) print(indent int, expr string, t *Type, owner string) {
	t = t.under(s.v)
	switch t.Kind {
	case Number:
		if t.Number.Float {
			s.line(indent, `printf("%%g", (double)%s);`, expr)
		} else {
			s.line(indent, `printf("%%lld", (long long)%s);`, expr)
		}
	case Text:
		s.line(indent, "show_text(%s);", expr)
	case Function:
		s.line(indent, "show_function(%s);", expr)
	case Array:
		s.elements(indent, expr, t.Elem, "$ < "+s.count(t, owner))
	case Pointer:
		s.line(indent, "if (first(%s)) {", expr)
		switch t.Shape {
		case Many:
			s.elements(indent+1, s.cast(expr, t.Elem), t.Elem, "$ < "+s.count(t, owner))
		case ToZero:
			s.elements(indent+1, expr, t.Elem, expr+"[$]")
		default:
			s.print(indent+1, "(*"+s.cast(expr, t.Elem)+")", t.Elem, "")
		}
		s.line(indent, "}")
	case Named:
		if u, ok := t.Decl.(*Union); ok {
			s.line(indent, "switch (%s%s) {", owner, t.Length.Name[s.v])
			for i, m := range u.Members[:len(u.Members)-u.Added] {
				s.line(indent, "case %d:", i)
				s.print(indent+1, fmt.Sprintf("%s.m%d", expr, i), m, "")
				s.line(indent+1, "break;")
			}
			s.line(indent, "}")
			return
		}
		if d, ok := t.Decl.(*Struct); ok && d.Style == Inline {
			s.fields(indent, expr+".", t)
			return
		}
		s.line(indent, "%s_show%d(&%s);", s.w.Prefix, s.shower(t), expr)
	}
}

// count is the number of elements of an array or of Many.
func (s *source) count(t *Type, owner string) string {
	if t.Length != nil {
		return "(int)" + owner + t.Length.Name[s.v]
	}
	return fmt.Sprint(t.Len)
}

// cast is a pointer with the type that its annotation says it has.
func (s *source) cast(expr string, elem *Type) string {
	return "((" + elem.spell(s.v, "*") + ")" + expr + ")"
}

// elements writes a loop that prints elements. In the condition, $ stands for the
// index.
func (s *source) elements(indent int, expr string, t *Type, while string) {
	i := fmt.Sprint("i", indent)
	s.line(indent, `printf("[");`)
	while = strings.ReplaceAll(while, "$", i)
	s.line(indent, `for (int %s = 0; %s; %[1]s++) {`, i, while)
	s.line(indent+1, `printf(%s ? ", " : "");`, i)
	s.print(indent+1, expr+"["+i+"]", t, "")
	s.line(indent, "}")
	s.line(indent, `printf("]");`)
}

// shower is the number of the function that prints a type.
func (s *source) shower(t *Type) int {
	name := t.declare(s.v, "", true)
	for i, other := range s.shown {
		if other.declare(s.v, "", true) == name {
			return i
		}
	}
	s.shown = append(s.shown, t)
	return len(s.shown) - 1
}

// printNamed writes the body of the function that prints a type.
func (s *source) printNamed(t *Type) {
	switch d := t.Decl.(type) {
	case *Enum:
		s.line(1, "switch ((int)*p) {")
		for _, x := range d.Values {
			if x.Name.in(s.v) {
				s.line(1, "case %d:", x.Value[s.v])
				s.line(2, `printf("%s");`, x.Name[s.v])
				s.line(2, "break;")
			}
		}
		s.line(1, "default:")
		s.line(2, `printf("?%%d", (int)*p);`)
		s.line(1, "}")
	case *Struct:
		s.fields(1, "p->", t)
	}
}

// fields writes what prints the fields of a structure; owner leads to them.
func (s *source) fields(indent int, owner string, t *Type) {
	s.line(indent, `printf("{");`)
	comma := ""
	for _, f := range t.Decl.(*Struct).Fields[s.v] {
		s.line(indent, `printf("%s%s: ");`, comma, f.Name[s.v])
		expr, typ := owner+f.Name[s.v], f.Type[s.v].resolve(t.env())
		if f.Bits[s.v] != 0 && typ.Kind == Named { // has no address
			s.line(indent, "{")
			s.line(indent+1, "%s = %s;", typ.spell(s.v, "bits"), expr)
			s.print(indent+1, "bits", typ, owner)
			s.line(indent, "}")
		} else {
			s.print(indent, expr, typ, owner)
		}
		comma = ", "
	}
	s.line(indent, `printf("}");`)
}
