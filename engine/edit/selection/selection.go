// Package selection finds what the operations of a pattern are limited to: a
// coverage for every pixel of the cell, drawn by outlines, by colour or by
// spreading from a point, on the lattice as everything is.
//
//	wand, err := selection.Wand(ctx, layer, repeat, x, y, 0.05, true)
//	both := selection.Combine(size, before, wand, selection.Add)
//	soft, err := selection.Feather(ctx, both, repeat, 3)
//
// Masks are not changed once they are made; nil stands for no selection, which
// limits nothing.
package selection

import (
	"context"
	"fmt"

	"github.com/selvage-studio/selvage/engine/edit/paint/coverage"
	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/pattern"
)

// Mode is how a new selection meets the one before.
type Mode string

// The modes. The operations are those of fuzzy sets (Zadeh: the greater, the
// lesser, the rest), so that adding or taking twice is the same as once.
const (
	Replace   Mode = "replace"
	Add       Mode = "add"
	Subtract  Mode = "subtract"
	Intersect Mode = "intersect"
)

// Combine brings a new selection to the one before. Where there was none, Add
// begins one, and Subtract and Intersect start from everything.
func Combine(size pattern.Size, have, with *raster.Mask, mode Mode) *raster.Mask {
	if with == nil {
		with = Invert(size, raster.NewMask(size.Width, size.Height))
	}
	if mode == Subtract {
		with = Invert(size, with)
	}
	if have == nil || mode == Replace {
		return with
	}
	out := raster.NewMask(size.Width, size.Height)
	for i, v := range with.Pix {
		if mode == Add {
			out.Pix[i] = max(have.Pix[i], v)
		} else {
			out.Pix[i] = min(have.Pix[i], v)
		}
	}
	return out
}

// Invert selects what m does not. The inverse of no selection is nothing.
func Invert(size pattern.Size, m *raster.Mask) *raster.Mask {
	out := raster.NewMask(size.Width, size.Height)
	if m == nil {
		return out
	}
	for i, v := range m.Pix {
		out.Pix[i] = raster.Opaque - v
	}
	return out
}

// Outline selects the inside of a path, its edge antialiased; of a path that
// crosses itself what EvenOdd says. Errors are those of Coverage.Fill.
func Outline(ctx context.Context, size pattern.Size, repeat pattern.Repeat, p coverage.Path) (*raster.Mask, error) {
	c := coverage.New(size, repeat)
	if err := c.Fill(ctx, []coverage.Path{p}, coverage.EvenOdd); err != nil {
		return nil, err
	}
	return c.Mask(), nil
}

// OutsideError reports a point where the repeat leaves the plane empty.
type OutsideError struct{ X, Y int }

func (e *OutsideError) Error() string {
	return fmt.Sprintf("selection: (%d, %d) lies outside of the pattern", e.X, e.Y)
}
