package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// shells are those that doupd completes for.
var shells = map[string]func(cmd *cobra.Command, w io.Writer) error{
	"bash": func(cmd *cobra.Command, w io.Writer) error { return cmd.GenBashCompletionV2(w, true) },
	"zsh":  func(cmd *cobra.Command, w io.Writer) error { return cmd.GenZshCompletion(w) },
	"fish": func(cmd *cobra.Command, w io.Writer) error { return cmd.GenFishCompletion(w, true) },
}

func writeCompletion(w io.Writer, cmd *cobra.Command, shell string) error {
	// The scripts are for a command of this name, whatever it is called with.
	named := *cmd
	named.Use = "doupd"
	return shells[shell](&named, w)
}

// writeManual writes the manual page doupd(1), from what --help is made of.
//
// The generators that cobra has, or has found, read a command's help as Markdown
// and turn its tables into running text.
func writeManual(w io.Writer, cmd *cobra.Command) error {
	var b strings.Builder
	b.WriteString(".TH DOUPD 1 \"\" \"Kitsune for Bazel\" \"User Commands\"\n")
	fmt.Fprintf(&b, ".SH NAME\ndoupd \\- %s\n.SH SYNOPSIS\n", roff(cmd.Short))
	for i, form := range forms {
		if i > 0 {
			b.WriteString(".br\n")
		}
		name, rest, _ := strings.Cut(form, " ")
		fmt.Fprintf(&b, ".B %s\n%s\n", name, roff(rest))
	}
	fmt.Fprintf(&b, ".SH DESCRIPTION\n%s\n.SH OPTIONS\n", strings.ReplaceAll(roff(help), "\n\n", "\n.PP\n"))
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		value, usage := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		fmt.Fprintf(&b, ".TP\n\\fB%s\\fR", roff(name))
		if value != "" {
			fmt.Fprintf(&b, " \\fI%s\\fR", roff(value))
		}
		fmt.Fprintf(&b, "\n%s", roff(sentence(usage)))
		if f.Value.Type() == "duration" {
			fmt.Fprintf(&b, " The default is %s.", f.DefValue)
		}
		b.WriteString("\n")
	})
	b.WriteString(".SH EXIT STATUS\n")
	for _, o := range outcomes {
		fmt.Fprintf(&b, ".TP\n.B %d\n%s", o.code, roff(sentence(o.meaning)))
		if o.names != "" {
			fmt.Fprintf(&b, " In JSON: %s.", roff(o.names))
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, ".SH EXAMPLES\n.EX\n%s\n.EE\n", roff(example))
	b.WriteString(".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nIf it is set and not empty, nothing is coloured.\n")
	b.WriteString(".SH SEE ALSO\n.BR driver (1)\n.PP\n" +
		"The JSON objects, and what exactly is checked, are described in docs/doupd.md.\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// sentence returns the text of a flag or a table as a sentence.
func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] + "." }

// roff quotes what has a meaning to roff.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`).Replace(s)
	return strings.ReplaceAll(s, "\n.", "\n\\&.")
}
