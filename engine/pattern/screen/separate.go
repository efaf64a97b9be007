package screen

import (
	"fmt"
	"math"
	"runtime"
	"sync"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// Fields are soft screens on a coarse grid: for each of Positions positions one
// plane of Height rows of Width values, the share of the sample that belongs to
// it. At every sample the shares sum to 1.
type Fields struct {
	Width, Height, Positions int
	Data                     []float32 // Positions * Height * Width
}

// Separate enlarges the fields to a size and decides, for every pixel, which
// position it belongs to. The fields are interpolated over the plane of the
// repeat by cubic B-splines, which are smooth, positive and sum to 1; the
// border between two positions is the curve where their fields are equal. A
// pixel that the curve crosses is shared by its two sides (three where three
// meet), by its distance from the curve, so that borders are one pixel soft at
// any enlargement and never show a third colour.
//
// The repeat's shift must be whole at both sizes. The result does not depend
// on the number of cores.
func (f *Fields) Separate(r pattern.Repeat, to pattern.Size) (*Separation, error) {
	if f.Positions < 1 || f.Positions > maxPositions || len(f.Data) != f.Positions*f.Width*f.Height || f.Width < 1 || f.Height < 1 {
		return nil, fmt.Errorf("screen: %d values are not %d fields (at most %d) of %d x %d", len(f.Data), f.Positions, maxPositions, f.Width, f.Height)
	}
	if to.Width < 1 || to.Height < 1 {
		return nil, fmt.Errorf("screen: cannot separate to %v pixels", to)
	}
	_, _, exact := r.Shift(f.Width, f.Height)
	_, _, exactTo := r.Shift(to.Width, to.Height)
	if !exact || !exactTo {
		return nil, fmt.Errorf("screen: a %v repeat has no whole shift at %d x %d or %v", r, f.Width, f.Height, to)
	}
	const margin = 3
	ew, eh := f.Width+2*margin, f.Height+2*margin
	ext := make([]float32, 0, f.Positions*ew*eh)
	n := f.Width * f.Height
	for p := range f.Positions {
		plane, err := pattern.Extend(f.Data[p*n:(p+1)*n], f.Width, f.Height, 1, r, margin)
		if err != nil {
			return nil, err
		}
		ext = append(ext, plane...)
	}
	s := &Separation{Width: to.Width, Height: to.Height, Coverage: make([][]uint8, f.Positions)}
	for p := range s.Coverage {
		s.Coverage[p] = make([]uint8, to.Width*to.Height)
	}
	across, down := splines(f.Width, to.Width, margin), splines(f.Height, to.Height, margin)
	rows(to.Height, func(y int) {
		d := decider{positions: f.Positions, sep: s, across: across}
		d.mixRows(ext, ew, eh, down[y])
		for x := range to.Width {
			d.pixel(x, y)
		}
	})
	return s, nil
}

const maxPositions = 16

// spline is where a pixel's centre lies on the coarse grid: the first of four
// samples, their weights, and the weights of the derivative per pixel.
type spline struct {
	first         int
	weight, slope [4]float32
}

func splines(from, to, margin int) []spline {
	out := make([]spline, to)
	scale := float64(from) / float64(to)
	for i := range out {
		at := (float64(i)+0.5)*scale - 0.5
		k := math.Floor(at)
		t := at - k
		s := &out[i]
		s.first = int(k) - 1 + margin
		u := 1 - t
		s.weight = [4]float32{float32(u * u * u / 6), float32((3*t*t*t - 6*t*t + 4) / 6), float32((3*u*u*u - 6*u*u + 4) / 6), float32(t * t * t / 6)}
		s.slope = [4]float32{float32(-u * u / 2 * scale), float32((1.5*t*t - 2*t) * scale), float32((2*u - 1.5*u*u) * scale), float32(t * t / 2 * scale)}
	}
	return out
}

// decider decides the pixels of one row.
type decider struct {
	positions int
	sep       *Separation
	across    []spline
	value     [][]float32 // by position: the coarse grid at this row
	slope     [][]float32 // its derivative downwards, per pixel
}

func (d *decider) mixRows(ext []float32, ew, eh int, s spline) {
	buf := make([]float32, 2*d.positions*ew)
	for p := range d.positions {
		v, g := buf[2*p*ew:(2*p+1)*ew], buf[(2*p+1)*ew:(2*p+2)*ew]
		for k := range 4 {
			row := ext[(p*eh+s.first+k)*ew:][:ew]
			wv, wg := s.weight[k], s.slope[k]
			for x, e := range row {
				v[x] += wv * e
				g[x] += wg * e
			}
		}
		d.value, d.slope = append(d.value, v), append(d.slope, g)
	}
}

func (d *decider) pixel(x, y int) {
	s := &d.across[x]
	var value [maxPositions]float32
	best, second, third := -1, -1, -1
	for p := range d.positions {
		v := d.value[p][s.first:][:4]
		e := s.weight[0]*v[0] + s.weight[1]*v[1] + s.weight[2]*v[2] + s.weight[3]*v[3]
		value[p] = e
		switch {
		case best < 0 || e > value[best]:
			best, second, third = p, best, second
		case second < 0 || e > value[second]:
			second, third = p, second
		case third < 0 || e > value[third]:
			third = p
		}
	}
	at := y*d.sep.Width + x
	near := [3]int{best, second, third}
	n := 1
	var share [3]float32
	share[0] = 1
	if second >= 0 {
		if c := 0.5 + d.distance(s, value[:], best, second); c < 1 {
			n, share[0], share[1] = 2, c, 1-c
		}
	}
	if n == 2 && third >= 0 {
		// Three meet: each has what it holds against the stronger of the others.
		c0 := 0.5 + d.distance(s, value[:], best, third)
		c1 := 0.5 + d.distance(s, value[:], second, third)
		if c1 < 1 {
			a, b := min(share[0], c0), min(share[1], c1)
			c := max(0, min(1-c0, 1-c1))
			if sum := a + b + c; c > 0 && sum > 0 {
				n, share = 3, [3]float32{a / sum, b / sum, c / sum}
			}
		}
	}
	left := 255
	for k := n - 1; k > 0; k-- {
		v := min(int(share[k]*255+0.5), left)
		d.sep.Coverage[near[k]][at] = uint8(v)
		left -= v
	}
	d.sep.Coverage[best][at] = uint8(left)
}

// distance is how far, in pixels, the pixel's centre lies inside of position a
// against position b: their difference over the length of its gradient.
// Beyond half a pixel, where only that matters, it may be any larger number.
func (d *decider) distance(s *spline, value []float32, a, b int) float32 {
	diff := value[a] - value[b]
	var gx, gy float32
	va, vb := d.value[a][s.first:][:4], d.value[b][s.first:][:4]
	sa, sb := d.slope[a][s.first:][:4], d.slope[b][s.first:][:4]
	for k := range 4 {
		gx += s.slope[k] * (va[k] - vb[k])
		gy += s.weight[k] * (sa[k] - sb[k])
	}
	length := float32(math.Sqrt(float64(gx*gx + gy*gy)))
	if diff >= length {
		return 1
	}
	return diff / length
}

// rows calls f for every row, on all cores; it returns when all are done.
func rows(n int, f func(y int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	var wg sync.WaitGroup
	for k := range workers {
		wg.Go(func() {
			for y := k * n / workers; y < (k+1)*n/workers; y++ {
				f(y)
			}
		})
	}
	wg.Wait()
}
