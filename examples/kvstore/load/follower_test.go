package load

import (
	"io"
	"net"
	"testing"

	"github.com/rules-kitsune/rules_kitsune/examples/kvstore/kv"
)

func TestFollower(t *testing.T) {
	tests := []struct {
		name           string
		stream         string
		lines, missing int64
		fails          bool
	}{
		{"whole", "!5 1 PING\r\n!6 2 GET a\r\n!7 1 PING\r\n+PONG\r\n", 3, 0, false},
		{"gap", "!5 1 PING\r\n!8 2 GET a\r\n!9 1 PING\r\n+PONG\r\n", 3, 2, false},
		{"repetition", "!5 1 PING\r\n!5 1 PING\r\n+PONG\r\n", 2, 1, false},
		{"cut off", "!5 1 PING\r\n!6 2 GE", 1, 0, true},
		{"no command", "!5 1 PING\r\n!6\r\n", 1, 0, true},
		{"no number", "!five 1 PING\r\n", 0, 0, true},
		{"another answer", "!5 1 PING\r\n$value\r\n", 1, 0, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				if c, err := l.Accept(); err == nil {
					io.WriteString(c, "+OK\r\n"+test.stream)
					c.Close()
				}
			}()
			conn, err := kv.Dial(t.Context(), l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			f, err := newFollower(conn, 1, new(Tally))
			if err != nil {
				t.Fatal(err)
			}
			<-f.done
			if f.lines != test.lines || f.missing != test.missing || (f.err != nil) != test.fails {
				t.Errorf("got %d lines, %d missing, error %v; want %d, %d, error: %t",
					f.lines, f.missing, f.err, test.lines, test.missing, test.fails)
			}
			if problems := len(f.tally.problems); (problems > 0) != (test.missing > 0) {
				t.Errorf("problems: %q", f.tally.problems)
			}
		})
	}
}
