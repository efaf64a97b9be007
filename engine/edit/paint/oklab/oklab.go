// Package oklab converts the 16 bit sRGB of a raster to OKLab and back with the
// same bits on every platform; package pattern/color does the same in the
// arithmetic of the processor at hand, for what is shown and not replayed.
//
//	d := oklab.Distance(oklab.Of(r, g, b), wanted)
//
// The space and its matrices: B. Ottosson, "A perceptual color space for image
// processing" (2020); the transfer curve: IEC 61966-2-1.
package oklab

import (
	"math"

	"github.com/selvage-studio/selvage/engine/edit/raster/exact"
)

// Color is lightness (0 to 1) and two opponent axes.
type Color [3]float64

const full = 65535

// Linear is the light of a gamma-encoded component of 0 to 65535, from 0 to 1.
func Linear(v uint16) float64 {
	s := float64(v) / full
	if s <= 0.04045 {
		return s / 12.92
	}
	return exact.Pow((s+0.055)/1.055, 2.4)
}

// Encode is the inverse of Linear, rounded; light out of range is clamped.
func Encode(light float64) uint16 {
	var s float64
	if light <= 0.0031308 {
		s = light * 12.92
	} else {
		s = float64(1.055*exact.Pow(light, 1/2.4)) - 0.055
	}
	return uint16(math.Floor(float64(min(max(s, 0), 1)*full) + 0.5))
}

// product is a row of a matrix times a vector, each product rounded.
func product(a, b, c float64, v Color) float64 {
	return float64(a*v[0]) + float64(b*v[1]) + float64(c*v[2])
}

// cbrt is exact.Cbrt for light, at a fifth of its time: a third of the exponent
// makes a guess that is off by a twentieth (as in FreeBSD's s_cbrt.c), and each
// step of Halley's method cubes the error.
func cbrt(x float64) float64 {
	if x <= 0 {
		return exact.Cbrt(x)
	}
	t := math.Float64frombits(math.Float64bits(x)/3 + 0x2a9f7893<<32)
	for range 3 {
		cube := float64(float64(t*t) * t)
		t = float64(t*(x+x+cube)) / (cube + cube + x)
	}
	return t
}

// OfLight converts linear sRGB components.
func OfLight(r, g, b float64) Color {
	v := Color{r, g, b}
	c := Color{
		cbrt(product(0.4122214708, 0.5363325363, 0.0514459929, v)),
		cbrt(product(0.2119034982, 0.6806995451, 0.1073969566, v)),
		cbrt(product(0.0883024619, 0.2817188376, 0.6299787005, v)),
	}
	return Color{
		product(0.2104542553, 0.7936177850, -0.0040720468, c),
		product(1.9779984951, -2.4285922050, 0.4505937099, c),
		product(0.0259040371, 0.7827717662, -0.8086757660, c),
	}
}

// Of converts a colour of gamma-encoded components, not multiplied by alpha.
func Of(r, g, b uint16) Color { return OfLight(Linear(r), Linear(g), Linear(b)) }

// RGB converts back; a colour outside of sRGB is clamped component by component.
func (c Color) RGB() (r, g, b uint16) {
	l := product(1, 0.3963377774, 0.2158037573, c)
	m := product(1, -0.1055613458, -0.0638541728, c)
	s := product(1, -0.0894841775, -1.2914855480, c)
	v := Color{l * l * l, m * m * m, s * s * s}
	return Encode(product(4.0767416621, -3.3077115913, 0.2309699292, v)),
		Encode(product(-1.2684380046, 2.6097574011, -0.3413193965, v)),
		Encode(product(-0.0041960863, -0.7034186147, 1.7076147010, v))
}

// Distance is Euclid's; about 0.02 is just noticeable side by side.
func Distance(a, b Color) float64 {
	d := Color{a[0] - b[0], a[1] - b[1], a[2] - b[2]}
	return math.Sqrt(product(d[0], d[1], d[2], d))
}

const slots = 1 << 12

// Cache remembers the colours that it met: a pattern has few of them, and a
// conversion costs some hundred times a look. The zero value is ready; it is
// not safe for use by several goroutines.
type Cache struct {
	linear []float64
	keys   []uint64
	values []Color
}

// Of is the function Of.
func (c *Cache) Of(r, g, b uint16) Color {
	if c.keys == nil {
		c.linear = make([]float64, 1<<16)
		c.keys, c.values = make([]uint64, slots), make([]Color, slots)
	}
	key := uint64(r)<<32 | uint64(g)<<16 | uint64(b)
	// Fibonacci hashing; the stored key is one more, so that zero means none.
	at := key * 0x9e3779b97f4a7c15 >> (64 - 12)
	if c.keys[at] == key+1 {
		return c.values[at]
	}
	c.keys[at], c.values[at] = key+1, OfLight(c.light(r), c.light(g), c.light(b))
	return c.values[at]
}

// light is Linear, kept: a photograph has more colours than components.
func (c *Cache) light(v uint16) float64 {
	if c.linear[v] == 0 && v != 0 {
		c.linear[v] = Linear(v)
	}
	return c.linear[v]
}
