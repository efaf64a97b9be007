package motif

import (
	"math"

	"github.com/selvage-studio/selvage/engine/edit/paint/oklab"
	"github.com/selvage-studio/selvage/engine/edit/raster"
)

// Shift changes colours in OKLab: Hue turns them, in degrees; Chroma multiplies
// their distance from grey; Lightness is added, of 1.
type Shift struct {
	Hue, Chroma, Lightness float64
}

// Recolorer shifts many pixels, most of which have few colours.
type Recolorer struct {
	a, b, c, d float64
	light      float64
	met        map[[3]uint16][3]uint16
}

// NewRecolorer prepares a shift.
func NewRecolorer(s Shift) *Recolorer {
	sin, cos := sincos(s.Hue)
	return &Recolorer{
		a: float64(s.Chroma * cos), b: -float64(s.Chroma * sin), c: float64(s.Chroma * sin), d: float64(s.Chroma * cos),
		light: s.Lightness, met: map[[3]uint16][3]uint16{},
	}
}

// mostMet bounds the memory of a Recolorer.
const mostMet = 1 << 18

// Pixel shifts one premultiplied pixel; its alpha stays.
func (r *Recolorer) Pixel(p []uint16) {
	alpha := uint32(p[3])
	if alpha == 0 {
		return
	}
	var from [3]uint16
	for c := range from {
		from[c] = uint16(raster.Unpremultiply(uint32(p[c]), alpha))
	}
	to, known := r.met[from]
	if !known {
		lab := oklab.Of(from[0], from[1], from[2])
		lab = oklab.Color{
			math.Min(math.Max(lab[0]+r.light, 0), 1),
			float64(r.a*lab[1]) + float64(r.b*lab[2]),
			float64(r.c*lab[1]) + float64(r.d*lab[2]),
		}
		to[0], to[1], to[2] = lab.RGB()
		if len(r.met) >= mostMet {
			clear(r.met)
		}
		r.met[from] = to
	}
	for c := range to {
		p[c] = uint16(raster.Mul(uint32(to[c]), alpha))
	}
}
