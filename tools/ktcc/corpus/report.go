package corpus

import (
	"fmt"
	"io"
	"maps"
	"slices"
)

// A Report is what was found out about a program, or about several.
type Report struct {
	Name    string
	Tested  bool // its own tests have passed
	Results []*Result
	Costs   []Cost
}

// Sum returns a report about all that others are about.
func Sum(reports []*Report) *Report {
	all := &Report{Name: "all"}
	for _, r := range reports {
		all.Results = append(all.Results, r.Results...)
		all.Costs = append(all.Costs, r.Costs...)
	}
	return all
}

func (r *Report) sum(f func(*Result) int) int {
	n := 0
	for _, x := range r.Results {
		n += f(x)
	}
	return n
}

// Failed returns the number of units that are not as they should be, but for the
// layouts in their summaries.
func (r *Report) Failed() int {
	return r.sum(func(x *Result) int { return min(1, len(x.Problems)) })
}

// Mismatches returns the number of assertions about layouts that do not hold.
func (r *Report) Mismatches() int { return r.sum(func(x *Result) int { return len(x.Mismatches) }) }

// Peak returns the most memory that ktcc has had at once, in bytes.
func (r *Report) Peak() int64 {
	var peak int64
	for _, x := range r.Results {
		peak = max(peak, x.Unit.Peak)
	}
	return peak
}

// Overhead returns what ktcc adds to the native compiler's time, as shares of it:
// in the median of the units, and in all of them together.
func (r *Report) Overhead() (median, aggregate float64) {
	if len(r.Costs) == 0 {
		return 0, 0
	}
	var ktcc, native float64
	var added []float64
	for _, c := range r.Costs {
		ktcc += c.Ktcc.Seconds()
		native += c.Native.Seconds()
		added = append(added, c.Ktcc.Seconds()/c.Native.Seconds()-1)
	}
	slices.Sort(added)
	return (added[(len(added)-1)/2] + added[len(added)/2]) / 2, ktcc/native - 1
}

// WriteTable writes a line for each report and one for all together, and then why
// symbols are not registered.
func WriteTable(w io.Writer, reports []*Report) {
	all := Sum(reports)
	fmt.Fprintln(w, "| program | units | instrumented | failed | variables | functions | types | mismatches "+
		"| CPU, median | CPU, all | peak memory | own tests |")
	fmt.Fprintln(w, "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|")
	for _, r := range append(slices.Clone(reports), all) {
		cpu, tested := "| | |", ""
		if r.Tested {
			tested = " pass"
		}
		if len(r.Costs) > 0 {
			median, aggregate := r.Overhead()
			cpu = fmt.Sprintf("| %+.1f %% | %+.1f %% |", 100*median, 100*aggregate)
		}
		fmt.Fprintf(w, "| %s | %d | %d | %d | %d | %d | %d | %d %s %d MB |%s |\n", r.Name, len(r.Results),
			r.sum(func(x *Result) int {
				if x.Instrumented {
					return 1
				}
				return 0
			}),
			r.Failed(), r.sum(func(x *Result) int { return x.Variables }), r.sum(func(x *Result) int { return x.Functions }),
			r.sum(func(x *Result) int { return x.Types }), r.Mismatches(), cpu, r.Peak()>>20, tested)
	}
	why := make(map[string]int)
	for _, x := range all.Results {
		for name, n := range x.Reasons {
			why[name] += n
		}
	}
	fmt.Fprintln(w, "\n| not registered | symbols |\n|---|--:|")
	for _, name := range slices.Sorted(maps.Keys(why)) {
		fmt.Fprintf(w, "| %s | %d |\n", name, why[name])
	}
	fmt.Fprintf(w, "\n%d types cannot be named outside of a function, and were not checked.\n",
		all.sum(func(x *Result) int { return len(x.Unnamed) }))
}
