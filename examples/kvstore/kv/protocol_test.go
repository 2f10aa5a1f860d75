package kv_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rules-kitsune/rules_kitsune/examples/kvstore/kv"
	"github.com/rules-kitsune/rules_kitsune/examples/kvstore/kv/kvtest"
)

func TestMain(m *testing.M) { kvtest.Main(m) }

const patience = 30 * time.Second

// forVersions runs a test with a new server of each version from first to
// last.
func forVersions(t *testing.T, first, last int, test func(t *testing.T, s *kv.Server)) {
	for _, version := range kvtest.Versions {
		if version < first || version > last {
			continue
		}
		t.Run(fmt.Sprintf("v%d", version), func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			s, err := kv.Start(ctx, kvtest.Command(t, version)...)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := s.Err(); err != nil {
					t.Error(err)
				}
				s.Stop()
			}()
			test(t, s)
		})
	}
}

// A raw connection sends and receives bytes as they are.
type raw struct {
	*net.TCPConn
	t testing.TB
	r *bufio.Reader
}

func dialRaw(t testing.TB, s *kv.Server) *raw {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return &raw{c.(*net.TCPConn), t, bufio.NewReader(c)}
}

func (c *raw) send(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		c.t.Fatal(err)
	}
}

// line returns the next line, or EOF.
func (c *raw) line() string {
	c.t.Helper()
	line, err := c.r.ReadString('\n')
	if err == io.EOF && line == "" {
		return "EOF"
	}
	if err != nil {
		c.t.Fatalf("%v after %q", err, line)
	}
	text, ok := strings.CutSuffix(line, "\r\n")
	if !ok {
		c.t.Fatalf("answer %q does not end in CR LF", line)
	}
	return text
}

func (c *raw) expect(lines ...string) {
	c.t.Helper()
	for _, want := range lines {
		if got := c.line(); got != want {
			c.t.Fatalf("got %q, want %q", got, want)
		}
	}
}

func TestProtocol(t *testing.T) {
	text, err := os.ReadFile("testdata/protocol.txt")
	if err != nil {
		t.Fatal(err)
	}
	heading := regexp.MustCompile(`(?m)^\[(\d)(?:-(\d))? (.*)\]\n`)
	sections := heading.FindAllStringSubmatchIndex(string(text), -1)
	if len(sections) == 0 {
		t.Fatal("no conversations")
	}
	for i, at := range sections {
		end := len(text)
		if i+1 < len(sections) {
			end = sections[i+1][0]
		}
		first, last := int(text[at[2]]-'0'), kvtest.Versions[len(kvtest.Versions)-1]
		if at[4] >= 0 {
			last = int(text[at[4]] - '0')
		}
		name := string(text[at[6]:at[7]])
		conversation := string(text[at[1]:end])
		t.Run(name, func(t *testing.T) {
			forVersions(t, first, last, func(t *testing.T, s *kv.Server) {
				converse(t, dialRaw(t, s), conversation)
			})
		})
	}
}

func converse(t *testing.T, c *raw, conversation string) {
	sent := ""
	for line := range strings.Lines(conversation) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, ">"):
			sent = strings.TrimPrefix(line[1:], " ")
			c.send(sent + "\r\n")
		case strings.HasPrefix(line, "< "):
			want := line[2:]
			got := c.line()
			ok := got == want
			if pattern, isPattern := strings.CutPrefix(want, "/"); isPattern {
				ok = regexp.MustCompile("^" + strings.TrimSuffix(pattern, "/") + "$").MatchString(got)
			}
			if !ok {
				t.Fatalf("%s\n\tgot  %s\n\twant %s", sent, got, want)
			}
		case line != "":
			t.Fatalf("neither > nor <: %q", line)
		}
	}
}

// TestLines tests where a command begins and ends in the stream of bytes.
func TestLines(t *testing.T) {
	forVersions(t, 1, 3, func(t *testing.T, s *kv.Server) {
		t.Run("LF", func(t *testing.T) {
			c := dialRaw(t, s)
			c.send("PING\nPING\r\n\n\r\nPING\n")
			c.expect("+PONG", "+PONG", "+PONG")
		})
		t.Run("in pieces", func(t *testing.T) {
			c := dialRaw(t, s)
			for _, b := range []byte("SET pieces 1\r\nGET pieces\r\n") {
				c.send(string(b))
				time.Sleep(time.Millisecond)
			}
			c.expect("+OK", "$1")
		})
		t.Run("end of input", func(t *testing.T) {
			c := dialRaw(t, s)
			c.send("PING\r\nSET unfinished 1")
			c.CloseWrite()
			c.expect("+PONG", "EOF")
			c = dialRaw(t, s)
			c.send("GET unfinished\r\n")
			c.expect("_")
		})
		t.Run("after QUIT", func(t *testing.T) {
			c := dialRaw(t, s)
			c.send("QUIT\r\nSET late 1\r\n")
			c.expect("+BYE", "EOF")
			c = dialRaw(t, s)
			c.send("GET late\r\n")
			c.expect("_")
		})
		t.Run("NUL", func(t *testing.T) {
			c := dialRaw(t, s)
			c.send("PING\r\nPI\x00NG\r\nPING\r\n")
			c.expect("+PONG", "-ERR line too long or not text", "EOF")
		})
		t.Run("long", func(t *testing.T) {
			c := dialRaw(t, s)
			value := strings.Repeat("x", 1<<20-100)
			c.send("SET long " + value + "\r\nGET long\r\n")
			c.expect("+OK", "$"+value)
		})
		t.Run("too long", func(t *testing.T) {
			c := dialRaw(t, s)
			go io.WriteString(c, "SET long "+strings.Repeat("x", 2<<20))
			c.expect("-ERR line too long or not text")
		})
		t.Run("many words", func(t *testing.T) {
			c := dialRaw(t, s)
			c.send("DEL" + strings.Repeat(" k", 255) + "\r\nDEL" + strings.Repeat(" k", 256) + "\r\nPING\r\n")
			c.expect(":0", "-ERR wrong words for this command, try HELP", "+PONG")
		})
	})
}

// TestUnread tests a client that sends and does not read: the server must
// neither wait for it nor keep all its answers in memory.
func TestUnread(t *testing.T) {
	forVersions(t, 1, 3, func(t *testing.T, s *kv.Server) {
		value := strings.Repeat("v", 10_000)
		before, err := s.Memory()
		if err != nil {
			t.Fatal(err)
		}
		c := dialRaw(t, s)
		c.send("SET big " + value + "\r\n")
		c.expect("+OK")
		const gets = 20_000 // answers of 200 MB
		done := make(chan error, 1)
		go func() {
			_, err := io.WriteString(c, strings.Repeat("GET big\r\n", gets))
			done <- err
		}()

		other := dialRaw(t, s)
		for range 50 {
			other.send("PING\r\n")
			other.expect("+PONG")
			time.Sleep(4 * time.Millisecond)
		}
		after, err := s.Memory()
		if err != nil {
			t.Fatal(err)
		}
		if after-before > 20<<20 {
			t.Errorf("the server grew from %d to %d bytes", before, after)
		}
		for range gets {
			c.expect("$" + value)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		c.send("PING\r\n")
		c.expect("+PONG")
	})
}

func TestMonitor(t *testing.T) {
	forVersions(t, 1, 3, func(t *testing.T, s *kv.Server) {
		a, b, c := dialRaw(t, s), dialRaw(t, s), dialRaw(t, s)
		for _, conn := range []*raw{a, b, c} {
			conn.send("PING\r\n")
			conn.expect("+PONG")
		}
		a.send("MONITOR\r\n")
		a.expect("+OK")
		b.send("set \"a b\" \"\"\r\nNOSUCH\r\nGET c\\d\r\n")
		b.expect("+OK", "-ERR unknown command, try HELP", "_")
		a.expect(`!5 2 set "a b" ""`, `!6 2 GET "c\\d"`)

		c.send("PING\r\nMONITOR\r\n")
		c.expect("+PONG", "+OK")
		a.expect("!7 3 PING", "!8 3 MONITOR")
		b.send("PING\r\n")
		b.expect("+PONG")
		a.expect("!9 2 PING")
		c.expect("!9 2 PING")

		// Any line ends the stream.
		a.send("PING\r\n")
		a.expect("+PONG")
		c.expect("!10 1 PING")
		b.send("PING\r\n")
		b.expect("+PONG")
		c.expect("!11 2 PING")
		a.send("CLIENTS\r\n")
		a.expect("*",
			"$id=3 commands=3 following=1 last=MONITOR error=none",
			"$id=2 commands=5 following=0 last=PING error=unknown command, try HELP",
			"$id=1 commands=4 following=0 last=CLIENTS error=none",
			".")
		c.Close()
		b.send("PING\r\n")
		b.expect("+PONG")
	})
}

// TestUnreadMonitor tests that a follower that does not read is given up in
// the end, and that nobody else notices.
func TestUnreadMonitor(t *testing.T) {
	forVersions(t, 1, 3, func(t *testing.T, s *kv.Server) {
		follower := dialRaw(t, s)
		follower.send("MONITOR\r\n")
		follower.expect("+OK")
		c := dialRaw(t, s)
		value := strings.Repeat("v", 1<<19)
		for range 200 {
			c.send("SET k " + value + "\r\n")
			c.expect("+OK")
		}
		c.send("CLIENTS\r\n")
		c.expect("*", "$id=2 commands=201 following=0 last=CLIENTS error=none", ".")
	})
}

// TestManyKeys tests long chains and the growth of the table.
func TestManyKeys(t *testing.T) {
	forVersions(t, 1, 3, func(t *testing.T, s *kv.Server) {
		const keys = 100_000
		c, err := kv.Dial(t.Context(), s.Addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(patience))

		// all sends one command per key and checks the answers.
		all := func(words func(i int) []string, want func(i int) string) {
			t.Helper()
			const batch = 1000
			for from := 0; from < keys; from += batch {
				for i := from; i < from+batch; i++ {
					c.Send(words(i)...)
				}
				if err := c.Flush(); err != nil {
					t.Fatal(err)
				}
				for i := from; i < from+batch; i++ {
					r, err := c.Receive()
					if err != nil {
						t.Fatal(err)
					}
					if r.String() != want(i) {
						t.Fatalf("%q: got %v, want %s", words(i), r, want(i))
					}
				}
			}
		}
		all(func(i int) []string { return []string{"SET", fmt.Sprint("k", i), fmt.Sprint("v", i)} },
			func(int) string { return "+OK" })
		all(func(i int) []string { return []string{"GET", fmt.Sprint("k", i)} },
			func(i int) string { return fmt.Sprint("$v", i) })
		r, err := c.Do("KEYS")
		if err != nil || len(r.List) != keys {
			t.Fatalf("KEYS: %d keys, %v; want %d", len(r.List), err, keys)
		}
		all(func(i int) []string { return []string{"DEL", fmt.Sprint("k", i)} },
			func(int) string { return ":1" })
		stats, err := c.Stats()
		if err != nil || stats["keys"] != "0" {
			t.Errorf("STATS: %v, %v; want keys=0", stats, err)
		}
	})
}

func TestExpiry(t *testing.T) {
	forVersions(t, 2, 3, func(t *testing.T, s *kv.Server) {
		c := dialRaw(t, s)
		c.send("SET a 1 EX 1\r\nSET b 1 EX 1\r\nSET c 1\r\nEXPIRE c 100\r\nTTL a\r\n")
		c.expect("+OK", "+OK", "+OK", ":1", ":1")
		time.Sleep(1100 * time.Millisecond)
		c.send("GET a\r\nTTL a\r\nEXPIRE a 5\r\nINCR a\r\nTTL a\r\nKEYS\r\n")
		c.expect("_", "_", ":0", ":1", ":-1", "*")
		keys := map[string]bool{c.line(): true, c.line(): true}
		if !keys["$a"] || !keys["$c"] {
			t.Errorf("KEYS: got %v, want a and c", keys)
		}
		c.expect(".")

		// Nobody asks for b any more; it goes away all the same.
		client, err := kv.Dial(t.Context(), s.Addr)
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		client.SetDeadline(time.Now().Add(patience))
		for {
			stats, err := client.Stats()
			if err != nil {
				t.Fatal(err)
			}
			if stats["expired"] == "2" && stats["keys"] == "2" {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
}

func TestManyClients(t *testing.T) {
	forVersions(t, 1, 3, func(t *testing.T, s *kv.Server) {
		var clients []*raw
		for range 300 {
			clients = append(clients, dialRaw(t, s))
		}
		for round := range 3 {
			for _, c := range clients {
				c.send("INCR n\r\n")
			}
			seen := map[string]bool{}
			for _, c := range clients {
				seen[c.line()] = true
			}
			for i := range clients {
				if want := fmt.Sprint(":", round*len(clients)+i+1); !seen[want] {
					t.Fatalf("no client got %s", want)
				}
			}
		}
		for i, c := range clients {
			if i%2 == 0 {
				c.Close()
			}
		}
		for i, c := range clients {
			if i%2 == 1 {
				c.send("PING\r\n")
				c.expect("+PONG")
			}
		}
	})
}

// TestDescriptors tests a server that runs out of file descriptors: it turns
// clients away and serves the ones it has.
func TestDescriptors(t *testing.T) {
	for _, version := range kvtest.Versions {
		t.Run(fmt.Sprintf("v%d", version), func(t *testing.T) {
			command := append([]string{"sh", "-c", `ulimit -n 20 && exec "$@"`, "sh"}, kvtest.Command(t, version)...)
			s, err := kv.Start(t.Context(), command...)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Stop()
			served := dialRaw(t, s)
			turnedAway := 0
			for range 30 {
				c := dialRaw(t, s)
				io.WriteString(c, "PING\r\n")
				if line, err := c.r.ReadString('\n'); err != nil {
					turnedAway++
				} else if line != "+PONG\r\n" {
					t.Errorf("got %q", line)
				}
			}
			if turnedAway == 0 || turnedAway == 30 {
				t.Errorf("%d of 30 clients were turned away", turnedAway)
			}
			served.send("PING\r\n")
			served.expect("+PONG")
		})
	}
}

func TestCommandLine(t *testing.T) {
	tests := []struct {
		args []string
		want string
	}{
		{[]string{"--port", "70000"}, "kvstore: --port 70000: not a port"},
		{[]string{"--port", "x"}, "kvstore: --port x: not a port"},
		{[]string{"--log", "/nonexistent/log"}, "kvstore: cannot open /nonexistent/log: No such file or directory"},
		{[]string{"extra"}, "usage: kvstore [--port N] [--port-file FILE] [--log FILE]"},
	}
	for _, version := range kvtest.Versions {
		for _, test := range tests {
			t.Run(fmt.Sprintf("v%d %s", version, strings.Join(test.args, " ")), func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				s, err := kv.Start(ctx, append(kvtest.Command(t, version), test.args...)...)
				if err == nil {
					s.Stop()
					t.Fatal("the server started")
				}
				if !strings.Contains(err.Error(), test.want) {
					t.Errorf("got %v\nwant %s", err, test.want)
				}
			})
		}
	}
}

func TestQuote(t *testing.T) {
	tests := map[string]string{
		"plain": "plain",
		"":      `""`,
		"a b":   `"a b"`,
		`a"b\c`: `"a\"b\\c"`,
	}
	for word, want := range tests {
		if got := kv.Quote(word); got != want {
			t.Errorf("Quote(%q) = %s, want %s", word, got, want)
		}
	}
}
