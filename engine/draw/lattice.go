package draw

import (
	"math"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// lattice measures distances over the plane of a repeat with a cell of w x h
// scene units.
type lattice struct {
	w, h         float64
	kind         pattern.Kind
	n, d         int
	wrapX, wrapY bool
}

func newLattice(w, h float64, r pattern.Repeat) lattice {
	n, d := r.Drop()
	return lattice{w: w, h: h, kind: r.Kind, n: n, d: d, wrapX: r.WrapsX(), wrapY: r.WrapsY()}
}

// delta is the shortest way from a to any image of b.
func (l lattice) delta(a, b point) point {
	v := b.sub(a)
	switch l.kind {
	case pattern.HalfDrop, pattern.Hex:
		shift := float64(l.h * float64(l.n) / float64(l.d))
		return l.nearest(v, point{l.w, shift}, point{0, l.h}, math.Floor(v.x/l.w+0.5))
	case pattern.Brick:
		shift := float64(l.w * float64(l.n) / float64(l.d))
		return l.nearest(v, point{shift, l.h}, point{l.w, 0}, math.Floor(v.y/l.h+0.5))
	default:
	}
	if l.wrapX {
		v.x -= float64(l.w * math.Floor(v.x/l.w+0.5))
	}
	if l.wrapY {
		v.y -= float64(l.h * math.Floor(v.y/l.h+0.5))
	}
	return v
}

func (l lattice) nearest(v, along, pure point, k float64) point {
	best, bestLen := v, math.Inf(1)
	for i := k - 1; i <= k+1; i++ {
		u := v.sub(along.scale(i))
		if pure.x != 0 {
			u.x -= float64(pure.x * math.Floor(u.x/pure.x+0.5))
		} else {
			u.y -= float64(pure.y * math.Floor(u.y/pure.y+0.5))
		}
		if d := u.dot(u); d < bestLen {
			best, bestLen = u, d
		}
	}
	return best
}

// motifLattice is an arrangement of nx x ny motifs in a cell: straight,
// dropped by half from column to column, or shifted by half from row to row.
type motifLattice struct {
	kind   Layout // Grid, HalfDrop or Brick
	nx, ny int
}

// fits reports whether the lattice of the repeat is part of the motif lattice,
// so that the arrangement goes on over the edges.
func (m motifLattice) fits(l lattice) bool {
	whole := func(k int) (int, bool) { return k * l.n / l.d, k*l.n%l.d == 0 }
	even := func(k int) bool { return k%2 == 0 }
	drop := l.kind == pattern.HalfDrop || l.kind == pattern.Hex
	switch {
	case drop:
		switch m.kind {
		case HalfDrop:
			k, ok := whole(2 * m.ny)
			return ok && even(k+m.nx)
		case Brick:
			k, ok := whole(m.ny)
			return ok && even(k) && even(m.ny)
		default:
			_, ok := whole(m.ny)
			return ok
		}
	case l.kind == pattern.Brick:
		switch m.kind {
		case Brick:
			k, ok := whole(2 * m.nx)
			return ok && even(k+m.ny)
		case HalfDrop:
			k, ok := whole(m.nx)
			return ok && even(k) && even(m.nx)
		default:
			_, ok := whole(m.nx)
			return ok
		}
	case m.kind == HalfDrop:
		return even(m.nx)
	case m.kind == Brick:
		return even(m.ny)
	}
	return true
}

// chooseLattice finds the counts nearest to the wanted ones that fit.
func chooseLattice(l lattice, kind Layout, wantX, wantY float64) motifLattice {
	best, bestCost := motifLattice{kind, 1, 1}, math.Inf(1)
	for nx := 1; nx <= 24; nx++ {
		for ny := 1; ny <= 24; ny++ {
			m := motifLattice{kind, nx, ny}
			if !m.fits(l) {
				continue
			}
			c := ratio(float64(nx)/float64(ny), wantX/wantY) + ratio(float64(nx), wantX) + ratio(float64(ny), wantY) + float64(0.7*ratio(float64(nx*ny), float64(wantX*wantY)))
			if c < bestCost {
				best, bestCost = m, c
			}
		}
	}
	return best
}

// ratio is how far two counts are apart, 0 when equal and growing with their quotient.
func ratio(a, b float64) float64 { return max(a/b, b/a) - 1 }

// sites lists the places of one cell, column by column.
func (m motifLattice) sites(l lattice) []point {
	px, py := l.w/float64(m.nx), l.h/float64(m.ny)
	out := make([]point, 0, m.nx*m.ny)
	for i := range m.nx {
		for j := range m.ny {
			p := point{float64(px * (float64(i) + 0.5)), float64(py * (float64(j) + 0.5))}
			if m.kind == HalfDrop && i%2 == 1 {
				p.y += float64(py / 2)
			}
			if m.kind == Brick && j%2 == 1 {
				p.x += float64(px / 2)
			}
			out = append(out, p)
		}
	}
	return out
}

// neighbours lists vectors from a place to those around it.
func (m motifLattice) neighbours(l lattice) []point {
	px, py := l.w/float64(m.nx), l.h/float64(m.ny)
	switch m.kind {
	case HalfDrop:
		return []point{{0, py}, {px, float64(py / 2)}, {px, float64(-py / 2)}, {float64(2 * px), 0}}
	case Brick:
		return []point{{px, 0}, {float64(px / 2), py}, {float64(-px / 2), py}, {0, float64(2 * py)}}
	default:
		return []point{{px, 0}, {0, py}, {px, py}, {px, -py}}
	}
}
