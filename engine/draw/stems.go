package draw

// Flowers seen from the side, on stems.

func bluebells(g *gen) {
	n := g.count(3, 5)
	if g.fine == 0 {
		n = 3
	}
	arch := g.in(0.45, 0.7)
	stem := curve(8, point{-0.25, 1.2}, point{-0.3, 0.2}, point{-0.1, -0.75}, point{float64(arch * 0.6), -1}, point{arch + 0.15, -0.72})
	for _, s := range []float64{-1, 1} {
		h := g.in(0.9, 1.4)
		g.shape(roleLeaf, blade(point{float64(s * 0.42), -h}, 0.17, float64(s*0.1), 0.45).at(place(point{-0.25, 1.2}, 1, 0)))
	}
	g.put(stemKind, roleLeaf, brush(max(0.06, float64(g.thin*1.2)), max(0.05, g.thin), max(0.035, float64(g.thin*0.8)), stem...))
	flare := g.in(0.2, 0.26)
	h := g.in(0.4, 0.5)
	bell := (&path{}).move(-0.07, 0)
	bell.cubic(-0.15, float64(h*0.15), -0.12, float64(h*0.7), -flare, h)
	bell.quad(-float64(flare*0.72), float64(h*1.12), -float64(flare*0.5), float64(h*0.92))
	bell.quad(0, float64(h*1.3), float64(flare*0.5), float64(h*0.92))
	bell.quad(float64(flare*0.72), float64(h*1.12), flare, h)
	bell.cubic(0.12, float64(h*0.7), 0.15, float64(h*0.15), 0.07, 0)
	bell.quad(0, -0.08, -0.07, 0)
	for i := range n {
		k := len(stem) - 1 - int(float64(float64(i)*float64(len(stem)-1)*0.6)/float64(n))
		at := stem[k]
		side := 1.0
		if i%2 == 1 {
			side = -1
		}
		if i == 0 {
			side = 0
		}
		root := at.add(point{float64(side * 0.2), 0.1})
		g.stem(roleLeaf, 0.03, at, at.lerp(root, 0.6).add(point{0, -0.04}), root)
		size := 1 - float64(0.08*float64(i))
		g.gap(roleMain, bell.at(place(root, size, float64(-side*0.035))))
		if g.fine > 0 {
			d := place(root, size, float64(-side*0.035))
			g.line(roleDetail, 0.025, d.apply(point{0, float64(h * 0.3)}), d.apply(point{0, float64(h * 0.6)}), d.apply(point{0, float64(h * 0.85)}))
		}
	}
}

func lotuses(g *gen) {
	wide := g.in(0.17, 0.22)
	base := point{0, 0.55}
	back := 5
	if g.fine == 0 {
		back = 3
	}
	if g.chance(0.5) {
		g.shape(roleLeaf, blade(point{-1.0, 0.12}, 0.26, -0.06, 0.5).at(place(point{0, 0.6}, 1, 0)))
		g.shape(roleLeaf, blade(point{1.0, 0.12}, 0.26, 0.06, 0.5).at(place(point{0, 0.6}, 1, 0)))
	} else {
		g.stem(roleLeaf, 0.08, point{0, 0.5}, point{0.03, 0.9}, point{-0.02, 1.2})
	}
	w := g.in(0.44, 0.52)
	for i := range back {
		k := float64(i) - float64(float64(back-1)/2)
		g.gap(roleAlt, petal(g.in(1.2, 1.24), w, 0.52, 0, 0.4).at(place(base, 1, float64(float64(k*wide)/float64(back-1)*2))))
	}
	for _, s := range []float64{-1, 1} {
		g.gap(roleMain, petal(1.05, w, 0.5, 0, 0.45).at(place(base, 1, float64(s*wide*1.12))))
	}
	for _, s := range []float64{-1, 1} {
		g.gap(roleMain, petal(1.0, w, 0.5, 0, 0.45).at(place(base, 1, float64(s*wide*0.5))))
	}
	g.gap(roleMain, petal(0.92, float64(w*1.05), 0.48, 0, 0.5).at(place(base, 1, 0)))
	if g.fine > 0 {
		g.line(roleDetail, 0.03, point{0, 0.3}, point{0, 0.05}, point{0, -0.15})
	}
}

// zigzagFan is a fan of radius r with n teeth.
func zigzagFan(r, angle float64, n int, depth float64) *path {
	pts := []point{{0, 0}}
	for i := 0; i <= 2*n; i++ {
		k := 1 - float64(float64(i%2)*depth)
		pts = append(pts, polar(float64(r*k), 0.75+float64(angle*(float64(i)/float64(2*n)-0.5))))
	}
	return polygon(pts...)
}

func carnations(g *gen) {
	foot := point{g.sym(0.12), 1.2}
	g.stem(roleLeaf, 0.07, point{0, 0.2}, point{float64(foot.x * 0.3), 0.7}, foot)
	for _, s := range []float64{-1, 1} {
		if g.chance(0.8) {
			g.shape(roleLeaf, blade(point{float64(s * 0.55), -g.in(0.25, 0.5)}, 0.12, float64(s*0.08), 0.5).at(place(point{float64(foot.x * 0.5), g.in(0.7, 1)}, 1, 0)))
		}
	}
	base := point{0, 0.1}
	n := g.count(5, 7)
	if g.fine == 0 {
		n = 4
	}
	deep := g.in(0.14, 0.22)
	at := func(k float64) affine { return place(base, k, 0) }
	wide := g.in(0.42, 0.5)
	g.gap(roleMain, zigzagFan(1.08, wide, n+1, deep).at(at(1)))
	g.gap(roleAlt, zigzagFan(0.8, float64(wide*0.82), n, deep).at(at(1)))
	g.gap(roleMain, zigzagFan(0.55, float64(wide*0.62), max(n-2, 3), deep).at(at(1)))
	cup := (&path{}).move(-0.1, 0.36)
	cup.cubic(-0.2, 0.2, -0.2, 0.05, -0.2, -0.1)
	cup.line(-0.07, -0.02).line(0, -0.14).line(0.07, -0.02).line(0.2, -0.1)
	cup.cubic(0.2, 0.05, 0.2, 0.2, 0.1, 0.36)
	g.gap(roleLeaf, cup)
}
