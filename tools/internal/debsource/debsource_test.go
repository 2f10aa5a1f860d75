package debsource

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A repository is one of apt's, in a folder.
type repository struct{ dir string }

// add puts a version of a package into the repository's suite. damage makes its
// tarball another one than the suite says.
func (r repository) add(t *testing.T, suite, name, version string, damage bool) {
	t.Helper()
	upstream, _, _ := strings.Cut(version, "-")
	file := fmt.Sprintf("%s_%s.orig.tar.gz", name, upstream)
	data := tarball(t, name+"-"+upstream+"/README", "This is "+name+" "+upstream+".\n")
	index := fmt.Sprintf("Package: %s\nBinary: %[1]s\nVersion: %s\nDirectory: pool\n"+
		"Files:\n %[3]x %[4]d %[5]s\nChecksums-Sha256:\n %[6]x %[4]d %[5]s\n\n",
		name, version, md5.Sum(data), len(data), file, sha256.Sum256(data))
	if damage {
		data[len(data)/2] ^= 1
	}
	pool, source := filepath.Join(r.dir, "pool"), filepath.Join(r.dir, "dists", suite, "main/source")
	for _, dir := range []string{pool, source} {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(pool, file), data, 0o666); err != nil {
		t.Fatal(err)
	}
	sources := filepath.Join(source, "Sources")
	old, _ := os.ReadFile(sources)
	all := append(old, index...)
	release := fmt.Sprintf("Suite: %s\nCodename: %[1]s\nComponents: main\nArchitectures: amd64\n"+
		"Date: Thu, 01 Jan 2026 00:00:00 UTC\nSHA256:\n %x %d main/source/Sources\n", suite, sha256.Sum256(all), len(all))
	for name, data := range map[string]string{sources: string(all), filepath.Join(r.dir, "dists", suite, "Release"): release} {
		if err := os.WriteFile(name, []byte(data), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// line returns a line of sources.list for a suite of the repository.
func (r repository) line(suite string) string {
	return fmt.Sprintf("deb-src [trusted=yes] file:%s %s main", r.dir, suite)
}

func tarball(t *testing.T, name, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFetch(t *testing.T) {
	if _, err := exec.LookPath("apt-get"); err != nil {
		t.Skip("there is no apt-get")
	}
	r := repository{t.TempDir()}
	r.add(t, "own", "server", "1.0-1", false)
	r.add(t, "own", "damaged", "1.0-1", true)
	r.add(t, "own", "gap", "2.0-1", true)
	r.add(t, "updates", "server", "1.1-1+deb1u1", false)
	r.add(t, "other", "gap", "3.0-2", false)
	asked := 0
	c := &Cache{filepath.Join(t.TempDir(), "cache"), func(context.Context) ([][]string, error) {
		asked++
		return [][]string{{r.line("own"), r.line("updates")}, {r.line("other")}}, nil
	}}
	tests := []struct {
		name    string
		version string
		errs    string
	}{
		{"server", "1.1", ""},
		{"server", "1.1", ""}, // out of the cache
		{"gap", "3.0", ""},
		{"damaged", "", "source package damaged: it cannot be had"},
		{"unknown", "", "source package unknown: it cannot be had"},
	}
	for _, tt := range tests {
		p, err := c.Fetch(context.Background(), tt.name)
		if err != nil {
			if tt.errs == "" || !strings.Contains(err.Error(), tt.errs) {
				t.Errorf("%s: %v", tt.name, err)
			}
			continue
		}
		if p.Version != tt.version {
			t.Errorf("%s: version %q, want %q", tt.name, p.Version, tt.version)
			continue
		}
		dir := filepath.Join(t.TempDir(), "src")
		if err := p.Unpack(dir); err != nil {
			t.Error(err)
			continue
		}
		got, err := os.ReadFile(filepath.Join(dir, "README"))
		if want := fmt.Sprintf("This is %s %s.\n", tt.name, tt.version); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", tt.name, got, err)
		}
		if err := p.Unpack(dir); err == nil {
			t.Errorf("%s: unpacked over what is there", tt.name)
		}
	}
	if want := len(tests) - 1; asked != want {
		t.Errorf("apt was used %d times, not %d", asked, want)
	}
	left, err := filepath.Glob(filepath.Join(c.dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range left {
		left[i] = filepath.Base(left[i])
	}
	if d := cmp.Diff([]string{"apt", "gap", "lock", "server"}, left); d != "" {
		t.Errorf("in the cache, -want +got:\n%s", d)
	}
}

func TestDebianSuites(t *testing.T) {
	const printed = `'http://mirror.example/debian/dists/bookworm/InRelease' mirror.example_debian_dists_bookworm_InRelease 0
'http://mirror.example/debian/dists/bookworm/InRelease' mirror.example_debian_dists_bookworm_InRelease 0
'http://mirror.example/security/dists/bookworm-security/InRelease' mirror.example_security_InRelease 0
'http://mirror.example/debian/dists/bookworm/main/binary-amd64/Packages.xz' mirror.example_Packages 0
'https://elsewhere.example/node/dists/nodistro/InRelease' elsewhere.example_node_InRelease 0
'https://elsewhere.example/sdk/dists/sdk-bookworm/InRelease' elsewhere.example_sdk_InRelease 0
'http://mirror.example/flat/./InRelease' mirror.example_flat_InRelease 0
`
	suites := debianSuites(printed, "bookworm")
	want := [][]string{
		{
			"deb-src [signed-by=keys] http://mirror.example/debian bookworm main",
			"deb-src [signed-by=keys] http://mirror.example/security bookworm-security main",
		},
		{"deb-src [signed-by=keys] http://mirror.example/debian stable main"},
		{"deb-src [signed-by=keys] http://mirror.example/debian testing main"},
		{"deb-src [signed-by=keys] http://mirror.example/debian unstable main"},
	}
	if d := cmp.Diff(want, groups(suites, "bookworm", "keys")); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestDebianCodename(t *testing.T) {
	for release, want := range map[string]string{
		"NAME=Debian\nVERSION_CODENAME=bookworm\n":                       "bookworm",
		"VERSION_CODENAME=\"wilma\"\nDEBIAN_CODENAME='bookworm'\nID=x\n": "bookworm",
		"NAME=Other\n": "",
	} {
		if got := debianCodename(release); got != want {
			t.Errorf("%q: %q, want %q", release, got, want)
		}
	}
}
