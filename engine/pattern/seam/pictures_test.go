package seam

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// The pictures here are drawn on the plane of a repeat, so that they join
// under it and, in general, under no other.

// picture is a cell of three float components from 0 to 1.
type picture struct {
	w, h int
	pix  [][3]float64
}

func newPicture(w, h int, ground [3]float64) *picture {
	p := &picture{w, h, make([][3]float64, w*h)}
	for i := range p.pix {
		p.pix[i] = ground
	}
	return p
}

func (p *picture) image() *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, p.w, p.h))
	for i, c := range p.pix {
		for k, v := range c {
			img.Pix[4*i+k] = uint8(math.Round(255 * min(max(v, 0), 1)))
		}
		img.Pix[4*i+3] = 255
	}
	return img
}

func (p *picture) image16() *image.NRGBA64 {
	img := image.NewNRGBA64(image.Rect(0, 0, p.w, p.h))
	for i, c := range p.pix {
		var q [3]uint16
		for k, v := range c {
			q[k] = uint16(math.Round(65535 * min(max(v, 0), 1)))
		}
		img.SetNRGBA64(i%p.w, i/p.w, color.NRGBA64{R: q[0], G: q[1], B: q[2], A: 65535})
	}
	return img
}

// blur is a Gaussian filter over the plane of r.
func (p *picture) blur(r pattern.Repeat, sigma float64) {
	reach := int(math.Ceil(3 * sigma))
	kernel := make([]float64, 2*reach+1)
	sum := 0.0
	for i := range kernel {
		d := float64(i-reach) / sigma
		kernel[i] = math.Exp(-d * d / 2)
		sum += kernel[i]
	}
	for _, dir := range [][2]int{{1, 0}, {0, 1}} {
		out := make([][3]float64, len(p.pix))
		ext, err := pattern.Extend(p.pix, p.w, p.h, 1, r, reach)
		if err != nil {
			panic(err)
		}
		ew := p.w + 2*reach
		for y := range p.h {
			for x := range p.w {
				to := &out[y*p.w+x]
				for i, k := range kernel {
					from := &ext[(y+reach+dir[1]*(i-reach))*ew+x+reach+dir[0]*(i-reach)]
					for c := range 3 {
						to[c] += k / sum * from[c]
					}
				}
			}
		}
		p.pix = out
	}
}

// spread scales every component to cover 0 to 1.
func (p *picture) spread() {
	for c := range 3 {
		lo, hi := math.Inf(1), math.Inf(-1)
		for _, v := range p.pix {
			lo, hi = min(lo, v[c]), max(hi, v[c])
		}
		for i := range p.pix {
			p.pix[i][c] = (p.pix[i][c] - lo) / (hi - lo)
		}
	}
}

// noise is Gaussian-filtered white noise, sigma 0 for none.
func noise(rng *rand.Rand, w, h int, r pattern.Repeat, sigma float64) *picture {
	p := newPicture(w, h, [3]float64{})
	for i := range p.pix {
		p.pix[i] = [3]float64{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}
	}
	if sigma > 0 {
		p.blur(r, sigma)
	}
	p.spread()
	return p
}

// cloth is noise of many scales, as photographs have.
func cloth(rng *rand.Rand, w, h int, r pattern.Repeat) *picture {
	sum := newPicture(w, h, [3]float64{})
	for _, s := range []float64{0, 1, 2, 4, 8} {
		n := noise(rng, w, h, r, s)
		for i := range sum.pix {
			for c := range 3 {
				sum.pix[i][c] += n.pix[i][c] * (0.2 + s)
			}
		}
	}
	sum.spread()
	return sum
}

// shape says how much of a pixel at (dx, dy) from its centre it covers.
type shape func(dx, dy float64) float64

// disc has an edge of one pixel, or none if hard.
func disc(radius float64, hard bool) shape {
	return func(dx, dy float64) float64 {
		d := radius - math.Hypot(dx, dy)
		if hard {
			return math.Round(min(max(d+0.5, 0), 1))
		}
		return min(max(d+0.5, 0), 1)
	}
}

// flower has petals.
func flower(radius float64, petals int, turn float64) shape {
	return func(dx, dy float64) float64 {
		d := math.Hypot(dx, dy)
		edge := radius * (0.55 + 0.45*math.Abs(math.Cos(float64(petals)/2*(math.Atan2(dy, dx)+turn))))
		return min(max(edge-d+0.5, 0), 1)
	}
}

func square(half float64) shape {
	return func(dx, dy float64) float64 {
		if math.Abs(dx) <= half && math.Abs(dy) <= half {
			return 1
		}
		return 0
	}
}

// put draws a shape and all its copies on the plane of r.
func (p *picture) put(r pattern.Repeat, cx, cy, reach float64, s shape, ink [3]float64) {
	for y := int(cy - reach); y <= int(cy+reach)+1; y++ {
		for x := int(cx - reach); x <= int(cx+reach)+1; x++ {
			px, py, ok := r.Source(x, y, p.w, p.h)
			if !ok {
				continue
			}
			a := s(float64(x)-cx, float64(y)-cy)
			for c := range 3 {
				v := &p.pix[py*p.w+px][c]
				*v += a * (ink[c] - *v)
			}
		}
	}
}

var (
	cream  = [3]float64{0.96, 0.93, 0.85}
	madder = [3]float64{0.66, 0.20, 0.16}
	indigo = [3]float64{0.13, 0.17, 0.35}
	sage   = [3]float64{0.64, 0.71, 0.60}
)

func ink(rng *rand.Rand) [3]float64 {
	return [][3]float64{madder, indigo, sage}[rng.IntN(3)]
}

func dots(rng *rand.Rand, w, h int, r pattern.Repeat, hard bool) *picture {
	p := newPicture(w, h, cream)
	for range 6 + rng.IntN(12) {
		radius := float64(w) * (0.04 + 0.1*rng.Float64())
		p.put(r, rng.Float64()*float64(w), rng.Float64()*float64(h), radius+1, disc(radius, hard), ink(rng))
	}
	return p
}

func flowers(rng *rand.Rand, w, h int, r pattern.Repeat) *picture {
	p := newPicture(w, h, indigo)
	for range 8 + rng.IntN(8) {
		x, y := rng.Float64()*float64(w), rng.Float64()*float64(h)
		radius := float64(w) * (0.08 + 0.12*rng.Float64())
		p.put(r, x, y, radius+1, flower(radius, 5+rng.IntN(4), rng.Float64()*6), [][3]float64{madder, sage, cream}[rng.IntN(3)])
		p.put(r, x, y, radius/3+1, disc(radius/4, false), cream)
	}
	return p
}

// squares have straight sides at whole pixels.
func squares(rng *rand.Rand, w, h int, r pattern.Repeat) *picture {
	p := newPicture(w, h, cream)
	for range 8 + rng.IntN(8) {
		half := float64(3 + rng.IntN(w/8))
		p.put(r, float64(rng.IntN(w)), float64(rng.IntN(h)), half+1, square(half), ink(rng))
	}
	return p
}

// families are pictures at random; each draws under any repeat.
var families = []struct {
	name string
	draw func(rng *rand.Rand, w, h int, r pattern.Repeat) *picture
}{
	{"white noise", func(rng *rand.Rand, w, h int, r pattern.Repeat) *picture { return noise(rng, w, h, r, 0) }},
	{"soft noise", func(rng *rand.Rand, w, h int, r pattern.Repeat) *picture { return noise(rng, w, h, r, 2) }},
	{"clouds", func(rng *rand.Rand, w, h int, r pattern.Repeat) *picture { return noise(rng, w, h, r, 6) }},
	{"cloth", cloth},
	{"dots", func(rng *rand.Rand, w, h int, r pattern.Repeat) *picture { return dots(rng, w, h, r, false) }},
	{"hard dots", func(rng *rand.Rand, w, h int, r pattern.Repeat) *picture { return dots(rng, w, h, r, true) }},
	{"flowers", flowers},
	{"squares", squares},
}

// crop cuts w x h out of a picture.
func (p *picture) crop(w, h int) *picture {
	out := newPicture(w, h, [3]float64{})
	for y := range h {
		copy(out.pix[y*w:(y+1)*w], p.pix[y*p.w:y*p.w+w])
	}
	return out
}
