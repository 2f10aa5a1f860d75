package review

import (
	"slices"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/match"
)

// variables returns what becomes of all variables of both versions.
func (c *comparison) variables() []*Variable {
	made := map[string]*match.Var{}
	for _, v := range c.Vars {
		made[v.New.Key] = v
	}
	carried := map[string]bool{} // old keys
	for _, r := range c.Renames {
		carried[r.Old] = true
	}
	vars := []*Variable{}
	for _, key := range c.New.Vars() {
		v := &Variable{New: varSide(c.New, key)}
		m := made[key]
		if m != nil {
			v.Rule = ruleOf(m.Rule)
			v.How = c.howMade(m.Old != nil, m.Rule, m.Value)
		} else if slices.Contains(c.New.Roots, key) {
			v.How = Missing
		}
		from := ""
		switch {
		case m != nil && m.Old != nil:
			from = m.Old.Key
		case c.renamed[key] != "":
			from = c.renamed[key]
		case !carried[key]: // or else the old one has another name now
			from = key
		}
		v.Old = varSide(c.Old, from)
		carried[from] = true
		if v.How == None && v.Old.Size != v.New.Size {
			v.How = Deep // match does not know it while a type in it lacks a rule
		}
		v.Change = varChange(v.Old, v.New)
		vars = append(vars, v)
	}
	for _, key := range c.Old.Vars() {
		if !carried[key] {
			vars = append(vars, &Variable{Change: Removed, Old: varSide(c.Old, key)})
		}
	}
	slices.SortStableFunc(vars, func(a, b *Variable) int { return strings.Compare(a.Key(), b.Key()) })
	return vars
}

// Key returns the key by which v is known in the newest version that has it.
func (v *Variable) Key() string {
	if v.New != nil {
		return v.New.Key
	}
	return v.Old.Key
}

// varSide returns what p says about a variable, or nil if it has none with the
// key.
func varSide(p *ktt.Program, key string) *VarSide {
	v := p.Var(key)
	if v == nil {
		return nil
	}
	return &VarSide{
		Key: key, Type: v.Type.String(), Size: v.Size, File: p.VarFile(key),
		ReadOnly: v.ReadOnly, Local: v.Local,
	}
}

func varChange(old, new *VarSide) Change {
	switch {
	case old == nil:
		return Added
	case old.Type != new.Type || old.Size != new.Size || old.ReadOnly != new.ReadOnly:
		return Changed
	case old.Key != new.Key:
		return Renamed
	}
	return Kept
}
