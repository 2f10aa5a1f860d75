package diag

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWrite(t *testing.T) {
	var l List
	l.Errorf(Pos{"b.xf", 2, 4}, "no such %s", "field").
		Notef(Pos{"a.xf", 1, 1}, "the first one is here").
		Notef(Pos{}, "did you mean next?").
		Suggest("or add", "INIT struct s.f: {\n    $out = 0;\n}")
	l.Warnf(Pos{"b.xf", 1, 0}, "a line").ID = "line"
	l.Warnf(Pos{File: "a.h"}, "a file")
	l.Errorf(Pos{}, "nowhere:\n  two lines")
	l.Errorf(Pos{"b.xf", 9, 1}, "behind the end")
	l.Sort()

	var b strings.Builder
	src := Sources{"b.xf": []byte("x -> y\n\tz\tw\n"), "a.xf": []byte("one")}
	if err := l.Write(&b, src); err != nil {
		t.Fatal(err)
	}
	want := `error: nowhere:
  two lines
a.h: warning: a file
b.xf:1: warning: a line [-Wline]
    1 | x -> y
b.xf:2:4: error: no such field
    2 | 	z	w
      | 	 	^
a.xf:1:1: note: the first one is here
    1 | one
      | ^
  note: did you mean next?
  note: or add
        INIT struct s.f: {
            $out = 0;
        }
b.xf:9:1: error: behind the end
`
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if n := l.Errors(); n != 3 {
		t.Errorf("%d errors, want 3", n)
	}
}

func TestNearest(t *testing.T) {
	names := []string{"count", "counter", "total_count", "flags", "résumé"}
	for word, want := range map[string]string{
		"cuont":   "count",
		"conter":  "counter",
		"flag":    "flags",
		"falgs":   "flags",
		"resumé":  "résumé",
		"count":   "", // not itself, and counter is too far
		"x":       "",
		"capture": "",
		"":        "",
	} {
		if got := Nearest(word, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"abc", "abc", 0}, {"abc", "ab", 1}, {"ab", "abc", 1}, {"abc", "axc", 1}, {"abcd", "acbd", 1},
		{"kitten", "sitting", 3}, {"abc", "", 3}, {"abcdef", "uvwxyz", 5},
	} {
		if got := distance(c.a, c.b, 5); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
