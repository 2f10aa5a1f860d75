package load

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// stages is the number of stages.
const stages = 5

// A Tally is what all connections have seen.
type Tally struct {
	stage       atomic.Int32 // see Enter and Now
	Connections atomic.Int64
	Lost        atomic.Int64 // of them
	Answers     atomic.Int64 // that have been checked
	Wrong       atomic.Int64
	stalls      [stages]atomic.Int64 // the longest wait for answers, in nanoseconds

	mu       sync.Mutex
	problems []string
}

// Enter tells what the server is going to do.
func (t *Tally) Enter(s Stage) { t.stage.Store(int32(s)) }

// Now returns what the server is doing.
func (t *Tally) Now() Stage { return Stage(t.stage.Load()) }

// problemLimit is how many problems are described, and not only counted.
const problemLimit = 10

// Problem describes something that should not have happened.
func (t *Tally) Problem(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.problems) < problemLimit {
		t.problems = append(t.problems, fmt.Sprintf(format, args...))
	}
}

// Expect counts a checked answer.
func (t *Tally) Expect(ok bool, format string, args ...any) {
	t.Answers.Add(1)
	if !ok {
		t.Wrong.Add(1)
		t.Problem(format, args...)
	}
}

// lose counts a connection that has failed.
func (t *Tally) lose(id int, err error) {
	t.Lost.Add(1)
	t.Problem("connection %d: %v", id, err)
}

// stalled records how long somebody has waited for answers.
func (t *Tally) stalled(e exchange) {
	s := e.sentStage
	if !s.Updating() && e.answerStage > s {
		s++ // an update has come in between
	}
	wait := int64(e.received.Sub(e.sent))
	for {
		longest := t.stalls[s].Load()
		if wait <= longest || t.stalls[s].CompareAndSwap(longest, wait) {
			return
		}
	}
}

// Stall returns how long somebody has waited for answers in a stage.
func (t *Tally) Stall(s Stage) time.Duration { return time.Duration(t.stalls[s].Load()) }

// TakeStall returns how long somebody has waited for answers in a stage, which
// begins anew.
func (t *Tally) TakeStall(s Stage) time.Duration { return time.Duration(t.stalls[s].Swap(0)) }

// Problems returns the first problems.
func (t *Tally) Problems() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string{}, t.problems...) // not nil: a list in JSON
}
