package ktt

import (
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/atomicfile"
)

// Encode returns u's canonical form: one line of JSON.
func (u *Unit) Encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(u); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Hash returns the SHA-256 of u's canonical form, in hex. Two units with the
// same hash look the same to an update.
func (u *Unit) Hash() (string, error) {
	b, err := u.Encode()
	if err != nil {
		return "", err
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:]), nil
}

// Encode returns the concatenation of the units' canonical forms.
func (s *Summary) Encode() ([]byte, error) {
	var b bytes.Buffer
	for _, u := range s.Units {
		e, err := u.Encode()
		if err != nil {
			return nil, err
		}
		b.Write(e)
	}
	return b.Bytes(), nil
}

// Decode reads a summary. The result of an empty input is an empty summary.
func Decode(data []byte) (*Summary, error) {
	s := new(Summary)
	d := json.NewDecoder(bytes.NewReader(data))
	for {
		var head json.RawMessage
		if err := d.Decode(&head); err == io.EOF {
			return s, nil
		} else if err != nil {
			return nil, fmt.Errorf("not a type summary: %w", err)
		}
		// The version first: a newer format need not fit our types.
		var v struct {
			Schema *int `json:"ktt"`
		}
		if err := json.Unmarshal(head, &v); err != nil || v.Schema == nil {
			return nil, errors.New("not a type summary: no format version")
		}
		if *v.Schema != Schema {
			return nil, fmt.Errorf("type summary of format %d; this program reads format %d", *v.Schema, Schema)
		}
		u := new(Unit)
		strict := json.NewDecoder(bytes.NewReader(head))
		strict.DisallowUnknownFields()
		if err := strict.Decode(u); err != nil {
			return nil, fmt.Errorf("malformed type summary: %w", err)
		}
		if err := u.check(); err != nil {
			return nil, fmt.Errorf("malformed type summary: %w", err)
		}
		s.Units = append(s.Units, u)
	}
}

// ReadFile reads the summary in the file name: a .ktt, or an object, archive
// member or shared object that ktcc had a part in. Errors name the file.
func ReadFile(name string) (*Summary, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(data, []byte(elf.ELFMAG)) {
		if data, err = fromELF(data); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	s, err := Decode(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return s, nil
}

// ErrNoSummary is what an ELF file without a summary gives.
var ErrNoSummary = errors.New("no type summary in it: it was not built with ktcc, or the section " + Section + " was removed")

func fromELF(data []byte) ([]byte, error) {
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s := f.Section(Section)
	if s == nil {
		return nil, ErrNoSummary
	}
	return s.Data()
}

// WriteFile writes s to the file name; the file is complete or untouched.
func (s *Summary) WriteFile(name string) error {
	b, err := s.Encode()
	if err != nil {
		return err
	}
	return atomicfile.Write(name, b)
}
