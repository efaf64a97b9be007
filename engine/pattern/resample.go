package pattern

import (
	"fmt"
	"image"
	"math"
	"runtime"
	"sync"
)

// Extend returns the window [-margin, w+margin) x [-margin, h+margin) of the
// plane. Unlike Lay it repeats the outermost samples where the repeat leaves
// the plane empty, which is what filters want at a border that does not join.
func Extend[T any](cell []T, w, h, channels int, r Repeat, margin int) ([]T, error) {
	win := image.Rect(-margin, -margin, w+margin, h+margin)
	out, err := Lay(cell, w, h, channels, r, win)
	if err != nil {
		return nil, err
	}
	clampX, clampY := r.Kind == AlongY || r.Kind == None, r.Kind == AlongX || r.Kind == None
	if !clampX && !clampY {
		return out, nil
	}
	stride := win.Dx() * channels
	for y := range win.Dy() {
		for x := range win.Dx() {
			sx, sy := x-margin, y-margin
			if clampX {
				sx = min(max(sx, 0), w-1)
			}
			if clampY {
				sy = min(max(sy, 0), h-1)
			}
			if cx, cy, ok := r.Source(sx, sy, w, h); ok {
				copy(out[y*stride+x*channels:][:channels], cell[(cy*w+cx)*channels:])
			}
		}
	}
	return out, nil
}

// Resample brings planar data to another size over the plane of the repeat, so
// that what joined before joins after: planes holds channels planes of h rows
// of w samples, the result as many of to.Height rows of to.Width. The kernel
// is Lanczos with three lobes, widened where the picture shrinks. The shift of
// the repeat must be whole at both sizes; Lattice{r, 1}.Fits tells.
func Resample(planes []float32, channels, w, h int, r Repeat, to Size) ([]float32, error) {
	if len(planes) != channels*w*h || w <= 0 || h <= 0 || to.Width <= 0 || to.Height <= 0 {
		return nil, fmt.Errorf("pattern: cannot resample %d values as %d planes of %d x %d to %v", len(planes), channels, w, h, to)
	}
	_, _, exact := r.Shift(w, h)
	_, _, exactTo := r.Shift(to.Width, to.Height)
	if !exact || !exactTo {
		return nil, fmt.Errorf("pattern: a %v repeat has no whole shift at %d x %d or %v, so it cannot be resampled without a seam", r, w, h, to)
	}
	tx, ty := lanczos(w, to.Width), lanczos(h, to.Height)
	margin := max(tx.reach, ty.reach) + 1
	out := make([]float32, 0, channels*to.Width*to.Height)
	for c := range channels {
		ext, err := Extend(planes[c*w*h:(c+1)*w*h], w, h, 1, r, margin)
		if err != nil {
			return nil, err
		}
		ew, eh := w+2*margin, h+2*margin
		wide := make([]float32, eh*to.Width)
		bands(eh, func(y int) {
			row, dst := ext[y*ew:(y+1)*ew], wide[y*to.Width:(y+1)*to.Width]
			for x := range dst {
				dst[x] = tx.apply(row[margin+tx.first[x]:], x, 1)
			}
		})
		plane := make([]float32, to.Width*to.Height)
		bands(to.Height, func(y int) {
			dst := plane[y*to.Width : (y+1)*to.Width]
			for x := range dst {
				dst[x] = ty.apply(wide[(margin+ty.first[y])*to.Width+x:], y, to.Width)
			}
		})
		out = append(out, plane...)
	}
	return out, nil
}

// taps are the weights of a kernel for every sample of the result.
type taps struct {
	first  []int // first source sample, may be negative
	weight [][]float32
	reach  int // how far the kernel goes beyond the source
}

func (t *taps) apply(src []float32, i, step int) float32 {
	var sum float32
	for k, w := range t.weight[i] {
		sum += w * src[k*step]
	}
	return sum
}

func lanczos(from, to int) *taps {
	scale := float64(from) / float64(to)
	wide := max(scale, 1)
	const lobes = 3
	t := &taps{first: make([]int, to), weight: make([][]float32, to)}
	for i := range to {
		at := (float64(i)+0.5)*scale - 0.5
		first := int(math.Ceil(at - lobes*wide))
		last := int(math.Floor(at + lobes*wide))
		w := make([]float64, last-first+1)
		sum := 0.0
		for k := range w {
			x := (float64(first+k) - at) / wide
			w[k] = sinc(x) * sinc(x/lobes)
			sum += w[k]
		}
		t.first[i], t.weight[i] = first, make([]float32, len(w))
		for k := range w {
			t.weight[i][k] = float32(w[k] / sum)
		}
		t.reach = max(t.reach, -first, last-from+1)
	}
	return t
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// bands calls f for every row, on all cores; it returns when all are done.
func bands(rows int, f func(row int)) {
	workers := min(runtime.GOMAXPROCS(0), rows)
	var wg sync.WaitGroup
	for k := range workers {
		wg.Go(func() {
			for y := k * rows / workers; y < (k+1)*rows/workers; y++ {
				f(y)
			}
		})
	}
	wg.Wait()
}
