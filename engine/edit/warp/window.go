package warp

import (
	"image"

	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/pattern"
)

// Window is a piece of the plane: R G B A for each pixel, premultiplied, and
// whose it is, both row by row from Bounds.Min.
type Window struct {
	Bounds image.Rectangle
	Pix    []uint16
	Who    []raster.Who
}

// NewWindow returns a transparent window.
func NewWindow(b image.Rectangle) *Window {
	n := b.Dx() * b.Dy()
	return &Window{Bounds: b, Pix: make([]uint16, 4*n), Who: make([]raster.Who, n)}
}

// Lay copies the window win out of the plane of rep. Where the repeat leaves
// the plane empty, the window is transparent.
func Lay(r *raster.Raster, rep pattern.Repeat, win image.Rectangle) *Window {
	w := NewWindow(win)
	raster.Spans(r.Width(), r.Height(), rep, win, func(s raster.Span) {
		row := r.Row(s.CY)
		if row == nil {
			return
		}
		who, all := r.WhoRow(s.CY)
		at := (s.Y-win.Min.Y)*win.Dx() + s.X - win.Min.X
		for k := range s.N {
			c := s.CX + k*s.Step
			copy(w.Pix[4*(at+k):4*(at+k)+4], row[4*c:4*c+4])
			if who != nil {
				w.Who[at+k] = who[c]
			} else {
				w.Who[at+k] = all
			}
		}
	})
	return w
}

// Index is the place of a pixel of the plane in Who, and four times that in
// Pix. It is only good for pixels inside of Bounds.
func (w *Window) Index(x, y int) int {
	return (y-w.Bounds.Min.Y)*w.Bounds.Dx() + x - w.Bounds.Min.X
}

// At is one pixel, transparent outside of Bounds.
func (w *Window) At(x, y int) [4]uint16 {
	if !(image.Point{X: x, Y: y}).In(w.Bounds) {
		return [4]uint16{}
	}
	i := 4 * w.Index(x, y)
	return [4]uint16(w.Pix[i : i+4])
}

// Trim returns the window without the transparent rows and columns around it:
// the same memory where nothing goes. A window without any coverage becomes
// empty.
func (w *Window) Trim() *Window {
	b := image.Rectangle{}
	n := w.Bounds.Dx()
	for y := range w.Bounds.Dy() {
		row := w.Pix[4*y*n : 4*(y+1)*n]
		for x := range n {
			if row[4*x+3] != 0 {
				b = b.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	b = b.Add(w.Bounds.Min)
	if b == w.Bounds {
		return w
	}
	t := NewWindow(b)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		from, to := w.Index(b.Min.X, y), t.Index(b.Min.X, y)
		copy(t.Pix[4*to:4*(to+b.Dx())], w.Pix[4*from:])
		copy(t.Who[to:to+b.Dx()], w.Who[from:])
	}
	return t
}
