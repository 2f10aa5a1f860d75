package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// outputs are the files that a command makes. They appear under their names
// together, after everything has succeeded.
type outputs struct {
	pending []output
}

type output struct {
	name string
	temp string // where its content is, in the same folder; "" for a device
	data []byte // of a device
}

// add prepares the file called name.
func (o *outputs) add(name string, data []byte) error {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		if info.IsDir() {
			return fmt.Errorf("cannot write %s: it is a directory", name)
		}
		o.pending = append(o.pending, output{name: name, data: data})
		return nil
	}
	temp := filepath.Join(filepath.Dir(name), fmt.Sprintf(".%s.ktcc-%d", filepath.Base(name), os.Getpid()))
	o.pending = append(o.pending, output{name: name, temp: temp})
	if err := os.WriteFile(temp, data, 0o666); err != nil {
		return cannotWrite(name, err)
	}
	return nil
}

// cannotWrite is the error for a file of the user's, who does not know our name
// for it.
func cannotWrite(name string, err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return fmt.Errorf("cannot write %s: %w", name, err)
}

// commit gives the files their names. If that fails, none of them is there.
func (o *outputs) commit() error {
	for i, p := range o.pending {
		var err error
		if p.temp == "" {
			err = os.WriteFile(p.name, p.data, 0)
		} else {
			err = os.Rename(p.temp, p.name)
		}
		if err != nil {
			for _, done := range o.pending[:i] {
				if done.temp != "" {
					os.Remove(done.name)
				}
			}
			return cannotWrite(p.name, err)
		}
	}
	o.pending = nil
	return nil
}

// discard removes what has not been committed.
func (o *outputs) discard() {
	for _, p := range o.pending {
		if p.temp != "" {
			os.Remove(p.temp)
		}
	}
	o.pending = nil
}
