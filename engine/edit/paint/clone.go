package paint

import (
	"image"

	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/pattern"
)

// copied is the ink of a clone: what lies at a fixed step on the plane.
type copied struct {
	from   *raster.Raster
	repeat pattern.Repeat
	by     image.Point
}

// Copy is the ink of a clone stroke that begins at start, in pixels of the
// plane: each pixel is that of from which lies by away. from has the target's size
// and is not edited while the ink is in use; pass a Clone where a layer is copied
// to itself, which is then copied as it was before.
//
// In a mirror the step is as it looks where the stroke begins; across an axis
// it is reflected as everything there is.
func Copy(from *raster.Raster, repeat pattern.Repeat, start Point, by image.Point) Ink {
	if repeat.Kind == pattern.Mirror {
		p := start.Rounded()
		if odd(p.X, from.Width()) {
			by.X = -by.X
		}
		if odd(p.Y, from.Height()) {
			by.Y = -by.Y
		}
	}
	return Ink{picture: &copied{from, repeat, by}}
}

// odd reports a place in one of the reflected cells.
func odd(v float64, side int) bool {
	return pattern.FloorDiv(pattern.FloorDiv(int64(v*256), 256), int64(side))&1 != 0
}

func (c *copied) row(y, from, to int, dst []uint16) {
	clear(dst)
	x0 := from + c.by.X
	window := image.Rect(x0, y+c.by.Y, x0+to-from, y+c.by.Y+1)
	raster.Spans(c.from.Width(), c.from.Height(), c.repeat, window, func(s raster.Span) {
		row := c.from.Row(s.CY)
		if row == nil {
			return
		}
		out := dst[4*(s.X-x0) : 4*(s.X-x0+s.N)]
		if s.Step > 0 {
			copy(out, row[4*s.CX:])
			return
		}
		for k := range s.N {
			copy(out[4*k:4*k+4], row[4*(s.CX-k):])
		}
	})
}

func (c *copied) who(x, y int) (raster.Who, bool) {
	sx, sy, ok := c.repeat.Source(x+c.by.X, y+c.by.Y, c.from.Width(), c.from.Height())
	if !ok {
		return raster.Who{}, true
	}
	return c.from.WhoAt(sx, sy), true
}
