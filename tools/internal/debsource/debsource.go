// Package debsource fetches the sources of programs from Debian, for tests that
// need real ones.
//
// They come by apt, which checks Debian's signatures, from the mirrors that the
// machine's apt is set up for. What has been fetched stays in the user's cache
// folder; it may be removed at any time.
//
// Only the tarballs of a program's authors are fetched, not what Debian adds.
package debsource

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// A Cache is a folder with source packages.
type Cache struct {
	dir string

	// sources returns where packages are looked for: a list of groups of lines
	// of sources.list. A group is only read if those before it are not enough.
	sources func(context.Context) ([][]string, error)
}

// Open returns the user's cache.
//
// The environment variables KITSUNE_DEBIAN_MIRROR and KITSUNE_DEBIAN_KEYRING
// take the places of the mirrors that apt is set up for and of Debian's keys, as
// for bazelw.
func Open() (*Cache, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return nil, fmt.Errorf("there is no place for a cache: %w", err)
	}
	return &Cache{filepath.Join(dir, "rules_kitsune", "sources"), machineSources}, nil
}

// A Package is a source package in the cache.
type Package struct {
	Name    string
	Version string // of the program, without what Debian adds to it

	tarball string
}

// Fetch returns the source package called name. It is downloaded unless some
// version of it is in the cache: the newest that can be had of the machine's
// Debian, or of another one if mirrors have gaps.
func (c *Cache) Fetch(ctx context.Context, name string) (*Package, error) {
	unlock, err := c.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	dir := filepath.Join(c.dir, name)
	if _, err := os.Stat(dir); err != nil {
		if err := c.download(ctx, name, dir); err != nil {
			return nil, fmt.Errorf("source package %s: %w", name, err)
		}
	}
	tarballs, err := filepath.Glob(filepath.Join(dir, name+"_*.orig.tar.*"))
	tarballs = slices.DeleteFunc(tarballs, func(s string) bool { return strings.HasSuffix(s, ".asc") })
	if err != nil || len(tarballs) != 1 {
		return nil, fmt.Errorf("source package %s: there is no single tarball of its authors in %s: "+
			"remove the folder, and it is fetched again", name, dir)
	}
	version := strings.TrimPrefix(filepath.Base(tarballs[0]), name+"_")
	version, _, _ = strings.Cut(version, ".orig.tar.")
	return &Package{Name: name, Version: version, tarball: tarballs[0]}, nil
}

// Unpack puts the program's sources into dir, which must not exist.
func (p *Package) Unpack(dir string) error {
	if err := os.Mkdir(dir, 0o777); err != nil {
		return err
	}
	cmd := exec.Command("tar", "-xf", p.tarball, "-C", dir, "--strip-components=1", "--no-same-owner")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", p.tarball, err, out)
	}
	return nil
}

// lock keeps others out of the cache.
func (c *Cache) lock() (unlock func() error, err error) {
	if err := os.MkdirAll(c.dir, 0o777); err != nil {
		return nil, err
	}
	f, err := os.Create(filepath.Join(c.dir, "lock"))
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		f.Close()
		return nil, err
	}
	return f.Close, nil
}

// download makes the folder dir with the tarballs of a package.
func (c *Cache) download(ctx context.Context, name, dir string) error {
	groups, err := c.sources(ctx)
	if err != nil {
		return err
	}
	var story strings.Builder // what apt says
	for _, lines := range groups {
		a, err := configure(ctx, filepath.Join(c.dir, "apt"), lines)
		if err != nil {
			return err
		}
		// One of the sources may be somebody else's, with other keys, and is
		// left out. What counts is whether the package is found.
		out, _ := a.run(ctx, c.dir, "apt-get", "-q", "update")
		story.WriteString(out)
		for _, version := range a.versions(ctx, name) {
			out, err := a.download(ctx, name+"="+version, dir)
			story.WriteString(out)
			if err == nil || ctx.Err() != nil {
				return err
			}
		}
	}
	return fmt.Errorf("it cannot be had from apt's mirrors; KITSUNE_DEBIAN_MIRROR names another one\n%s", &story)
}
