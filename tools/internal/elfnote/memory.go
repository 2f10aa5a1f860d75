package elfnote

import (
	"bytes"
	"debug/elf"
	"fmt"
	"slices"
)

// The relocations by which a pointer into the same file is written, on the
// machines that there is a runtime for. On the last one the pointers are in place.
var relocation = map[elf.Machine]uint64{
	elf.EM_X86_64:  uint64(elf.R_X86_64_RELATIVE),
	elf.EM_AARCH64: uint64(elf.R_AARCH64_RELATIVE),
	elf.EM_386:     uint64(elf.R_386_RELATIVE),
}

// A memory is what the constants of a shared object are once it is loaded, at
// address 0.
type memory struct {
	file    *elf.File
	pointer uint64            // the size of one
	moved   map[uint64]uint64 // pointers that the dynamic linker writes, by their place
}

// newMemory reads the relocations of f. A file may leave the pointers
// themselves to those; where it does not, they are in place.
func newMemory(f *elf.File) (*memory, error) {
	m := &memory{f, 8, map[uint64]uint64{}}
	if f.Class == elf.ELFCLASS32 {
		m.pointer = 4
	}
	for _, s := range f.Sections {
		if f.Class != elf.ELFCLASS64 || s.Type != elf.SHT_RELA || s.Flags&elf.SHF_ALLOC == 0 {
			continue
		}
		b, err := s.Data()
		if err != nil {
			return nil, err
		}
		const entry = 24 // offset, info, addend
		for ; len(b) >= entry; b = b[entry:] {
			if f.ByteOrder.Uint64(b[8:]) == relocation[f.Machine] {
				m.moved[f.ByteOrder.Uint64(b)] = f.ByteOrder.Uint64(b[16:])
			}
		}
	}
	return m, nil
}

// each calls do for every structure of a section, with its address and its
// bytes. There is nothing to do if the file has no such section.
func (m *memory) each(section string, size uint64, do func(at uint64, b []byte) error) error {
	s := m.file.Section(section)
	if s == nil {
		return nil
	}
	b, err := s.Data()
	if err != nil {
		return err
	}
	if uint64(len(b))%size != 0 {
		return fmt.Errorf("section %s has %d bytes, no multiple of %d", section, len(b), size)
	}
	at := s.Addr
	for one := range slices.Chunk(b, int(size)) {
		if err := do(at, one); err != nil {
			return err
		}
		at += size
	}
	return nil
}

// text returns the string that the pointer at an address leads to.
func (m *memory) text(at uint64) (string, error) {
	to, ok := m.moved[at]
	if !ok {
		b, err := m.bytes(at, m.pointer)
		if err != nil {
			return "", err
		}
		switch {
		case uint64(len(b)) < m.pointer:
			return "", fmt.Errorf("the pointer at address %#x is cut off", at)
		case m.pointer == 4:
			to = uint64(m.file.ByteOrder.Uint32(b))
		default:
			to = m.file.ByteOrder.Uint64(b)
		}
	}
	const longest = 4096
	b, err := m.bytes(to, longest)
	if err != nil {
		return "", err
	}
	end := bytes.IndexByte(b, 0)
	if end < 0 {
		return "", fmt.Errorf("no string is at address %#x", to)
	}
	return string(b[:end]), nil
}

// bytes returns what is at an address: n bytes, or fewer at the end of a
// section.
func (m *memory) bytes(at, n uint64) ([]byte, error) {
	for _, s := range m.file.Sections {
		if s.Flags&elf.SHF_ALLOC == 0 || s.Type == elf.SHT_NOBITS || at < s.Addr || at-s.Addr >= s.FileSize {
			continue
		}
		b := make([]byte, min(n, s.FileSize-(at-s.Addr)))
		if _, err := s.ReadAt(b, int64(at-s.Addr)); err != nil {
			return nil, err
		}
		return b, nil
	}
	return nil, fmt.Errorf("nothing is at address %#x", at)
}

func align(n, to uint64) uint64 { return (n + to - 1) / to * to }
