package load

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/rules-kitsune/rules_kitsune/examples/kvstore/kv"
)

// A follower reads the MONITOR stream.
type follower struct {
	conn    *kv.Conn
	id      int
	tally   *Tally
	lines   int64
	missing int64
	last    int64         // the number of the last line
	done    chan struct{} // closed when the stream has ended
	err     error         // why, nil if it was asked to; valid then
}

func newFollower(conn *kv.Conn, id int, t *Tally) (*follower, error) {
	if err := conn.Expect("MONITOR"); err != nil {
		return nil, err
	}
	f := &follower{conn: conn, id: id, tally: t, done: make(chan struct{})}
	go func() {
		f.err = f.follow()
		close(f.done)
	}()
	return f, nil
}

func (f *follower) follow() error {
	for {
		r, err := f.conn.Receive()
		if err != nil {
			return err
		}
		if r.Kind == kv.Status {
			return nil // the answer to end's PING
		}
		number, rest, _ := strings.Cut(r.Text, " ")
		n, err := strconv.ParseInt(number, 10, 64)
		if r.Kind != kv.Event || err != nil || rest == "" {
			return fmt.Errorf("got %q", r)
		}
		if f.lines > 0 && n != f.last+1 {
			f.missing += max(n-f.last-1, 1)
			f.tally.Problem("MONITOR: line %d was followed by line %d", f.last, n)
		}
		f.lines++
		f.last = n
	}
}

// end ends the stream and waits until it has been read.
func (f *follower) end() error {
	f.conn.SetDeadline(time.Now().Add(answerTimeout))
	f.conn.Send("PING")
	if err := f.conn.Flush(); err != nil {
		return err
	}
	<-f.done
	return f.err
}
