// Package region finds connected pieces of a cell on the torus of its repeat
// and unrolls them onto the plane: a flower that leaves the cell at one edge
// and comes in at another is one piece, in one window.
//
//	mask := region.Of(cell.W, cell.H, func(x, y int) bool { ... })
//	piece, err := region.At(ctx, mask, repeat, image.Pt(300, 40), 0)
//	all, err := region.All(ctx, mask, repeat, 2)
package region

import (
	"context"
	"errors"
	"image"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// Mask says of every pixel of a cell whether it belongs, row by row.
type Mask struct {
	W, H int
	In   []bool
}

// NewMask returns an empty mask.
func NewMask(w, h int) *Mask { return &Mask{W: w, H: h, In: make([]bool, w*h)} }

// Of asks in about every pixel.
func Of(w, h int, in func(x, y int) bool) *Mask {
	m := NewMask(w, h)
	for y := range h {
		for x := range w {
			m.In[y*w+x] = in(x, y)
		}
	}
	return m
}

// Region is a connected piece on the plane. Every pixel of the cell is in it
// at most once.
type Region struct {
	Bounds image.Rectangle
	In     []bool // row by row from Bounds.Min
	Area   int    // pixels
	// RunsOn says that the piece meets copies of itself, as a stripe does that
	// runs through all cells: it has no outline on the plane that a turn or an
	// enlargement could keep.
	RunsOn bool
}

// Has reports whether a point of the plane is in the region.
func (r *Region) Has(p image.Point) bool {
	return p.In(r.Bounds) && r.In[(p.Y-r.Bounds.Min.Y)*r.Bounds.Dx()+p.X-r.Bounds.Min.X]
}

// ErrNothing says that there is nothing at the point asked for.
var ErrNothing = errors.New("region: there is nothing at that point")

// MaxGap is the widest gap in pixels that parts of a piece may have.
const MaxGap = 64

// At returns the piece at the point p of the plane, unrolled around it. Pixels
// are neighbours when at most gap others lie between them along either axis.
// The error is ErrNothing or ctx's.
func At(ctx context.Context, m *Mask, rep pattern.Repeat, p image.Point, gap int) (*Region, error) {
	f := newFinder(m, rep, gap)
	x, y, ok := rep.Source(p.X, p.Y, m.W, m.H)
	if !ok || !m.In[y*m.W+x] {
		return nil, ErrNothing
	}
	return f.grow(ctx, p)
}

// All returns every piece, in the order of their first pixels, row by row.
func All(ctx context.Context, m *Mask, rep pattern.Repeat, gap int) ([]*Region, error) {
	f := newFinder(m, rep, gap)
	var all []*Region
	for i, in := range m.In {
		if !in || f.met[i] {
			continue
		}
		r, err := f.grow(ctx, image.Pt(i%m.W, i/m.W))
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

// finder walks over the mask, widened by half of the gap so that neighbours
// across it touch.
type finder struct {
	m    *Mask
	wide *Mask // where the walk may go
	rep  pattern.Repeat
	met  []bool
	// place is where on the plane a pixel of the cell was met.
	place []image.Point
}

func newFinder(m *Mask, rep pattern.Repeat, gap int) *finder {
	f := &finder{m: m, wide: m, rep: rep, met: make([]bool, len(m.In)), place: make([]image.Point, len(m.In))}
	if gap = min(gap, MaxGap); gap > 0 {
		f.wide = m.Grow(rep, (gap+1)/2)
	}
	return f
}

// grow collects the piece that p is in.
func (f *finder) grow(ctx context.Context, p image.Point) (*Region, error) {
	w, h := f.m.W, f.m.H
	r := &Region{}
	var found []image.Point
	x, y, _ := f.rep.Source(p.X, p.Y, w, h)
	f.met[y*w+x], f.place[y*w+x] = true, p
	queue := []image.Point{p}
	for n := 0; n < len(queue); n++ {
		if n%65536 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		at := queue[n]
		x, y, _ := f.rep.Source(at.X, at.Y, w, h)
		if f.m.In[y*w+x] {
			found = append(found, at)
			r.Bounds = r.Bounds.Union(image.Rect(at.X, at.Y, at.X+1, at.Y+1))
		}
		for dy := -1; dy <= 1; dy++ {
			for dx := -1; dx <= 1; dx++ {
				q := at.Add(image.Pt(dx, dy))
				if f.rep.Kind == pattern.Mirror && (pattern.FloorDiv(q.X, w) != pattern.FloorDiv(at.X, w) || pattern.FloorDiv(q.Y, h) != pattern.FloorDiv(at.Y, h)) {
					// Beyond a mirror lies the piece's own image.
					continue
				}
				cx, cy, ok := f.rep.Source(q.X, q.Y, w, h)
				if !ok || !f.wide.In[cy*w+cx] {
					continue
				}
				i := cy*w + cx
				if f.met[i] {
					r.RunsOn = r.RunsOn || f.place[i] != q
					continue
				}
				f.met[i], f.place[i] = true, q
				queue = append(queue, q)
			}
		}
	}
	r.Area = len(found)
	// A piece that winds through many cells would need a window out of
	// proportion; its pixels are then given where they lie in the cell.
	if r.RunsOn && r.Bounds.Dx()*r.Bounds.Dy() > 4*w*h {
		r.Bounds = image.Rect(0, 0, w, h)
		for i, q := range found {
			x, y, _ := f.rep.Source(q.X, q.Y, w, h)
			found[i] = image.Pt(x, y)
		}
	}
	r.In = make([]bool, r.Bounds.Dx()*r.Bounds.Dy())
	for _, q := range found {
		r.In[(q.Y-r.Bounds.Min.Y)*r.Bounds.Dx()+q.X-r.Bounds.Min.X] = true
	}
	return r, nil
}

// Grow returns the mask with every pixel that is within n pixels of it along
// both axes, on the plane of rep.
func (m *Mask) Grow(rep pattern.Repeat, n int) *Mask {
	g := NewMask(m.W, m.H)
	w, h := m.W, m.H
	// Along the rows first: reach[y*w+x] says that a pixel within n of x is in.
	reach := make([]bool, len(m.In))
	spread := func(dst, src []bool, across bool) {
		length, lines := w, h
		if across {
			length, lines = h, w
		}
		for l := range lines {
			last := -n - 1 // the last place that was in
			for a := -n; a < length+n; a++ {
				x, y := a, l
				if across {
					x, y = l, a
				}
				if cx, cy, ok := rep.Source(x, y, w, h); ok && src[cy*w+cx] {
					last = a
				} else if a-last > n {
					continue
				}
				// Everything from last-n is near; what is left of a was marked before.
				from := max(a-n, 0)
				if last != a {
					from = a
				}
				for b := from; b <= a; b++ {
					if b < 0 || b >= length {
						continue
					}
					if across {
						dst[b*w+l] = true
					} else {
						dst[l*w+b] = true
					}
				}
			}
		}
	}
	spread(reach, m.In, false)
	spread(g.In, reach, true)
	return g
}

// Shrink returns the pixels whose whole square of n pixels around is in.
func (m *Mask) Shrink(rep pattern.Repeat, n int) *Mask {
	return m.not().Grow(rep, n).not()
}

func (m *Mask) not() *Mask {
	o := NewMask(m.W, m.H)
	for i, in := range m.In {
		o.In[i] = !in
	}
	return o
}

// Enclosed returns the region with the holes that it encloses on the plane
// filled: the eye of a flower that has the colour of the ground.
func (r *Region) Enclosed() *Region {
	w, h := r.Bounds.Dx(), r.Bounds.Dy()
	out := make([]bool, w*h)
	var queue []int
	reach := func(x, y int) {
		if i := y*w + x; x >= 0 && y >= 0 && x < w && y < h && !r.In[i] && !out[i] {
			out[i] = true
			queue = append(queue, i)
		}
	}
	for x := range w {
		reach(x, 0)
		reach(x, h-1)
	}
	for y := range h {
		reach(0, y)
		reach(w-1, y)
	}
	for n := 0; n < len(queue); n++ {
		x, y := queue[n]%w, queue[n]/w
		reach(x-1, y)
		reach(x+1, y)
		reach(x, y-1)
		reach(x, y+1)
	}
	full := &Region{Bounds: r.Bounds, In: make([]bool, w*h), RunsOn: r.RunsOn}
	for i := range full.In {
		full.In[i] = !out[i]
		if full.In[i] {
			full.Area++
		}
	}
	return full
}

// Mark adds the region's pixels to a mask of the cell.
func (r *Region) Mark(m *Mask, rep pattern.Repeat) {
	w := r.Bounds.Dx()
	for i, in := range r.In {
		if !in {
			continue
		}
		if x, y, ok := rep.Source(r.Bounds.Min.X+i%w, r.Bounds.Min.Y+i/w, m.W, m.H); ok {
			m.In[y*m.W+x] = true
		}
	}
}
