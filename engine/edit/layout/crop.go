package layout

import (
	"context"
	"fmt"
	"image"
	"math"

	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/edit/warp"
	"github.com/selvage-studio/selvage/engine/pattern"
)

// Crop is a cell in a picture: a parallelogram with its corner at Origin, along
// Across and Down, points and vectors in pixels of the picture, that becomes a
// cell of Size.
type Crop struct {
	Origin [2]float64
	Across [2]float64
	Down   [2]float64
	Size   pattern.Size
}

// CropError reports a cell that does not lie in the picture.
type CropError struct{ Reason string }

func (e *CropError) Error() string { return "layout: the crop " + e.Reason }

// Check reports whether the crop lies in a picture of w x h; a third of a
// percent may be outside, as rounding makes it. The error is a *CropError.
func (c Crop) Check(w, h int) error {
	det := float64(c.Across[0]*c.Down[1]) - float64(c.Across[1]*c.Down[0])
	if !(det >= 1) {
		return &CropError{"has no area, or is seen from behind: give its side across and its side down, to the right and downwards"}
	}
	slack := float64(max(w, h))/300 + 1
	for _, f := range [4][2]float64{{0, 0}, {1, 0}, {0, 1}, {1, 1}} {
		x := c.Origin[0] + float64(f[0]*c.Across[0]) + float64(f[1]*c.Down[0])
		y := c.Origin[1] + float64(f[0]*c.Across[1]) + float64(f[1]*c.Down[1])
		if !(x >= -slack && y >= -slack && x <= float64(w)+slack && y <= float64(h)+slack) {
			return &CropError{fmt.Sprintf("has a corner at (%.1f, %.1f), outside of the picture of %d x %d", x, y, w, h)}
		}
	}
	return nil
}

// Cut samples the crop out of the plane as it lies there, without wrapping; an
// upright crop by whole pixels at its own size keeps its bytes. The error is a
// *CropError or ctx's.
func Cut(ctx context.Context, r *raster.Raster, c Crop) (*raster.Raster, error) {
	if err := c.Check(r.Width(), r.Height()); err != nil {
		return nil, err
	}
	length := func(v [2]float64) float64 { return math.Sqrt(float64(v[0]*v[0]) + float64(v[1]*v[1])) }
	w, h := float64(c.Size.Width), float64(c.Size.Height)
	win := warp.Lay(r, pattern.Repeat{Kind: pattern.None}, image.Rect(0, 0, r.Width(), r.Height()))
	s := warp.NewSampler(win, length(c.Across)/w, length(c.Down)/h)
	s.Clamp = true
	out := raster.New(c.Size.Width, c.Size.Height)
	for y := range c.Size.Height {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		v := (float64(y) + 0.5) / h
		row, who := out.Edit(y)
		for x := range c.Size.Width {
			u := (float64(x) + 0.5) / w
			px := c.Origin[0] + (float64(u*c.Across[0]) + float64(v*c.Down[0]))
			py := c.Origin[1] + (float64(u*c.Across[1]) + float64(v*c.Down[1]))
			p := s.At(px, py)
			copy(row[4*x:4*x+4], p[:])
			who[x] = s.Who(px, py)
		}
	}
	return out, nil
}

// Upright reports whether the crop only chooses pixels and mixes none.
func (c Crop) Upright() bool {
	w, h := float64(c.Size.Width), float64(c.Size.Height)
	return c.Across == [2]float64{w, 0} && c.Down == [2]float64{0, h} &&
		c.Origin[0] == math.Floor(c.Origin[0]) && c.Origin[1] == math.Floor(c.Origin[1])
}
