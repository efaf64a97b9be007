package draw

// petalShape draws one of the petals that simple flowers have: round, pointed,
// heart-shaped, long or spoon-like; kind is chosen once a flower.
func petalShape(kind int, l, w float64) *path {
	switch kind {
	case 0:
		return petal(l, w, 0.62, 1, 0.25)
	case 1:
		return petal(l, w, 0.5, 0.15, 0.3)
	case 2:
		return notched(l, w, 0.66, float64(l*0.16))
	case 3:
		return petal(l, float64(w*0.85), 0.74, 0.9, 0.12)
	default:
		return petal(l, w, 0.7, 0.55, 0.2)
	}
}

// flowerWidth is the width at which n petals of length l about meet; overlap
// above 1 lets them lie on each other.
func flowerWidth(n int, l, belly, overlap float64) float64 {
	s, c := sincos(0.5 / float64(n))
	return float64(2 * l * belly * s / c * overlap)
}

func flowers(g *gen) {
	n := []int{5, 5, 5, 6, 4, 8}[g.n(6)]
	kind := g.n(5)
	turn := g.unit()
	l := 1.0
	w := min(flowerWidth(n, l, 0.68, g.in(0.86, 1.02)), 0.98)
	g.around(gapKind, roleMain, n, turn, petalShape(kind, l, w))
	if g.fine > 0 {
		switch g.n(3) {
		case 0: // a vein in each petal
			for i := range n {
				a := turn + float64(i)/float64(n) - 0.25
				g.line(roleDetail, 0.04, polar(0.36, a), polar(0.55, a), polar(0.72, a))
			}
		case 1: // an inner flower
			k := g.in(0.5, 0.62)
			g.around(shapeKind, roleAlt, n, turn, petalShape(kind, float64(l*k), float64(w*k)))
		}
	}
	r := g.in(0.2, 0.28)
	switch g.n(3) {
	case 0:
		g.shape(roleCentre, circle(point{}, r))
	case 1:
		g.shape(roleCentre, circle(point{}, r))
		if g.fine > 0 {
			g.dot(roleMain, point{}, float64(r*0.4))
		}
	default:
		g.shape(roleCentre, circle(point{}, float64(r*0.8)))
		if g.fine > 0 {
			k := 6 + g.n(5)
			for i := range k {
				g.dot(roleCentre, polar(float64(r*1.45), float64(i)/float64(k)), 0.035)
			}
		}
	}
}

func daisies(g *gen) {
	n := g.count(11, 18)
	if g.fine == 0 {
		n = g.count(9, 12)
	}
	inner := g.in(0.24, 0.36)
	w := flowerWidth(n, 1, 0.8, g.in(0.72, 0.88))
	kind := []float64{1, 0.75, 0.3}[g.n(3)]
	p := petal(1, w, 0.72, kind, 0.5)
	turn := g.unit()
	if g.fine == 2 && g.chance(0.35) {
		g.around(shapeKind, roleAlt, n, turn+0.5/float64(n), petal(1, w, 0.72, kind, 0.5))
		p = petal(0.86, float64(w*0.9), 0.72, kind, 0.5)
	}
	g.around(shapeKind, roleMain, n, turn, p)
	g.gap(roleCentre, circle(point{}, inner))
	if g.fine > 0 {
		switch g.n(3) {
		case 0:
			g.dot(roleMain, point{}, float64(inner*0.4))
		case 1:
			for ring := 1; ring <= g.fine; ring++ {
				k := 6 * ring
				for i := range k {
					g.dot(roleDetail, polar(float64(inner*0.36*float64(ring)), float64(i)/float64(k)), 0.03)
				}
			}
		}
	}
}

func tulips(g *gen) {
	// Seen from the side: a cup of three to five petals on a stem with leaves.
	open := g.in(0.36, 0.52)
	cup := g.in(0.86, 1.02)
	top := -1.0
	base := top + cup
	tip := []float64{0.1, 0.4, 0.75}[g.n(3)]
	sway := g.sym(0.14)
	foot := point{sway, 1.15}
	stemW := g.in(0.07, 0.11)
	g.stem(roleLeaf, stemW, point{0, base - 0.1}, point{float64(sway * 0.2), lerp(base, 1.15, 0.45)}, foot)
	leaf := func(side, long, width float64) {
		root := point{float64(sway * 0.8), 1.1}
		t := point{float64(side * long * 0.52), -long}
		g.shape(roleLeaf, blade(t, width, float64(side*long*0.2), 0.45).at(place(root, 1, 0)))
		if g.fine == 2 {
			g.line(roleVein, 0.02, root.add(t.scale(0.15)).add(point{float64(side * 0.05), 0}), root.add(t.scale(0.5)).add(point{float64(side * long * 0.13), 0}), root.add(t.scale(0.85)))
		}
	}
	long := g.in(0.75, 1.1)
	switch g.n(3) {
	case 0:
		leaf(-1, long, 0.26)
		leaf(1, float64(long*g.in(0.7, 1)), 0.26)
	case 1:
		leaf([]float64{-1, 1}[g.n(2)], long, 0.3)
	default:
		leaf(-1, float64(long*0.7), 0.24)
		leaf(1, float64(long*0.95), 0.26)
	}
	lean := g.in(0.025, 0.06)
	side := func(s float64) *path {
		return petal(cup, float64(open*1.3), 0.42, tip, 0.5).at(place(point{float64(s * open * 0.34), base}, 1, float64(s*lean)))
	}
	if g.chance(0.5) {
		g.gap(roleAlt, petal(float64(cup*0.97), float64(open*1.1), 0.5, tip, 0.5).at(place(point{0, base}, 1, 0)))
		g.gap(roleMain, side(-1))
		g.gap(roleMain, side(1))
	} else {
		g.gap(roleAlt, side(-1))
		g.gap(roleAlt, side(1))
		g.gap(roleMain, petal(float64(cup*0.96), float64(open*1.5), 0.42, tip, 0.6).at(place(point{0, base + 0.03}, 1, 0)))
	}
}
