package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/atomicfile"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/xf"
)

const formatHelp = `Formats .xf files, and prints the result to the standard output, unless a flag says otherwise. Without files it
formats the standard input.

Each rule gets a line, and of a rule with several labels each of these. Comments stay where they are; those
behind adjacent lines are aligned. Code keeps its form, but for blanks at the ends of lines and its margin.
There is nothing to configure.

Exit status:
  0  nothing was wrong; with -l and -d: and all files are formatted
  1  with -l and -d, and without -w: files are not formatted
  2  a file cannot be read, understood or written, or the arguments are wrong; the other files are done`

const (
	exitUnformatted = 1
	exitFormatError = 2
)

// A formatter does what the flags say.
type formatter struct {
	list, diff, write bool
	stdout, stderr    io.Writer
	status            int
}

func runFormat(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	f := formatter{stdout: stdout, stderr: stderr}
	cmd := &cobra.Command{
		Use:                   "xfgen fmt [-l] [-d] [-w] [FILE.xf...]",
		Short:                 "Formats .xf files",
		Long:                  formatHelp,
		Args:                  cobra.ArbitraryArgs,
		DisableFlagsInUseLine: true,
		SilenceErrors:         true,
		SilenceUsage:          true,
		RunE: func(_ *cobra.Command, files []string) error {
			if len(files) == 0 {
				if f.write {
					return errors.New("-w needs files to write")
				}
				src, err := io.ReadAll(stdin)
				f.check(err)
				f.text("standard input", src)
			}
			for _, name := range files {
				f.file(name)
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.BoolVarP(&f.list, "list", "l", false, "print the names of files that are not formatted")
	flags.BoolVarP(&f.diff, "diff", "d", false, "print what would change")
	flags.BoolVarP(&f.write, "write", "w", false, "write the result to the file")
	flags.SortFlags = false
	cmd.SetArgs(args)
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	if err := cmd.Execute(); err != nil {
		fmt.Fprintf(stderr, "xfgen fmt: %v\nusage: %s\n\"xfgen fmt --help\" says more\n", err, cmd.UseLine())
		return exitFormatError
	}
	return f.status
}

func (f *formatter) file(name string) {
	src, err := os.ReadFile(name)
	if f.check(err) {
		return
	}
	if formatted := f.text(name, src); f.write && formatted != nil {
		f.check(replace(name, formatted))
	}
}

// replace gives a file another content. Its permissions stay, and a link to it
// stays a link.
func replace(name string, text []byte) error {
	name, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	if err := atomicfile.Write(name, text); err != nil {
		return err
	}
	return os.Chmod(name, info.Mode().Perm())
}

// text prints what the flags ask for about a text, and returns what it should
// be, or nil if it is that already or has errors.
func (f *formatter) text(name string, src []byte) []byte {
	var diags diag.List
	formatted, ok := xf.Format(name, src, &diags)
	diags.Sort()
	f.check(diags.Write(f.stderr, diag.Sources{name: src}))
	if !ok {
		f.status = exitFormatError
		return nil
	}
	if !f.list && !f.diff && !f.write {
		_, err := f.stdout.Write(formatted)
		f.check(err)
	}
	if bytes.Equal(src, formatted) {
		return nil
	}
	if f.list {
		_, err := fmt.Fprintln(f.stdout, name)
		f.check(err)
	}
	if f.diff {
		_, err := f.stdout.Write(diff.Diff(name+".orig", src, name, formatted))
		f.check(err)
	}
	if (f.list || f.diff) && !f.write {
		f.status = max(f.status, exitUnformatted)
	}
	return formatted
}

// check reports an error, if there is one, and returns whether there is.
func (f *formatter) check(err error) bool {
	if err != nil {
		fmt.Fprintf(f.stderr, "xfgen fmt: %v\n", err)
		f.status = exitFormatError
	}
	return err != nil
}
