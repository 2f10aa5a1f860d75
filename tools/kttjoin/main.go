// Kttjoin makes the type summary of a program out of those of its parts.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

const usage = `Usage: kttjoin OUT.ktt [IN...]

Writes OUT.ktt, the type summary of a program or a part of it: all units of
the inputs in their order, which should be that of the link. The inputs are
.ktt files that ktcc or kttjoin have written, or objects and shared objects
that were compiled with ktcc.

OUT.ktt may be among the inputs. What it contains about a source of another
input is out of date then, and is left out.

Exit status: 0 if OUT.ktt is written, else 1, and OUT.ktt is as it was.
`

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("kttjoin", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "kttjoin: %v; kttjoin --help explains the arguments\n", err)
		return 1
	}
	if flags.NArg() == 0 {
		fmt.Fprint(stderr, "Please provide list of ktt files to be combined.\n"+
			"Usage: kttjoin OUT.ktt [IN...]; kttjoin --help explains the arguments\n")
		return 1
	}
	if err := join(flags.Arg(0), flags.Args()[1:]); err != nil {
		fmt.Fprintf(stderr, "kttjoin: %v\n", err)
		return 1
	}
	return 0
}

// join writes the concatenation of the summaries in to out.
func join(out string, in []string) error {
	outInfo, err := os.Stat(out)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	isOut := make([]bool, len(in))
	parts := make([]*ktt.Summary, len(in))
	fresh := map[string]bool{} // sources of which another input tells
	for i, name := range in {
		info, err := os.Stat(name)
		if err != nil {
			return err
		}
		isOut[i] = outInfo != nil && os.SameFile(outInfo, info)
		if parts[i], err = ktt.ReadFile(name); err != nil {
			return err
		}
		if !isOut[i] {
			for _, u := range parts[i].Units {
				fresh[u.File] = true
			}
		}
	}
	var all ktt.Summary
	for i, part := range parts {
		for _, u := range part.Units {
			if !isOut[i] || !fresh[u.File] {
				all.Units = append(all.Units, u)
			}
		}
	}
	return all.WriteFile(out)
}
