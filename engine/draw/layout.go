package draw

import (
	"math"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// site is one motif on the cell.
type site struct {
	at      point
	turn    float64 // in turns
	scale   float64 // scene units per motif unit
	variant int     // which symbol of the family
	tint    int     // which variant of the main position
	flip    bool
}

// fill is how much of the way to the next motif a motif takes.
func (d Density) fill() float64 {
	switch d {
	case Sparse:
		return 0.54
	case Dense:
		return 0.95
	default:
		return 0.74
	}
}

// size is the motif's aim as a part of the cell.
func (s Scale) size() float64 {
	switch s {
	case Small:
		return 0.135
	case Large:
		return 0.46
	default:
		return 0.25
	}
}

// arranger places motifs; it lives while one scene is built.
type arranger struct {
	l    lattice
	r    *rng
	spec *Spec
	f    *family
	unit float64 // root of the cell's area
	// stretch makes room for tall motifs: distances are measured with x times
	// stretch and y over it.
	stretch float64
}

// gap is the way from a to b, stretched.
func (a *arranger) gap(p, q point) point {
	v := a.l.delta(p, q)
	return point{float64(v.x * a.stretch), v.y / a.stretch}
}

// box is the room that a symbol takes, in motif units.
type box struct{ w, h, radius float64 }

func boxOf(symbols []*symbol, turned bool) box {
	var b box
	for _, s := range symbols {
		b.w, b.h = max(b.w, s.hi.x-s.lo.x), max(b.h, s.hi.y-s.lo.y)
		b.radius = max(b.radius, s.radius)
	}
	if turned {
		// Motifs that are turned any way take a circle a little smaller than
		// the one around them: corners seldom meet.
		r := float64(0.72*b.radius) + float64(0.14*min(b.w, b.h))
		b.w, b.h = float64(2*r), float64(2*r)
	}
	return b
}

// fill is the density's, less a little where motifs must leave room for others.
func (a *arranger) fill() float64 {
	f := a.spec.Density.fill()
	if a.spec.Secondary != NoSecondary {
		f = lerp(f, 0.5, 0.3)
	}
	return f
}

// counts is how many motifs should lie along x and y.
func (a *arranger) counts(b box) (nx, ny float64) {
	n := a.spec.Density.fill() / a.spec.Scale.size()
	n = float64(n * (a.r.in(0.92, 1.1)))
	stretch := sqrt(clamp(b.h/b.w, 0.45, 2.2))
	stretch = lerp(1, stretch, 0.8)
	return float64(n * stretch * a.l.w / a.unit), n / stretch * a.l.h / a.unit
}

// primary places the main motifs. For lattices, m is theirs.
func (a *arranger) primary(symbols []*symbol) (sites []site, m motifLattice) {
	turned := a.spec.Direction == Multi
	b := boxOf(symbols, turned)
	nx, ny := a.counts(b)
	fill := a.fill()
	wantX, wantY := nx, ny
	if a.spec.Part > 1 && (a.spec.Layout == HalfDrop || a.spec.Layout == Brick) {
		// Two in one line, repeated, are no half drop any more but a lattice on its corner.
		wantX, wantY = max(nx, 2), max(ny, 2)
	}
	switch a.spec.Layout {
	case Tossed, AllOver:
		return a.toss(b, nx, ny, symbols), motifLattice{}
	case Stripe:
		// Columns: close along the column, wide between columns.
		m = chooseLattice(a.l, Grid, max(1, float64(wantX*0.72)), max(1, float64(wantY*1.15)))
	case Ogee:
		m = chooseLattice(a.l, HalfDrop, max(1.6, float64(wantX*1.05)), max(1, float64(wantY*0.66)))
	case HalfDrop:
		m = chooseLattice(a.l, HalfDrop, max(1.5, float64(wantX*1.19)), max(0.8, float64(wantY*0.84)))
	case Brick:
		m = chooseLattice(a.l, Brick, max(0.8, float64(wantX*0.84)), max(1.5, float64(wantY*1.19)))
	default:
		m = chooseLattice(a.l, Grid, wantX, wantY)
	}
	near := math.Inf(1)
	round := turned || a.f.round
	for _, v := range m.neighbours(a.l) {
		near = min(near, apart(v.x/b.w, v.y/b.h, round))
	}
	if a.spec.Part > 0 {
		// More of them than the density asked for stand closer, and keep their size while they fit.
		fill = max(fill, min(float64(fill*sqrt(float64(m.nx*m.ny)/float64(nx*ny))), 0.93))
	}
	scale := float64(near * fill)
	if a.spec.Layout == Stripe {
		scale = float64(near * min(float64(fill*1.1), 0.95))
	}
	if a.spec.Layout == Ogee {
		// The frame takes its share: a lens of half the column's width.
		px, py := a.l.w/float64(m.nx), a.l.h/float64(m.ny)
		scale = float64(min(float64(1.5*px)/b.w, float64(0.8*py)/b.h) * (0.55 + float64(0.35*fill)))
	}
	for i, p := range m.sites(a.l) {
		col, row := i/m.ny, i%m.ny
		sites = append(sites, a.site(p, scale, col, row, len(symbols), false))
	}
	return sites, m
}

// apart is how far two motifs of size 1 x 1 may grow until they meet: discs
// where they are round, and half way to boxes where they are not.
func apart(dx, dy float64, round bool) float64 {
	disc := point{dx, dy}.len()
	if round {
		return disc
	}
	return lerp(disc, max(abs(dx), abs(dy)), 0.5)
}

// site decides how one motif lies.
func (a *arranger) site(p point, scale float64, col, row, variants int, loose bool) site {
	s := site{at: p, scale: scale}
	turn, flip := a.r.unit(), a.r.chance(0.5)
	if a.spec.Part > 0 {
		turn = math.Floor(float64(4*turn)) / 4 // a group has no room for more than quarters
	}
	s.variant = (col + row) % variants
	if loose {
		s.variant = a.r.n(variants)
	}
	f := a.f
	switch {
	case f.round:
		if loose {
			s.turn = turn
		}
	case a.spec.Direction == Multi:
		s.turn = turn
	case a.spec.Direction == TwoWay:
		if (col+row)%2 == 1 {
			s.turn = 0.5
		}
	}
	if loose && a.spec.Direction == OneWay && !f.round && a.spec.Part == 0 {
		s.turn = a.r.sym(0.035)
	}
	s.flip = loose && flip
	return s
}

// toss spreads motifs evenly: the best of many candidates in turn, then all
// push each other apart.
func (a *arranger) toss(b box, nx, ny float64, symbols []*symbol) []site {
	n := int(float64(nx*ny*0.95) + 0.5)
	if a.spec.Layout == AllOver {
		n = int(float64(nx*ny*0.8) + 0.5)
	}
	n = max(n, 2)
	if a.spec.Scale == Large && a.spec.Density == Sparse && n < 3 {
		n = 2
	}
	a.stretch = sqrt(clamp(b.h/b.w, 0.4, 2.5))
	pts := a.spread(n, 10, nil)
	near := a.push(pts, 14)
	fill := a.fill()
	diameter := max(float64(b.w*a.stretch), b.h/a.stretch)
	scale := float64(near*fill*1.04) / diameter
	var sites []site
	jitter := 0.12
	if a.spec.Part > 0 {
		jitter = 0
	}
	for i, p := range pts {
		k := 1 + a.r.sym(jitter)
		sites = append(sites, a.site(p, float64(scale*k), i, 0, len(symbols), true))
	}
	return sites
}

// spread chooses n places one by one, each the farthest of some candidates
// from those before it and from the discs that are taken.
func (a *arranger) spread(n, tries int, taken []disc) []point {
	pts := make([]point, 0, n)
	for len(pts) < n {
		var best point
		bestGap := math.Inf(-1)
		for range tries {
			c := point{float64(a.l.w * a.r.unit()), float64(a.l.h * a.r.unit())}
			gap := a.clearance(c, pts, taken)
			if gap > bestGap {
				best, bestGap = c, gap
			}
		}
		pts = append(pts, best)
	}
	return pts
}

// disc is room that is taken.
type disc struct {
	at     point
	radius float64
}

func (a *arranger) clearance(c point, pts []point, taken []disc) float64 {
	gap := a.edgeGap(c)
	for _, p := range pts {
		gap = min(gap, a.gap(c, p).len())
	}
	for _, d := range taken {
		gap = min(gap, a.gap(c, d.at).len()-d.radius)
	}
	return gap
}

// edgeGap is the distance over which a place sees its own reflection or the
// end of the cloth, infinite where the cell repeats.
func (a *arranger) edgeGap(c point) float64 {
	gap := math.Inf(1)
	if !a.l.wrapX {
		gap = min(gap, float64(2*min(c.x, a.l.w-c.x)))
	}
	if !a.l.wrapY {
		gap = min(gap, float64(2*min(c.y, a.l.h-c.y)))
	}
	return gap
}

// push relaxes the places: each moves away from the neighbours that are
// nearer than the even distance. It returns the least distance left.
func (a *arranger) push(pts []point, rounds int) float64 {
	n := len(pts)
	// In the densest packing each of n discs has this distance to the next.
	even := sqrt(float64(float64(a.l.w*a.l.h) / float64(n) * 1.1547))
	for range rounds {
		for i := range pts {
			var move point
			for j := range pts {
				if i == j {
					continue
				}
				v := a.gap(pts[j], pts[i])
				d2 := v.dot(v)
				if d2 >= float64(even*even) || d2 == 0 {
					continue
				}
				d := sqrt(d2)
				move = move.add(v.scale(float64((even - d) / d * 0.25)))
			}
			p := pts[i].add(point{move.x / a.stretch, float64(move.y * a.stretch)})
			if a.l.wrapX {
				p.x -= float64(a.l.w * math.Floor(p.x/a.l.w))
			} else {
				p.x = clamp(p.x, float64(even*0.45), max(float64(even*0.45), a.l.w-float64(even*0.45)))
			}
			if a.l.wrapY {
				p.y -= float64(a.l.h * math.Floor(p.y/a.l.h))
			} else {
				p.y = clamp(p.y, float64(even*0.45), max(float64(even*0.45), a.l.h-float64(even*0.45)))
			}
			pts[i] = p
		}
	}
	if a.spec.Part > 0 {
		a.snap(pts)
	}
	near := even
	for i := range pts {
		for j := range i {
			near = min(near, a.gap(pts[i], pts[j]).len())
		}
	}
	if a.l.kind == pattern.Mirror {
		for _, p := range pts {
			near = min(near, a.edgeGap(p))
		}
	}
	return max(near, float64(even*0.6))
}

// snap moves places onto sixteenths of the cell.
func (a *arranger) snap(pts []point) {
	for i, p := range pts {
		pts[i] = point{float64(math.Floor(float64(p.x/a.l.w*16)+0.5) * a.l.w / 16), float64(math.Floor(float64(p.y/a.l.h*16)+0.5) * a.l.h / 16)}
	}
}

// between places secondary motifs in the gaps: on lattices at the deepest
// hole of each place, elsewhere wherever most room is left. radius is the
// room that one takes.
func (a *arranger) between(m motifLattice, primary []site, b box, count int) (places []point, room float64) {
	if m.nx > 0 {
		return a.holes(m, primary, b)
	}
	taken := make([]disc, 0, len(primary)+count)
	for _, s := range primary {
		taken = append(taken, disc{s.at, float64(0.5 * max(float64(b.w*a.stretch), b.h/a.stretch) * s.scale)})
	}
	room = math.Inf(1)
	for range count {
		p := a.spread(1, 40, taken)[0]
		gap := a.clearance(p, nil, taken)
		if gap < float64(a.unit*0.018) && len(places) > 0 {
			break
		}
		room = min(room, gap)
		places = append(places, p)
		taken = append(taken, disc{p, min(gap, float64(a.unit*0.05))})
	}
	return places, clamp(room, float64(a.unit*0.022), float64(a.unit*0.07))
}

// holes finds the place of a motif lattice that lies farthest from the motifs.
func (a *arranger) holes(m motifLattice, primary []site, b box) ([]point, float64) {
	px, py := a.l.w/float64(m.nx), a.l.h/float64(m.ny)
	s := primary[0].scale
	half := point{float64(0.5 * b.w * s), float64(0.5 * b.h * s)}
	near := append(m.neighbours(a.l), point{})
	for _, v := range m.neighbours(a.l) {
		near = append(near, v.scale(-1))
	}
	var best point
	bestGap := math.Inf(-1)
	const steps = 8
	for i := range steps + 1 {
		for j := range steps + 1 {
			c := point{float64(px * float64(i) / steps), float64(py * float64(j) / steps)}
			gap := math.Inf(1)
			for _, v := range near {
				d := c.sub(v)
				e := point{d.x / half.x, d.y / half.y}.len()
				if e == 0 {
					gap = -1
					break
				}
				gap = min(gap, float64(d.len()*(1-1/e)))
			}
			if gap > bestGap+1e-6 {
				best, bestGap = c, gap
			}
		}
	}
	places := make([]point, len(primary))
	for i, p := range primary {
		places[i] = p.at.add(best)
	}
	return places, clamp(bestGap, float64(a.unit*0.02), float64(a.unit*0.085))
}
