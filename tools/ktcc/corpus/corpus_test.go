package corpus

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/debsource"
)

func TestMain(m *testing.M) {
	if IsRecorder() {
		os.Exit(RunRecorder())
	}
	flag.Parse()
	if run := flag.Lookup("test.run").Value; debian() && run.String() == "" {
		run.Set("TestDebian")
	}
	os.Exit(m.Run())
}

// debian reports whether the programs from Debian are to be tried.
func debian() bool { return os.Getenv("KITSUNE_CORPUS") == "debian" }

var (
	folder = flag.String("folder", "", "build in this folder, which must not have been used before, and keep it")
	timed  = flag.Int("timed", 20, "measure the time of so many units of each program")
	turns  = flag.Int("turns", 2, "measure each so many times, and take the least")
)

// The bars: what ktcc may add to the time of gcc -O2 -c, and its memory.
const (
	maxMedian    = 0.20
	maxAggregate = 0.15
	maxPeak      = 150 << 20
)

// newTools returns the tools of a test, with a ktcc that Bazel or go has built, and
// the folder of kitsune.h.
func newTools(t *testing.T, dir string) (tools *Tools, include string) {
	t.Helper()
	if runtime.GOARCH != "amd64" {
		t.Skip("the checks understand objects for x86-64 only")
	}
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	tools = &Tools{Ktcc: os.Getenv("KTCC"), Native: "gcc", Temp: dir}
	if tools.Ktcc != "" {
		tools.Ktcc = filepath.Join(os.Getenv("TEST_SRCDIR"), tools.Ktcc)
	} else {
		tools.Ktcc = filepath.Join(t.TempDir(), "ktcc")
		build := exec.Command("go", "build", "-o", tools.Ktcc, "./tools/ktcc")
		build.Dir = root
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	return tools, filepath.Join(root, "runtime/include")
}

// TestDebian tries ktcc on programs from Debian. It downloads them, and takes the
// better part of an hour:
//
//	KITSUNE_CORPUS=debian go test -v -timeout=2h -run=TestDebian/zlib ./tools/ktcc/corpus
func TestDebian(t *testing.T) {
	if !debian() {
		t.Skip("KITSUNE_CORPUS=debian is not set")
	}
	cache, err := debsource.Open()
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	tools, include := newTools(t, "")
	var reports []*Report
	start := time.Now()
	for _, p := range Programs {
		t.Run(p.Package, func(t *testing.T) {
			dir := t.TempDir()
			if *folder != "" {
				dir = filepath.Join(*folder, p.Package)
				if err := os.MkdirAll(dir, 0o777); err != nil {
					t.Fatal(err)
				}
			}
			progress := func(format string, args ...any) {
				fmt.Printf("%5.0f s  %s: %s\n", time.Since(start).Seconds(), p.Package, fmt.Sprintf(format, args...))
			}
			tools.Temp = dir
			b := &Build{Program: p, Tools: tools, Cache: cache, Dir: dir, Include: include, Recorder: self, Progress: progress}
			version, units, err := b.Run(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			progress("checking %d units", len(units))
			report := &Report{Name: p.Package + " " + version, Tested: p.Test != ""}
			report.Results = check(t, tools, units)
			good := slices.DeleteFunc(slices.Clone(units), func(u *Unit) bool { return u.Failure != "" })
			n := min(*timed, len(good))
			progress("measuring %d units", n)
			for i := range n {
				u := good[i*len(good)/n]
				if err := tools.CheckHeaders(u); err != nil {
					t.Error(err)
				}
				cost, err := tools.Measure(u, *turns)
				if err != nil {
					t.Fatal(err)
				}
				report.Costs = append(report.Costs, cost)
			}
			reports = append(reports, report)
		})
	}
	var table strings.Builder
	WriteTable(&table, reports)
	fmt.Printf("\n%s\nCPU is what ktcc adds to the time of gcc -O2 -c, for up to %d units of each program, "+
		"each the best of %d.\n\n", &table, *timed, *turns)
	if len(reports) < len(Programs) {
		return // the bars are for all programs together
	}
	all := Sum(reports)
	median, aggregate := all.Overhead()
	for _, bar := range []struct {
		name       string
		value, max float64
	}{
		{"share of the compiler's time that ktcc adds, in the median", median, maxMedian},
		{"share of the compiler's time that ktcc adds, in all", aggregate, maxAggregate},
		{"peak memory in bytes", float64(all.Peak()), maxPeak},
	} {
		if bar.value > bar.max {
			t.Errorf("%s: %g, and at most %g is wanted", bar.name, bar.value, bar.max)
		}
	}
}

// TestSample checks the sources in testdata in the same way, compiled like this
// and like that.
func TestSample(t *testing.T) {
	tools, include := newTools(t, t.TempDir())
	sources, err := filepath.Glob("testdata/*.c")
	if err != nil || len(sources) == 0 {
		t.Fatal("no sources", err)
	}
	dir, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	var units []*Unit
	for _, options := range []string{"-O0 -g", "-O2", "-O2 -fPIC -fvisibility=hidden -fdata-sections", "-Os -std=c11 -fno-pic",
		"-O3 -flto -fcommon -std=gnu89"} {
		for _, source := range sources {
			args := append(strings.Fields(options), "-w", "-D_GNU_SOURCE", "-I", include, "-include", "kitsune.h", "-c",
				filepath.Base(source))
			units = append(units, &Unit{Dir: dir, Args: args, Source: filepath.Base(source)})
		}
	}
	report := &Report{Name: "sample", Results: check(t, tools, units)}
	for _, u := range units {
		if err := tools.CheckHeaders(u); err != nil {
			t.Error(err)
		}
	}
	var table strings.Builder
	WriteTable(&table, []*Report{report})
	t.Log(&table)
}

// check checks units, and reports what is wrong with them.
func check(t *testing.T, tools *Tools, units []*Unit) []*Result {
	results := make([]*Result, len(units))
	errs := make([]error, len(units))
	work := make(chan int)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range work {
				results[i], errs[i] = tools.Check(units[i])
			}
		})
	}
	for i := range units {
		work <- i
	}
	close(work)
	wg.Wait()
	for i, u := range units {
		if errs[i] != nil {
			t.Errorf("%s: %v", u, errs[i])
			results[i] = &Result{Unit: u}
		}
		for _, p := range results[i].Problems {
			t.Errorf("%s: %s", u, p)
		}
		for _, m := range results[i].Mismatches {
			t.Errorf("%s: %s", u, m)
		}
		if names := results[i].Unnamed; len(names) > 0 {
			t.Logf("%s: not checked: %s", u, strings.Join(names, ", "))
		}
	}
	return results
}
