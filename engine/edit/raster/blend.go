package raster

import (
	"math"
	"slices"
)

// Blend is how a layer's colours meet those below it.
type Blend string

// The blend modes, as W3C Compositing and Blending Level 1 and PDF 32000-1 name
// and define them.
const (
	Normal     Blend = "normal"
	Multiply   Blend = "multiply"
	Screen     Blend = "screen"
	Overlay    Blend = "overlay"
	Darken     Blend = "darken"
	Lighten    Blend = "lighten"
	ColorDodge Blend = "color-dodge"
	ColorBurn  Blend = "color-burn"
	HardLight  Blend = "hard-light"
	SoftLight  Blend = "soft-light"
	Difference Blend = "difference"
	Exclusion  Blend = "exclusion"
)

// Blends lists the modes in the order in which programs show them.
func Blends() []Blend {
	return []Blend{Normal, Multiply, Screen, Overlay, Darken, Lighten, ColorDodge, ColorBurn, HardLight, SoftLight, Difference, Exclusion}
}

// Known says whether b is one of Blends.
func (b Blend) Known() bool { return slices.Contains(Blends(), b) }

// blendFunc is B(backdrop, source) of the specification, for colours that are
// not multiplied by alpha, 0 to 65535. Each is the nearest integer to the
// formula's value, except SoftLight, whose square root is of integers and whose
// result may be off by one.
func (b Blend) blendFunc() func(cb, cs uint32) uint32 {
	switch b { //nolint:exhaustive // Normal is the last line
	case Multiply:
		return Mul
	case Screen:
		return func(cb, cs uint32) uint32 { return cb + cs - Mul(cb, cs) }
	case Overlay:
		return func(cb, cs uint32) uint32 { return hardLight(cs, cb) }
	case Darken:
		return func(cb, cs uint32) uint32 { return min(cb, cs) }
	case Lighten:
		return func(cb, cs uint32) uint32 { return max(cb, cs) }
	case ColorDodge:
		return func(cb, cs uint32) uint32 {
			switch {
			case cb == 0:
				return 0
			case cs == Opaque:
				return Opaque
			}
			d := Opaque - cs
			return uint32(min(Opaque, (uint64(cb)*Opaque+uint64(d)/2)/uint64(d)))
		}
	case ColorBurn:
		return func(cb, cs uint32) uint32 {
			switch {
			case cb == Opaque:
				return Opaque
			case cs == 0:
				return 0
			}
			return Opaque - uint32(min(Opaque, (uint64(Opaque-cb)*Opaque+uint64(cs)/2)/uint64(cs)))
		}
	case HardLight:
		return hardLight
	case SoftLight:
		return softLight
	case Difference:
		return func(cb, cs uint32) uint32 { return max(cb, cs) - min(cb, cs) }
	case Exclusion:
		return func(cb, cs uint32) uint32 {
			// cb + cs - 2·cb·cs, with one rounding.
			return cb + cs - uint32((2*uint64(cb)*uint64(cs)+Opaque/2)/Opaque)
		}
	}
	return func(_, cs uint32) uint32 { return cs }
}

// hardLight is Multiply with twice the source up to its half, and Screen above.
func hardLight(cb, cs uint32) uint32 {
	if 2*cs <= Opaque {
		return Mul(cb, 2*cs)
	}
	s := 2*cs - Opaque
	return cb + s - Mul(cb, s)
}

// softLight is the formula of the specification with numbers of 1/65535; the
// polynomial below a quarter and the root above it are kept to 2^-32.
func softLight(cb, cs uint32) uint32 {
	const one = Opaque
	b := int64(cb)
	if 2*cs <= one {
		// B - (1 - 2S)·B·(1 - B)
		t := (one - 2*int64(cs)) * b // at most 2^32
		return uint32(b - (t*(one-b)+one*one/2)/(one*one))
	}
	var d int64 // D(B)·one·2^14
	if 4*cb <= one {
		// ((16B - 12)·B + 4)·B
		p := (16*b-12*one)*b + 4*one*one // one² units, at most 2^34
		d = p * b / one << 14 / one
	} else {
		// √B = √(B·one·2^28)/(one·2^14)
		d = int64(isqrt(uint64(b) * one << 28))
	}
	// B + (2S - 1)·(D - B)
	t := (2*int64(cs) - one) * (d - b<<14)
	const half = one << 13
	q := t + half
	if q < 0 {
		q -= one<<14 - 1 // towards minus infinity
	}
	return uint32(min(one, max(0, b+q/(one<<14))))
}

// isqrt is the floor of the square root of n, which is below 2^60.
func isqrt(n uint64) uint64 {
	// math.Sqrt is correctly rounded everywhere; the conversions may be off by one.
	x := uint64(math.Sqrt(float64(n)))
	for x*x > n {
		x--
	}
	for (x+1)*(x+1) <= n {
		x++
	}
	return x
}
