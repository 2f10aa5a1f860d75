// Package kv talks to the example server kvstore: it speaks its protocol,
// which ../README.md describes, and starts and stops the server.
package kv

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// A Reply is an answer of the server, or a line of the MONITOR stream.
type Reply struct {
	Kind Kind
	Text string   // without the kind; empty for Missing and List
	List []string // the values of a List
}

// Kind tells answers apart. Its values are the first characters of lines.
type Kind byte

const (
	Status  Kind = '+'
	Error   Kind = '-'
	Number  Kind = ':'
	Value   Kind = '$'
	Missing Kind = '_' // no such key
	List    Kind = '*'
	Event   Kind = '!' // a line of the MONITOR stream
)

// String returns the reply as the server sends it, with | between lines.
func (r Reply) String() string {
	if r.Kind != List {
		return string(r.Kind) + r.Text
	}
	var b strings.Builder
	b.WriteString("*|")
	for _, item := range r.List {
		b.WriteString("$" + item + "|")
	}
	return b.String() + "."
}

// Number returns the number in r, and whether r is one.
func (r Reply) Number() (int64, bool) {
	if r.Kind != Number {
		return 0, false
	}
	n, err := strconv.ParseInt(r.Text, 10, 64)
	return n, err == nil
}

// A Conn is a connection to a server. One goroutine may send while another
// receives. After an error the connection must be closed.
type Conn struct {
	conn net.Conn
	r    *bufio.Reader
	w    *bufio.Writer
	sent int64
}

// Dial connects to a server.
func Dial(ctx context.Context, addr string) (*Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return &Conn{conn: c, r: bufio.NewReader(c), w: bufio.NewWriter(c)}, nil
}

// Close ends the connection.
func (c *Conn) Close() error { return c.conn.Close() }

// SetDeadline lets reading and writing fail from t on.
func (c *Conn) SetDeadline(t time.Time) error { return c.conn.SetDeadline(t) }

// Sent returns how many commands have been sent.
func (c *Conn) Sent() int64 { return c.sent }

// Send puts a command into the output buffer. The words must not contain line
// ends; errors are reported by Flush.
func (c *Conn) Send(words ...string) {
	for i, word := range words {
		if i > 0 {
			c.w.WriteByte(' ')
		}
		c.w.WriteString(Quote(word))
	}
	c.w.WriteString("\r\n")
	c.sent++
}

// Flush sends what is in the output buffer.
func (c *Conn) Flush() error { return c.w.Flush() }

// Receive reads the next answer. An answer with an error of the server is not
// an error of Receive.
func (c *Conn) Receive() (Reply, error) {
	line, err := c.line()
	if err != nil {
		return Reply{}, err
	}
	if line == "" {
		return Reply{}, fmt.Errorf("the server sent an empty line")
	}
	r := Reply{Kind: Kind(line[0]), Text: line[1:]}
	switch r.Kind {
	case Status, Error, Number, Value, Missing, Event:
		return r, nil
	case List:
		for {
			line, err := c.line()
			switch {
			case err != nil:
				return Reply{}, err
			case line == ".":
				return r, nil
			case !strings.HasPrefix(line, "$"):
				return Reply{}, fmt.Errorf("the server sent %.80q in a list", line)
			}
			r.List = append(r.List, line[1:])
		}
	}
	return Reply{}, fmt.Errorf("the server sent %.80q, which is no answer", line)
}

// Do sends a command and returns the answer.
func (c *Conn) Do(words ...string) (Reply, error) {
	c.Send(words...)
	if err := c.Flush(); err != nil {
		return Reply{}, err
	}
	return c.Receive()
}

// Expect sends a command and fails if the answer is an error.
func (c *Conn) Expect(words ...string) error {
	r, err := c.Do(words...)
	if err == nil && r.Kind == Error {
		err = fmt.Errorf("%s: the server answered %v", words[0], r)
	}
	return err
}

// Stats returns the answer to STATS by name.
func (c *Conn) Stats() (map[string]string, error) {
	r, err := c.Do("STATS")
	if err != nil {
		return nil, err
	}
	if r.Kind != List {
		return nil, fmt.Errorf("STATS: the server answered %v", r)
	}
	stats := make(map[string]string)
	for _, item := range r.List {
		name, value, _ := strings.Cut(item, "=")
		stats[name] = value
	}
	return stats, nil
}

// A Client is what CLIENTS tells about a connection.
type Client struct {
	ID        int
	Commands  int64
	Following bool
	Last      string // the last command, or "none"
	Error     string // the last error, or "none"
}

// Clients returns the connections of the server, the newest first.
func (c *Conn) Clients() ([]Client, error) {
	r, err := c.Do("CLIENTS")
	if err != nil {
		return nil, err
	}
	if r.Kind != List {
		return nil, fmt.Errorf("CLIENTS: the server answered %v", r)
	}
	clients := make([]Client, len(r.List))
	for i, item := range r.List {
		var following int
		head, text, _ := strings.Cut(item, " error=")
		cl := &clients[i]
		_, err := fmt.Sscanf(head, "id=%d commands=%d following=%d last=%s", &cl.ID, &cl.Commands, &following, &cl.Last)
		if err != nil {
			return nil, fmt.Errorf("CLIENTS: %q: %w", item, err)
		}
		cl.Following = following != 0
		cl.Error = text
	}
	return clients, nil
}

// line reads a line without its end.
func (c *Conn) line() (string, error) {
	line, err := c.r.ReadString('\n')
	if err == io.EOF {
		return "", fmt.Errorf("the server closed the connection: %w", io.ErrUnexpectedEOF)
	}
	if err != nil {
		return "", err
	}
	return strings.TrimSuffix(line[:len(line)-1], "\r"), nil
}

// Quote returns a word as it has to be sent: in quotes if it is not made of
// ordinary characters only.
func Quote(word string) string {
	if word != "" && !strings.ContainsAny(word, " \t\"\\") {
		return word
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(word) + `"`
}
