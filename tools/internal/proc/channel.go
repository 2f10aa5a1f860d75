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

	request         uint32
	requestID       uint32
	requestTime     uint64
	requestPath     [4096]byte
	requestDeadline uint64

	answers uint64
	history [historySize]record

	_ [120]byte // the process's own
}

// An answer in the history.
type record struct {
	time     uint64
	times    [phases]uint64
	moved    uint64
	visited  uint64
	bytes    uint64
	result   uint32
	from, to [256]byte
	fromID   [72]byte
	toID     [72]byte
	message  [1024]byte
	_        [4]byte
}

const (
	channelLink  = "/memfd:kitsune-channel (deleted)"
	channelMagic = "KITSUNE\x00"
	channelABI   = 1
	channelSize  = int(unsafe.Sizeof(channel{}))
	channelLeast = int(unsafe.Offsetof(channel{}.requestDeadline)) // the size that it had at first
	historySize  = 16

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

// mapping returns where the process pid has its channel in its memory; 0 if
// nowhere.
func mapping(pid int) int64 {
	for line := range procLines(pid, "maps") {
		if !strings.HasSuffix(line, " "+channelLink) {
			continue
		}
		start, _, _ := strings.Cut(line, "-")
		at, _ := strconv.ParseInt(start, 16, 64)
		return at
	}
	return 0
}

// handlesSignal reports whether the process pid waits for requests.
func handlesSignal(pid int) bool {
	for line := range procLines(pid, "status") {
		if mask, ok := strings.CutPrefix(line, "SigCgt:"); ok {
			bits, _ := strconv.ParseUint(strings.TrimSpace(mask), 16, 64)
			return bits>>(unix.SIGUSR2-1)&1 != 0
		}
	}
	return false
}

// procLines returns the lines of a file in /proc/PID; none if it cannot be read.
func procLines(pid int, file string) iter.Seq[string] {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
	return strings.SplitSeq(string(b), "\n")
}

// A page is a mapping of a process's channel.
type page struct {
	*channel
	file  *os.File // for its lock; nil in a copy
	mem   []byte
	there int // bytes of it
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
	if st.Size() < int64(channelLeast) {
		return nil, fmt.Errorf("it has %d bytes, %d are expected: use the doupd that belongs to the program's Kitsune",
			st.Size(), channelLeast)
	}
	// A mapping may be longer than its file, as long as nobody looks there.
	mem, err := unix.Mmap(int(f.Fd()), 0, channelSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	p := &page{(*channel)(unsafe.Pointer(&mem[0])), f, mem, int(st.Size())}
	if err := p.check(); err != nil {
		unix.Munmap(mem)
		return nil, err
	}
	return p, nil
}

// readPage copies the channel of the process pid out of its memory, if it has
// one there: for looking only.
func readPage(pid int) (*page, error) {
	at := mapping(pid)
	if at == 0 {
		return nil, nil
	}
	f, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	p := &page{channel: new(channel)}
	p.mem = unsafe.Slice((*byte)(unsafe.Pointer(p.channel)), channelSize)
	if p.there, err = f.ReadAt(p.mem, at); p.there < channelLeast {
		return nil, err
	}
	if err := p.check(); err != nil || int(p.pid) != ownPID(pid) {
		return nil, err // Another process's: this one is being forked.
	}
	return p, nil
}

// check checks that it is the page of a process.
func (p *page) check() error {
	switch {
	case string(p.magic[:]) != channelMagic:
		return fmt.Errorf("it is not one")
	case p.abi != channelABI:
		return fmt.Errorf("it has version %d, this program knows version %d: use the doupd that belongs to the program's Kitsune",
			p.abi, channelABI)
	}
	return nil
}

// has reports whether the page has so many bytes: that of an older runtime has
// fewer than we know.
func (p *page) has(end uintptr) bool { return int(end) <= min(p.there, int(p.size)) }

func (p *page) close() {
	if p.file != nil {
		unix.Munmap(p.mem)
		p.file.Close()
	}
}

// post puts a request for the file path into the slot and returns its id. The
// program's threads have to stop until the deadline, if it is not 0.
func (p *page) post(path string, deadline uint64) uint32 {
	id := p.requestID + 1
	if id == 0 { // 0 says that nobody asked.
		id = 1
	}
	p.requestID = id
	p.requestTime = uint64(now())
	n := copy(p.requestPath[:len(p.requestPath)-1], path)
	p.requestPath[n] = 0
	if p.has(unsafe.Offsetof(p.channel.answers)) {
		p.requestDeadline = deadline
	}
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

// status reads what the process says about itself.
func (p *page) status() Status {
	var s Status
	p.consistently(func() {
		s = Status{
			State:   State(p.state),
			Updates: int(p.updates),
			Path:    text(p.path[:]),
			BuildID: text(p.buildID[:]),
			Since:   time.Duration(now() - int64(p.entered)),
			Answer: Answer{
				Result:  Result(p.result),
				Message: text(p.message[:]),
				Times:   durations(&p.times),
				Moved:   p.moved,
				InPlace: p.visited,
				Bytes:   p.bytes,
			},
			answerTo: p.answerTo,
		}
	})
	return s
}

// records returns the last answers, in their order.
func (p *page) records() []Record {
	if !p.has(unsafe.Offsetof(p.channel.history) + unsafe.Sizeof(p.history)) {
		return nil
	}
	var all []Record
	p.consistently(func() {
		all = nil
		n := p.answers
		for i := n - min(n, historySize); i < n; i++ {
			r := &p.history[i%historySize]
			all = append(all, Record{
				Time:   time.Unix(0, int64(r.time)),
				From:   text(r.from[:]),
				FromID: text(r.fromID[:]),
				To:     text(r.to[:]),
				ToID:   text(r.toID[:]),
				Answer: Answer{
					Result:  Result(r.result),
					Message: text(r.message[:]),
					Times:   durations(&r.times),
					Moved:   r.moved,
					InPlace: r.visited,
					Bytes:   r.bytes,
				},
			})
		}
	})
	return all
}

// consistently calls read until the process has written nothing meanwhile,
// unless it has been stopped, or has ended, while it was writing.
func (p *page) consistently(read func()) {
	for range 1000 {
		before := atomic.LoadUint32(&p.seq)
		read()
		if before%2 == 0 && atomic.LoadUint32(&p.seq) == before {
			return
		}
		time.Sleep(10 * time.Microsecond)
	}
}

func durations(t *[phases]uint64) Times {
	return Times{
		Wait:      time.Duration(t[phaseWait]),
		Load:      time.Duration(t[phaseLoad]),
		Quiesce:   time.Duration(t[phaseQuiesce]),
		Transform: time.Duration(t[phaseTransform]),
		Commit:    time.Duration(t[phaseCommit]),
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
