package proc

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// An Info is what can be seen of an updatable process without asking it for
// anything.
type Info struct {
	PID     int
	Program string // the name of its first version, without .so
	User    string
	Status  *Status // nil if the process has closed its channel, and its memory may not be read
}

// List returns the updatable processes that this user may look at, by their
// PIDs.
func List() ([]Info, error) {
	pids, err := pids()
	if err != nil {
		return nil, err
	}
	var all []Info
	for _, pid := range pids {
		// Processes come and go, and most belong to others: what cannot be opened is left out.
		page, err := openPage(pid)
		hidden := err == nil && page == nil && mapping(pid) != 0 && handlesSignal(pid)
		if hidden {
			page, err = readPage(pid)
		}
		if !hidden && (page == nil || err != nil) {
			continue
		}
		info := Info{PID: pid, Program: program(pid), User: owner(pid)}
		if err == nil && page != nil {
			s := page.status()
			info.Status = &s
			page.close()
		}
		all = append(all, info)
	}
	return all, nil
}

// Tree returns the updatable processes among pid and its descendants, parents
// first.
func Tree(pid int) ([]int, error) {
	pids, err := pids()
	if err != nil {
		return nil, err
	}
	children := map[int][]int{}
	for _, p := range pids {
		children[parent(p)] = append(children[parent(p)], p)
	}
	var tree []int
	for next := []int{pid}; len(next) > 0; next = next[1:] {
		if page, err := openPage(next[0]); page != nil {
			page.close()
			tree = append(tree, next[0])
		} else if err == nil && mapping(next[0]) != 0 && handlesSignal(next[0]) {
			tree = append(tree, next[0])
		}
		next = append(next, children[next[0]]...)
	}
	return tree, nil
}

func pids() ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids, nil
}

func parent(pid int) int {
	for line := range procLines(pid, "status") {
		if id, ok := strings.CutPrefix(line, "PPid:"); ok {
			ppid, _ := strconv.Atoi(strings.TrimSpace(id))
			return ppid
		}
	}
	return 0
}

// program returns the name of what the driver was started with. A program that
// writes over its arguments is called what it calls itself.
func program(pid int) string {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	args := strings.Split(string(b), "\x00")
	if len(args) > 3 && args[1] == "-b" {
		args = args[2:]
	}
	if len(args) < 2 || !strings.Contains(args[1], ".so") {
		return comm(pid)
	}
	name, _, _ := strings.Cut(filepath.Base(args[1]), ".so")
	return name
}
