package gen

import (
	"bytes"
	"fmt"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/match"
)

// A pointer may lead to a part of a value: to a field, or to an element of an
// array. Where the layout of a type has changed, the generated file lists which
// part has become which, so that the runtime can translate such pointers.

// A layouts collects these lists.
type layouts struct {
	*generator
	text  bytes.Buffer
	names map[[2]ktt.TypeRef]string // of the lists; "" if the type is as it was
	rows  bytes.Buffer              // for variables
}

// section declares constants that the runtime finds in a section.
func section(typ, name, section string) string {
	return fmt.Sprintf("static const struct %s %s\n\t__attribute__((used, section(%q), aligned(sizeof(void *)))) = ",
		typ, name, section)
}

func (g *generator) newLayouts() *layouts {
	l := &layouts{generator: g, names: map[[2]ktt.TypeRef]string{}}
	for _, p := range g.Pairs {
		if p.Need == match.Deep && p.New.Kind == ktt.Struct {
			l.layout(p.Old, p.New)
		}
	}
	for _, v := range g.Vars {
		if v.Old == nil {
			continue
		}
		if p := l.part(v.Old.Type, v.New.Type); p.layout != "" {
			l.rows.WriteString(wrap(fmt.Sprintf("\t{%s, %s, %s},", quote(v.Old.Key), quote(v.New.Key),
				l.initializer(p, 0, 0))) + "\n")
		}
	}
	return l
}

// print prints the lists. They mention transformers.
func (l *layouts) print(b *bytes.Buffer) {
	if l.text.Len() == 0 {
		return
	}
	b.WriteString("\n/* Where the parts of values have gone: old offset and stride, new offset and stride, number. */\n")
	b.Write(l.text.Bytes())
	if l.rows.Len() > 0 {
		fmt.Fprintf(b, "%s{\n%s};\n", section("kitsune_variable", "kitsune_variables_here[]", "kitsune_variables"), l.rows.Bytes())
	}
}

// layout returns the name of the list for a structure, or "" if its layout is
// the same in both versions.
func (l *layouts) layout(old, new *ktt.TypeDef) string {
	key := [2]ktt.TypeRef{old.Ref(), new.Ref()}
	if name, ok := l.names[key]; ok {
		return name
	}
	l.names[key] = ""
	var parts bytes.Buffer
	count := 0
	changed := old.Size != new.Size
	fields, transformer := l.fields(old, new)
	for _, f := range fields {
		if f[0].Bits != nil || f[1].Bits != nil {
			continue // nothing can point there
		}
		p := l.part(f[0].Type, f[1].Type)
		changed = changed || p.changed || f[0].Offset != f[1].Offset
		comment := f[0].Name
		if f[1].Name != comment {
			comment += " -> " + f[1].Name
		}
		parts.WriteString(wrap(fmt.Sprintf("\t%s, /* %s */", l.initializer(p, f[0].Offset, f[1].Offset), comment)) + "\n")
		count++
	}
	if !changed && len(fields) == len(old.Fields) {
		return ""
	}
	id := typeName(refTo(old))
	if old.Ref() != new.Ref() {
		id += "_to_" + typeName(refTo(new))
	}
	list := "NULL"
	if count > 0 {
		list = "_kitsune_parts_" + id
		fmt.Fprintf(&l.text, "static const struct kitsune_part %s[] = {\n%s};\n", list, parts.Bytes())
	}
	name := "_kitsune_layout_" + id
	fmt.Fprintf(&l.text, "%s{\n\t%s,\n\t%s, %d};\n", section("kitsune_layout", name, "kitsune_layouts"), transformer, list, count)
	l.names[key] = name
	return name
}

// fields returns the old and the new field for all fields that have both, and
// the transformer of the structure, or NULL. Where user code makes the new
// value, fields of the same name are the same.
func (l *layouts) fields(old, new *ktt.TypeDef) (fields [][2]*ktt.Field, transformer string) {
	transformer = "NULL"
	for _, p := range l.Pairs {
		if p.Old != old || p.New != new {
			continue
		}
		if l.VisitsPair(p) {
			transformer = p.Transformer()
		}
		for _, f := range p.Fields {
			if f.Old != nil {
				fields = append(fields, [2]*ktt.Field{f.Old, f.New})
			}
		}
		if p.Code() == nil {
			return fields, transformer
		}
	}
	for _, f := range old.Fields {
		for _, g := range new.Fields {
			if f.Name != "" && f.Name == g.Name {
				fields = append(fields, [2]*ktt.Field{f, g})
			}
		}
	}
	return fields, transformer
}

// A part is what a field or a variable consists of.
type part struct {
	old, new *ktt.Type // of its elements, if it is an array
	count    string
	layout   string // of the elements, or "" if they are as they were
	changed  bool
}

// part compares a field or variable of two versions.
func (l *layouts) part(old, new *ktt.Type) part {
	old, new = l.Old.Underlying(old), l.New.Underlying(new)
	n := int64(1)
	p := part{}
	for outermost := true; old.Kind == ktt.Array && new.Kind == ktt.Array; outermost = false {
		a, b := constLen(old), constLen(new)
		if a != b {
			p.changed = true
			if !outermost {
				break // such elements are all that is known of it
			}
		}
		n *= min(a, b)
		old, new = l.Old.Underlying(old.Elem), l.New.Underlying(new.Elem)
	}
	p.old, p.new, p.count = old, new, fmt.Sprint(n)
	if n == 0 { // At the end of a structure: as many as there are.
		p.count = "(size_t)-1 / " + l.generator.old.sizeof(old)
	}
	from, to := l.Old.Type(old.Ref()), l.New.Type(new.Ref())
	if from != nil && to != nil && from.Kind == ktt.Struct && to.Kind == ktt.Struct {
		p.layout = l.layout(from, to)
		p.changed = p.changed || p.layout != ""
	}
	return p
}

// constLen returns the length of an array, or 0 if that is not part of its type.
func constLen(t *ktt.Type) int64 {
	if t.Len == nil || t.Len.Field != "" {
		return 0
	}
	return t.Len.Const
}

// initializer returns a part as C.
func (l *layouts) initializer(p part, oldOffset, newOffset int64) string {
	layout := "NULL"
	if p.layout != "" {
		layout = "&" + p.layout
	}
	return fmt.Sprintf("{%d, %s, %d, %s, %s, %s}", oldOffset, l.generator.old.sizeof(p.old),
		newOffset, l.generator.new.sizeof(p.new), p.count, layout)
}
