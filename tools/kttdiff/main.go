// Kttdiff says what changes from one version of a program to the next, for a
// person who reviews an update.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/review"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/xf"
)

// Exit codes. They are part of the interface.
const (
	exitComplete   = 0
	exitIncomplete = 1
	exitUsage      = 2
)

const help = `Says what changes from one version of a program to the next: variables, types and their layouts,
update points, functions. For everything that an update carries over it says how: by itself, by which
rule, or that a rule is missing, and then which one to begin with. At last it says which data the update
will look at while the program stands still, and why.

OLD and NEW are .ktt files, or objects or shared objects that were compiled with ktcc. OLD is what runs.
RULES is the .xf file of the update; without it, what needs a rule is missing.

Exit status:
  0  nothing is missing: xfgen accepts this
  1  something is missing or contradictory: xfgen refuses this
  2  wrong usage, or an input that cannot be read or understood; nothing is printed but errors`

const example = `  kttdiff server-1.4.so server-1.5.so                        what has to be decided?
  kttdiff server-1.4.so server-1.5.so 1.4-to-1.5.xf          has everything been?
  kttdiff --html old.so new.so rules.xf > review.html        layouts side by side
  kttdiff --json old.so new.so rules.xf | jq -r '.missing[].text'

  The lines of a layout, as in

        old  new  size
     >    8    0     8  key                struct string *
     ~   16    8  4->8  hits               int -> long; by a rule's code (1.4-to-1.5.xf:7)
     .   20          4  (padding)
     +        16     8  expires            time_t; by an INIT rule (1.4-to-1.5.xf:9)
     !        24     4  flags              unsigned int; a rule is missing
     -    0          8  next               struct entry *

  begin with + for what is new, - for what is gone, ~ for what is of another type, > for what has moved or
  has another name, ! for what only a rule can say. The numbers are offsets and sizes in bytes; :3 is a
  bit-field of 3 bits.`

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	var asJSON, asHTML bool
	code := exitComplete
	cmd := &cobra.Command{
		Use:     "kttdiff [--json | --html] OLD NEW [RULES.xf]",
		Short:   "Says what changes from one version of a program to the next",
		Long:    help,
		Example: example,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 && len(args) != 3 {
				return fmt.Errorf("two versions expected and perhaps rules, %d arguments given", len(args))
			}
			return nil
		},
		DisableFlagsInUseLine: true,
		SilenceErrors:         true,
		SilenceUsage:          true,
		RunE: func(cmd *cobra.Command, args []string) error {
			report, err := compare(args, stderr)
			if err != nil {
				code = exitUsage
				fmt.Fprintf(stderr, "kttdiff: %v\n", err)
				return nil
			}
			if !report.Complete {
				code = exitIncomplete
			}
			switch {
			case asJSON:
				err = report.WriteJSON(stdout)
			case asHTML:
				err = report.WriteHTML(stdout)
			default:
				width, colour := terminal(stdout)
				err = report.WriteText(stdout, width, colour)
			}
			if err != nil {
				code = exitUsage
				fmt.Fprintf(stderr, "kttdiff: %v\n", err)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.BoolVar(&asJSON, "json", false, "print one JSON object; docs/kttdiff.md describes it")
	f.BoolVar(&asHTML, "html", false, "print a page for a browser, which needs nothing but itself")
	f.SortFlags = false
	cmd.MarkFlagsMutuallyExclusive("json", "html")
	cmd.SetArgs(args)
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	if err := cmd.Execute(); err != nil {
		fmt.Fprintf(stderr, "kttdiff: %v\nusage: %s\n\"kttdiff --help\" says more\n", err, cmd.UseLine())
		return exitUsage
	}
	return code
}

// compare reads OLD, NEW and perhaps RULES. It prints what is wrong with the
// rules' syntax itself, with the lines that it is about.
func compare(args []string, stderr io.Writer) (*review.Report, error) {
	var (
		versions [2]review.Input
		reader   ktt.Reader
	)
	for i, name := range args[:2] {
		s, err := reader.ReadFile(name)
		if err != nil {
			return nil, err
		}
		versions[i] = review.Input{File: name, Summary: s}
	}
	var (
		rules *xf.File
		diags diag.List
	)
	if len(args) == 3 {
		var (
			sources diag.Sources
			err     error
		)
		if rules, sources, err = xf.ReadFile(args[2], &diags); err != nil {
			return nil, err
		}
		if diags.Errors() > 0 {
			diags.Sort()
			if err := diags.Write(stderr, sources); err != nil {
				return nil, err
			}
			return nil, fmt.Errorf("%s cannot be understood", args[2])
		}
	}
	return review.Compare(versions[0], versions[1], rules, diags), nil
}

// terminal returns how many columns w has, and whether it shows colours. What
// is no terminal may be read by a person all the same.
func terminal(w io.Writer) (width int, colour bool) {
	const elsewhere = 110
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return elsewhere, false
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		width = elsewhere
	}
	return width, os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
