// Xfgen generates the C code that carries the state of a running program over
// into its next version.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/atomicfile"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/gen"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/match"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/xf"
)

// Exit codes. They are part of the interface.
const (
	exitDone     = 0
	exitFailed   = 1
	exitBadRules = 2 // the text of the rules cannot be understood
)

const help = `Compares two versions of a program and writes OUT.c: the C functions that make the new version's variables
out of the old version's. Compile OUT.c without ktcc and link it into the shared object of the new version.

OLD and NEW are type summaries, .ktt files that ktcc and kttjoin have written, or objects or shared objects
that were compiled with ktcc: those contain their summary. OLD is what is running. For the first version of a
program, OLD and NEW are the same.

What has changed in a way that needs a decision is decided in RULES.xf:

    count -> total                              a variable has another name
    INIT total: { $out = 0; }                   a variable is new
    struct entry.value -> struct entry.data     a field has another name
    INIT struct entry.expires: { $out = 0; }    a field is new
    struct entry.hits -> struct entry.hits: { $out = $in; }
                                                a field has another type
    include "base.xf"                           rules that several updates share

Without a rule that is needed, xfgen names what is missing and a rule to start from, and writes nothing. It
goes on after an error, so that one run shows all.

  xfgen --suggest OLD NEW [RULES.xf]
      prints an .xf file to begin with instead: a rule for everything that is missing, each marked TODO, with
      the other possibilities. With RULES.xf it is to lie beside it: it includes it and has what is missing there.
  xfgen --explain WHAT OLD NEW [RULES.xf]
      says what the update does with a variable or type, whether it has to look at each value while the program
      stands still, and what makes that necessary. WHAT is a name as in rules: "struct entry", "clients".
  xfgen fmt [-l] [-d] [-w] [FILE.xf...]
      formats .xf files; "xfgen fmt --help" says more.

Exit status:
  0  OUT.c is written; there may have been warnings
  1  rules are missing or contradict each other, an input cannot be read, OUT.c cannot be written, or the
     arguments are wrong; OUT.c is as it was
  2  RULES.xf or a file that it includes cannot be understood; OUT.c is as it was`

func main() {
	// A run is short; it ends before a collection would have paid.
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(256 << 20)

	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "fmt" {
		return runFormat(args[1:], os.Stdin, stdout, stderr)
	}
	var (
		asJSON, suggests bool
		what             string
		status           int
	)
	cmd := &cobra.Command{
		Use:   "xfgen [--json] OUT.c OLD NEW [RULES.xf]",
		Short: "Generates the code that carries the state of a program over into its next version",
		Long:  help,
		Args: func(_ *cobra.Command, args []string) error {
			versions := args
			if !suggests && what == "" {
				versions = args[min(1, len(args)):]
			}
			if len(versions) != 2 && len(versions) != 3 {
				// What build scripts and people have known from the beginning.
				fmt.Fprintln(stderr, "Please provide ktt file for each version (v0 and v1).")
				return fmt.Errorf("two versions expected and perhaps rules, %d arguments given", len(args))
			}
			return nil
		},
		DisableFlagsInUseLine: true,
		SilenceErrors:         true,
		SilenceUsage:          true,
		RunE: func(_ *cobra.Command, args []string) error {
			switch {
			case what != "":
				status = explain(stdout, stderr, what, args)
			case suggests:
				status = suggest(stdout, stderr, args)
			default:
				status = generate(args[0], args[1:]).report(asJSON, stdout, stderr)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.BoolVar(&asJSON, "json", false, "print what is wrong as one JSON object; docs/xf-language.md describes it")
	f.BoolVar(&suggests, "suggest", false, "print rules to begin with")
	f.StringVar(&what, "explain", "", "say what the update does with the variable or type `WHAT`")
	f.SortFlags = false
	cmd.MarkFlagsMutuallyExclusive("json", "suggest", "explain")
	cmd.SetArgs(args)
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	if err := cmd.Execute(); err != nil {
		fmt.Fprintf(stderr, "xfgen: %v\nusage: %s\n\"xfgen --help\" says more\n", err, cmd.UseLine())
		return exitFailed
	}
	return status
}

// An input is what an update is generated from.
type input struct {
	old, new *ktt.Summary
	rules    *xf.File // or nil
}

// An outcome is what there is to report of a run.
type outcome struct {
	status  int
	diags   diag.List
	sources diag.Sources
	err     error // of reading an input, or of writing
}

// failed returns o with an error.
func (o outcome) failed(err error) outcome {
	o.status, o.err = exitFailed, err
	return o
}

// readInput reads OLD, NEW and perhaps RULES. There is no input if the outcome's
// status is not that of success.
func readInput(args []string) (in input, o outcome) {
	var err error
	if len(args) == 3 {
		if in.rules, o.sources, err = xf.ReadFile(args[2], &o.diags); err != nil {
			return in, o.failed(err)
		}
		if o.diags.Errors() > 0 {
			o.status = exitBadRules
			return in, o
		}
	}
	var reader ktt.Reader
	if in.old, err = reader.ReadFile(args[0]); err != nil {
		return in, o.failed(err)
	}
	if in.new, err = reader.ReadFile(args[1]); err != nil {
		return in, o.failed(err)
	}
	return in, o
}

// generate writes the file called out.
func generate(out string, args []string) outcome {
	in, o := readInput(args)
	if o.status != exitDone {
		return o
	}
	result, found := match.Match(in.old, in.new, in.rules)
	o.diags = append(o.diags, found...)
	if o.diags.Errors() > 0 {
		o.status = exitFailed
		return o
	}
	text, err := gen.Generate(result, out)
	if err == nil {
		err = atomicfile.Write(out, text)
	}
	if err != nil {
		return o.failed(err)
	}
	return o
}

// schema is the version of what --json prints. New fields may come without a new
// number; those that are there keep name and meaning.
const schema = 1

// report prints o and returns the exit status.
func (o outcome) report(asJSON bool, stdout, stderr io.Writer) int {
	o.diags.Sort()
	if asJSON {
		if o.err != nil {
			o.diags.Errorf(diag.Pos{}, "%v", o.err)
		}
		e := json.NewEncoder(stdout)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		err := e.Encode(struct {
			Schema      int       `json:"xfgen"`
			Status      int       `json:"status"`
			Diagnostics diag.List `json:"diagnostics"`
		}{schema, o.status, append(diag.List{}, o.diags...)}) // a list is never null
		if err != nil {
			fmt.Fprintf(stderr, "xfgen: %v\n", err)
			return exitFailed
		}
		return o.status
	}
	if o.status == exitFailed && o.err == nil {
		fmt.Fprintln(stderr, "ERROR: Could not generate transformation code:")
	}
	if err := o.diags.Write(stderr, o.sources); err != nil {
		return exitFailed
	}
	if o.err != nil {
		fmt.Fprintf(stderr, "xfgen: %v\n", o.err)
	}
	return o.status
}
