package session

import (
	"context"

	"github.com/selvage-studio/selvage/engine/edit"
	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/edit/tone"
	"github.com/selvage-studio/selvage/engine/pattern"
)

// resize brings a raster to another size over the plane of its repeat.
func resize(ctx context.Context, r *raster.Raster, rep pattern.Repeat, to pattern.Size) (*raster.Raster, error) {
	if r.Width() == to.Width && r.Height() == to.Height {
		return r, nil
	}
	w, h := r.Width(), r.Height()
	out := raster.New(to.Width, to.Height)
	plane := make([]float32, w*h)
	// One component at a time: four of a large cell take a gigabyte.
	for c := range 4 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for y := range h {
			row := r.Row(y)
			for x := range w {
				plane[y*w+x] = 0
				if row != nil {
					plane[y*w+x] = float32(row[4*x+c])
				}
			}
		}
		big, err := pattern.Resample(plane, 1, w, h, rep, to)
		if err != nil {
			return nil, err
		}
		for y := range to.Height {
			row := out.EditPixels(y)
			for x := range to.Width {
				row[4*x+c] = uint16(min(max(big[y*to.Width+x]+0.5, 0), 65535))
			}
		}
	}
	for y := range to.Height {
		row := out.EditPixels(y)
		for k := 0; k < len(row); k += 4 {
			// The kernel overshoots each component for itself.
			row[k], row[k+1], row[k+2] = min(row[k], row[k+3]), min(row[k+1], row[k+3]), min(row[k+2], row[k+3])
		}
	}
	return out, nil
}

// rows are those of a raster, whose empty ones are nil.
func rows(r *raster.Raster) func(y int) []uint16 {
	empty := make([]uint16, 4*r.Width())
	return func(y int) []uint16 {
		if row := r.Row(y); row != nil {
			return row
		}
		return empty
	}
}

// wholeIndex is the position of every pixel of a locked pattern. What shows nothing
// is the ground where that is the cloth.
func wholeIndex(ctx context.Context, s *edit.State) ([]uint8, error) {
	index, err := s.Index(ctx)
	if err != nil {
		return nil, err
	}
	for i, p := range index {
		if p != tone.Clear {
			continue
		}
		if !s.Locked.Cloth {
			return nil, usage("the pixel at %d, %d shows nothing, and the ground is printed; fill it, or lock the palette again", i%s.Size.Width, i/s.Size.Width)
		}
		index[i] = 0
	}
	return index, nil
}

// resizeIndex enlarges or shrinks an index plane: each position is resampled as a
// coverage, and every pixel becomes the one that covers it most. Edges stay clean
// and no other position appears between two.
func resizeIndex(ctx context.Context, index []uint8, from pattern.Size, n int, rep pattern.Repeat, to pattern.Size) ([]uint8, error) {
	if from == to {
		return index, nil
	}
	out := make([]uint8, to.Width*to.Height)
	most := make([]float32, len(out))
	plane := make([]float32, len(index))
	for p := range n {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for i, v := range index {
			plane[i] = 0
			if int(v) == p {
				plane[i] = 1
			}
		}
		cover, err := pattern.Resample(plane, 1, from.Width, from.Height, rep, to)
		if err != nil {
			return nil, err
		}
		for i, c := range cover {
			if p == 0 || c > most[i] {
				most[i], out[i] = c, uint8(p)
			}
		}
	}
	return out, nil
}
