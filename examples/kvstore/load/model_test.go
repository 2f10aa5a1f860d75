package load

import (
	"testing"
	"time"

	"github.com/rules-kitsune/rules_kitsune/examples/kvstore/kv"
)

// A key that is checked by nothing but right answers proves nothing: these are
// the wrong ones.
func TestAnswers(t *testing.T) {
	start := time.Now()
	// at is an exchange that took 10 ms.
	at := func(d time.Duration, s Stage) exchange {
		return exchange{start.Add(d), start.Add(d + 10*time.Millisecond), s, s}
	}
	v1, v2 := AtWork(1), AtWork(2)
	updating := exchange{start, start.Add(10 * time.Millisecond), v1, v1 + 1}
	reply := func(kind kv.Kind, text string) kv.Reply { return kv.Reply{Kind: kind, Text: text} }
	missing := reply(kv.Missing, "")

	set := func(k *key, e exchange) { k.set("text", 0).check(reply(kv.Status, "OK"), e) }
	setBriefly := func(k *key, e exchange) { k.set("text", 2*time.Second).check(reply(kv.Status, "OK"), e) }
	get := func(k *key, e exchange) { k.get().check(reply(kv.Value, "text"), e) }

	tests := []struct {
		name   string
		before func(k *key)
		ask    func(k *key) command
		when   exchange
		right  []kv.Reply
		wrong  []kv.Reply
	}{
		{
			name:   "value",
			before: func(k *key) { set(k, at(0, v1)) },
			ask:    (*key).get,
			when:   at(time.Second, v1),
			right:  []kv.Reply{reply(kv.Value, "text")},
			wrong:  []kv.Reply{reply(kv.Value, "tex"), missing, reply(kv.Status, "text"), reply(kv.Error, "ERR")},
		},
		{
			name:   "no value",
			before: func(k *key) {},
			ask:    (*key).get,
			when:   at(0, v1),
			right:  []kv.Reply{missing},
			wrong:  []kv.Reply{reply(kv.Value, "")},
		},
		{
			name:   "before it expires",
			before: func(k *key) { setBriefly(k, at(0, v2)) },
			ask:    (*key).get,
			when:   at(1900*time.Millisecond, v2),
			right:  []kv.Reply{reply(kv.Value, "text")},
			wrong:  []kv.Reply{missing},
		},
		{
			name:   "about when it expires",
			before: func(k *key) { setBriefly(k, at(0, v2)) },
			ask:    (*key).get,
			when:   at(2*time.Second, v2),
			right:  []kv.Reply{reply(kv.Value, "text"), missing},
			wrong:  []kv.Reply{reply(kv.Value, "other")},
		},
		{
			name:   "after it has expired",
			before: func(k *key) { setBriefly(k, at(0, v2)) },
			ask:    (*key).get,
			when:   at(2100*time.Millisecond, v2),
			right:  []kv.Reply{missing},
			wrong:  []kv.Reply{reply(kv.Value, "text")},
		},
		{
			name:   "counter",
			before: func(k *key) { k.incr().check(reply(kv.Number, "1"), at(0, v1)) },
			ask:    (*key).incr,
			when:   at(time.Second, v1),
			right:  []kv.Reply{reply(kv.Number, "2")},
			wrong:  []kv.Reply{reply(kv.Number, "1"), reply(kv.Number, "3"), missing},
		},
		{
			name:   "deleted",
			before: func(k *key) { set(k, at(0, v1)) },
			ask:    (*key).del,
			when:   at(time.Second, v1),
			right:  []kv.Reply{reply(kv.Number, "1")},
			wrong:  []kv.Reply{reply(kv.Number, "0")},
		},
		{
			name:   "lifetime",
			before: func(k *key) { setBriefly(k, at(0, v2)) },
			ask:    (*key).ttl,
			when:   at(500*time.Millisecond, v2),
			right:  []kv.Reply{reply(kv.Number, "2")},
			wrong:  []kv.Reply{reply(kv.Number, "1"), reply(kv.Number, "3"), reply(kv.Number, "-1"), missing},
		},
		{
			name:   "no lifetime",
			before: func(k *key) { set(k, at(0, v2)) },
			ask:    (*key).ttl,
			when:   at(time.Second, v2),
			right:  []kv.Reply{reply(kv.Number, "-1")},
			wrong:  []kv.Reply{reply(kv.Number, "0"), missing},
		},
		{
			name:   "hits",
			before: func(k *key) { set(k, at(0, v2)); get(k, at(0, v2)); get(k, at(0, v2)) },
			ask:    (*key).hits,
			when:   at(time.Second, v2),
			right:  []kv.Reply{reply(kv.Number, "2")},
			wrong:  []kv.Reply{reply(kv.Number, "1"), reply(kv.Number, "3"), missing},
		},
		{
			name:   "hits of version 1, and during the update",
			before: func(k *key) { set(k, at(0, v1)); get(k, at(0, v1)); get(k, updating) },
			ask:    (*key).hits,
			when:   at(time.Second, v2),
			right:  []kv.Reply{reply(kv.Number, "0"), reply(kv.Number, "1")},
			wrong:  []kv.Reply{reply(kv.Number, "2")},
		},
		{
			name:   "hits of a new key",
			before: func(k *key) { setBriefly(k, at(0, v2)); get(k, at(0, v2)); set(k, at(3*time.Second, v2)) },
			ask:    (*key).hits,
			when:   at(4*time.Second, v2),
			right:  []kv.Reply{reply(kv.Number, "0")},
			wrong:  []kv.Reply{reply(kv.Number, "1")},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			check := func(r kv.Reply, want bool) {
				k := &key{name: "k"}
				test.before(k)
				if got := test.ask(k).check(r, test.when); got != want {
					t.Errorf("%v: right: %t, want %t", r, got, want)
				}
			}
			for _, r := range test.right {
				check(r, true)
			}
			for _, r := range test.wrong {
				check(r, false)
			}
		})
	}
}
