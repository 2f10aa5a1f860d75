package ktt

import "testing"

func TestKey(t *testing.T) {
	for _, c := range []struct {
		text        string
		key         Key
		transformer string
		local       bool
	}{
		{"x", Key{Name: "x"}, "_kitsune_transform_x", false},
		{"main.c/y", Key{File: "main.c", Name: "y"}, "_kitsune_transform_main_c___file___y", false},
		{"main#q", Key{Func: "main", Name: "q"}, "_kitsune_transform_main___func___q", true},
		{"other.c/foo#z", Key{File: "other.c", Func: "foo", Name: "z"},
			"_kitsune_transform_other_c___file___foo___func___z", false},
		{"plug@n.c/sv", Key{NS: "plug", File: "n.c", Name: "sv"},
			"_kitsune_transform_plug___ns___n_c___file___sv", false},
		{"a-b/../src/x_1.c/f#v", Key{File: "a-b/../src/x_1.c", Func: "f", Name: "v"},
			"_kitsune_transform_a_b____src_x_1_c___file___f___func___v", false},
		{"dns.c/dns_launch/launch_event", Key{File: "dns.c/dns_launch", Name: "launch_event"},
			"_kitsune_transform_dns_c_dns_launch___file___launch_event", false},
		{"", Key{}, "_kitsune_transform_", false},
	} {
		k := ParseKey(c.text)
		if k != c.key {
			t.Errorf("ParseKey(%q) = %+v, want %+v", c.text, k, c.key)
		}
		if s := k.String(); s != c.text {
			t.Errorf("%+v is printed as %q, want %q", k, s, c.text)
		}
		if s := k.Transformer(); s != c.transformer {
			t.Errorf("the transformer of %q is %q, want %q", c.text, s, c.transformer)
		}
		if l := k.IsLocal(); l != c.local {
			t.Errorf("IsLocal of %q is %v", c.text, l)
		}
	}
}
