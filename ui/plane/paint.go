package plane

import (
	"encoding/binary"
	"image"
	"image/color"
	"math"
	"runtime"
	"sync"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// Look says how a plane is painted.
type Look struct {
	// Ground fills what the repeat leaves empty, and is what dimmed copies
	// lean towards.
	Ground color.NRGBA
	// Dim is how far the copies of the cell lean towards Ground, 0 to 1.
	Dim float64
	// Edge draws a hairline around the cell.
	Edge bool
	// Hairline is the width of that line in device pixels, at least 1.
	Hairline int
}

// nearestFrom is the zoom from which pixels of the cell are shown as squares:
// whoever looks so closely wants to see them.
const nearestFrom = 4

// Paint fills clip of dst with what c sees of p. Rows are painted in parallel;
// it returns when all are done.
func Paint(dst *image.RGBA, clip image.Rectangle, p *Plane, c Camera, l Look) {
	clip = clip.Intersect(dst.Rect)
	if clip.Empty() {
		return
	}
	ground := onWhite(l.Ground.R, l.Ground.G, l.Ground.B, l.Ground.A)
	if p == nil || len(p.levels) == 0 {
		fill(dst, clip, ground)
		return
	}
	w := newPainter(dst, clip, p, c, l, ground)
	workers := min(runtime.GOMAXPROCS(0), max(1, clip.Dx()*clip.Dy()/(1<<15)))
	var wg sync.WaitGroup
	for k := range workers {
		from := clip.Min.Y + clip.Dy()*k/workers
		to := clip.Min.Y + clip.Dy()*(k+1)/workers
		band := func() {
			var b blends
			for y := from; y < to; y++ {
				w.row(y, &b)
			}
		}
		if k == workers-1 {
			band()
			break
		}
		wg.Go(band)
	}
	wg.Wait()
	if l.Edge {
		w.edge()
	}
}

// painter is one call of Paint.
type painter struct {
	dst     *image.RGBA
	clip    image.Rectangle
	plane   *Plane
	camera  Camera
	look    Look
	level   *level
	sx, sy  float64 // level samples per cell pixel
	ground  uint32
	keep    uint64 // of 256, what a dimmed copy keeps of itself
	tint    uint64 // what it gets of the ground, in lanes
	nearest bool
}

func newPainter(dst *image.RGBA, clip image.Rectangle, p *Plane, c Camera, l Look, ground uint32) *painter {
	lv := p.level(c.Zoom)
	dim := uint64(math.Round(min(max(l.Dim, 0), 1) * 256))
	return &painter{
		dst: dst, clip: clip, plane: p, camera: c, look: l, level: lv,
		sx: float64(lv.w) / float64(p.w), sy: float64(lv.h) / float64(p.h),
		ground: ground, keep: 256 - dim, tint: lanes(ground) * dim, nearest: c.Zoom >= nearestFrom,
	}
}

// span is the part of a row of the plane that one copy of the cell covers.
type span struct {
	from, to float64 // on the plane
	u, v     float64 // of the cell, at from; u falls when mirrored
	mirrored bool
	original bool // the cell itself, no copy
	empty    bool
}

// span returns the one that holds the plane's point (x, y). It is
// pattern.Repeat.Source between the samples.
func (p *painter) span(x, y float64) span {
	w, h := float64(p.plane.w), float64(p.plane.h)
	qx, qy := math.Floor(x/w), math.Floor(y/h)
	s := span{from: qx * w, to: (qx + 1) * w, v: y - qy*h, original: qx == 0 && qy == 0}
	inf := math.Inf(1)
	switch p.plane.repeat.Kind {
	case pattern.HalfDrop, pattern.Hex:
		v := y - p.drop(qx, p.plane.h)
		q := math.Floor(v / h)
		s.v, s.original = v-q*h, qx == 0 && q == 0
	case pattern.Brick:
		d := p.drop(qy, p.plane.w)
		q := math.Floor((x - d) / w)
		s.from, s.to, s.original = q*w+d, (q+1)*w+d, q == 0 && qy == 0
	case pattern.Mirror:
		if odd(qy) {
			s.v = h - s.v
		}
		s.mirrored = odd(qx)
	case pattern.AlongX:
		s.empty = qy != 0
	case pattern.AlongY:
		s.outside(qx, w, inf)
	case pattern.None:
		s.outside(qx, w, inf)
		s.empty = s.empty || qy != 0
	default:
	}
	if s.mirrored {
		s.u = w
	}
	return s
}

// outside empties a span beside a cell that does not repeat along x.
func (s *span) outside(qx, w, inf float64) {
	switch {
	case qx < 0:
		s.from, s.to, s.empty = -inf, 0, true
	case qx > 0:
		s.from, s.to, s.empty = w, inf, true
	}
}

// drop is by how much the q-th column or row is shifted, in whole samples of a
// side, so that d of them close exactly, as pattern has it.
func (p *painter) drop(q float64, side int) float64 {
	n, d := p.plane.repeat.Drop()
	k := math.Mod(q, float64(d))
	if k < 0 {
		k += float64(d)
	}
	return math.Floor((2*float64(n)*k*float64(side) + float64(d)) / float64(2*d))
}

func odd(q float64) bool { return math.Mod(q, 2) != 0 }

func (p *painter) row(j int, b *blends) {
	c := p.camera
	y := c.Y + (float64(j)+0.5)/c.Zoom
	out := p.dst.Pix[(j-p.dst.Rect.Min.Y)*p.dst.Stride:]
	for i := p.clip.Min.X; i < p.clip.Max.X; {
		x := c.X + (float64(i)+0.5)/c.Zoom
		s := p.span(x, y)
		// Device pixels whose middle lies inside the span.
		n := p.clip.Max.X - i
		if end := math.Ceil((s.to-c.X)*c.Zoom - 0.5); end < float64(p.clip.Max.X) {
			n = min(n, max(1, int(end)-i))
		}
		run := out[4*(i-p.dst.Rect.Min.X):][:4*n]
		keep, tint := p.keep, p.tint
		if s.original {
			keep, tint = 256, 0
		}
		switch {
		case s.empty:
			uniform(run, p.ground)
		case p.nearest:
			p.squares(run, s, x, keep, tint)
		default:
			p.smooth(run, s, x, keep, tint, b)
		}
		i += n
	}
}

// at returns where on the level's rows x lies and how far a device pixel goes,
// in samples of 1/65536.
func (p *painter) at(s span, x float64) (start, step int64) {
	u, dir := x-s.from, 1.0
	if s.mirrored {
		u, dir = s.u-(x-s.from), -1
	}
	return int64(u * p.sx * 65536), int64(dir * p.sx / p.camera.Zoom * 65536)
}

// squares paints the nearest sample.
func (p *painter) squares(run []byte, s span, x float64, keep, tint uint64) {
	l := p.level
	row := l.pix[(min(max(int(s.v*p.sy), 0), l.h-1)+1)*l.stride+1:][:l.w]
	at, step := p.at(s, x)
	last := int64(l.w - 1)
	for ; len(run) >= 4; run = run[4:] {
		m := lanes(row[min(max(at>>16, 0), last)])
		binary.LittleEndian.PutUint32(run, packed((m*keep+tint)>>8&laneMask))
		at += step
	}
}

// blends keeps the last rows of samples that were blended from two of a level,
// since copies of the cell in one row of the window use the same ones: one
// height of the cell for most layouts, a few for a drop.
type blends struct {
	slots [2]blend
	next  int
}

// blend is the samples from index lo to before hi of a level's row at v, in
// lanes.
type blend struct {
	v      int64
	lo, hi int
	row    []uint64
}

// at returns samples of which those from lo to before hi are blended for
// height v, a level's padded row and 1/65536 of the next.
func (b *blends) at(l *level, v int64, lo, hi int) []uint64 {
	for i := range b.slots {
		if s := &b.slots[i]; s.row != nil && s.v == v && s.lo <= lo && s.hi >= hi {
			return s.row
		}
	}
	s := &b.slots[b.next]
	b.next = 1 - b.next
	if len(s.row) != l.stride {
		s.row = make([]uint64, l.stride)
	}
	s.v, s.lo, s.hi = v, lo, hi
	w := uint64(v>>8) & 0xff
	from := int(v>>16) * l.stride
	upper, lower := l.pix[from+lo:from+hi], l.pix[from+l.stride+lo:from+l.stride+hi]
	out := s.row[lo:hi]
	for i, p := range upper {
		out[i] = (lanes(p)*(256-w) + lanes(lower[i])*w) >> 8 & laneMask
	}
	return s.row
}

// smooth paints samples interpolated between four neighbours. Sample (0, 0)
// of a level has its middle at (½, ½). A copy of the cell is dimmed on the
// way.
func (p *painter) smooth(run []byte, s span, x float64, keep, tint uint64, b *blends) {
	l := p.level
	v := min(max(int64((s.v*p.sy+0.5)*65536), 0), int64(l.h+1)<<16)
	at, step := p.at(s, x)
	at += 1 << 15
	last := int64(l.stride-2)<<16 | 0xffff
	inside := func(a int64) int64 { return min(max(a, 0), last) }
	first, end := inside(at), inside(at+step*int64(len(run)/4-1))
	row := b.at(l, v, int(min(first, end)>>16), int(max(first, end)>>16)+2)
	for ; len(run) >= 4; run = run[4:] {
		a := inside(at)
		at += step
		w := uint64(a>>8) & 0xff
		i := int(a >> 16)
		m := (row[i]*(256-w) + row[i+1]*w) >> 8 & laneMask
		m = (m*keep + tint) >> 8 & laneMask
		binary.LittleEndian.PutUint32(run, packed(m))
	}
}

// edge draws the cell's outline: dark and light dashes, to be seen on any
// pattern.
func (p *painter) edge() {
	c, width := p.camera, max(p.look.Hairline, 1)
	left, top := math.Round(-c.X*c.Zoom), math.Round(-c.Y*c.Zoom)
	right := math.Round((float64(p.plane.w) - c.X) * c.Zoom)
	bottom := math.Round((float64(p.plane.h) - c.Y) * c.Zoom)
	inside := func(v float64, lo, hi int) int { return int(min(max(v, float64(lo)-9), float64(hi)+9)) }
	b := p.clip
	x0, x1 := inside(left, b.Min.X, b.Max.X), inside(right, b.Min.X, b.Max.X)
	y0, y1 := inside(top, b.Min.Y, b.Max.Y), inside(bottom, b.Min.Y, b.Max.Y)
	p.line(image.Rect(x0, y0, x1+width, y0+width))
	p.line(image.Rect(x0, y1, x1+width, y1+width))
	p.line(image.Rect(x0, y0, x0+width, y1+width))
	p.line(image.Rect(x1, y0, x1+width, y1+width))
}

func (p *painter) line(r image.Rectangle) {
	r = r.Intersect(p.clip)
	const dash = 4
	light, dark := lanes(0xffffffff), lanes(0xff000000)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := p.dst.Pix[p.dst.PixOffset(r.Min.X, y):][:4*r.Dx()]
		for x := r.Min.X; x < r.Max.X; x++ {
			over := light
			if (x+y)/dash%2 != 0 {
				over = dark
			}
			at := row[4*(x-r.Min.X):]
			v := lanes(binary.LittleEndian.Uint32(at))
			binary.LittleEndian.PutUint32(at, packed((v*96+over*160)>>8&laneMask))
		}
	}
}

func fill(dst *image.RGBA, clip image.Rectangle, v uint32) {
	for y := clip.Min.Y; y < clip.Max.Y; y++ {
		uniform(dst.Pix[dst.PixOffset(clip.Min.X, y):][:4*clip.Dx()], v)
	}
}

func uniform(run []byte, v uint32) {
	for ; len(run) >= 4; run = run[4:] {
		binary.LittleEndian.PutUint32(run, v)
	}
}
