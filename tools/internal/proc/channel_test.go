package proc

import (
	"testing"
	"unsafe"
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
		{"end", unsafe.Sizeof(c), 9424},
	} {
		if f.got != f.want {
			t.Errorf("%s is at %d, not at %d", f.name, f.got, f.want)
		}
	}
}
