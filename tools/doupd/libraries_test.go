package main

import (
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/elfnote"
)

func compiler() string {
	if cc := os.Getenv("CC"); cc != "" {
		return cc
	}
	return "cc"
}

// library links a shared library NAME into a folder, and returns its path.
func library(t *testing.T, dir, name string, flags ...string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	args := append([]string{"-shared", "-nostdlib", "-Wl,--no-as-needed", "-Wl,-soname," + name, "-o", path, "-x", "c",
		"/dev/null", "-x", "none"}, flags...)
	if msg, err := exec.Command(compiler(), args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, msg)
	}
	return path
}

func TestFind(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	inner := library(t, dir, "libinner.so")
	outer := library(t, dir, "libouter.so", inner)
	beside := library(t, dir, "libbeside.so", inner, "-Wl,-rpath,$ORIGIN")
	for _, c := range []struct {
		name   string
		flags  []string
		linker linker
		want   string
	}{
		{"nothing is needed", nil, linker{}, ""},
		{"of the system", []string{"-lc", "-lm"}, linker{}, ""},
		{"in no folder", []string{inner}, linker{}, "update.so needs the library libinner.so, which is in none of"},
		{"in LD_LIBRARY_PATH", []string{outer}, linker{path: []string{other, dir}}, ""},
		{"in RUNPATH", []string{inner, "-Wl,--enable-new-dtags,-rpath," + other + ":" + dir}, linker{}, ""},
		{"RUNPATH is for what it is in", []string{outer, "-Wl,--enable-new-dtags,-rpath," + dir}, linker{},
			"libouter.so needs the library libinner.so"},
		{"RPATH is for all", []string{outer, "-Wl,--disable-new-dtags,-rpath," + dir}, linker{}, ""},
		{"beside the file", []string{inner, "-Wl,-rpath,$ORIGIN"}, linker{},
			"$ORIGIN in its search path leads nowhere, since the process loads a copy in memory"},
		{"beside a library", []string{beside, "-Wl,-rpath," + dir}, linker{}, ""},
		{"loaded already", []string{inner}, linker{loaded: []string{"/somewhere/libinner.so"}}, ""},
		{"loaded under another file name", []string{inner}, linker{loaded: []string{other + "/libinner.so.1.2"}}, ""},
	} {
		if err := os.Link(inner, filepath.Join(other, "libinner.so.1.2")); err != nil && !os.IsExist(err) {
			t.Fatal(err)
		}
		path := library(t, dir, "update.so", c.flags...)
		im := &elfnote.Image{Path: path}
		var err error
		if im.Machine, im.Class, im.Libraries, err = elfnote.Machine(path); err != nil {
			t.Fatal(err)
		}
		c.linker.machine, c.linker.class = im.Machine, im.Class
		_, err = c.linker.find(im)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", c.name, err, c.want)
		}
	}
}

// cacheOf returns an ld.so.cache with pairs of names and files.
func cacheOf(pairs ...string) []byte {
	b := make([]byte, 48+12*len(pairs))
	copy(b, "glibc-ld.so.cache1.1")
	binary.NativeEndian.PutUint32(b[20:], uint32(len(pairs)/2))
	for i, s := range pairs {
		binary.NativeEndian.PutUint32(b[48+i/2*24+4+i%2*4:], uint32(len(b)))
		b = append(b, s+"\x00"...)
	}
	return b
}

func TestParseCache(t *testing.T) {
	good := cacheOf("liba.so", "/x/liba.so", "libb.so", "/y/libb.so", "liba.so", "/y/liba.so")
	want := map[string][]string{"liba.so": {"/x/liba.so", "/y/liba.so"}, "libb.so": {"/y/libb.so"}}
	for _, b := range [][]byte{good, append([]byte("ld.so-1.7.0 and its entries"), good...)} {
		got, err := parseCache(b)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v (-want +got)\n%s", err, diff)
		}
	}
	leads := slices.Clone(good)
	leads[48+4] = 0xff
	for _, b := range [][]byte{nil, []byte("text"), good[:40], good[:60], good[:len(good)-1], leads} {
		if _, err := parseCache(b); err == nil {
			t.Errorf("%q: no error", b)
		}
	}
}

func FuzzParseCache(f *testing.F) {
	f.Add(cacheOf("liba.so", "/x/liba.so", "libb.so", "/y/libb.so"))
	f.Fuzz(func(t *testing.T, b []byte) { parseCache(b) })
}
