// Package exact has the functions that replay needs and package math computes
// differently on different processors: each is written with + - * / and
// math.Sqrt alone, every product rounded before it is added (the explicit
// conversions; see the Go specification on floating-point operators), so that a
// recoloured pixel or a turned motif has the same bytes everywhere. Results are
// within a few units of the last place; they are reproducible rather than
// correctly rounded.
//
//	lightness := exact.Cbrt(linear)
//	sin, cos := exact.Sincos(angle)
package exact

import "math"

const (
	// ln2 in two parts: the first has zeros at its end, so that a small integer
	// times it is exact.
	ln2High = 6.93147180369123816490e-01
	ln2Low  = 1.90821492927058770002e-10

	halfPiHigh = 1.57079632673412561417e+00
	halfPiLow  = 6.07710050650619224932e-11
)

// horner evaluates c[0] + c[1]x + c[2]x² + ...
func horner(x float64, c ...float64) float64 {
	s := c[len(c)-1]
	for i := len(c) - 2; i >= 0; i-- {
		s = float64(s*x) + c[i]
	}
	return s
}

// Exp is e to the power of x, for x between -700 and 700.
func Exp(x float64) float64 {
	k := math.Floor(float64(x/(ln2High+ln2Low)) + 0.5)
	r := (x - float64(k*ln2High)) - float64(k*ln2Low)
	// |r| is at most 0.35: the terms of the series fall below 1e-17 at the 14th.
	s := horner(r, 1, 1, 1./2, 1./6, 1./24, 1./120, 1./720, 1./5040, 1./40320, 1./362880,
		1./3628800, 1./39916800, 1./479001600, 1./6227020800)
	return math.Ldexp(s, int(k))
}

// Log is the natural logarithm of a positive x.
func Log(x float64) float64 {
	f, e := math.Frexp(x)
	if f < math.Sqrt2/2 {
		f, e = f*2, e-1
	}
	// ln f = 2 atanh((f-1)/(f+1)), |z| at most 0.172.
	z := (f - 1) / (f + 1)
	q := float64(z * z)
	s := horner(q, 1, 1./3, 1./5, 1./7, 1./9, 1./11, 1./13, 1./15, 1./17, 1./19, 1./21)
	k := float64(e)
	return float64(k*ln2High) + (float64(k*ln2Low) + float64(2*float64(z*s)))
}

// Pow is x to the power of y, for x of at least 0.
func Pow(x, y float64) float64 {
	if x == 0 {
		return 0
	}
	return Exp(float64(y * Log(x)))
}

// Cbrt is the cube root of x.
func Cbrt(x float64) float64 {
	if x == 0 {
		return 0
	}
	a := math.Abs(x)
	c := Exp(Log(a) / 3)
	// One step of Newton takes off what logarithm and power have left.
	c -= (c - a/float64(c*c)) / 3
	return math.Copysign(c, x)
}

// Sincos is the sine and the cosine of an angle in radians, of at most a million.
func Sincos(x float64) (sin, cos float64) {
	k := math.Floor(float64(x/(halfPiHigh+halfPiLow)) + 0.5)
	r := (x - float64(k*halfPiHigh)) - float64(k*halfPiLow)
	q := float64(r * r)
	s := float64(r * horner(q, 1, -1./6, 1./120, -1./5040, 1./362880, -1./39916800, 1./6227020800, -1./1307674368000))
	c := horner(q, 1, -1./2, 1./24, -1./720, 1./40320, -1./3628800, 1./479001600, -1./87178291200, 1./20922789888000)
	switch int64(k) & 3 {
	case 0:
		return s, c
	case 1:
		return c, -s
	case 2:
		return -s, -c
	}
	return -c, s
}

// Atan2 is the angle of the point (x, y), from -π to π.
func Atan2(y, x float64) float64 {
	if x == 0 && y == 0 {
		return 0
	}
	ax, ay := math.Abs(x), math.Abs(y)
	t := min(ax, ay) / max(ax, ay)
	// Halve the angle twice, so that the series is short: tan(a/2) = t/(1+√(1+t²)).
	for range 2 {
		t /= 1 + math.Sqrt(1+float64(t*t))
	}
	q := float64(t * t)
	a := 4 * float64(t*horner(q, 1, -1./3, 1./5, -1./7, 1./9, -1./11, 1./13, -1./15, 1./17, -1./19, 1./21, -1./23))
	if ay > ax {
		a = math.Pi/2 - a
	}
	if x < 0 {
		a = math.Pi - a
	}
	return math.Copysign(a, y)
}
