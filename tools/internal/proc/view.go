package proc

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// What a process sees may differ from what we see: it may have another root
// directory, or an environment of its own.

// Root is the root directory of the process, as a path of ours.
func (p *Process) Root() string { return fmt.Sprintf("/proc/%d/root", p.PID) }

// Program is what the process's driver is loaded from, as a path of ours.
func (p *Process) Program() string { return fmt.Sprintf("/proc/%d/exe", p.PID) }

// Images returns files of which one may be the version that runs: where it was
// loaded from, and the private copies in memory that the process has open.
func (p *Process) Images() []string {
	path := p.Status().Path
	images := []string{p.Root() + path, path} // It may have gone into a chroot since.
	fds, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", p.PID))
	for _, fd := range fds {
		if link, _ := os.Readlink(fd); strings.HasPrefix(link, "/memfd:") && link != channelLink {
			images = append(images, fd)
		}
	}
	return images
}

// PathOf returns what the process calls the file that we call path, an absolute
// path without symbolic links. The error is ErrPath.
func (p *Process) PathOf(path string) (string, error) {
	file, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	root, err := os.Readlink(p.Root())
	if err != nil {
		return path, nil // It may not be looked at; the process will say what it finds.
	}
	for _, name := range []string{path, strings.TrimPrefix(path, strings.TrimSuffix(root, "/"))} {
		there, err := os.Stat(p.Root() + name)
		if err != nil || !os.SameFile(file, there) {
			continue
		}
		if _, err := os.Lstat(p.Root() + "/proc/self"); err != nil {
			return "", errorf(ErrPath, "process %d has no /proc at its root %s, and so cannot load a new version: "+
				"mount it there", p.PID, root)
		}
		return name, nil
	}
	return "", errorf(ErrPath, "process %d cannot see %s: it lives in another file system, with its root at %s. "+
		"Copy the file to where the process can see it", p.PID, path, root)
}

// UID returns the user that the process acts as.
func (p *Process) UID() (uint32, error) {
	for line := range procLines(p.PID, "status") {
		if ids, ok := strings.CutPrefix(line, "Uid:"); ok {
			if f := strings.Fields(ids); len(f) > 1 {
				uid, err := strconv.ParseUint(f[1], 10, 32)
				return uint32(uid), err
			}
		}
	}
	return 0, fmt.Errorf("process %d: it cannot be seen which user it belongs to", p.PID)
}

// Env returns what a variable of the environment was when the process was
// started.
func (p *Process) Env(name string) string {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", p.PID))
	for v := range strings.SplitSeq(string(b), "\x00") {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	return ""
}

// Mapped returns the files of which the process has mapped code, as paths of
// ours where they can be found.
func (p *Process) Mapped() []string {
	var files []string
	seen := map[string]bool{}
	for line := range procLines(p.PID, "maps") {
		// Addresses, permissions, offset, device, inode, path.
		f := strings.Fields(line)
		_, file, ok := strings.Cut(line, " /")
		if file = "/" + file; !ok || seen[file] || !strings.Contains(f[1], "x") || strings.HasPrefix(file, "/memfd:") {
			continue
		}
		seen[file] = true
		for _, path := range []string{p.Root() + file, file} {
			var st unix.Stat_t
			if unix.Stat(path, &st) == nil && strconv.FormatUint(st.Ino, 10) == f[4] {
				file = path
				break
			}
		}
		files = append(files, file)
	}
	return files
}
