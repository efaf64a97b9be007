package motif

import (
	"context"
	"image"
	"math"
	"math/bits"
	"math/rand/v2"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// Scattering says how copies are strewn over the cell.
type Scattering struct {
	Count    int // how many; fewer where they do not fit
	Distance int // pixels between two middles at least, on the plane
	Seed     uint64
	// Avoid, where it is not nil, says that no middle may be there.
	Avoid func(p image.Point) bool
}

// MaxCount is the most copies of a scattering.
const MaxCount = 5000

// Spot is one copy: a pixel of the cell, and numbers of its own for what
// varies.
type Spot struct {
	At     image.Point
	Random [4]uint32
}

// Scatter strews points evenly over the torus of the repeat: of some candidates
// drawn at random the one farthest from all others is taken (D. Mitchell,
// "Spectrally optimal sampling for distribution ray tracing", SIGGRAPH 1991),
// and none nearer than Distance, which makes it a Poisson-disc set. It ends
// early when no candidate has room. Distances go across the edges of the cell
// as the lattice joins them. The error is ctx's.
func Scatter(ctx context.Context, w, h int, rep pattern.Repeat, s Scattering) ([]Spot, error) {
	rng := rand.NewPCG(s.Seed, 0x73636174746572)
	below := func(n int) int {
		hi, _ := bits.Mul64(rng.Uint64(), uint64(n))
		return int(hi)
	}
	var spots []Spot
	least := int64(s.Distance) * int64(s.Distance)
	for len(spots) < min(s.Count, MaxCount) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		best, far := image.Point{}, int64(-1)
		// Mitchell's number of candidates grows with the set; the last ones of a
		// dense set need more to find the room that is left.
		tries := 24 + 4*min(len(spots), 64)
		for round := 0; round < 8 && far < 0; round++ {
			for range tries {
				p := image.Pt(below(w), below(h))
				if s.Avoid != nil && s.Avoid(p) {
					continue
				}
				d := int64(math.MaxInt64)
				for _, q := range spots {
					if d = min(d, Apart(w, h, rep, p, q.At)); d <= far || d < least {
						break
					}
				}
				if d >= least && d > far {
					best, far = p, d
				}
			}
		}
		if far < 0 {
			break
		}
		spot := Spot{At: best}
		for k := range spot.Random {
			spot.Random[k] = uint32(rng.Uint64() >> 32)
		}
		spots = append(spots, spot)
	}
	return spots, nil
}

// Apart is the squared distance of two pixels of the cell on the plane: the
// least between p and any copy of q.
func Apart(w, h int, rep pattern.Repeat, p, q image.Point) int64 {
	square := func(x, y int) int64 { return int64(x)*int64(x) + int64(y)*int64(y) }
	best := square(p.X-q.X, p.Y-q.Y)
	switch rep.Kind {
	case pattern.None:
		return best
	case pattern.AlongX:
		return min(best, square(abs(p.X-q.X)-w, p.Y-q.Y))
	case pattern.AlongY:
		return min(best, square(p.X-q.X, abs(p.Y-q.Y)-h))
	case pattern.Mirror:
		// Images beyond each edge and corner; the copies a period away are farther.
		for _, x := range [3]int{q.X, -1 - q.X, 2*w - 1 - q.X} {
			for _, y := range [3]int{q.Y, -1 - q.Y, 2*h - 1 - q.Y} {
				best = min(best, square(p.X-x, p.Y-y))
			}
		}
		return best
	default:
		return min(best, apart(w, h, rep, p, q))
	}
}

// apart is Apart for the repeats that cover the plane by shifts alone.
func apart(w, h int, rep pattern.Repeat, p, q image.Point) int64 {
	// One axis keeps its place from column to column (or row to row); along the
	// other one the nearest copy follows from the shift.
	brick := rep.Kind == pattern.Brick
	a, b := w, h
	dx, dy := q.X-p.X, q.Y-p.Y
	if brick {
		a, b, dx, dy = h, w, dy, dx
	}
	sx, sy, _ := rep.Shift(w, h)
	shift := sx + sy
	best := int64(math.MaxInt64)
	for k := 0; ; k++ {
		near := false
		for _, column := range [2]int{k, -k} {
			u := dx + column*a
			if int64(u)*int64(u) >= best {
				continue
			}
			near = true
			v := dy + column*shift
			v -= pattern.FloorDiv(2*v+b, 2*b) * b
			best = min(best, int64(u)*int64(u)+int64(v)*int64(v))
		}
		if !near && k > 0 {
			return best
		}
	}
}

func abs(v int) int { return max(v, -v) }
