package load

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/rules-kitsune/rules_kitsune/examples/kvstore/kv"
)

// A stage of the demo: 0 is version 1 at work, 1 the update to version 2, 2
// version 2 at work, and so on.
type Stage int32

// AtWork is the stage in which a version is at work. The one before is the
// update to that version.
func AtWork(version int) Stage { return Stage(2 * (version - 1)) }

// Oldest is the oldest version that may answer in this stage.
func (s Stage) Oldest() int { return int(s)/2 + 1 }

func (s Stage) Updating() bool { return s%2 == 1 }

func (s Stage) String() string {
	if s.Updating() {
		return fmt.Sprintf("v%d -> v%d", s.Oldest(), s.Oldest()+1)
	}
	return fmt.Sprintf("v%d", s.Oldest())
}

// An exchange is when a command was sent and when its answer arrived.
type exchange struct {
	sent, received         time.Time
	sentStage, answerStage Stage
}

// A key is what one of the connections knows about one of its keys. Nobody
// else uses the key, so what the server answers is known, but for the moment
// at which it has looked at its clock or has been updated: that was some time
// between sending the command and receiving the answer.
type key struct {
	name    string
	counter bool // only counted up, else set to texts
	brief   bool // has short lifetimes

	present  bool // or expired
	value    string
	from, to time.Time // when it expires, at the earliest and at the latest; zero: never

	// How often version 2 and later have returned the value, at least and at most.
	hitsMin, hitsMax int64
}

// clockGrain is how far the server's clock may be behind this program's.
const clockGrain = 2 * time.Millisecond

// alive returns whether the key certainly, and whether it possibly, existed
// when the command of the exchange was executed.
func (k *key) alive(e exchange) (certainly, possibly bool) {
	if !k.present {
		return false, false
	}
	if k.to.IsZero() {
		return true, true
	}
	return e.received.Before(k.from.Add(-clockGrain)), e.sent.Before(k.to.Add(clockGrain))
}

func (k *key) forget() {
	*k = key{name: k.name, counter: k.counter, brief: k.brief}
}

// put records that the key has been given a value, which creates it if it did
// not exist, and a lifetime, zero being none.
func (k *key) put(e exchange, value string, lifetime time.Duration) {
	certainly, possibly := k.alive(e)
	if !certainly {
		k.hitsMin = 0
	}
	if !possibly {
		k.hitsMax = 0
	}
	k.present, k.value = true, value
	k.expireAfter(e, lifetime)
}

func (k *key) expireAfter(e exchange, lifetime time.Duration) {
	k.from, k.to = time.Time{}, time.Time{}
	if lifetime > 0 {
		k.from, k.to = e.sent.Add(lifetime), e.received.Add(lifetime)
	}
}

// A command is sent, and then its answer is checked, which also changes what
// is known about the key.
type command struct {
	words []string
	check func(kv.Reply, exchange) bool
}

func (k *key) get() command {
	return command{[]string{"GET", k.name}, func(r kv.Reply, e exchange) bool {
		certainly, possibly := k.alive(e)
		if r.Kind == kv.Missing && !certainly {
			k.forget()
			return true
		}
		if e.sentStage.Oldest() >= 2 {
			k.hitsMin++
		}
		if e.answerStage > 0 {
			k.hitsMax++
		}
		return possibly && r.Kind == kv.Value && r.Text == k.value
	}}
}

// set sets the value; lifetime is in whole seconds, and not for version 1
// unless it is zero.
func (k *key) set(value string, lifetime time.Duration) command {
	words := []string{"SET", k.name, value}
	if lifetime > 0 {
		words = append(words, "EX", seconds(lifetime))
	}
	return command{words, func(r kv.Reply, e exchange) bool {
		k.put(e, value, lifetime)
		return r.Kind == kv.Status
	}}
}

func (k *key) incr() command {
	return command{[]string{"INCR", k.name}, func(r kv.Reply, e exchange) bool {
		old, _ := strconv.ParseInt(k.value, 10, 64) // "" counts as 0
		k.present, k.value = true, strconv.FormatInt(old+1, 10)
		return r.Kind == kv.Number && r.Text == k.value
	}}
}

func (k *key) del() command {
	return command{[]string{"DEL", k.name}, func(r kv.Reply, e exchange) bool {
		ok := k.matchesAlive(r, e)
		k.forget()
		return ok
	}}
}

func (k *key) expire(lifetime time.Duration) command {
	return command{[]string{"EXPIRE", k.name, seconds(lifetime)}, func(r kv.Reply, e exchange) bool {
		ok := k.matchesAlive(r, e)
		if r.Text == "1" {
			k.expireAfter(e, lifetime)
		} else {
			k.forget()
		}
		return ok
	}}
}

// matchesAlive checks an answer that is 1 if the key existed, else 0.
func (k *key) matchesAlive(r kv.Reply, e exchange) bool {
	certainly, possibly := k.alive(e)
	return r.Kind == kv.Number && (r.Text == "1" && possibly || r.Text == "0" && !certainly)
}

func (k *key) ttl() command {
	return command{[]string{"TTL", k.name}, func(r kv.Reply, e exchange) bool {
		certainly, possibly := k.alive(e)
		if r.Kind == kv.Missing && !certainly {
			k.forget()
			return true
		}
		left, ok := r.Number()
		if !ok || !possibly {
			return false
		}
		if k.to.IsZero() {
			return left == -1
		}
		return left >= roundUp(k.from.Sub(e.received)-clockGrain) && left <= roundUp(k.to.Sub(e.sent)+clockGrain)
	}}
}

func (k *key) hits() command {
	return command{[]string{"HITS", k.name}, func(r kv.Reply, e exchange) bool {
		certainly, possibly := k.alive(e)
		if r.Kind == kv.Missing && !certainly {
			k.forget()
			return true
		}
		n, ok := r.Number()
		ok = ok && possibly && n >= k.hitsMin && n <= k.hitsMax
		k.hitsMin, k.hitsMax = n, n
		return ok
	}}
}

// seconds formats a lifetime for a command.
func seconds(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }

// roundUp returns the seconds that the server counts.
func roundUp(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }

// random returns something to do with the key that the version understands.
// Only keys with short lifetimes are deleted, so that most keys are there.
func (k *key) random(rng *rand.Rand, version int, briefly time.Duration) command {
	switch n := rng.IntN(12); {
	case k.counter && n < 9:
		return k.incr()
	case k.counter, n < 5:
		return k.get()
	case k.brief && n == 5:
		return k.del()
	case k.brief && version > 1 && n < 8:
		return k.set(randomText(rng), briefly)
	case version == 1, n < 8:
		return k.set(randomText(rng), 0)
	case k.brief && n == 8:
		return k.expire(briefly)
	case n == 8:
		return k.expire(time.Duration(1000+rng.IntN(1000)) * time.Second)
	case n == 9:
		return k.ttl()
	default:
		return k.hits()
	}
}

func randomText(rng *rand.Rand) string {
	const letters = "abcdefghijklmnopqrstuvwxyz 0123456789\\\""
	text := make([]byte, rng.IntN(40))
	for i := range text {
		text[i] = letters[rng.IntN(len(letters))]
	}
	return string(text)
}
