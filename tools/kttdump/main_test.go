package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

func summary() *ktt.Summary {
	bits := 3
	return &ktt.Summary{Units: []*ktt.Unit{
		{
			Schema: ktt.Schema, File: "net.c", Target: "machine", Namespace: "plug",
			Types: []*ktt.TypeDef{
				{Kind: ktt.Struct, Name: "conn", File: "net.h", Size: 16, Align: 8, Generics: []string{"t"}, Fields: []*ktt.Field{
					{Name: "next", Size: 8, Type: &ktt.Type{Kind: ktt.Pointer,
						Elem: &ktt.Type{Kind: ktt.Ref, Def: ktt.Struct, Name: "conn"}}},
					{Name: "open", Bits: &bits, Type: &ktt.Type{Kind: ktt.Int, Name: "int", Size: 4}},
					{Bits: &bits, Type: &ktt.Type{Kind: ktt.Int, Name: "int", Size: 4}},
				}},
				{Kind: ktt.Struct, Name: "ssl", Incomplete: true},
				{Kind: ktt.Enum, Name: "state", Size: 4, Align: 4, Int: "int",
					Values: []*ktt.Enumerator{{Name: "IDLE"}, {Name: "DEAD", Value: -1}}},
				{Kind: ktt.Typedef, Name: "fn", Type: &ktt.Type{Kind: ktt.FuncT, Elem: &ktt.Type{Kind: ktt.Void}}},
			},
			Vars: []*ktt.Var{
				{Key: "plug@net.c/conns", Size: 8, Type: &ktt.Type{Kind: ktt.Pointer,
					Elem: &ktt.Type{Kind: ktt.Ref, Def: ktt.Struct, Name: "conn"}}},
				{Key: "limit", Size: 4, ReadOnly: true, Type: &ktt.Type{Kind: ktt.Int, Name: "int", Size: 4}},
				{Key: "main#i", Size: 4, Local: true, Type: &ktt.Type{Kind: ktt.Int, Name: "int", Size: 4}},
			},
			Funcs:  []*ktt.Func{{Key: "main"}},
			Roots:  []string{"elsewhere", "plug@net.c/conns"},
			Points: []string{"loop"},
		},
		{Schema: ktt.Schema, File: "empty.c", Target: "machine", Types: []*ktt.TypeDef{}, Vars: []*ktt.Var{},
			Funcs: []*ktt.Func{}, Roots: []string{}},
	}}
}

const want = `unit net.c for machine
  namespace plug
  hash HASH

  struct conn E_GENERIC(@t), size 16, align 8, in net.h
    at 0  8  next       struct conn *
    bits  3  open       int
    bits  3  (unnamed)  int

  struct ssl, incomplete

  enum state, size 4, align 4, int
    IDLE  = 0
    DEAD  = -1

  typedef fn = void (void)

  variables (* needs a transformer)
  * plug@net.c/conns  8  struct conn *
    limit             4  int  const
    main#i            4  int  local

  other variables that need a transformer
    elsewhere

  functions
    main

  update points
    loop

unit empty.c for machine
  hash HASH
`

func TestRun(t *testing.T) {
	s := summary()
	name := filepath.Join(t.TempDir(), "p.ktt")
	if err := s.WriteFile(name); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if status := run([]string{name}, &out, &errs); status != 0 || errs.Len() > 0 {
		t.Fatalf("status %d, %s", status, &errs)
	}
	expected := want
	for _, u := range s.Units {
		hash, err := u.Hash()
		if err != nil {
			t.Fatal(err)
		}
		expected = strings.Replace(expected, "HASH", hash, 1)
	}
	if diff := cmp.Diff(expected, out.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}

	out.Reset()
	if status := run([]string{"--json", name}, &out, &errs); status != 0 {
		t.Fatalf("status %d, %s", status, &errs)
	}
	if !strings.HasPrefix(out.String(), "{\n  \"ktt\": 1,\n") {
		t.Errorf("not indented: %.40q", out.String())
	}
	var compact bytes.Buffer
	d := json.NewDecoder(&out)
	for d.More() {
		var unit json.RawMessage
		if err := d.Decode(&unit); err != nil {
			t.Fatal(err)
		}
		if err := json.Compact(&compact, unit); err != nil {
			t.Fatal(err)
		}
		compact.WriteByte('\n')
	}
	if data, err := os.ReadFile(name); err != nil || compact.String() != string(data) {
		t.Errorf("the JSON is not that of the file (%v)", err)
	}
}

func TestBadArguments(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "a.txt")
	if err := os.WriteFile(text, []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{nil, "Usage: kttdump"},
		{[]string{"--frob"}, "kttdump: flag provided but not defined: -frob; kttdump --help explains"},
		{[]string{filepath.Join(dir, "missing.ktt")}, "missing.ktt: no such file"},
		{[]string{text}, "a.txt: not a type summary"},
		{[]string{dir}, "is a directory"},
	} {
		var out, errs bytes.Buffer
		if status := run(tt.args, &out, &errs); status != 1 || !strings.Contains(errs.String(), tt.want) || out.Len() > 0 {
			t.Errorf("%v: status %d, %q, %q; want %q", tt.args, status, &out, &errs, tt.want)
		}
	}
	var out, errs bytes.Buffer
	if status := run([]string{"--help"}, &out, &errs); status != 0 || !strings.HasPrefix(out.String(), "Usage: kttdump") {
		t.Errorf("--help: status %d, %q", status, &out)
	}
}
