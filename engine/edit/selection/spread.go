package selection

import (
	"context"
	"image"
	"math"

	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/edit/raster/exact"
	"github.com/selvage-studio/selvage/engine/pattern"
)

// Limits of what moves or softens an edge, in pixels.
const (
	WidestGrowth  = 256
	WidestFeather = 256
)

// plane is the selection on the plane around the cell, margin pixels to all
// sides. Where the repeat leaves the plane empty, the border of the cell goes on:
// an edge of the cloth is no edge of the selection.
func plane(m *raster.Mask, repeat pattern.Repeat, margin int) (pix []uint16, stride int) {
	stride = m.W + 2*margin
	pix = make([]uint16, stride*(m.H+2*margin))
	wrapsX := repeat.Kind != pattern.None && repeat.Kind != pattern.AlongY
	wrapsY := repeat.Kind != pattern.None && repeat.Kind != pattern.AlongX
	for y := -margin; y < m.H+margin; y++ {
		from := y
		if !wrapsY {
			from = min(max(y, 0), m.H-1)
		}
		row := pix[(y+margin)*stride : (y+margin+1)*stride]
		raster.Spans(m.W, m.H, repeat, image.Rect(-margin, from, m.W+margin, from+1), func(s raster.Span) {
			source := m.Row(s.CY)
			for k := range s.N {
				row[s.X+margin+k] = source[s.CX+k*s.Step]
			}
		})
		if !wrapsX {
			for k := range margin {
				row[k], row[stride-1-k] = row[margin], row[stride-1-margin]
			}
		}
	}
	return pix, stride
}

// Grow moves the edge of a selection outwards by a number of pixels, round at
// corners (a dilation by a disc); a negative number moves it inwards. At most
// WidestGrowth either way. The error is ctx's.
func Grow(ctx context.Context, m *raster.Mask, repeat pattern.Repeat, by int) (*raster.Mask, error) {
	switch {
	case m == nil || by == 0:
		return m, nil
	case by > 0:
		return dilate(ctx, m, repeat, min(by, WidestGrowth))
	}
	size := pattern.Size{Width: m.W, Height: m.H}
	outside, err := dilate(ctx, Invert(size, m), repeat, min(-by, WidestGrowth))
	if err != nil {
		return nil, err
	}
	return Invert(size, outside), nil
}

func dilate(ctx context.Context, m *raster.Mask, repeat pattern.Repeat, r int) (*raster.Mask, error) {
	pix, stride := plane(m, repeat, r)
	rows := len(pix) / stride
	flat := make([]bool, rows) // rows of one value are their own maxima
	for y := range flat {
		row := pix[y*stride : (y+1)*stride]
		flat[y] = true
		for _, v := range row {
			if v != row[0] {
				flat[y] = false
				break
			}
		}
	}
	out := raster.NewMask(m.W, m.H)
	wide := newMaxima(stride)
	for y := range m.H {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		to := out.Row(y)
		for dy := -r; dy <= r; dy++ {
			at := y + r + dy
			row := pix[at*stride : (at+1)*stride]
			if flat[at] {
				if v := row[0]; v != 0 {
					for x := range to {
						to[x] = max(to[x], v)
					}
				}
				continue
			}
			// The disc of radius r+½, so that it is round when it is small as well.
			half := int(math.Sqrt(float64(r*r + r - dy*dy)))
			for x, v := range wide.of(row, half)[r : r+m.W] {
				to[x] = max(to[x], v)
			}
		}
	}
	return out, nil
}

// maxima finds the greatest value within half pixels to both sides, at three
// comparisons a pixel however wide (M. van Herk, "A fast algorithm for local
// minimum and maximum filters on rectangular and octagonal kernels", 1992).
type maxima struct{ ahead, behind, out []uint16 }

func newMaxima(n int) *maxima {
	return &maxima{make([]uint16, n), make([]uint16, n), make([]uint16, n)}
}

// of is valid but for half pixels at both ends, and until the next call.
func (m *maxima) of(row []uint16, half int) []uint16 {
	if half == 0 {
		return row
	}
	n, block := len(row), 2*half+1
	for from := 0; from < n; from += block {
		in := row[from:min(from+block, n)]
		ahead, behind := m.ahead[from:from+len(in)], m.behind[from:from+len(in)]
		var most uint16
		for i, v := range in {
			most = max(most, v)
			ahead[i] = most
		}
		most = 0
		for i := len(in) - 1; i >= 0; i-- {
			most = max(most, in[i])
			behind[i] = most
		}
	}
	behind, ahead, out := m.behind[:n-2*half], m.ahead[2*half:n], m.out[half:n-half]
	for i := range out {
		out[i] = max(behind[i], ahead[i])
	}
	return m.out
}

// Feather softens the edge of a selection by a Gaussian whose standard deviation
// is radius pixels, at most WidestFeather; what crosses an edge of the cell comes
// in at the other side. The error is ctx's.
func Feather(ctx context.Context, m *raster.Mask, repeat pattern.Repeat, radius float64) (*raster.Mask, error) {
	if m == nil || radius <= 0 {
		return m, nil
	}
	weights := gaussian(min(radius, WidestFeather))
	reach := len(weights) - 1
	pix, stride := plane(m, repeat, reach)
	rows := len(pix) / stride

	across := make([]uint16, rows*m.W)
	for y := range rows {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		blur(across[y*m.W:(y+1)*m.W], pix[y*stride:(y+1)*stride], weights)
	}
	out := raster.NewMask(m.W, m.H)
	// Down, row by row: changed[x] is the last row, of those in reach, whose value
	// differs from the one above it. Where there is none, all are the same, and so is
	// their mean.
	changed := make([]int, m.W)
	note := func(t int) {
		if t == 0 || t >= rows {
			return
		}
		above, row := across[(t-1)*m.W:t*m.W], across[t*m.W:(t+1)*m.W]
		for x, v := range row {
			if v != above[x] {
				changed[x] = t
			}
		}
	}
	for t := range 2 * reach {
		note(t)
	}
	sums := make([]uint32, m.W)
	for y := range m.H {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		note(y + 2*reach)
		to, middle := out.Row(y), across[(y+reach)*m.W:(y+reach+1)*m.W]
		copy(to, middle)
		for from := 0; from < m.W; {
			if changed[from] <= y {
				from++
				continue
			}
			end := from + 1
			for end < m.W && changed[end] > y {
				end++
			}
			s := sums[from:end]
			for i, v := range middle[from:end] {
				s[i] = 1<<15 + weights[0]*uint32(v)
			}
			for k := 1; k <= reach; k++ {
				up, down := (y+reach-k)*m.W, (y+reach+k)*m.W
				a, b, weight := across[up+from:up+end], across[down+from:down+end], weights[k]
				for i := range s {
					s[i] += weight * (uint32(a[i]) + uint32(b[i]))
				}
			}
			for i, v := range s {
				to[from+i] = uint16(v >> 16)
			}
			from = end
		}
	}
	return out, nil
}

// blur is the weighted mean along a row; in reaches beyond out to both sides.
func blur(out, in []uint16, weights []uint32) {
	reach := len(weights) - 1
	changed := 0
	for i := 1; i < 2*reach; i++ {
		if in[i] != in[i-1] {
			changed = i
		}
	}
	for x := range out {
		if end := x + 2*reach; end > 0 && in[end] != in[end-1] {
			changed = end
		}
		middle := x + reach
		if changed <= x {
			out[x] = in[middle]
			continue
		}
		sum := 1<<15 + weights[0]*uint32(in[middle])
		for k := 1; k <= reach; k++ {
			sum += weights[k] * (uint32(in[middle-k]) + uint32(in[middle+k]))
		}
		out[x] = uint16(sum >> 16)
	}
}

// gaussian is one half of a bell to three deviations, its middle first. Both
// halves and the middle add up to 65536, so that 65535 stays what it is and no
// sum leaves 32 bit.
func gaussian(deviation float64) []uint32 {
	n := int(math.Ceil(3 * deviation))
	bell := make([]float64, n+1)
	total := 0.0
	for i := range bell {
		z := float64(i) / deviation
		bell[i] = exact.Exp(float64(z*z) / -2)
		if i == 0 {
			total += bell[i]
		} else {
			total += float64(2 * bell[i])
		}
	}
	weights := make([]uint32, n+1)
	rest := uint32(1 << 16)
	for i := n; i > 0; i-- {
		weights[i] = uint32(math.Floor(float64(bell[i]/total*(1<<16)) + 0.5))
		rest -= 2 * weights[i]
	}
	weights[0] = rest
	return weights
}
