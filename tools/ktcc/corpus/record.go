package corpus

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ccargs"
)

// A Unit is one source that ktcc has been asked to compile.
type Unit struct {
	Dir    string   // where the command ran
	Args   []string // of the command
	Source string   // as in Args

	// Object is a copy of the object; "" if the command made none of this
	// source, because it failed or because it linked in the same go.
	Object string

	// Failure is what ktcc said about a source that the native compiler
	// accepts.
	Failure string

	Peak int64 // of ktcc's memory, in bytes
}

// String returns where the source is.
func (u *Unit) String() string {
	if filepath.IsAbs(u.Source) {
		return u.Source
	}
	return filepath.Join(u.Dir, u.Source)
}

// input returns the unit's command and input.
func (u *Unit) input() (*ccargs.Command, ccargs.Input, error) {
	c, err := ccargs.Parse(u.Args, func(name string) ([]byte, error) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(u.Dir, name)
		}
		return os.ReadFile(name)
	})
	if err != nil {
		return nil, ccargs.Input{}, err
	}
	for _, in := range c.Inputs {
		if in.IsC() && in.Name == u.Source {
			return c, in, nil
		}
	}
	return nil, ccargs.Input{}, fmt.Errorf("%s: not in its own command", u)
}

// A recorder stands in ktcc's place in a build. It runs ktcc, and writes down
// what was compiled. Where ktcc fails and the native compiler does not, the build
// goes on with the latter's work.
type recorder struct {
	ktcc, native string
	log          string // a folder, or "" if nothing is to be written down
}

// The environment variables by which a build finds its recorder's settings.
const (
	envKtcc = "KITSUNE_CORPUS_KTCC"
	envLog  = "KITSUNE_CORPUS_LOG"
)

// IsRecorder reports whether this process has been started in ktcc's place.
func IsRecorder() bool { return filepath.Base(os.Args[0]) == "ktcc" && os.Getenv(envKtcc) != "" }

// RunRecorder is the main function of a recorder.
func RunRecorder() int {
	r := &recorder{ktcc: os.Getenv(envKtcc), native: "gcc", log: os.Getenv(envLog)}
	status, err := r.run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "recorder:", err)
		return 1
	}
	return status
}

func (r *recorder) run(args []string) (status int, err error) {
	c, err := ccargs.Parse(args, os.ReadFile)
	if err != nil {
		return 0, err
	}
	units, err := r.units(c, args)
	if err != nil {
		return 0, err
	}
	var stderr bytes.Buffer
	ktcc := exec.Command(r.ktcc, args...)
	ktcc.Stdin, ktcc.Stdout, ktcc.Stderr = os.Stdin, os.Stdout, io.MultiWriter(os.Stderr, &stderr)
	peak, err := runForPeak(ktcc)
	failure := ""
	if err != nil && len(units) > 0 {
		failure = fmt.Sprintf("%v\n%s", err, &stderr)
		native := exec.Command(r.native, c.Native(nil)...)
		native.Stdout = os.Stdout
		if native.Run() != nil {
			units = nil // the source is wrong
		} else {
			err = nil
		}
	}
	for _, u := range units {
		u.Peak, u.Failure = peak, failure
		if err := r.record(c, u); err != nil {
			return 0, err
		}
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() {
		return exit.ExitCode(), nil
	}
	return 0, err
}

// units returns what a command compiles.
func (r *recorder) units(c *ccargs.Command, args []string) ([]*Unit, error) {
	if r.log == "" || c.Mode == ccargs.Other || c.Mode == ccargs.Assemble {
		return nil, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	var units []*Unit
	for _, in := range c.Inputs {
		if in.IsC() && in.Name != "-" {
			units = append(units, &Unit{Dir: dir, Args: args, Source: in.Name})
		}
	}
	return units, nil
}

// record writes a unit down, with a copy of its object.
func (r *recorder) record(c *ccargs.Command, u *Unit) error {
	dir, err := os.MkdirTemp(r.log, "")
	if err != nil {
		return err
	}
	if c.Mode == ccargs.Compile && u.Failure == "" {
		_, in, err := u.input()
		if err != nil {
			return err
		}
		object, err := os.ReadFile(c.Object(in))
		if err != nil {
			return err
		}
		u.Object = filepath.Join(dir, "unit.o")
		if err := os.WriteFile(u.Object, object, 0o666); err != nil {
			return err
		}
	}
	data, err := json.Marshal(u)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "unit.json"), data, 0o666)
}

// readLog returns the units that recorders have written down in a folder. Sources
// that are gone were there to try the compiler, and are no units of the program;
// those that ktcc should have compiled count all the same.
func readLog(log string) ([]*Unit, error) {
	names, err := filepath.Glob(filepath.Join(log, "*", "unit.json"))
	if err != nil {
		return nil, err
	}
	var units []*Unit
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		u := new(Unit)
		if err := json.Unmarshal(data, u); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if _, err := os.Stat(u.String()); err == nil || u.Failure != "" {
			units = append(units, u)
		}
	}
	slices.SortFunc(units, func(a, b *Unit) int { return strings.Compare(a.String(), b.String()) })
	return units, nil
}
