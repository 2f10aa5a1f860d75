package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/rules-kitsune/rules_kitsune/examples/kvstore/load"
)

// A fault is an update of version 1 that must not take place.
type fault struct {
	what    string
	file    func(*demo) (string, error)
	where   string // with the faulty version: what goes wrong (../faults/faulty/fault.c)
	outcome string // as doupd calls it
}

var faults = []fault{
	{"a program that is no version", func(*demo) (string, error) { return os.Executable() }, "", "refused"},
	{"version 3, which follows version 2", func(d *demo) (string, error) { return d.versions[2], nil }, "", "refused"},
	{"a constructor crashes", faulty, "constructor SIGSEGV", "refused"},
	{"a transformer crashes", faulty, "transformer SIGSEGV", "rolled_back"},
	{"a transformer calls abort()", faulty, "transformer abort", "rolled_back"},
	{"main() calls exit()", faulty, "main exit", "rolled_back"},
	{"main() overflows the stack", faulty, "main overflow", "rolled_back"},
	{"main() does not come to an end", faulty, "main loop", "rolled_back"},
	{"kitsune_health() says no", faulty, "health unhealthy", "rolled_back"},
}

func faulty(d *demo) (string, error) { return d.faulty, nil }

// faultLimit is how long a faulty version may take.
const faultLimit = time.Second

// faultFile is where the faulty version reads what goes wrong.
func faultFile(dir string) string { return filepath.Join(dir, "fault") }

// faultEnvironment is what the server needs for the faults.
func faultEnvironment(dir string) []string {
	return []string{"KVSTORE_FAULT=" + faultFile(dir), fmt.Sprintf("KITSUNE_UPDATE_LIMIT=%g", faultLimit.Seconds())}
}

// tryFaults asks for updates that must not take place.
func (d *demo) tryFaults(ctx context.Context) error {
	for _, f := range faults {
		file, err := f.file(d)
		if err == nil {
			err = os.WriteFile(faultFile(d.dir), []byte(f.where+"\n"), 0o600)
		}
		if err != nil {
			return err
		}
		d.say("%s: doupd %d %s", f.what, d.server.PID(), file)
		updating := load.AtWork(2) - 1
		d.Enter(updating)
		o, err := update(ctx, d.doupd, d.server.PID(), file)
		if err != nil {
			return err
		}
		d.Enter(load.AtWork(1))
		d.say("  %s", o.Message)
		d.Expect(o.Outcome == f.outcome, "%s: the outcome is %s, not %s: %s", f.what, o.Outcome, f.outcome, o.Message)
		if err := d.VerifyVersion(); err != nil {
			return err
		}
		d.tried = append(d.tried, faultReport{
			Fault: f.what, Outcome: o.Outcome, Message: o.Message, LongestStall: d.TakeStall(updating),
		})
	}
	return d.workOn(ctx)
}
