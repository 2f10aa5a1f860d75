// Kttjoin makes the type summary of a program out of those of its parts, and
// says what the program does not say enough about for its updates.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/advice"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

const usage = `Usage: kttjoin [FLAG...] OUT.ktt [IN...]

Writes OUT.ktt, the type summary of a program or a part of it: all units of
the inputs in their order, which should be that of the link. The inputs are
.ktt files that ktcc or kttjoin have written, or objects and shared objects
that were compiled with ktcc.

OUT.ktt may be among the inputs. What it contains about a source of another
input is out of date then, and is left out.

What the program should say by an annotation, and does not, is a warning:

%s
docs/advice.md explains each. The flags are those of a C compiler; the last one
counts:
    -Wno-ID              no advice of the kind; -WID takes it back
    -Wno-ID=ELEMENT      none about a field, a type with its fields, or a
                         variable, as rules name it:
                         -Wno-void-pointer="struct client.data"
    -Werror=ID           it is an error, and OUT.ktt is not written;
                         -Wno-error=ID takes it back
    -Wall -Wno-all -Werror -Wno-error
                         the same for all kinds
    --json               print what there is to say as one JSON object

Exit status: 0 if OUT.ktt is written, else 1, and OUT.ktt is as it was.
`

// help returns the text for --help.
func help() string {
	var kinds strings.Builder
	for _, k := range advice.Kinds {
		fmt.Fprintf(&kinds, "    %-20s %s\n", k.ID, k.About)
	}
	return fmt.Sprintf(usage, &kinds)
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	var settings advice.Settings
	flags := flag.NewFlagSet("kttjoin", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	asJSON := flags.Bool("json", false, "")
	args, err := settings.Flags(args)
	if err == nil {
		err = flags.Parse(args)
	}
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, help())
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
	diags, err := write(flags.Arg(0), flags.Args()[1:], &settings)
	status := 0
	if err != nil || diags.Errors() > 0 {
		status = 1
	}
	if *asJSON {
		if err != nil {
			diags.Errorf(diag.Pos{}, "%v", err)
		}
		err = writeJSON(stdout, status, diags)
	} else if writeErr := diags.Write(stderr, nil); err == nil {
		err = writeErr
	}
	if err != nil {
		fmt.Fprintf(stderr, "kttjoin: %v\n", err)
		return 1
	}
	return status
}

// schema is the version of what --json prints. New fields may come without a new
// number; those that are there keep name and meaning.
const schema = 1

func writeJSON(w io.Writer, status int, diags diag.List) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		Schema      int       `json:"kttjoin"`
		Status      int       `json:"status"`
		Diagnostics diag.List `json:"diagnostics"`
	}{schema, status, append(diag.List{}, diags...)}) // a list is never null
}

// write joins the summaries in to out, unless the advice on them says otherwise.
func write(out string, in []string, settings *advice.Settings) (diag.List, error) {
	all, err := join(out, in)
	if err != nil {
		return nil, err
	}
	diags := advice.Give(all, settings)
	if diags.Errors() > 0 {
		return diags, nil
	}
	return diags, all.WriteFile(out)
}

// join returns the concatenation of the summaries in, one of which may be out.
func join(out string, in []string) (*ktt.Summary, error) {
	outInfo, err := os.Stat(out)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	isOut := make([]bool, len(in))
	parts := make([]*ktt.Summary, len(in))
	fresh := map[string]bool{} // sources of which another input tells
	var reader ktt.Reader
	for i, name := range in {
		info, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		isOut[i] = outInfo != nil && os.SameFile(outInfo, info)
		if parts[i], err = reader.ReadFile(name); err != nil {
			return nil, err
		}
		if !isOut[i] {
			for _, u := range parts[i].Units {
				fresh[u.File] = true
			}
		}
	}
	all := new(ktt.Summary)
	for i, part := range parts {
		for _, u := range part.Units {
			if !isOut[i] || !fresh[u.File] {
				all.Units = append(all.Units, u)
			}
		}
	}
	return all, nil
}
