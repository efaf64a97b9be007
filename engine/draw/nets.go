package draw

// More field families: nets, weaves and mosaics.

// ogeeShape is the tile of an ogee net: half widths rx, half height ry.
func ogeeShape(c point, rx, ry float64) *path {
	const k = 0.3642124
	p := (&path{}).move(c.x, c.y-ry)
	p.cubic(c.x, c.y-ry+float64(k*ry), c.x+rx, c.y-float64(k*ry), c.x+rx, c.y)
	p.cubic(c.x+rx, c.y+float64(k*ry), c.x, c.y+ry-float64(k*ry), c.x, c.y+ry)
	p.cubic(c.x, c.y+ry-float64(k*ry), c.x-rx, c.y+float64(k*ry), c.x-rx, c.y)
	return p.cubic(c.x-rx, c.y-float64(k*ry), c.x, c.y-ry+float64(k*ry), c.x, c.y-ry)
}

func ogees(g *gen) {
	f := g.field
	m := chooseLattice(f.l, HalfDrop, max(2, float64(f.n*1.5)), max(1, float64(f.n*0.62)))
	px, py := f.w/float64(m.nx), f.h/float64(m.ny)
	outer := 0.98 - float64(0.3*(1-f.share))
	inner := g.in(0.55, 0.68)
	core := g.n(3)
	for i, p := range f.sites(m) {
		put := func(c role, q *path) { g.shape(c, q) }
		base := f.color(0)
		if f.fills > 3 {
			base = f.color([]int{0, 3, 4, 5, 6}[(i%m.ny+i/m.ny)%(f.fills-2)])
		}
		put(base, ogeeShape(p, float64(px*outer), float64(py/2*outer)))
		second, third := f.color(1), f.color(2)
		switch f.fills {
		case 1:
			second, third = roleGround, f.color(0)
		case 2:
			third = f.color(0)
		}
		put(second, ogeeShape(p, float64(px*inner), float64(py/2*inner)))
		switch core {
		case 0:
			put(third, ogeeShape(p, float64(px*inner*0.55), float64(py/2*inner*0.55)))
		case 1:
			for k := range 5 {
				t := float64((float64(k) - 2) * 0.1)
				put(third, petal(float64(py*0.21), float64(px*0.2), 0.55, 0.1, 0.4).at(place(p.add(point{0, float64(py * 0.1)}), 1, t)))
			}
		default:
			for k := range 4 {
				put(third, petal(float64(min(px, float64(py/2))*0.42), float64(min(px, float64(py/2))*0.26), 0.6, 0.3, 0.2).at(place(p, 1, float64(float64(k)/4))))
			}
		}
	}
}

// trellis is a lattice of crossing bars with knots, and windows between.
func trellis(g *gen) {
	f := g.field
	i := f.count(max(1, float64(f.n*0.9)))
	j := f.count(max(1, float64(f.n*g.in(0.66, 0.9))))
	px, py := f.w/float64(2*i), f.h/float64(j)
	half := clamp(float64(0.06+float64(f.share*0.14)), 0.07, 0.17)
	double := g.chance(0.35)
	for _, s := range []int{1, -1} {
		if double {
			for _, o := range []float64{-half, half} {
				for _, p := range f.slanted(i, s*j, o-float64(half*0.4), o+float64(half*0.4)) {
					g.shape(f.color(0), p)
				}
			}
			continue
		}
		for _, p := range f.slanted(i, s*j, -half, half) {
			g.shape(f.color(0), p)
		}
	}
	var knots []point
	for k := range 2 * i {
		for l := range j {
			knots = append(knots, point{float64(px * float64(k)), float64(py * (float64(l) + float64(float64(k%2)*0.5)))})
		}
	}
	r := float64(min(px, float64(py/2)) * (0.28 + float64(half*1.4)))
	kind := g.n(4)
	if kind == 3 && f.fills > 1 {
		kind = 0
	}
	for n, p := range f.beyond(knots, px, py) {
		c := f.color(1)
		if f.fills > 2 {
			c = f.color(1 + n%(f.fills-1))
		}
		switch kind {
		case 0:
			g.shape(c, polygon(point{p.x, p.y - r}, point{p.x + r, p.y}, point{p.x, p.y + r}, point{p.x - r, p.y}))
		case 1:
			g.shape(c, circle(p, float64(r*0.9)))
		case 2:
			for q := range 4 {
				g.shape(c, petal(float64(r*1.15), float64(r*0.85), 0.6, 0.8, 0.3).at(place(p, 1, float64(float64(q)/4))))
			}
		}
	}
	for _, p := range knots {
		f.windows = append(f.windows, point{p.x, p.y + float64(py/2)})
	}
	f.room = float64(min(px, float64(py/2)) * 0.6)
}

// terrazzo is strewn with angular chips of several sizes.
func terrazzo(g *gen) {
	f := g.field
	a := &arranger{l: f.l, r: g.rng, spec: g.spec, unit: cellUnits, stretch: 1}
	size := float64(g.spec.side() / f.n * (0.5 + float64(0.25*f.share)))
	n := min(int(float64(f.n*f.n*(0.7+float64(1.1*f.share))))+3, 130)
	var taken []disc
	for i := range n {
		r := float64(size * g.in(0.26, 0.62))
		if i < n/3 {
			r = float64(size * g.in(0.55, 0.8))
		}
		tries := 24
		if i > 40 {
			tries = 12
		}
		c := a.spread(1, tries, taken)[0]
		room := a.clearance(c, nil, taken)
		r = min(r, max(float64(room*0.92), float64(size*0.12)))
		taken = append(taken, disc{c, r})
		corners := g.count(4, 7)
		pts := make([]point, corners)
		turn := g.unit()
		flat := g.in(0.6, 1)
		for k := range pts {
			q := polar(float64(r*g.in(0.72, 1.05)), (float64(k)+g.sym(0.25))/float64(corners))
			q.y = float64(q.y * (flat))
			pts[k] = place(c, 1, turn).apply(q)
		}
		p := polygon(pts...)
		for _, q := range f.copies(p, c, size) {
			g.shape(f.color(i), q)
		}
	}
}

// copies is the path, and its images where the cloth does not wrap.
func (f *field) copies(p *path, at point, reach float64) []*path {
	out := []*path{p}
	for _, q := range f.beyond([]point{at}, reach, reach)[1:] {
		out = append(out, p.at(affine{1, 0, 0, 1, q.x - at.x, q.y - at.y}))
	}
	return out
}

func basketweave(g *gen) {
	f := g.field
	half := 2 * max(1, (f.count(f.n)+1)/2)
	m := chooseLattice(f.l, HalfDrop, float64(half), float64(float64(half)/2))
	px, py := f.w/float64(m.nx), float64(f.h/float64(m.ny)/2)
	bars := g.count(2, 4)
	if g.spec.Scale == Small {
		bars = 2
	}
	w := 0.55 + float64(0.35*f.share)
	for i, p := range f.sites(m) {
		for k := range bars {
			o := (float64(k)+0.5)/float64(bars) - 0.5
			c, d := f.color(0), f.color(1)
			if f.fills > 2 {
				c, d = f.color(k), f.color(k+1+i%2)
			}
			g.shape(c, rect(p.x-float64(px*0.47), p.y+float64(o*py)-float64(py*w/float64(2*bars)), float64(px*0.94), float64(py*w/float64(bars))))
			y := p.y + py
			g.shape(d, rect(p.x+float64(o*px)-float64(px*w/float64(2*bars)), y-float64(py*0.47), float64(px*w/float64(bars)), float64(py*0.94)))
		}
	}
}

// greekKey: bands of meanders, each unit six wide and six high.
func greekKey(g *gen) {
	f := g.field
	gap := g.count(2, 5)
	high := float64(6 + gap)
	nx := f.count(max(1, float64(f.n*1.05)))
	ny := f.count(max(1, float64(f.n*1.05*6/high)))
	if f.fills > 1 && ny < f.fills {
		ny = (f.fills + f.l.d - 1) / f.l.d * f.l.d
	}
	u, v := f.w/float64(6*nx), f.h/float64(float64(ny)*high)
	units := [][4]float64{{0, 0, 5, 1}, {0, 1, 1, 4}, {4, 1, 1, 2}, {2, 3, 3, 1}, {2, 2, 1, 1}, {0, 5, 6, 1}}
	rule := gap >= 3 && g.chance(0.6)
	flip := g.chance(0.5)
	reach := f.bleed()
	for j := -reach; j < ny+reach; j++ {
		p := &path{}
		for i := range nx {
			for _, r := range units {
				x, y := r[0], r[1]
				if flip && j%2 != 0 {
					y = 6 - r[1] - r[3]
				}
				p.join(rect(float64(u*(float64(6*i)+x)), float64(v*(float64(float64(j)*high)+y)), float64(u*r[2]), float64(v*r[3])))
			}
		}
		g.put(dotKind, f.color(j+ny), p)
		if rule {
			g.put(dotKind, f.color(j+ny+1), rect(0, float64(v*(float64(float64(j)*high)+6+float64(float64(gap)/2)-0.5)), f.w, v))
		}
	}
}

func argyle(g *gen) {
	f := g.field
	nx := f.count(max(1, float64(f.n*0.95)))
	ny := f.count(max(1, float64(f.n*0.66)))
	if f.fills > 2 && nx*ny < f.fills-1 {
		nx, ny = 2*nx, 2*ny
	}
	m := motifLattice{Grid, nx, ny}
	px, py := f.w/float64(nx), f.h/float64(ny)
	k := 0.86 + float64(0.14*f.share)
	last := f.fills - 1
	for i, p := range f.sites(m) {
		c := f.color(0)
		if last > 1 {
			c = f.color((i/ny + i%ny) % last)
			if nx+ny <= last {
				c = f.color(i % last)
			}
		}
		g.shape(c, polygon(point{p.x, p.y - float64(py/2*k)}, point{p.x + float64(px/2*k), p.y}, point{p.x, p.y + float64(py/2*k)}, point{p.x - float64(px/2*k), p.y}))
	}
	line := f.color(max(last, 0))
	if last <= 0 {
		line = roleGround
	}
	half := float64(g.thin * 0.75 / px * (1 + f.share))
	for _, s := range []int{1, -1} {
		// Through the middles of the diamonds: where both phases are whole or
		// both half, as i·0.5/nx and j·0.5/ny say.
		o := 0.0
		for _, p := range f.slanted(nx, s*ny, o-half, o+half) {
			g.put(dotKind, line, p)
		}
	}
}

// houndstooth is woven: four dark and four light threads both ways in a twill
// of two over and two under.
func houndstooth(g *gen) {
	f := g.field
	n := f.count(max(1, float64(f.n*1.15)))
	u, v := f.w/float64(8*n), f.h/float64(8*n)
	unit := &path{}
	for y := range 8 {
		start := -1
		for x := range 9 {
			dark := false
			if x < 8 {
				if (x+y)%4 < 2 {
					dark = x < 4
				} else {
					dark = y < 4
				}
			}
			if dark && start < 0 {
				start = x
			}
			if !dark && start >= 0 {
				unit.join(rect(float64(u*float64(start)), float64(v*float64(y)), float64(u*float64(x-start)), v))
				start = -1
			}
		}
	}
	for i := range n {
		for j := range n {
			g.put(dotKind, f.color(i+j), unit.at(affine{1, 0, 0, 1, float64(u * float64(8*i)), float64(v * float64(8*j))}))
		}
	}
}

// plaid crosses the same set of wide and fine stripes both ways.
func plaid(g *gen) {
	f := g.field
	n := f.count(max(1, float64(f.n*0.75)))
	px, py := f.w/float64(n), f.h/float64(n)
	type band struct {
		at, w float64
		c     int
	}
	wide := float64(0.28 + float64(0.3*f.share))
	set := []band{{0, wide, 0}}
	if f.fills >= 2 {
		w := float64((1 - wide) * g.in(0.22, 0.36))
		set = append(set, band{wide + float64((1-wide)*0.5) - float64(w/2), w, 1})
	}
	fine := max(0.035, float64(g.thin*0.9/px))
	for k := 2; k < f.fills-1; k++ {
		set = append(set, band{wide + float64((1-wide)*(0.1+float64(0.8*float64(k-2)/float64(max(f.fills-3, 1))))), fine, k})
	}
	if f.fills < 3 {
		set = append(set, band{wide + float64((1-wide)*0.14), fine, 0}, band{wide + float64((1-wide)*0.86) - fine, fine, 0})
	}
	last := f.color(f.fills - 1)
	// The wide ones first, so that fine lines of both ways stay whole.
	for _, b := range set {
		for i := range n {
			g.put(dotKind, f.color(b.c), rect(float64(px*(float64(i)+b.at)), 0, float64(px*b.w), f.h))
		}
		for j := range n {
			g.put(dotKind, f.color(b.c), rect(0, float64(py*(float64(j)+b.at)), f.w, float64(py*b.w)))
		}
	}
	for i := range n {
		for j := range n {
			x, y := float64(px*float64(i)), float64(py*float64(j))
			switch {
			case f.fills >= 3:
				g.put(dotKind, last, rect(x, y, float64(px*wide), float64(py*wide)))
			case f.fills == 2:
				g.put(dotKind, f.color(1), rect(x+float64(px*wide*0.2), y+float64(py*wide*0.2), float64(px*wide*0.6), float64(py*wide*0.6)))
			default:
				g.put(dotKind, roleGround, rect(x+float64(px*wide*0.3), y+float64(py*wide*0.3), float64(px*wide*0.4), float64(py*wide*0.4)))
			}
		}
	}
}
