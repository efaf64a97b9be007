package graph

import "math"

func rsqrt(d int) float64 { return 1 / math.Sqrt(float64(d)) }

// sinusoid embeds each of the n values of t, [n], as dim numbers: the cosines of
// t·f_i, i < dim/2, then the sines, or the other way round where flip is false;
// f_i = exp(-ln(10000)·i/(dim/2 - shift)).
//
// Frequencies and products are rounded to float32 in torch's order. Near
// t = 1000 that rounding is 3e-5 off the exact value, and trained weights
// expect it. The angle is then reduced to [-π, π] without further loss, since
// the sine of a large number is precise on no GPU.
func (b *builder) sinusoid(t value, dim int, flip bool, shift float64) value {
	n, half := t.shape[0], dim/2
	f := make([]float32, half)
	for i := range f {
		e := float32(-math.Log(10000)) * float32(i)
		e /= float32(float64(half) - shift)
		f[i] = float32(math.Exp(float64(e)))
	}
	single := func(v float64) value { return b.constant(float32Elem, nil, rawFloat32([]float32{float32(v)})) }
	a := b.mul(b.reshape(t, n, 1), b.constant(float32Elem, []int{1, half}, rawFloat32(f)))
	// 2π in three parts; the first two have so few bits that their products with
	// a count of turns, and the differences, are exact.
	const c1, c2 = 6.28125, 4059.0 / (1 << 21)
	turns := b.unary("Floor", b.add(b.mul(a, single(1/(2*math.Pi))), single(0.5)))
	a = b.sub(a, b.mul(turns, single(c1)))
	a = b.sub(a, b.mul(turns, single(c2)))
	a = b.sub(a, b.mul(turns, single(2*math.Pi-c1-c2)))
	sin, cos := b.unary("Sin", a), b.unary("Cos", a)
	parts := []value{sin, cos}
	if flip {
		parts = []value{cos, sin}
	}
	if dim%2 == 1 {
		parts = append(parts, b.constant(float32Elem, []int{n, 1}, rawFloat32(make([]float32, n))))
	}
	return b.concat(1, parts...)
}
