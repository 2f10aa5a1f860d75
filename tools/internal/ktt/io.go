package ktt

import (
	"bytes"
	"debug/elf"
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
func Decode(data []byte) (*Summary, error) { return new(Reader).Decode(data) }

// ReadFile reads the summary in the file name: a .ktt, or an object, archive
// member or shared object that ktcc had a part in. Errors name the file.
func ReadFile(name string) (*Summary, error) { return new(Reader).ReadFile(name) }

// ErrNoSummary is what an ELF file without a summary gives.
var ErrNoSummary = errors.New("no type summary in it: it was not built with ktcc, or the section " + Section + " was removed")

// fromELF returns the section with the summary. Of an object, which may be large,
// no more is read than it takes to find it.
func fromELF(object *os.File) (io.Reader, error) {
	f, err := elf.NewFile(object)
	if err != nil {
		return nil, err
	}
	s := f.Section(Section)
	if s == nil {
		return nil, ErrNoSummary
	}
	info, err := object.Stat()
	if err != nil {
		return nil, err
	}
	if s.Offset+s.FileSize > uint64(info.Size()) {
		return nil, fmt.Errorf("the file is not complete: it ends within the section %s", Section)
	}
	return s.Open(), nil
}

// WriteFile writes s to the file name; the file is complete or untouched.
func (s *Summary) WriteFile(name string) error {
	b, err := s.Encode()
	if err != nil {
		return err
	}
	return atomicfile.Write(name, b)
}
