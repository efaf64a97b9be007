package layout

import (
	"fmt"

	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/pattern"
)

// NoEqualError reports that no cell of a repeat shows the same plane.
type NoEqualError struct{ From, To pattern.Repeat }

func (e *NoEqualError) Error() string {
	return fmt.Sprintf("layout: no cell in a %v repeat looks like this %v repeat; keep the pixels of the cell instead and let the plane change", e.To, e.From)
}

// parts is into how many a cell is taken apart, each way.
const parts = 8

// most is how many cells of the old repeat a new one may be wide or high.
const most = 64

// Equal returns the size of the smallest cell that shows, under the repeat to,
// the same plane as the layers do under rep: its pixel (x, y) is the one that
// rep.Source names. Every layer counts, and only pixels do. The error is a
// *NoEqualError.
func Equal(layers []*raster.Raster, rep pattern.Repeat, w, h int, to pattern.Repeat) (pattern.Size, error) {
	// Parts of the cell first, the largest before smaller ones: a rectangle that
	// was laid out of half-drops comes back as one, and plain cloth as it is.
	for n := 1; n <= parts*parts; n++ {
		for i := min(n, parts); i >= 1; i-- {
			j := n / i
			if i*j != n || j > parts || w%i != 0 || h%j != 0 {
				continue
			}
			s := pattern.Size{Width: w / i, Height: h / j}
			if to.Kind == pattern.Hex && !(pattern.Lattice{Repeat: to, Stride: 1}).Fits(s) {
				continue
			}
			if finer(rep, w, h, to, s) && same(layers, rep, w, h, to, s) {
				return s, nil
			}
		}
	}
	if to.Kind == pattern.Mirror || to.Kind == pattern.AlongX || to.Kind == pattern.AlongY || to.Kind == pattern.None || to.Kind == pattern.Hex {
		return pattern.Size{}, &NoEqualError{rep, to}
	}
	// Then larger cells, whose lattice is a part of the old one.
	sx, sy := 1, 1
	if rep.Kind == pattern.Brick {
		_, sx = rep.Drop()
	}
	if rep.Kind == pattern.HalfDrop || rep.Kind == pattern.Hex {
		_, sy = rep.Drop()
	}
	best := pattern.Size{}
	for i := 1; i <= most; i++ {
		for j := 1; j <= most; j++ {
			s := pattern.Size{Width: i * w / sx, Height: j * h / sy}
			if i*w%sx != 0 || j*h%sy != 0 || best.Width != 0 && s.Width*s.Height >= best.Width*best.Height {
				continue
			}
			if within(rep, w, h, to, s) {
				best = s
			}
		}
	}
	if best.Width == 0 {
		return pattern.Size{}, &NoEqualError{rep, to}
	}
	return best, nil
}

// carries reports whether the plane of rep moved by (x, y) is itself, whatever
// the cell shows.
func carries(rep pattern.Repeat, w, h, x, y int) bool {
	dx, dy, whole := rep.Shift(w, h)
	switch rep.Kind {
	case pattern.Mirror:
		return x%(2*w) == 0 && y%(2*h) == 0
	case pattern.AlongX:
		return x%w == 0 && y == 0
	case pattern.AlongY:
		return x == 0 && y%h == 0
	case pattern.None:
		return x == 0 && y == 0
	case pattern.HalfDrop, pattern.Hex:
		return whole && x%w == 0 && (y-x/w*dy)%h == 0
	case pattern.Brick:
		return whole && y%h == 0 && (x-y/h*dx)%w == 0
	default:
		return x%w == 0 && y%h == 0
	}
}

// vectors are the two that span the lattice, in pixels; whole is false where
// they are no whole pixels, or one is missing.
func vectors(rep pattern.Repeat, s pattern.Size) (v [2][2]int, whole bool) {
	dx, dy, exact := rep.Shift(s.Width, s.Height)
	switch rep.Kind {
	case pattern.AlongX, pattern.AlongY, pattern.None:
		return v, false
	case pattern.Mirror:
		return [2][2]int{{2 * s.Width, 0}, {0, 2 * s.Height}}, true
	default:
		return [2][2]int{{s.Width, dy}, {dx, s.Height}}, exact
	}
}

// within reports whether all vectors of to carry the plane of rep.
func within(rep pattern.Repeat, w, h int, to pattern.Repeat, s pattern.Size) bool {
	v, whole := vectors(to, s)
	if !whole {
		return false
	}
	// For a drop, the vector down is one of its own.
	return carries(rep, w, h, v[0][0], v[0][1]) && carries(rep, w, h, v[1][0], v[1][1])
}

// finer is within the other way round.
func finer(rep pattern.Repeat, w, h int, to pattern.Repeat, s pattern.Size) bool {
	v, whole := vectors(rep, pattern.Size{Width: w, Height: h})
	return whole && carries(to, s.Width, s.Height, v[0][0], v[0][1]) && carries(to, s.Width, s.Height, v[1][0], v[1][1])
}

// same reports whether the cell's corner of size s shows the whole plane.
func same(layers []*raster.Raster, rep pattern.Repeat, w, h int, to pattern.Repeat, s pattern.Size) bool {
	// A mirror's period is twice its cell each way.
	ww, hh := w, h
	if rep.Kind == pattern.Mirror {
		ww, hh = 2*w, 2*h
	}
	for _, r := range layers {
		for y := range hh {
			for x := range ww {
				ax, ay, _ := rep.Source(x, y, w, h)
				cx, cy, _ := to.Source(x, y, s.Width, s.Height)
				bx, by, _ := rep.Source(cx, cy, w, h)
				if (ax != bx || ay != by) && r.At(ax, ay) != r.At(bx, by) {
					return false
				}
			}
		}
	}
	return true
}
