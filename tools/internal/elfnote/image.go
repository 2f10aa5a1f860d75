package elfnote

import (
	"debug/elf"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// RuntimeABI is the version of the binary interface between images, their
// runtimes and the driver: KITSUNE_ABI of runtime/include/kitsune_abi.h.
const RuntimeABI = 1

// An Image is what a shared object says about itself as a version of an
// updatable program.
type Image struct {
	Path    string
	Machine elf.Machine
	BuildID string // hex; empty if the linker made none
	ABI     uint32 // of its runtime
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
	}
	f, err := elf.Open(path)
	var format *elf.FormatError
	switch {
	case st.Size() == 0:
		return nil, fmt.Errorf("%s is empty", path)
	case errors.As(err, &format):
		return nil, fmt.Errorf("%s is not an ELF file: give the .so that the build made", path)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("%s is cut off: it ends before what its headers announce", path)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	defer f.Close()
	if f.Type != elf.ET_DYN {
		return nil, fmt.Errorf("%s is not a shared object: link it with -shared", path)
	}
	im := &Image{Path: path, Machine: f.Machine, BuildID: buildID(f)}
	if im.ABI, err = abi(f); err != nil {
		return nil, fmt.Errorf("%s %w", path, err)
	}
	return im, nil
}

// Machine returns the machine that the program in the ELF file path is for.
func Machine(path string) (elf.Machine, error) {
	f, err := elf.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return f.Machine, nil
}

// abi reads the first word of the object kitsune_image.
func abi(f *elf.File) (uint32, error) {
	symbols, err := f.DynamicSymbols()
	if err != nil && !errors.Is(err, elf.ErrNoSymbols) {
		return 0, fmt.Errorf("is damaged: %w", err)
	}
	for _, s := range symbols {
		if s.Name != "kitsune_image" || s.Section == elf.SHN_UNDEF || int(s.Section) >= len(f.Sections) {
			continue
		}
		section := f.Sections[s.Section]
		var b [4]byte
		if _, err := section.ReadAt(b[:], int64(s.Value-section.Addr)); err != nil {
			return 0, fmt.Errorf("is damaged: %w", err)
		}
		return f.ByteOrder.Uint32(b[:]), nil
	}
	return 0, errors.New("does not contain the Kitsune runtime: link libkitsune.a into it, with -u kitsune_init_inplace")
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
