package faults

import (
	"fmt"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rules-kitsune/rules_kitsune/examples/kvstore/kv/kvtest"
)

// A way is how a new version goes wrong, as fault.c calls it.
type way struct {
	name, what string
	message    string // when it is rolled back
	trial      string // when it is a constructor, which is tried before
}

var ways = []way{
	{"SIGSEGV", "writes to address 0", "the new version crashed: SIGSEGV at address (nil)", "ends with SIGSEGV"},
	{"SIGBUS", "writes to a mapped file, beyond its end", "the new version crashed: SIGBUS", "ends with SIGBUS"},
	{"SIGFPE", "divides by zero", "the new version crashed: SIGFPE", "ends with SIGFPE"},
	{"abort", "calls `abort()`", "the new version aborted", "ends with SIGABRT"},
	{"assert", "fails an assertion", "the new version aborted", "ends with SIGABRT"},
	{"exit", "calls `exit(3)`", "the new version called exit(3) before it came to the update point", "calls exit(3)"},
	{"_exit", "calls `_exit(4)`", "the new version called exit(4) before it came to the update point", "calls exit(4)"},
	{"overflow", "overflows the stack", "the new version crashed: SIGSEGV at address 0x", "ends with SIGSEGV"},
	{"memory", "allocates memory until there is none, and calls `exit(1)`",
		"the new version called exit(1) before it came to the update point", "calls exit(1)"},
	{"disturb", "opens 100 files, ignores and blocks all signals, and aborts", "the new version aborted", "ends with SIGABRT"},
	{"loop", "does not come to an end",
		fmt.Sprintf("the new version has not come to the update point within %g s (KITSUNE_UPDATE_LIMIT)", limit.Seconds()),
		"its constructors do not come to an end"},
}

var (
	givesUp   = way{name: "give-up", what: "calls `kitsune_abort_update()`", message: "it is the wrong time"}
	unhealthy = way{name: "unhealthy", what: "returns 6", message: "kitsune_health() says no: 6"}
)

// at returns what can go wrong at a place of a version that takes over.
func at(place string, more ...way) func(*testing.T) []fault {
	return func(*testing.T) []fault {
		var faults []fault
		for _, w := range append(append(ways[:len(ways):len(ways)], givesUp), more...) {
			f := fault{name: w.what, happen: w.at(place), code: 7, message: w.message}
			if w.name == "loop" {
				f.pause = 2 * limit
			}
			faults = append(faults, f)
		}
		return faults
	}
}

// inConstructor returns what can go wrong in a constructor.
func inConstructor(*testing.T) []fault {
	var faults []fault
	for _, w := range ways {
		f := fault{name: w.what, happen: w.at("constructor"), code: 1, message: w.trial}
		if w.name == "loop" {
			f.pause = 12 * time.Second
		}
		faults = append(faults, f)
	}
	return append(faults, fault{
		name: givesUp.what, happen: givesUp.at("constructor"), updated: true,
		outcome: "updated: the old version has not been left yet, and nothing can be given up",
	})
}

// at lets a new version go wrong in this way at a place.
func (w way) at(place string) func(*site) answer {
	return func(s *site) answer {
		s.arm(place, w.name)
		if w.name == "memory" {
			defer s.limitMemory(64 << 20)()
		}
		return s.update(kvtest.Path(s.t, "KVSTORE_FAULTY"))
	}
}

// limitMemory lets the server have no more than so many bytes in addition to
// what it has, until the function it returns is called.
func (s *site) limitMemory(more uint64) (restore func()) {
	s.t.Helper()
	var pages uint64
	if _, err := fmt.Sscan(s.proc("statm"), &pages); err != nil {
		s.t.Fatal(err)
	}
	return s.limit(unix.RLIMIT_AS, pages*uint64(unix.Getpagesize())+more)
}

// limit sets a limit of the server's resources, until the function it returns
// is called.
func (s *site) limit(resource int, value uint64) (restore func()) {
	s.t.Helper()
	var before unix.Rlimit
	if err := unix.Prlimit(s.PID(), resource, nil, &before); err != nil {
		s.t.Fatal(err)
	}
	if err := unix.Prlimit(s.PID(), resource, &unix.Rlimit{Cur: value, Max: before.Max}, nil); err != nil {
		s.t.Fatal(err)
	}
	return func() {
		if err := unix.Prlimit(s.PID(), resource, &before, nil); err != nil {
			s.t.Fatal(err)
		}
	}
}

// files are files that are no updates.
func files(t *testing.T) []fault {
	var faults []fault
	for _, bad := range kvtest.BadFiles(t) {
		faults = append(faults, fault{
			name:    bad.Name,
			happen:  func(s *site) answer { return s.update(bad.File) },
			code:    1,
			message: bad.Refusal,
		})
	}
	return append(faults, fault{
		name:    "what runs already",
		happen:  func(s *site) answer { return s.update(kvtest.Path(s.t, "KVSTORE_V1")) },
		message: "runs already; there is nothing to do", outcome: "nothing to do",
	})
}
