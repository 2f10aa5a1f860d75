// Package kvtest finds or builds what the tests of the example kvstore run:
// the three versions, the driver and doupd.
//
// Bazel names them in the environment, as paths in the runfiles:
// KVSTORE_DRIVER, KVSTORE_DOUPD, and KVSTORE_V1, KVSTORE_V2 and KVSTORE_V3
// for the versions as shared objects, the later two with the transformers for
// their predecessors. Without Bazel they may be set by hand.
package kvtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Versions are the versions of kvstore.
var Versions = []int{1, 2, 3}

// Command returns the command that starts a version. Without Bazel and
// without KVSTORE_V1 etc. this is an ordinary program, which is compiled by
// $CC with $KVSTORE_CFLAGS: a version that is not run under a driver has the
// same behaviour, but cannot be updated.
func Command(t testing.TB, version int) []string {
	t.Helper()
	variable := fmt.Sprintf("KVSTORE_V%d", version)
	if os.Getenv(variable) != "" || inBazel() {
		return []string{Path(t, "KVSTORE_DRIVER"), Path(t, variable)}
	}
	return []string{compile(t, version)}
}

// Path returns the file that an environment variable names. If it is not set,
// the test fails under Bazel and is skipped elsewhere.
func Path(t testing.TB, variable string) string {
	t.Helper()
	path := os.Getenv(variable)
	switch {
	case path == "" && inBazel():
		t.Fatalf("%s is not set; the test's BUILD file has to", variable)
	case path == "":
		t.Skipf("%s is not set: the files that an update needs are built by Bazel; run this test with it, "+
			"or set KVSTORE_DRIVER, KVSTORE_DOUPD and KVSTORE_V1 to KVSTORE_V3", variable)
	case !filepath.IsAbs(path):
		path = filepath.Join(os.Getenv("TEST_SRCDIR"), path)
	}
	path, err := filepath.Abs(path)
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return path
}

func inBazel() bool { return os.Getenv("TEST_SRCDIR") != "" }

var (
	compiling sync.Mutex
	compiled  = map[int]string{} // programs of this test process
	directory string             // where they are
)

// compile builds a version as an ordinary program.
func compile(t testing.TB, version int) string {
	t.Helper()
	compiling.Lock()
	defer compiling.Unlock()
	if program := compiled[version]; program != "" {
		return program
	}
	if directory == "" {
		var err error
		if directory, err = os.MkdirTemp("", "kvstore-test-"); err != nil {
			t.Fatal(err)
		}
	}
	root := repository(t)
	program := filepath.Join(directory, fmt.Sprintf("kvstore%d", version))
	args := []string{"-O1", "-g", "-Wall", "-Wextra", "-Werror", "-pthread", "-o", program,
		"-I", filepath.Join(root, "runtime/include")}
	args = append(args, strings.Fields(os.Getenv("KVSTORE_CFLAGS"))...)
	for _, pattern := range []string{fmt.Sprintf("examples/kvstore/v%d/*.c", version), "runtime/src/*.c"} {
		sources, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(sources) == 0 {
			t.Fatalf("there is no %s in %s", pattern, root)
		}
		args = append(args, sources...)
	}
	cc := os.Getenv("CC")
	if cc == "" {
		cc = "cc"
	}
	if out, err := exec.Command(cc, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", cc, strings.Join(args, " "), err, out)
	}
	compiled[version] = program
	return program
}

// repository returns the directory that has go.mod in it.
func repository(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("there is no go.mod above the working directory")
		}
		dir = parent
	}
}

// Main runs a package's tests and removes what was compiled for them; to be
// called by TestMain.
func Main(m *testing.M) {
	status := m.Run()
	if directory != "" {
		os.RemoveAll(directory)
	}
	os.Exit(status)
}
