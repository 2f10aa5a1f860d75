package ccargs

import (
	"path/filepath"
	"slices"
	"strings"
)

// Native returns the whole command for the native compiler. The inputs that
// are keys of replace are left out, or, if the value is not empty, stand back
// for the object file of that name.
func (c *Command) Native(replace map[Input]string) []string {
	at := make(map[int]string)
	for in, object := range replace {
		at[in.word] = object
	}
	var args []string
	lang := "none"
	for i, w := range c.words {
		if w.role == language {
			lang = strings.TrimPrefix(w.args[len(w.args)-1], "-x")
		}
		object, ok := at[i]
		switch {
		case !ok:
			args = append(args, w.args...)
		case object != "" && lang == "none":
			args = append(args, object)
		case object != "":
			args = append(args, "-x", "none", object, "-x", lang)
		}
	}
	return args
}

// Preprocess returns the command that preprocesses one input to the standard
// output and writes the list of its dependencies, if that was asked for, to
// depFile. define is one -D option more.
func (c *Command) Preprocess(in Input, define, depFile string) []string {
	args := c.pick(common, preprocess, depend, auxiliary)
	args = append(args, "-E", define)
	if c.Dependencies {
		args = append(args, "-MF", depFile)
		if !c.depName && c.Output != "" {
			args = append(args, "-MQ", c.Output)
		}
	}
	return append(args, "-x", "c", in.Name)
}

// Compile returns the command that makes out from the preprocessed text of one
// input on the standard input. The compiler is gcc, or else clang.
func (c *Command) Compile(in Input, out string, clang bool) []string {
	args := c.pick(common, auxiliary, mode)
	if c.Mode == Link {
		args = append(args, "-c")
	}
	// Debug information names the source, and files beside the object get the
	// names that they have without us. gcc finds the source's name in the text.
	switch {
	case clang:
		args = append(args, "-Xclang", "-main-file-name", "-Xclang", in.Name)
		if c.aux {
			stem := c.coverageStem(in)
			args = append(args, "-Xclang", "-coverage-notes-file", "-Xclang", stem+".gcno",
				"-Xclang", "-coverage-data-file", "-Xclang", stem+".gcda")
		}
	case c.aux:
		dir, base := c.auxName(in)
		args = append(args, "-dumpdir", dir, "-dumpbase", base, "-dumpbase-ext", filepath.Ext(base))
	}
	return append(args, "-o", out, "-x", "cpp-output", "-")
}

// Measure returns the command that makes an ordinary object file, in silence, of
// what Compile would compile to something else. Without optimisation it takes a
// fraction of the time, but fails where a header relies on it.
func (c *Command) Measure(out string, optimized bool) []string {
	args := c.pick(common)
	args = slices.DeleteFunc(args, func(a string) bool { return a == "-emit-llvm" })
	if !optimized {
		args = append(args, "-O0")
	}
	return append(args, "-c", "-fno-lto", "-g0", "-w", "-o", out, "-x", "cpp-output", "-")
}

// Check returns the command by which the native compiler compiles one input by
// itself and throws the result away.
func (c *Command) Check(in Input) []string {
	args := append(c.pick(common, preprocess), "-c", "-o", "/dev/null")
	if in.Lang == Preprocessed {
		return append(args, "-x", "cpp-output", in.Name)
	}
	return append(args, "-x", "c", in.Name)
}

// TargetQuery returns the command by which the native compiler names the
// machine that it compiles for.
func (c *Command) TargetQuery() []string {
	return append(c.pick(common), "-dumpmachine")
}

// pick returns the words that have one of the roles.
func (c *Command) pick(roles ...role) []string {
	var args []string
	for _, w := range c.words {
		if slices.Contains(roles, w.role) {
			args = append(args, w.args...)
		}
	}
	return args
}

// Object returns the name of the file that the command makes of one input when
// it does not link: an object, or assembly.
func (c *Command) Object(in Input) string {
	if c.Output != "" {
		return c.Output
	}
	ext := ".o"
	if c.Mode == Assemble {
		ext = ".s"
	}
	return Stem(filepath.Base(in.Name)) + ext
}

// DependencyFile returns the name of the file with an input's dependencies.
func (c *Command) DependencyFile(in Input) string {
	switch {
	case c.DepFile != "":
		return c.DepFile
	case c.Output != "":
		return Stem(c.Output) + ".d"
	}
	return Stem(filepath.Base(in.Name)) + ".d"
}

// SummaryFile returns the name of the file for the type summary of an input:
// beside the source, with its last suffix replaced, unless the user says
// otherwise. It is "" if there is to be none.
func (c *Command) SummaryFile(in Input) string {
	switch {
	case c.Ktcc.NoSummary:
		return ""
	case c.Ktcc.TypesFile != "":
		return c.Ktcc.TypesFile
	case in.Name == "-":
		return ""
	}
	return Stem(in.Name) + ".ktt"
}

// MapPrefix returns the name as __FILE__ spells it: the last of the prefix maps
// whose old prefix it begins with is applied.
func (c *Command) MapPrefix(name string) string {
	for _, m := range slices.Backward(c.PrefixMaps) {
		// As the compiler does, split at the last "=".
		i := strings.LastIndexByte(m, '=')
		if i < 0 {
			continue
		}
		if rest, ok := strings.CutPrefix(name, m[:i]); ok {
			return m[i+1:] + rest
		}
	}
	return name
}

// auxName returns what gcc's -dumpdir and -dumpbase are by default.
func (c *Command) auxName(in Input) (dir, base string) {
	base = filepath.Base(in.Name)
	if c.Mode == Link {
		if c.Output == "" {
			return "a-", base
		}
		return Stem(c.Output) + "-", base
	}
	if c.Output == "" {
		return "./", base
	}
	dir, out := filepath.Split(c.Output)
	return dir, Stem(out) + filepath.Ext(base)
}

// coverageStem returns the names of clang's files for coverage, without their
// suffix. The program writes one of them, in whatever directory it runs.
func (c *Command) coverageStem(in Input) string {
	stem := Stem(c.Object(in))
	if c.Mode == Link {
		stem = Stem(filepath.Base(in.Name))
	}
	if absolute, err := filepath.Abs(stem); err == nil {
		return absolute
	}
	return stem
}

// Stem returns name without its last suffix.
func Stem(name string) string {
	if ext := filepath.Ext(name); len(ext) < len(filepath.Base(name)) {
		return name[:len(name)-len(ext)]
	}
	return name
}
