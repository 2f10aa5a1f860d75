package review

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

// A diagram is the old and the new layout of a type side by side, in pixels.
// A member is the higher the larger it is, but not in proportion, so that a
// byte can be read and a page of memory fits on one of paper.
type diagram struct {
	Height   int
	Old, New []*box
	Bands    []band
}

// A box is a member in its place; neighbouring bit-fields share one.
type box struct {
	Place
	Class       string
	Extent      string // its size, in words
	Note        string // what has become of it, in a word or two
	Top, Height int
}

// A band connects where a member was with where it is. The path is that of an
// SVG with a width of 100.
type band struct{ Class, Path string }

// Heights in pixels.
const (
	fieldHeight   = 44 // two lines of text
	paddingHeight = 22 // one line
	growth        = 8  // for each doubling beyond 8 bytes
	maxGrowth     = 80
)

// height returns the height of b.
func (b *box) height() int {
	h := fieldHeight
	if b.Class == string(Padding) {
		h = paddingHeight
	}
	if b.Size > 8 {
		h += min(growth*(bits.Len64(uint64(b.Size-1))-3), maxGrowth)
	}
	return h
}

// draw returns the diagram of a structure or union, or nil for other types.
func draw(t *Type) *diagram {
	if len(t.Members) == 0 {
		return nil
	}
	d := &diagram{}
	boxes := map[*Place]*box{}
	for _, m := range t.Members {
		d.Old = addBox(d.Old, boxes, t.Kind, m, m.Old)
		d.New = addBox(d.New, boxes, t.Kind, m, m.New)
	}
	d.Height = max(stack(d.Old), stack(d.New))
	drawn := map[[2]*box]bool{}
	for _, m := range t.Members {
		ends := [2]*box{boxes[m.Old], boxes[m.New]}
		a, b := ends[0], ends[1]
		if a == nil || b == nil || m.Change == Padding || drawn[ends] {
			continue
		}
		drawn[ends] = true
		d.Bands = append(d.Bands, band{b.Class, fmt.Sprintf("M0 %d L100 %d V%d L0 %d Z",
			a.Top, b.Top, b.Top+b.Height, a.Top+a.Height)})
	}
	return d
}

// addBox adds the box of a member at p to those of its side. A bit-field goes
// to the box of those that it shares its bytes with.
func addBox(side []*box, boxes map[*Place]*box, kind ktt.DefKind, m *Member, p *Place) []*box {
	if p == nil {
		return side
	}
	b := &box{Place: *p, Class: class(m.Change, m.How), Note: m.note(p), Extent: count(int(p.Size), "byte")}
	switch {
	case m.Change == Padding:
		b.Name = b.Extent + " of padding"
	case p.Bits != nil:
		b.Name = p.label() + p.extent()
		i := slices.IndexFunc(side, func(other *box) bool { return other.shares(b) })
		if kind == ktt.Struct && i >= 0 {
			side[i].join(b)
			boxes[p] = side[i]
			return side
		}
	default:
		b.Name = p.label()
	}
	boxes[p] = b
	return append(side, b)
}

// note says in a word or two what has become of the member, which is at p.
func (m *Member) note(p *Place) string {
	switch {
	case m.Change == Padding:
		return ""
	case m.How == Missing && p == m.New:
		return "needs a rule"
	case m.Old == nil:
		return "new"
	case m.New == nil:
		return "gone"
	case m.Old.Offset == m.New.Offset:
		return ""
	case p == m.Old:
		return fmt.Sprintf("to %d", m.New.Offset)
	}
	return fmt.Sprintf("from %d", m.Old.Offset)
}

// shares reports whether b and c are bit-fields in the same bytes.
func (b *box) shares(c *box) bool {
	return b.Bits != nil && c.Bits != nil && b.Offset == c.Offset && b.Size == c.Size
}

// join adds another bit-field to b, which shows the change that matters most.
func (b *box) join(c *box) {
	b.Name += ", " + c.Name
	if b.Type != c.Type {
		b.Type += ", " + c.Type
	}
	rank := []string{"kept", "renamed", "moved", "changed", "added", "removed", "missing"}
	if slices.Index(rank, c.Class) > slices.Index(rank, b.Class) {
		b.Class, b.Note = c.Class, c.Note
	}
}

// stack places the boxes of a side by their offsets and returns how high they
// are together.
func stack(side []*box) int {
	slices.SortStableFunc(side, func(a, b *box) int { return cmp.Compare(a.Offset, b.Offset) })
	height := 0
	for _, b := range side {
		b.Top, b.Height = height, b.height()
		height += b.Height
	}
	return height
}
