package corpus

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

// CheckHeaders compiles a unit once as usual, and once so that the native compiler
// reads everything that system headers declare, not only what ktcc leaves of it.
// The error says that the objects differ. Debug information may: gcc describes types of
// numbers that only declarations mention. Counters of --coverage have stamps.
func (t *Tools) CheckHeaders(u *Unit) error {
	c, in, err := u.input()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(t.Temp, "")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	args := append(c.Check(in), "-w", "-g0", "-fno-lto",
		"-fno-profile-arcs", "-fno-test-coverage", "-o", filepath.Join(dir, "unit.o"),
		"--typesfile-out="+filepath.Join(dir, "unit.ktt"))
	var objects [2][]byte
	for i, more := range [][]string{nil, {"-Wsystem-headers"}} {
		if _, err := t.run(u.Dir, nil, t.Ktcc, append(args, more...)...); err != nil {
			return fmt.Errorf("%s: %w", u, err)
		}
		if objects[i], err = os.ReadFile(filepath.Join(dir, "unit.o")); err != nil {
			return err
		}
	}
	if !bytes.Equal(objects[0], objects[1]) {
		return fmt.Errorf("%s: without the unused declarations of system headers, the object is another one", u)
	}
	return nil
}
