// Package atomicfile writes files that are complete whenever someone sees them.
package atomicfile

import (
	"io/fs"
	"os"
	"path/filepath"
)

// Write gives the file called name the content data: at once, or not at all if
// it returns an error. A new file can be read by everyone. What is not a
// regular file, such as a terminal, is written to directly.
func Write(name string, data []byte) (err error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return os.WriteFile(name, data, 0)
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		if e, ok := err.(*fs.PathError); ok {
			e.Path = name // the name that the user knows
		}
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
