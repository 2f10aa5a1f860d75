package advice

import (
	"slices"
	"strings"
	"unicode"

	"github.com/rules-kitsune/rules_kitsune/tools/internal/ktt"
)

// What names and neighbours suggest.

// Words in names: how many there are; how many there is room for; that there are
// many; that all the room is in use; which member of a union is alive; and that a
// pointer leads to one, such as the first of a free list.
var (
	counts      = strings.Fields("n nr no nb num number count cnt nelts used len length")
	rooms       = strings.Fields("size sz alloc allocated nalloc cap capacity")
	collections = strings.Fields("array arr vec vector table tbl items elts elements elems entries slots " +
		"buckets data ptr")
	tables  = strings.Fields("table tbl hash buckets")
	tellers = strings.Fields("kind type tag which form op mode family")
	singles = strings.Fields("next prev head tail first last lastp tailp cur current parent root owner " +
		"pool free")
)

// manyTargets gives advice on a field that leads to one object, with a field
// beside it that seems to be the number of these.
func (a *adviser) manyTargets(p *place) {
	t := p.typ
	if t.Kind != ktt.Pointer || !a.leadsToOne(t) {
		return
	}
	target := a.Underlying(t.Elem)
	switch {
	case target.Kind == ktt.Pointer && !a.isUntyped(target.Elem):
	case a.isOwn(target):
	default:
		return
	}
	n := a.number(p)
	if n == nil {
		return
	}
	many := &ktt.Type{Kind: ktt.Pointer, Shape: ktt.Many, Len: &ktt.Length{Field: n.Name}, Elem: t.Elem}
	a.advise(p, PointerCount,
		"an update looks at the first %s only; if %s is their number, the others stay as they were", t.Elem, n.Name).
		Suggest("if there are many", p.declaration(many)).
		Suggest("if there is one", p.declaration(said(t)))
}

// number returns the field that seems to say how many elements another one, a
// pointer or array, leads to; or nil. One that has its name says it better than
// a lone count beside it, and a count better than the room that there is; but
// all of a hash table is in use.
func (a *adviser) number(p *place) *ktt.Field {
	name := words(p.name)
	if containsAny(name, singles) {
		return nil
	}
	// Pointers to pointers lead to many more often than pointers to structures,
	// which may be a container with a size beside it.
	toStructure := p.typ.Kind == ktt.Pointer && p.typ.Elem.Kind != ktt.Pointer
	likely := !toStructure || containsAny(name, collections)
	if toStructure && slices.Equal(words(p.typ.Elem.Name), name) {
		likely = false // struct table *table
	}
	i := slices.Index(p.in.Fields, p.field)
	var number *ktt.Field
	best := 0
	for j, f := range p.in.Fields {
		if f.Bits != nil || a.Underlying(f.Type).Kind != ktt.Int {
			continue
		}
		q := quantityOf(words(f.Name), name)
		near := -2 <= j-i && j-i <= 2
		score := 0
		switch {
		case q.named && (q.count || likely && q.room):
			score = 4
		case q.alone && near && (likely && q.room || q.count && (likely || plural(name))):
			score = 2
		}
		if score > 0 && q.room == containsAny(name, tables) {
			score++
		}
		if score > best {
			number, best = f, score
		}
	}
	return number
}

// teller returns the name of the field that seems to say which member of a union
// in d is alive, or "".
func (a *adviser) teller(d *ktt.TypeDef) string {
	for _, f := range d.Fields {
		u := a.Underlying(f.Type)
		isNumber := u.Kind == ktt.Int || u.Kind == ktt.Ref && u.Def == ktt.Enum
		if isNumber && containsAny(words(f.Name), tellers) {
			return f.Name
		}
	}
	return ""
}

// A quantity is what the name of a field says about how many there are of
// something that has another name.
type quantity struct {
	count, room  bool
	named, alone bool // with that name, or with none
}

func quantityOf(name, of []string) quantity {
	var q quantity
	var rest []string
	for _, w := range name {
		switch {
		case slices.Contains(counts, w):
			q.count = true
		case slices.Contains(rooms, w):
			q.count, q.room = false, true
		default:
			rest = append(rest, w)
		}
	}
	q.alone = len(rest) == 0
	q.named = slices.EqualFunc(rest, of, sameStem)
	if q.count || q.room || len(rest) == 0 || len(rest) != len(of) {
		return q
	}
	for _, prefix := range []string{"n", "nr", "num"} { // nclients
		w, ok := strings.CutPrefix(rest[0], prefix)
		if ok && sameStem(w, of[0]) && slices.EqualFunc(rest[1:], of[1:], sameStem) {
			q.count, q.named = true, true
		}
	}
	last := len(of) - 1
	v, ok := strings.CutSuffix(of[last], "v") // argv and argc
	if ok && rest[last] == v+"c" && slices.Equal(rest[:last], of[:last]) {
		q.count, q.named = true, true
	}
	return q
}

func containsAny(name, list []string) bool {
	return slices.ContainsFunc(name, func(w string) bool { return slices.Contains(list, w) })
}

func plural(name []string) bool {
	return len(name) > 0 && strings.HasSuffix(name[len(name)-1], "s")
}

func sameStem(a, b string) bool { return strings.TrimSuffix(a, "s") == strings.TrimSuffix(b, "s") }

// words splits a name, of either fashion, into words of small letters.
func words(name string) []string {
	var b strings.Builder
	small := false
	for _, r := range name {
		if unicode.IsUpper(r) && small {
			b.WriteByte('_')
		}
		small = unicode.IsLower(r)
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.FieldsFunc(b.String(), func(r rune) bool { return r == '_' })
}
