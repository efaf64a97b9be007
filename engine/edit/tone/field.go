package tone

import (
	"context"
	"runtime"
	"sync"

	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/pattern"
)

// hollow marks a sample of a field that is more transparent than not.
const hollow = 1 << 24

// field is the colours of a cell in 8 bit, 0xRRGGBB, with a margin of reach
// samples of the plane around it, so that neighbours are found without asking
// the lattice.
type field struct {
	w, h, stride int
	px           []uint32 // (h+2·reach) rows of stride
	rep          pattern.Repeat
}

// at is the place of sample (x, y) of the cell.
func (f *field) at(x, y int) int { return (y+reach)*f.stride + x + reach }

func newField(ctx context.Context, r *raster.Raster, rep pattern.Repeat) (*field, error) {
	f := &field{w: r.Width(), h: r.Height(), rep: rep}
	f.stride = f.w + 2*reach
	f.px = make([]uint32, f.stride*(f.h+2*reach))
	err := rows(ctx, f.h, func(_, y int) {
		dst := f.px[f.at(0, y):][:f.w]
		row := r.Row(y)
		if row == nil {
			for x := range dst {
				dst[x] = hollow
			}
			return
		}
		for x := range dst {
			dst[x] = pack(row[4*x : 4*x+4 : 4*x+4])
		}
	})
	if err != nil {
		return nil, err
	}
	wrap(f.px, f.w, f.h, rep)
	return f, nil
}

// pack rounds a premultiplied pixel to 0xRRGGBB.
func pack(p []uint16) uint32 {
	a := uint32(p[3])
	r, g, b := uint32(p[0]), uint32(p[1]), uint32(p[2])
	if a != raster.Opaque {
		if a <= raster.Opaque/2 {
			return hollow
		}
		r, g, b = raster.Unpremultiply(r, a), raster.Unpremultiply(g, a), raster.Unpremultiply(b, a)
	}
	return eight(r)<<16 | eight(g)<<8 | eight(b)
}

// eight rounds 0..65535 to 0..255: v/257 to nearest.
func eight(v uint32) uint32 { return (v*255 + 32895) >> 16 }

// wrap fills the margin of a plane of samples from the lattice; where the plane is
// empty, the outermost samples go on.
func wrap[T any](px []T, w, h int, rep pattern.Repeat) {
	stride := w + 2*reach
	set := func(x, y int) {
		cx, cy, ok := rep.Source(x, y, w, h)
		if !ok {
			cx, cy, ok = rep.Source(min(max(x, 0), w-1), y, w, h)
		}
		if !ok {
			cx, cy, ok = rep.Source(x, min(max(y, 0), h-1), w, h)
		}
		if !ok {
			cx, cy = min(max(x, 0), w-1), min(max(y, 0), h-1)
		}
		px[(y+reach)*stride+x+reach] = px[(cy+reach)*stride+cx+reach]
	}
	for y := -reach; y < h+reach; y++ {
		if y < 0 || y >= h {
			for x := -reach; x < w+reach; x++ {
				set(x, y)
			}
			continue
		}
		for k := range reach {
			set(k-reach, y)
			set(w+k, y)
		}
	}
}

// rows calls do(worker, y) for every row, on all processors; do may write what
// belongs to its row or its worker. There are at most workers() of them.
func rows(ctx context.Context, h int, do func(worker, y int)) error {
	const chunk = raster.BandRows
	var next int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for k := range workers() {
		wg.Go(func() {
			for ctx.Err() == nil {
				mu.Lock()
				y := next
				next += chunk
				mu.Unlock()
				if y >= h {
					return
				}
				for end := min(y+chunk, h); y < end; y++ {
					do(k, y)
				}
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

func workers() int { return min(runtime.GOMAXPROCS(0), 16) }
