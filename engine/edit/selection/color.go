package selection

import (
	"context"
	"math"

	"github.com/selvage-studio/selvage/engine/edit/paint/oklab"
	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/pattern"
)

// Sample is a colour to look for: gamma-encoded sRGB, 0 to 65535, not multiplied
// by alpha.
type Sample [3]uint16

// ColorRange selects the pixels of r near any of the samples. The distance is
// that of OKLab: up to half of fuzziness a pixel is selected wholly, from there
// less and less, at fuzziness not at all. A pixel that is partly transparent is
// selected by that much less. The error is ctx's.
func ColorRange(ctx context.Context, r *raster.Raster, samples []Sample, fuzziness float64) (*raster.Mask, error) {
	wanted := make([]oklab.Color, len(samples))
	for i, s := range samples {
		wanted[i] = oklab.Of(s[0], s[1], s[2])
	}
	var cache oklab.Cache
	var lastPixel [3]uint16
	var lastCover uint32
	first := true
	cover := func(p [3]uint16) uint32 {
		if p == lastPixel && !first {
			return lastCover
		}
		c := cache.Of(p[0], p[1], p[2])
		d := math.Inf(1)
		for _, w := range wanted {
			d = min(d, oklab.Distance(c, w))
		}
		first, lastPixel = false, p
		switch {
		case d <= fuzziness/2:
			lastCover = raster.Opaque
		case d >= fuzziness:
			lastCover = 0
		default:
			lastCover = uint32(math.Floor(float64((fuzziness-d)/(fuzziness/2)*raster.Opaque) + 0.5))
		}
		return lastCover
	}
	m := raster.NewMask(r.Width(), r.Height())
	for y := range r.Height() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		row := r.Row(y)
		if row == nil {
			continue
		}
		out := m.Row(y)
		for x := range out {
			if a := uint32(row[4*x+3]); a != 0 {
				out[x] = uint16(raster.Mul(cover(straight(row[4*x:4*x+4])), a))
			}
		}
	}
	return m, nil
}

// straight is a pixel's colour without its alpha.
func straight(p []uint16) [3]uint16 {
	a := uint32(p[3])
	if a == raster.Opaque {
		return [3]uint16{p[0], p[1], p[2]}
	}
	return [3]uint16{
		uint16(raster.Unpremultiply(uint32(p[0]), a)),
		uint16(raster.Unpremultiply(uint32(p[1]), a)),
		uint16(raster.Unpremultiply(uint32(p[2]), a)),
	}
}

// likeness says of pixels whether they are like one of them.
type likeness struct {
	tolerance float64
	key       uint64
	alpha     float64
	color     oklab.Color
	cache     oklab.Cache
	keys      []uint64
	answers   []bool
}

const slots = 1 << 12

func newLikeness(p []uint16, tolerance float64) *likeness {
	l := &likeness{tolerance: tolerance, key: keyOf(p), alpha: float64(p[3]) / raster.Opaque, keys: make([]uint64, slots), answers: make([]bool, slots)}
	l.color = l.of(p)
	for i := range l.keys {
		l.keys[i] = l.key // which is like itself
		l.answers[i] = true
	}
	return l
}

func (l *likeness) of(p []uint16) oklab.Color {
	s := straight(p)
	return l.cache.Of(s[0], s[1], s[2])
}

func keyOf(p []uint16) uint64 {
	return uint64(p[0])<<48 | uint64(p[1])<<32 | uint64(p[2])<<16 | uint64(p[3])
}

// like compares the alphas, and the colours by as much as there is of both: of
// two pixels that are hardly there the colours hardly differ.
func (l *likeness) like(p []uint16) bool {
	key := keyOf(p)
	at := key * 0x9e3779b97f4a7c15 >> (64 - 12)
	if l.keys[at] == key {
		return l.answers[at]
	}
	a := float64(p[3]) / raster.Opaque
	ok := math.Abs(a-l.alpha) <= l.tolerance
	if ok && p[3] != 0 {
		ok = float64(min(a, l.alpha)*oklab.Distance(l.of(p), l.color)) <= l.tolerance
	}
	l.keys[at], l.answers[at] = key, ok
	return ok
}

// Wand selects the pixels of r that are like the one at (x, y) of the plane: no
// farther in OKLab than tolerance, and no farther in alpha. Contiguous ones
// are those that can be reached over edges from pixel to pixel, across the edges
// of the cell as well, at the shift of the repeat. The error is ctx's or an
// *OutsideError.
func Wand(ctx context.Context, r *raster.Raster, repeat pattern.Repeat, x, y int, tolerance float64, contiguous bool) (*raster.Mask, error) {
	cx, cy, ok := repeat.Source(x, y, r.Width(), r.Height())
	if !ok {
		return nil, &OutsideError{x, y}
	}
	seed := r.At(cx, cy)
	f := &flood{
		r: r, repeat: repeat, w: r.Width(), h: r.Height(), like: newLikeness(seed[:], tolerance),
		mask: raster.NewMask(r.Width(), r.Height()), empty: make([]uint16, 4*r.Width()),
	}
	if contiguous {
		return f.mask, f.spread(ctx, cx, cy)
	}
	for y := range f.h {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		row, out := f.row(y), f.mask.Row(y)
		for x := range out {
			if f.like.like(row[4*x : 4*x+4]) {
				out[x] = raster.Opaque
			}
		}
	}
	return f.mask, nil
}

type flood struct {
	r      *raster.Raster
	repeat pattern.Repeat
	w, h   int
	like   *likeness
	mask   *raster.Mask
	empty  []uint16
	stack  []int32 // pixels to go on from
}

func (f *flood) row(y int) []uint16 {
	if row := f.r.Row(y); row != nil {
		return row
	}
	return f.empty
}

// open reports a pixel that is like the seed and not yet reached.
func (f *flood) open(x, y int) bool {
	return f.mask.Pix[y*f.w+x] == 0 && f.like.like(f.row(y)[4*x:4*x+4])
}

// reach puts the pixel of the plane at (x, y) on the stack, if it is open.
func (f *flood) reach(x, y int) {
	if cx, cy, ok := f.repeat.Source(x, y, f.w, f.h); ok && f.open(cx, cy) {
		f.stack = append(f.stack, int32(cy*f.w+cx))
	}
}

// spread fills run by run within the rows of the cell.
func (f *flood) spread(ctx context.Context, x, y int) error {
	f.stack = append(f.stack, int32(y*f.w+x))
	for n := 0; len(f.stack) > 0; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		at := int(f.stack[len(f.stack)-1])
		f.stack = f.stack[:len(f.stack)-1]
		x, y := at%f.w, at/f.w
		if f.mask.Pix[at] != 0 {
			continue
		}
		from, to := x, x+1
		for from > 0 && f.open(from-1, y) {
			from--
		}
		for to < f.w && f.open(to, y) {
			to++
		}
		row := f.mask.Row(y)
		for i := from; i < to; i++ {
			row[i] = raster.Opaque
		}
		if from == 0 {
			f.reach(-1, y)
		}
		if to == f.w {
			f.reach(f.w, y)
		}
		for _, beside := range [2]int{y - 1, y + 1} {
			if beside < 0 || beside >= f.h {
				for i := from; i < to; i++ {
					f.reach(i, beside)
				}
				continue
			}
			// One pixel of each run is enough.
			was := false
			for i := from; i < to; i++ {
				is := f.open(i, beside)
				if is && !was {
					f.stack = append(f.stack, int32(beside*f.w+i))
				}
				was = is
			}
		}
	}
	return nil
}
