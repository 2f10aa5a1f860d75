package ktt

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
)

// Hash returns a hash of u's canonical form, in hex, without what is said about
// the source for people: lines and literals. Two units with the same hash look
// the same to an update.
func (u *Unit) Hash() (string, error) { return new(hasher).unit(u) }

// Hashes returns the hash of each of p's units.
func (p *Program) Hashes() ([]string, error) {
	h := new(hasher)
	list := make([]string, len(p.Units))
	for i, u := range p.Units {
		var err error
		if list[i], err = h.unit(u); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// A hasher hashes units. Types, which those that a [Reader] has read share, are
// hashed once each.
type hasher struct {
	types map[*TypeDef][]byte
}

func (h *hasher) unit(u *Unit) (string, error) {
	rest := *u
	rest.Types, rest.Literals = nil, nil
	rest.Vars = slices.Clone(u.Vars)
	for i, v := range u.Vars {
		v := *v
		v.Line, rest.Vars[i] = 0, &v
	}
	sum, err := hash(&rest)
	if err != nil {
		return "", err
	}
	sum = slices.Grow(sum, len(sum)*len(u.Types))
	for _, d := range u.Types {
		t, err := h.typeDef(d)
		if err != nil {
			return "", err
		}
		sum = append(sum, t...)
	}
	total := sha256.Sum256(sum)
	return hex.EncodeToString(total[:]), nil
}

func (h *hasher) typeDef(d *TypeDef) ([]byte, error) {
	if sum := h.types[d]; sum != nil {
		return sum, nil
	}
	c := *d
	c.Line, c.Fields = 0, slices.Clone(d.Fields)
	for i, f := range d.Fields {
		f := *f
		f.Line, c.Fields[i] = 0, &f
	}
	sum, err := hash(&c)
	if err != nil {
		return nil, err
	}
	if h.types == nil {
		h.types = map[*TypeDef][]byte{}
	}
	h.types[d] = sum
	return sum, nil
}

func hash(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	return sum[:], nil
}
