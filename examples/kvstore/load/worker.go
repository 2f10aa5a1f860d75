package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/rules-kitsune/rules_kitsune/examples/kvstore/kv"
)

const (
	// BatchLimit is how many commands a connection at work sends at most
	// before it reads the answers, largeBatch how many it sends when it goes
	// through all of its keys.
	BatchLimit = 16
	largeBatch = 300

	// answerTimeout is how long an answer may take before the connection is
	// given up.
	answerTimeout = 30 * time.Second
)

// A worker keeps a connection busy.
type worker struct {
	conn  *kv.Conn
	id    int // of the connection, as the server counts
	keys  []*key
	rng   *rand.Rand
	tally *Tally
	lost  bool

	lifetime time.Duration // of keys that expire soon
	batch    []command
	began    exchange // when the first command of the batch was written
}

func newWorker(conn *kv.Conn, id, keys int, t *Tally, lifetime time.Duration) *worker {
	w := &worker{conn: conn, id: id, tally: t, lifetime: lifetime, rng: rand.New(rand.NewPCG(uint64(id), 0))}
	for i := range keys {
		w.keys = append(w.keys, &key{
			name:    fmt.Sprintf("client%d:key%d", id, i),
			counter: i%8 == 0,
			brief:   i%8 == 1,
		})
	}
	return w
}

// add puts a command into the next batch.
func (w *worker) add(c command) {
	if len(w.batch) == 0 {
		w.began = exchange{sent: time.Now(), sentStage: w.tally.Now()}
	}
	w.batch = append(w.batch, c)
	w.conn.Send(c.words...)
}

// exchange sends the batch and checks the answers. It fails if the connection
// does.
func (w *worker) exchange() (exchange, error) {
	e := w.began
	w.conn.SetDeadline(time.Now().Add(answerTimeout))
	if err := w.conn.Flush(); err != nil {
		return e, err
	}
	replies := make([]kv.Reply, len(w.batch))
	for i := range w.batch {
		var err error
		if replies[i], err = w.conn.Receive(); err != nil {
			return e, err
		}
	}
	e.received, e.answerStage = time.Now(), w.tally.Now()
	for i, c := range w.batch {
		w.tally.Expect(c.check(replies[i], e), "%q was answered %.80q (%v)", c.words, replies[i], e.answerStage)
	}
	w.batch = w.batch[:0]
	return e, nil
}

// all sends commands for every key, in large batches.
func (w *worker) all(ctx context.Context, commands func(*key) []command) error {
	for i, k := range w.keys {
		for _, c := range commands(k) {
			w.add(c)
		}
		if len(w.batch) < largeBatch && i < len(w.keys)-1 {
			continue
		}
		if _, err := w.exchange(); err != nil {
			return err
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
	}
	return nil
}

// load gives every key its first value.
func (w *worker) load(ctx context.Context) error {
	return w.all(ctx, func(k *key) []command {
		if k.counter {
			return []command{k.incr()}
		}
		return []command{k.set(randomText(w.rng), 0)}
	})
}

// work does random things until the context ends.
func (w *worker) work(ctx context.Context) error {
	for ctx.Err() == nil {
		version := w.tally.Now().Oldest()
		// Different keys, because what is known about a key only changes with the answers.
		first := w.rng.IntN(len(w.keys))
		for i := range 1 + w.rng.IntN(BatchLimit) {
			w.add(w.keys[(first+i)%len(w.keys)].random(w.rng, version, w.lifetime))
		}
		e, err := w.exchange()
		if err != nil {
			return err
		}
		w.tally.stalled(e)
	}
	return nil
}

// verify looks at everything that is known about every key.
func (w *worker) verify(ctx context.Context) error {
	version := w.tally.Now().Oldest()
	return w.all(ctx, func(k *key) []command {
		if version == 1 {
			return []command{k.get()}
		}
		return []command{k.get(), k.hits(), k.ttl()}
	})
}

// size returns how many of the keys the server must have, and the characters
// in them and their values. Only valid right after verify.
func (w *worker) size() (keys, bytes int) {
	for _, k := range w.keys {
		if k.present {
			keys++
			bytes += len(k.name) + len(k.value)
		}
	}
	return keys, bytes
}

// together lets all workers do something at the same time, and waits. A worker
// that fails has lost its connection.
func together(workers []*worker, t *Tally, what func(*worker) error) {
	var wg sync.WaitGroup
	for _, w := range workers {
		if w.lost {
			continue
		}
		wg.Go(func() {
			if err := what(w); err != nil {
				w.lost = true
				t.lose(w.id, err)
			}
		})
	}
	wg.Wait()
}
