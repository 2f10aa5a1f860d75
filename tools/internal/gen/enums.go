package gen

import (
	"github.com/rules-kitsune/rules_kitsune/tools/internal/match"
)

// enum prints how an enumerator becomes the one of the same name. Other numbers
// stay as they are.
func (f *function) enum(p *match.Pair) {
	typ := f.new.ref(p.New.Ref())
	if len(p.Moves) == 0 {
		f.p("*local_out = (%s)*local_in;", typ)
		return
	}
	f.p("switch ((long long)*local_in) {")
	for _, v := range p.Moves {
		f.p("case %d: /* %s */", v.Old, v.Name)
		f.p("\t*local_out = (%s)%d;", typ, v.New)
		f.p("\tbreak;")
	}
	f.p("default:")
	f.p("\t*local_out = (%s)*local_in;", typ)
	f.p("}")
}

// bitField prints how a bit-field of a new object is made. It has no address, so
// that its value is transformed in a variable.
func (f *function) bitField(field *match.Field, in, out string) {
	f.p("{")
	f.indent += "\t"
	f.p("%s = %s;", f.old.declare(field.Old.Type, "bits_in"), in)
	f.p("%s;", f.new.declare(field.New.Type, "bits_out"))
	f.transform(field.Value, "bits_in", "bits_out", 0)
	f.p("%s = bits_out;", out)
	f.indent = f.indent[1:]
	f.p("}")
}
