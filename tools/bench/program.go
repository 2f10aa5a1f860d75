package main

import (
	"fmt"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

// The size of the program, and what its units include in common: as in tor.
const (
	units       = 406
	types       = 1600
	typesInUnit = 36
	varsInUnit  = 3
	funcsInUnit = 14
	reached     = 5  // variables lead to one type in so many
	changed     = 40 // one type in so many is another one in the new version
)

// A program is one of the two versions.
type program struct{ isNew bool }

func (p program) unit(i int) *ktt.Unit {
	u := &ktt.Unit{Schema: ktt.Schema, File: fmt.Sprintf("src/unit%d.c", i), Target: "x86_64-linux-gnu"}
	first := i * types / units
	for k := range typesInUnit {
		u.Types = append(u.Types, p.typeDef((first+k)%types))
	}
	for k := range varsInUnit {
		key := fmt.Sprintf("%s/variable%d", u.File, k)
		t := pointer(structure((first/reached + k) * reached % types))
		u.Vars = append(u.Vars, &ktt.Var{Key: key, Type: t, Size: 8})
		u.Roots = append(u.Roots, key)
	}
	for k := range funcsInUnit {
		u.Funcs = append(u.Funcs, &ktt.Func{Key: fmt.Sprintf("%s/function%d", u.File, k)})
	}
	return u
}

// typeDef is a structure that leads to others by some of its fields.
func (p program) typeDef(i int) *ktt.TypeDef {
	d := &ktt.TypeDef{
		Kind: ktt.Struct, Name: structure(i).Name, File: fmt.Sprintf("src/include/part%d.h", i/10),
		Line: 10 * (i % 10), Align: 8, Unreached: i%reached != 0,
	}
	add := func(name string, t *ktt.Type, size int64) {
		d.Fields = append(d.Fields, &ktt.Field{Name: name, Type: t, Offset: d.Size, Size: size, Line: d.Line + len(d.Fields)})
		d.Size += size
	}
	number := &ktt.Type{Kind: ktt.Int, Name: "long", Size: 8}
	add("count", number, 8)
	if p.isNew && i%changed == 0 {
		add("added", number, 8)
	}
	add("next", pointer(structure(i)), 8)
	if i%3 == 0 {
		add("owner", pointer(structure((i+7*reached)%types)), 8)
	}
	if i%4 == 0 {
		add("name", pointer(&ktt.Type{Kind: ktt.Int, Name: "char", Size: 1}), 8)
	}
	if i%9 == 0 {
		add("handler", pointer(&ktt.Type{Kind: ktt.FuncT, Elem: number, Params: []*ktt.Type{pointer(structure(i))}}), 8)
	}
	add("history", &ktt.Type{Kind: ktt.Array, Elem: number, Len: &ktt.Length{Const: 16}}, 128)
	add("last", number, 8)
	return d
}

// rules makes the update complete.
func (p program) rules() []byte {
	var b strings.Builder
	for i := 0; i < types; i += changed {
		fmt.Fprintf(&b, "INIT struct %s.added: { $out = $base.count; }\n", structure(i).Name)
	}
	return []byte(b.String())
}

func structure(i int) *ktt.Type {
	return &ktt.Type{Kind: ktt.Ref, Def: ktt.Struct, Name: fmt.Sprintf("record_number_%d", i)}
}

func pointer(to *ktt.Type) *ktt.Type { return &ktt.Type{Kind: ktt.Pointer, Elem: to} }
