package corpus

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"strings"
)

// An object is an object file for x86-64.
type object struct {
	file    *elf.File
	symbols []elf.Symbol // by index; the first is the null symbol
}

func readObject(name string) (*object, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if f.Machine != elf.EM_X86_64 || f.Class != elf.ELFCLASS64 {
		return nil, fmt.Errorf("%s: an object for %s, and only x86-64 is understood here", name, f.Machine)
	}
	symbols, err := f.Symbols()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &object{f, append([]elf.Symbol{{}}, symbols...)}, nil
}

func (o *object) has(section string) bool { return o.file.Section(section) != nil }

// section returns the section with an index, or nil for one of the special ones.
func (o *object) section(i elf.SectionIndex) *elf.Section {
	if i == elf.SHN_UNDEF || int(i) >= len(o.file.Sections) {
		return nil
	}
	return o.file.Sections[i]
}

// A place is where something is defined: an offset in a section. What is common
// has no place before linking; it is told apart by its symbol's index.
type place struct {
	section elf.SectionIndex
	offset  uint64
}

func (o *object) placeOf(symbol int) place {
	s := &o.symbols[symbol]
	if s.Section == elf.SHN_COMMON {
		return place{elf.SHN_COMMON, uint64(symbol)}
	}
	return place{s.Section, s.Value}
}

// A relocation says that an address goes to an offset of a section.
type relocation struct {
	offset uint64
	typ    elf.R_X86_64
	symbol int
	addend int64
}

// target returns the place whose address a relocation stands for.
func (o *object) target(r relocation) place {
	p := o.placeOf(r.symbol)
	if p.section != elf.SHN_COMMON {
		p.offset += uint64(r.addend)
	}
	return p
}

// relocations calls f for each relocation of the sections that have some.
func (o *object) relocations(f func(*elf.Section, relocation)) error {
	for _, s := range o.file.Sections {
		target := o.section(elf.SectionIndex(s.Info))
		if s.Type != elf.SHT_RELA || target == nil {
			continue
		}
		data, err := s.Data()
		if err != nil {
			return err
		}
		for ; len(data) >= 24; data = data[24:] {
			info := binary.LittleEndian.Uint64(data[8:])
			f(target, relocation{
				offset: binary.LittleEndian.Uint64(data),
				typ:    elf.R_X86_64(elf.R_TYPE64(info)),
				symbol: int(elf.R_SYM64(info)),
				addend: int64(binary.LittleEndian.Uint64(data[16:])),
			})
		}
	}
	return nil
}

// A descriptor is what ktcc has registered of a variable or function: struct
// kitsune_symbol of kitsune_abi.h.
type descriptor struct {
	name, fn, file string
	at             place
	size           uint64
	flags          uint32
}

const (
	flagFunction    = 1
	flagStatic      = 2
	flagReadOnly    = 4
	flagAutomigrate = 8
)

const descriptorSize = 64

// descriptors returns what is registered in an object.
func (o *object) descriptors() ([]*descriptor, error) {
	const section = "kitsune_symbols"
	s := o.file.Section(section)
	if s == nil {
		return nil, nil
	}
	data, err := s.Data()
	if err != nil {
		return nil, err
	}
	if len(data)%descriptorSize != 0 {
		return nil, fmt.Errorf("section %s: %d bytes", section, len(data))
	}
	list := make([]*descriptor, len(data)/descriptorSize)
	for i := range list {
		list[i] = &descriptor{
			size:  binary.LittleEndian.Uint64(data[i*descriptorSize+40:]),
			flags: binary.LittleEndian.Uint32(data[i*descriptorSize+56:]),
		}
	}
	var wrong error
	err = o.relocations(func(in *elf.Section, r relocation) {
		if in != s {
			return
		}
		d := list[r.offset/descriptorSize]
		var err error
		switch r.offset % descriptorSize {
		case 0: // the unit's descriptor
		case 8:
			d.name, err = o.stringAt(o.target(r))
		case 16:
			d.fn, err = o.stringAt(o.target(r))
		case 24:
			d.file, err = o.stringAt(o.target(r))
		case 32:
			d.at = o.target(r)
		default:
			err = fmt.Errorf("section %s: an address at %#x", section, r.offset)
		}
		if err != nil {
			wrong = err
		}
	})
	if err == nil {
		err = wrong
	}
	return list, err
}

func (o *object) stringAt(p place) (string, error) {
	s := o.section(p.section)
	if s == nil || p.offset >= s.Size {
		return "", fmt.Errorf("no string at %v", p)
	}
	data, err := s.Data()
	if err != nil {
		return "", err
	}
	text, _, _ := bytes.Cut(data[p.offset:], []byte{0})
	return string(text), nil
}

// addressTaken returns the names of the functions whose address some code or data
// has, other than to call them. Each function must be in a section of its own:
// within one, there are no relocations.
func (o *object) addressTaken() (map[string]bool, error) {
	functions := make(map[place]string)
	for i := range o.symbols {
		if elf.ST_TYPE(o.symbols[i].Info) == elf.STT_FUNC {
			functions[o.placeOf(i)] = o.symbols[i].Name
		}
	}
	taken := make(map[string]bool)
	var wrong error
	err := o.relocations(func(in *elf.Section, r relocation) {
		at := o.target(r)
		switch {
		case in.Flags&elf.SHF_ALLOC == 0, in.Name == ".eh_frame":
			return
		case in.Type == elf.SHT_INIT_ARRAY, in.Type == elf.SHT_FINI_ARRAY, strings.HasPrefix(in.Name, ".ctors"),
			strings.HasPrefix(in.Name, ".dtors"):
			return // called, by the C library
		case r.typ == elf.R_X86_64_PC32 || r.typ == elf.R_X86_64_PLT32:
			if in.Flags&elf.SHF_EXECINSTR == 0 {
				return // an entry of a jump table
			}
			code, err := in.Data()
			if err != nil || r.offset == 0 || r.offset > uint64(len(code)) {
				wrong = fmt.Errorf("section %s: a relocation at %#x, %v", in.Name, r.offset, err)
				return
			}
			if code[r.offset-1]&0xc7 != 0x05 {
				return // a call or jump: no operand in memory, relative to the instruction
			}
			at.offset += 4
		}
		if name, ok := functions[at]; ok {
			taken[name] = true
		}
	})
	if err == nil {
		err = wrong
	}
	return taken, err
}
