package cfront

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFallThrough(t *testing.T) {
	sources := map[string]string{
		"a.c": `#include "b.h"
/* fall through: nothing is before it */
int f(int x) {
	switch (x) { /* fall through, says nobody */ x++;
	case 1: x = '"' + "/* fall through */"[0]; // fall through
	case 2: x++;
		/* FALLTHROUGH */ /* really */

	case 3: x++; /* fall through */ case 4:
	x++; /*
	fall through on a line of its own */
	default: x++; /* falls through, but not here */
		x--;
		/*-fallthrough*/
	out:
		return x;
	}
}
`,
		"b.h": "static int g(int y) {\n  switch (y) { case 1: y++;\n  /* fall */ case 2: y--; }\n return y; }\n",
	}
	text := `# 0 "a.c"
# 1 "b.h" 1
static int g(int y) {
  switch (y) { case 1: y++;
             case 2: y--; }
 return y; }
# 2 "a.c" 2

int f(int x) {
 switch (x) { x++;
 case 1: x = '"' + "/* fall through */"[0];
 case 2: x++;


 case 3: x++; case 4:
 x++;

 default: x++;
  x--;

 out:
  return x;
 }
}
# 1 "system.h" 1 3
static int h(int z) { return z; }
# 1 "gone.c" 1
static int k(int z) { return z; }
`
	u := parseText(t, text, Options{})
	read := func(name string) ([]byte, error) {
		if s, ok := sources[name]; ok {
			return []byte(s), nil
		}
		if name != "gone.c" {
			t.Errorf("%s is read", name)
		}
		return nil, errors.New("not there")
	}
	var got []string
	for _, c := range u.FallThrough(read) {
		got = append(got, c.Text+" "+string(u.Text[c.Off:c.Off+7]))
	}
	want := []string{
		"/* fall */ case 2:",
		"/* fall through*/ case 2:",
		"/* FALLTHROUGH */ case 3:",
		"/* fall through */ case 4:",
		"/*-fallthrough*/ out:\n  ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
