package xf

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
)

// TestFormat formats the first file of each archive in testdata/format; the
// second is what comes out.
func TestFormat(t *testing.T) {
	names, err := filepath.Glob("testdata/format/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatal("no inputs", err)
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			// Blanks at the ends of lines show as ~ and carriage returns as %.
			src := strings.NewReplacer("~", " ", "%", "\r").Replace(string(archive.Files[0].Data))
			got, ok := checkFormat(t, []byte(src))
			if !ok {
				t.Fatal("the input has errors")
			}
			want := &archive.Files[1].Data
			shown := strings.NewReplacer(" \n", "~\n", "\r", "%").Replace(string(got))
			if d := cmp.Diff(string(*want), shown); d == "" {
				return
			} else if !*update {
				t.Errorf("-want +got (go test -update accepts it):\n%s", d)
				return
			}
			*want = []byte(shown)
			if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// checkFormat formats a text and checks what is true of every text: the result
// means the same, has the same comments, and is formatted.
func checkFormat(t *testing.T, src []byte) ([]byte, bool) {
	t.Helper()
	var diags diag.List
	out, ok := Format("f", src, &diags)
	if ok != (diags.Errors() == 0) {
		t.Fatalf("formatting %q: %v, with %d errors", src, ok, diags.Errors())
	}
	if !ok {
		return nil, false
	}
	if before, after := meaning(src), meaning(out); before != after {
		t.Fatalf("formatting %q to %q changes the meaning: -before +after\n%s", src, out, cmp.Diff(before, after))
	}
	if before, after := comments(src), comments(out); !slices.Equal(before, after) {
		t.Fatalf("formatting %q to %q changes comments: -before +after\n%s", src, out, cmp.Diff(before, after))
	}
	again, ok := Format("f", out, &diags)
	if !ok || !bytes.Equal(out, again) {
		t.Fatalf("formatting %q to %q is not the end: -first +second\n%s", src, out, cmp.Diff(string(out), string(again)))
	}
	return out, true
}

// meaning returns all that a text says, but for where it is said and for blanks
// at the ends and beginnings of the lines of code.
func meaning(src []byte) string {
	var b strings.Builder
	f := Parse("f", src, new(diag.List))
	for _, inc := range f.Includes {
		fmt.Fprintf(&b, "include %q\n", inc.Path)
	}
	code := func(c *Block) {
		if c == nil {
			return
		}
		for line := range strings.Lines(strings.TrimSpace(c.Text)) {
			fmt.Fprintf(&b, "\t%q\n", strings.TrimSpace(line))
		}
		forms(&b, c.Parts)
	}
	code(f.Preamble)
	for _, r := range f.Rules {
		for _, l := range r.Labels {
			fmt.Fprintf(&b, "%s\n", l)
			for _, p := range []*Path{l.Old, l.New} {
				if p != nil {
					fmt.Fprintf(&b, "\t%q\n", p.Elements)
				}
			}
		}
		fmt.Fprintf(&b, "\tcode: %v\n", r.Code != nil)
		code(r.Code)
	}
	return b.String()
}

// forms prints what has a meaning in code.
func forms(b *strings.Builder, parts []*Part) {
	for _, p := range parts {
		if p.Form == Verbatim {
			continue
		}
		fmt.Fprintf(b, "\t%s", p.Form)
		if p.Form == Gen {
			fmt.Fprintf(b, " %s", p.Text)
		}
		for _, t := range p.Types {
			fmt.Fprintf(b, " <%s>", t)
		}
		b.WriteByte('\n')
		for _, a := range p.Args {
			forms(b, a)
		}
	}
}

// comments returns the comments outside of blocks, sorted.
func comments(src []byte) []string {
	outside := slices.Clone(src)
	for _, t := range newScanner("f", src, new(diag.List)).tokens() {
		start := t.start
		switch t.kind {
		case tokInclude:
			start = t.end - len(t.elem.Name)
			fallthrough
		case tokBlock:
			for i := start; i < t.end; i++ {
				outside[i] = ' '
			}
		}
	}
	var all []string
	for i := 0; i < len(outside); i++ {
		if outside[i] != '/' {
			continue
		}
		if end := skipLiteral(outside, i); end > i {
			lines := strings.Split(string(outside[i:end]), "\n")
			for j, l := range lines {
				lines[j] = strings.TrimRight(l, " \t\r")
			}
			all = append(all, strings.TrimRight(strings.Join(lines, "\n"), "\n"))
			i = end - 1
		}
	}
	slices.Sort(all)
	return all
}

func TestFormatErrors(t *testing.T) {
	for src, want := range map[string]string{
		"a -> b\nc ->\n":     "f:2:5: expected the new name of something, found end of file",
		"\n a: {}":           "f:2:3: expected -> and a new name after a, found :",
		"a -> b: { ' } // '": "f:1:9: cannot format a block in which a comment or a quoted text is not closed",
	} {
		var diags diag.List
		out, ok := Format("f", []byte(src), &diags)
		if ok || out != nil || diags.Errors() != 1 {
			t.Errorf("%q: formatted to %q, with %v", src, out, diags)
		} else if got := diags[0].Pos.String() + ": " + diags[0].Text; got != want {
			t.Errorf("%q: %q, want %q", src, got, want)
		}
	}
}

// FuzzFormat looks for text that formatting damages.
func FuzzFormat(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, src []byte) { checkFormat(t, src) })
}
