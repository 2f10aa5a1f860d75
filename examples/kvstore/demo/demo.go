package main

import (
	"context"
	"fmt"
	"time"

	"github.com/rules-kitsune/rules_kitsune/examples/kvstore/kv"
)

// A demo is one run: a server and all that is connected to it.
type demo struct {
	config
	*progress
	tally tally

	server    *kv.Server
	control   *kv.Conn // for questions about the server
	workers   []*worker
	witnesses []*witness
	follower  *follower // nil if the stream is not followed

	updates []updateReport
}

// run runs the demo. It fails if it cannot come to a result; a bad result is
// not an error.
func run(ctx context.Context, c config, p *progress) (*report, error) {
	command := []string{c.versions[c.from-1]}
	if c.driver != "" {
		command = append([]string{c.driver}, command...)
	}
	server, err := kv.Start(ctx, command...)
	if err != nil {
		return nil, err
	}
	defer server.Stop()
	d := &demo{config: c, progress: p, server: server}
	d.tally.enter(atWork(c.from))
	defer d.disconnect()

	report, err := d.run(ctx)
	if ended := server.Err(); ended != nil {
		return nil, ended // whatever else went wrong, this is why
	}
	return report, err
}

func (d *demo) run(ctx context.Context) (*report, error) {
	d.say("kvstore runs as process %d on %s", d.server.PID(), d.server.Addr)
	defer d.watch(&d.tally)()
	if err := d.connect(ctx); err != nil {
		return nil, err
	}
	d.say("loading %s keys over %d connections", thousands(int64(d.keys)), d.conns)
	together(d.workers, &d.tally, func(w *worker) error { return w.load(ctx) })

	if err := d.workAndUpdate(ctx); err != nil {
		return nil, err
	}

	d.say("verifying every key")
	if err := d.verify(ctx); err != nil {
		return nil, err
	}
	return d.result(), nil
}

func (d *demo) connect(ctx context.Context) (err error) {
	if d.control, _, err = d.dial(ctx); err != nil {
		return err
	}
	for i := range d.conns {
		conn, id, err := d.dial(ctx)
		if err != nil {
			return err
		}
		keys := d.keys / d.conns
		if i < d.keys%d.conns {
			keys++
		}
		d.workers = append(d.workers, newWorker(conn, id, keys, &d.tally, d.lifetime))
	}
	if d.monitor {
		conn, id, err := d.dial(ctx)
		if err != nil {
			return err
		}
		if d.follower, err = newFollower(conn, id, &d.tally); err != nil {
			return err
		}
	}
	for version := 1; version <= d.from; version++ {
		if err := d.addWitnesses(ctx, version); err != nil {
			return err
		}
	}
	return nil
}

// dial opens a connection and finds out what the server calls it.
func (d *demo) dial(ctx context.Context) (*kv.Conn, int, error) {
	conn, err := kv.Dial(ctx, d.server.Addr)
	if err != nil {
		return nil, 0, err
	}
	clients, err := conn.Clients()
	if err != nil {
		conn.Close()
		return nil, 0, err
	}
	d.tally.connections.Add(1)
	return conn, clients[0].ID, nil // the newest is the first
}

// addWitnesses connects the witnesses of the commands that a version has added.
func (d *demo) addWitnesses(ctx context.Context, version int) error {
	for i, command := range witnessCommands[version] {
		conn, id, err := d.dial(ctx)
		if err != nil {
			return err
		}
		w, err := newWitness(conn, id, command, i%2 == 1)
		if err != nil {
			return fmt.Errorf("%s: %w", command, err)
		}
		d.witnesses = append(d.witnesses, w)
	}
	return nil
}

func (d *demo) disconnect() {
	if d.control != nil {
		d.control.Close()
	}
	for _, w := range d.workers {
		w.conn.Close()
	}
	for _, w := range d.witnesses {
		w.conn.Close()
	}
	if d.follower != nil {
		d.follower.conn.Close()
		<-d.follower.done
	}
}

// workAndUpdate keeps the workers at work while the server is updated.
func (d *demo) workAndUpdate(ctx context.Context) error {
	working, stop := context.WithCancel(ctx)
	stopped := make(chan struct{})
	go func() {
		together(d.workers, &d.tally, func(w *worker) error { return w.work(working) })
		close(stopped)
	}()
	err := d.updateAll(ctx)
	stop()
	<-stopped
	return err
}

func (d *demo) updateAll(ctx context.Context) error {
	if err := d.workOn(ctx); err != nil {
		return err
	}
	for version := d.from + 1; version <= d.to; version++ {
		if ok, err := d.update(ctx, version); err != nil || !ok {
			return err
		}
		if err := d.addWitnesses(ctx, version); err != nil {
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
	before := d.tally.answers.Load()
	select {
	case <-time.After(d.duration):
		rate := float64(d.tally.answers.Load()-before) / d.duration.Seconds()
		d.say("%v at work, %s answers/s", d.tally.now(), thousands(int64(rate)))
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

	updating := atWork(version) - 1
	d.say("%v: doupd %d %s", updating, d.server.PID(), d.versions[version-1])
	d.tally.enter(updating)
	o, err := update(ctx, d.doupd, d.server.PID(), d.versions[version-1])
	if err != nil {
		return false, err
	}
	ok := o.Outcome == "updated"
	if ok {
		d.tally.enter(atWork(version))
		d.say("  updated in %s", milliseconds(o.Times.Total))
	} else {
		d.tally.enter(atWork(version - 1))
		d.say("  %s: %s", o.Outcome, o.Message)
		d.tally.problem("%v: %s: %s", updating, o.Outcome, o.Message)
	}

	r, err := d.control.Do("VERSION")
	if err != nil {
		return false, fmt.Errorf("VERSION: %w", err)
	}
	d.tally.expect(r.Text == "kvstore "+d.running(), "VERSION: got %v, want %s", r, d.running())
	later, err := d.uptime()
	if err != nil {
		return false, err
	}
	d.tally.expect(later >= uptime, "STATS: uptime_ms was %d and is %d now", uptime, later)
	after, err := d.server.Memory()
	if err != nil {
		return false, err
	}
	d.updates = append(d.updates, updateReport{
		Update: updating.String(), MemoryBefore: before, MemoryAfter: after,
		LongestStall: time.Duration(d.tally.stalls[updating].Load()), outcome: o,
	})
	return ok, nil
}

// running returns what the version that is at work calls itself.
func (d *demo) running() string { return fmt.Sprintf("%d.0", d.tally.now().oldest()) }

// uptime returns how long the server thinks that it has been running, in
// milliseconds.
func (d *demo) uptime() (ms int64, err error) {
	stats, err := d.control.Stats()
	if err != nil {
		return 0, err
	}
	_, err = fmt.Sscan(stats["uptime_ms"], &ms)
	return ms, err
}

// verify compares all that is known about the server with the server.
func (d *demo) verify(ctx context.Context) error {
	select {
	case <-time.After(d.lifetime + clockGrain): // then all keys with a short lifetime are gone
	case <-ctx.Done():
	}
	together(d.workers, &d.tally, func(w *worker) error { return w.verify(ctx) })
	if err := context.Cause(ctx); err != nil {
		return err
	}

	if err := d.control.Expect("DEL", witnessKey); err != nil {
		return err
	}
	if err := d.verifyClients(); err != nil {
		return err
	}
	if err := d.verifyStats(); err != nil {
		return err
	}
	for _, w := range d.witnesses {
		if _, err := w.conn.Do("PING"); err != nil {
			d.tally.lose(w.id, err)
		}
	}
	return nil
}

// verifyClients compares what the server knows about its clients.
func (d *demo) verifyClients() error {
	clients, err := d.control.Clients()
	if err != nil {
		return err
	}
	byID := make(map[int]kv.Client)
	for _, c := range clients {
		byID[c.ID] = c
	}
	for _, w := range d.workers {
		if c := byID[w.id]; !w.lost {
			d.tally.expect(c.Commands == w.conn.Sent() && c.Error == "none",
				"CLIENTS: got %+v, want %d commands without an error", c, w.conn.Sent())
		}
	}
	for _, w := range d.witnesses {
		got, want := byID[w.id], w.client()
		d.tally.expect(got == want, "CLIENTS: got %+v, want %+v", got, want)
	}
	return nil
}

// verifyStats compares the counters of the server, and the end of the stream,
// with what all the connections together have done.
func (d *demo) verifyStats() error {
	stats, err := d.control.Stats()
	if err != nil {
		return err
	}
	want := map[string]string{
		"version": d.running(),
		"pid":     fmt.Sprint(d.server.PID()),
		"clients": fmt.Sprint(d.tally.connections.Load() - d.tally.lost.Load()),
	}
	if d.tally.lost.Load() == 0 { // else it is not known what the lost ones have done
		keys, bytes := d.size()
		want["keys"] = fmt.Sprint(keys)
		want["commands"] = fmt.Sprint(d.commands())
		if _, ok := stats["data_bytes"]; ok {
			want["data_bytes"] = fmt.Sprint(bytes)
		}
	}
	for name, value := range want {
		d.tally.expect(stats[name] == value, "STATS: %s is %s, want %s", name, stats[name], value)
	}

	if d.follower != nil {
		if err := d.follower.end(); err != nil {
			d.tally.lose(d.follower.id, fmt.Errorf("MONITOR: %w", err))
		}
		last := fmt.Sprint(d.follower.last)
		d.tally.expect(last == stats["commands"], "MONITOR ended at %s, want %s", last, stats["commands"])
	}
	return nil
}

// size returns how many keys the server must have, and the characters in them
// and their values.
func (d *demo) size() (keys, bytes int) {
	for _, w := range d.workers {
		k, b := w.size()
		keys += k
		bytes += b
	}
	return keys, bytes
}

// commands returns how many commands the server must have executed.
func (d *demo) commands() int64 {
	n := d.control.Sent()
	for _, w := range d.workers {
		n += w.conn.Sent()
	}
	for _, w := range d.witnesses {
		n += w.client().Commands
	}
	if d.follower != nil {
		n += d.follower.conn.Sent()
	}
	return n
}

func (d *demo) result() *report {
	present, _ := d.size()
	r := &report{
		Version:     d.running(),
		Keys:        d.keys,
		KeysPresent: present,
		Connections: d.tally.connections.Load(),
		Lost:        d.tally.lost.Load(),
		Answers:     d.tally.answers.Load(),
		Wrong:       d.tally.wrong.Load(),
		Updates:     append([]updateReport{}, d.updates...), // not nil: a list in JSON
		Problems:    append([]string{}, d.tally.problems...),
	}
	if d.follower != nil {
		r.StreamLines, r.StreamLost = d.follower.lines, d.follower.missing
	}
	for version := d.from; version <= d.to; version++ {
		r.LongestStall = max(r.LongestStall, time.Duration(d.tally.stalls[atWork(version)].Load()))
	}
	// Whatever is lost or wrong, or an update that was refused, is a problem.
	r.OK = len(r.Problems) == 0
	return r
}
