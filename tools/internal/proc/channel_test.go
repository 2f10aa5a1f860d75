package proc

import (
	"encoding/binary"
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The places of the fields are part of the binary interface;
// runtime/src/channel.c asserts the same numbers.
func TestChannelLayout(t *testing.T) {
	var c channel
	for _, f := range []struct {
		name      string
		got, want uintptr
	}{
		{"magic", unsafe.Offsetof(c.magic), 0},
		{"abi", unsafe.Offsetof(c.abi), 8},
		{"size", unsafe.Offsetof(c.size), 12},
		{"pid", unsafe.Offsetof(c.pid), 16},
		{"seq", unsafe.Offsetof(c.seq), 20},
		{"state", unsafe.Offsetof(c.state), 24},
		{"updates", unsafe.Offsetof(c.updates), 28},
		{"entered", unsafe.Offsetof(c.entered), 32},
		{"phaseBegan", unsafe.Offsetof(c.phaseBegan), 40},
		{"answerTo", unsafe.Offsetof(c.answerTo), 48},
		{"result", unsafe.Offsetof(c.result), 52},
		{"times", unsafe.Offsetof(c.times), 56},
		{"moved", unsafe.Offsetof(c.moved), 96},
		{"visited", unsafe.Offsetof(c.visited), 104},
		{"bytes", unsafe.Offsetof(c.bytes), 112},
		{"message", unsafe.Offsetof(c.message), 120},
		{"path", unsafe.Offsetof(c.path), 1144},
		{"buildID", unsafe.Offsetof(c.buildID), 5240},
		{"request", unsafe.Offsetof(c.request), 5312},
		{"requestID", unsafe.Offsetof(c.requestID), 5316},
		{"requestTime", unsafe.Offsetof(c.requestTime), 5320},
		{"requestPath", unsafe.Offsetof(c.requestPath), 5328},
		{"requestDeadline", unsafe.Offsetof(c.requestDeadline), 9424},
		{"answers", unsafe.Offsetof(c.answers), 9432},
		{"history", unsafe.Offsetof(c.history), 9440},
		{"a record", unsafe.Sizeof(c.history[0]), 1760},
		{"end", unsafe.Sizeof(c), 37720},
	} {
		if f.got != f.want {
			t.Errorf("%s is at %d, not at %d", f.name, f.got, f.want)
		}
	}
}

// The page of a process that was started with an older runtime ends before the
// fields that have been added since: nothing of these is read or written.
func TestOlderChannel(t *testing.T) {
	fd, err := unix.MemfdCreate("older", unix.MFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), "older")
	if err := f.Truncate(int64(channelLeast)); err != nil {
		t.Fatal(err)
	}
	header := binary.NativeEndian.AppendUint32([]byte(channelMagic), channelABI)
	header = binary.NativeEndian.AppendUint32(header, uint32(channelLeast))
	if _, err := f.WriteAt(header, 0); err != nil {
		t.Fatal(err)
	}
	p, err := mapPage(f)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	if id := p.post("/a.so", 12345); id != 1 || text(p.requestPath[:]) != "/a.so" || p.requestDeadline != 0 {
		t.Errorf("request %d for %s until %d", id, text(p.requestPath[:]), p.requestDeadline)
	}
	if r := p.records(); r != nil {
		t.Errorf("history: %v", r)
	}
	if s := p.status(); s.Updates != 0 {
		t.Errorf("status: %+v", s)
	}
	if err := f.Truncate(int64(channelLeast) - 1); err != nil {
		t.Fatal(err)
	}
	if _, err := mapPage(f); err == nil {
		t.Error("a page that is cut off: no error")
	}
}
