package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/dump"
	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"ktcc":    main,
		"kttdump": printSummaries,
	})
}

var update = flag.Bool("update", false, "update the summaries in the scripts")

// printSummaries prints what files say, for scripts to compare. The machine's
// name is not that of every compiler.
func printSummaries() {
	for _, name := range os.Args[1:] {
		s, err := ktt.ReadFile(name)
		if err == nil {
			for _, u := range s.Units {
				u.Target = "this machine"
			}
			err = dump.Write(os.Stdout, s)
		}
		if err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
	}
}

// TestScripts runs ktcc as users do, with the real compiler.
func TestScripts(t *testing.T) {
	native := os.Getenv("CC")
	if native == "" {
		native = "cc"
	}
	path, err := exec.LookPath(native)
	if err != nil {
		t.Fatal(err)
	}
	runScripts(t, path)
}

// TestScriptsWithClang does the same with clang.
func TestScriptsWithClang(t *testing.T) {
	for _, name := range []string{"clang", "clang-14"} {
		if path, err := exec.LookPath(name); err == nil {
			runScripts(t, path)
			return
		}
	}
	t.Skip("there is no clang")
}

// runScripts runs the scripts. In them, cc and $NATIVE are the native compiler,
// and $INCLUDE is the folder of the Kitsune headers; no script may leave a file
// in $TMPDIR.
func runScripts(t *testing.T, native string) {
	include, err := filepath.Abs("../../runtime/include")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Setup: func(env *testscript.Env) error {
			bin := filepath.Join(env.WorkDir, ".bin")
			if err := os.Mkdir(bin, 0o777); err != nil {
				return err
			}
			if err := os.Symlink(native, filepath.Join(bin, "cc")); err != nil {
				return err
			}
			env.Vars = append(env.Vars, "INCLUDE="+include, "KTCC_CC="+native, "NATIVE="+native,
				"PATH="+bin+string(os.PathListSeparator)+env.Getenv("PATH"))
			tmp := env.Getenv("TMPDIR")
			env.Defer(func() {
				if left, _ := os.ReadDir(tmp); len(left) > 0 {
					t.Errorf("%s is left in the folder for temporary files", left[0].Name())
				}
			})
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name != "m32" {
				return false, fmt.Errorf("unknown condition")
			}
			cmd := exec.Command(native, "-m32", "-fsyntax-only", "-x", "c", "-")
			cmd.Stdin = strings.NewReader("#include <stdint.h>\n")
			return cmd.Run() == nil, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"nofile": noFile,
		},
	})
}

// noFile checks that no file matches the patterns.
func noFile(ts *testscript.TestScript, neg bool, args []string) {
	for _, pattern := range args {
		found, err := filepath.Glob(ts.MkAbs(pattern))
		ts.Check(err)
		if len(found) > 0 != neg {
			ts.Fatalf("%s: %v", pattern, found)
		}
	}
}
