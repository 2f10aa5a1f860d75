package randomupdate

import "math"

// A number is an arithmetic type of C on x86-64. Integers are kept as int64,
// the largest unsigned type as what its bits mean there.
type number struct {
	Name   string
	Bits   int
	Signed bool
	Float  bool
	Bool   bool
}

var integers = []*number{
	{Name: "char", Bits: 8, Signed: true},
	{Name: "int", Bits: 32, Signed: true},
	{Name: "long", Bits: 64, Signed: true},
	{Name: "unsigned int", Bits: 32},
	{Name: "short", Bits: 16, Signed: true},
	{Name: "unsigned char", Bits: 8},
	{Name: "unsigned short", Bits: 16},
	{Name: "unsigned long", Bits: 64},
	{Name: "long long", Bits: 64, Signed: true},
	{Name: "signed char", Bits: 8, Signed: true},
	{Name: "_Bool", Bits: 1, Bool: true},
}

var (
	counts  = integers[:len(integers)-1] // the types for small numbers
	targets = integers[1:]               // what pointers lead to: a char * is Text
)

var floats = []*number{
	{Name: "double", Bits: 64, Float: true},
	{Name: "float", Bits: 32, Float: true},
	{Name: "long double", Bits: 80, Float: true},
}

var plainInt = &Type{Kind: Number, Number: integers[1]}

// convert is what C makes of x in an assignment to an n, or to a bit-field of a
// width that is not 0.
func (n *number) convert(x Value, width int) Value {
	if n.Float {
		f, ok := x.(float64)
		if !ok {
			f = float64(x.(int64))
		}
		if n.Bits == 32 {
			f = float64(float32(f))
		}
		return f
	}
	if n.Bool {
		if x == int64(0) || x == 0.0 {
			return int64(0)
		}
		return int64(1)
	}
	i, ok := x.(int64)
	if !ok {
		i = int64(math.Trunc(x.(float64)))
	}
	bits := n.Bits
	if width != 0 {
		bits = width
	}
	shift := 64 - bits
	if n.Signed {
		return i << shift >> shift
	}
	return int64(uint64(i) << shift >> shift)
}

// apply is what the conversion makes of x.
func (c *Conversion) apply(x Value, to *number, width int) Value {
	switch n := x.(type) {
	case int64:
		x = n*c.Factor + c.Offset
	case float64:
		x = n*float64(c.Factor) + float64(c.Offset)
	}
	return to.convert(x, width)
}
