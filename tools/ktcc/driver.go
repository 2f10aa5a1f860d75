package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ccargs"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/cfront"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/elfnote"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/instrument"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

// A driver carries out one command.
type driver struct {
	ctx     context.Context
	cmd     *ccargs.Command
	native  []string
	stdin   []byte // once it has been read
	temp    string // a folder for intermediate files, or ""
	target  string
	outputs outputs
}

// exitStatus is the error of a native step that has reported what is wrong.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

func (d *driver) run() (status int, err error) {
	if !d.compilesC() {
		return passThrough, nil
	}
	err = d.compileAll()
	var s exitStatus
	if errors.As(err, &s) {
		return int(s), nil
	}
	return 0, err
}

// compilesC reports whether there is anything for us in the command.
func (d *driver) compilesC() bool {
	c := d.cmd
	compiled := 0
	for _, in := range c.Inputs {
		if in.Lang != ccargs.Object {
			compiled++
		}
	}
	if c.Output != "" && c.Mode != ccargs.Link && compiled > 1 {
		return false // an error, in the compiler's words
	}
	return c.Mode != ccargs.Other && slices.ContainsFunc(c.Inputs, ccargs.Input.IsC)
}

// compileAll compiles the inputs that are to be instrumented, and has the native
// compiler do the rest.
func (d *driver) compileAll() error {
	c := d.cmd
	done := make(map[ccargs.Input]string) // objects, or "" if they are results
	summaries := make(map[string]*ktt.Summary)
	others := false
	for _, in := range c.Inputs {
		if !in.IsC() {
			others = others || in.Lang == ccargs.Foreign
			continue
		}
		p, err := d.preprocess(in)
		if err != nil {
			return err
		}
		if !cfront.Asks(p.text) && !c.Ktcc.Instrument {
			others = true
			continue
		}
		object, unit, err := d.compile(p)
		if err != nil {
			return err
		}
		p.warn()
		if c.Mode == ccargs.Link {
			done[in] = filepath.Join(d.temp, fmt.Sprintf("%d-%s.o", len(done), ccargs.Stem(filepath.Base(in.Name))))
			err = os.WriteFile(done[in], object, 0o666)
		} else {
			done[in] = ""
			err = d.outputs.add(c.Object(in), object)
		}
		if err == nil && p.deps != nil {
			err = d.outputs.add(c.DependencyFile(in), p.deps)
		}
		if err != nil {
			return err
		}
		if name := c.SummaryFile(in); name != "" {
			if summaries[name] == nil {
				summaries[name] = new(ktt.Summary)
			}
			summaries[name].Units = append(summaries[name].Units, unit)
		}
	}
	switch {
	case len(done) == 0 && d.stdin == nil:
		return exitStatus(passThrough)
	case c.Mode == ccargs.Link:
	case others:
		for _, in := range c.Inputs {
			if in.Lang == ccargs.Object {
				done[in] = "" // without linking, it need not even exist
			}
		}
	default:
		return d.commit(summaries)
	}
	if err := d.exec(c.Native(done), d.stdin, os.Stdout, os.Stderr); err != nil {
		return err
	}
	return d.commit(summaries)
}

func (d *driver) commit(summaries map[string]*ktt.Summary) error {
	for name, s := range summaries {
		data, err := s.Encode()
		if err != nil {
			return err
		}
		if err := d.outputs.add(name, data); err != nil {
			return err
		}
	}
	if d.ctx.Err() != nil {
		return d.ctx.Err()
	}
	return d.outputs.commit()
}

// A preprocessed is an input after preprocessing.
type preprocessed struct {
	ccargs.Input
	text     []byte
	deps     []byte // the list of the files read, or nil
	warnings []byte // not yet shown
}

func (d *driver) preprocess(in ccargs.Input) (*preprocessed, error) {
	p := &preprocessed{Input: in}
	if in.Name == "-" && d.stdin == nil {
		data, err := io.ReadAll(os.Stdin)
		if err != nil {
			return nil, err
		}
		d.stdin = append([]byte{}, data...)
	}
	if in.Lang == ccargs.Preprocessed {
		p.text = slices.Clone(d.stdin)
		if in.Name != "-" {
			var err error
			if p.text, err = os.ReadFile(in.Name); err != nil {
				return nil, exitStatus(passThrough) // the compiler will say it
			}
		}
		return p, nil
	}
	depFile := ""
	if d.cmd.Dependencies {
		dir, err := d.tempDir()
		if err != nil {
			return nil, err
		}
		depFile = filepath.Join(dir, "deps")
	}
	var stdout, stderr bytes.Buffer
	stdout.Grow(1 << 20)
	err := d.exec(d.colored(d.cmd.Preprocess(in, "-DKITSUNE_ANALYSIS=1", depFile)), d.stdin, &stdout, &stderr)
	if err != nil {
		os.Stderr.Write(stderr.Bytes())
		return nil, err
	}
	p.text, p.warnings = stdout.Bytes(), stderr.Bytes()
	if depFile != "" {
		if p.deps, err = os.ReadFile(depFile); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// compile returns the object, or assembly, of an instrumented unit and the
// unit's summary.
func (d *driver) compile(p *preprocessed) ([]byte, *ktt.Unit, error) {
	if err := d.saveTemp(p.Input, ".i", p.text); err != nil {
		return nil, nil, err
	}
	unit, err := d.instrument(p)
	if err != nil {
		return nil, nil, err
	}
	text := unit.Text(nil)
	if err := d.saveTemp(p.Input, ".cil.i", text); err != nil {
		return nil, nil, err
	}
	dir, err := d.tempDir()
	if err != nil {
		return nil, nil, err
	}
	c, out := d.cmd, filepath.Join(dir, "out.o")
	compileTo := c.Compile(p.Input, out, isClang(p.text))
	sealLater := c.Mode == ccargs.Assemble || c.LTO // what comes out is no object that could be edited
	switch {
	case !sealLater:
		err = d.nativeCompile(p, compileTo, text)
	case d.exec(c.Measure(out, false), text, os.Stdout, io.Discard) != nil:
		err = d.nativeCompile(p, c.Measure(out, true), text)
	}
	if err != nil {
		return nil, nil, err
	}
	object, summary, seal, err := summarize(unit, out)
	if err != nil {
		return nil, nil, err
	}
	if !sealLater {
		data, err := object.Seal(seal.Summary, instrument.Placeholder, seal.Hash)
		return data, summary, err
	}
	if err := d.nativeCompile(p, compileTo, unit.Text(seal)); err != nil {
		return nil, nil, err
	}
	data, err := os.ReadFile(out)
	return data, summary, err
}

// isClang reports whether clang has preprocessed the text: it enters the built-in
// macros as if they were a file.
func isClang(text []byte) bool {
	return bytes.Contains(text[:min(len(text), 4096)], []byte("\n# 1 \"<built-in>\" 1\n"))
}

// instrument reads a unit and decides how it is instrumented.
func (d *driver) instrument(p *preprocessed) (*instrument.Unit, error) {
	c := d.cmd
	target := d.queryTarget()
	source, err := cfront.Parse(p.text, cfront.Options{GNU89Inline: c.GNU89Inline, C23: c.C23,
		NoLocals: c.Ktcc.NoStackVars, NoGaps: c.AllHeaders})
	if err != nil {
		if err := d.check(p.Input); err != nil {
			return nil, err
		}
		return nil, notUnderstood(err)
	}
	if source.Diagnostics.Errors() > 0 {
		p.warn()
	}
	if err := d.report(source.Diagnostics); err != nil {
		return nil, err
	}
	options := instrument.Options{NoMigrate: c.Ktcc.NoMigrate, NoRegister: c.Ktcc.NoRegister,
		Target: target(), MapFile: c.MapPrefix}
	if c.FallThrough {
		options.Comments = source.FallThrough(os.ReadFile)
	}
	unit := instrument.New(source, options)
	return unit, d.report(unit.Warnings)
}

// summarize makes the summary of a unit from the object that has been compiled.
func summarize(unit *instrument.Unit, name string) (*elfnote.Object, *ktt.Unit, *instrument.Seal, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, nil, nil, err
	}
	object, err := elfnote.Open(data)
	if err != nil {
		return nil, nil, nil, err
	}
	section, err := object.Section()
	if err != nil {
		return nil, nil, nil, err
	}
	summary, err := unit.Summary(section, object.ByteOrder())
	if err != nil {
		return nil, nil, nil, err
	}
	seal := new(instrument.Seal)
	if seal.Summary, err = summary.Encode(); err != nil {
		return nil, nil, nil, err
	}
	seal.Hash, err = summary.Hash()
	return object, summary, seal, err
}

// notUnderstood is the error for a source that the compiler accepts and we do
// not.
func notUnderstood(err error) error {
	return fmt.Errorf("%w\n"+
		"  The compiler accepts this source, but ktcc cannot read it. That is a defect of ktcc: please report it.\n"+
		"  Until then compile the file without kitsune.h, or move what is in this place to a file of its own.", err)
}

// nativeCompile compiles instrumented text. If the compiler has something to
// say about it, it says it about the user's own source: in our text, columns are
// different and macros are gone.
func (d *driver) nativeCompile(p *preprocessed, args []string, text []byte) error {
	var stderr bytes.Buffer
	err := d.exec(d.colored(args), text, os.Stdout, &stderr)
	if d.ctx.Err() != nil || err == nil && stderr.Len() == 0 {
		return err
	}
	if err == nil && d.sameAtOnce(p, stderr.Bytes()) {
		return nil
	}
	p.warnings = nil // they are shown now
	if checked := d.check(p.Input); checked != nil || err == nil {
		return checked
	}
	// A warning that is made an error, and that only macros, or what they
	// expand to in system headers, had kept silent.
	if err := d.exec(append(slices.Clone(args), "-w"), text, os.Stdout, io.Discard); err == nil {
		return nil
	}
	os.Stderr.Write(stderr.Bytes())
	return fmt.Errorf("%s: the compiler accepts this source, but not what ktcc has made of it, see above.\n"+
		"  If that is not about a length in an annotation, which must be a constant integer, it is a defect of ktcc:\n"+
		"  please report it. --save-temps keeps the instrumented text", p.Name)
}

// sameAtOnce reports whether the compiler says the same about the user's own
// source when it only reads it, which is most of what it warns about, and takes
// little time. If so, this is what is shown.
func (d *driver) sameAtOnce(p *preprocessed, diagnostics []byte) bool {
	var stderr bytes.Buffer
	err := d.exec(d.colored(append(d.cmd.Check(p.Input), "-fsyntax-only")), d.stdin, io.Discard, &stderr)
	want := warnings(append(slices.Clone(p.warnings), diagnostics...))
	if err != nil || len(want) == 0 || !slices.Equal(warnings(stderr.Bytes()), want) {
		return false
	}
	os.Stderr.Write(stderr.Bytes())
	p.warnings = nil
	return true
}

// warn shows the warnings of the preprocessor, once.
func (p *preprocessed) warn() {
	os.Stderr.Write(p.warnings)
	p.warnings = nil
}

// check has the native compiler judge an input by itself.
func (d *driver) check(in ccargs.Input) error {
	return d.exec(d.cmd.Check(in), d.stdin, os.Stdout, os.Stderr)
}

// exec runs the native compiler. The error is an exitStatus if it ran and failed.
func (d *driver) exec(args []string, stdin []byte, stdout, stderr io.Writer) error {
	cmd := exec.CommandContext(d.ctx, d.native[0], append(d.native[1:len(d.native):len(d.native)], args...)...)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	if stdin != nil {
		cmd.Stdin = bytes.NewReader(stdin)
	}
	// It removes its own intermediate files when it is asked to stop.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && d.ctx.Err() == nil {
		if exit.ExitCode() > 0 {
			return exitStatus(exit.ExitCode())
		}
		return fmt.Errorf("%s: %v", d.native[0], err)
	}
	// A compiler that finds an error may not read its input to the end.
	if errors.Is(err, syscall.EPIPE) {
		return exitStatus(1)
	}
	return err
}

// colored returns args for a run whose diagnostics go through us to a terminal.
func (d *driver) colored(args []string) []string {
	if d.cmd.Colors || os.Getenv("TERM") == "dumb" {
		return args
	}
	if info, err := os.Stderr.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return args
	}
	return append(slices.Clone(args), "-fdiagnostics-color=always")
}

// report prints diagnostics of ours. The error says that there are errors among
// them.
func (d *driver) report(list diag.List) error {
	if d.cmd.NoWarnings {
		list = slices.DeleteFunc(slices.Clone(list), func(x *diag.Diagnostic) bool { return x.Severity == diag.Warning })
	}
	src := make(diag.Sources)
	for _, x := range list {
		if data, err := os.ReadFile(x.Pos.File); err == nil {
			src[x.Pos.File] = data
		}
	}
	if err := list.Write(os.Stderr, src); err != nil {
		return err
	}
	if list.Errors() > 0 {
		return exitStatus(1)
	}
	return nil
}

// queryTarget asks the compiler for the name of the machine; the function that
// it returns waits for the answer.
func (d *driver) queryTarget() func() string {
	if d.target != "" {
		return func() string { return d.target }
	}
	answer := make(chan string, 1)
	go func() {
		var out bytes.Buffer
		if err := d.exec(d.cmd.TargetQuery(), nil, &out, io.Discard); err != nil {
			out.Reset()
		}
		answer <- string(bytes.TrimSpace(out.Bytes()))
	}()
	return func() string {
		d.target = <-answer
		return d.target
	}
}

// saveTemp keeps an intermediate text if the user wants it.
func (d *driver) saveTemp(in ccargs.Input, ext string, text []byte) error {
	dir := d.cmd.SaveTemps
	switch dir {
	case "":
		return nil
	case "obj":
		dir = filepath.Dir(d.cmd.Object(in))
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return fmt.Errorf("--save-temps: %s is not a folder", dir)
	}
	return os.WriteFile(filepath.Join(dir, ccargs.Stem(filepath.Base(in.Name))+ext), text, 0o666)
}

// tempDir returns a folder for intermediate files.
func (d *driver) tempDir() (string, error) {
	var err error
	if d.temp == "" {
		d.temp, err = os.MkdirTemp("", "ktcc-")
	}
	return d.temp, err
}

// cleanup removes what must not outlive the command.
func (d *driver) cleanup() {
	d.outputs.discard()
	if d.temp != "" {
		os.RemoveAll(d.temp)
	}
}
