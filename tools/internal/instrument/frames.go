package instrument

import (
	"fmt"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/cfront"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

// noteFrames inserts what notes the variables of functions: in each block that
// declares some, a token whose cleanup forgets them on every way out, and after
// each declaration a call. All of it consists of declarations, so that none of
// the user's follows a statement.
//
// A block that can be entered by a jump past the token must not have one: the
// cleanup would read it uninitialised. The variables of such a block are not
// noted.
func (u *Unit) noteFrames() {
	noted := make(map[string]*cfront.Object)
	for _, frame := range u.source.Frames {
		for i, b := range frame.Blocks {
			name := "0"
			if i == 0 {
				name = quote(frame.Func)
			}
			u.noteBlock(b, name, noted)
		}
	}
	for _, o := range u.source.ByHand {
		u.addLocal(o, noted)
	}
}

// noteBlock notes the variables of a block of the function called name, which
// is 0 but for the outermost block.
func (u *Unit) noteBlock(b *cfront.Block, name string, noted map[string]*cfront.Object) {
	var start strings.Builder
	if b.Wrap > 0 {
		start.WriteString("{")
	}
	token := u.number()
	fmt.Fprintf(&start, " __kt_size __kt_scope_%d __attribute__((cleanup(kitsune_scope_leave), unused)) = "+
		"kitsune_scope_enter(&__kt_scope_%d, %s);", token, token, name)
	any := name != "0"
	for _, o := range b.Before {
		if u.notable(o, b) {
			start.WriteString(" " + note(o, u.number(), "", b.Wrap == 0 && name == "0"))
			any = true
			if o.After > 0 {
				u.addLocal(o, noted)
			}
		}
	}
	var after []insert
	for _, l := range b.Locals {
		if !u.notable(l.Object, b) {
			continue
		}
		n := u.number()
		seen := ""
		if l.Repeated {
			seen = fmt.Sprintf("__kt_seen_%d", n)
			fmt.Fprintf(&start, " char %s = 0;", seen)
		}
		after = append(after, insert{l.After, " " + note(l.Object, n, seen, true)})
		any = true
		u.addLocal(l.Object, noted)
	}
	if !any {
		return
	}
	u.inserts = append(u.inserts, insert{b.Start, start.String()})
	u.inserts = append(u.inserts, after...)
	if b.Wrap > 0 {
		u.inserts = append(u.inserts, insert{b.Wrap, " }"})
	}
}

func (u *Unit) number() int {
	u.notes++
	return u.notes
}

// notable reports whether a variable of b can be noted.
func (u *Unit) notable(o *cfront.Object, b *cfront.Block) bool {
	if o.Register {
		return false
	}
	if b.JumpedInto {
		u.warnf(o.Off, "%s is not noted: a jump can enter its block past the declaration; "+
			"give it a block of its own", o.Name)
		return false
	}
	return true
}

// note returns a declaration that notes a variable, but only once if seen names
// the variable that remembers it.
func note(o *cfront.Object, n int, seen string, sizeof bool) string {
	addr := "(void *)&" + o.Name
	if o.Type.Qualified() {
		addr = "(void *)(__kt_size)&" + o.Name // without a warning that this drops a qualifier
	}
	size := "sizeof " + o.Name
	if o.Type.Kind == cfront.Pointer {
		size = "sizeof(void *)" // for a parameter declared as an array, the compiler warns about the other
	}
	value := fmt.Sprintf("kitsune_scope_note(%s, %s, %s)", quote(o.Name), addr, size)
	if seen != "" {
		done := seen
		if o.Type.Resolve().Kind == cfront.Array {
			// One of variable length has another address the next time.
			done = fmt.Sprintf("(%s && __builtin_constant_p(sizeof %s))", seen, o.Name)
		}
		value = fmt.Sprintf("%s || (%s = !%s)", done, seen, value)
	}
	return fmt.Sprintf("char __kt_note_%d __attribute__((unused)) = %s;", n, value)
}

// addLocal puts a local variable into the summary. Variables of one name in a
// function have one key.
func (u *Unit) addLocal(o *cfront.Object, noted map[string]*cfront.Object) {
	k := ktt.Key{Name: o.Name, Func: o.Func}
	if first := noted[k.String()]; first != nil {
		return
	}
	noted[k.String()] = o
	u.variables = append(u.variables, &variable{Object: o, key: k, local: true})
}
