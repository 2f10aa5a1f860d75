// Package edit applies a list of changes to a text.
//
// The changes are given by positions in the original text and in any order;
// what they do not touch stays byte for byte as it was.
package edit

import (
	"fmt"
	"slices"
)

// A Buffer is a text and the changes to be made to it.
type Buffer struct {
	old   []byte
	edits []change
}

type change struct {
	start, end int
	text       string
}

// New returns a buffer without changes. It keeps old and does not modify it.
func New(old []byte) *Buffer {
	return &Buffer{old: old}
}

// Insert puts text before the byte at pos. Several texts at one position
// appear in the order of the calls.
func (b *Buffer) Insert(pos int, text string) {
	b.Replace(pos, pos, text)
}

// Replace puts text in the place of the bytes from start up to end. It panics
// if these are not positions of the original text.
func (b *Buffer) Replace(start, end int, text string) {
	if start < 0 || end < start || len(b.old) < end {
		panic(fmt.Sprintf("edit: no range [%d,%d) in a text of %d bytes", start, end, len(b.old)))
	}
	b.edits = append(b.edits, change{start, end, text})
}

// Bytes returns the text with the changes made. It panics if two of them
// overlap. The buffer can be changed further.
func (b *Buffer) Bytes() []byte {
	slices.SortStableFunc(b.edits, func(x, y change) int { return x.start - y.start })
	size := len(b.old)
	for _, e := range b.edits {
		size += len(e.text)
	}
	out := make([]byte, 0, size)
	at := 0
	for _, e := range b.edits {
		if e.start < at {
			panic(fmt.Sprintf("edit: the change of [%d,%d) overlaps one that ends at %d", e.start, e.end, at))
		}
		out = append(out, b.old[at:e.start]...)
		out = append(out, e.text...)
		at = e.end
	}
	return append(out, b.old[at:]...)
}
