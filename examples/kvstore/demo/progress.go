package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/rules-kitsune/rules_kitsune/examples/kvstore/load"
)

// progress shows what is going on. On a terminal the last line is alive.
type progress struct {
	out io.Writer
	tty bool

	mu     sync.Mutex
	status string // the live line
}

func newProgress(out io.Writer, tty bool) *progress {
	return &progress{out: out, tty: tty}
}

// say prints a line that stays.
func (p *progress) say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	fmt.Fprintf(p.out, format+"\n", args...)
	p.draw()
}

// show replaces the live line.
func (p *progress) show(status string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	p.status = status
	p.draw()
}

func (p *progress) erase() {
	if p.tty && p.status != "" {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}

func (p *progress) draw() {
	if p.tty {
		fmt.Fprint(p.out, p.status)
	}
}

// watch shows the state of the connections until the function it returns is
// called.
func (p *progress) watch(t *load.Tally) (stop func()) {
	if !p.tty {
		return func() {}
	}
	const interval = 200 * time.Millisecond
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		answers, at := t.Answers.Load(), time.Now()
		for {
			select {
			case <-quit:
				p.show("")
				return
			case now := <-ticker.C:
				n := t.Answers.Load()
				rate := float64(n-answers) / now.Sub(at).Seconds()
				answers, at = n, now
				s := t.Now()
				p.show(fmt.Sprintf("  %-8v %9s answers/s, %d connections, %d lost, %d wrong, stall %s", s,
					thousands(int64(rate)), t.Connections.Load(), t.Lost.Load(), t.Wrong.Load(),
					milliseconds(t.Stall(s))))
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

// thousands formats a number for people.
func thousands(n int64) string {
	digits := fmt.Sprint(n)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// milliseconds formats a short time.
func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}

// megabytes formats a size.
func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
