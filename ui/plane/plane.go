package plane

import (
	"image"
	"math"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// Plane is the infinite plane of a repeat, ready to be sampled. It is not
// changed after New and may be painted from several goroutines.
type Plane struct {
	cell   *image.NRGBA
	repeat pattern.Repeat
	w, h   int
	levels []level
}

// level is the cell reduced by powers of two, with a frame of samples that
// belong to the neighbours, so that no sample between two others has to ask
// where the cell ends: one row above, two below, one column at the left and
// two at the right.
type level struct {
	w, h, stride int
	pix          []uint32 // R in the lowest byte, as image.RGBA lies in memory
}

// smallest is the side under which a level is not halved any more.
const smallest = 8

// New prepares a cell. Pixels that are not opaque are laid on white, the
// colour of unprinted cloth. It copies the cell, reduced ones included: about
// 1.4 times its memory.
func New(cell *image.NRGBA, r pattern.Repeat) *Plane {
	b := cell.Bounds()
	p := &Plane{cell: cell, repeat: r, w: b.Dx(), h: b.Dy()}
	if b.Empty() {
		return p
	}
	pix := make([]uint32, p.w*p.h)
	for y := range p.h {
		row := cell.Pix[y*cell.Stride : y*cell.Stride+4*p.w]
		for x := range p.w {
			q := row[4*x : 4*x+4 : 4*x+4]
			pix[y*p.w+x] = onWhite(q[0], q[1], q[2], q[3])
		}
	}
	for w, h := p.w, p.h; ; {
		p.levels = append(p.levels, framed(pix, w, h, r))
		if w <= smallest || h <= smallest {
			return p
		}
		pix, w, h = halved(pix, w, h)
	}
}

// Of says whether the plane was made of this very cell and repeat.
func (p *Plane) Of(cell *image.NRGBA, r pattern.Repeat) bool {
	return p != nil && p.cell == cell && p.repeat == r
}

// Size returns the cell's size in pixels.
func (p *Plane) Size() (w, h int) { return p.w, p.h }

// Repeat returns how the cell is laid.
func (p *Plane) Repeat() pattern.Repeat { return p.repeat }

func onWhite(r, g, b, a uint8) uint32 {
	if a != 0xff {
		blend := func(v uint8) uint8 {
			return uint8((uint32(v)*uint32(a) + 255*uint32(255-a) + 127) / 255)
		}
		r, g, b = blend(r), blend(g), blend(b)
	}
	return 0xff<<24 | uint32(b)<<16 | uint32(g)<<8 | uint32(r)
}

// framed copies pix into a level with its frame. The repeat decides what lies
// beyond an edge; where nothing does, the edge itself goes on, so that a
// placed print does not fade.
func framed(pix []uint32, w, h int, r pattern.Repeat) level {
	l := level{w: w, h: h, stride: w + 3}
	l.pix = make([]uint32, l.stride*(h+3))
	for y := -1; y < h+2; y++ {
		out := l.pix[(y+1)*l.stride:][:l.stride]
		if y >= 0 && y < h {
			copy(out[1:], pix[y*w:(y+1)*w])
		}
		for x := -1; x < w+2; x++ {
			if y >= 0 && y < h && x >= 0 && x < w {
				continue
			}
			cx, cy, ok := r.Source(x, y, w, h)
			if !ok {
				cx, cy = min(max(x, 0), w-1), min(max(y, 0), h-1)
			}
			out[x+1] = pix[cy*w+cx]
		}
	}
	return l
}

// halved reduces by two with a box filter; an odd last row or column counts
// twice.
func halved(pix []uint32, w, h int) (out []uint32, ow, oh int) {
	ow, oh = (w+1)/2, (h+1)/2
	out = make([]uint32, ow*oh)
	for y := range oh {
		a := pix[2*y*w:][:w]
		b := pix[min(2*y+1, h-1)*w:][:w]
		for x := range ow {
			x0, x1 := 2*x, min(2*x+1, w-1)
			s := lanes(a[x0]) + lanes(a[x1]) + lanes(b[x0]) + lanes(b[x1])
			s += 0x0002_0002_0002_0002
			out[y*ow+x] = packed((s >> 2) & laneMask)
		}
	}
	return out, ow, oh
}

// level returns the one to sample at zoom device pixels per cell pixel: the
// reduction that leaves between 0.7 and 1.4 device pixels to each sample.
func (p *Plane) level(zoom float64) *level {
	k := 0
	if zoom < 1 {
		k = int(math.Floor(-math.Log2(zoom) + 0.5))
	}
	return &p.levels[min(k, len(p.levels)-1)]
}

// laneMask keeps the four bytes that lanes spreads.
const laneMask = 0x00ff_00ff_00ff_00ff

// lanes spreads the bytes of a pixel over 16 bit each, so that one
// multiplication scales all four; packed is its inverse.
func lanes(p uint32) uint64 {
	v := uint64(p)
	return v&0x00ff_00ff | v&0xff00_ff00<<24
}

func packed(v uint64) uint32 { return uint32(v | v>>24) }
