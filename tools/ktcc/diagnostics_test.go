package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWarnings(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"none", "", nil},
		{"gcc", "In file included from a.c:1:\nb.h: In function 'f':\nb.h:4:54: warning: suggest parentheses [-Wparentheses]\n" +
			"    4 | int f(int n) { if (n = 1) ; }\n      |                    ^\na.c:3:9: note: in expansion of macro 'A'\n" +
			"a.c:2:2: warning: #warning first [-Wcpp]\n", []string{"a.c:2 [-Wcpp]", "b.h:4 [-Wparentheses]"}},
		{"in colour", "\x1b[01m\x1b[Kx y.c:3:9:\x1b[m\x1b[K \x1b[01;35m\x1b[Kwarning: \x1b[m\x1b[Kunused '\x1b[01m\x1b[Ks\x1b[m\x1b[K' " +
			"[\x1b[01;35m\x1b[K\x1b]8;;https://example.org/w\x1b\\-Wunused\x1b]8;;\x1b\\\x1b[m\x1b[K]\n", []string{"x y.c:3 [-Wunused]"}},
		{"no option", "a.c:1:2: warning: something\n", nil},
		{"an error", "a.c:1:2: error: something [-Werror=cpp]\n", []string{"a.c:1 [-Werror=cpp]"}},
	} {
		if diff := cmp.Diff(tt.want, warnings([]byte(tt.text))); diff != "" {
			t.Errorf("%s: -want +got:\n%s", tt.name, diff)
		}
	}
}
