// Package elfnote reads and writes what ELF files say about themselves: an
// object about its unit, a shared object about the version that it is.
package elfnote

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

// An Object is an ELF object file in memory.
type Object struct {
	data []byte
	file *elf.File
}

// Open reads an object file. It keeps data.
func Open(data []byte) (*Object, error) {
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("not an ELF object: %w", err)
	}
	return &Object{data, f}, nil
}

// ByteOrder returns the order of the bytes in the object's numbers.
func (o *Object) ByteOrder() binary.ByteOrder { return o.file.ByteOrder }

// Section returns the content of the section [ktt.Section].
func (o *Object) Section() ([]byte, error) {
	s := o.file.Section(ktt.Section)
	if s == nil {
		return nil, fmt.Errorf("the object has no section %s", ktt.Section)
	}
	return s.Data()
}

// Seal returns the object with its type summary: ktcc has the native compiler
// put numbers into [ktt.Section], of which the summary is made, and which it
// replaces. The section is no part of the program's memory then; the linker
// concatenates such sections, so that every shared object describes itself.
//
// The result is the object with summary as the content of [ktt.Section], and
// with hash in the place of the placeholder in section kitsune_units. The two
// strings have the same length.
func (o *Object) Seal(summary []byte, placeholder, hash string) ([]byte, error) {
	if len(placeholder) != len(hash) {
		return nil, fmt.Errorf("a hash of %d characters for a place of %d", len(hash), len(placeholder))
	}
	units := o.file.Section("kitsune_units")
	if units == nil || units.Offset+units.FileSize > uint64(len(o.data)) {
		return nil, fmt.Errorf("the object has no section kitsune_units")
	}
	header, err := o.sectionHeader(ktt.Section)
	if err != nil {
		return nil, err
	}
	out := bytes.Clone(o.data)
	inUnits := out[units.Offset : units.Offset+units.FileSize]
	at := bytes.Index(inUnits, []byte(placeholder))
	if at < 0 {
		return nil, fmt.Errorf("section kitsune_units has no place for the summary's hash")
	}
	copy(inUnits[at:], hash)

	size, offset := uint64(len(summary)), uint64(len(out))
	h, order := out[header:], o.file.ByteOrder
	// Flags, offset, size, alignment of Elf64_Shdr or Elf32_Shdr.
	if o.file.Class == elf.ELFCLASS64 {
		order.PutUint64(h[8:], 0)
		order.PutUint64(h[24:], offset)
		order.PutUint64(h[32:], size)
		order.PutUint64(h[48:], 1)
	} else {
		order.PutUint32(h[8:], 0)
		order.PutUint32(h[16:], uint32(offset))
		order.PutUint32(h[20:], uint32(size))
		order.PutUint32(h[32:], 1)
	}
	return append(out, summary...), nil
}

// sectionHeader returns the position in the file of a section's header.
func (o *Object) sectionHeader(name string) (int, error) {
	table, entry, size := uint64(0), uint64(0), uint64(0)
	order := o.file.ByteOrder
	if o.file.Class == elf.ELFCLASS64 {
		table, entry, size = order.Uint64(o.data[40:]), uint64(order.Uint16(o.data[58:])), 64
	} else {
		table, entry, size = uint64(order.Uint32(o.data[32:])), uint64(order.Uint16(o.data[46:])), 40
	}
	for i, s := range o.file.Sections {
		if s.Name != name {
			continue
		}
		at := table + uint64(i)*entry
		if entry < size || at+size > uint64(len(o.data)) {
			break
		}
		return int(at), nil
	}
	return 0, fmt.Errorf("the object has no section %s", name)
}
