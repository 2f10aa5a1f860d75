// Ktcc is a C compiler command that makes programs updatable.
//
// It stands where the compiler stood, in a Makefile or anywhere else, and takes
// the same arguments. See the help text below for what is different.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ccargs"
)

const help = `Usage: ktcc [OPTION...] [COMPILER ARGUMENT...] FILE...

Compiles C as the native compiler does, so that the program can be updated
while it runs. Put ktcc where the compiler's name stood; all the compiler's
arguments mean the same.

A source that includes kitsune.h, itself or by -include, is instrumented: its
variables and functions are recorded in the object, and a summary of their
types is written beside the source, FILE.ktt for FILE.c, and into the object.
Every other source is compiled exactly as without ktcc.

    ktcc -O2 -fPIC -include kitsune.h -c server.c     server.o and server.ktt
    gcc -shared server.o -lkitsune ... -o server.so   link as always

Options of ktcc's own, in any position:
    --typesfile-out=FILE   write the summary to FILE
    --noautomigrate        kitsune_do_automigrate() carries over only variables
                           marked E_AUTO_MIGRATE (--automigrate: all; the default)
    --dontstackvars        E_NOTELOCALS has no effect
    --dontglobalreg        record no variables and functions in the object
    --dontktsavetypes      write no summary file
    --dostackvars, --doglobalreg, --doktsavetypes
                           undo these, and instrument sources that do not
                           include kitsune.h
    --save-temps[=FOLDER]  keep FILE.i and the instrumented FILE.cil.i
    --gcc=COMMAND          the native compiler; else the environment variable
                           KTCC_CC or CILLY_NATIVE_CC says it, else it is gcc
    --ktcc-help            this text (--help is the compiler's)

Exit status: the compiler's; 1 for what only ktcc finds wrong. After an error
there is neither an object nor a summary.
`

func main() {
	// A run is short; it ends before a collection would have paid.
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(128 << 20)

	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	c, err := ccargs.Parse(args, os.ReadFile)
	if err != nil {
		return fail(err)
	}
	if c.Ktcc.Help {
		fmt.Print(help)
		return 0
	}
	native, err := nativeCompiler(c.Ktcc.Native)
	if err != nil {
		return fail(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	interrupts := make(chan os.Signal, 1)
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) { // as under nohup
			signal.Notify(interrupts, s)
		}
	}
	var interrupt os.Signal
	stopped := make(chan struct{})
	go func() {
		if interrupt = <-interrupts; interrupt != nil {
			cancel()
		}
		close(stopped)
	}()

	d := &driver{ctx: ctx, cmd: c, native: native}
	status, err := d.run()
	d.cleanup()

	signal.Stop(interrupts)
	close(interrupts)
	<-stopped
	if interrupt != nil {
		// Whoever waits for us learns what happened.
		number := interrupt.(syscall.Signal)
		signal.Reset(number)
		syscall.Kill(os.Getpid(), number)
		time.Sleep(time.Second) // it may take a moment to arrive
		return 128 + int(number)
	}
	if err != nil {
		return fail(err)
	}
	if status == passThrough {
		args := append(native, c.Native(nil)...)
		return fail(fmt.Errorf("%s: %w", native[0], syscall.Exec(native[0], args, os.Environ())))
	}
	return status
}

// passThrough is the status that means that the native compiler is to do it all.
const passThrough = -1

func fail(err error) int {
	fmt.Fprintf(os.Stderr, "ktcc: error: %v\n", err)
	return 1
}

// nativeCompiler returns the command of the native compiler, with its path.
func nativeCompiler(option string) ([]string, error) {
	command, from := option, "--gcc"
	if command == "" {
		command, from = os.Getenv("KTCC_CC"), "KTCC_CC"
	}
	if command == "" {
		command, from = os.Getenv("CILLY_NATIVE_CC"), "CILLY_NATIVE_CC"
	}
	if command == "" {
		command, from = "gcc", ""
	}
	words := strings.Fields(command)
	if len(words) == 0 {
		return nil, fmt.Errorf("%s is blank", from)
	}
	path, err := exec.LookPath(words[0])
	if err != nil {
		if from == "" {
			return nil, fmt.Errorf("there is no gcc; name the native compiler by --gcc=COMMAND or in KTCC_CC")
		}
		return nil, fmt.Errorf("the native compiler %s, from %s, cannot be run: %v", words[0], from, err)
	}
	if self, err := os.Executable(); err == nil && sameFile(self, path) {
		return nil, fmt.Errorf("%s names ktcc itself as the native compiler", from)
	}
	words[0] = path
	return words, nil
}

func sameFile(a, b string) bool {
	if filepath.Base(a) != filepath.Base(b) {
		if target, err := os.Readlink(b); err != nil || filepath.Base(target) != filepath.Base(a) {
			return false
		}
	}
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}
