package raster

import (
	"image"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// Span is a run of the plane that lies in one row of the cell: the n pixels of
// the plane from (X, Y) on are those of the cell from (CX, CY) on, taken to the
// right with Step 1, to the left with Step -1 (in a mirror).
type Span struct {
	X, Y   int
	CX, CY int
	N      int
	Step   int
}

// Spans calls visit for every run of the window win of the plane of rep over a
// cell of w x h pixels, row by row; where the repeat leaves the plane empty
// there is no run. This is how an operation wraps: what it paints at a point of
// the plane is written to the pixel of the cell that lies there, at the right
// shift. A window larger than the cell meets pixels more than once.
func Spans(w, h int, rep pattern.Repeat, win image.Rectangle, visit func(Span)) {
	for y := win.Min.Y; y < win.Max.Y; y++ {
		for x := win.Min.X; x < win.Max.X; {
			cx, cy, ok := rep.Source(x, y, w, h)
			if !ok {
				x++
				continue
			}
			s := Span{X: x, Y: y, CX: cx, CY: cy, Step: 1, N: w - cx}
			if rep.Kind == pattern.Mirror && pattern.FloorDiv(x, w)%2 != 0 {
				s.Step, s.N = -1, cx+1
			}
			s.N = min(s.N, win.Max.X-x)
			visit(s)
			x += s.N
		}
	}
}
