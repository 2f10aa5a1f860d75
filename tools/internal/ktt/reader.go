package ktt

import (
	"bufio"
	"bytes"
	"debug/elf"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// A Reader reads summaries. The units of a program say most of what they say
// about types in the same words, since they include the same headers, and so
// do two versions of it: what a Reader has read once it does not read again.
// The summaries that it returns share types that are equal, and must not be
// changed.
//
// The zero value is ready for use.
type Reader struct {
	types map[string][]readType // by the beginning of their text
	words map[string]string     // see decoder
	line  []byte                // the one that is being read
}

// A readType is a type and the text that it was read from.
type readType struct {
	text string
	def  *TypeDef
}

// ReadFile reads the summary in the file name: a .ktt, or an object, archive
// member or shared object that ktcc had a part in. Errors name the file.
func (r *Reader) ReadFile(name string) (*Summary, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text := io.Reader(f)
	magic := make([]byte, len(elf.ELFMAG))
	if _, err := f.ReadAt(magic, 0); err == nil && string(magic) == elf.ELFMAG {
		if text, err = fromELF(f); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	s, err := r.read(text)
	if err != nil && !errors.As(err, new(*os.PathError)) { // which names it already
		err = fmt.Errorf("%s: %w", name, err)
	}
	return s, err
}

// Decode reads a summary. The result of an empty input is an empty summary.
func (r *Reader) Decode(data []byte) (*Summary, error) { return r.read(bytes.NewReader(data)) }

func (r *Reader) read(text io.Reader) (*Summary, error) {
	if r.types == nil {
		r.types, r.words = map[string][]readType{}, map[string]string{}
	}
	s := new(Summary)
	in := bufio.NewReaderSize(text, 1<<16)
	for {
		if err := r.readLine(in); err != nil {
			return nil, err
		}
		if len(r.line) == 0 {
			return s, nil
		}
		u := r.unit()
		if u == nil {
			return s, s.readRest(io.MultiReader(bytes.NewReader(r.line), in))
		}
		s.Units = append(s.Units, u)
	}
}

// readLine reads the next line. At the end there is none, not even an empty one.
func (r *Reader) readLine(in *bufio.Reader) error {
	r.line = r.line[:0]
	for {
		part, err := in.ReadSlice('\n')
		r.line = append(r.line, part...)
		switch err {
		case bufio.ErrBufferFull:
		case io.EOF:
			return nil
		default:
			return err
		}
	}
}

// unit returns the unit in the line, or nil if it is not the line that Encode
// writes for a unit.
func (r *Reader) unit() *Unit {
	d := &decoder{text: bytes.TrimSuffix(r.line, []byte("\n")), words: r.words}
	u := d.unit(func() *TypeDef { return r.typeDef(d) })
	if d.failed || d.pos != len(d.text) || u.Schema != Schema || u.checkSymbols() != nil {
		return nil
	}
	return u
}

// typeDef returns the type that comes next in the text of d.
func (r *Reader) typeDef(d *decoder) *TypeDef {
	start := d.pos
	text := d.text[start:]
	head := beginning(text)
	for _, known := range r.types[string(head)] {
		if n := len(known.text); n <= len(text) && string(text[:n]) == known.text {
			d.pos += n
			return known.def
		}
	}
	def := d.typeDef()
	if d.failed || def.check() != nil {
		d.failed = true
		return nil
	}
	known := readType{string(d.text[start:d.pos]), def}
	r.types[string(head)] = append(r.types[string(head)], known)
	return def
}

// beginning returns the first two fields of a type: its kind and its name.
func beginning(text []byte) []byte {
	kind, rest, _ := bytes.Cut(text, []byte(","))
	name, _, _ := bytes.Cut(rest, []byte(","))
	return text[:min(len(kind)+1+len(name), len(text))]
}

// readRest adds the units in text, however its JSON is written, or says why they
// cannot be read.
func (s *Summary) readRest(text io.Reader) error {
	in := json.NewDecoder(text)
	for {
		var doc json.RawMessage
		switch err := in.Decode(&doc); {
		case err == io.EOF:
			return nil
		case err == io.ErrUnexpectedEOF:
			return errors.New("not a type summary: it is not complete")
		case err != nil:
			return fmt.Errorf("not a type summary: %w", err)
		}
		u := new(Unit)
		if err := strictly(doc, u); err != nil || u.Schema != Schema {
			return malformed(doc, err)
		}
		if err := u.check(); err != nil {
			return fmt.Errorf("malformed type summary: %w", err)
		}
		s.Units = append(s.Units, u)
	}
}

// strictly decodes a JSON value, with nothing in it that v has no place for.
func strictly(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(v)
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
