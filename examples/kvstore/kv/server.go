package kv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A Server is a running kvstore.
type Server struct {
	// Addr is where it listens.
	Addr string

	cmd    *exec.Cmd
	dir    string
	output tail
	exited chan struct{} // closed when the process has ended
	err    error         // why, valid then
}

// Start starts a server on a free port and waits until it can be used. The
// command is a plain program, or a driver and a version. The caller must call
// Stop; should it die before, the server dies too.
func Start(ctx context.Context, command ...string) (*Server, error) {
	dir, err := os.MkdirTemp("", "kvstore-")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, exited: make(chan struct{})}
	portFile := filepath.Join(dir, "port")
	args := append(command[1:len(command):len(command)], "--port", "0", "--port-file", portFile)
	s.cmd = exec.Command(command[0], args...)
	s.cmd.Stdout = &s.output
	s.cmd.Stderr = &s.output
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	go func() {
		s.err = s.cmd.Wait()
		close(s.exited)
	}()

	for {
		port, err := os.ReadFile(portFile)
		if err == nil {
			s.Addr = net.JoinHostPort("127.0.0.1", strings.TrimSpace(string(port)))
			return s, nil
		}
		select {
		case <-s.exited:
			err := s.Err()
			s.Stop()
			return nil, err
		case <-ctx.Done():
			s.Stop()
			return nil, fmt.Errorf("%s: the server does not open its port: %w%s", command, ctx.Err(), s.output.quote())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// PID returns the server's process.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Exited is closed when the server's process has ended.
func (s *Server) Exited() <-chan struct{} { return s.exited }

// Err tells how the server has ended, and the end of what it has printed. It
// returns nil as long as the server runs.
func (s *Server) Err() error {
	select {
	case <-s.exited:
	default:
		return nil
	}
	how := "exit status 0"
	if s.err != nil {
		how = s.err.Error()
	}
	return fmt.Errorf("%s: the server ended: %s%s", s.cmd.Args, how, s.output.quote())
}

// Memory returns the server's resident set size in bytes.
func (s *Server) Memory() (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.PID()))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if kb, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kb), "kB")), 10, 64)
			return n * 1024, err
		}
	}
	return 0, errors.New("the server has no memory any more")
}

// Stop ends the server's process, if it runs, and removes its files.
func (s *Server) Stop() {
	s.cmd.Process.Kill()
	<-s.exited
	os.RemoveAll(s.dir)
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailSize = 8 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if n := len(t.text); n > tailSize {
		t.text = append(t.text[:0], t.text[n-tailSize:]...)
	}
	return len(p), nil
}

// quote returns the text for the end of an error message.
func (t *tail) quote() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := bytes.TrimSpace(t.text)
	if len(text) == 0 {
		return ""
	}
	return "\nit printed:\n\t" + strings.ReplaceAll(string(text), "\n", "\n\t")
}
