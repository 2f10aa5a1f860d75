package ktt

import "fmt"

// check reports the first thing in u that this package's readers could
// stumble over: a summary may come from any file that claims to be one.
func (u *Unit) check() error {
	for _, d := range u.Types {
		if err := d.check(); err != nil {
			return fmt.Errorf("%s: %w", u.File, err)
		}
	}
	return u.checkSymbols()
}

// checkSymbols checks all of u but its types.
func (u *Unit) checkSymbols() error {
	for _, v := range u.Vars {
		if v == nil {
			return fmt.Errorf("%s: empty variable", u.File)
		}
		if err := v.Type.check(0); err != nil {
			return fmt.Errorf("%s: %s: %w", u.File, v.Key, err)
		}
	}
	for _, f := range u.Funcs {
		if f == nil {
			return fmt.Errorf("%s: empty function", u.File)
		}
	}
	return nil
}

func (d *TypeDef) check() error {
	if d == nil {
		return fmt.Errorf("empty type")
	}
	switch d.Kind {
	case Struct, Union:
		for _, f := range d.Fields {
			if f == nil {
				return fmt.Errorf("%s: empty field", d.Ref())
			}
			if err := f.Type.check(0); err != nil {
				return fmt.Errorf("%s.%s: %w", d.Ref(), f.Name, err)
			}
		}
	case Enum:
		for _, v := range d.Values {
			if v == nil {
				return fmt.Errorf("%s: empty enumerator", d.Ref())
			}
		}
	case Typedef:
		if err := d.Type.check(0); err != nil {
			return fmt.Errorf("%s: %w", d.Ref(), err)
		}
	default:
		return fmt.Errorf("unknown kind of type %q", d.Kind)
	}
	return nil
}

// maxDepth bounds the nesting of a type; no compiler accepts more.
const maxDepth = 1000

func (t *Type) check(depth int) error {
	if t == nil {
		return fmt.Errorf("missing type")
	}
	if depth > maxDepth {
		return fmt.Errorf("type nested too deeply")
	}
	switch t.Kind {
	case Void, Int, Float, VaList, Opaque:
	case Pointer, Array:
		if err := t.Elem.check(depth + 1); err != nil {
			return err
		}
		if t.Kind == Pointer && t.Shape == Many && t.Len == nil {
			return fmt.Errorf("pointer to elements without a length")
		}
	case FuncT:
		if err := t.Elem.check(depth + 1); err != nil {
			return err
		}
		for _, p := range t.Params {
			if err := p.check(depth + 1); err != nil {
				return err
			}
		}
	case Ref:
		switch t.Def {
		case Struct, Union, Enum, Typedef:
		default:
			return fmt.Errorf("reference to unknown kind %q", t.Def)
		}
		for _, a := range t.Args {
			if err := a.check(depth + 1); err != nil {
				return err
			}
		}
	default:
		return fmt.Errorf("unknown kind %q", t.Kind)
	}
	return nil
}

func (a *GenericArg) check(depth int) error {
	switch {
	case a == nil:
		return fmt.Errorf("missing generic argument")
	case depth > maxDepth:
		return fmt.Errorf("generic argument nested too deeply")
	case a.Opaque, a.Param != "":
		return nil
	case a.Pointer != nil:
		return a.Pointer.check(depth + 1)
	}
	return a.Type.check(depth + 1)
}
