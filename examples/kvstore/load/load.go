// Package load keeps a kvstore busy, and knows what it must answer.
//
// Many connections work at the same time. Each has keys of its own, so it knows
// what the server must answer, and compares. Another one may follow the MONITOR
// stream and look for gaps, and some, the witnesses, do nothing at all but
// stay. In the end every key, every lifetime and every counter is compared over
// the connections that were opened in the beginning.
package load

import (
	"context"
	"fmt"
	"time"

	"github.com/rules-kitsune/rules_kitsune/examples/kvstore/kv"
)

// Options say what there is to do.
type Options struct {
	Version     int           // that the server has
	Keys, Conns int           // in the store, and at work
	Lifetime    time.Duration // of keys that expire in the meantime
	Monitor     bool          // follow the stream, so that updates begin at "monitor" and not at "main"
}

// Clients are all that is connected to a server.
type Clients struct {
	Tally
	Control *kv.Conn // for questions about the server

	options   Options
	server    *kv.Server
	workers   []*worker
	witnesses []*witness
	follower  *follower // nil if the stream is not followed
}

// Connect connects to a server. The caller must call Close, also after an error.
func Connect(ctx context.Context, server *kv.Server, o Options) (*Clients, error) {
	c := &Clients{options: o, server: server}
	c.Enter(AtWork(o.Version))
	return c, c.connect(ctx)
}

func (c *Clients) connect(ctx context.Context) (err error) {
	if c.Control, _, err = c.dial(ctx); err != nil {
		return err
	}
	for i := range c.options.Conns {
		conn, id, err := c.dial(ctx)
		if err != nil {
			return err
		}
		keys := c.options.Keys / c.options.Conns
		if i < c.options.Keys%c.options.Conns {
			keys++
		}
		c.workers = append(c.workers, newWorker(conn, id, keys, &c.Tally, c.options.Lifetime))
	}
	if c.options.Monitor {
		conn, id, err := c.dial(ctx)
		if err != nil {
			return err
		}
		if c.follower, err = newFollower(conn, id, &c.Tally); err != nil {
			return err
		}
	}
	for version := 1; version <= c.options.Version; version++ {
		if err := c.AddWitnesses(ctx, version); err != nil {
			return err
		}
	}
	return nil
}

// dial opens a connection and finds out what the server calls it.
func (c *Clients) dial(ctx context.Context) (*kv.Conn, int, error) {
	conn, err := kv.Dial(ctx, c.server.Addr)
	if err != nil {
		return nil, 0, err
	}
	clients, err := conn.Clients()
	if err != nil {
		conn.Close()
		return nil, 0, err
	}
	c.Connections.Add(1)
	return conn, clients[0].ID, nil // the newest is the first
}

// AddWitnesses connects the witnesses of the commands that a version has added.
func (c *Clients) AddWitnesses(ctx context.Context, version int) error {
	for i, command := range witnessCommands[version] {
		conn, id, err := c.dial(ctx)
		if err != nil {
			return err
		}
		w, err := newWitness(conn, id, command, i%2 == 1)
		if err != nil {
			return fmt.Errorf("%s: %w", command, err)
		}
		c.witnesses = append(c.witnesses, w)
	}
	return nil
}

// Close ends all connections.
func (c *Clients) Close() {
	if c.Control != nil {
		c.Control.Close()
	}
	for _, w := range c.workers {
		w.conn.Close()
	}
	for _, w := range c.witnesses {
		w.conn.Close()
	}
	if c.follower != nil {
		c.follower.conn.Close()
		<-c.follower.done
	}
}

// Fill gives every key its first value.
func (c *Clients) Fill(ctx context.Context) {
	together(c.workers, &c.Tally, func(w *worker) error { return w.load(ctx) })
}

// Work lets all connections work until the function it returns is called.
func (c *Clients) Work(ctx context.Context) (stop func()) {
	working, cancel := context.WithCancel(ctx)
	stopped := make(chan struct{})
	go func() {
		together(c.workers, &c.Tally, func(w *worker) error { return w.work(working) })
		close(stopped)
	}()
	return func() {
		cancel()
		<-stopped
	}
}

// Running returns what the version that is at work calls itself.
func (c *Clients) Running() string { return fmt.Sprintf("%d.0", c.Now().Oldest()) }

// VerifyVersion asks the server for its version.
func (c *Clients) VerifyVersion() error {
	r, err := c.Control.Do("VERSION")
	if err != nil {
		return fmt.Errorf("VERSION: %w", err)
	}
	c.Expect(r.Text == "kvstore "+c.Running(), "VERSION: got %v, want %s", r, c.Running())
	return nil
}

// VerifyKeys looks at everything that is known about every key. Nobody may be
// at work.
func (c *Clients) VerifyKeys(ctx context.Context) error {
	together(c.workers, &c.Tally, func(w *worker) error { return w.verify(ctx) })
	return context.Cause(ctx)
}

// Verify compares all that is known about the server with the server, in the
// end: it ends the stream. Nobody may be at work.
func (c *Clients) Verify(ctx context.Context) error {
	select {
	case <-time.After(c.options.Lifetime + clockGrain): // then all keys with a short lifetime are gone
	case <-ctx.Done():
	}
	if err := c.VerifyKeys(ctx); err != nil {
		return err
	}
	c.Control.SetDeadline(time.Now().Add(answerTimeout))
	defer c.Control.SetDeadline(time.Time{})
	if err := c.Control.Expect("DEL", witnessKey); err != nil {
		return err
	}
	if err := c.verifyClients(); err != nil {
		return err
	}
	if err := c.verifyStats(); err != nil {
		return err
	}
	for _, w := range c.witnesses {
		w.conn.SetDeadline(time.Now().Add(answerTimeout))
		if _, err := w.conn.Do("PING"); err != nil {
			c.lose(w.id, err)
		}
	}
	return nil
}

// verifyClients compares what the server knows about its clients.
func (c *Clients) verifyClients() error {
	clients, err := c.Control.Clients()
	if err != nil {
		return err
	}
	byID := make(map[int]kv.Client)
	for _, client := range clients {
		byID[client.ID] = client
	}
	for _, w := range c.workers {
		if got := byID[w.id]; !w.lost {
			c.Expect(got.Commands == w.conn.Sent() && got.Error == "none",
				"CLIENTS: got %+v, want %d commands without an error", got, w.conn.Sent())
		}
	}
	for _, w := range c.witnesses {
		got, want := byID[w.id], w.client()
		c.Expect(got == want, "CLIENTS: got %+v, want %+v", got, want)
	}
	return nil
}

// verifyStats compares the counters of the server, and the end of the stream,
// with what all the connections together have done.
func (c *Clients) verifyStats() error {
	stats, err := c.Control.Stats()
	if err != nil {
		return err
	}
	want := map[string]string{
		"version": c.Running(),
		"pid":     fmt.Sprint(c.server.PID()),
		"clients": fmt.Sprint(c.Connections.Load() - c.Lost.Load()),
	}
	if c.Lost.Load() == 0 { // else it is not known what the lost ones have done
		keys, bytes := c.Size()
		want["keys"] = fmt.Sprint(keys)
		want["commands"] = fmt.Sprint(c.commands())
		if _, ok := stats["data_bytes"]; ok {
			want["data_bytes"] = fmt.Sprint(bytes)
		}
	}
	for name, value := range want {
		c.Expect(stats[name] == value, "STATS: %s is %s, want %s", name, stats[name], value)
	}

	if c.follower != nil {
		if err := c.follower.end(); err != nil {
			c.lose(c.follower.id, fmt.Errorf("MONITOR: %w", err))
		}
		last := fmt.Sprint(c.follower.last)
		c.Expect(last == stats["commands"], "MONITOR ended at %s, want %s", last, stats["commands"])
	}
	return nil
}

// Size returns how many keys the server must have, and the characters in them
// and their values. Only valid right after Verify.
func (c *Clients) Size() (keys, bytes int) {
	for _, w := range c.workers {
		k, b := w.size()
		keys += k
		bytes += b
	}
	return keys, bytes
}

// Stream returns how many lines of the stream have come, and how many are
// missing. Only valid after Verify.
func (c *Clients) Stream() (lines, missing int64) {
	if c.follower == nil {
		return 0, 0
	}
	return c.follower.lines, c.follower.missing
}

// commands returns how many commands the server must have executed.
func (c *Clients) commands() int64 {
	n := c.Control.Sent()
	for _, w := range c.workers {
		n += w.conn.Sent()
	}
	for _, w := range c.witnesses {
		n += w.client().Commands
	}
	if c.follower != nil {
		n += c.follower.conn.Sent()
	}
	return n
}
