// Demo updates a busy kvstore twice, from version 1 to 2 to 3, and checks
// that nobody notices.
//
// It starts version 1 under the driver, fills it with keys over TCP, and
// keeps many connections at work: each has keys of its own, knows what the
// server must answer, and compares. Another connection follows the MONITOR
// stream and looks for gaps, and some do nothing at all but stay. Meanwhile
// the command doupd updates the server. In the end every key, every lifetime
// and every counter is compared over the connections that were opened in the
// beginning. With --faults it first tries some updates that must not take place.
//
// The exit status is 0 only if nothing was lost and nothing was wrong.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/rules-kitsune/rules_kitsune/examples/kvstore/load"
)

// config is what the flags say.
type config struct {
	driver, doupd string
	versions      [3]string     // version 1, and the updates to 2 and 3
	faulty        string        // an update from version 1 that goes wrong
	from, to      int           // the versions to begin and to end with
	faults        bool          // try updates that must not take place
	keys, conns   int           // in the store, and at work
	duration      time.Duration // of the work before, between and after the updates
	lifetime      time.Duration // of keys that expire in the meantime
	monitor       bool          // follow the stream, so that updates begin at "monitor" and not at "main"
	timeout       time.Duration // of everything
	json          bool
}

func main() {
	c, err := parseFlags(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(0)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(2)
	}
	out := os.Stdout
	if c.json {
		out = os.Stderr
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, fmt.Errorf("not done after %v", c.timeout))
	report, err := run(ctx, c, newProgress(out, term.IsTerminal(int(out.Fd()))))
	cancel()
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
	if c.json {
		encoder := json.NewEncoder(os.Stdout)
		encoder.SetIndent("", "\t")
		encoder.Encode(report)
	} else {
		report.print(out)
	}
	if !report.OK {
		os.Exit(1)
	}
}

func parseFlags(args []string, out io.Writer) (config, error) {
	var c config
	var short bool
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.StringVar(&c.driver, "driver", "", "the `file` of the driver; without it the version is an ordinary program")
	flags.StringVar(&c.doupd, "doupd", "", "the `file` of the command doupd")
	flags.StringVar(&c.versions[0], "v1", "", "the `file` of version 1")
	flags.StringVar(&c.versions[1], "v2", "", "the `file` of the update from version 1 to version 2")
	flags.StringVar(&c.versions[2], "v3", "", "the `file` of the update from version 2 to version 3")
	flags.StringVar(&c.faulty, "faulty", "", "the `file` of the update that goes wrong, for --faults")
	flags.BoolVar(&c.faults, "faults", false, "before the updates, try some that go wrong")
	flags.IntVar(&c.from, "from", 1, "the `version` to begin with")
	flags.IntVar(&c.to, "to", 3, "the `version` to end with; as --from, for no update at all")
	flags.IntVar(&c.keys, "keys", 100_000, "how many keys to load")
	flags.IntVar(&c.conns, "conns", 50, "how many connections to keep at work")
	flags.DurationVar(&c.duration, "duration", 3*time.Second, "how long to work before and after each update")
	flags.BoolVar(&c.monitor, "monitor", true, "follow the MONITOR stream, so that updates begin in its loop")
	flags.DurationVar(&c.timeout, "timeout", 5*time.Minute, "give up after this time")
	flags.BoolVar(&short, "short", false, "a few keys and connections, and a second of work")
	flags.BoolVar(&c.json, "json", false, "print the result as JSON")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	c.lifetime = 2 * time.Second
	if short {
		c.keys, c.conns, c.duration, c.lifetime = 2000, 8, 300*time.Millisecond, time.Second
	}

	switch {
	case flags.NArg() > 0:
		return c, fmt.Errorf("unexpected argument %s", flags.Arg(0))
	case c.from < 1 || c.to < c.from || c.to > len(c.versions):
		return c, fmt.Errorf("--from %d --to %d: the versions are 1 to %d", c.from, c.to, len(c.versions))
	case c.faults && (c.from > 1 || c.to < 3):
		return c, errors.New("--faults: go from version 1 to version 3")
	case c.conns < 1:
		return c, fmt.Errorf("--conns %d: must be at least 1", c.conns)
	case c.keys < c.conns*load.BatchLimit:
		return c, fmt.Errorf("--keys %d: must be at least %d for --conns %d", c.keys, c.conns*load.BatchLimit, c.conns)
	}
	type file struct{ flag, path string }
	var needed []file
	if c.from < c.to {
		needed = append(needed, file{"--driver", c.driver}, file{"--doupd", c.doupd})
	}
	for version := c.from; version <= c.to; version++ {
		needed = append(needed, file{fmt.Sprintf("--v%d", version), c.versions[version-1]})
	}
	if c.faults {
		needed = append(needed, file{"--faulty", c.faulty})
	}
	for _, n := range needed {
		if n.path == "" {
			return c, fmt.Errorf("%s is missing; `./bazelw run //examples/kvstore:demo` sets it", n.flag)
		}
		if _, err := os.Stat(n.path); err != nil {
			return c, fmt.Errorf("%s: %w", n.flag, err)
		}
	}
	return c, nil
}
