package ktt

import "strings"

// A Key names a variable or function of a program:
//
//	[NS "@"] [FILE "/"] [FUNC "#"] NAME
//
// A symbol with external linkage has only a name; a static one has the file
// of its definition too, and a static in a function that function's name. A
// noted local has a function but no file.
type Key struct {
	NS, File, Func, Name string
}

// ParseKey splits a key. It never fails: NAME is what follows the last # or /,
// FUNC stands between the last / and the last #, NS before the first @.
func ParseKey(s string) Key {
	var k Key
	if ns, rest, ok := strings.Cut(s, "@"); ok {
		k.NS, s = ns, rest
	}
	if i := strings.LastIndexByte(s, '/'); i >= 0 {
		k.File, s = s[:i], s[i+1:]
	}
	if i := strings.LastIndexByte(s, '#'); i >= 0 {
		k.Func, s = s[:i], s[i+1:]
	}
	k.Name = s
	return k
}

func (k Key) String() string {
	s := k.Name
	if k.Func != "" {
		s = k.Func + "#" + s
	}
	if k.File != "" {
		s = k.File + "/" + s
	}
	if k.NS != "" {
		s = k.NS + "@" + s
	}
	return s
}

// IsLocal reports whether k names a noted local.
func (k Key) IsLocal() bool { return k.File == "" && k.Func != "" }

// Transformer returns the name of the C function that transforms the variable
// k. Hand-written code, xfgen and the runtime agree on it.
func (k Key) Transformer() string {
	s := "_kitsune_transform_"
	if k.NS != "" {
		s += mangle(k.NS) + "___ns___"
	}
	if k.File != "" {
		s += mangle(k.File) + "___file___"
	}
	if k.Func != "" {
		s += k.Func + "___func___"
	}
	return s + k.Name
}

// mangle makes a part of a C identifier of s: every byte that is neither a
// letter nor a digit becomes an underscore.
func mangle(s string) string {
	b := []byte(s)
	for i, c := range b {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9') {
			b[i] = '_'
		}
	}
	return string(b)
}
