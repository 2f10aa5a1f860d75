package kvtest

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// A BadFile is a file to which a running kvstore 1 cannot be updated.
type BadFile struct {
	Name, File string
	Refusal    string // what doupd says about it, or a part of that
}

// BadFiles makes or finds files that are refused. Those that Bazel builds are
// in UPDATES_PLAIN and so on, as //examples/kvstore/updates names them.
func BadFiles(t testing.TB) []BadFile {
	t.Helper()
	image, err := os.ReadFile(Path(t, "KVSTORE_V2"))
	if err != nil {
		t.Fatal(err)
	}
	otherMachine := bytes.Clone(image)
	otherMachine[18] ^= 1 // e_machine
	noLibrary := bytes.Replace(image, []byte("\x00libc.so.6\x00"), []byte("\x00libc.so.0\x00"), 1)
	writable := write(t, "writable.so", image)
	if err := os.Chmod(writable, 0o777); err != nil {
		t.Fatal(err)
	}
	return []BadFile{
		{"missing", filepath.Join(t.TempDir(), "none.so"), "no such file or directory"},
		{"directory", t.TempDir(), "is a directory"},
		{"text", write(t, "text.so", []byte("int main(void);\n")), "is not an ELF file"},
		{"empty", write(t, "empty.so", nil), "is empty"},
		{"device", "/dev/null", "is not a regular file"},
		{"executable", "/bin/sh", "does not contain the Kitsune runtime"},
		{"without the runtime", Path(t, "UPDATES_PLAIN"), "does not contain the Kitsune runtime"},
		{"for another machine", write(t, "machine.so", otherMachine), "the process for x86_64"},
		{"cut off", write(t, "half.so", image[:len(image)/2]), "half.so is cut off"},
		{"cut off in the headers", write(t, "short.so", image[:100]), "short.so is cut off"},
		{"needs a library that is gone", write(t, "library.so", noLibrary), "needs the library libc.so.0"},
		{"undefined symbol", Path(t, "UPDATES_UNDEFINED"), "no_such_function"},
		{"everybody can write it", writable, "can be written"},
		{"another program", Path(t, "UPDATES_OTHER"), "is another program, or has no transformers"},
		{"update of another program", Path(t, "UPDATES_OTHER_UPDATE"), "was built to follow another program"},
		{"without transformers", Path(t, "UPDATES_V2_ALONE"),
			"has no transformers, and other types than the running version in commands.c"},
		{"for another predecessor", Path(t, "KVSTORE_V3"), "was built to follow another version"},
	}
}

// write makes a file with the given contents.
func write(t testing.TB, name string, data []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, data, 0o755); err != nil {
		t.Fatal(err)
	}
	return file
}
