// Package dump prints type summaries for a person to read.
package dump

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

// Write prints s to w.
func Write(w io.Writer, s *ktt.Summary) error {
	var b bytes.Buffer
	for i, u := range s.Units {
		if i > 0 {
			b.WriteByte('\n')
		}
		if err := unit(&b, u); err != nil {
			return err
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

func unit(b *bytes.Buffer, u *ktt.Unit) error {
	hash, err := u.Hash()
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "unit %s for %s\n", u.File, u.Target)
	if u.Namespace != "" {
		fmt.Fprintf(b, "  namespace %s\n", u.Namespace)
	}
	fmt.Fprintf(b, "  hash %s\n", hash)
	for _, d := range u.Types {
		b.WriteByte('\n')
		typeDef(b, d)
	}
	variables(b, u)
	list(b, "functions", keys(u.Funcs))
	list(b, "update points", u.Points)
	return nil
}

func typeDef(b *bytes.Buffer, d *ktt.TypeDef) {
	fmt.Fprintf(b, "  %s", d.Ref())
	if len(d.Generics) > 0 {
		fmt.Fprintf(b, " E_GENERIC(@%s)", strings.Join(d.Generics, ", @"))
	}
	if d.Kind == ktt.Typedef && d.Type != nil {
		fmt.Fprintf(b, " = %s", d.Type)
	}
	switch {
	case d.Incomplete:
		b.WriteString(", incomplete")
	case d.Size > 0 || d.Align > 0:
		fmt.Fprintf(b, ", size %d, align %d", d.Size, d.Align)
	}
	if d.Int != "" {
		fmt.Fprintf(b, ", %s", d.Int)
	}
	if d.Unreached {
		b.WriteString(", no variable leads to it")
	}
	if d.File != "" {
		fmt.Fprintf(b, ", in %s", d.File)
	}
	b.WriteByte('\n')
	t := tabwriter.NewWriter(b, 0, 8, 2, ' ', 0)
	for _, f := range d.Fields {
		name := f.Name
		if name == "" {
			name = "(unnamed)"
		}
		if f.Bits != nil {
			fmt.Fprintf(t, "    bits\t%d\t%s\t%s%s\n", *f.Bits, name, f.Type, cases(f))
		} else {
			fmt.Fprintf(t, "    at %d\t%d\t%s\t%s%s\n", f.Offset, f.Size, name, f.Type, cases(f))
		}
	}
	for _, v := range d.Values {
		fmt.Fprintf(t, "    %s\t= %d\n", v.Name, v.Value)
	}
	t.Flush()
}

// cases returns E_CASE with the values with which a union's member is alive.
func cases(f *ktt.Field) string {
	if len(f.Cases) == 0 {
		return ""
	}
	return " E_CASE(" + strings.Trim(strings.ReplaceAll(fmt.Sprint(f.Cases), " ", ", "), "[]") + ")"
}

func variables(b *bytes.Buffer, u *ktt.Unit) {
	if len(u.Vars) == 0 {
		return
	}
	b.WriteString("\n  variables (* needs a transformer)\n")
	t := tabwriter.NewWriter(b, 0, 8, 2, ' ', 0)
	for _, v := range u.Vars {
		mark := " "
		if slices.Contains(u.Roots, v.Key) {
			mark = "*"
		}
		note := ""
		switch {
		case v.ReadOnly:
			note = "\tconst"
		case v.Local:
			note = "\tlocal"
		}
		fmt.Fprintf(t, "  %s %s\t%d\t%s%s\n", mark, v.Key, v.Size, v.Type, note)
	}
	t.Flush()
	var missing []string
	for _, r := range u.Roots {
		if !slices.ContainsFunc(u.Vars, func(v *ktt.Var) bool { return v.Key == r }) {
			missing = append(missing, r)
		}
	}
	list(b, "other variables that need a transformer", missing)
}

func keys(funcs []*ktt.Func) []string {
	var k []string
	for _, f := range funcs {
		k = append(k, f.Key)
	}
	return k
}

func list(b *bytes.Buffer, title string, items []string) {
	if len(items) == 0 {
		return
	}
	fmt.Fprintf(b, "\n  %s\n", title)
	for _, s := range items {
		fmt.Fprintf(b, "    %s\n", s)
	}
}
