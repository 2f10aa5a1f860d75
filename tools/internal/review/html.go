package review

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"class":    class,
	"draw":     draw,
	"join":     strings.Join,
	"sections": sections,
}).Parse(pageText))

// WriteHTML prints r as a page that needs nothing but itself: no script, no
// other file. What it shows is text; colours and shapes say it again.
func (r *Report) WriteHTML(w io.Writer) error {
	var b bytes.Buffer
	if err := page.Execute(&b, r); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// class returns the CSS class of a change; what is missing shows first.
func class(c Change, h How) string {
	if h == Missing {
		return "missing"
	}
	return string(c)
}

// A section of the page, for the table of contents.
type section struct{ ID, Title, Summary string }

func sections(r *Report) []section {
	all := []section{
		{"missing", "Missing", number(len(r.Missing))},
		{"points", "Update points", tally(r.Points, func(p *Point) string { return string(p.Change) })},
		{"variables", "Variables", tally(r.Variables, func(v *Variable) string { return class(v.Change, v.How) })},
		{"types", "Types", tally(r.Types, func(t *Type) string { return class(t.Change, t.How) })},
		{"traversed", "Traversed", number(len(r.Traversed))},
		{"functions", "Functions", number(len(r.Functions.Gone) + len(r.Functions.Renamed))},
		{"warnings", "Warnings", number(len(r.Warnings))},
	}
	return slices.DeleteFunc(all, func(s section) bool { return s.Summary == "" })
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// tally counts what has changed in which way.
func tally[T any](list []T, class func(T) string) string {
	counts := map[string]int{}
	for _, e := range list {
		counts[class(e)]++
	}
	var parts []string
	for _, c := range []struct{ class, words string }{
		{"missing", "without a rule"}, {"added", "new"}, {"removed", "gone"}, {"changed", "changed"},
		{"renamed", "renamed"}, {"kept", "as before"},
	} {
		if n := counts[c.class]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, c.words))
		}
	}
	return strings.Join(parts, ", ")
}
