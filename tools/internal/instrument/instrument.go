// Package instrument makes the translation units of an updatable program.
//
// For each variable and function that an update must know, a constant
// descriptor goes into a section of the object, where the runtime finds it;
// nothing runs at start-up. Descriptors stand where what they describe is in
// scope: at the end of the unit, or right after the declaration of a static
// variable in a function. In functions whose locals are to be noted, calls of
// the runtime follow the declarations.
//
// All this is inserted into the preprocessed text without adding a line to the
// user's, so that diagnostics and debug information do not move. What is added
// before and after the text is marked as a system header.
//
// The type summary needs numbers that only the native compiler knows: sizes,
// offsets, values of enumerators. They are compiled along, as constants in the
// section that is to hold the summary (constants.go), and read from the object
// file, where the summary then takes their place.
package instrument

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/cfront"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/edit"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

// Options say what is wanted of a unit.
type Options struct {
	NoMigrate  bool // variables are automigrated only with E_AUTO_MIGRATE
	NoRegister bool // there are no descriptors

	// Target is the compiler's name of the machine.
	Target string

	// MapFile returns a file's name as __FILE__ has it.
	MapFile func(string) string

	// Comments are to be in the text, for the compiler.
	Comments []cfront.Comment
}

// A Unit is a unit with its instrumentation.
type Unit struct {
	// Warnings are about what cannot be carried over.
	Warnings diag.List

	source    *cfront.Unit
	options   Options
	variables []*variable
	functions []*function
	constants *constants
	copies    map[*cfront.Def]string
	inserts   []insert // of noted locals
	notes     int      // how many names noted locals have needed
}

// A variable is one that is described.
type variable struct {
	*cfront.Object
	key   ktt.Key
	local bool // noted, not registered
	flags []string
}

type function struct {
	*cfront.Function
	key ktt.Key
}

type insert struct {
	at   int
	text string
}

// New decides how a unit is instrumented.
func New(source *cfront.Unit, options Options) *Unit {
	u := &Unit{source: source, options: options, constants: newConstants(), copies: make(map[*cfront.Def]string)}
	for _, o := range source.Objects {
		u.addVariable(o)
	}
	for _, o := range source.Statics {
		u.addVariable(o)
	}
	byOffset := func(a, b *variable) int { return a.Off - b.Off }
	slices.SortStableFunc(u.variables, byOffset)
	for _, f := range source.Functions {
		if !f.NoDefinition && (!f.Static || f.AddressTaken) {
			k := ktt.Key{Name: f.Name}
			if f.Static {
				k.File, k.NS = u.file(f.Off), source.Namespace
			}
			u.functions = append(u.functions, &function{f, k})
		}
	}
	registered := len(u.variables)
	u.noteFrames()
	slices.SortStableFunc(u.variables[registered:], byOffset)
	// Once to learn which constants the summary needs.
	u.summary(nil)
	return u
}

// file returns the file in which something is defined, as in keys.
func (u *Unit) file(off int) string { return u.options.MapFile(u.source.Position(off).File) }

func (u *Unit) warnf(off int, format string, args ...any) {
	u.Warnings.Warnf(u.source.Position(off).Pos, format, args...)
}

func (u *Unit) addVariable(o *cfront.Object) {
	switch {
	case o.ThreadLocal:
		u.warnf(o.Off, "thread-local variable %s is not carried over by updates", o.Name)
		return
	case o.Register:
		return
	}
	v := &variable{Object: o, key: ktt.Key{Name: o.Key, Func: o.Func}}
	if o.Static {
		v.key.File, v.key.NS = u.file(o.Off), u.source.Namespace
		v.flags = append(v.flags, "__kt_is_static")
	}
	switch {
	case o.Type.ReadOnly():
		v.flags = append(v.flags, "__kt_is_readonly")
	case u.migrated(o):
		v.flags = append(v.flags, "__kt_automigrate")
	}
	u.variables = append(u.variables, v)
}

// migrated reports whether a variable that is not const is automigrated.
func (u *Unit) migrated(o *cfront.Object) bool {
	return !o.Manual && (o.Auto || !u.options.NoMigrate)
}

// A Seal is what is known once the object has been compiled.
type Seal struct {
	Summary []byte // the canonical form of the type summary
	Hash    string
}

// Placeholder stands in the unit's descriptor where the summary's hash goes.
const Placeholder = "summary-summary-summary-summary-summary-summary-summary-summary-"

// Text returns the unit's text to be compiled. Without a seal it contains the
// constants that Summary reads, and the placeholder; with one, the summary.
func (u *Unit) Text(seal *Seal) []byte {
	b := edit.New(u.source.Text)
	b.Insert(u.source.Insert, u.head())
	inserts := slices.Clone(u.inserts)
	for i, v := range u.variables {
		if v.Func != "" && !v.local && !u.options.NoRegister {
			inserts = append(inserts, insert{v.After, " " + u.variableDescriptor(i)})
		}
	}
	if seal == nil {
		inserts = append(inserts, u.copyTexts()...)
		inserts = append(inserts, u.constants.texts()...)
	}
	for _, c := range u.options.Comments { // after all that goes to the same place
		inserts = append(inserts, insert{c.Off, c.Text})
	}
	slices.SortStableFunc(inserts, func(a, b insert) int { return cmp.Compare(a.at, b.at) })
	for _, i := range inserts {
		b.Insert(i.at, i.text)
	}
	for _, g := range u.source.Gaps { // after what is inserted where they begin
		text := g.Lines
		if g.Resumes {
			text += u.marker(g.To) + "\n"
		}
		b.Replace(g.From, g.To, text)
	}
	b.Insert(len(u.source.Text), u.tail(seal))
	return b.Bytes()
}

// copyTexts returns definitions of structures that constants are taken of in
// the place of others.
func (u *Unit) copyTexts() []insert {
	var list []insert
	for d, name := range u.copies {
		list = append(list, insert{d.After, " " + u.source.Copy(d, strings.TrimPrefix(name, string(d.Kind)+" "))})
	}
	slices.SortFunc(list, func(a, b insert) int { return cmp.Compare(a.at, b.at) })
	return list
}

const attributes = `__attribute__((section("%s"), used, aligned(__alignof__(struct %s))))`

var (
	unitAttributes   = fmt.Sprintf(attributes, "kitsune_units", "__kt_unit")
	symbolAttributes = fmt.Sprintf(attributes, "kitsune_symbols", "__kt_symbol")
)

// ourMarker is the line marker of what does not stand in the user's lines.
const ourMarker = `# 1 "<ktcc>" 3`

// marker returns the line marker of a place in the user's sources.
func (u *Unit) marker(off int) string {
	p := u.source.Position(off)
	m := fmt.Sprintf("# %d %s", p.Line, quote(p.File))
	if p.System {
		m += " 3"
	}
	return m
}

// head is what stands before the unit's text. The structures are those of
// runtime/include/kitsune_abi.h.
func (u *Unit) head() string {
	var b strings.Builder
	b.WriteString(ourMarker + `
/* What the runtime finds of this unit; see kitsune_abi.h. */
typedef __typeof__(sizeof 0) __kt_size;
struct __kt_unit { unsigned abi, symbol_size; const char *file, *ns; char summary[65]; };
struct __kt_symbol {
	const struct __kt_unit *unit;
	const char *name, *func, *file;
	const volatile void *addr;
	__kt_size size, stride;
	unsigned flags;
};
enum { __kt_is_function = 1, __kt_is_static = 2, __kt_is_readonly = 4, __kt_automigrate = 8 };
`)
	fmt.Fprintf(&b, "static const struct __kt_unit __kt_unit %s;\n", unitAttributes)
	if len(u.source.Frames) > 0 && !u.source.Uses("kitsune_scope_enter") {
		b.WriteString(`__kt_size kitsune_scope_enter(__kt_size *, const char *);
void kitsune_scope_leave(__kt_size *);
char kitsune_scope_note(const char *, void *, __kt_size);
`)
	}
	if u.source.Insert < len(u.source.Text) {
		b.WriteString(u.marker(u.source.Insert) + "\n")
	}
	return b.String()
}

// tail is what stands after the unit's text.
func (u *Unit) tail(seal *Seal) string {
	var b strings.Builder
	if n := len(u.source.Text); n > 0 && u.source.Text[n-1] != '\n' {
		b.WriteByte('\n')
	}
	b.WriteString(ourMarker + "\n/* The unit, its variables at file scope, and its functions. */\n")
	hash := Placeholder
	if seal != nil {
		hash = seal.Hash
	}
	ns := "0"
	if u.source.Namespace != "" {
		ns = quote(u.source.Namespace)
	}
	fmt.Fprintf(&b, "static const struct __kt_unit __kt_unit %s = {\n", unitAttributes)
	fmt.Fprintf(&b, "\t1, sizeof(struct __kt_symbol), %s, %s, \"%s\"\n};\n", quote(u.unitFile()), ns, hash)
	if !u.options.NoRegister {
		for i, v := range u.variables {
			if v.Func == "" {
				b.WriteString(u.variableDescriptor(i) + "\n")
			}
		}
		for i := range u.functions {
			b.WriteString(u.functionDescriptor(i) + "\n")
		}
	}
	if seal == nil {
		b.WriteString(u.constants.fileText())
	} else {
		b.WriteString(sectionText(seal.Summary))
	}
	return b.String()
}

// unitFile returns the unit's source, as in keys.
func (u *Unit) unitFile() string { return u.options.MapFile(u.source.File) }

// variableDescriptor returns the definition of the descriptor of variable n.
func (u *Unit) variableDescriptor(n int) string {
	v := u.variables[n]
	size, stride := "sizeof "+v.Name, "sizeof "+v.Name
	if v.Type.Resolve().Kind == cfront.Array {
		stride += "[0]"
		if v.Incomplete() {
			size = stride
		}
	}
	flags := "0"
	if len(v.flags) > 0 {
		flags = strings.Join(v.flags, " | ")
	}
	return u.descriptor(fmt.Sprintf("__kt_variable_%d", n+1), v.key, "&"+v.Name, size, stride, flags)
}

func (u *Unit) functionDescriptor(n int) string {
	f := u.functions[n]
	flags := "__kt_is_function"
	if f.Static {
		flags += " | __kt_is_static"
	}
	return u.descriptor(fmt.Sprintf("__kt_function_%d", n+1), f.key, "(const volatile void *)"+f.Name, "0", "0", flags)
}

func (u *Unit) descriptor(name string, k ktt.Key, addr, size, stride, flags string) string {
	fn, file := "0", "0"
	if k.Func != "" {
		fn = quote(k.Func)
	}
	if k.File != "" && k.File != u.unitFile() {
		file = quote(k.File)
	}
	return fmt.Sprintf("__extension__ static const struct __kt_symbol %s %s = "+
		"{&__kt_unit, %s, %s, %s, %s, %s, %s, %s};", name, symbolAttributes, quote(k.Name), fn, file, addr, size, stride, flags)
}

// quote returns s as a C string literal that also holds where trigraphs are
// replaced.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\' || c == '?':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < 0x20 || c == 0x7f:
			fmt.Fprintf(&b, "\\%03o", c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
