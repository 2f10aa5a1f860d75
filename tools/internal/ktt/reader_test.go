package ktt_test

import (
	"bytes"
	"encoding/json"
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
	if old.Units[0] != new.Units[0] || old.Units[1] == new.Units[1] {
		t.Error("units are not shared as they should be")
	}
	if d := old.Units[0].Types[0]; d != old.Units[1].Types[0] || d != new.Units[1].Types[0] {
		t.Error("types are not shared")
	}
}

// However the JSON is written, a Reader reads what encoding/json reads.
func TestReaderForms(t *testing.T) {
	text, err := sample(t).Encode()
	if err != nil {
		t.Fatal(err)
	}
	want, err := ktt.Decode(text)
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
		"indented":     indented.String(),
		"without ends": strings.ReplaceAll(string(text), "\n", ""),
		"blanks":       " \n\n" + strings.ReplaceAll(string(text), "\n", "\r\n \t\n"),
	} {
		got, err := ktt.Decode([]byte(form))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: -want +got:\n%s", name, d)
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
