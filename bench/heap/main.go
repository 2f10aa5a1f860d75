// Command heap measures what an update costs that goes through a whole heap,
// against loops written by hand for the same heap (program/hand.c). The heaps have one
// and ten million nodes, in several shapes (program/shapes.h).
//
//	walk   the layout of the nodes stays, but each has a pointer to a function,
//	       which is another one in the new version
//	deep   every node gets a field more
//	none   nothing has changed, and no node leads into the program
//
// Times are those that the process spends on a processor, without what other
// processes do to it by being there. Memory is the resident set.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

var (
	driver = flag.String("driver", "", "the driver")
	doupd  = flag.String("doupd", "", "doupd")
	hand   = flag.String("hand", "", "the baselines, program/hand.c")
	v1     = flag.String("v1", "", "version 1 of program/heap.c")
	walk   = flag.String("walk", "", "the update to version 2")
	back   = flag.String("back", "", "the update from version 2 to version 1")
	deep   = flag.String("deep", "", "the update to larger nodes")
	plain  = flag.String("plain", "", "version 1 without handlers")
	none   = flag.String("none", "", "the update of that")

	shapes  = flag.String("shapes", "list,chain,ring,tree,table,array", "the shapes")
	counts  = flag.String("nodes", "1000000,10000000", "the numbers of nodes")
	calls   = flag.Int("calls", 100_000_000, "calls of kitsune_update without a request")
	updates = flag.Int("updates", 1000, "updates in a row")
)

func main() {
	flag.Parse()
	printRow("case", "measured", "baseline", "ratio", "bar", "")
	for _, measure := range []func() error{heaps, kitsuneUpdate, inARow} {
		if err := measure(); err != nil {
			fmt.Fprintln(os.Stderr, "heap:", err)
			os.Exit(1)
		}
	}
}

func printRow(name, measured, baseline, ratio, bar, verdict string) {
	fmt.Printf("%-34s %12s %16s %6s  %-10s %s\n", name, measured, baseline, ratio, bar, verdict)
}

func row(name, measured, baseline, ratio, bar string, met bool) {
	verdict := "met"
	if !met {
		verdict = "NOT MET"
	}
	printRow(name, measured, baseline, ratio, bar, verdict)
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/1e6) }
func mb(bytes int64) string     { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }

// A program runs under the driver.
type program struct {
	cmd   *exec.Cmd
	lines *bufio.Scanner
	live  int64 // bytes in its heap, as it has said last
}

// start runs the program until it has built its heap, on a stack of 8 MB.
func start(file, shape string, nodes int) (*program, error) {
	cmd := exec.Command("/bin/sh", "-c", `ulimit -s 8192 && exec "$@"`, "sh", *driver, file, shape, strconv.Itoa(nodes))
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &program{cmd: cmd, lines: bufio.NewScanner(out)}
	if err := p.expect("ready"); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

func (p *program) stop() {
	p.cmd.Process.Kill()
	p.cmd.Wait()
}

// expect waits for a line that begins so, and ends with the size of the heap.
func (p *program) expect(beginning string) error {
	for p.lines.Scan() {
		line := p.lines.Text()
		if strings.HasPrefix(line, "The process id is") {
			continue
		}
		size, ok := strings.CutPrefix(line, beginning+" ")
		if !ok {
			return fmt.Errorf("the program says %q, not %q", line, beginning)
		}
		var err error
		p.live, err = strconv.ParseInt(size, 10, 64)
		return err
	}
	return fmt.Errorf("the program has ended, and not said %q", beginning)
}

// check lets the program look at its heap.
func (p *program) check(version, nodes int) error {
	if err := p.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		return err
	}
	return p.expect(fmt.Sprintf("version %d, %d nodes, 0 wrong", version, nodes))
}

// file returns the path of something about the process.
func (p *program) file(name string) string {
	return filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), name)
}

// status returns a number of the process's status; sizes are in bytes.
func (p *program) status(field string) (int64, error) {
	text, err := os.ReadFile(p.file("status"))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if name, value, _ := strings.Cut(line, ":"); name == field {
			number, kb := strings.CutSuffix(strings.TrimSpace(value), " kB")
			n, err := strconv.ParseInt(number, 10, 64)
			if kb {
				n *= 1024
			}
			return n, err
		}
	}
	return 0, fmt.Errorf("%s has no %s", p.file("status"), field)
}

// cpu returns the time that the process has spent on a processor.
func (p *program) cpu() (time.Duration, error) {
	text, err := os.ReadFile(p.file("schedstat"))
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(text), " ")
	ns, err := strconv.ParseInt(first, 10, 64)
	return time.Duration(ns), err
}

// update runs doupd, and returns for how long the update took.
func (p *program) update(file string) (time.Duration, error) {
	cmd := exec.Command(*doupd, "--json", "--timeout", "120s", strconv.Itoa(p.cmd.Process.Pid), file)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	var o struct {
		Message string
		Times   struct{ Transform, Commit time.Duration } `json:"times_ns"`
	}
	if jsonErr := json.Unmarshal(out, &o); jsonErr != nil {
		return 0, fmt.Errorf("doupd: %w: %v", jsonErr, err)
	}
	if err != nil {
		return 0, fmt.Errorf("doupd: %s", o.Message)
	}
	return o.Times.Transform + o.Times.Commit, nil
}

// A result is what an update of a heap has cost.
type result struct {
	cpu, elapsed       time.Duration
	rss, peak, settled int64 // before, the most during the update, and one second after it
	live, liveAfter    int64
}

func updateHeap(old, update, shape string, nodes int) (r result, err error) {
	p, err := start(old, shape, nodes)
	if err != nil {
		return r, err
	}
	defer p.stop()
	r.live = p.live
	if err := os.WriteFile(p.file("clear_refs"), []byte("5"), 0); err != nil { // The peak begins anew.
		return r, err
	}
	if r.rss, err = p.status("VmRSS"); err != nil {
		return r, err
	}
	before, err := p.cpu()
	if err != nil {
		return r, err
	}
	if r.elapsed, err = p.update(update); err != nil {
		return r, err
	}
	time.Sleep(time.Second)
	after, err := p.cpu()
	if err != nil {
		return r, err
	}
	r.cpu = after - before
	if r.settled, err = p.status("VmRSS"); err != nil {
		return r, err
	}
	if r.peak, err = p.status("VmHWM"); err != nil {
		return r, err
	}
	err = p.check(2, nodes)
	r.liveAfter = p.live
	return r, err
}

func byHand(loop, shape string, nodes int) (time.Duration, error) {
	out, err := exec.Command(*hand, loop, shape, strconv.Itoa(nodes)).Output()
	if err != nil {
		return 0, fmt.Errorf("%s: %w", *hand, err)
	}
	ns, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
	return time.Duration(ns), err
}

func heaps() error {
	for _, count := range strings.Split(*counts, ",") {
		nodes, err := strconv.Atoi(count)
		if err != nil {
			return err
		}
		for _, shape := range strings.Split(*shapes, ",") {
			for _, measure := range []func(string, int) error{walkHeap, deepHeap, noneHeap} {
				if err := measure(shape, nodes); err != nil {
					return fmt.Errorf("%s of %d nodes: %w", shape, nodes, err)
				}
			}
		}
	}
	return nil
}

// timeRow compares the time of an update to that of a loop.
func timeRow(name string, r result, loop, shape string, nodes int, bar float64) error {
	baseline, err := byHand(loop, shape, nodes)
	if err != nil {
		return err
	}
	ratio := float64(r.cpu) / float64(baseline)
	row(name, ms(r.cpu), ms(baseline), fmt.Sprintf("%.2f", ratio), fmt.Sprintf("%.1f times", bar), ratio <= bar)
	return nil
}

// afterRow compares the memory one second after the update to what it should be.
func afterRow(name string, r result) {
	want := r.rss - r.live + r.liveAfter
	ratio := float64(r.settled) / float64(want)
	row(name+", memory after", mb(r.settled), mb(want), fmt.Sprintf("%.2f", ratio), "1.1 times", ratio <= 1.1)
}

func walkHeap(shape string, nodes int) error {
	r, err := updateHeap(*v1, *walk, shape, nodes)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("walk %s %d", shape, nodes)
	if err := timeRow(name, r, "walk", shape, nodes, 1.5); err != nil {
		return err
	}
	most := r.live/20 + 16*int64(nodes) // One word of each node is rewritten.
	row(name+", memory more", mb(r.peak-r.rss), mb(r.live), fmt.Sprintf("%.2f", float64(r.peak-r.rss)/float64(r.live)),
		mb(most), r.peak-r.rss <= most)
	afterRow(name, r)
	return nil
}

func deepHeap(shape string, nodes int) error {
	r, err := updateHeap(*v1, *deep, shape, nodes)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("deep %s %d", shape, nodes)
	if err := timeRow(name, r, "deep", shape, nodes, 2); err != nil {
		return err
	}
	afterRow(name, r)
	return nil
}

func noneHeap(shape string, nodes int) error {
	r, err := updateHeap(*plain, *none, shape, nodes)
	if err != nil {
		return err
	}
	row(fmt.Sprintf("none %s %d", shape, nodes), ms(r.elapsed), "-", "-", "1 ms", r.elapsed < time.Millisecond)
	return nil
}

func kitsuneUpdate() error {
	out, err := exec.Command(*driver, *v1, "calls", strconv.Itoa(*calls)).Output()
	if err != nil {
		return err
	}
	lines := strings.Fields(string(out))
	ns, err := strconv.ParseFloat(lines[len(lines)-1], 64)
	row("kitsune_update without a request", fmt.Sprintf("%.2f ns", ns), "-", "-", "2 ns", ns <= 2)
	return err
}

// footprint is what must not grow from update to update.
type footprint struct {
	rss, threads          int64
	descriptors, mappings int
}

func (p *program) footprint() (f footprint, err error) {
	if f.rss, err = p.status("VmRSS"); err != nil {
		return f, err
	}
	if f.threads, err = p.status("Threads"); err != nil {
		return f, err
	}
	fds, err := os.ReadDir(p.file("fd"))
	if err != nil {
		return f, err
	}
	maps, err := os.ReadFile(p.file("maps"))
	f.descriptors, f.mappings = len(fds), strings.Count(string(maps), "\n")
	return f, err
}

// inARow updates a small heap from version 1 to version 2 and back, and so on.
func inARow() error {
	const nodes = 10_000
	p, err := start(*v1, "table", nodes)
	if err != nil {
		return err
	}
	defer p.stop()
	var early footprint
	for i := range *updates {
		if _, err := p.update([]string{*walk, *back}[i%2]); err != nil {
			return fmt.Errorf("update %d: %w", i+1, err)
		}
		if i+1 == *updates/10 {
			if early, err = p.footprint(); err != nil {
				return err
			}
		}
	}
	late, err := p.footprint()
	if err != nil {
		return err
	}
	if err := p.check(*updates%2+1, nodes); err != nil {
		return err
	}
	name := fmt.Sprintf("%d updates in a row", *updates)
	of := fmt.Sprintf("after %d", *updates/10)
	row(name+", memory", mb(late.rss), mb(early.rss)+" "+of, "-", "no growth", late.rss <= early.rss+early.rss/20)
	for _, n := range []struct {
		what        string
		late, early int
	}{
		{"descriptors", late.descriptors, early.descriptors},
		{"mappings", late.mappings, early.mappings},
		{"threads", int(late.threads), int(early.threads)},
	} {
		row(name+", "+n.what, strconv.Itoa(n.late), strconv.Itoa(n.early)+" "+of, "-", "no growth", n.late <= n.early)
	}
	return nil
}
