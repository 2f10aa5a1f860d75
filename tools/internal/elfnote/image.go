package elfnote

import (
	"debug/elf"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// RuntimeABI is the version of the binary interface between images, their
// runtimes and the driver: KITSUNE_ABI of runtime/include/kitsune_abi.h.
const RuntimeABI = 1

// An Image is what a shared object says about itself as a version of an
// updatable program.
type Image struct {
	Path    string
	Machine elf.Machine
	Class   elf.Class
	BuildID string // hex; empty if the linker made none
	ABI     uint32 // of its runtime

	Units        []Unit   // that it consists of
	Predecessors []Unit   // of the versions that its transformers are for
	Transformers bool     // whether it exports transformers or hooks, from xfgen or written by hand
	Undefined    []string // symbols that some library has to define

	Libraries
}

// A Unit is a source of a version.
type Unit struct {
	File    string
	Summary string // hash of its type summary
}

// Libraries says what a shared library calls itself, which others it needs, and
// where it wants them to be looked for.
type Libraries struct {
	Name    []string // DT_SONAME; one or none
	Needed  []string
	RPath   []string // DT_RPATH, which counts for what the libraries need as well
	RunPath []string // DT_RUNPATH
}

// ReadImage reads the shared object in the file path and checks that it can
// be a version of an updatable program. The error is one line for the user.
func ReadImage(path string) (*Image, error) {
	st, err := os.Stat(path)
	var pathError *fs.PathError
	switch {
	case errors.As(err, &pathError):
		return nil, fmt.Errorf("%s: %w", path, pathError.Err)
	case err != nil:
		return nil, err
	case st.IsDir():
		return nil, fmt.Errorf("%s is a directory: give the .so that the build made", path)
	case !st.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file", path)
	case st.Size() == 0:
		return nil, fmt.Errorf("%s is empty", path)
	}
	r, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, errors.Unwrap(err))
	}
	defer r.Close()
	im, err := readImage(r)
	if err != nil {
		return nil, fmt.Errorf("%s %w", path, err)
	}
	im.Path = path
	return im, nil
}

// readImage reads an image. Its errors are said of the file: "is cut off".
func readImage(r io.ReaderAt) (*Image, error) {
	f, err := elf.NewFile(r)
	var format *elf.FormatError
	switch {
	case errors.As(err, &format):
		return nil, errors.New("is not an ELF file: give the .so that the build made")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, errors.New("is cut off: it ends before what its headers announce")
	case err != nil:
		return nil, damaged(err)
	case f.Type != elf.ET_DYN:
		return nil, errors.New("is not a shared object: link it with -shared")
	}
	im := &Image{Machine: f.Machine, Class: f.Class, BuildID: buildID(f)}
	if err := im.readSymbols(f); err != nil {
		return nil, err
	}
	if _, known := relocation[f.Machine]; im.ABI != RuntimeABI || !known {
		return im, nil // What follows may have another shape there.
	}
	if err := im.readUnits(f); err != nil {
		return nil, damaged(err)
	}
	if im.Libraries, err = readLibraries(f); err != nil {
		return nil, damaged(err)
	}
	return im, nil
}

func damaged(err error) error { return fmt.Errorf("is damaged: %w", err) }

// Machine returns the machine that the ELF file path is for, and what it needs.
func Machine(path string) (elf.Machine, elf.Class, Libraries, error) {
	f, err := elf.Open(path)
	if err != nil {
		return 0, 0, Libraries{}, err
	}
	defer f.Close()
	libs, err := readLibraries(f)
	return f.Machine, f.Class, libs, err
}

// Exports returns the symbols that the ELF file path defines for others.
func Exports(path string) (map[string]bool, error) {
	f, err := elf.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	symbols, err := f.DynamicSymbols()
	if err != nil && !errors.Is(err, elf.ErrNoSymbols) {
		return nil, err
	}
	names := map[string]bool{}
	for _, s := range symbols {
		if s.Section != elf.SHN_UNDEF {
			names[s.Name] = true
		}
	}
	return names, nil
}

func readLibraries(f *elf.File) (Libraries, error) {
	var libs Libraries
	for tag, to := range map[elf.DynTag]*[]string{
		elf.DT_SONAME: &libs.Name, elf.DT_NEEDED: &libs.Needed, elf.DT_RPATH: &libs.RPath, elf.DT_RUNPATH: &libs.RunPath,
	} {
		values, err := f.DynString(tag)
		if err != nil {
			return libs, err
		}
		for _, v := range values {
			if tag == elf.DT_RPATH || tag == elf.DT_RUNPATH {
				*to = append(*to, strings.Split(v, ":")...)
			} else {
				*to = append(*to, v)
			}
		}
	}
	return libs, nil
}

// readSymbols reads the first word of the object kitsune_image, and looks for
// transformers and for what is undefined.
func (im *Image) readSymbols(f *elf.File) error {
	symbols, err := f.DynamicSymbols()
	if err != nil && !errors.Is(err, elf.ErrNoSymbols) {
		return damaged(err)
	}
	found := false
	for _, s := range symbols {
		if s.Section == elf.SHN_UNDEF && elf.ST_BIND(s.Info) == elf.STB_GLOBAL {
			im.Undefined = append(im.Undefined, s.Name)
		}
		if s.Section == elf.SHN_UNDEF || int(s.Section) >= len(f.Sections) {
			continue
		}
		im.Transformers = im.Transformers || strings.HasPrefix(s.Name, "_kitsune_")
		if s.Name != "kitsune_image" {
			continue
		}
		section := f.Sections[s.Section]
		var b [4]byte
		if _, err := section.ReadAt(b[:], int64(s.Value-section.Addr)); err != nil {
			return damaged(err)
		}
		im.ABI, found = f.ByteOrder.Uint32(b[:]), true
	}
	if !found {
		return errors.New("does not contain the Kitsune runtime: link libkitsune.a into it, with -u kitsune_init_inplace")
	}
	return nil
}

// readUnits reads the constants in sections kitsune_units and
// kitsune_predecessors, whose structures kitsune_abi.h defines.
func (im *Image) readUnits(f *elf.File) error {
	m, err := newMemory(f)
	if err != nil {
		return err
	}
	const hash = 64 // of a summary, in hex; a NUL follows
	// struct kitsune_unit: two words of 4 bytes, two pointers, the hash.
	inUnit := 8 + 2*m.pointer
	err = m.each("kitsune_units", align(inUnit+hash+1, m.pointer), func(at uint64, b []byte) error {
		if b[inUnit+hash] != 0 {
			return fmt.Errorf("the hash of a unit at address %#x has no end", at)
		}
		file, err := m.text(at + 8)
		im.Units = append(im.Units, Unit{file, string(b[inUnit : inUnit+hash])})
		return err
	})
	if err != nil {
		return err
	}
	// struct kitsune_predecessor: two pointers.
	return m.each("kitsune_predecessors", 2*m.pointer, func(at uint64, _ []byte) error {
		file, err := m.text(at)
		if err != nil {
			return err
		}
		summary, err := m.text(at + m.pointer)
		im.Predecessors = append(im.Predecessors, Unit{file, summary})
		return err
	})
}

func buildID(f *elf.File) string {
	s := f.Section(".note.gnu.build-id")
	if s == nil {
		return ""
	}
	b, err := s.Data()
	const header = 16 // sizes, type, "GNU\0"
	if err != nil || len(b) <= header {
		return ""
	}
	return hex.EncodeToString(b[header:])
}
