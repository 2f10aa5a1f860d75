package cfront

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
	"modernc.org/cc/v4"
)

// TestAgainstCC compares what this package finds in a text with what another
// implementation of C does: which variables are defined, with which linkage and
// type, in which function, and which functions.
func TestAgainstCC(t *testing.T) {
	const name = "testdata/plain.i"
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fromCC(t, name, text), fromUs(t, text)); diff != "" {
		t.Errorf("-cc +cfront:\n%s", diff)
	}
}

func fromUs(t *testing.T, text []byte) []string {
	u, err := Parse(slices.Clone(text), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	add := func(fn, name string, static bool, what string) {
		s := name
		if fn != "" {
			s = fn + "#" + s
		}
		if static {
			s = "static " + s
		}
		out = append(out, s+": "+what)
	}
	for _, o := range slices.Concat(u.Objects, u.Statics) {
		add(o.Func, o.Name, o.Static, plainly(o.Type))
	}
	for _, f := range u.Functions {
		add("", f.Name, f.Static, "function")
	}
	slices.Sort(out)
	return out
}

// plainly returns a type in words, without typedefs.
func plainly(t *Type) string {
	t = t.Resolve()
	switch t.Kind {
	case Pointer:
		return "pointer to " + plainly(t.Elem)
	case Array:
		return "array of " + plainly(t.Elem)
	case Func:
		var params []string
		for _, p := range t.Params {
			params = append(params, plainly(p))
		}
		return "function (" + strings.Join(params, ", ") + ") returning " + plainly(t.Elem)
	case Named:
		if t.Def.Kind == ktt.Enum {
			return "enum " + t.Def.Tag
		}
		if t.Def.Tag != "" {
			return string(t.Def.Kind) + " " + t.Def.Tag
		}
		var fields []string
		for _, f := range t.Def.Fields {
			if !f.Unnamed {
				fields = append(fields, f.Name+" "+plainly(f.Type))
			}
		}
		return string(t.Def.Kind) + " {" + strings.Join(fields, "; ") + "}"
	}
	return say(&Type{Kind: t.Kind, Name: t.Name})
}

func fromCC(t *testing.T, name string, text []byte) []string {
	abi, err := cc.NewABI("linux", "amd64")
	if err != nil {
		t.Fatal(err)
	}
	ast, err := cc.Translate(&cc.Config{ABI: abi}, []cc.Source{
		{Name: "<builtin>", Value: "int __predefined_declarator; typedef unsigned long size_t;\n"}, {Name: name, Value: text}})
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]bool) // a name can be declared more than once
	add := func(fn string, d *cc.Declarator) {
		s := d.Name()
		if fn != "" {
			s = fn + "#" + s
		}
		if d.IsStatic() {
			s = "static " + s
		}
		what := "function"
		if !d.IsFuncDef() {
			what = ccPlainly(d.Type())
		}
		found[s+": "+what] = true
	}
	var inside func(fn string, n cc.Node)
	declaration := func(fn string, d *cc.Declaration) {
		for l := d.InitDeclaratorList; l != nil; l = l.InitDeclaratorList {
			id := l.InitDeclarator
			x := id.Declarator
			switch {
			case x.IsTypename(), x.Type().Kind() == cc.Function, x.Name() == "__func__":
			case fn == "" && x.IsExtern() && id.Case != cc.InitDeclaratorInit:
			case fn == "" || x.IsStatic():
				add(fn, x)
			}
		}
	}
	inside = func(fn string, n cc.Node) {
		switch x := n.(type) {
		case *cc.CompoundStatement:
			for l := x.BlockItemList; l != nil; l = l.BlockItemList {
				switch {
				case l.BlockItem.Declaration != nil:
					declaration(fn, l.BlockItem.Declaration)
				case l.BlockItem.Statement != nil:
					inside(fn, l.BlockItem.Statement)
				}
			}
		case *cc.Statement:
			switch {
			case x == nil:
			case x.CompoundStatement != nil:
				inside(fn, x.CompoundStatement)
			case x.LabeledStatement != nil:
				inside(fn, x.LabeledStatement.Statement)
			case x.SelectionStatement != nil:
				inside(fn, x.SelectionStatement.Statement)
				inside(fn, x.SelectionStatement.Statement2)
			case x.IterationStatement != nil:
				inside(fn, x.IterationStatement.Statement)
			}
		}
	}
	for tu := ast.TranslationUnit; tu != nil; tu = tu.TranslationUnit {
		ed := tu.ExternalDeclaration
		switch {
		case ed.Position().Filename != name:
		case ed.FunctionDefinition != nil:
			add("", ed.FunctionDefinition.Declarator)
			inside(ed.FunctionDefinition.Declarator.Name(), ed.FunctionDefinition.CompoundStatement)
		case ed.Declaration != nil:
			declaration("", ed.Declaration)
		}
	}
	var out []string
	for s := range found {
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

func ccPlainly(t cc.Type) string {
	switch x := t.(type) {
	case *cc.PointerType:
		return "pointer to " + ccPlainly(x.Elem())
	case *cc.ArrayType:
		return "array of " + ccPlainly(x.Elem())
	case *cc.FunctionType:
		var params []string
		for _, p := range x.Parameters() {
			if p.Type().Kind() != cc.Void {
				params = append(params, ccPlainly(p.Type().Decay()))
			}
		}
		return "function (" + strings.Join(params, ", ") + ") returning " + ccPlainly(x.Result())
	case *cc.EnumType:
		tag := x.Tag()
		return "enum " + tag.SrcStr()
	case *cc.StructType:
		tag := x.Tag()
		return ccRecord("struct", tag.SrcStr(), x.NumFields(), x.FieldByIndex)
	case *cc.UnionType:
		tag := x.Tag()
		return ccRecord("union", tag.SrcStr(), x.NumFields(), x.FieldByIndex)
	}
	return t.Kind().String()
}

func ccRecord(kind, tag string, n int, field func(int) *cc.Field) string {
	if tag != "" {
		return kind + " " + tag
	}
	var fields []string
	for i := range n {
		if f := field(i); f.Name() != "" {
			fields = append(fields, f.Name()+" "+ccPlainly(f.Type()))
		}
	}
	return kind + " {" + strings.Join(fields, "; ") + "}"
}
