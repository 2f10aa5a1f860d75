package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/elfnote"
)

func TestSucceeds(t *testing.T) {
	a, changed := elfnote.Unit{File: "a.c", Summary: "1"}, elfnote.Unit{File: "a.c", Summary: "3"}
	b := elfnote.Unit{File: "b.c", Summary: "2"}
	running := &elfnote.Image{Units: []elfnote.Unit{a, b}}
	for _, c := range []struct {
		name string
		next elfnote.Image
		want string
	}{
		{"the same types", elfnote.Image{Units: []elfnote.Unit{b, a}}, ""},
		{"a unit more", elfnote.Image{Units: []elfnote.Unit{a, b, changed}}, ""},
		{"other types", elfnote.Image{Units: []elfnote.Unit{changed, b}},
			"has no transformers, and other types than the running version in a.c"},
		{"a unit less", elfnote.Image{Units: []elfnote.Unit{a}}, "is another program, or has no transformers: it has no b.c"},
		{"transformers", elfnote.Image{Units: []elfnote.Unit{changed}, Predecessors: []elfnote.Unit{a, b}}, ""},
		{"transformers for several", elfnote.Image{Predecessors: []elfnote.Unit{changed, a, b}}, ""},
		{"transformers for another version", elfnote.Image{Predecessors: []elfnote.Unit{changed, b}},
			"was built to follow another version"},
		{"transformers for another program", elfnote.Image{Predecessors: []elfnote.Unit{b}},
			"was built to follow another program, one without a a.c"},
	} {
		err := succeeds(&c.next, running)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", c.name, err, c.want)
		}
	}
}

// empty returns the path of a file in a folder of its own.
func empty(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.so")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCheckMode(t *testing.T) {
	me := uint32(os.Geteuid())
	path := empty(t)
	dir := filepath.Dir(path)
	for _, c := range []struct {
		name      string
		file, dir os.FileMode
		uid       uint32
		want      string
	}{
		{"good", 0o644, 0o755, me, ""},
		{"everybody can write the file", 0o646, 0o755, me, "a.so can be written by everybody (mode 0646)"},
		{"everybody can write the folder", 0o644, 0o757, me, "where a.so is, can be written by everybody (mode 0757)"},
		{"everybody can write it, and nobody replace", 0o644, 0o777 | os.ModeSticky, me, ""},
	} {
		os.Chmod(path, c.file)
		os.Chmod(dir, c.dir)
		err := checkOwner(path, c.uid)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", c.name, err, c.want)
		}
	}
}

func TestCheckOwner(t *testing.T) {
	const other, another = 54321, 54322
	path := empty(t)
	if err := os.Chown(path, other, other); err != nil {
		t.Skipf("only root can give files to others: %v", err)
	}
	for _, c := range []struct {
		name     string
		uid, gid int
		mode     os.FileMode
		process  uint32
		want     string
	}{
		{"a user's, of a user's process", other, other, 0o644, other, ""},
		{"root's, of a user's process", 0, 0, 0o664, other, ""},
		{"a user's, of another user's process", other, other, 0o644, another,
			"belongs to user 54321, and the process to user 54322"},
		{"a user's, of root's process", other, other, 0o644, 0, "belongs to user 54321, and the process to root"},
		{"a group can write", 0, other, 0o664, 0, "can be written by the group 54321 (mode 0664)"},
	} {
		if err := os.Chown(path, c.uid, c.gid); err != nil {
			t.Fatal(err)
		}
		os.Chmod(path, c.mode)
		err := checkOwner(path, c.process)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", c.name, err, c.want)
		}
	}
}

// copied returns a copy of version 2 with another mode.
func copied(t *testing.T, mode os.FileMode) string {
	t.Helper()
	b, err := os.ReadFile(file(t, "SERVER_2"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "copy.so")
	if err := os.WriteFile(path, b, mode); err != nil {
		t.Fatal(err)
	}
	os.Chmod(path, mode)
	return path
}

// What a check says, an update does.
func TestUnsafeOwner(t *testing.T) {
	p := start(t, "")
	pid, path := strconv.Itoa(p.Pid), copied(t, 0o666)
	for _, args := range [][]string{{"--check", path, pid}, {"--check", path}, {pid, path}} {
		call(t, args...).end(t, exitRefused, "can be written by everybody (mode 0666)")
	}
	call(t, "--check", path, pid, "--unsafe-owner").end(t, 0, "as --unsafe-owner permits")
	begin(t, p, "--status").end(t, 0, "server1.so")
	call(t, pid, path, "--unsafe-owner").end(t, exitUpdated, "-> copy.so")
}

// The same version is not updated to again, unless that is asked for.
func TestCurrent(t *testing.T) {
	p := start(t, "")
	pid, again := strconv.Itoa(p.Pid), copied(t, 0o644)
	begin(t, p).end(t, exitUpdated, "updated in")
	for _, path := range []string{file(t, "SERVER_2"), again} {
		call(t, pid, path).end(t, exitUpdated, "runs already; there is nothing to do")
		call(t, pid, path, "--json").end(t, exitUpdated, `"outcome":"current"`)
		call(t, "--check", path, pid).end(t, 0, "there would be nothing to do")
	}
	begin(t, p, "--status").end(t, 0, "1 update\n")
	call(t, "--again", pid, again).end(t, exitUpdated, "-> copy.so")
}

// A check tells all that is to be told, and asks nobody.
func TestCheck(t *testing.T) {
	p := start(t, "sleeps")
	pid := strconv.Itoa(p.Pid)
	names := []string{"file", "runtime", "machine", "owner", "libraries", "symbols", "version", "path"}
	for _, c := range []struct {
		name string
		args []string
		code int
		want string // the result of each check
	}{
		{"for a process", []string{file(t, "SERVER_2"), pid}, 0, "ok ok ok ok ok ok ok ok"},
		{"for any process", []string{file(t, "SERVER_2")}, 0, "ok ok ok ok ok ok unknown"},
		{"a symbol that nobody has", []string{file(t, "BROKEN"), pid}, exitRefused, "ok ok ok ok ok failed ok ok"},
		{"a symbol that somebody may have", []string{file(t, "BROKEN")}, 0, "ok ok ok ok ok unknown unknown"},
		{"no file", []string{"/nowhere/at.so", pid}, exitRefused, "failed"},
		{"no version", []string{"/bin/true", pid}, exitRefused, "failed"},
	} {
		d := call(t, append([]string{"--check", "--json"}, c.args...)...)
		d.Wait()
		var o outcome
		if err := json.Unmarshal(d.stdout.Bytes(), &o); err != nil || d.ProcessState.ExitCode() != c.code {
			t.Errorf("%s: %v: %s%s", c.name, d.ProcessState, &d.stdout, &d.stderr)
			continue
		}
		var want []check
		for i, result := range strings.Fields(c.want) {
			want = append(want, check{Name: names[i], Result: result})
		}
		if diff := cmp.Diff(want, o.Checks, cmpopts.IgnoreFields(check{}, "Message")); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", c.name, diff)
		}
	}
	call(t, "--check", file(t, "SERVER_2"), "2147483647").end(t, exitUnreachable, "there is no process")
	begin(t, p, "--history").end(t, 0, "has not been asked")
}

// The running version's file may be replaced: then what runs is compared with
// its copy in memory, or by the process.
func TestReplacedFile(t *testing.T) {
	p := start(t, "")
	path := copied(t, 0o644)
	pid := strconv.Itoa(p.Pid)
	call(t, pid, path).end(t, exitUpdated, "-> copy.so")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	call(t, "--check", file(t, "SERVER_1"), pid).end(t, 0, "it has the same types as copy.so")
	// A self-update from another file; its units are compared with those of the copy.
	b, _ := os.ReadFile(file(t, "SERVER_1"))
	b = bytes.ReplaceAll(b, []byte("server.c\x00"), []byte("screen.c\x00"))
	other := filepath.Join(t.TempDir(), "other.so")
	if err := os.WriteFile(other, b, 0o644); err != nil {
		t.Fatal(err)
	}
	call(t, "--check", other, pid).end(t, exitRefused, "is another program, or has no transformers")
	call(t, pid, other).end(t, exitRefused, "is another program, or has no transformers")
	begin(t, p, "--status").end(t, 0, "copy.so")
}

// A process in a chroot knows the file under another name, or not at all.
func TestChroot(t *testing.T) {
	jail, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can make a chroot")
	}
	image, err := os.ReadFile(file(t, "SERVER_2"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(jail, "inside.so")
	if err := os.WriteFile(path, image, 0o644); err != nil {
		t.Fatal(err)
	}
	p := startCommand(t, exec.Command(file(t, "DRIVER"), file(t, "SERVER_1"), "jails", jail))
	pid := strconv.Itoa(p.Pid)
	begin(t, p, "--status").end(t, 0, "server1.so")
	begin(t, p).end(t, exitRefused, fmt.Sprintf("process %d cannot see ", p.Pid))
	call(t, pid, path).end(t, exitRefused, "has no /proc at its root "+jail)
	if err := os.Mkdir(filepath.Join(jail, "proc"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("proc", filepath.Join(jail, "proc"), "proc", 0, ""); err != nil {
		t.Skipf("/proc cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(filepath.Join(jail, "proc"), syscall.MNT_DETACH) })
	call(t, "--check", path, pid).end(t, 0, "it has the same types as server1.so")
	call(t, pid, path).end(t, exitUpdated, "-> inside.so")
	call(t, pid, path).end(t, exitUpdated, "runs already")
}
