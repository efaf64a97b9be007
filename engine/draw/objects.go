package draw

func heartPath(w, dip float64) *path {
	p := (&path{}).move(0, -dip)
	p.cubic(float64(0.2*w), -1.05, w, -0.98, w, -0.32)
	p.cubic(w, 0.2, float64(0.35*w), 0.55, 0, 0.98)
	p.cubic(-float64(0.35*w), 0.55, -w, 0.2, -w, -0.32)
	p.cubic(-w, -0.98, -float64(0.2*w), -1.05, 0, -dip)
	return p
}

func hearts(g *gen) {
	w, dip := g.in(0.88, 1.05), g.in(0.42, 0.62)
	p := heartPath(w, dip)
	g.shape(roleMain, p)
	switch g.n(5) {
	case 0:
		g.shape(roleCentre, p.at(affine{0.62, 0, 0, 0.62, 0, 0.02}))
	case 1:
		g.shape(roleCentre, p.at(affine{0.7, 0, 0, 0.7, 0, 0.02}))
		g.shape(roleMain, p.at(affine{0.42, 0, 0, 0.42, 0, 0.04}))
	case 2:
		if g.fine > 0 {
			g.put(dotKind, roleCentre, ellipse(point{}, 0.16, 0.26).at(place(point{-0.45, -0.4}, 1, 0.1)))
		}
	case 3:
		if g.fine > 0 {
			for i := range 6 {
				a := 0.75 + float64((float64(i)-2.5)*0.09)
				g.dot(roleCentre, point{0, 0.25}.add(polar(0.62, a)), 0.06)
			}
		}
	}
}

func stars(g *gen) {
	n := []int{5, 5, 5, 6, 8, 4}[g.n(6)]
	inner := float64([]float64{0, 0, 0, 0, 0.34, 0.44, 0.56, 0, 0.6}[n] * g.in(0.85, 1.1))
	p := starShape(n, 1, inner)
	g.shape(roleMain, p)
	switch g.n(4) {
	case 0:
		k := g.in(0.45, 0.58)
		g.shape(roleCentre, p.at(affine{k, 0, 0, k, 0, 0}))
	case 1:
		g.shape(roleCentre, circle(point{}, float64(inner*0.5)))
	case 2:
		if g.fine > 0 && n < 8 {
			for i := range n {
				a := float64(i)/float64(n) - 0.25
				g.line(roleCentre, 0.04, point{}, polar(0.4, a), polar(0.8, a))
			}
		}
	}
}

func moons(g *gen) {
	thick := g.in(0.24, 0.42)
	tilt := g.in(-0.06, 0.1)
	// Outer arc of radius 1 and inner arc through the horns.
	horn := g.in(0.08, 0.13)
	a, b := polar(1, 1-float64(horn*2)), polar(1, float64(horn*2))
	p := (&path{}).move(a.x, a.y)
	arc(p, point{}, 1, 1-float64(horn*2), float64(horn*2))
	in := float64(thick*2) - 1
	p.cubic(lerp(b.x, in, 0.75), lerp(b.y, 0.55, 0.3), -in+float64(2*in), 0.35, in, 0)
	p.cubic(in, -0.35, lerp(a.x, in, 0.75), lerp(a.y, -0.55, 0.3), a.x, a.y)
	m := place(point{}, 1, tilt)
	g.shape(roleMain, p.at(m))
	switch g.n(3) {
	case 0:
		g.shape(roleCentre, starShape(5, 0.26, 0.11).at(place(m.apply(point{0.5, -0.02}), 1, 0)))
	case 1:
		if g.fine > 0 {
			g.dot(roleDetail, m.apply(point{-0.72, 0.1}), 0.06)
			g.dot(roleDetail, m.apply(point{-0.55, -0.45}), 0.045)
			g.dot(roleDetail, m.apply(point{-0.5, 0.52}), 0.04)
		}
	}
}

// arc continues p along a circle the long way round the left, from one angle
// to another in turns, counter-clockwise on the cloth.
func arc(p *path, c point, r, from, to float64) {
	const n = 6
	step := float64((to - from) / n)
	s, cs := sincos(float64(step / 4))
	k := float64(float64(r*4/3) * (s / cs))
	for i := range n {
		a0, a1 := from+float64(step*float64(i)), from+float64(step*float64(i+1))
		p0, p1 := polar(r, a0), polar(r, a1)
		t0, t1 := polar(k, a0+0.25), polar(k, a1+0.25)
		p.cubic(c.x+p0.x+t0.x, c.y+p0.y+t0.y, c.x+p1.x-t1.x, c.y+p1.y-t1.y, c.x+p1.x, c.y+p1.y)
	}
}

func suns(g *gen) {
	n := []int{8, 10, 12, 12, 16}[g.n(5)]
	if g.fine == 0 {
		n = []int{8, 10}[g.n(2)]
	}
	r := g.in(0.42, 0.54)
	t := g.unit()
	wide := float64(0.5 * 6.28 * r / float64(n))
	switch g.n(4) {
	case 0:
		for i := range n {
			g.shape(roleMain, polygon(point{-float64(wide * 0.75), -r - 0.08}, point{0, -1}, point{float64(wide * 0.75), -r - 0.08}).at(place(point{}, 1, t+float64(i)/float64(n))))
		}
	case 1: // wavy and straight rays in turn
		for i := range n {
			m := place(point{}, 1, t+float64(i)/float64(n))
			if i%2 == 0 {
				g.shape(roleMain, polygon(point{-float64(wide * 0.7), -r - 0.06}, point{0, -1}, point{float64(wide * 0.7), -r - 0.06}).at(m))
			} else {
				g.put(stemKind, roleAlt, brush(max(0.07, g.thin), max(0.07, g.thin), max(0.03, float64(g.thin*0.7)), curve(4, point{0, -r - 0.08}, point{0.06, -r - 0.2}, point{-0.05, -r - 0.32}, point{0.02, -0.95})...).at(m))
			}
		}
	case 2:
		for i := range n {
			g.put(stemKind, roleMain, stick(polar(r+0.1, t+float64(i)/float64(n)), polar(1-float64(float64(i%2)*0.12), t+float64(i)/float64(n)), max(0.09, g.thin)))
		}
	default:
		for i := range n {
			g.shape(roleMain, petal(1-r-0.1, float64(wide*0.9), 0.5, 0.2, 0.3).at(place(polar(r+0.08, t+float64(i)/float64(n)-0.25), 1, t+float64(i)/float64(n))))
		}
	}
	g.shape(roleMain, circle(point{}, r))
	switch g.n(3) {
	case 0:
		g.shape(roleCentre, circle(point{}, float64(r*0.66)))
	case 1:
		if g.fine == 2 { // a sleepy face
			for _, s := range []float64{-1, 1} {
				g.line(roleCentre, 0.03, point{float64(s * 0.56 * r), -0.06}, point{float64(s * 0.38 * r), -0.01}, point{float64(s * 0.2 * r), -0.06})
			}
			g.line(roleCentre, 0.03, point{-0.12, 0.16}, point{0, 0.21}, point{0.12, 0.16})
		}
	}
}

func clouds(g *gen) {
	n := g.count(3, 5)
	p := &path{}
	base := 0.42
	p.join(smooth(0.9, point{-0.9, base - 0.05}, point{-0.75, base - 0.3}, point{0.75, base - 0.3}, point{0.9, base - 0.05}, point{0.75, base}, point{-0.75, base}))
	for i := range n {
		k := float64(float64(i)/float64(n-1)*2) - 1
		r := 0.46 - float64(0.2*abs(k)) + g.sym(0.05)
		p.join(circle(point{float64(k * 0.66), base - r - float64(0.12*(1-abs(k)))}, r))
	}
	g.shape(roleMain, p)
	switch g.n(3) {
	case 0: // rain
		for i := range 3 {
			g.put(dotKind, roleAlt, petal(0.3, 0.16, 0.3, 0, 0.6).at(place(point{float64(float64(i-1) * 0.45), 0.92 + float64(0.1*float64(i%2))}, 1, 0.02)))
		}
	case 1:
		if g.fine > 0 { // an inner curl
			g.line(roleCentre, 0.04, curve(4, point{-0.5, 0.2}, point{-0.2, 0.28}, point{0.02, 0.1}, point{-0.12, -0.04}, point{-0.22, 0.06})...)
		}
	}
}

func paisleyPath(curl float64) *path {
	p := (&path{}).move(0, 0.97)
	p.cubic(-0.34, 0.97, -0.64, 0.7, -0.64, 0.33)
	p.cubic(-0.64, -0.15, -0.3, -0.42, -0.1, -0.72)
	p.cubic(0.02, -0.92, 0.2, -1.1-float64(curl*0.1), 0.46+float64(curl*0.1), -0.98+float64(curl*0.1))
	p.cubic(0.3, -0.94, 0.22, -0.8, 0.28, -0.6)
	p.cubic(0.36, -0.3, 0.64, -0.08, 0.64, 0.33)
	return p.cubic(0.64, 0.7, 0.34, 0.97, 0, 0.97)
}

func paisleys(g *gen) {
	p := paisleyPath(g.in(0, 1.4))
	rim := g.n(3)
	if rim == 0 && g.fine > 0 {
		n := 11 + 3*g.fine
		for i := range n {
			a := 0.9 + float64(0.7*float64(i)/float64(n-1))
			g.dot(roleMain, point{0, 0.3}.add(polar(0.82, a)), 0.06)
		}
	}
	inner := func(k float64) *path {
		return p.at(affine{k, 0, 0, k, float64(0.02 * (1 - k)), float64(0.28 * (1 - k))})
	}
	g.shape(roleMain, p)
	g.shape(roleAlt, inner(0.76))
	if g.fine == 0 {
		g.shape(roleCentre, circle(point{0, 0.32}, 0.2))
		return
	}
	switch g.n(3) {
	case 0:
		g.shape(roleCentre, inner(0.5))
		g.dot(roleMain, point{0, 0.38}, 0.1)
	case 1:
		n := g.count(5, 7)
		for i := range n {
			g.shape(roleCentre, petal(0.3, flowerWidth(n, 0.3, 0.68, 0.9), 0.62, 1, 0.3).at(place(point{0, 0.32}, 1, float64(i)/float64(n))))
		}
		g.dot(roleMain, point{0, 0.32}, 0.08)
		g.dot(roleCentre, point{0.02, -0.22}, 0.07)
		g.dot(roleCentre, point{0.08, -0.42}, 0.05)
	default:
		for i := range 4 {
			k := 1 - float64(0.2*float64(i))
			g.put(dotKind, roleCentre, petal(float64(0.26*k), float64(0.2*k), 0.5, 0.2, 0.4).at(place(point{float64(0.03 * float64(i)), 0.62 - float64(0.3*float64(i))}, 1, 0.02)))
		}
	}
	if rim == 1 && g.fine == 2 {
		n := 12
		for i := range n {
			a := 0.93 + float64(0.64*float64(i)/float64(n-1))
			g.dot(roleDetail, point{0, 0.3}.add(polar(0.56, a)), 0.03)
		}
	}
}
