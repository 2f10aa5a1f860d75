package debsource

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// apt is an apt with a state of its own: it reads nothing of the machine's but
// how to reach the network, writes nothing outside of its folder, and needs no
// root.
type apt struct {
	dir string
}

// configure sets an apt up that knows the sources of lines.
func configure(ctx context.Context, dir string, lines []string) (*apt, error) {
	for _, sub := range []string{"lists/partial", "archives/partial"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o777); err != nil {
			return nil, err
		}
	}
	machine, err := exec.CommandContext(ctx, "apt-config", "dump").Output()
	if err != nil {
		return nil, fmt.Errorf("apt-config, which is part of Debian: %w", err)
	}
	var config strings.Builder
	for line := range strings.Lines(string(machine)) {
		if strings.HasPrefix(line, "Acquire::") && !strings.HasPrefix(line, "Acquire::IndexTargets") {
			config.WriteString(line)
		}
	}
	fmt.Fprintf(&config, `Dir::State "%[1]s";
Dir::State::status "%[1]s/status";
Dir::Cache "%[1]s";
Dir::Etc::Main "/dev/null";
Dir::Etc::Parts "/dev/null";
Dir::Etc::SourceList "%[1]s/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
APT::Sandbox::User "";
Acquire::Check-Valid-Until "false";
`, dir)
	for name, text := range map[string]string{
		"apt.conf":     config.String(),
		"sources.list": strings.Join(lines, "\n") + "\n",
		"status":       "",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			return nil, err
		}
	}
	return &apt{dir}, nil
}

// run runs a command of apt's in a folder and returns what it prints.
func (a *apt) run(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "APT_CONFIG="+filepath.Join(a.dir, "apt.conf"), "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

var versionLine = regexp.MustCompile(`(?m)^Version: (.+)$`)

// versions returns the versions that there are of a package. Those of later
// sources, such as security updates, come first.
func (a *apt) versions(ctx context.Context, name string) []string {
	out, _ := a.run(ctx, a.dir, "apt-cache", "showsrc", "--only-source", name) // fails if there is none
	var list []string
	for _, m := range versionLine.FindAllStringSubmatch(out, -1) {
		list = append(list, m[1])
	}
	slices.Reverse(list)
	return list
}

// download makes the folder dir with the tarballs of a package, given as
// NAME=VERSION. It returns what apt says.
func (a *apt) download(ctx context.Context, version, dir string) (string, error) {
	temp := dir + ".new"
	if err := errors.Join(os.RemoveAll(temp), os.Mkdir(temp, 0o777)); err != nil {
		return "", err
	}
	defer os.RemoveAll(temp)
	out, err := a.run(ctx, temp, "apt-get", "-q", "source", "--download-only", "--tar-only", version)
	if err != nil {
		return out, err
	}
	return out, os.Rename(temp, dir)
}

// machineSources returns sources for the source packages of the Debian that the
// machine runs and, after that, of others.
func machineSources(ctx context.Context) ([][]string, error) {
	release, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return nil, err
	}
	codename := debianCodename(string(release))
	if codename == "" {
		return nil, errors.New("/etc/os-release does not say which Debian this is")
	}
	keyring := os.Getenv("KITSUNE_DEBIAN_KEYRING")
	if keyring == "" {
		keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
	}
	if _, err := os.Stat(keyring); err != nil {
		return nil, fmt.Errorf("%w: apt-get install debian-archive-keyring", err)
	}
	if mirror := os.Getenv("KITSUNE_DEBIAN_MIRROR"); mirror != "" {
		return groups([]suite{{mirror, codename}}, codename, keyring), nil
	}
	// Fails where apt's folders cannot be written to, after it has printed.
	uris, _ := exec.CommandContext(ctx, "apt-get", "--print-uris", "update").Output()
	suites := debianSuites(string(uris), codename)
	if len(suites) == 0 {
		return nil, fmt.Errorf("apt's sources have no mirror of Debian %s; name one in KITSUNE_DEBIAN_MIRROR", codename)
	}
	return groups(suites, codename, keyring), nil
}

// debianCodename returns the name of a Debian, or of the Debian that something
// else is based on, from the text of its os-release.
func debianCodename(release string) string {
	for _, variable := range []string{"DEBIAN_CODENAME=", "VERSION_CODENAME="} {
		for line := range strings.Lines(release) {
			if name, ok := strings.CutPrefix(strings.TrimSpace(line), variable); ok {
				return strings.Trim(name, `"'`)
			}
		}
	}
	return ""
}

// A suite is a Debian, or its updates, on a mirror.
type suite struct{ mirror, name string }

var releaseURI = regexp.MustCompile(`(?m)^'(.+)/dists/([^/']+)/(?:InRelease|Release)'`)

// debianSuites returns the suites of a Debian in what apt-get --print-uris update
// has printed.
func debianSuites(uris, codename string) []suite {
	var list []suite
	for _, m := range releaseURI.FindAllStringSubmatch(uris, -1) {
		s := suite{m[1], m[2]}
		if (s.name == codename || strings.HasPrefix(s.name, codename+"-")) && !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

// groups returns lines of sources.list: for the suites, and for other Debians on
// the same mirrors.
func groups(suites []suite, codename, keyring string) [][]string {
	line := func(mirror, name string) string {
		return fmt.Sprintf("deb-src [signed-by=%s] %s %s main", keyring, mirror, name)
	}
	var own []string
	for _, s := range suites {
		own = append(own, line(s.mirror, s.name))
	}
	list := [][]string{own}
	for _, name := range []string{"stable", "testing", "unstable"} {
		var other []string
		for _, s := range suites {
			if s.name == codename {
				other = append(other, line(s.mirror, name))
			}
		}
		list = append(list, other)
	}
	return list
}
