package main

import (
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/elfnote"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/proc"
)

// A check is one thing that has to be right before a process may be asked to
// run a file. The process checks again what it can, with a copy of its own;
// here it is found out without the program coming to an update point.
type check struct {
	Name    string `json:"check"`  // file runtime machine owner libraries symbols version path
	Result  string `json:"result"` // ok failed unknown
	Message string `json:"message"`
}

const (
	checkOK      = "ok"
	checkFailed  = "failed"
	checkUnknown = "unknown" // it cannot be found out from here; the process will
)

// An admission is what the checks of a file have found.
type admission struct {
	image   *elfnote.Image // nil if the file cannot be one
	path    string         // what the process calls the file
	current bool           // it is what the process runs
	checks  []check
}

// refusal returns why the file is refused, nil if it is not.
func (a *admission) refusal() error {
	for _, c := range a.checks {
		if c.Result == checkFailed {
			return errors.New(c.Message)
		}
	}
	return nil
}

func (a *admission) add(name string, err error, good string) bool {
	if err != nil {
		a.checks = append(a.checks, check{name, checkFailed, err.Error()})
		return false
	}
	a.checks = append(a.checks, check{name, checkOK, good})
	return true
}

// inspect checks what can be seen without a process.
func inspect(file string) *admission {
	a := new(admission)
	image, err := elfnote.ReadImage(file)
	if !a.add("file", err, "a shared object with the Kitsune runtime") {
		return a
	}
	a.image = image
	if image.ABI != elfnote.RuntimeABI {
		err = fmt.Errorf("%s contains runtime ABI %d, this doupd knows %d: build it with the Kitsune that doupd is from",
			file, image.ABI, elfnote.RuntimeABI)
	}
	if a.add("runtime", err, fmt.Sprintf("ABI %d", image.ABI)) {
		a.path, err = filepath.Abs(file)
		if err == nil {
			a.path, err = filepath.EvalSymlinks(a.path)
		}
		if err != nil {
			a.add("path", err, "")
		}
	}
	return a
}

// admit goes on with what matters to the process p, or, if that is nil, to a
// process of ours on this machine.
func (a *admission) admit(p *proc.Process, unsafeOwner bool) {
	if a.refusal() != nil {
		return
	}
	a.checkMachine(p)
	a.checkOwner(p, unsafeOwner)
	a.checkLibraries(p)
	a.checkVersion(p)
	if p == nil {
		return
	}
	name, err := p.PathOf(a.path)
	if a.add("path", err, "the process can see it as "+name) {
		a.path = name
	}
}

func (a *admission) checkMachine(p *proc.Process) {
	program, whose := "/proc/self/exe", "this machine is"
	if p != nil {
		program, whose = p.Program(), "the process for"
	}
	machine, class, _, err := elfnote.Machine(program)
	switch {
	case err != nil: // The process knows.
		a.checks = append(a.checks, check{"machine", checkUnknown, "what the process is for cannot be seen"})
		return
	case machine != a.image.Machine || class != a.image.Class:
		err = fmt.Errorf("%s is for %s, %s %s", a.image.Path, machineName(a.image.Machine), whose, machineName(machine))
	}
	a.add("machine", err, machineName(a.image.Machine))
}

func (a *admission) checkOwner(p *proc.Process, unsafeOwner bool) {
	uid, err := uint32(os.Geteuid()), error(nil)
	if p != nil {
		uid, err = p.UID()
	}
	if err == nil {
		err = checkOwner(a.path, uid)
	}
	good := fmt.Sprintf("only %s and root can write it", userName(uid))
	if uid == 0 {
		good = "only root can write it"
	}
	if err != nil && unsafeOwner {
		good, err = "others can write it, as --unsafe-owner permits", nil
	}
	a.add("owner", err, good)
}

func (a *admission) checkLibraries(p *proc.Process) {
	l := &linker{machine: a.image.Machine, class: a.image.Class}
	path := os.Getenv("LD_LIBRARY_PATH")
	if p != nil {
		l.root, l.loaded, path = p.Root(), p.Mapped(), p.Env("LD_LIBRARY_PATH")
	}
	if path != "" {
		l.path = strings.FieldsFunc(path, func(r rune) bool { return r == ':' || r == ';' })
	}
	files, err := l.find(a.image)
	good := "it needs " + strings.Join(a.image.Needed, ", ")
	if len(a.image.Needed) == 0 {
		good = "it needs none"
	}
	if !a.add("libraries", err, good) {
		return
	}
	missing, sure := l.unbound(a.image, files)
	names := strings.Join(missing, ", ")
	const few = 5
	if len(missing) > few {
		names = fmt.Sprintf("%s and %d others", strings.Join(missing[:few], ", "), len(missing)-few)
	}
	switch {
	case len(missing) == 0:
		a.add("symbols", nil, "all are defined")
	case p == nil || !sure:
		a.checks = append(a.checks, check{"symbols", checkUnknown, "the process has to have loaded what defines " + names})
	default:
		a.add("symbols", fmt.Errorf("%s: undefined symbol: %s. No library that it needs defines that: link the one "+
			"that does", a.image.Path, names), "")
	}
}

// checkVersion compares the file with what the process runs.
func (a *admission) checkVersion(p *proc.Process) {
	if p == nil {
		a.checks = append(a.checks, check{"version", checkUnknown, "it can follow " + follows(a.image)})
		return
	}
	s := p.Status()
	if a.image.BuildID != "" && a.image.BuildID == s.BuildID {
		a.current = true
		a.add("version", nil, "it is what the process runs")
		return
	}
	if len(a.image.Predecessors) == 0 && a.image.Transformers {
		a.checks = append(a.checks, check{"version", checkUnknown, "its transformers were written by hand, and do not " +
			"say what they are for"})
		return
	}
	running := runningImage(p, s)
	if running == nil {
		a.checks = append(a.checks, check{"version", checkUnknown, fmt.Sprintf(
			"the file of the running version, %s, is gone or has changed: the process itself will compare", s.Path)})
		return
	}
	good := "it has transformers for "
	if len(a.image.Predecessors) == 0 {
		good = "it has the same types as "
	}
	a.add("version", succeeds(a.image, running), good+versionName(s.Path, s.BuildID))
}

// follows says what a file can replace.
func follows(im *elfnote.Image) string {
	switch {
	case len(im.Predecessors) > 0:
		return fmt.Sprintf("a version of the %d units that its transformers are for", len(im.Predecessors))
	case im.Transformers:
		return "what its transformers, which were written by hand, are for"
	}
	return "only versions with the same types: it has no transformers"
}

// runningImage returns what the process runs, nil if that is not to be found.
func runningImage(p *proc.Process, s proc.Status) *elfnote.Image {
	for _, file := range p.Images() {
		if im, err := elfnote.ReadImage(file); err == nil && im.BuildID != "" && im.BuildID == s.BuildID {
			return im
		}
	}
	return nil
}

// succeeds checks that the version next was built to follow the version running.
// It says what the runtime says (runtime/src/load.c).
func succeeds(next, running *elfnote.Image) error {
	known := next.Predecessors
	if len(known) == 0 {
		known = next.Units
	}
	for _, u := range running.Units {
		if slices.Contains(known, u) {
			continue
		}
		other := slices.ContainsFunc(known, func(k elfnote.Unit) bool { return k.File == u.File })
		switch {
		case len(next.Predecessors) > 0 && !other:
			return fmt.Errorf("%s was built to follow another program, one without a %s", next.Path, u.File)
		case len(next.Predecessors) > 0:
			return fmt.Errorf("%s was built to follow another version: the running one has other types in %s",
				next.Path, u.File)
		case !other:
			return fmt.Errorf("%s is another program, or has no transformers: it has no %s", next.Path, u.File)
		default:
			return fmt.Errorf("%s has no transformers, and other types than the running version in %s: build it with "+
				"kitsune_update, or link xfgen's output into it", next.Path, u.File)
		}
	}
	return nil
}

func machineName(m elf.Machine) string { return strings.ToLower(strings.TrimPrefix(m.String(), "EM_")) }
