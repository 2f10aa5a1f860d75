// Package updates tests doupd with kvstore: that good updates keep all that
// there is, and that a server does not notice what is no update of it.
package updates

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rules-kitsune/rules_kitsune/examples/kvstore/kv"
	"github.com/rules-kitsune/rules_kitsune/examples/kvstore/kv/kvtest"
)

func TestMain(m *testing.M) { kvtest.Main(m) }

const keys = 1000

// A store is a server with keys, and a connection that stays open.
type store struct {
	*kv.Server
	conn *kv.Conn
}

// start starts the version that an environment variable names.
func start(t *testing.T, version string) store {
	t.Helper()
	driver, file := kvtest.Path(t, "KVSTORE_DRIVER"), kvtest.Path(t, version)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	server, err := kv.Start(ctx, driver, file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	conn, err := kv.Dial(ctx, server.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(time.Minute))
	for i := range keys {
		if err := conn.Expect("SET", fmt.Sprintf("key%d", i), fmt.Sprintf("value%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	return store{server, conn}
}

// check asks for every key over the old connection.
func (s store) check(t *testing.T, version string) {
	t.Helper()
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	for i := range keys {
		got, err := s.conn.Do("GET", fmt.Sprintf("key%d", i))
		if want := fmt.Sprintf("value%d", i); err != nil || got.Text != want {
			t.Fatalf("key%d is %v, not %s (%v)", i, got, want, err)
		}
	}
	if got, err := s.conn.Do("VERSION"); err != nil || got.Text != "kvstore "+version {
		t.Fatalf("the server is %v, not version %s (%v)", got, version, err)
	}
}

// update runs doupd, which has to succeed.
func (s store) update(t *testing.T, file string) {
	t.Helper()
	if code, output := doupd(t, strconv.Itoa(s.PID()), file); code != 0 {
		t.Fatalf("doupd %d %s: exit status %d: %s", s.PID(), file, code, output)
	}
}

// doupd runs the command and returns its exit status and its error output.
func doupd(t *testing.T, args ...string) (int, string) {
	t.Helper()
	return run(t, exec.Command(kvtest.Path(t, "KVSTORE_DOUPD"), args...))
}

func run(t *testing.T, cmd *exec.Cmd) (int, string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if exit != nil && stdout.Len() > 0 {
		t.Errorf("%v fails, but prints %q", cmd.Args, stdout.String())
	}
	return cmd.ProcessState.ExitCode(), stderr.String()
}

// copyTo copies a file, and returns the copy.
func copyTo(t *testing.T, dir, file string) string {
	t.Helper()
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	name := filepath.Join(dir, filepath.Base(file))
	out, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestSelf updates version 3 to itself, again and again: its generic list and
// all other state is followed every time, and nothing accumulates in the process
// but the images.
func TestSelf(t *testing.T) {
	s := start(t, "KVSTORE_V3")
	file := kvtest.Path(t, "UPDATES_V3_SELF")
	files := []string{file, copyTo(t, t.TempDir(), file)} // The running file itself is no update.
	s.update(t, files[1])
	descriptors := s.descriptors(t)
	for i := range 10 {
		s.update(t, files[i%2])
		s.check(t, "3.0")
	}
	if n := s.descriptors(t); n != descriptors {
		t.Errorf("%d descriptors are open, %d before the updates", n, descriptors)
	}
}

// descriptors counts what the server has open.
func (s store) descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.PID()))
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}
