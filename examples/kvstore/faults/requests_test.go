package faults

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rules-kitsune/rules_kitsune/examples/kvstore/kv/kvtest"
)

// v2 is the update without faults.
func (s *site) v2() string { s.t.Helper(); return kvtest.Path(s.t, "KVSTORE_V2") }

// faulty is the update that goes wrong as arm() says.
func (s *site) faulty() string { s.t.Helper(); return kvtest.Path(s.t, "KVSTORE_FAULTY") }

// whileStopped stops the server, so that it comes to no update point, lets
// doupd ask it for the update to a file, and lets it go on after `meanwhile`.
func (s *site) whileStopped(file string, meanwhile func(request)) request {
	s.t.Helper()
	s.signal(syscall.SIGSTOP)
	r := s.begin(s.pid(), file)
	s.untilAsked()
	meanwhile(r)
	syscall.Kill(s.PID(), syscall.SIGCONT) // unless it has ended
	return r
}

// whileTakingOver lets a new version linger in main(), or do something else
// there, while `meanwhile` happens.
func (s *site) whileTakingOver(way string, meanwhile func(request)) request {
	s.t.Helper()
	s.arm("main", way)
	r := s.begin(s.pid(), s.faulty())
	s.untilState("transforming")
	meanwhile(r)
	return r
}

func kill(r request) {
	r.t.Helper()
	r.signal(syscall.SIGKILL)
}

// killed waits for a doupd that has been killed.
func (s *site) killed(r request) {
	s.t.Helper()
	if a := r.wait(); a.code != -1 {
		s.t.Fatalf("doupd was to be killed, and has ended before: %+v", a)
	}
}

// updatedAnyway waits until an update has come to its end of which nobody is told.
func (s *site) updatedAnyway(r request) answer {
	s.t.Helper()
	s.killed(r)
	s.until("the update", func() bool { return s.status().Updates == 1 })
	return nobody
}

const anyway = "updated, although nobody waits for it"

// requests are what can go wrong with a request.
func requests(*testing.T) []fault {
	return []fault{
		{name: "`doupd` is killed while it waits for an update point", code: nobody.code, outcome: anyway, updated: true,
			pause: 2 * limit,
			happen: func(s *site) answer {
				return s.updatedAnyway(s.whileStopped(s.v2(), kill))
			}},
		{name: "`doupd` is killed while it waits for another one to be done", updated: true,
			outcome: "the other one updates", pause: 2 * limit,
			happen: func(s *site) answer {
				return s.whileStopped(s.v2(), func(request) {
					second := s.begin(s.pid(), s.v2())
					time.Sleep(50 * time.Millisecond)
					kill(second)
					s.killed(second)
				}).wait()
			}},
		{name: "`doupd` is killed while the new version is loaded", code: nobody.code, outcome: anyway, updated: true,
			pause: 4 * limit,
			happen: func(s *site) answer {
				s.arm("constructor", "linger")
				r := s.begin(s.pid(), s.faulty())
				s.untilState("loading")
				kill(r)
				return s.updatedAnyway(r)
			}},
		{name: "`doupd` is killed while the new version takes over", code: nobody.code, outcome: anyway, updated: true,
			pause: 2 * limit,
			happen: func(s *site) answer {
				return s.updatedAnyway(s.whileTakingOver("linger", kill))
			}},
		{name: "`doupd` is killed while a new version takes over that hangs", code: nobody.code,
			outcome: "rolled back, although nobody waits for it", pause: 2 * limit,
			happen: func(s *site) answer {
				s.killed(s.whileTakingOver("loop", kill))
				s.until("the way back", func() bool { return s.status().State == "running" })
				if last := s.status().Last; last.Outcome != "rolled_back" {
					s.t.Errorf("the last outcome is %+v", last)
				}
				return nobody
			}},
		{name: "`doupd` gets SIGTERM while it waits for an update point", code: 6, pause: 2 * limit,
			message: "interrupted",
			happen: func(s *site) answer {
				var a answer
				s.whileStopped(s.v2(), func(r request) {
					r.signal(syscall.SIGTERM)
					a = r.wait()
				})
				return a
			}},
		{name: "`doupd` gets SIGTERM while the new version takes over", code: 6, updated: true,
			outcome: "updated; `doupd` does not wait for it", message: "the update of process", pause: 2 * limit,
			happen: func(s *site) answer {
				r := s.whileTakingOver("linger", func(r request) { r.signal(syscall.SIGTERM) })
				a := r.wait()
				s.until("the update", func() bool { return s.status().Updates == 1 })
				return a
			}},
		{name: "`doupd` is called twice at once", updated: true, pause: 2 * limit,
			outcome: "the first one updates; for the second one there is nothing to do",
			message: "runs already; there is nothing to do",
			happen: func(s *site) answer {
				var second request
				first := s.whileStopped(s.v2(), func(request) { second = s.begin(s.pid(), s.v2()) })
				s.want(first.wait(), 0)
				return second.wait()
			}},
		{name: "`doupd` is called twice at once, with a faulty version first", updated: true, pause: 2 * limit,
			outcome: "the first one is rolled back, the second one updates",
			happen: func(s *site) answer {
				var second request
				s.arm("main", "abort")
				first := s.whileStopped(s.faulty(), func(request) { second = s.begin(s.pid(), s.v2()) })
				s.want(first.wait(), 7)
				return second.wait()
			}},
		{name: "another `doupd` is not done in time", updated: true, pause: 2 * limit, code: 1,
			outcome: "refused; the other one updates", message: "another update of process",
			happen: func(s *site) answer {
				var second answer
				first := s.whileStopped(s.v2(), func(request) {
					second = s.doupd("--timeout=100ms", s.pid(), s.v2())
				})
				s.want(first.wait(), 0)
				return second
			}},
		{name: "the process is stopped, and comes to no update point", code: 3, pause: 2 * limit,
			message: "has come to no update point; the request was withdrawn",
			happen: func(s *site) answer {
				s.signal(syscall.SIGSTOP)
				defer s.signal(syscall.SIGCONT)
				return s.doupd("--timeout=100ms", s.pid(), s.v2())
			}},
		{name: "the process is stopped while the new version takes over", updated: true, pause: 2 * limit,
			happen: func(s *site) answer {
				return s.whileTakingOver("linger", func(request) {
					s.signal(syscall.SIGSTOP)
					time.Sleep(limit / 10)
					s.signal(syscall.SIGCONT)
				}).wait()
			}},
		{name: "the process is stopped for too long while the new version takes over", code: 7, pause: 4 * limit,
			message: "has not come to the update point within",
			happen: func(s *site) answer {
				return s.whileTakingOver("linger", func(request) {
					s.signal(syscall.SIGSTOP)
					time.Sleep(limit + limit/5)
					s.signal(syscall.SIGCONT)
				}).wait()
			}},
		{name: "the process is killed while it waits for an update point", code: 4, ended: true,
			message: "ended while it was waiting for an update point",
			happen: func(s *site) answer {
				return s.whileStopped(s.v2(), func(request) { s.signal(syscall.SIGKILL) }).wait()
			}},
		{name: "the process is killed while the new version takes over", code: 4, ended: true,
			message: "ended while it was transforming",
			happen: func(s *site) answer {
				return s.whileTakingOver("linger", func(request) { s.signal(syscall.SIGKILL) }).wait()
			}},
		{name: "there is no such process", code: 5, ended: true, message: "there is no process",
			happen: func(s *site) answer {
				s.signal(syscall.SIGKILL)
				<-s.Exited()
				return s.update(s.v2())
			}},
		{name: "a signal as `doupd` sends it, and no request", code: nobody.code, outcome: "nothing",
			happen: func(s *site) answer {
				s.stray()
				return nobody
			}},
		{name: "such signals while the new version takes over", updated: true, pause: 2 * limit,
			happen: func(s *site) answer {
				return s.whileTakingOver("linger", func(request) { s.stray() }).wait()
			}},
		{name: "a request in `/tmp/PID.upd` that everybody could have written", code: nobody.code, outcome: "nothing",
			happen: func(s *site) answer {
				file := fmt.Sprintf("/tmp/%d.upd", s.PID())
				if err := os.WriteFile(file, []byte(s.v2()+"\n"), 0o600); err != nil {
					s.t.Fatal(err)
				}
				defer os.Remove(file)
				if err := os.Chmod(file, 0o666); err != nil {
					s.t.Fatal(err)
				}
				s.stray()
				return nobody
			}},
	}
}

// stray sends the signal that doupd sends, without a request.
func (s *site) stray() {
	s.t.Helper()
	for range 20 {
		s.signal(syscall.SIGUSR2)
		time.Sleep(time.Millisecond)
	}
}

// want checks the exit status of a doupd that is not the one in the table.
func (s *site) want(a answer, code int) {
	s.t.Helper()
	if a.code != code {
		s.t.Fatalf("exit status %d, not %d: %s", a.code, code, a.output)
	}
}

// replacements are what can happen to the file after doupd has checked it.
func replacements(*testing.T) []fault {
	replaced := func(with func(s *site, file string)) func(*site) answer {
		return func(s *site) answer {
			file := s.copyOf(s.v2())
			return s.whileStopped(file, func(request) { with(s, file) }).wait()
		}
	}
	return []fault{
		{name: "it is removed", code: 1, message: "No such file or directory", pause: 2 * limit,
			happen: replaced(func(s *site, file string) { os.Remove(file) })},
		{name: "it is replaced by a text", code: 1, message: "is not an ELF file", pause: 2 * limit,
			happen: replaced(func(s *site, file string) { s.replace(file, []byte("int main(void);\n")) })},
		{name: "it is replaced by half of it", code: 1, message: "is cut off", pause: 2 * limit,
			happen: replaced(func(s *site, file string) {
				whole := s.read(file)
				s.replace(file, whole[:len(whole)/2])
			})},
		{name: "it is replaced by another program", code: 1, message: "is another program", pause: 2 * limit,
			happen: replaced(func(s *site, file string) {
				s.replace(file, s.read(kvtest.Path(s.t, "UPDATES_OTHER")))
			})},
		{name: "it is replaced by a version that crashes", code: 7, message: "crashed: SIGSEGV", pause: 2 * limit,
			happen: replaced(func(s *site, file string) {
				s.arm("main", "SIGSEGV")
				s.replace(file, s.read(s.faulty()))
			})},
		{name: "it is written over while the new version takes over", updated: true, pause: 2 * limit,
			happen: func(s *site) answer {
				s.arm("main", "linger")
				file := s.copyOf(s.faulty())
				r := s.begin(s.pid(), file)
				s.untilState("transforming")
				if err := os.WriteFile(file, make([]byte, 300000), 0o755); err != nil {
					s.t.Fatal(err)
				}
				return r.wait()
			}},
	}
}

func (s *site) read(file string) []byte {
	s.t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	return data
}

func (s *site) copyOf(file string) string {
	s.t.Helper()
	name := filepath.Join(s.t.TempDir(), "update.so")
	if err := os.WriteFile(name, s.read(file), 0o755); err != nil {
		s.t.Fatal(err)
	}
	return name
}

// replace puts another file under the name.
func (s *site) replace(file string, data []byte) {
	s.t.Helper()
	other := file + ".new"
	if err := os.WriteFile(other, data, 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Rename(other, file); err != nil {
		s.t.Fatal(err)
	}
}

// shortages are what the system may lack.
func shortages(t *testing.T) []fault {
	return []fault{
		{name: "the process may open no more files", code: 1, message: "Too many open files",
			happen: func(s *site) answer {
				defer s.limit(unix.RLIMIT_NOFILE, 3)()
				return s.update(s.v2())
			}},
		{name: "there is no memory to load the new version", code: 1, message: "failed to map segment",
			happen: func(s *site) answer {
				defer s.limitMemory(160 << 10)()
				return s.update(s.v2())
			}},
		{name: "the log cannot grow: the disk is full", updated: true,
			happen: func(s *site) answer {
				const size = 8 << 20
				log := s.log()
				if err := os.Truncate(log, size); err != nil {
					s.t.Fatal(err)
				}
				defer s.limit(unix.RLIMIT_FSIZE, size)()
				a := s.update(s.v2())
				if info, err := os.Stat(log); err != nil || info.Size() != size {
					s.t.Errorf("the log has grown, or is gone: %v, %v", info, err)
				}
				return a
			}},
		{name: "others can write to the folder of the log", env: []string{"KITSUNE_LOG_DIR=" + public(t)},
			outcome: "updated; there is no log", updated: true,
			happen: func(s *site) answer { return s.update(s.v2()) }},
		{name: "the folder of the log is removed", updated: true,
			happen: func(s *site) answer {
				if err := os.RemoveAll(s.logs); err != nil {
					s.t.Fatal(err)
				}
				return s.update(s.v2())
			}},
	}
}

// log is the file to which the runtime of the server logs.
func (s *site) log() string {
	s.t.Helper()
	entries, err := os.ReadDir(s.logs)
	if err != nil || len(entries) != 1 {
		s.t.Fatalf("%s: %v, %v", s.logs, entries, err)
	}
	return filepath.Join(s.logs, entries[0].Name())
}

// public makes a folder to which everybody can write.
func public(t *testing.T) string {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}
