package pattern

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Size is a number of pixels across and down.
type Size struct {
	Width  int `json:"width"`
	Height int `json:"height"`
}

// String returns "512 x 768".
func (s Size) String() string { return fmt.Sprintf("%d x %d", s.Width, s.Height) }

// Lattice is a repeat inside a network whose layers shrink the picture by up
// to Stride pixels. It is exact when the shift of the repeat is a whole number
// of samples at every resolution, that is when width, height and shift are
// multiples of the stride.
type Lattice struct {
	Repeat Repeat
	Stride int // pixels; 1 where no network is involved
}

// Stride returns the total stride in pixels of a latent diffusion model whose
// autoencoder shrinks by latentScale (8 for the Stable Diffusion family) and
// whose UNet halves the latents downsamplings times: 64 for SD 1 and 2 (three
// times), 32 for SDXL (twice).
func Stride(latentScale, downsamplings int) int { return latentScale << max(downsamplings, 0) }

// Steps returns what width and height must be multiples of. For a drop n/d,
// n·H/d is a multiple of the stride S exactly when H is one of d·S, since n
// and d have no common factor.
func (l Lattice) Steps() (width, height int) {
	s := max(l.Stride, 1)
	_, d := l.Repeat.Drop()
	switch l.Repeat.Kind {
	case HalfDrop, Hex:
		return s, d * s
	case Brick:
		return d * s, s
	default:
		return s, s
	}
}

// hexRatio is width over height of a hex cell, √3/2: six neighbours at equal
// distance.
const hexRatio = 0.866025403784438646763723170752936183

// RatioError returns by how much the cell's width over height departs from
// what the repeat asks for, relative (0.01 is one per cent too wide). It is
// zero for every layout but Hex.
func (l Lattice) RatioError(s Size) float64 {
	if l.Repeat.Kind != Hex || s.Height == 0 {
		return 0
	}
	return float64(s.Width)/float64(s.Height)/hexRatio - 1
}

// Fits reports whether the lattice is exact at size s. A hex cell must also be
// the one of its width or of its height that is nearest to √3 : 2.
func (l Lattice) Fits(s Size) bool {
	sw, sh := l.Steps()
	if s.Width <= 0 || s.Height <= 0 || s.Width%sw != 0 || s.Height%sh != 0 {
		return false
	}
	if l.Repeat.Kind != Hex {
		return true
	}
	return s.Width == nearest(float64(s.Height)*hexRatio, sw) || s.Height == nearest(float64(s.Width)/hexRatio, sh)
}

// Nearest returns the admissible size closest to width x height, each side to
// its own step; a side of zero is free and follows the other (√3 : 2 for Hex,
// square elsewhere).
func (l Lattice) Nearest(width, height float64) Size {
	sw, sh := l.Steps()
	ratio := 1.0
	if l.Repeat.Kind == Hex {
		ratio = hexRatio
	}
	switch {
	case width > 0 && (height <= 0 || l.Repeat.Kind == Hex):
		w := nearest(width, sw)
		return Size{w, nearest(float64(w)/ratio, sh)}
	case height > 0 && width <= 0:
		h := nearest(height, sh)
		return Size{nearest(float64(h)*ratio, sw), h}
	default:
		return Size{nearest(width, sw), nearest(height, sh)}
	}
}

// hexNear returns the hex cell near a height of pixels that is sampled best:
// one per cent of distortion weighs as much as seven of size. limit is the
// most pixels, 0 for none.
func (l Lattice) hexNear(height float64, limit int) Size {
	_, sh := l.Steps()
	best, bestCost := l.Nearest(0, height), math.Inf(1)
	for h := nearest(height*0.75, sh); float64(h) <= height*1.3; h += sh {
		s := l.Nearest(0, float64(h))
		cost := math.Abs(l.RatioError(s)) + 0.15*math.Abs(math.Log(float64(h)/height))
		if cost < bestCost && (limit <= 0 || s.Width*s.Height <= limit) {
			best, bestCost = s, cost
		}
	}
	return best
}

// Offers returns up to four admissible sizes around s, closest first. A side
// of zero is free.
func (l Lattice) Offers(s Size) []Size {
	sw, sh := l.Steps()
	around := func(v, step int) []int {
		if v <= 0 {
			return []int{0}
		}
		low := v / step * step
		if low == v {
			return []int{v}
		}
		if low == 0 {
			return []int{step}
		}
		return []int{low, low + step}
	}
	var offers []Size
	add := func(o Size) {
		if l.Fits(o) && !slices.Contains(offers, o) {
			offers = append(offers, o)
		}
	}
	for _, w := range around(s.Width, sw) {
		for _, h := range around(s.Height, sh) {
			if l.Repeat.Kind != Hex {
				add(l.Nearest(float64(w), float64(h)))
				continue
			}
			if w > 0 {
				add(l.Nearest(float64(w), 0))
			}
			if h > 0 {
				add(l.Nearest(0, float64(h)))
			}
		}
	}
	distance := func(o Size) float64 {
		d := 0.0
		if s.Width > 0 {
			d += math.Abs(math.Log(float64(o.Width) / float64(s.Width)))
		}
		if s.Height > 0 {
			d += math.Abs(math.Log(float64(o.Height) / float64(s.Height)))
		}
		return d
	}
	slices.SortStableFunc(offers, func(a, b Size) int {
		switch da, db := distance(a), distance(b); {
		case da < db:
			return -1
		case da > db:
			return 1
		default:
			return 0
		}
	})
	return offers[:min(len(offers), 4)]
}

// SizeError reports an explicit size that the lattice cannot hold, with the
// sizes around it that it can.
type SizeError struct {
	Asked   Size // a zero side was left free
	Lattice Lattice
	Offers  []Size
}

func (e *SizeError) Error() string {
	sw, sh := e.Lattice.Steps()
	var asked string
	switch {
	case e.Asked.Height == 0:
		asked = fmt.Sprintf("width %d", e.Asked.Width)
	case e.Asked.Width == 0:
		asked = fmt.Sprintf("height %d", e.Asked.Height)
	default:
		asked = fmt.Sprintf("size %v", e.Asked)
	}
	names := make([]string, len(e.Offers))
	for i, o := range e.Offers {
		names[i] = o.String()
	}
	hex := ""
	if e.Lattice.Repeat.Kind == Hex {
		hex = " with width : height near √3 : 2"
	}
	return fmt.Sprintf("%s does not fit a %v repeat on this model: the width must be a multiple of %d and the height of %d pixels%s; sizes nearby that work: %s",
		asked, e.Lattice.Repeat, sw, sh, hex, strings.Join(names, ", "))
}

// Check returns a *SizeError when an explicit size does not fit. A side of
// zero is free.
func (l Lattice) Check(s Size) error {
	full := s
	if s.Width == 0 || s.Height == 0 {
		full = l.Nearest(float64(s.Width), float64(s.Height))
		if s.Width > 0 {
			full.Width = s.Width
		}
		if s.Height > 0 {
			full.Height = s.Height
		}
	}
	if l.Fits(full) {
		return nil
	}
	return &SizeError{Asked: s, Lattice: l, Offers: l.Offers(s)}
}

// nearest returns the positive multiple of step nearest to v.
func nearest(v float64, step int) int {
	return max(int(math.Round(v/float64(step))), 1) * step
}
