// Command bench measures what updates cost, each case against a baseline in
// the same run: absolute times of a machine say little.
//
//	update of a large store    kvstore 1 with a million entries becomes kvstore 2,
//	                           and every entry gets a new layout; against a loop written
//	                           for this heap alone (relayout/relayout.c)
//	update of a long chain     a list of five million nodes on a stack of 8 MB; against
//	                           the same kind of loop
//	start-up                   kvstore under the driver, against the plain program
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/rules-kitsune/rules_kitsune/examples/kvstore/kv"
)

var (
	driver   = flag.String("driver", "", "the driver")
	doupd    = flag.String("doupd", "", "doupd")
	relayout = flag.String("relayout", "", "the baseline, relayout/relayout.c")
	plain    = flag.String("plain", "", "kvstore 1 as a plain program")
	v1       = flag.String("v1", "", "kvstore 1")
	v2       = flag.String("v2", "", "the update to kvstore 2")
	chain1   = flag.String("chain1", "", "chain 1")
	chain2   = flag.String("chain2", "", "the update to chain 2")
	entries  = flag.Int("entries", 1_000_000, "entries of the store")
	nodes    = flag.Int("nodes", 5_000_000, "nodes of the chain")
	runs     = flag.Int("runs", 3, "runs of each update, of which the median counts")
	starts   = flag.Int("starts", 200, "starts of each kind, of which the median counts")
)

// A row is a line of the table.
type row struct {
	name     string
	measured time.Duration
	baseline time.Duration
	bar      string
	met      bool
}

func main() {
	flag.Parse()
	var table []row
	for _, measure := range []func() ([]row, error){store, chain, startUp} {
		rows, err := measure()
		if err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		table = append(table, rows...)
	}
	print(os.Stdout, table)
}

func print(w io.Writer, table []row) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "case\tmeasured\tbaseline\tratio\tbar\t")
	for _, r := range table {
		met := "met"
		if !r.met {
			met = "NOT MET"
		}
		ratio := "-"
		if r.baseline > 0 {
			ratio = fmt.Sprintf("%.2f", float64(r.measured)/float64(r.baseline))
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", r.name, ms(r.measured), ms(r.baseline), ratio, r.bar, met)
	}
	t.Flush()
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond)) }

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

// store updates kvstore with its entries from version 1 to 2.
func store() ([]row, error) {
	var pauses, transforms, loops []time.Duration
	for range *runs {
		loop, err := baseline("table", *entries)
		if err != nil {
			return nil, err
		}
		times, err := updateStore()
		if err != nil {
			return nil, err
		}
		loops = append(loops, loop)
		pauses = append(pauses, times.Total-times.Wait)
		transforms = append(transforms, times.Transform+times.Commit)
	}
	name := fmt.Sprintf("store of %d entries", *entries)
	pause, work := median(pauses), median(transforms)
	return []row{
		{name + ", pause of the program", pause, median(loops), "1 s", pause < time.Second},
		{name + ", transform and commit", work, median(loops), "1 s", work < time.Second},
	}, nil
}

// updateTimes is what doupd tells about an update.
type updateTimes struct {
	Wait, Load, Quiesce, Transform, Commit, Total time.Duration
}

// update runs doupd.
func update(pid int, file string) (updateTimes, error) {
	cmd := exec.Command(*doupd, "--json", "--timeout", "60s", strconv.Itoa(pid), file)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	var o struct {
		Message string
		Times   updateTimes `json:"times_ns"`
	}
	if jsonErr := json.Unmarshal(out, &o); jsonErr != nil {
		return o.Times, fmt.Errorf("doupd: %w: %v", jsonErr, err)
	}
	if err != nil {
		return o.Times, fmt.Errorf("doupd: %s", o.Message)
	}
	return o.Times, nil
}

func updateStore() (updateTimes, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	server, err := kv.Start(ctx, *driver, *v1)
	if err != nil {
		return updateTimes{}, err
	}
	defer server.Stop()
	conn, err := kv.Dial(ctx, server.Addr)
	if err != nil {
		return updateTimes{}, err
	}
	defer conn.Close()
	if err := load(conn, *entries); err != nil {
		return updateTimes{}, err
	}
	times, err := update(server.PID(), *v2)
	if err != nil {
		return times, err
	}
	key := keyName(*entries - 1)
	if got, err := conn.Do("GET", key); err != nil || got.Text != key {
		return times, fmt.Errorf("after the update, %s is %q (%v)", key, got, err)
	}
	return times, nil
}

func keyName(i int) string { return "key:" + strconv.Itoa(i) }

// load sets n keys whose values are their names.
func load(conn *kv.Conn, n int) error {
	const batch = 1000
	for i := 0; i < n; i += batch {
		last := min(i+batch, n)
		for k := i; k < last; k++ {
			conn.Send("SET", keyName(k), keyName(k))
		}
		if err := conn.Flush(); err != nil {
			return err
		}
		for k := i; k < last; k++ {
			if r, err := conn.Receive(); err != nil || r.Kind != kv.Status {
				return fmt.Errorf("SET %s is answered %v (%v)", keyName(k), r, err)
			}
		}
	}
	return nil
}

func baseline(kind string, n int) (time.Duration, error) {
	out, err := exec.Command(*relayout, kind, strconv.Itoa(n)).Output()
	if err != nil {
		return 0, fmt.Errorf("%s: %w", *relayout, err)
	}
	ns, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
	return time.Duration(ns), err
}

// chain updates one long list.
func chain() ([]row, error) {
	var works, loops []time.Duration
	for range *runs {
		loop, err := baseline("chain", *nodes)
		if err != nil {
			return nil, err
		}
		times, err := updateChain()
		if err != nil {
			return nil, err
		}
		loops = append(loops, loop)
		works = append(works, times.Transform+times.Commit)
	}
	name := fmt.Sprintf("chain of %d nodes, stack of 8 MB", *nodes)
	return []row{{name, median(works), median(loops), "survives", true}}, nil
}

func updateChain() (updateTimes, error) {
	// The shell sets the limit and becomes the driver.
	cmd := exec.Command("/bin/sh", "-c", `ulimit -s 8192 && exec "$@"`, "sh", *driver, *chain1, strconv.Itoa(*nodes))
	out, err := cmd.StdoutPipe()
	if err != nil {
		return updateTimes{}, err
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return updateTimes{}, err
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "ready" {
	}
	times, err := update(cmd.Process.Pid, *chain2)
	if err != nil {
		return times, err
	}
	if want := fmt.Sprintf("%d nodes, 0 wrong", *nodes); !lines.Scan() || lines.Text() != want {
		return times, fmt.Errorf("chain 2 says %q, not %q", lines.Text(), want)
	}
	return times, nil
}

// startUp runs kvstore until it has printed its help.
func startUp() ([]row, error) {
	var plains, driven []time.Duration
	for range *starts {
		for _, c := range []struct {
			times *[]time.Duration
			args  []string
		}{
			{&plains, []string{*plain, "--help"}},
			{&driven, []string{*driver, *v1, "--help"}},
		} {
			cmd := exec.Command(c.args[0], c.args[1:]...)
			began := time.Now()
			if err := cmd.Run(); err != nil {
				return nil, fmt.Errorf("%v: %w", c.args, err)
			}
			*c.times = append(*c.times, time.Since(began))
		}
	}
	a, b := median(driven), median(plains)
	return []row{{"start-up under the driver", a, b, "2 ms more", a-b <= 2*time.Millisecond}}, nil
}
