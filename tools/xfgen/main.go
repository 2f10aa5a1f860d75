// Xfgen generates the C code that carries the state of a running program over
// into its next version.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/atomicfile"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/gen"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/match"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/xf"
)

const usage = `Usage: xfgen OUT.c OLD NEW [RULES.xf]

Compares two versions of a program and writes OUT.c: the C functions that make
the new version's variables out of the old version's. Compile OUT.c without
ktcc and link it into the shared object of the new version.

OLD and NEW are type summaries, .ktt files that ktcc and kttjoin have written,
or shared objects that were compiled with ktcc: those contain their summary.
OLD is what is running. For the first version of a program, OLD and NEW are
the same.

What has changed in a way that needs a decision is decided in RULES.xf:

    count -> total                              a variable has another name
    INIT total: { $out = 0; }                   a variable is new
    struct entry.value -> struct entry.data     a field has another name
    INIT struct entry.expires: { $out = 0; }    a field is new
    struct entry.hits -> struct entry.hits: { $out = $in; }
                                                a field has another type

Without a rule that is needed, xfgen names what is missing and a rule to start
from, and writes nothing. It goes on after an error, so that one run shows all.

Exit status:
    0  OUT.c is written; there may have been warnings
    1  rules are missing or wrong, an input cannot be read, OUT.c cannot be
       written, or the arguments are wrong; OUT.c is as it was
    2  RULES.xf cannot be understood; OUT.c is as it was
`

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("xfgen", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "xfgen: %v; xfgen --help explains the arguments\n", err)
		return 1
	}
	if flags.NArg() != 3 && flags.NArg() != 4 {
		fmt.Fprint(stderr, "Please provide ktt file for each version (v0 and v1).\n"+
			"Usage: xfgen OUT.c OLD NEW [RULES.xf]; xfgen --help explains the arguments\n")
		return 1
	}
	out, old, new, rules := flags.Arg(0), flags.Arg(1), flags.Arg(2), flags.Arg(3)
	status, err := generate(stderr, out, old, new, rules)
	if err != nil {
		fmt.Fprintf(stderr, "xfgen: %v\n", err)
		return 1
	}
	return status
}

// generate writes the file out, and returns the exit status. The error is that
// of an input that cannot be read, or of writing out.
func generate(stderr io.Writer, out, oldName, newName, rulesName string) (int, error) {
	var (
		diags   diag.List
		sources = diag.Sources{}
		rules   *xf.File
	)
	if rulesName != "" {
		var err error
		if rules, sources[rulesName], err = xf.ReadFile(rulesName, &diags); err != nil {
			return 1, err
		}
		if diags.Errors() > 0 {
			diags.Sort()
			return 2, diags.Write(stderr, sources)
		}
	}
	old, err := ktt.ReadFile(oldName)
	if err != nil {
		return 1, err
	}
	new, err := ktt.ReadFile(newName)
	if err != nil {
		return 1, err
	}
	result, found := match.Match(old, new, rules)
	diags = append(diags, found...)
	diags.Sort()
	if diags.Errors() > 0 {
		fmt.Fprintln(stderr, "ERROR: Could not generate transformation code:")
		return 1, diags.Write(stderr, sources)
	}
	if err := diags.Write(stderr, sources); err != nil {
		return 1, err
	}
	text, err := gen.Generate(result, out)
	if err != nil {
		return 1, err
	}
	return 0, atomicfile.Write(out, text)
}
