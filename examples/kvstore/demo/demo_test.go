package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/rules-kitsune/rules_kitsune/examples/kvstore/kv/kvtest"
)

func TestMain(m *testing.M) { kvtest.Main(m) }

// small is the demo with little work.
var small = config{
	keys:     2000,
	conns:    8,
	duration: 300 * time.Millisecond,
	lifetime: time.Second,
	monitor:  true,
}

func runSmall(t *testing.T, c config) *report {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var out bytes.Buffer
	r, err := run(ctx, c, newProgress(&out, false))
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	r.print(&out)
	t.Logf("\n%s", out.String())
	if !r.OK || r.Lost != 0 || r.Wrong != 0 || r.StreamLost != 0 {
		t.Error("something was lost or wrong")
	}
	if r.Answers < int64(c.keys) {
		t.Errorf("%d answers for %d keys", r.Answers, c.keys)
	}
	return r
}

// TestUpdates is the demo.
func TestUpdates(t *testing.T) {
	for _, monitor := range []bool{true, false} {
		point := map[bool]string{true: "monitor", false: "main"}[monitor]
		t.Run("at "+point, func(t *testing.T) {
			c := small
			c.from, c.to, c.monitor = 1, 3, monitor
			c.driver = kvtest.Path(t, "KVSTORE_DRIVER")
			c.doupd = kvtest.Path(t, "KVSTORE_DOUPD")
			for i := range c.versions {
				c.versions[i] = kvtest.Path(t, fmt.Sprintf("KVSTORE_V%d", i+1))
			}
			r := runSmall(t, c)
			if r.Version != "3.0" || len(r.Updates) != 2 {
				t.Errorf("version %s runs after %d updates", r.Version, len(r.Updates))
			}
			for _, u := range r.Updates {
				if u.Objects.Moved < int64(r.KeysPresent) {
					t.Errorf("%s: %d objects were moved, but there are %d keys", u.Update, u.Objects.Moved, r.KeysPresent)
				}
			}
		})
	}
}

// TestFaults is the demo with updates that go wrong.
func TestFaults(t *testing.T) {
	c := small
	c.from, c.to, c.faults = 1, 3, true
	c.driver, c.doupd = kvtest.Path(t, "KVSTORE_DRIVER"), kvtest.Path(t, "KVSTORE_DOUPD")
	c.faulty = kvtest.Path(t, "KVSTORE_FAULTY")
	for i := range c.versions {
		c.versions[i] = kvtest.Path(t, fmt.Sprintf("KVSTORE_V%d", i+1))
	}
	r := runSmall(t, c)
	if r.Version != "3.0" || len(r.Updates) != 2 || len(r.Faults) != len(faults) {
		t.Errorf("version %s runs after %d updates and %d faults", r.Version, len(r.Updates), len(r.Faults))
	}
}

// TestWithoutUpdate tests each version, and the demo, for itself.
func TestWithoutUpdate(t *testing.T) {
	for _, version := range kvtest.Versions {
		t.Run(fmt.Sprintf("v%d", version), func(t *testing.T) {
			c := small
			c.from, c.to = version, version
			command := kvtest.Command(t, version)
			c.versions[version-1] = command[len(command)-1]
			if len(command) > 1 {
				c.driver = command[0]
			}
			r := runSmall(t, c)
			if want := fmt.Sprintf("%d.0", version); r.Version != want || len(r.Updates) != 0 {
				t.Errorf("version %s runs after %d updates", r.Version, len(r.Updates))
			}
		})
	}
}

// TestWrongServer tests that the demo notices when something is wrong.
func TestWrongServer(t *testing.T) {
	c := small
	c.from, c.to = 1, 1
	command := kvtest.Command(t, 2)
	c.versions[0] = command[len(command)-1]
	if len(command) > 1 {
		c.driver = command[0]
	}
	r, err := run(t.Context(), c, newProgress(io.Discard, false))
	if err != nil {
		t.Fatal(err)
	}
	if want := "STATS: version is 2.0, want 1.0"; r.OK || r.Wrong != 1 || len(r.Problems) != 1 || r.Problems[0] != want {
		t.Errorf("got %+v, want %s", r, want)
	}
}

func TestServerDies(t *testing.T) {
	c := small
	c.from, c.to = 1, 1
	c.versions[0] = "/bin/false"
	_, err := run(t.Context(), c, newProgress(io.Discard, false))
	if err == nil || !strings.Contains(err.Error(), "the server ended: exit status 1") {
		t.Errorf("got %v", err)
	}
}

func TestDoupdFails(t *testing.T) {
	for doupd, want := range map[string]string{
		"/bin/false":       "printed no outcome",
		"/nonexistent/cmd": "no such file or directory",
	} {
		if _, err := update(t.Context(), doupd, 1, "next.so"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", doupd, err, want)
		}
	}
}

func TestFlags(t *testing.T) {
	tests := []struct {
		args string
		want string
	}{
		{"--to 2 --from 3", "--from 3 --to 2: the versions are 1 to 3"},
		{"--to 4", "--from 1 --to 4: the versions are 1 to 3"},
		{"--faults --from 2", "--faults: go from version 1 to version 3"},
		{"--conns 0", "--conns 0: must be at least 1"},
		{"--keys 10", "--keys 10: must be at least 800 for --conns 50"},
		{"--to 1", "--v1 is missing; `./bazelw run //examples/kvstore:demo` sets it"},
		{"--v1 /dev/null", "--driver is missing; `./bazelw run //examples/kvstore:demo` sets it"},
		{"--to 1 --v1 /nonexistent", "--v1: stat /nonexistent: no such file or directory"},
		{"--to 1 --v1 /dev/null more", "unexpected argument more"},
		{"--to 1 --v1 /dev/null", ""},
	}
	for _, test := range tests {
		t.Run(test.args, func(t *testing.T) {
			_, err := parseFlags(strings.Fields(test.args), io.Discard)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	if _, err := parseFlags([]string{"--help"}, io.Discard); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("--help: %v", err)
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("thousands(%d) = %s, want %s", n, got, want)
		}
	}
}
