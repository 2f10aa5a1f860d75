package proc

import (
	"fmt"
	"iter"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The shared page, as runtime/include/kitsune_channel.h defines it; a test
// compares the two.
type channel struct {
	magic      [8]byte
	abi        uint32
	size       uint32
	pid        int32
	seq        uint32
	state      uint32
	updates    uint32
	entered    uint64
	phaseBegan uint64

	answerTo uint32
	result   uint32
	times    [phases]uint64
	moved    uint64
	visited  uint64
	bytes    uint64
	message  [1024]byte

	path    [4096]byte
	buildID [72]byte

	request     uint32
	requestID   uint32
	requestTime uint64
	requestPath [4096]byte
}

const (
	channelLink  = "/memfd:kitsune-channel (deleted)"
	channelMagic = "KITSUNE\x00"
	channelABI   = 1
	channelSize  = int(unsafe.Sizeof(channel{}))

	requestNone   = 0
	requestPosted = 1
)

const (
	phaseWait = iota
	phaseLoad
	phaseQuiesce
	phaseTransform
	phaseCommit
	phases
)

// ownPID returns what the process pid, as we call it, calls itself: it may live
// in a PID namespace of its own.
func ownPID(pid int) int {
	for line := range procLines(pid, "status") {
		if ids, ok := strings.CutPrefix(line, "NSpid:"); ok {
			ids = strings.TrimSpace(ids)
			if own, err := strconv.Atoi(ids[strings.LastIndexByte(ids, '\t')+1:]); err == nil {
				return own
			}
		}
	}
	return pid
}

// hidesPage reports whether the process pid has a channel, and handles the
// signal, but has closed the channel's descriptor.
func hidesPage(pid int) bool {
	mapped, handled := false, false
	for line := range procLines(pid, "maps") {
		mapped = mapped || strings.HasSuffix(line, " "+channelLink)
	}
	for line := range procLines(pid, "status") {
		if mask, ok := strings.CutPrefix(line, "SigCgt:"); ok {
			bits, _ := strconv.ParseUint(strings.TrimSpace(mask), 16, 64)
			handled = bits>>(unix.SIGUSR2-1)&1 != 0
		}
	}
	return mapped && handled
}

// procLines returns the lines of a file in /proc/PID; none if it cannot be read.
func procLines(pid int, file string) iter.Seq[string] {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
	return strings.SplitSeq(string(b), "\n")
}

// A page is a mapping of a process's channel.
type page struct {
	*channel
	file *os.File // for its lock
	mem  []byte
}

// openPage maps the channel that the process pid has open as one of its
// descriptors. It returns nil without an error if there is none.
func openPage(pid int) (*page, error) {
	self := ownPID(pid)
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		name := dir + "/" + e.Name()
		// Descriptors come and go while we look.
		if link, err := os.Readlink(name); err != nil || link != channelLink {
			continue
		}
		f, err := os.OpenFile(name, os.O_RDWR, 0)
		if err != nil {
			return nil, err
		}
		p, err := mapPage(f)
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("the update channel of process %d: %w", pid, err)
		}
		if int(p.pid) == self {
			return p, nil
		}
		p.close() // Inherited from the parent, on the way to exec.
	}
	return nil, nil
}

func mapPage(f *os.File) (*page, error) {
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if st.Size() < int64(channelSize) {
		return nil, fmt.Errorf("it has %d bytes, %d are expected: use the doupd that belongs to the program's Kitsune",
			st.Size(), channelSize)
	}
	mem, err := unix.Mmap(int(f.Fd()), 0, channelSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	p := &page{(*channel)(unsafe.Pointer(&mem[0])), f, mem}
	switch {
	case string(p.magic[:]) != channelMagic:
		err = fmt.Errorf("it is not one")
	case p.abi != channelABI:
		err = fmt.Errorf("it has version %d, this program knows version %d: use the doupd that belongs to the program's Kitsune",
			p.abi, channelABI)
	}
	if err != nil {
		unix.Munmap(mem)
		return nil, err
	}
	return p, nil
}

func (p *page) close() {
	unix.Munmap(p.mem)
	p.file.Close()
}

// post puts a request for the file path into the slot and returns its id.
func (p *page) post(path string) uint32 {
	id := p.requestID + 1
	if id == 0 { // 0 says that nobody asked.
		id = 1
	}
	p.requestID = id
	p.requestTime = uint64(now())
	n := copy(p.requestPath[:len(p.requestPath)-1], path)
	p.requestPath[n] = 0
	atomic.StoreUint32(&p.request, requestPosted)
	return id
}

// withdraw takes a posted request back. It reports false if the process has
// begun to work on it.
func (p *page) withdraw() bool {
	return atomic.CompareAndSwapUint32(&p.request, requestPosted, requestNone)
}

// clear takes back what a client has left behind that did not live to see the
// answer. It reports false while the process is still working on that.
func (p *page) clear() bool {
	p.withdraw()
	return atomic.LoadUint32(&p.request) == requestNone
}

// status reads what the process has written: a consistent copy, unless the
// process has been stopped, or has ended, while it was writing.
func (p *page) status() Status {
	for try := 0; ; try++ {
		before := atomic.LoadUint32(&p.seq)
		s := Status{
			State:     State(p.state),
			Updates:   int(p.updates),
			Path:      text(p.path[:]),
			BuildID:   text(p.buildID[:]),
			Since:     time.Duration(now() - int64(p.entered)),
			Result:    Result(p.result),
			Message:   text(p.message[:]),
			Wait:      time.Duration(p.times[phaseWait]),
			Load:      time.Duration(p.times[phaseLoad]),
			Quiesce:   time.Duration(p.times[phaseQuiesce]),
			Transform: time.Duration(p.times[phaseTransform]),
			Commit:    time.Duration(p.times[phaseCommit]),
			Moved:     p.moved,
			InPlace:   p.visited,
			Bytes:     p.bytes,
			answerTo:  p.answerTo,
		}
		consistent := before%2 == 0 && atomic.LoadUint32(&p.seq) == before
		if consistent || try == 1000 {
			return s
		}
		time.Sleep(10 * time.Microsecond)
	}
}

func text(b []byte) string {
	s, _, _ := strings.Cut(string(b), "\x00")
	return s
}

// now is CLOCK_MONOTONIC, the clock of the channel.
func now() int64 {
	var t unix.Timespec
	unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) // Cannot fail with this clock.
	return t.Nano()
}
