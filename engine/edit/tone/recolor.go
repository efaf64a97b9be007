package tone

import (
	"context"
	"fmt"
	"sync"

	"github.com/selvage-studio/selvage/engine/edit/paint/oklab"
	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/color"
)

// Recoloring says what becomes of one position.
type Recoloring struct {
	// Palette is the colours that the picture is made of: 1 to 24.
	Palette []color.Chip
	// Position is the one of them that changes, from 0, and To its new chip.
	Position int
	To       color.Chip
	// Selection limits where; nil is everywhere.
	Selection *raster.Mask
}

// blur is how much a mixture of two distant chips has to fit better than one
// chip alone before it is believed: without it every shade would be a mixture.
const blur = 0.15

// Recolor changes one colour of a picture into another, in OKLab: each pixel moves
// from the one chip towards the other by the share that it has of the first, and
// keeps what it differs by, so that antialiasing and shading stay. A ramp is a
// mixture of the colours at its ends; any other pixel is one of the palette's or
// the best mixture of two. A pixel that is the chip exactly becomes the new chip
// exactly. Authors are kept; only bands that change are edited. Errors:
// *CountError, *ChipError.
func Recolor(ctx context.Context, r *raster.Raster, rep pattern.Repeat, o Recoloring) error {
	if len(o.Palette) < 1 || len(o.Palette) > MaxCount {
		return &CountError{len(o.Palette)}
	}
	if o.Position < 0 || o.Position >= len(o.Palette) {
		return &ChipError{fmt.Sprintf("there is no position %d among %d", o.Position+1, len(o.Palette))}
	}
	for i, c := range o.Palette {
		for k := range i {
			if code(o.Palette[k]) == code(c) {
				return &ChipError{fmt.Sprintf("positions %d and %d are both %s; nobody can tell whose share a pixel has", k+1, i+1, c.Hex())}
			}
		}
	}
	f, err := newField(ctx, r, rep)
	if err != nil {
		return err
	}
	s := sharer{f: f, near: newNearest(o.Palette), position: uint8(o.Position)}
	from, to := s.near.chips[o.Position], ok8(s.near.light, code(o.To))
	shift := lab{to[0] - from[0], to[1] - from[1], to[2] - from[2]}
	curve := newCurve()
	chip := [3]uint32{uint32(o.Palette[o.Position].R) * 257, uint32(o.Palette[o.Position].G) * 257, uint32(o.Palette[o.Position].B) * 257}
	wide := [3]uint32{uint32(o.To.R) * 257, uint32(o.To.G) * 257, uint32(o.To.B) * 257}

	// Bands belong to their rows: one worker makes a band its own and edits it. The
	// list of bands is written in different places.
	return rows(ctx, (r.Height()+raster.BandRows-1)/raster.BandRows*raster.BandRows, func(_, y int) {
		if y >= r.Height() {
			return
		}
		row := r.Row(y)
		if row == nil {
			return
		}
		mask := o.Selection.Row(y)
		var dst []uint16
		last, lastShare := uint32(hollow), 0.0
		for x := range f.w {
			a := uint32(row[4*x+3])
			sel := uint32(raster.Opaque)
			if mask != nil {
				sel = uint32(mask[x])
			}
			if a == 0 || sel == 0 {
				continue
			}
			i := f.at(x, y)
			v := f.px[i]
			if v&hollow != 0 {
				// More transparent than not: an edge of a layer, with a colour of its own.
				v = eight(raster.Unpremultiply(uint32(row[4*x]), a))<<16 | eight(raster.Unpremultiply(uint32(row[4*x+1]), a))<<8 | eight(raster.Unpremultiply(uint32(row[4*x+2]), a))
			}
			share, ok := s.ramp(i)
			if !ok {
				if v != last {
					last, lastShare = v, s.share(v)
				}
				share = lastShare
			}
			if share <= 0 {
				continue
			}
			var p, q [3]uint32
			for c := range p {
				p[c] = uint32(row[4*x+c])
				if a != raster.Opaque {
					p[c] = raster.Unpremultiply(p[c], a)
				}
			}
			if p == chip {
				q = wide
			} else {
				from := okLight(curve.light[p[0]], curve.light[p[1]], curve.light[p[2]])
				for c := range from {
					from[c] += float64(share * shift[c])
				}
				q = curve.rgb(from)
			}
			if p == q {
				continue
			}
			if dst == nil {
				dst = r.EditPixels(y)
				row = dst
			}
			for c, v := range q {
				if sel != raster.Opaque {
					v = raster.Lerp(p[c], v, sel)
				}
				if a != raster.Opaque {
					v = raster.Mul(v, a)
				}
				dst[4*x+c] = uint16(v)
			}
		}
	})
}

// sharer says how much of a pixel is of one position.
type sharer struct {
	f        *field
	near     *nearest
	position uint8
}

// ramp is the share of a pixel that lies on a ramp one of whose ends is the
// position; ok is false where it lies on none.
func (s *sharer) ramp(i int) (share float64, ok bool) {
	a, b, ok := s.f.ramp(i)
	if !ok {
		return 0, false
	}
	ca, cb := s.f.px[a], s.f.px[b]
	// How far along, in OKLab, where the change is even to the eye.
	pa, pb, p := ok8(s.near.light, ca), ok8(s.near.light, cb), ok8(s.near.light, s.f.px[i])
	t := along(pa, pb, p)
	return float64((1-t)*s.share(ca)) + float64(t*s.share(cb)), true
}

// along is how far p lies from a to b, 0 to 1.
func along(a, b, p lab) float64 {
	d, v := lab{b[0] - a[0], b[1] - a[1], b[2] - a[2]}, lab{p[0] - a[0], p[1] - a[1], p[2] - a[2]}
	n := float64(d[0]*d[0]) + float64(d[1]*d[1]) + float64(d[2]*d[2])
	if n == 0 {
		return 0
	}
	return min(max((float64(d[0]*v[0])+float64(d[1]*v[1])+float64(d[2]*v[2]))/n, 0), 1)
}

// share explains a colour as its nearest chip with, perhaps, some of another.
func (s *sharer) share(v uint32) float64 {
	k := s.near.of(v)
	p, c := ok8(s.near.light, v), s.near.chips[k]
	best, other, t := p.distance2(c), k, 0.0
	for j, d := range s.near.chips {
		if uint8(j) == k {
			continue
		}
		u := along(c, d, p)
		m := lab{}
		for x := range m {
			m[x] = c[x] + float64(u*(d[x]-c[x]))
		}
		e := p.distance2(m) + float64(float64(blur*u)*float64((1-u)*c.distance2(d)))
		if e < best {
			best, other, t = e, uint8(j), u
		}
	}
	switch s.position {
	case k:
		return 1 - t
	case other:
		return t
	}
	return 0
}

// curve converts between 16 bit components and light by tables.
type curve struct {
	light []float64
	codes []float64 // of light in 1/65535
}

var newCurve = sync.OnceValue(func() *curve { //nolint:gochecknoglobals // a table, made once and never changed
	c := &curve{light: make([]float64, 65536), codes: make([]float64, 65537)}
	for v := range c.light {
		c.light[v] = oklab.Linear(uint16(v))
	}
	// Encoding by what decodes to it: between two codes it is a line.
	k := 0
	for i := range c.codes {
		l := float64(i) / 65535
		for k < 65534 && c.light[k+1] < l {
			k++
		}
		c.codes[i] = min(float64(k)+(l-c.light[k])/(c.light[k+1]-c.light[k]), 65535)
	}
	return c
})

func (c *curve) encode(light float64) uint32 {
	at := min(max(light, 0), 1) * 65535
	k := int(at)
	return uint32(c.codes[k] + float64((at-float64(k))*(c.codes[k+1]-c.codes[k])) + 0.5)
}

// rgb converts OKLab to 16 bit components; what lies outside of sRGB is clamped.
func (c *curve) rgb(v lab) [3]uint32 {
	l := v[0] + float64(0.3963377774*v[1]) + float64(0.2158037573*v[2])
	m := v[0] - float64(0.1055613458*v[1]) - float64(0.0638541728*v[2])
	s := v[0] - float64(0.0894841775*v[1]) - float64(1.2914855480*v[2])
	l, m, s = float64(float64(l*l)*l), float64(float64(m*m)*m), float64(float64(s*s)*s)
	return [3]uint32{
		c.encode(float64(4.0767416621*l) - float64(3.3077115913*m) + float64(0.2309699292*s)),
		c.encode(float64(-1.2684380046*l) + float64(2.6097574011*m) - float64(0.3413193965*s)),
		c.encode(float64(-0.0041960863*l) - float64(0.7034186147*m) + float64(1.7076147010*s)),
	}
}
