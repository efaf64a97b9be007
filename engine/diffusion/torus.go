package diffusion

import (
	"math"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// roll fills dst with the plane of src seen from (dy, dx): dst(i, j) =
// P(i+dy, j+dx), where P is the infinite plane of the repeat and src is one
// cell of it. Both hold planes x h x w samples. Rolling by (dy, dx) and then by
// (-dy, -dx) gives the cell back. An axis that does not wrap must not be
// rolled; the shift of the repeat must be whole on this grid.
func roll(dst, src []float32, planes, h, w int, rep pattern.Repeat, dy, dx int) {
	for i := range h {
		for j := range w {
			x, y, _ := rep.Source(j+dx, i+dy, w, h)
			for c := range planes {
				dst[(c*h+i)*w+j] = src[(c*h+y)*w+x]
			}
		}
	}
}

// reflect fills a canvas of planes x 2h x 2w samples with a cell of h x w and
// its mirror images across both edges.
func reflect(dst, cell []float32, planes, h, w int) {
	for c := range planes {
		for i := range 2 * h {
			for j := range 2 * w {
				dst[(c*2*h+i)*2*w+j] = cell[(c*h+min(i, 2*h-1-i))*w+min(j, 2*w-1-j)]
			}
		}
	}
}

// symmetrize replaces a canvas of planes x h x w samples by the mean of itself
// and its reflections across both axes, and returns the root mean square
// distance that it was moved by, relative to its own root mean square.
func symmetrize(v []float32, planes, h, w int) float64 {
	var moved, size float64
	for c := range planes {
		p := v[c*h*w : (c+1)*h*w]
		for i := range (h + 1) / 2 {
			for j := range (w + 1) / 2 {
				at := [4]int{i*w + j, i*w + w - 1 - j, (h-1-i)*w + j, (h-1-i)*w + w - 1 - j}
				m := (p[at[0]] + p[at[1]] + p[at[2]] + p[at[3]]) / 4
				for _, k := range at {
					d := float64(p[k] - m)
					moved += d * d
					size += float64(p[k]) * float64(p[k])
				}
				for _, k := range at {
					p[k] = m
				}
			}
		}
	}
	if size == 0 {
		return 0
	}
	return math.Sqrt(moved / size)
}

// quadrant copies the top left quarter of a canvas of planes x 2h x 2w.
func quadrant(canvas []float32, planes, h, w int) []float32 {
	out := make([]float32, planes*h*w)
	for c := range planes {
		for i := range h {
			copy(out[(c*h+i)*w:(c*h+i+1)*w], canvas[(c*2*h+i)*2*w:])
		}
	}
	return out
}
