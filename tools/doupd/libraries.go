package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/elfnote"
)

// A linker looks for shared libraries where the dynamic linker of a process
// would.
type linker struct {
	root    string // of the process's file system, a prefix of all other paths
	machine elf.Machine
	class   elf.Class
	loaded  []string // files that the process has mapped already, as we call them
	path    []string // LD_LIBRARY_PATH
}

// find returns the libraries that an image needs, and those that these need, as
// far as they are not loaded already. The error is about the first one that
// cannot be found.
func (l *linker) find(im *elfnote.Image) ([]string, error) {
	type user struct {
		name, dir string // dir is empty for the image: it is loaded from a copy that has no neighbours
		elfnote.Libraries
		rpath []string // of those that have asked for it
	}
	cache := l.cache()
	found := map[string]bool{}
	var files []string
	for users := []user{{filepath.Base(im.Path), "", im.Libraries, nil}}; len(users) > 0; users = users[1:] {
		u := users[0]
		if len(u.RunPath) == 0 {
			u.rpath = append(slices.Clone(u.RPath), u.rpath...)
		}
		for _, name := range u.Needed {
			if found[name] {
				continue
			}
			var places []string
			if strings.Contains(name, "/") {
				places = []string{name}
			} else {
				for _, dir := range slices.Concat(u.rpath, l.path, u.RunPath) {
					if dir = origin(dir, u.dir); dir != "" {
						places = append(places, filepath.Join(dir, name))
					}
				}
				places = append(places, cache[name]...)
				for _, dir := range l.usual() {
					places = append(places, filepath.Join(dir, name))
				}
			}
			libs, place := l.first(places)
			if place == "" && !l.isLoaded(name) {
				err := fmt.Errorf("%s needs the library %s, which is in none of the folders where the process would "+
					"look for it: install it, or link it statically", u.name, name)
				if u.dir == "" && slices.ContainsFunc(slices.Concat(u.RPath, u.RunPath), isOrigin) {
					err = fmt.Errorf("%w. $ORIGIN in its search path leads nowhere, since the process loads a "+
						"copy in memory", err)
				}
				return nil, err
			}
			found[name] = true
			if place != "" {
				files = append(files, place)
				users = append(users, user{name, filepath.Dir(place), libs, u.rpath})
			}
		}
	}
	return files, nil
}

// unbound returns the symbols of an image that none of some files defines, and
// none that is loaded. It is not sure if one of these cannot be read.
func (l *linker) unbound(im *elfnote.Image, files []string) (missing []string, sure bool) {
	missing, sure = slices.Clone(im.Undefined), true
	look := func(path string) {
		defined, err := elfnote.Exports(path)
		sure = sure && err == nil
		missing = slices.DeleteFunc(missing, func(name string) bool { return defined[name] })
	}
	for _, file := range files {
		look(l.root + file)
	}
	if len(missing) > 0 {
		for _, file := range l.loaded {
			look(file)
		}
	}
	return missing, sure
}

// first returns the first of some files that is a library for our machine, and
// what it needs.
func (l *linker) first(places []string) (elfnote.Libraries, string) {
	for _, place := range places {
		machine, class, libs, err := elfnote.Machine(l.root + place)
		if err == nil && machine == l.machine && class == l.class {
			return libs, place
		}
	}
	return elfnote.Libraries{}, ""
}

// isLoaded reports whether the process has a library of this name already.
func (l *linker) isLoaded(name string) bool {
	return slices.ContainsFunc(l.loaded, func(file string) bool {
		if filepath.Base(file) == name {
			return true
		}
		_, _, libs, err := elfnote.Machine(file)
		return err == nil && slices.Contains(libs.Name, name)
	})
}

func isOrigin(dir string) bool {
	return strings.Contains(dir, "$ORIGIN") || strings.Contains(dir, "${ORIGIN}")
}

// origin returns a folder of a search path, for a file in the folder `of`; "" if
// there is none.
func origin(dir, of string) string {
	if isOrigin(dir) && of == "" {
		return ""
	}
	return strings.NewReplacer("$ORIGIN", of, "${ORIGIN}", of).Replace(dir)
}

// usual returns the folders that the dynamic linker knows by itself, on the
// systems that there are.
func (l *linker) usual() []string {
	triplet := map[elf.Machine]string{
		elf.EM_X86_64: "x86_64-linux-gnu", elf.EM_AARCH64: "aarch64-linux-gnu", elf.EM_386: "i386-linux-gnu",
	}[l.machine]
	return []string{"/lib/" + triplet, "/usr/lib/" + triplet, "/lib64", "/usr/lib64", "/lib", "/usr/lib"}
}

// cache returns the files that ldconfig has found for each name. There are none
// on a system without it.
func (l *linker) cache() map[string][]string {
	b, err := os.ReadFile(l.root + "/etc/ld.so.cache")
	if err != nil {
		return nil
	}
	files, _ := parseCache(b)
	return files
}

// parseCache reads ld.so.cache in the format of glibc 2.2 and later, which may
// come after the older one. What is before an error is good.
func parseCache(b []byte) (map[string][]string, error) {
	const magic = "glibc-ld.so.cache1.1"
	const header, entry = 48, 24
	start := bytes.Index(b, []byte(magic))
	if start < 0 || len(b)-start < header {
		return nil, errors.New("not an ld.so.cache")
	}
	b = b[start:] // All places in it are relative to this.
	text := func(at uint32) (string, bool) {
		if uint64(at) >= uint64(len(b)) {
			return "", false
		}
		s, _, ended := bytes.Cut(b[at:], []byte{0})
		return string(s), ended
	}
	files := map[string][]string{}
	count := binary.NativeEndian.Uint32(b[len(magic):])
	for i := range uint64(count) {
		at := header + i*entry
		if at+entry > uint64(len(b)) {
			return files, errors.New("it is cut off")
		}
		name, ok := text(binary.NativeEndian.Uint32(b[at+4:]))
		file, ok2 := text(binary.NativeEndian.Uint32(b[at+8:]))
		if !ok || !ok2 {
			return files, fmt.Errorf("entry %d leads nowhere", i)
		}
		files[name] = append(files[name], file)
	}
	return files, nil
}
