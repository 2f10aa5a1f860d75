package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// checkOwner checks that nobody but root and the user with the number uid can
// replace or change a file: whoever can decides what that user's process runs.
// The path is absolute, without symbolic links.
func checkOwner(path string, uid uint32) error {
	for place := path; ; place = filepath.Dir(place) {
		info, err := os.Stat(place)
		if err != nil {
			return err
		}
		st := info.Sys().(*syscall.Stat_t)
		// In a folder with this bit everybody can put files, and nobody can touch those of others.
		sticky := info.IsDir() && info.Mode()&fs.ModeSticky != 0
		what := place
		if place != path {
			what = fmt.Sprintf("%s, where %s is,", place, filepath.Base(path))
		}
		switch mode := info.Mode().Perm(); {
		case st.Uid != 0 && st.Uid != uid && !isForeign(st.Uid):
			return fmt.Errorf("%s belongs to %s, and the process to %s: who owns the file decides what the process runs. "+
				"Give it to %s or to root (chown), or say --unsafe-owner if this is meant",
				what, userName(st.Uid), userName(uid), userName(uid))
		case mode&0o002 != 0 && !sticky:
			return fmt.Errorf("%s can be written by everybody (mode %04o): whoever does decides what the process runs. "+
				"chmod o-w %s, or say --unsafe-owner if this is meant", what, mode, place)
		case mode&0o020 != 0 && !sticky && !isPrivate(st.Gid, st.Uid):
			return fmt.Errorf("%s can be written by the group %s (mode %04o): whoever does decides what the process runs. "+
				"chmod g-w %s, or say --unsafe-owner if this is meant", what, groupName(st.Gid), mode, place)
		}
		if place == "/" {
			return nil
		}
	}
}

// isForeign reports whether uid stands for users that are outside of our user
// namespace, such as the root of a machine on which we are in a sandbox. No
// process that we could meet is one of theirs.
func isForeign(uid uint32) bool {
	const everybody = "4294967295"
	users, err := os.ReadFile("/proc/self/uid_map")
	if f := bytes.Fields(users); err != nil || len(f) == 3 && string(f[2]) == everybody {
		return false
	}
	overflow, _ := os.ReadFile("/proc/sys/kernel/overflowuid")
	n, err := strconv.ParseUint(string(bytes.TrimSpace(overflow)), 10, 32)
	return err == nil && uint32(n) == uid
}

// isPrivate reports whether a group is one of those that many systems make for
// each user, with the user's name, and who has that user's files writable for it.
func isPrivate(gid, uid uint32) bool {
	if gid == 0 {
		return true
	}
	u, err := user.LookupId(strconv.Itoa(int(uid)))
	if err != nil || u.Gid != strconv.Itoa(int(gid)) {
		return false
	}
	return groupName(gid) == u.Username
}

func userName(uid uint32) string {
	id := strconv.Itoa(int(uid))
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return "user " + id
}

func groupName(gid uint32) string {
	id := strconv.Itoa(int(gid))
	if g, err := user.LookupGroupId(id); err == nil {
		return g.Name
	}
	return id
}
