// Package ccargs understands the command line of a C compiler as far as a
// wrapper of that compiler must: what is to be done, with which inputs, where
// the results go, and which arguments concern which phase.
//
// Arguments are never re-quoted, normalised or reordered. The command lines
// that this package derives for single phases consist of the user's own words,
// less those that do not concern the phase, and a few of ours.
package ccargs

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// A Mode says how far a command goes.
type Mode int

const (
	Link     Mode = iota // compile and link, or link only
	Compile              // -c: to object files
	Assemble             // -S: to assembly
	Other                // nothing is compiled: -E, -M, -fsyntax-only, --version, no inputs
)

// A Lang is the language of an input.
type Lang int

const (
	Object       Lang = iota // for the linker: objects, archives, anything unknown
	C                        // to be preprocessed
	Preprocessed             // .i
	Foreign                  // to be compiled, but not C: assembly, C++, ...
)

// IsC reports whether an input is C.
func (in Input) IsC() bool { return in.Lang == C || in.Lang == Preprocessed }

// An Input is an input file of a command.
type Input struct {
	Name string // "-" is the standard input
	Lang Lang
	word int
}

// A Command is a compiler command line.
type Command struct {
	Mode   Mode
	Inputs []Input
	Output string // the operand of -o, or ""
	Ktcc   Options

	Dependencies bool   // -MD or -MMD: a list of the files read is to be written too
	DepFile      string // the operand of -MF, or ""

	GNU89Inline bool   // `inline` has its meaning from before C99
	C23         bool   // bool, true, nullptr ... are keywords
	LTO         bool   // objects hold the compiler's intermediate form
	NoWarnings  bool   // -w
	SaveTemps   string // the folder for intermediate files, or ""
	Colors      bool   // the user has decided about colours
	FallThrough bool   // comments say where statements may go on at a label
	AllHeaders  bool   // what system headers declare is of interest even if nobody uses it

	// PrefixMaps are the OLD=NEW of -ffile-prefix-map and -fmacro-prefix-map.
	PrefixMaps []string

	words   []word
	depName bool // -MT or -MQ names the target
	aux     bool // some file other than the object is named after the output
}

// Options are those that only ktcc has.
type Options struct {
	Native      string // --gcc=CMD: the native compiler
	TypesFile   string // --typesfile-out
	Help        bool   // --ktcc-help
	Instrument  bool   // a --do... flag: also units that do not include kitsune.h
	NoMigrate   bool   // --noautomigrate
	NoStackVars bool   // --dontstackvars
	NoRegister  bool   // --dontglobalreg
	NoSummary   bool   // --dontktsavetypes
}

// A word is an option with its separate operand, if it has one, or an input.
type word struct {
	args []string
	role role
}

type role int

const (
	common     role = iota // concerns every phase
	preprocess             // concerns only preprocessing
	depend                 // -MD and its kin
	dropped                // asks for output on the way to the object that only confuses us
	auxiliary              // asks for a file named after the output
	linking                // libraries; a compiler run without linking ignores them
	result                 // -o
	mode                   // -c, -S
	language               // -x
	input
	response // @FILE without anything of interest in it
)

// Parse classifies args, which do not include the command's own name. readFile
// reads response files; one that cannot be read stays as it is, for the native
// compiler to complain about.
//
// The error is about an option of ktcc's own. Everything else is left to the
// native compiler's judgement.
func Parse(args []string, readFile func(string) ([]byte, error)) (*Command, error) {
	p := parser{readFile: readFile}
	if err := p.parse(args); err != nil {
		return nil, err
	}
	c := &p.Command
	if p.nothing || len(c.Inputs) == 0 && !p.files {
		c.Mode = Other
	}
	return c, nil
}

type parser struct {
	Command
	readFile  func(string) ([]byte, error)
	responses int    // response files read
	nothing   bool   // an option was seen with which nothing is compiled
	files     bool   // there are inputs in an unopened response file
	lang      string // operand of the last -x
}

// maxResponses bounds response files that name themselves, as in gcc.
const maxResponses = 2000

func (p *parser) parse(args []string) error {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if name, ok := strings.CutPrefix(arg, "@"); ok && p.responses < maxResponses {
			if err := p.response(arg, name); err != nil {
				return err
			}
			continue
		}
		if known, next, err := p.ktcc(args, i); err != nil {
			return err
		} else if known {
			i = next
			continue
		}
		if len(arg) < 2 || arg[0] != '-' {
			p.Inputs = append(p.Inputs, Input{Name: arg, Lang: p.langOf(arg), word: len(p.words)})
			p.add(input, arg)
			continue
		}
		if takesOperand[arg] && i+1 < len(args) {
			i++
			p.option(arg, args[i], arg, args[i])
			continue
		}
		name, operand := arg, ""
		for _, o := range joined {
			if rest, ok := strings.CutPrefix(arg, o); ok && rest != "" {
				name, operand = o, rest
				break
			}
		}
		p.option(name, operand, arg)
	}
	return nil
}

func (p *parser) add(r role, args ...string) {
	p.words = append(p.words, word{args, r})
}

// response handles a response file. Such files exist because command lines are
// limited in length, so one that only lists files and libraries stays closed.
func (p *parser) response(arg, name string) error {
	p.responses++
	data, err := p.readFile(name)
	if err != nil {
		p.add(response, arg)
		return nil
	}
	before := p.Command
	if err := p.parse(splitResponse(data)); err != nil {
		return err
	}
	for _, w := range p.words[len(before.words):] {
		switch w.role {
		case linking, response, input:
		default:
			return nil
		}
	}
	inputs := p.Inputs[len(before.Inputs):]
	if p.Ktcc != before.Ktcc || slices.ContainsFunc(inputs, func(in Input) bool { return in.Lang != Object }) {
		return nil
	}
	p.files = p.files || len(inputs) > 0
	p.Command = before
	p.add(response, arg)
	return nil
}

// ktcc handles an option of ktcc's own and returns the index of its last argument.
func (p *parser) ktcc(args []string, i int) (known bool, last int, err error) {
	arg := args[i]
	if !strings.HasPrefix(arg, "--") {
		if strings.HasPrefix(arg, "-@") {
			return true, i, nil
		}
		return false, i, nil
	}
	o := &p.Ktcc
	name, value, hasValue := strings.Cut(arg[2:], "=")
	switch name {
	case "dostackvars":
		o.NoStackVars, o.Instrument = false, true
	case "doglobalreg":
		o.NoRegister, o.Instrument = false, true
	case "doktsavetypes":
		o.NoSummary, o.Instrument = false, true
	case "dontstackvars":
		o.NoStackVars = true
	case "dontglobalreg":
		o.NoRegister = true
	case "dontktsavetypes":
		o.NoSummary = true
	case "automigrate":
		o.NoMigrate = false
	case "noautomigrate":
		o.NoMigrate = true
	case "ktcc-help":
		o.Help = true
	case "typesfile-out", "gcc":
		if !hasValue {
			if i++; i == len(args) {
				return true, i, fmt.Errorf("--%s needs a value", name)
			}
			value = args[i]
		}
		if value == "" {
			return true, i, fmt.Errorf("--%s needs a value", name)
		}
		if name == "gcc" {
			o.Native = value
		} else {
			o.TypesFile = value
		}
	case "save-temps":
		p.SaveTemps = "."
		if hasValue {
			p.SaveTemps = value
		}
	case "ccargs":
		p.add(common, value)
	case "keepunused", "nokeepunused", "verbose", "warnall", "nomerge", "merge", "leavealone", "includedir",
		"trueobj", "stages", "bytecode", "out", "mode":
		// Options of the original ktcc that mean nothing here.
	default:
		return false, i, nil
	}
	return true, i, nil
}

// takesOperand lists the options whose operand may be, or is, the next argument.
var takesOperand = map[string]bool{
	"-o": true, "-x": true, "-D": true, "-U": true, "-I": true, "-A": true, "-L": true, "-l": true, "-B": true,
	"-T": true, "-u": true, "-z": true, "-e": true, "-G": true, "-F": true,
	"-include": true, "-imacros": true, "-isystem": true, "-idirafter": true, "-iquote": true, "-iprefix": true,
	"-iwithprefix": true, "-iwithprefixbefore": true, "-isysroot": true, "-imultilib": true, "-imultiarch": true,
	"-MF": true, "-MT": true, "-MQ": true, "-Xpreprocessor": true, "-Xassembler": true, "-Xlinker": true,
	"-Xclang": true, "-Tbss": true, "-Tdata": true, "-Ttext": true, "--param": true, "--sysroot": true,
	"-aux-info": true, "-dumpdir": true, "-dumpbase": true, "-dumpbase-ext": true, "-wrapper": true,
	"-arch": true, "-target": true, "-mllvm": true, "-framework": true, "--output": true,
}

// joined lists the options whose operand may be part of the same argument,
// longer ones before their prefixes.
var joined = []string{
	"-include", "-imacros", "-isystem", "-idirafter", "-iquote", "-iprefix", "-iwithprefixbefore", "-iwithprefix",
	"-isysroot", "-imultilib", "-imultiarch", "-MF", "-MT", "-MQ", "--output=", "-ffile-prefix-map=",
	"-fmacro-prefix-map=", "-save-temps=", "-std=", "-Wp,", "-Wl,", "-print-", "-dump", "-fdump-", "-o", "-x", "-D",
	"-U", "-I", "-A", "-L", "-l",
}

// option handles an option of the native compiler's. args is how it was given.
func (p *parser) option(name, operand string, args ...string) {
	r := common
	switch name {
	case "-c", "--compile":
		p.Mode, r = max(p.Mode, Compile), mode
	case "-S", "--assemble":
		p.Mode, r = max(p.Mode, Assemble), mode
	case "-E", "--preprocess", "-M", "-MM", "--dependencies", "--user-dependencies", "-fsyntax-only", "-###",
		"--version", "--help", "-print-", "-V", "-fdirectives-only":
		p.nothing = true
	case "-dump":
		// -dumpversion and the like end the command; -dumpbase NAME does not.
		switch args[0] {
		case "-dumpbase", "-dumpbase-ext", "-dumpdir":
		default:
			p.nothing = true
		}
	case "-o", "--output", "--output=":
		p.Output, r = operand, result
	case "-x":
		p.lang, r = operand, language
	case "-D", "-U", "-I", "-A", "-include", "-imacros", "-isystem", "-idirafter", "-iquote", "-iprefix",
		"-iwithprefix", "-iwithprefixbefore", "-isysroot", "-imultilib", "-imultiarch", "-Xpreprocessor", "-Wp,",
		"-nostdinc", "-undef", "-H", "-trigraphs", "-traditional", "-traditional-cpp":
		r = preprocess
	case "-P", "-C", "-CC", "-dM", "-dD", "-dN", "-dI", "-dU":
		r = dropped
	case "-save-temps", "-save-temps=":
		// "-save-temps=obj" means beside the object; "cwd" is the default.
		p.SaveTemps, r = ".", dropped
		if operand == "obj" {
			p.SaveTemps = "obj"
		}
	case "-MD", "-MMD":
		p.Dependencies, r = true, depend
	case "-MP", "-MG":
		r = depend
	case "-MT", "-MQ":
		p.depName, r = true, depend
	case "-MF":
		// Named anew for each run.
		p.DepFile, r = operand, result
	case "-l", "-L", "-Wl,", "-Xlinker", "-T", "-u", "-z", "-e":
		r = linking
	case "-ansi":
		p.GNU89Inline = true
	case "-fgnu89-inline":
		p.GNU89Inline = true
	case "-fno-gnu89-inline":
		p.GNU89Inline = false
	case "-std=":
		switch operand {
		case "c89", "c90", "iso9899:1990", "iso9899:199409", "gnu89", "gnu90":
			p.GNU89Inline = true
		case "c2x", "gnu2x", "c23", "gnu23", "iso9899:2024":
			p.C23 = true
		}
	case "-fno-lto":
		p.LTO = false
	case "-flto", "-flto-partition":
		p.LTO = true
	case "-emit-llvm":
		p.LTO = true
	case "-w":
		p.NoWarnings = true
	case "-fno-diagnostics-color", "-fdiagnostics-color":
		p.Colors = true
	case "-ffile-prefix-map=", "-fmacro-prefix-map=":
		p.PrefixMaps = append(p.PrefixMaps, operand)
	case "-Wextra", "-W", "-Wimplicit-fallthrough":
		p.FallThrough = true
	case "-gsplit-dwarf", "--coverage", "-coverage", "-fprofile-arcs", "-ftest-coverage", "-fprofile-generate",
		"-fprofile-use", "-fbranch-probabilities", "-fauto-profile", "-fstack-usage", "-fcallgraph-info", "-fdump-":
		p.aux, r = true, auxiliary
		p.AllHeaders = p.AllHeaders || name == "-fcallgraph-info" || name == "-fdump-"
	case "-Wsystem-headers", "-aux-info", "-fopenmp", "-fopenacc", "-fkeep-inline-functions", "-fkeep-static-functions",
		"-fno-eliminate-unused-debug-types", "-fno-eliminate-unused-debug-symbols", "-fstandalone-debug":
		p.AllHeaders = true
	default:
		switch {
		case strings.HasPrefix(name, "-flto="):
			p.LTO = true
		case strings.HasPrefix(name, "-Wimplicit-fallthrough="):
			p.FallThrough = true
		case strings.HasPrefix(name, "-fdiagnostics-color="):
			p.Colors = true
		case strings.HasPrefix(name, "--help="):
			p.nothing = true
		case strings.HasPrefix(name, "-fplugin="):
			p.AllHeaders = true
		case strings.HasPrefix(name, "-fprofile-use="), strings.HasPrefix(name, "-fprofile-generate="):
			p.aux, r = true, auxiliary
		}
	}
	p.add(r, args...)
}

func (p *parser) langOf(name string) Lang {
	switch p.lang {
	case "c":
		return C
	case "cpp-output":
		return Preprocessed
	case "", "none":
		switch filepath.Ext(name) {
		case ".c":
			return C
		case ".i":
			return Preprocessed
		case ".s", ".S", ".sx", ".h", ".cc", ".cp", ".cxx", ".cpp", ".CPP", ".c++", ".C", ".ii", ".m", ".mi", ".mm",
			".M", ".mii", ".hh", ".H", ".hp", ".hxx", ".hpp", ".HPP", ".h++", ".tcc", ".f", ".F", ".f90", ".F90",
			".go", ".d", ".adb", ".ads", ".ll", ".bc":
			return Foreign
		}
		return Object
	}
	return Foreign
}

// splitResponse splits the content of a response file as the compilers do:
// blanks separate, quotes group, a backslash takes the next character as it is.
func splitResponse(data []byte) []string {
	var args []string
	var cur []byte
	in := false
	var quote byte
	for i := 0; i < len(data); i++ {
		b := data[i]
		switch {
		case b == '\\' && i+1 < len(data):
			i++
			cur, in = append(cur, data[i]), true
		case quote != 0:
			if b == quote {
				quote = 0
			} else {
				cur = append(cur, b)
			}
		case b == '"' || b == '\'':
			quote, in = b, true
		case b == ' ' || b == '\t' || b == '\n' || b == '\r' || b == '\f' || b == '\v':
			if in {
				args, cur, in = append(args, string(cur)), cur[:0], false
			}
		default:
			cur, in = append(cur, b), true
		}
	}
	if in {
		args = append(args, string(cur))
	}
	return args
}
