package xf

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
)

var update = flag.Bool("update", false, "write the files that the tests compare to")

// dump prints what has been read of a file, one thing in a line.
func dump(f *File) string {
	var b strings.Builder
	if f.Preamble != nil {
		fmt.Fprintf(&b, "%s preamble %q\n", f.Preamble.Pos, f.Preamble.Text)
	}
	for _, r := range f.Rules {
		for _, l := range r.Labels {
			fmt.Fprintf(&b, "%s %s", l.Pos, l)
			if l.Code != r.Code {
				fmt.Fprintf(&b, " with other code than its rule's")
			}
			for _, path := range []*Path{l.Old, l.New} {
				if path == nil {
					continue
				}
				if typ, field, ok := path.Type(); ok {
					fmt.Fprintf(&b, " <%s><%s>", typ, field)
				} else {
					fmt.Fprintf(&b, " key<%s>", path.Key())
				}
			}
			b.WriteByte('\n')
		}
		if r.Code != nil {
			fmt.Fprintf(&b, "%s code\n", r.Code.Pos)
			dumpParts(&b, r.Code.Parts, "\t")
		}
	}
	return b.String()
}

func dumpParts(b *strings.Builder, parts []*Part, indent string) {
	for _, p := range parts {
		fmt.Fprintf(b, "%s%s %s", indent, p.Pos, p.Form)
		if p.Text != "" {
			fmt.Fprintf(b, " %q", p.Text)
		}
		for _, t := range p.Types {
			fmt.Fprintf(b, " <%s: %s>", t.Pos, t)
		}
		b.WriteByte('\n')
		for _, a := range p.Args {
			dumpParts(b, a, indent+"\t")
		}
	}
}

func TestParse(t *testing.T) {
	src, err := os.ReadFile("testdata/good.xf")
	if err != nil {
		t.Fatal(err)
	}
	var diags diag.List
	f := Parse("good.xf", src, &diags)
	var b strings.Builder
	diags.Write(&b, nil)
	golden(t, "testdata/good.golden", dump(f)+b.String())
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s: -want +got (go test -update accepts it):\n%s", name, d)
	}
}

// TestErrors reads files in which a comment ### "regexp" says what is wrong
// with its line.
func TestErrors(t *testing.T) {
	names, err := filepath.Glob("testdata/bad*.xf")
	if err != nil || len(names) == 0 {
		t.Fatal("no inputs", err)
	}
	expectation := regexp.MustCompile(`### "(.*?[^\\])"`)
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			src, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var diags diag.List
			Parse(name, src, &diags)
			for i, line := range strings.Split(string(src), "\n") {
				for _, m := range expectation.FindAllStringSubmatch(line, -1) {
					want := regexp.MustCompile(m[1])
					j := slices.IndexFunc(diags, func(d *diag.Diagnostic) bool {
						return d.Pos.Line == i+1 && want.MatchString(d.Text)
					})
					if j < 0 {
						t.Errorf("%s:%d: no complaint matches %q", name, i+1, m[1])
						continue
					}
					diags = slices.Delete(diags, j, j+1)
				}
			}
			var b strings.Builder
			diags.Write(&b, diag.Sources{name: src})
			if b.Len() > 0 {
				t.Errorf("unexpected:\n%s", &b)
			}
		})
	}
}

func TestPositions(t *testing.T) {
	for src, want := range map[string]string{
		"a -> b: {":                           "f:1:9: no } closes this block",
		"a -> b: {\n$oldtype(x ":              "f:1:9: no } closes this block",
		"a -> b\n\n  c\n":                     "f:3:4: expected -> and a new name after c, found end of file",
		"a -> b\ninclude \"c\nd -> e":         "f:2:9: no \" closes the name of the file",
		"a -> b /* c\n":                       "f:1:8: no */ closes this comment",
		"a -> b: { /*\n*/ $xform(struct a) }": "f:2:4: expected $xform(OLD TYPE, NEW TYPE)",
	} {
		var diags diag.List
		Parse("f", []byte(src), &diags)
		if len(diags) == 0 {
			t.Errorf("%q: no complaint, want %q", src, want)
		} else if got := diags[0].Pos.String() + ": " + diags[0].Text; got != want {
			t.Errorf("%q: %q, want %q", src, got, want)
		}
	}
}

// TestUnevenBraces reads blocks in which only plain counting finds the end.
func TestUnevenBraces(t *testing.T) {
	for _, src := range []string{
		"a -> b: { /* } c -> d",
		"a -> b: { x = \"\\\n } c -> d",
	} {
		var diags diag.List
		f := Parse("f", []byte(src), &diags)
		if len(diags) != 0 || len(f.Rules) != 2 {
			t.Errorf("%q: %d rules, %v", src, len(f.Rules), diags)
		}
	}
	// A quote in the code ends with its line.
	var diags diag.List
	f := Parse("f", []byte("a -> b: {\n#error don't }\n} c -> d"), &diags)
	if len(diags) != 0 || len(f.Rules) != 2 {
		t.Errorf("%d rules, %v", len(f.Rules), diags)
	}
}

// seeds adds all inputs in testdata, and the files in its archives.
func seeds(f *testing.F) {
	for _, pattern := range []string{"testdata/*.xf", "testdata/format/*", "testdata/include/*"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			f.Fatal("no inputs", err)
		}
		for _, name := range names {
			src, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src)
			for _, part := range txtar.Parse(src).Files {
				f.Add(part.Data)
			}
		}
	}
}

// FuzzScan looks for text that the scanner loses: what is in no token is white
// space, comment, or reported.
func FuzzScan(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		var diags diag.List
		s := newScanner("f", src, &diags)
		reported := map[diag.Pos]bool{}
		toks := s.tokens()
		for _, d := range diags {
			reported[d.Pos] = true
		}
		end := 0
		for i, tok := range toks {
			if tok.start < end || tok.end < tok.start || tok.end > len(src) || (tok.kind == tokEOF) != (i == len(toks)-1) {
				t.Fatalf("%q: token %d is %d from %d to %d, after %d", src, i, tok.kind, tok.start, tok.end, end)
			}
			for j := end; j < tok.start; {
				r, size := utf8.DecodeRune(src[j:])
				switch after := s.skipSpace(j); {
				case after > j:
					j = after
				case r != ';' && !reported[s.pos(j)]:
					t.Fatalf("%q: %q at offset %d is in no token, and not reported", src, r, j)
				default:
					j += size
				}
			}
			end = tok.end
		}
	})
}

// FuzzParse looks for text on which the parser does not return, or that makes
// it lose code: the parts of a block are the block.
func FuzzParse(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		var diags diag.List
		file := Parse("f", src, &diags)
		for _, r := range file.Rules {
			if r.Code == nil {
				continue
			}
			rest := r.Code.Text
			for _, p := range r.Code.Parts {
				if p.Form == Verbatim {
					_, after, ok := strings.Cut(rest, p.Text)
					if !ok {
						t.Fatalf("%q is not in %q", p.Text, rest)
					}
					rest = after
				}
			}
		}
	})
}
