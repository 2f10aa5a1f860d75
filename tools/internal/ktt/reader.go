package ktt

import (
	"bytes"
	"debug/elf"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"os"
	"slices"
)

// A Reader reads summaries. The units of a program say most of what they say
// about types in the same words, since they include the same headers, and so
// do two versions of it: what a Reader has read once it does not read again.
// The summaries that it returns share what is equal, and must not be changed.
//
// The zero value is ready for use.
type Reader struct {
	seed  maphash.Seed
	units map[uint64]read     // by the hash of their lines
	types map[string]*TypeDef // by their JSON
}

// A read is a unit and the line that it was read from.
type read struct {
	line []byte
	unit *Unit
}

// ReadFile reads the summary in the file name: a .ktt, or an object, archive
// member or shared object that ktcc had a part in. Errors name the file.
func (r *Reader) ReadFile(name string) (*Summary, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(data, []byte(elf.ELFMAG)) {
		if data, err = fromELF(data); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	s, err := r.Decode(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return s, nil
}

// Decode reads a summary. The result of an empty input is an empty summary.
func (r *Reader) Decode(data []byte) (*Summary, error) {
	if r.units == nil {
		r.seed, r.units, r.types = maphash.MakeSeed(), map[uint64]read{}, map[string]*TypeDef{}
	}
	s := new(Summary)
	for {
		data = bytes.TrimLeft(data, " \t\r\n")
		if len(data) == 0 {
			return s, nil
		}
		line, _, _ := bytes.Cut(data, []byte("\n"))
		known := r.units[maphash.Bytes(r.seed, line)]
		if known.unit == nil || !bytes.Equal(known.line, line) {
			doc, err := cut(data)
			if err != nil {
				return nil, fmt.Errorf("not a type summary: %w", err)
			}
			u, err := r.unit(doc)
			if err != nil {
				return nil, err
			}
			known = read{doc.text, u}
			r.units[maphash.Bytes(r.seed, known.line)] = known
		}
		s.Units = append(s.Units, known.unit)
		data = data[len(known.line):]
	}
}

func (r *Reader) unit(doc *document) (*Unit, error) {
	u := new(Unit)
	if err := strictly(doc.rest, u); err != nil || u.Schema != Schema {
		return nil, malformed(doc.rest, err)
	}
	if doc.types != nil && len(u.Types) > 0 {
		return nil, errors.New("malformed type summary: types are there twice")
	}
	for _, text := range doc.types {
		d, err := r.typeDef(text)
		if err != nil {
			return nil, fmt.Errorf("malformed type summary: %w", err)
		}
		u.Types = append(u.Types, d)
	}
	if err := u.check(); err != nil {
		return nil, fmt.Errorf("malformed type summary: %w", err)
	}
	return u, nil
}

// malformed says why the JSON of a unit cannot be read. A newer format need not
// fit our types: that comes first.
func malformed(text []byte, err error) error {
	var v struct {
		Schema *int `json:"ktt"`
	}
	if json.Unmarshal(text, &v) != nil || v.Schema == nil {
		return errors.New("not a type summary: no format version")
	}
	if *v.Schema != Schema {
		return fmt.Errorf("type summary of format %d; this program reads format %d", *v.Schema, Schema)
	}
	return fmt.Errorf("malformed type summary: %w", err)
}

// typeDef returns the type with the JSON text.
func (r *Reader) typeDef(text []byte) (*TypeDef, error) {
	if d := r.types[string(text)]; d != nil {
		return d, nil
	}
	d := new(TypeDef)
	if err := strictly(text, d); err != nil {
		return nil, err
	}
	r.types[string(text)] = d
	return d, nil
}

// strictly decodes one JSON value, with nothing in it that v has no place for.
func strictly(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if d.InputOffset() != int64(len(text)) {
		return errors.New("something follows it")
	}
	return nil
}

// A document is the JSON of a unit, cut into pieces.
type document struct {
	text  []byte   // all of it
	types [][]byte // the elements of "types"
	rest  []byte   // all but these
}

// cut cuts the JSON object out of data that data begins with. It understands no
// more of JSON than it needs for that, and looks for "types" as Encode writes it:
// what is wrong with the pieces, or written in another way, is seen when they are
// decoded.
func cut(data []byte) (*document, error) {
	list := []byte(`"types":[`)
	doc := new(document)
	depth, from, to := 0, 0, 0 // from here to there the elements are
	for i := 0; i < len(data); {
		switch data[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			if depth == 1 && to == 0 && bytes.HasPrefix(data[i:], list) {
				if elements, end := cutList(data, i+len(list)); end > 0 {
					doc.types, from, to = elements, i+len(list), end
					i = end + 1
					continue
				}
			}
			i = stringEnd(data, i)
			continue
		}
		i++
		if depth <= 0 {
			doc.text = data[:i]
			doc.rest = slices.Concat(data[:from], data[to:i])
			return doc, nil
		}
	}
	return nil, errors.New("it is not complete")
}

// cutList returns the objects that stand at data[i:], with commas between them,
// and the index of the bracket that ends them; 0 if there is something else.
func cutList(data []byte, i int) ([][]byte, int) {
	var list [][]byte
	for i < len(data) && data[i] == '{' {
		end := objectEnd(data, i)
		list = append(list, data[i:end])
		if end == len(data) || data[end] != ',' {
			i = end
			break
		}
		i = end + 1
	}
	if i == len(data) || data[i] != ']' || data[i-1] == ',' {
		return nil, 0
	}
	return list, i
}

// objectEnd returns the index behind the object that begins at data[i].
func objectEnd(data []byte, i int) int {
	depth := 0
	for i < len(data) {
		switch data[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			i = stringEnd(data, i)
			continue
		}
		i++
		if depth == 0 {
			return i
		}
	}
	return i
}

// stringEnd returns the index behind the string that begins at data[i].
func stringEnd(data []byte, i int) int {
	for i++; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return i
}
