package corpus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/debsource"
)

// A Build builds one program.
type Build struct {
	*Program
	Tools    *Tools
	Cache    *debsource.Cache
	Dir      string // where everything goes; it is empty
	Include  string // the folder with kitsune.h
	Recorder string // a program that calls RunRecorder if IsRecorder
	Progress func(format string, args ...any)
}

func (b *Build) path(elem ...string) string {
	return filepath.Join(append([]string{b.Dir}, elem...)...)
}

// Run builds the program and runs its tests. It returns the version of the program
// and the units that have been compiled.
func (b *Build) Run(ctx context.Context) (version string, units []*Unit, err error) {
	if err := b.checkNeeds(ctx); err != nil {
		return "", nil, err
	}
	pkg, err := b.Cache.Fetch(ctx, b.Package)
	if err != nil {
		return "", nil, err
	}
	version = pkg.Version
	if err := errors.Join(os.Mkdir(b.path("bin"), 0o777), os.Mkdir(b.path("units"), 0o777),
		os.Symlink(b.Recorder, b.path("bin", "ktcc"))); err != nil {
		return version, nil, err
	}
	if b.Configure != "" {
		b.Progress("configure, with the compiler and with ktcc")
		if err := b.configureTwice(ctx, pkg); err != nil {
			return version, nil, err
		}
	} else if err := pkg.Unpack(b.path("src")); err != nil {
		return version, nil, err
	}
	env := []string{
		// The C library's headers, which kitsune.h includes, have to see what most
		// programs define before they include them.
		"CC=ktcc -D_GNU_SOURCE -I" + b.Include + " -include kitsune.h",
		envLog + "=" + b.path("units"),
	}
	b.Progress("make")
	if err := b.shell(ctx, b.Make, env...); err != nil {
		return version, nil, err
	}
	if b.Test != "" {
		b.Progress("its own tests")
		if err := b.test(ctx, env); err != nil {
			return version, nil, err
		}
	}
	units, err = readLog(b.path("units"))
	return version, units, err
}

// test runs the program's own tests.
func (b *Build) test(ctx context.Context, env []string) error {
	if b.Extra != "" {
		pkg, err := b.Cache.Fetch(ctx, b.Extra)
		if err != nil {
			return err
		}
		if err := pkg.Unpack(b.path("extra")); err != nil {
			return err
		}
		env = append(env, "EXTRA="+b.path("extra"))
	}
	return b.shell(ctx, b.Test, env...)
}

// checkNeeds looks whether the packages are there that the build uses.
func (b *Build) checkNeeds(ctx context.Context) error {
	var missing []string
	for _, name := range append([]string{"build-essential"}, b.Needs...) {
		status, _ := exec.CommandContext(ctx, "dpkg-query", "-W", "-f=${db:Status-Status}", name).Output()
		if string(status) != "installed" {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("the build of %s uses Debian packages that are not installed:\n"+
			"  apt-get install --no-install-recommends %s", b.Package, strings.Join(missing, " "))
	}
	return nil
}

// shell runs a command in the program's folder. What it prints goes to a file;
// the error has the end of it.
func (b *Build) shell(ctx context.Context, command string, env ...string) error {
	log, err := os.OpenFile(b.path("output"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o666)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.Dir = b.path("src")
	cmd.Env = append(os.Environ(), "LC_ALL=C", envKtcc+"="+b.Tools.Ktcc,
		"PATH="+b.path("bin")+string(filepath.ListSeparator)+os.Getenv("PATH"))
	cmd.Env = append(cmd.Env, env...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Run(); err != nil {
		output, _ := os.ReadFile(log.Name())
		lines := bytes.Split(output, []byte("\n"))
		lines = lines[max(0, len(lines)-40):]
		return fmt.Errorf("%s: %w\n%s", command, err, bytes.Join(lines, []byte("\n")))
	}
	return nil
}

// configureTwice configures the program for ktcc, after it has done the same for
// the native compiler, in the same place. What is then in the folder must be the
// same.
func (b *Build) configureTwice(ctx context.Context, pkg *debsource.Package) error {
	src, native := b.path("src"), b.path("native")
	for _, cc := range []string{b.Tools.Native, "ktcc"} {
		if err := pkg.Unpack(src); err != nil {
			return err
		}
		if err := b.shell(ctx, b.Configure, "CC="+cc); err != nil {
			return err
		}
		if cc == "ktcc" {
			break
		}
		if err := os.Rename(src, native); err != nil {
			return err
		}
	}
	differences, err := compareTrees(native, src, "ktcc", b.Tools.Native)
	if err != nil {
		return err
	}
	if len(differences) > 0 {
		return fmt.Errorf("configure has other answers with ktcc: compare %s in %s and %s",
			strings.Join(differences, ", "), native, src)
	}
	return os.RemoveAll(native)
}

// aLog matches names of files that tell how an answer was found, with times and
// names of temporary files.
var aLog = regexp.MustCompile(`^(config\.log|configure\.log|autoconf\.err)$`)

// compareTrees returns the names of files that are not the same in folders a and
// b, where the word ccB in those of b stands for ccA.
func compareTrees(a, b, ccB, ccA string) ([]string, error) {
	word := regexp.MustCompile(`\b` + regexp.QuoteMeta(ccB) + `\b`)
	files := make(map[string]bool)
	for _, dir := range []string{a, b} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && !aLog.MatchString(d.Name()) {
				rel, _ := filepath.Rel(dir, path)
				files[rel] = true
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	var differences []string
	for _, rel := range slices.Sorted(maps.Keys(files)) {
		x, errX := os.ReadFile(filepath.Join(a, rel))
		y, errY := os.ReadFile(filepath.Join(b, rel))
		if errX != nil || errY != nil || !bytes.Equal(x, word.ReplaceAllLiteral(y, []byte(ccA))) {
			differences = append(differences, rel)
		}
	}
	return differences, nil
}
