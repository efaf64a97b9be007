package warp

import (
	"math"

	"github.com/selvage-studio/selvage/engine/edit/raster"
)

// unit is the sum of the weights of a kernel along one axis.
const unit = 1 << 20

// Sampler reads a window between its pixels with the cubic kernel of Catmull
// and Rom (R. Keys, "Cubic convolution interpolation for digital image
// processing", IEEE Transactions on Acoustics, Speech, and Signal Processing
// 29(6), 1981, with a = -1/2). It is not for use by several goroutines.
type Sampler struct {
	w            *Window
	wideX, wideY float64
	// Clamp goes on with the outermost pixels beyond the window, which is
	// otherwise transparent there.
	Clamp  bool
	wx, wy []int64
}

// NewSampler reads w. wideX and wideY say how many pixels of the window one
// pixel of the outcome covers along each of its axes; below 1 counts as 1.
func NewSampler(w *Window, wideX, wideY float64) *Sampler {
	return &Sampler{w: w, wideX: max(wideX, 1), wideY: max(wideY, 1)}
}

// At is the colour at the point (x, y) of the plane. Its components are never
// above its alpha.
func (s *Sampler) At(x, y float64) [4]uint16 {
	b := s.w.Bounds
	var x0, y0 int
	s.wx, x0 = weights(s.wx[:0], x, s.wideX)
	s.wy, y0 = weights(s.wy[:0], y, s.wideY)
	if !s.Clamp && (x0 >= b.Max.X || y0 >= b.Max.Y || x0+len(s.wx) <= b.Min.X || y0+len(s.wy) <= b.Min.Y) {
		return [4]uint16{}
	}
	var sum [4]int64
	for j, wy := range s.wy {
		py := y0 + j
		if s.Clamp {
			py = min(max(py, b.Min.Y), b.Max.Y-1)
		} else if py < b.Min.Y || py >= b.Max.Y {
			continue
		}
		if wy == 0 {
			continue
		}
		var line [4]int64
		for i, wx := range s.wx {
			px := x0 + i
			if s.Clamp {
				px = min(max(px, b.Min.X), b.Max.X-1)
			} else if px < b.Min.X || px >= b.Max.X {
				continue
			}
			p := s.w.Pix[4*s.w.Index(px, py):][:4]
			line[0] += wx * int64(p[0])
			line[1] += wx * int64(p[1])
			line[2] += wx * int64(p[2])
			line[3] += wx * int64(p[3])
		}
		for c := range sum {
			// Twelve bits fewer, so that the product stays far from 2^63 also for
			// wide kernels.
			sum[c] += wy * (line[c] >> 12)
		}
	}
	const shift = 28
	return premultiplied(sum, shift)
}

// premultiplied rounds sums with shift fractional bits to a pixel that can be.
func premultiplied(sum [4]int64, shift int) (p [4]uint16) {
	half := int64(1) << (shift - 1)
	a := min(max((sum[3]+half)>>shift, 0), raster.Opaque)
	p[3] = uint16(a)
	for c := range 3 {
		p[c] = uint16(min(max((sum[c]+half)>>shift, 0), a))
	}
	return p
}

// Who is the author of the pixel that (x, y) falls on.
func (s *Sampler) Who(x, y float64) raster.Who {
	b := s.w.Bounds
	px, py := int(math.Floor(x)), int(math.Floor(y))
	if s.Clamp {
		px, py = min(max(px, b.Min.X), b.Max.X-1), min(max(py, b.Min.Y), b.Max.Y-1)
	} else if px < b.Min.X || px >= b.Max.X || py < b.Min.Y || py >= b.Max.Y {
		return raster.Who{}
	}
	return s.w.Who[s.w.Index(px, py)]
}

// weights appends those of the pixels from first on.
func weights(dst []int64, at, wide float64) (w []int64, first int) {
	at -= 0.5
	if wide == 1 && at == math.Floor(at) {
		return append(dst, unit), int(at)
	}
	reach := float64(2 * wide)
	first = int(math.Ceil(at - reach))
	last := int(math.Floor(at + reach))
	sum := 0.0
	// The kernel is cheap: it is computed once for the sum and once for the
	// weights, and no slice of fractions is needed.
	for k := first; k <= last; k++ {
		sum += catmullRom((float64(k) - at) / wide)
	}
	rest, largest := int64(unit), 0
	for k := first; k <= last; k++ {
		v := int64(math.Floor(float64(catmullRom((float64(k)-at)/wide)/sum*unit) + 0.5))
		dst = append(dst, v)
		rest -= v
		if v > dst[largest] {
			largest = k - first
		}
	}
	dst[largest] += rest
	return dst, first
}

func catmullRom(x float64) float64 {
	x = math.Abs(x)
	switch {
	case x >= 2:
		return 0
	case x >= 1:
		return float64(x*(float64(x*(2.5-float64(0.5*x)))-4)) + 2
	}
	return float64(float64(x*x)*(float64(1.5*x)-2.5)) + 1
}
