package randomupdate

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var (
	seed   = flag.Uint64("seed", 1, "the first `seed`")
	count  = flag.Int("count", 200, "`number` of pairs")
	worlds = flag.Int("worlds", 20, "`number` of pairs in one program")
	cflags = flag.String("cflags", "", "more `flags` for all compilations, such as -O2")
	keep   = flag.String("keep", os.Getenv("TEST_UNDECLARED_OUTPUTS_DIR"), "`folder` for pairs that fail")
)

// TestUpdates compares what random programs print after their update to the
// prediction.
func TestUpdates(t *testing.T) {
	newBuilder(t, strings.Fields(*cflags)...).updates(t, *seed, *count)
}

// TestSanitized does the same with a few that notice invalid accesses to memory.
func TestSanitized(t *testing.T) {
	t.Setenv("ASAN_OPTIONS", "detect_leaks=0") // old versions leave their state behind
	newBuilder(t, "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined").updates(t, 500000+*seed, *worlds)
}

// updates updates count pairs, beginning with that of a seed.
func (b *builder) updates(t *testing.T, seed uint64, count int) {
	for first := 0; first < count; first += *worlds {
		from := seed + uint64(first)
		to := from + uint64(min(*worlds, count-first))
		t.Run(fmt.Sprintf("%d-%d", from, to-1), func(t *testing.T) {
			t.Parallel()
			var list []*World
			for s := from; s < to; s++ {
				list = append(list, Generate(s, fmt.Sprint("w", s-from)))
			}
			if f := b.update(t.TempDir(), list); f != nil {
				b.report(t, list, f)
			}
		})
	}
}

// report reduces what fails, and says where the result is.
func (b *builder) report(t *testing.T, list []*World, f *failure) {
	tmp := t.TempDir()
	list, f = reduce(list, f, func(list []*World) *failure { return b.update(tmp, list) })
	dir := *keep
	if dir == "" {
		dir = filepath.Join(os.TempDir(), "randomupdate")
	}
	dir = filepath.Join(dir, fmt.Sprint("seed", list[0].Seed))
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	b.update(dir, list)
	t.Errorf("seed %d: %v\nThe pair, reduced, is in %s.", list[0].Seed, f, dir)
}
