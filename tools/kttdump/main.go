// Kttdump prints type summaries.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/dump"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

const usage = `Usage: kttdump [--json] FILE...

Prints what the files say about the types, variables and functions of a
program. A file is a type summary, .ktt, or an object or shared object that was
compiled with ktcc.

    --json   print the summaries as they are stored, indented; several of them
             are several JSON documents

Exit status: 0, or 1 if a file cannot be read.
`

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("kttdump", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	asJSON := flags.Bool("json", false, "")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "kttdump: %v; kttdump --help explains the arguments\n", err)
		return 1
	case flags.NArg() == 0:
		fmt.Fprint(stderr, usage)
		return 1
	}
	status := 0
	for _, name := range flags.Args() {
		if err := print(stdout, name, *asJSON); err != nil {
			fmt.Fprintf(stderr, "kttdump: %v\n", err)
			status = 1
		}
	}
	return status
}

// print writes what the file says.
func print(w io.Writer, name string, asJSON bool) error {
	s, err := ktt.ReadFile(name)
	if err != nil {
		return err
	}
	if !asJSON {
		return dump.Write(w, s)
	}
	for _, u := range s.Units {
		data, err := u.Encode()
		if err != nil {
			return err
		}
		var b bytes.Buffer
		if err := json.Indent(&b, data, "", "  "); err != nil {
			return err
		}
		if _, err := w.Write(b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}
