// Package coverage finds how much of each pixel of a cell a tool covers. Tools
// work on the plane, where lines run on across the edges of cells; what they
// cover there is gathered in the cell, through the lattice.
//
//	c := coverage.New(size, repeat)
//	star := coverage.Polygon(points)
//	err := c.Fill(ctx, []coverage.Path{star}, coverage.NonZero)
//	row, from, to := c.Row(y)
//
// # Coordinates
//
// Points are whole numbers of 1/256 of a pixel (One), rounded once when they come
// in. Everything after that is integers, or differences of points in exact
// floating point: a tool that is moved by a vector of the lattice covers the
// same pixels by the same amounts, bit for bit.
//
// # What meets itself
//
// A shape wider than the cell meets pixels more than once. What it covers of a
// pixel is then added up, to at most all of it: a stripe exactly as wide as the
// cell closes without a seam, even where its edges cut pixels.
package coverage

import (
	"fmt"
	"image"
	"math"

	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/pattern"
)

const (
	// One is a pixel, in the units of Point.
	One = 256
	// Furthest is how many pixels from the origin a point may lie.
	Furthest = 1_000_000
)

// Point is a place on the plane, in 1/One of a pixel.
type Point struct{ X, Y int64 }

// Units rounds a length in pixels to 1/One.
func Units(pixels float64) int64 { return int64(math.Floor(float64(pixels*One) + 0.5)) }

// At is the point nearest to (x, y) in pixels.
func At(x, y float64) Point { return Point{Units(x), Units(y)} }

// Coverage is what a tool covers of a cell: 0 to 65535 for each pixel, kept for
// the bands that it met. It is not safe for use by several goroutines.
type Coverage struct {
	w, h   int
	repeat pattern.Repeat
	bands  [][]uint16
	from   []int // for each row the pixels that were met: from <= x < to
	to     []int
}

// New covers nothing yet of a cell of that size.
func New(size pattern.Size, repeat pattern.Repeat) *Coverage {
	return &Coverage{
		w: size.Width, h: size.Height, repeat: repeat,
		bands: make([][]uint16, (size.Height+raster.BandRows-1)/raster.BandRows),
		from:  make([]int, size.Height), to: make([]int, size.Height),
	}
}

// Size is the cell's.
func (c *Coverage) Size() pattern.Size { return pattern.Size{Width: c.w, Height: c.h} }

// Repeat is how the cell repeats.
func (c *Coverage) Repeat() pattern.Repeat { return c.repeat }

// Row returns row y of the cell, and between which pixels it may be covered; nil
// where it is not. It stays valid and sees what is added later.
func (c *Coverage) Row(y int) (row []uint16, from, to int) {
	if c.to[y] == 0 {
		return nil, 0, 0
	}
	at := y % raster.BandRows * c.w
	return c.bands[y/raster.BandRows][at : at+c.w], c.from[y], c.to[y]
}

// Met returns row y for writing and says that pixels from to to are met.
func (c *Coverage) Met(y, from, to int) []uint16 {
	i := y / raster.BandRows
	if c.bands[i] == nil {
		c.bands[i] = make([]uint16, c.w*min(raster.BandRows, c.h-i*raster.BandRows))
	}
	if c.to[y] == 0 {
		c.from[y], c.to[y] = from, to
	} else {
		c.from[y], c.to[y] = min(c.from[y], from), max(c.to[y], to)
	}
	at := y % raster.BandRows * c.w
	return c.bands[i][at : at+c.w]
}

// Run calls visit for the runs of the cell that lie at the n pixels of row y of
// the plane from x on.
func (c *Coverage) Run(x, y, n int, visit func(raster.Span)) {
	raster.Spans(c.w, c.h, c.repeat, image.Rect(x, y, x+n, y+1), visit)
}

// add gathers a row of the plane.
func (c *Coverage) add(x, y int, amounts []uint16) {
	for len(amounts) > 0 && amounts[0] == 0 {
		x, amounts = x+1, amounts[1:]
	}
	for len(amounts) > 0 && amounts[len(amounts)-1] == 0 {
		amounts = amounts[:len(amounts)-1]
	}
	c.Run(x, y, len(amounts), func(s raster.Span) {
		from, to := Cells(s)
		row := c.Met(s.CY, from, to)
		at := s.CX
		for _, v := range amounts[s.X-x : s.X-x+s.N] {
			row[at] = uint16(min(raster.Opaque, uint32(row[at])+uint32(v)))
			at += s.Step
		}
	})
}

// Cells is the pixels of a span as a half-open interval of its row of the cell.
func Cells(s raster.Span) (from, to int) {
	if s.Step < 0 {
		return s.CX - s.N + 1, s.CX + 1
	}
	return s.CX, s.CX + s.N
}

// Mask is the coverage as a selection.
func (c *Coverage) Mask() *raster.Mask {
	m := raster.NewMask(c.w, c.h)
	for y := range c.h {
		if row, from, to := c.Row(y); row != nil {
			copy(m.Row(y)[from:to], row[from:to])
		}
	}
	return m
}

// SizeError reports a shape that reaches over more of the plane than can be gathered.
type SizeError struct {
	Width, Height int64 // pixels
}

func (e *SizeError) Error() string {
	return fmt.Sprintf("coverage: a shape of %d x %d pixels is more than can be drawn at once; at most %d million pixels",
		e.Width, e.Height, mostPixels>>20)
}
