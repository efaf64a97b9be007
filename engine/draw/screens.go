package draw

import "fmt"

// Screens are the coverage planes of a drawing, W x H samples each, row by
// row. At every sample the ground and all planes sum to 255.
type Screens struct {
	W, H   int
	Ground []uint8
	Planes [][]uint8 // one per position
	Ink    int       // the plane of the line work, -1 if none
}

// maxSide bounds a picture's side: 60,000 pixels are five metres at 300 DPI.
const maxSide = 60000

// bandSamples bounds the packed picture that is held at once.
const bandSamples = 1 << 22

// Renderer draws scenes into screens and keeps its buffers between them. The
// zero value is ready; it is not for use by several goroutines at once.
type Renderer struct {
	c    canvas
	ras  rasteriser
	dst  polys
	flat []flatShape
	off  []point
	// rows bounds the rows that are held at once; 0 goes by bandSamples.
	rows int
}

// Screens draws the scene at w x h pixels. Whoever draws many keeps a Renderer.
func (sc *Scene) Screens(w, h int) (*Screens, error) {
	s := &Screens{}
	if err := new(Renderer).Draw(sc, w, h, s); err != nil {
		return nil, err
	}
	return s, nil
}

// Draw fills s, using its planes again where they are large enough.
func (r *Renderer) Draw(sc *Scene, w, h int, s *Screens) error {
	if w < 1 || h < 1 || w > maxSide || h > maxSide {
		return &SizeError{w, h, sc.Spec.Repeat.String(), fmt.Sprintf("sides of 1 to %d pixels", maxSide)}
	}
	if _, _, exact := sc.Spec.Repeat.Shift(w, h); !exact {
		_, d := sc.Spec.Repeat.Drop()
		side := "height"
		if !sc.Spec.Repeat.WrapsX() || sc.Spec.Repeat.Kind.String() == "brick" {
			side = "width"
		}
		return &SizeError{w, h, sc.Spec.Repeat.String(), fmt.Sprintf("a %s that %d divides", side, d)}
	}
	s.W, s.H, s.Ink = w, h, sc.Spec.ink()
	s.Ground = grow(s.Ground, w*h)
	for len(s.Planes) < sc.Spec.Positions {
		s.Planes = append(s.Planes, nil)
	}
	s.Planes = s.Planes[:sc.Spec.Positions]
	for i := range s.Planes {
		s.Planes[i] = grow(s.Planes[i], w*h)
	}
	px := r.c.px
	r.c = *newCanvas(w, h, sc.Spec.Repeat)
	r.c.px = px
	sx, sy := float64(w)/sc.W, float64(h)/sc.H
	r.flatten(sc, max(sx, sy))
	rows := max(1, bandSamples/w)
	if r.rows > 0 {
		rows = r.rows
	}
	for lo := 0; lo < h; lo += rows {
		r.c.band(lo, min(h, lo+rows))
		for i := range sc.paints {
			r.paint(sc, &sc.paints[i], sx, sy)
		}
		r.c.split(s.Ground, s.Planes)
	}
	return nil
}

func grow(b []uint8, n int) []uint8 {
	if cap(b) < n {
		return make([]uint8, n)
	}
	return b[:n]
}

// paint draws the marks of one motif.
func (r *Renderer) paint(sc *Scene, p *paint, sx, sy float64) {
	m := p.m.then(affine{a: sx, d: sy, e: sc.origin.x, f: sc.origin.y})
	fs := &r.flat[p.shape]
	for _, f := range fs.fills {
		pos := p.tint[f.role]
		if pos < -1 {
			pos = -1
		}
		lane := uint(8 * (int(pos) + 1))
		r.dst.reset()
		start := f.start
		for _, end := range fs.ends[f.ends0:f.ends1] {
			for _, t := range fs.pts[start:end] {
				q := m.apply(t)
				r.dst.x = append(r.dst.x, toFix(q.x))
				r.dst.y = append(r.dst.y, toFix(q.y))
			}
			r.dst.ends = append(r.dst.ends, len(r.dst.x))
			start = end
		}
		r.ras.fill(&r.dst, func(x, y int, acc []int32) { r.c.row(x, y, acc, lane) })
	}
}
