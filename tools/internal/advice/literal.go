package advice

import (
	"github.com/rules-kitsune/rules_kitsune/tools/internal/diag"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

// literal gives advice on a field that a function assigns a string literal to.
// Of the assignment only the field's name is known: no other structure of the
// program may have a field that could be meant.
func (a *adviser) literal(p *place) {
	at, ok := a.literals[p.name]
	if !ok || !a.isText(p.typ) || len(a.texts[p.name]) > 1 {
		return
	}
	d := a.advise(p, StringLiteral,
		"it may lead to a string literal of the old version, which then cannot be unloaded")
	if at.Line > 0 {
		d.Notef(at, "a literal is assigned here")
	}
	d.Suggest("to have it lead to the new version's text, assign a variable",
		`static const char TEXT[] = "...";`)
}

// findLiterals returns the places where string literals are assigned to fields,
// one for each name of a field.
func (a *adviser) findLiterals() map[string]diag.Pos {
	literals := map[string]diag.Pos{}
	for _, u := range a.Units {
		for name, line := range u.Literals {
			if literals[name].Line == 0 {
				literals[name] = diag.Pos{File: u.File, Line: line}
			}
		}
	}
	return literals
}

// findTexts returns the program's types that have a text in a field, by the name
// of the field.
func (a *adviser) findTexts() map[string][]*ktt.TypeDef {
	texts := map[string][]*ktt.TypeDef{}
	for _, d := range a.Types {
		for _, f := range d.Fields {
			if a.isText(f.Type) {
				texts[f.Name] = append(texts[f.Name], d)
			}
		}
	}
	return texts
}

// isText reports whether t is a pointer to characters that a literal can be
// assigned to.
func (a *adviser) isText(t *ktt.Type) bool {
	u := a.Underlying(t)
	return u.Kind == ktt.Pointer && u.Shape != ktt.NoLook && a.Underlying(u.Elem).Kind == ktt.Int
}
