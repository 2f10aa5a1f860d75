package load

import (
	"strings"

	"github.com/rules-kitsune/rules_kitsune/examples/kvstore/kv"
)

// A witness is a connection that sends a command or two and then nothing until
// the end. Meanwhile nobody but an update touches what the server knows about
// such a client.
type witness struct {
	conn  *kv.Conn
	id    int
	last  string // its last command
	error string // the error it got, or "none"
}

// witnessKey is a key that witnesses use; they are not interested in it.
const witnessKey = "witness"

// witnessCommands are the commands that have been added by each version.
var witnessCommands = map[int][]string{
	1: {"CLIENTS", "DEL w", "GET w", "HELP", "INCR witness", "KEYS w", "PING", "SET witness 1", "STATS", "VERSION"},
	2: {"EXPIRE w 1", "HITS w", "TTL w"},
}

// newWitness sends a command, and also one that the server does not know if
// asked to.
func newWitness(conn *kv.Conn, id int, command string, unknown bool) (*witness, error) {
	w := &witness{conn: conn, id: id, error: "none"}
	words := strings.Fields(command)
	w.last = words[0]
	if err := conn.Expect(words...); err != nil {
		return nil, err
	}
	if unknown {
		r, err := conn.Do("NOSUCH")
		if err != nil {
			return nil, err
		}
		w.error = strings.TrimPrefix(r.Text, "ERR ")
	}
	return w, nil
}

// client returns what the server should say about the witness. Commands are
// CLIENTS, by which the identifier was found out, and the witness's own one.
func (w *witness) client() kv.Client {
	return kv.Client{ID: w.id, Commands: 2, Last: w.last, Error: w.error}
}
