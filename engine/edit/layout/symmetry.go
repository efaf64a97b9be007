package layout

import (
	"fmt"

	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/pattern"
)

// Rearrange makes a raster of the size to whose pixel (x, y) is the one that
// source names in r, author and all; ok false leaves it transparent.
func Rearrange(r *raster.Raster, to pattern.Size, source func(x, y int) (sx, sy int, ok bool)) *raster.Raster {
	out := raster.New(to.Width, to.Height)
	for y := range to.Height {
		var row []uint16
		var who []raster.Who
		for x := range to.Width {
			sx, sy, ok := source(x, y)
			if !ok {
				continue
			}
			from := r.Row(sy)
			a := r.WhoAt(sx, sy)
			if from == nil && a == (raster.Who{}) {
				continue
			}
			if row == nil {
				row, who = out.Edit(y)
			}
			if from != nil {
				copy(row[4*x:4*x+4], from[4*sx:4*sx+4])
			}
			who[x] = a
		}
	}
	return out
}

// RearrangeMask is Rearrange for a selection; nil stays nil.
func RearrangeMask(m *raster.Mask, to pattern.Size, source func(x, y int) (sx, sy int, ok bool)) *raster.Mask {
	if m == nil {
		return nil
	}
	out := raster.NewMask(to.Width, to.Height)
	for y := range to.Height {
		for x := range to.Width {
			if sx, sy, ok := source(x, y); ok {
				out.Pix[y*to.Width+x] = m.Pix[sy*m.W+sx]
			}
		}
	}
	return out
}

// Source says which pixel of the old cell one of the new cell shows.
type Source = func(x, y int) (sx, sy int, ok bool)

// RollError reports a move that a repeat has no room for.
type RollError struct {
	Repeat pattern.Repeat
	Axis   string
}

func (e *RollError) Error() string {
	return fmt.Sprintf("layout: a %v repeat cannot be moved along %s: its edges are not joined there", e.Repeat, e.Axis)
}

// Roll moves the plane by (dx, dy) pixels under the cell. A mirror moves by
// whole cells, which turns it over; a border only along its axis. The error is
// a *RollError.
func Roll(rep pattern.Repeat, w, h, dx, dy int) (Source, error) {
	if dx != 0 && (rep.Kind == pattern.AlongY || rep.Kind == pattern.None || rep.Kind == pattern.Mirror && dx%w != 0) {
		return nil, &RollError{rep, "x"}
	}
	if dy != 0 && (rep.Kind == pattern.AlongX || rep.Kind == pattern.None || rep.Kind == pattern.Mirror && dy%h != 0) {
		return nil, &RollError{rep, "y"}
	}
	return func(x, y int) (int, int, bool) { return rep.Source(x-dx, y-dy, w, h) }, nil
}

// Flip mirrors the plane left to right, or top to bottom when down is set. A
// drop of n/d becomes one of 1-n/d.
func Flip(rep pattern.Repeat, w, h int, down bool) (Source, pattern.Repeat) {
	source := func(x, y int) (int, int, bool) { return w - 1 - x, y, true }
	if down {
		source = func(x, y int) (int, int, bool) { return x, h - 1 - y, true }
	}
	return source, complement(rep)
}

// complement is the repeat seen in a mirror.
func complement(rep pattern.Repeat) pattern.Repeat {
	if rep.Kind == pattern.HalfDrop || rep.Kind == pattern.Brick {
		n, d := rep.Drop()
		rep.N, rep.D = d-n, d
	}
	return rep
}

// Quarter turns the plane clockwise by that many quarters. A half-drop turned
// once is a brick, a border along x one along y, and a hex, which lies on its
// side then, a brick of 1/2.
func Quarter(rep pattern.Repeat, w, h, quarters int) (Source, pattern.Size, pattern.Repeat) {
	switch quarters & 3 {
	case 1:
		return func(x, y int) (int, int, bool) { return y, h - 1 - x, true }, pattern.Size{Width: h, Height: w}, across(rep)
	case 2:
		return func(x, y int) (int, int, bool) { return w - 1 - x, h - 1 - y, true }, pattern.Size{Width: w, Height: h}, rep
	case 3:
		return func(x, y int) (int, int, bool) { return w - 1 - y, x, true }, pattern.Size{Width: h, Height: w}, across(rep)
	}
	return func(x, y int) (int, int, bool) { return x, y, true }, pattern.Size{Width: w, Height: h}, rep
}

// across is the repeat turned by a quarter. With (W, s·H), (0, H) and (x, y) to
// (-y, x), the vectors are (-s·H, W) and (H, 0): a brick of 1-s. The brick
// (W, 0), (s·W, H) becomes (0, W), (-H, s·W): a drop of 1-s as well. Either way
// round, since a half turn changes no lattice.
func across(rep pattern.Repeat) pattern.Repeat {
	switch rep.Kind {
	case pattern.HalfDrop, pattern.Hex:
		n, d := rep.Drop()
		return pattern.Repeat{Kind: pattern.Brick, N: d - n, D: d}
	case pattern.Brick:
		n, d := rep.Drop()
		return pattern.Repeat{Kind: pattern.HalfDrop, N: d - n, D: d}
	case pattern.AlongX:
		return pattern.Repeat{Kind: pattern.AlongY}
	case pattern.AlongY:
		return pattern.Repeat{Kind: pattern.AlongX}
	default:
		return rep
	}
}
