package synthesis

import (
	"context"
	"errors"
	"image"

	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/edit/region"
	"github.com/selvage-studio/selvage/engine/pattern"
)

// Options say how a hole is filled. The zero value is good.
type Options struct {
	Seed uint64
	// From limits what may be copied, as to the ground behind a motif; nil is
	// everything outside of the hole.
	From *region.Mask
}

// ErrNoSource says that nothing is left to copy from.
var ErrNoSource = errors.New("synthesis: the hole leaves nothing to fill it from")

// Fill replaces the pixels of hole, and no others, in r. The error is
// ErrNoSource or ctx's; r is then unchanged.
func Fill(ctx context.Context, r *raster.Raster, rep pattern.Repeat, hole *region.Mask, o Options) error {
	w, h := r.Width(), r.Height()
	// Pieces that are near each other are filled together, so that what crosses
	// both fits.
	pieces, err := region.All(ctx, hole, rep, 4*maxRadius)
	if err != nil {
		return err
	}
	allowed := func(i int) bool { return !hole.In[i] && (o.From == nil || o.From.In[i]) }
	type copied struct{ to, from int }
	var done []copied
	whole := false
	for n, piece := range pieces {
		// A small hole is filled from its surroundings: a window of the plane that
		// holds every pixel of the cell at most once. A copy from there is as good,
		// and the rest of a large cell need not be looked at.
		win, fits := surroundings(piece, rep, w, h)
		if fits {
			d := newDomain(win.Dx(), win.Dy(), pattern.Repeat{Kind: pattern.None})
			cell := make([]int, win.Dx()*win.Dy())
			raster.Spans(w, h, rep, win, func(s raster.Span) {
				at := (s.Y-win.Min.Y)*win.Dx() + s.X - win.Min.X
				row := r.Row(s.CY)
				for k := range s.N {
					c := s.CX + k*s.Step
					cell[at+k] = s.CY*w + c
					d.set(at+k, row, c)
					d.hole[at+k] = piece.Has(image.Pt(s.X+k, s.Y))
					d.source[at+k] = allowed(cell[at+k])
				}
			})
			from, err := d.fill(ctx, o.Seed+uint64(n))
			if err == nil {
				for i, s := range from {
					if d.hole[i] {
						done = append(done, copied{cell[i], cell[s]})
					}
				}
				continue
			}
			if !errors.Is(err, ErrNoSource) {
				return err
			}
		}
		whole = true
		break
	}
	if whole {
		done = done[:0]
		d := newDomain(w, h, rep)
		for y := range h {
			row := r.Row(y)
			for x := range w {
				i := y*w + x
				d.set(i, row, x)
				d.hole[i] = hole.In[i]
				d.source[i] = allowed(i)
			}
		}
		from, err := d.fill(ctx, o.Seed)
		if err != nil {
			return err
		}
		for i, s := range from {
			if d.hole[i] {
				done = append(done, copied{i, int(s)})
			}
		}
	}
	for _, c := range done {
		p, a := r.At(c.from%w, c.from/w), r.WhoAt(c.from%w, c.from/w)
		row, who := r.Edit(c.to / w)
		copy(row[4*(c.to%w):4*(c.to%w)+4], p[:])
		who[c.to%w] = a
	}
	return nil
}

// surroundings is the window from which a piece is filled; fits is false where
// that would be the whole cell or more.
func surroundings(piece *region.Region, rep pattern.Repeat, w, h int) (win image.Rectangle, fits bool) {
	if piece.RunsOn || rep.Kind == pattern.Mirror {
		return image.Rectangle{}, false
	}
	b := piece.Bounds
	margin := max(64, b.Dx(), b.Dy())
	win = b.Inset(-margin)
	if !rep.WrapsY() {
		win.Min.Y, win.Max.Y = max(win.Min.Y, 0), min(win.Max.Y, h)
	}
	if !rep.WrapsX() {
		win.Min.X, win.Max.X = max(win.Min.X, 0), min(win.Max.X, w)
	}
	return win, win.Dx() < w && win.Dy() < h
}
