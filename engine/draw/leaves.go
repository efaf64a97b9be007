package draw

// veined draws a leaf blade from root along tip with its midrib.
func (g *gen) veined(root, tip point, w, bend, belly float64, veins int) {
	g.shape(roleLeafOrMain(g), blade(tip, w, bend, belly).at(place(root, 1, 0)))
	if g.fine == 0 {
		return
	}
	n := tip.perp().unit()
	mid := tip.scale(belly).add(n.scale(bend))
	spine := curve(4, point{}, mid, tip)
	r := veinRole(g)
	g.line(r, 0.05, moved(spine[:len(spine)-1], root)...)
	l := tip.len()
	for i := range veins {
		t := float64(i+1) / float64(veins+1)
		k := min(int(float64(t*float64(len(spine)-1))), len(spine)-2)
		at := spine[k].add(root)
		d := spine[k+1].sub(spine[k]).unit()
		s := float64(w * 0.4 * (1 - abs(t-0.42)))
		for _, side := range []float64{1, -1} {
			q := at.add(d.scale(float64(s * 0.9))).add(d.perp().scale(float64(side * s * 0.72)))
			g.line(r, float64(l*0.014), at, at.lerp(q, 0.5).add(d.scale(float64(-s*0.06))), q)
		}
	}
}

func moved(pts []point, by point) []point {
	out := make([]point, len(pts))
	for i, p := range pts {
		out[i] = p.add(by)
	}
	return out
}

// roleLeafOrMain: in families of leaves the leaf is the main thing.
func roleLeafOrMain(g *gen) role {
	if g.leafy {
		return roleMain
	}
	return roleLeaf
}

func veinRole(g *gen) role {
	if g.leafy {
		return roleCentre
	}
	return roleVein
}

func leaves(g *gen) {
	g.leafy = true
	w := g.in(0.62, 0.98)
	bend := g.sym(0.16)
	belly := g.in(0.36, 0.5)
	stem := g.in(0.22, 0.4)
	foot := point{-float64(bend * 0.8), 1}
	g.stem(roleMain, 0.08, foot, point{-float64(bend * 0.1), 1 - float64(stem*0.6)}, point{0, 0.98 - stem})
	veins := 0
	if g.fine > 0 {
		veins = g.count(2, 5)
	}
	root := point{0, 1 - stem}
	g.veined(root, point{float64(bend * 0.6), -2 + stem}, w, bend, belly, veins)
}

// sprigs are a curved stem with leaves in pairs or in turn, and a bud.
func sprigs(g *gen) {
	// As a small motif between others its leaves are what is seen.
	leaf := roleLeaf
	if g.small {
		leaf = roleMain
	}
	bend := g.sym(0.3)
	stem := curve(6, point{-float64(bend * 0.6), 1.1}, point{float64(bend * 0.4), 0.3}, point{float64(bend * 0.2), -0.4}, point{-float64(bend * 0.7), -0.95})
	g.put(stemKind, leaf, brush(max(0.07, float64(g.thin*1.2)), max(0.055, g.thin), max(0.04, float64(g.thin*0.9)), stem...))
	pairs := g.count(3, 5)
	if g.fine == 0 {
		pairs = 3
	}
	alternate := g.chance(0.4)
	long := g.in(0.46, 0.6)
	wide := float64(long * g.in(0.36, 0.55))
	up := g.in(0.09, 0.14)
	for i := range pairs {
		t := 0.16 + float64(0.68*float64(i)/float64(pairs))
		k := int(float64(t * float64(len(stem)-1)))
		d := stem[k+1].sub(stem[k]).unit()
		size := 1 - float64(0.35*float64(i)/float64(pairs))
		for s, side := range []float64{1, -1} {
			at := stem[k]
			if alternate && s == 1 {
				at = stem[min(k+2, len(stem)-1)]
			}
			sn, cs := sincos(float64(side * up * 1.35))
			tip := point{float64(d.x*cs) - float64(d.y*sn), float64(d.x*sn) + float64(d.y*cs)}.scale(float64(long * size))
			g.shape(leaf, blade(tip, float64(wide*size), float64(side*long*0.07), 0.45).at(place(at, 1, 0)))
			if g.fine == 2 {
				g.line(roleVein, 0.02, at.add(tip.scale(0.15)), at.add(tip.scale(0.5)), at.add(tip.scale(0.8)))
			}
		}
	}
	top := stem[len(stem)-1]
	switch g.n(3) {
	case 0: // a bud
		g.shape(roleMain, petal(0.36, 0.28, 0.42, 0.35, 0.5).at(place(top.add(point{0, 0.1}), 1, float64(-bend*0.12))))
	case 1: // berries
		for _, o := range []point{{-0.12, 0.02}, {0.12, 0}, {0, -0.16}} {
			g.shape(roleMain, circle(top.add(o), 0.12))
		}
	default: // a small flower
		g.blossom(top, 5, 0.24)
	}
}

// blossom is a small flower of n petals.
func (g *gen) blossom(at point, n int, r float64) {
	for i := range n {
		g.shape(roleMain, petal(r, float64(r*0.85), 0.62, 1, 0.3).at(place(at, 1, float64(i)/float64(n))))
	}
	g.dot(roleCentre, at, float64(r*0.3))
}
