package icc

import (
	"encoding/binary"
	"math"
)

// curve maps 0..1 to 0..1. One of samples and kind is used.
type curve struct {
	samples []float64 // equally spaced over 0..1; nil for a formula

	// g and a to f are the parameters of parametricCurveType (ICC.1:2010,
	// 10.16): y = (a·x + b)^g + e for x >= d, and c·x + f below.
	g, a, b, c, d, e, f float64
}

// identity returns y = x.
func identity() curve { return curve{g: 1, a: 1} }

func (c *curve) at(x float64) float64 {
	if c.samples == nil {
		if c.d > 0 && x < c.d {
			return c.c*x + c.f
		}
		v := c.a*x + c.b
		switch {
		case c.g == 1 && c.b == 0: // also beyond 0 and 1, where connection values lie
			return v + c.e
		case v <= 0:
			return c.e
		}
		return math.Pow(v, c.g) + c.e
	}
	n := len(c.samples) - 1
	if !(x > 0) {
		return c.samples[0]
	}
	if x >= 1 {
		return c.samples[n]
	}
	p := x * float64(n)
	i := int(p)
	t := p - float64(i)
	return c.samples[i] + t*(c.samples[i+1]-c.samples[i])
}

// inverse returns a sampled curve that undoes c, which must rise or fall.
func (c *curve) inverse() curve {
	const n = 4096
	falls := c.at(1) < c.at(0)
	forward := func(i int) float64 {
		if falls {
			i = n - 1 - i
		}
		return c.at(float64(i) / (n - 1))
	}
	out := make([]float64, n)
	j, low, high := 0, forward(0), forward(1)
	for i := range out {
		y := float64(i) / (n - 1)
		for j < n-2 && high < y {
			j++
			low, high = high, forward(j+1)
		}
		x := float64(j)
		if d := high - low; d > 0 {
			x += min(max((y-low)/d, 0), 1)
		}
		if out[i] = x / (n - 1); falls {
			out[i] = 1 - out[i]
		}
	}
	return curve{samples: out}
}

// parseCurve reads a curveType or parametricCurveType at the beginning of d and
// returns how many bytes it took.
func parseCurve(d []byte) (c curve, size int, ok bool) {
	be := binary.BigEndian
	if len(d) < 12 {
		return c, 0, false
	}
	switch string(d[:4]) {
	case "curv":
		n := int64(be.Uint32(d[8:]))
		if 12+2*n > int64(len(d)) {
			return c, 0, false
		}
		size = int(12 + 2*n)
		switch n {
		case 0:
			return identity(), size, true
		case 1: // u8Fixed8
			return curve{g: float64(be.Uint16(d[12:])) / 256, a: 1}, size, true
		}
		c.samples = make([]float64, n)
		for i := range c.samples {
			c.samples[i] = float64(be.Uint16(d[12+2*i:])) / 65535
		}
		return c, size, true
	case "para":
		kind := be.Uint16(d[8:])
		counts := []int{1, 3, 4, 5, 7}
		if int(kind) >= len(counts) || 12+4*counts[kind] > len(d) {
			return c, 0, false
		}
		var v [7]float64
		for i := range counts[kind] {
			v[i] = s15Fixed16(d[12+4*i:])
		}
		c = curve{g: v[0], a: 1}
		switch kind {
		case 1: // 0 below -b/a
			c.a, c.b = v[1], v[2]
		case 2:
			c.a, c.b, c.e, c.f = v[1], v[2], v[3], v[3]
		case 3:
			c.a, c.b, c.c, c.d = v[1], v[2], v[3], v[4]
		case 4:
			c.a, c.b, c.c, c.d, c.e, c.f = v[1], v[2], v[3], v[4], v[5], v[6]
		}
		return c, 12 + 4*counts[kind], true
	}
	return c, 0, false
}
