package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/rules-kitsune/rules_kitsune/examples/kvstore/kv"
	"github.com/rules-kitsune/rules_kitsune/examples/kvstore/load"
)

// A demo is one run: a server and all that is connected to it.
type demo struct {
	config
	*progress
	*load.Clients

	server  *kv.Server
	dir     string        // for files
	tried   []faultReport // if there are faults
	updates []updateReport
}

// run runs the demo. It fails if it cannot come to a result; a bad result is
// not an error.
func run(ctx context.Context, c config, p *progress) (*report, error) {
	command := []string{c.versions[c.from-1]}
	if c.driver != "" {
		command = append([]string{c.driver}, command...)
	}
	dir, err := os.MkdirTemp("", "kvstore-demo-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if c.faults {
		command = append(append([]string{"/usr/bin/env"}, faultEnvironment(dir)...), command...)
	}
	server, err := kv.Start(ctx, command...)
	if err != nil {
		return nil, err
	}
	defer server.Stop()
	d := &demo{config: c, progress: p, server: server, dir: dir}
	report, err := d.run(ctx)
	if ended := server.Err(); ended != nil {
		return nil, ended // whatever else went wrong, this is why
	}
	return report, err
}

func (d *demo) run(ctx context.Context) (_ *report, err error) {
	d.say("kvstore runs as process %d on %s", d.server.PID(), d.server.Addr)
	d.Clients, err = load.Connect(ctx, d.server, load.Options{
		Version: d.from, Keys: d.keys, Conns: d.conns, Lifetime: d.lifetime, Monitor: d.monitor,
	})
	defer d.Close()
	if err != nil {
		return nil, err
	}
	defer d.watch(&d.Tally)()
	d.say("loading %s keys over %d connections", thousands(int64(d.keys)), d.conns)
	d.Fill(ctx)

	stop := d.Work(ctx)
	err = d.updateAll(ctx)
	stop()
	if err != nil {
		return nil, err
	}

	d.say("verifying every key")
	if err := d.Verify(ctx); err != nil {
		return nil, err
	}
	return d.result(), nil
}

func (d *demo) updateAll(ctx context.Context) error {
	if err := d.workOn(ctx); err != nil {
		return err
	}
	if d.faults {
		if err := d.tryFaults(ctx); err != nil {
			return err
		}
	}
	for version := d.from + 1; version <= d.to; version++ {
		if ok, err := d.update(ctx, version); err != nil || !ok {
			return err
		}
		if err := d.AddWitnesses(ctx, version); err != nil {
			return err
		}
		if err := d.workOn(ctx); err != nil {
			return err
		}
	}
	return nil
}

// workOn leaves the workers alone for a while.
func (d *demo) workOn(ctx context.Context) error {
	before := d.Answers.Load()
	select {
	case <-time.After(d.duration):
		rate := float64(d.Answers.Load()-before) / d.duration.Seconds()
		d.say("%v at work, %s answers/s", d.Now(), thousands(int64(rate)))
		return nil
	case <-d.server.Exited():
		return d.server.Err()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// update updates the server to the next version, and returns whether it runs.
func (d *demo) update(ctx context.Context, version int) (bool, error) {
	before, err := d.server.Memory()
	if err != nil {
		return false, err
	}
	uptime, err := d.uptime()
	if err != nil {
		return false, err
	}

	updating := load.AtWork(version) - 1
	d.say("%v: doupd %d %s", updating, d.server.PID(), d.versions[version-1])
	d.Enter(updating)
	o, err := update(ctx, d.doupd, d.server.PID(), d.versions[version-1])
	if err != nil {
		return false, err
	}
	ok := o.Outcome == "updated"
	if ok {
		d.Enter(load.AtWork(version))
		d.say("  updated in %s", milliseconds(o.Times.Total))
	} else {
		d.Enter(load.AtWork(version - 1))
		d.say("  %s: %s", o.Outcome, o.Message)
		d.Problem("%v: %s: %s", updating, o.Outcome, o.Message)
	}

	if err := d.VerifyVersion(); err != nil {
		return false, err
	}
	later, err := d.uptime()
	if err != nil {
		return false, err
	}
	d.Expect(later >= uptime, "STATS: uptime_ms was %d and is %d now", uptime, later)
	after, err := d.server.Memory()
	if err != nil {
		return false, err
	}
	d.updates = append(d.updates, updateReport{
		Update: updating.String(), MemoryBefore: before, MemoryAfter: after,
		LongestStall: d.Stall(updating), outcome: o,
	})
	return ok, nil
}

// uptime returns how long the server thinks that it has been running, in
// milliseconds.
func (d *demo) uptime() (ms int64, err error) {
	stats, err := d.Control.Stats()
	if err != nil {
		return 0, err
	}
	_, err = fmt.Sscan(stats["uptime_ms"], &ms)
	return ms, err
}

func (d *demo) result() *report {
	present, _ := d.Size()
	r := &report{
		Version:     d.Running(),
		Keys:        d.keys,
		KeysPresent: present,
		Connections: d.Connections.Load(),
		Lost:        d.Lost.Load(),
		Answers:     d.Answers.Load(),
		Wrong:       d.Wrong.Load(),
		Faults:      append([]faultReport{}, d.tried...),
		Updates:     append([]updateReport{}, d.updates...), // not nil: a list in JSON
		Problems:    d.Problems(),
	}
	r.StreamLines, r.StreamLost = d.Stream()
	for version := d.from; version <= d.to; version++ {
		r.LongestStall = max(r.LongestStall, d.Stall(load.AtWork(version)))
	}
	// Whatever is lost or wrong, or an update that was refused, is a problem.
	r.OK = len(r.Problems) == 0
	return r
}
