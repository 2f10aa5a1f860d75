// Command bench measures what the tools cost that look at whole programs:
// kttjoin and xfgen, on a program of the size of tor 0.4.9, 406 units and 10 MB
// of summaries. It counts CPU time, the least of several runs.
//
// The program is made up: a large one of the corpus takes half an hour to build.
// The summaries of a real one may be given as arguments; xfgen is then asked for
// an update of the program to itself, and may refuse it.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

var (
	kttjoin = flag.String("kttjoin", "", "kttjoin")
	xfgen   = flag.String("xfgen", "", "xfgen")
	runs    = flag.Int("runs", 10, "runs of each command")
)

func main() {
	flag.Parse()
	if err := measure(flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// The bars.
const (
	joinBar  = 200 * time.Millisecond
	xfgenBar = 100 * time.Millisecond
)

func measure(parts []string) error {
	dir, err := os.MkdirTemp("", "kitsune-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := func(name string) string { return filepath.Join(dir, name) }
	var changed, rules []string
	if len(parts) == 0 {
		p := program{}
		if parts, err = write(p, path("old")); err != nil {
			return err
		}
		p.isNew = true
		if changed, err = write(p, path("new")); err != nil {
			return err
		}
		rules = []string{path("rules.xf")}
		if err := os.WriteFile(rules[0], p.rules(), 0o666); err != nil {
			return err
		}
	}
	join, err := cpu(*kttjoin, append([]string{"-Wno-all", path("old.ktt")}, parts...))
	if err != nil {
		return err
	}
	old, new := path("old.ktt"), path("old.ktt")
	if changed != nil {
		new = path("new.ktt")
		if _, err := cpu(*kttjoin, append([]string{"-Wno-all", new}, changed...)); err != nil {
			return err
		}
	}
	generate, err := cpu(*xfgen, append([]string{path("xform.c"), old, new}, rules...))
	if err != nil {
		return err
	}
	info, err := os.Stat(old)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "case\tCPU\tbar\t\n")
	fmt.Fprintf(w, "kttjoin of %d summaries, %.1f MB\t%s\t%s\t%s\n", len(parts), float64(info.Size())/1e6, ms(join), ms(joinBar), met(join, joinBar))
	fmt.Fprintf(w, "xfgen\t%s\t%s\t%s\n", ms(generate), ms(xfgenBar), met(generate, xfgenBar))
	return w.Flush()
}

func ms(d time.Duration) string { return fmt.Sprintf("%d ms", d.Milliseconds()) }

func met(d, bar time.Duration) string {
	if d <= bar {
		return "met"
	}
	return "NOT MET"
}

// cpu returns the least CPU time of several runs. A command may refuse its
// input.
func cpu(command string, args []string) (time.Duration, error) {
	least := time.Duration(0)
	for range *runs {
		cmd := exec.Command(command, args...)
		var refused *exec.ExitError
		if err := cmd.Run(); err != nil && !errors.As(err, &refused) {
			return 0, err
		}
		used := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		if least == 0 || used < least {
			least = used
		}
	}
	return least, nil
}

// write writes the summaries of a program's units to a folder.
func write(p program, dir string) ([]string, error) {
	if err := os.Mkdir(dir, 0o777); err != nil {
		return nil, err
	}
	var files []string
	for i := range units {
		file := filepath.Join(dir, fmt.Sprintf("unit%d.ktt", i))
		s := &ktt.Summary{Units: []*ktt.Unit{p.unit(i)}}
		if err := s.WriteFile(file); err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}
