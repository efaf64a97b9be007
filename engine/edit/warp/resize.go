package warp

import (
	"context"
	"math"

	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/edit/raster/exact"
	"github.com/selvage-studio/selvage/engine/pattern"
)

// Resize brings a cell to another size over the plane of its repeat, so that
// what joined before joins after. The kernel is Lanczos with three lobes (C.
// Duchon, "Lanczos filtering in one and two dimensions", Journal of Applied
// Meteorology 18, 1979), widened where the picture shrinks. Where the plane
// ends, as beside a border, the outermost pixels go on. Authors are those of
// the nearest pixel. The error is a *pattern.SizeError where the shift of the
// repeat is not whole at either size, or ctx's.
func Resize(ctx context.Context, r *raster.Raster, rep pattern.Repeat, to pattern.Size) (*raster.Raster, error) {
	w, h := r.Width(), r.Height()
	from := pattern.Size{Width: w, Height: h}
	// A hex may be off √3 : 2 by any rounding: only its shift has to be whole.
	lattice := pattern.Lattice{Repeat: rep, Stride: 1}
	if rep.Kind == pattern.Hex {
		lattice.Repeat = pattern.Repeat{Kind: pattern.HalfDrop}
	}
	for _, s := range []pattern.Size{from, to} {
		if err := lattice.Check(s); err != nil {
			return nil, err
		}
	}
	if from == to {
		return r.Clone(), nil
	}
	tx, ty := lanczos(w, to.Width), lanczos(h, to.Height)
	out := raster.New(to.Width, to.Height)
	// Rows of the plane, already as wide as the result, kept as long as the
	// kernel reaches.
	rows := make(map[int][]int32)
	row := func(y int) []int32 {
		if got, ok := rows[y]; ok {
			return got
		}
		var dst []int32
		for k := range rows {
			// Any row that no further line needs gives its memory; which one does
			// not matter.
			if k < y-ty.longest {
				dst = rows[k]
				delete(rows, k)
				break
			}
		}
		if dst == nil {
			dst = make([]int32, 4*to.Width)
		}
		tx.row(dst, r, rep, y)
		rows[y] = dst
		return dst
	}
	lines := make([][]int32, 0, 2*ty.longest)
	for y := range to.Height {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		lines = lines[:0]
		for k := range ty.weight[y] {
			lines = append(lines, row(ty.first[y]+k))
		}
		blank := true
		for _, l := range lines {
			blank = blank && l[0] == never
		}
		sy := int(math.Floor((float64(y) + 0.5) / float64(to.Height) * float64(h)))
		who, all := r.WhoRow(sy)
		if blank && who == nil && all == (raster.Who{}) {
			continue
		}
		dst, dstWho := out.Edit(y)
		for x := range to.Width {
			var sum [4]int64
			for k, wy := range ty.weight[y] {
				if l := lines[k]; l[0] != never {
					for c := range sum {
						sum[c] += wy * int64(l[4*x+c])
					}
				}
			}
			p := premultiplied(sum, 26)
			copy(dst[4*x:4*x+4], p[:])
			dstWho[x] = all
			if who != nil {
				dstWho[x] = who[int(math.Floor((float64(x)+0.5)/float64(to.Width)*float64(w)))]
			}
		}
	}
	return out, nil
}

// never marks a line of the plane that is transparent, in its first value.
const never = math.MinInt32

// taps are the weights of a kernel for every sample of the result.
type taps struct {
	first   []int
	weight  [][]int64
	longest int
}

func lanczos(from, to int) *taps {
	scale := float64(from) / float64(to)
	wide := max(scale, 1)
	const lobes = 3
	reach := float64(lobes * wide)
	t := &taps{first: make([]int, to), weight: make([][]int64, to)}
	for i := range to {
		at := float64((float64(i)+0.5)*scale) - 0.5
		first, last := int(math.Ceil(at-reach)), int(math.Floor(at+reach))
		f := make([]float64, last-first+1)
		sum := 0.0
		for k := range f {
			x := (float64(first+k) - at) / wide
			f[k] = float64(sinc(x) * sinc(x/lobes))
			sum += f[k]
		}
		w := make([]int64, len(f))
		rest, largest := int64(unit), 0
		for k := range w {
			w[k] = int64(math.Floor(float64(f[k]/sum*unit) + 0.5))
			rest -= w[k]
			if w[k] > w[largest] {
				largest = k
			}
		}
		w[largest] += rest
		t.first[i], t.weight[i] = first, w
		t.longest = max(t.longest, len(w))
	}
	return t
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	sin, _ := exact.Sincos(float64(math.Pi * x))
	return sin / float64(math.Pi*x)
}

// row computes line y of the plane as wide as the result, in 1/64 of a level.
func (t *taps) row(dst []int32, r *raster.Raster, rep pattern.Repeat, y int) {
	w, h := r.Width(), r.Height()
	if rep.Kind == pattern.AlongX || rep.Kind == pattern.None {
		y = min(max(y, 0), h-1)
	}
	flat := rep.Kind == pattern.AlongY || rep.Kind == pattern.None
	// One place is enough to know the row of the cell, except where rows of the
	// plane run through several.
	if _, cy, ok := rep.Source(0, y, w, h); ok && rep.Kind != pattern.HalfDrop && rep.Kind != pattern.Hex && r.Row(cy) == nil {
		dst[0] = never
		return
	}
	margin := t.longest + 1
	line := make([]uint16, 4*(w+2*margin))
	for x := -margin; x < w+margin; x++ {
		sx := x
		if flat {
			sx = min(max(sx, 0), w-1)
		}
		if cx, cy, ok := rep.Source(sx, y, w, h); ok {
			if src := r.Row(cy); src != nil {
				copy(line[4*(x+margin):4*(x+margin)+4], src[4*cx:4*cx+4])
			}
		}
	}
	for x := range t.weight {
		var sum [4]int64
		at := 4 * (t.first[x] + margin)
		for k, v := range t.weight[x] {
			p := line[at+4*k : at+4*k+4]
			for c := range sum {
				sum[c] += v * int64(p[c])
			}
		}
		for c := range sum {
			dst[4*x+c] = int32((sum[c] + 1<<13) >> 14)
		}
	}
}
