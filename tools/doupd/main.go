// Command doupd updates running programs to new versions, and says what they run.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/proc"
)

// Exit codes. They are part of the interface.
const (
	exitUpdated     = 0
	exitRefused     = 1
	exitUsage       = 2
	exitTimeout     = 3
	exitFailed      = 4
	exitUnreachable = 5
	exitInterrupted = 6
	exitRolledBack  = 7
)

// All that can come of a call, as --help and the manual tell it.
var outcomes = []struct {
	code    int
	names   string // in the JSON object
	meaning string
}{
	{exitUpdated, "updated, current, fits",
		"the new version runs, or did before; --check: it would be accepted"},
	{exitRefused, "refused", "the new version was refused; the old one goes on"},
	{exitUsage, "", "wrong usage"},
	{exitTimeout, "timeout",
		"no update point was reached in time; the request was withdrawn and the old version goes on"},
	{exitFailed, "failed", "the process failed during the update, or ended"},
	{exitUnreachable, "unreachable",
		"there is no such process, it does not run under the driver, or it belongs to another user"},
	{exitInterrupted, "interrupted",
		"doupd was interrupted; it has said whether the request was withdrawn, or the update goes on"},
	{exitRolledBack, "rolled_back",
		"the new version gave up while it took over; all was undone and the old one goes on"},
}

const help = `Updates the program that runs as process PID, under the driver, to the version in NEW.so.

The new version is checked first; whatever is wrong with it, the running version goes on as if nothing
had happened. Then the program is asked to update itself when it next comes to one of its update points,
and doupd waits for the outcome. A process that runs this version already is left alone.

The other forms only look: what would be said to NEW.so, which processes can be updated, what they run,
and what came of their last updates.`

const example = `  doupd --list                          what can be updated on this machine?
  doupd --check server-1.5.so 4711      would it be accepted? nothing happens
  doupd 4711 server-1.5.so              updates the process
  doupd --tree 4711 server-1.5.so       a server that forks: the process, then its children
  doupd --history 4711                  what was done to it, and how long it took
  doupd --json 4711 server-1.5.so | jq .times_ns.transform`

var forms = []string{
	"doupd [FLAG...] PID NEW.so",
	"doupd --check NEW.so [PID]",
	"doupd --status PID",
	"doupd --history PID",
	"doupd --list",
}

type options struct {
	check, status, history, list bool // another form than the update

	tree        bool
	keepGoing   bool
	again       bool
	unsafeOwner bool
	timeout     time.Duration
	json        bool
	quiet       bool

	man        bool
	completion string
}

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(args []string, stdout, stderr io.Writer) int {
	code := 0
	cmd := newCommand(stdout, stderr, &code)
	cmd.SetArgs(args)
	if err := cmd.Execute(); err != nil {
		fmt.Fprintf(stderr, "doupd: %v\nusage: %s\n\"doupd --help\" says more\n", err, cmd.UseLine())
		return exitUsage
	}
	return code
}

// newCommand returns doupd as a command, which sets code.
func newCommand(stdout, stderr io.Writer, code *int) *cobra.Command {
	var opts options
	cmd := &cobra.Command{
		Use:                   "doupd PID NEW.so",
		Short:                 "updates a running program to a new version",
		Long:                  help,
		Example:               example,
		DisableFlagsInUseLine: true,
		SilenceErrors:         true,
		SilenceUsage:          true,
		Args:                  func(_ *cobra.Command, args []string) error { return opts.checkArgs(args) },
		ValidArgsFunction:     opts.complete,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
			defer stop()
			c := &client{opts, stdout, stderr}
			switch {
			case opts.man:
				return writeManual(stdout, cmd)
			case opts.completion != "":
				return writeCompletion(stdout, cmd, opts.completion)
			case opts.list:
				*code = c.list()
			case opts.status:
				*code = c.status(ctx, pidOf(args[0]))
			case opts.history:
				*code = c.history(ctx, pidOf(args[0]))
			case opts.check && len(args) == 2:
				*code = c.check(ctx, args[0], pidOf(args[1]))
			case opts.check:
				*code = c.check(ctx, args[0], 0)
			case opts.tree:
				*code = c.updateTree(ctx, pidOf(args[0]), args[1])
			default:
				*code = c.update(ctx, pidOf(args[0]), args[1]).code
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.BoolVar(&opts.check, "check", false,
		"check NEW.so as before an update, for the process if one is given; ask nobody")
	f.BoolVar(&opts.list, "list", false, "list the updatable processes of this machine that may be looked at")
	f.BoolVar(&opts.status, "status", false,
		"say which version the process runs, and what came of its last update")
	f.BoolVar(&opts.history, "history", false,
		"say what came of the last 16 updates that the process was asked for")
	f.BoolVar(&opts.tree, "tree", false,
		"update, or show, the process and all that descend from it, one by one, parents first; "+
			"stop at the first that is not updated")
	f.BoolVar(&opts.keepGoing, "keep-going", false, "with --tree: go on with the others")
	f.DurationVar(&opts.timeout, "timeout", 10*time.Second,
		"how long to wait for a process to come to an update point")
	f.BoolVar(&opts.again, "again", false,
		"update even if the process runs this version already, from another file")
	f.BoolVar(&opts.unsafeOwner, "unsafe-owner", false,
		"accept a file that others than the process's user and root can change")
	f.BoolVar(&opts.json, "json", false, "print JSON, one object in a line for each process")
	f.BoolVarP(&opts.quiet, "quiet", "q", false, "print errors only")
	f.StringVar(&opts.completion, "completion", "", "print what completes commands in a `SHELL`: bash, zsh or fish")
	f.BoolVar(&opts.man, "man", false, "print the manual page: doupd --man | man -l -")
	f.BoolP("help", "h", false, "print what doupd can do, and end")
	f.SortFlags = false
	cmd.RegisterFlagCompletionFunc("completion", cobra.FixedCompletions([]cobra.Completion{"bash", "zsh", "fish"},
		cobra.ShellCompDirectiveNoFileComp))
	cmd.MarkFlagsMutuallyExclusive("check", "list", "status", "history", "man", "completion")
	cmd.SetUsageTemplate(usageTemplate())
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	return cmd
}

// usageTemplate is what --help prints after the description.
func usageTemplate() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage:\n")
	for _, form := range forms {
		fmt.Fprintf(&b, "  %s\n", form)
	}
	fmt.Fprintf(&b, "\nExamples:\n%s\n\nFlags:\n", example)
	fmt.Fprintf(&b, "{{.LocalFlags.FlagUsagesWrapped 110 | trimTrailingWhitespaces}}\n\nExit status:\n")
	for _, o := range outcomes {
		fmt.Fprintf(&b, "  %d  %s\n", o.code, o.meaning)
	}
	return b.String()
}

func (o *options) checkArgs(args []string) error {
	least, most, pid := 2, 2, 0
	switch {
	case o.list, o.man, o.completion != "":
		least, most, pid = 0, 0, -1
	case o.status, o.history:
		least, most = 1, 1
	case o.check:
		least, most, pid = 1, 2, 1
	}
	switch {
	case len(args) < least || len(args) > most:
		want := strconv.Itoa(least)
		if least != most {
			want = fmt.Sprintf("%d or %d", least, most)
		}
		return fmt.Errorf("%s arguments expected, %d given", want, len(args))
	case pid >= 0 && pid < len(args) && pidOf(args[pid]) <= 0:
		return fmt.Errorf("%q is not a process id", args[pid])
	case o.tree && (o.check || o.list || o.history):
		return errors.New("--tree belongs to an update, or to --status")
	case o.keepGoing && (!o.tree || o.status):
		return errors.New("--keep-going belongs to an update with --tree")
	case o.completion != "" && shells[o.completion] == nil:
		return fmt.Errorf("%q is none of the shells bash, zsh and fish", o.completion)
	}
	return nil
}

// pidOf returns the number of a process; 0 if it is none.
func pidOf(arg string) int {
	pid, err := strconv.Atoi(arg)
	if err != nil || pid < 0 {
		return 0
	}
	return pid
}

// complete says what an argument may be: the processes that there are, or a file.
func (o *options) complete(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	pid := 0
	if o.check {
		pid = 1
	}
	switch {
	case o.list || len(args) > 1 || len(args) == 1 && (o.status || o.history):
		return nil, cobra.ShellCompDirectiveNoFileComp
	case len(args) != pid:
		return []cobra.Completion{"so"}, cobra.ShellCompDirectiveFilterFileExt
	}
	processes, _ := proc.List()
	var pids []cobra.Completion
	for _, p := range processes {
		pids = append(pids, cobra.CompletionWithDesc(strconv.Itoa(p.PID), p.Program))
	}
	return pids, cobra.ShellCompDirectiveNoFileComp
}
