package motif

import (
	"context"

	"github.com/selvage-studio/selvage/engine/edit/paint/oklab"
	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/edit/region"
)

// Ground estimates the colour of the ground, premultiplied: the mean of the
// colours that fall together with the most frequent one when each component
// keeps four bits. It is transparent where most of the layer is.
func Ground(r *raster.Raster) [4]uint16 {
	type bin struct {
		n   int
		sum [4]int
	}
	bins := make([]bin, 1<<16)
	open := 0
	for y := range r.Height() {
		row := r.Row(y)
		if row == nil {
			open += r.Width()
			continue
		}
		for k := 0; k < len(row); k += 4 {
			p := row[k : k+4]
			if p[3] == 0 {
				open++
				continue
			}
			b := &bins[int(p[0]>>12)<<12|int(p[1]>>12)<<8|int(p[2]>>12)<<4|int(p[3]>>12)]
			b.n++
			for c := range b.sum {
				b.sum[c] += int(p[c])
			}
		}
	}
	best := &bins[0]
	for i := range bins {
		if bins[i].n > best.n {
			best = &bins[i]
		}
	}
	if best.n <= open {
		return [4]uint16{}
	}
	var p [4]uint16
	for c := range p {
		p[c] = uint16((best.sum[c] + best.n/2) / best.n)
	}
	return p
}

// Mask is every pixel that differs from the ground by more than tolerance: in
// OKLab where both are opaque (0.02 is just noticeable), and by its coverage
// over a transparent ground.
func Mask(ctx context.Context, r *raster.Raster, ground [4]uint16, tolerance float64) (*region.Mask, error) {
	m := region.NewMask(r.Width(), r.Height())
	var cache oklab.Cache
	of := func(p []uint16) oklab.Color {
		a := uint32(p[3])
		return cache.Of(uint16(raster.Unpremultiply(uint32(p[0]), a)), uint16(raster.Unpremultiply(uint32(p[1]), a)), uint16(raster.Unpremultiply(uint32(p[2]), a)))
	}
	base := of(ground[:])
	cover := uint16(min(tolerance, 1) * raster.Opaque)
	for y := range m.H {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		row := r.Row(y)
		in := m.In[y*m.W : (y+1)*m.W]
		if row == nil {
			for x := range in {
				in[x] = ground[3] > cover
			}
			continue
		}
		var last [4]uint16
		same := false
		for x := range in {
			p := [4]uint16(row[4*x : 4*x+4])
			if x > 0 && p == last {
				in[x] = same
				continue
			}
			d := max(p[3], ground[3]) - min(p[3], ground[3])
			same = d > cover || ground[3] != 0 && p[3] != 0 && oklab.Distance(of(p[:]), base) > tolerance
			in[x], last = same, p
		}
	}
	return m, nil
}
