package ktt_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt/kttest"
)

// A Reader reads what is equal once, in one file and in several.
func TestReader(t *testing.T) {
	const header = "struct s { int i; struct s *next; }; "
	encode := func(sources ...string) []byte {
		s := new(ktt.Summary)
		for i, src := range sources {
			s.Units = append(s.Units, kttest.Unit(t, string(rune('a'+i))+".c", header+src))
		}
		for _, u := range s.Units {
			u.Types[0].File = "s.h"
		}
		text, err := s.Encode()
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	var r ktt.Reader
	old, err := r.Decode(encode("struct s x;", "struct s y;"))
	if err != nil {
		t.Fatal(err)
	}
	new, err := r.Decode(encode("struct s x;", "struct s z;"))
	if err != nil {
		t.Fatal(err)
	}
	if d := old.Units[0].Types[0]; d != old.Units[1].Types[0] || d != new.Units[1].Types[0] {
		t.Error("types are not shared")
	}
}

// What Encode writes is read line by line, and each field by its name: none is
// forgotten, and nothing is left to encoding/json, which shares no types.
func TestReaderFields(t *testing.T) {
	s := new(ktt.Summary)
	for _, file := range []string{"a.c", "b/\"\u00e9\\\x01.c"} {
		u := new(ktt.Unit)
		fill(reflect.ValueOf(u).Elem(), 0)
		u.Schema, u.File = ktt.Schema, file
		s.Units = append(s.Units, u)
	}
	text, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ktt.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(s, got); d != "" {
		t.Errorf("-written +read:\n%s", d)
	}
	if got.Units[0].Types[0] != got.Units[1].Types[0] {
		t.Error("types are not shared: the text was left to encoding/json")
	}
}

// fill sets all that v consists of, down to some depth of pointers.
func fill(v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), depth)
		}
	case reflect.Pointer:
		if depth < 5 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem(), depth+1)
		}
	case reflect.Slice:
		if depth < 4 {
			v.Set(reflect.MakeSlice(v.Type(), 2, 2))
			fill(v.Index(0), depth)
			fill(v.Index(1), depth)
		}
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]int{"x": 0, "y": 2}))
	case reflect.String:
		switch v.Type() {
		case reflect.TypeFor[ktt.DefKind]():
			v.SetString(string(ktt.Struct))
		case reflect.TypeFor[ktt.TypeKind]():
			v.SetString(string(ktt.Void))
		default:
			v.SetString("text")
		}
	case reflect.Bool:
		v.SetBool(true)
	default:
		v.SetInt(math.MinInt64)
	}
}

// A line may be longer than any buffer, and the last one may have no end.
func TestReaderLines(t *testing.T) {
	s := sample(t)
	for i := range 10_000 {
		s.Units[0].Funcs = append(s.Units[0].Funcs, &ktt.Func{Key: fmt.Sprintf("function_%d", i)})
	}
	text, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range [][]byte{text, bytes.TrimSuffix(text, []byte("\n"))} {
		got, err := ktt.Decode(text)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(s, got); d != "" {
			t.Errorf("-written +read:\n%s", d)
		}
	}
}

// However the JSON is written, a Reader reads what encoding/json reads.
func TestReaderForms(t *testing.T) {
	text, err := sample(t).Encode()
	if err != nil {
		t.Fatal(err)
	}
	var indented bytes.Buffer
	for line := range bytes.Lines(text) {
		if err := json.Indent(&indented, line, "", "  "); err != nil {
			t.Fatal(err)
		}
	}
	for name, form := range map[string]string{
		"lines":        string(text),
		"indented":     indented.String(),
		"without ends": strings.ReplaceAll(string(text), "\n", ""),
		"blanks":       " \n\n" + strings.ReplaceAll(string(text), "\n", "\r\n \t\n"),
		"another order": strings.ReplaceAll(string(text), `{"ktt":1,"file":"a.c","target":"x86_64-linux-gnu"`,
			`{"file":"a.c","target":"x86_64-linux-gnu","ktt":1`),
	} {
		for _, before := range []string{"", string(text)} {
			data := []byte(before + form)
			got, err := ktt.Decode(data)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			} else if d := cmp.Diff(byJSON(t, data), got.Units); d != "" {
				t.Errorf("%s: -encoding/json +got:\n%s", name, d)
			}
		}
	}
	unit := func(types string) string {
		return `{"ktt":1,"file":"a \"types\":[{}]","target":"x",` + types + `,"vars":[],"funcs":[],"roots":[]}`
	}
	const typ = `{"kind":"enum","name":"e","values":[]}`
	for _, c := range []struct {
		types string
		want  int // or -1: an error
	}{
		{`"types":[` + typ + `]`, 1},
		{`"types":[` + typ + `,` + typ + `]`, 2},
		{`"types":[]`, 0},
		{`"types":null`, 0},
		{`"types": [ ` + typ + ` ]`, 1},
		{`"types":[` + typ + `,]`, -1},
		{`"types":[,` + typ + `]`, -1},
		{`"types":[` + typ + typ + `]`, -1},
		{`"types":[` + typ + `}`, -1},
		{`"types":[` + typ, -1},
		{`"types":[{"kind":"enum","name":"e]"}]`, 1},
		{`"types":[{"kind":"enum","name":"\"e\\"}]`, 1},
		{`"types":[{"kind":"enum","kind2":"e"}]`, -1},
	} {
		s, err := ktt.Decode([]byte(unit(c.types)))
		switch {
		case c.want < 0 && err == nil:
			t.Errorf("%s: no error", c.types)
		case c.want >= 0 && err != nil:
			t.Errorf("%s: %v", c.types, err)
		case c.want >= 0 && len(s.Units[0].Types) != c.want:
			t.Errorf("%s: %d types, want %d", c.types, len(s.Units[0].Types), c.want)
		}
	}
}

// byJSON returns the units that encoding/json finds in a summary.
func byJSON(t *testing.T, data []byte) []*ktt.Unit {
	t.Helper()
	var units []*ktt.Unit
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	for d.More() {
		u := new(ktt.Unit)
		if err := d.Decode(u); err != nil {
			t.Fatalf("what was read is not JSON: %v", err)
		}
		units = append(units, u)
	}
	return units
}
