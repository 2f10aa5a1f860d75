// Package corpus tries ktcc on real programs: it builds them with ktcc in the
// place of their compiler, and checks what has come out of every unit against
// what the compiler itself says about that unit.
//
//   - Every source that the compiler accepts is instrumented and compiles.
//   - Every variable and function in the object is registered, or there is a
//     reason why not (symbols.go).
//   - The layouts in the type summary are the compiler's (layout.go).
//   - ktcc needs little more time than the compiler, and little memory (cost.go).
//
// The test in this folder does that with a few sources of its own, and, as the
// target debian, with programs from Debian (programs.go).
package corpus

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ccargs"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

// Tools are the programs that a check uses.
type Tools struct {
	Ktcc, Native string
	Temp         string // a folder for intermediate files
}

// A Result is what was found out about a unit.
type Result struct {
	Unit         *Unit
	Instrumented bool

	Variables, Functions int            // registered
	Reasons              map[string]int // of symbols that are not, by reason
	Types                int            // checked
	Unnamed              []string       // types that cannot be named at the end of the unit

	// Mismatches are differences between a layout and what the summary says,
	// Problems everything else that is wrong.
	Mismatches, Problems []string
}

// Check examines a unit.
func (t *Tools) Check(u *Unit) (*Result, error) {
	r := &Result{Unit: u, Reasons: make(map[string]int)}
	if u.Failure != "" {
		r.Problems = append(r.Problems, "ktcc fails where the compiler does not:\n"+u.Failure)
		return r, nil
	}
	c, in, err := u.input()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(t.Temp, "")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)

	name := u.Object
	if name == "" || c.LTO { // the compiler's intermediate form has no symbols
		name = filepath.Join(dir, "unit.o")
		args := append(c.Check(in), "-fno-lto", "-o", name, "--typesfile-out="+filepath.Join(dir, "unit.ktt"))
		if _, err := t.run(u.Dir, nil, t.Ktcc, args...); err != nil {
			r.Problems = append(r.Problems, err.Error())
			return r, nil
		}
	}
	object, err := readObject(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", u, err)
	}
	if !object.has(ktt.Section) {
		r.Problems = append(r.Problems, "not instrumented")
		return r, nil
	}
	r.Instrumented = true
	summary, err := ktt.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", u, err)
	}
	if len(summary.Units) != 1 {
		return nil, fmt.Errorf("%s: %d units in its object", u, len(summary.Units))
	}
	text, err := t.run(u.Dir, nil, t.Native, c.Preprocess(in, "-UKITSUNE_ANALYSIS", filepath.Join(dir, "deps"))...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", u, err)
	}
	plainName := filepath.Join(dir, "plain.o")
	if err := t.checkLayouts(r, c, text, summary.Units[0], plainName); err != nil {
		return nil, fmt.Errorf("%s: %w", u, err)
	}
	plain, err := readObject(plainName)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", u, err)
	}
	return r, checkSymbols(r, object, plain, summary.Units[0])
}

// checkLayouts compiles the text of a unit with assertions about the layouts in
// its summary to the object plain, and notes in r those that do not hold.
func (t *Tools) checkLayouts(r *Result, c *ccargs.Command, text []byte, unit *ktt.Unit, plain string) error {
	l := newLayouts(unit)
	// Nothing may be inlined or dropped, if possible: headers of the C library
	// that check sizes of buffers need optimisation.
	optimized := bytes.Contains(text, []byte("__builtin_va_arg_pack"))
	compile := func() error {
		args := append(c.Measure(plain, optimized), "-fno-inline", "-ffunction-sections", "-fdata-sections")
		_, err := t.run(r.Unit.Dir, append(text[:len(text):len(text)], l.text()...), t.Native, args...)
		return err
	}
	err := compile()
	if err != nil && l.judge(err.Error()) {
		err = compile() // without what does not hold
	}
	r.Types, r.Unnamed, r.Mismatches = l.results()
	return err
}

// run runs a command in a folder and returns what it prints.
func (t *Tools) run(dir string, stdin []byte, name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	if stdin != nil {
		cmd.Stdin = bytes.NewReader(stdin)
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, &stderr)
	}
	return stdout.Bytes(), nil
}
