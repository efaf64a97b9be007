package draw

import "github.com/selvage-studio/selvage/engine/pattern"

// field is the cell that a field family covers, and the windows that it
// leaves for secondary motifs.
type field struct {
	l       lattice
	w, h    float64
	n       float64 // how many periods the scale asks for along the shorter side
	share   float64 // how much of a period the density gives to the figure
	fills   int
	ink     float64 // width of a fine line
	windows []point
	room    float64 // radius of a window
}

// color is the role of the k-th of the field's positions, in turn.
func (f *field) color(k int) role {
	if f.fills == 0 {
		return roleInk
	}
	return rolePlain + role(k%f.fills)
}

// count rounds to a number of periods that the drop of the repeat divides.
func (f *field) count(want float64) int {
	d := f.l.d
	return max(1, int(want/float64(d)+0.5)) * d
}

// bleed is by how many periods a field must go beyond cloth that does not
// wrap.
func (f *field) bleed() int {
	if f.l.wrapX && f.l.wrapY {
		return 0
	}
	return 1
}

// sites are the places of a motif lattice, and beyond the edges those that
// reach back over them where the cloth does not wrap.
func (f *field) sites(m motifLattice) []point {
	return f.beyond(m.sites(f.l), f.w/float64(m.nx), f.h/float64(m.ny))
}

// beyond adds the images of places that lie within px, py of the cell where
// the cloth does not wrap.
func (f *field) beyond(pts []point, px, py float64) []point {
	if f.bleed() == 0 {
		return pts
	}
	out := append([]point{}, pts...)
	for _, p := range pts {
		for i := -1; i <= 1; i++ {
			for j := -1; j <= 1; j++ {
				q := point{p.x + float64(float64(i)*f.w), p.y + float64(float64(j)*f.h)}
				if i == 0 && j == 0 || i != 0 && f.l.wrapX || j != 0 && f.l.wrapY {
					continue
				}
				if q.x > -px && q.x < f.w+px && q.y > -py && q.y < f.h+py {
					out = append(out, q)
				}
			}
		}
	}
	return out
}

// columns reports whether wrapped ribbons run from the left to the right edge
// of the cell; otherwise they run from the top to the bottom.
func (f *field) columns() bool {
	return f.l.kind == pattern.HalfDrop || f.l.kind == pattern.Hex || f.l.kind == pattern.AlongY
}

// slanted is the stripe lo..hi of the phase i·x/W + j·y/H, in all its
// repetitions k. Its ends lie on the edges of the cell, that is on whole
// pixels, so that they join without a line.
func (f *field) slanted(i, j int, lo, hi float64) []*path {
	var out []*path
	fi, fj := float64(i), float64(j)
	if j != 0 && (f.columns() || i == 0) {
		n := max(j, -j)
		reach := f.bleed() * max(i, -i)
		for k := -reach; k < n+reach; k++ {
			y := func(p, x float64) float64 { return float64(f.h / fj * (float64(k) + p - float64(fi*x))) }
			out = append(out, polygon(point{0, y(lo, 0)}, point{f.w, y(lo, 1)}, point{f.w, y(hi, 1)}, point{0, y(hi, 0)}))
		}
		return out
	}
	n := max(i, -i)
	reach := f.bleed() * max(j, -j)
	for k := -reach; k < n+reach; k++ {
		x := func(p, y float64) float64 { return float64(f.w / fi * (float64(k) + p - float64(fj*y))) }
		out = append(out, polygon(point{x(lo, 0), 0}, point{x(hi, 0), 0}, point{x(hi, 1), f.h}, point{x(lo, 1), f.h}))
	}
	return out
}

// periods is how many times a field repeats over the cell.
func (s Scale) periods() float64 {
	switch s {
	case Small:
		return 9
	case Large:
		return 2.4
	default:
		return 4.8
	}
}

// share is how much of a period the figure takes.
func (d Density) share() float64 {
	switch d {
	case Sparse:
		return 0.3
	case Dense:
		return 0.68
	default:
		return 0.5
	}
}

func (b *builder) buildField() {
	s := b.spec
	second := s.Secondary != NoSecondary
	fills := s.fills()
	if s.ink() >= 0 && s.Positions == 1 {
		fills = 0
	}
	mine := fills
	if second && fills > 1 {
		mine = fills - 1
	}
	r := newRNG(s.Seed, "shapea")
	f := &field{
		l: b.l, w: b.sc.W, h: b.sc.H, fills: mine, ink: b.ink,
		n:     float64(s.Scale.periods()*r.in(0.88, 1.15)) / float64(max(s.Part, 1)),
		share: float64(s.Density.share() * r.in(0.92, 1.08)),
	}
	sym := &symbol{}
	g := &gen{rng: r, motif: sym, spec: s, thin: 5.2, fine: 1, field: f}
	b.f.draw(g)
	sym.measure()
	var secondRoles *[roleCount]bool
	var motif *symbol
	if second {
		motif = b.symbol(familyByName(s.Secondary), "second", max(f.room, 20))
		secondRoles = new([roleCount]bool)
		b.roles(motif, secondRoles)
	}
	var roles [roleCount]bool
	b.roles(sym, &roles)
	b.plan = newPlan(s, newRNG(s.Seed, "plan"), &roles, secondRoles)
	styled := newRNG(s.Seed, "style")
	shape := b.marks(sym, 1, styled)
	b.paint(shape, identity(), &b.plan.primary[0])
	if !second {
		return
	}
	t := &b.plan.second
	// Secondary motifs take the positions that the field left, then its own.
	next := mine
	for k := roleMain; k <= roleBand; k++ {
		if !secondRoles[k] || fills == 0 {
			continue
		}
		if k == roleMain || next < fills {
			t[k] = int8(min(next, fills-1))
			next++
		}
	}
	if fills == 1 {
		t[roleMain] = 0
	}
	scale := float64(f.room*0.78) / motif.radius
	shape = b.marks(motif, scale, styled)
	for _, p := range f.windows {
		b.instance(motif, shape, site{at: p, scale: scale}, point{}, t)
	}
}
