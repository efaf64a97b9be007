package draw

// leafAt is a leaf with its midrib that grows from root along tip.
func (g *gen) leafAt(root, tip point, w, bend float64) {
	g.shape(roleLeaf, blade(tip, w, bend, 0.48).at(place(root, 1, 0)))
	if g.fine > 0 {
		n := tip.perp().unit().scale(bend)
		g.line(roleVein, 0.025, root.add(tip.scale(0.1)), root.add(tip.scale(0.5)).add(n), root.add(tip.scale(0.85)).add(n.scale(0.4)))
	}
}

func berries(g *gen) {
	n := g.count(3, 6)
	if g.fine == 0 {
		n = g.count(3, 4)
	}
	fork := point{0, 0.1}
	foot := point{g.sym(0.25), -1.1}
	g.stem(roleLeaf, 0.07, foot, point{float64(foot.x * 0.4), -0.5}, fork)
	r := g.in(0.2, 0.26)
	wide := g.in(0.75, 1)
	for i := range n {
		k := 0.0
		if n > 1 {
			k = float64(float64(i)/float64(n-1)*2) - 1
		}
		at := point{float64(k * wide * 0.75), 0.85 - float64(0.35*k*k) + g.sym(0.1)}
		from := point{float64(foot.x * 0.2), fork.y - float64(0.3*abs(k))}
		g.stem(roleLeaf, 0.045, from, from.lerp(at, 0.55).add(point{float64(k * 0.08), -0.05}), at)
		g.gap(roleMain, circle(at, r))
		if g.fine > 0 {
			g.dot(roleCentre, at.add(point{-float64(r * 0.35), -float64(r * 0.35)}), float64(r*0.2))
		}
	}
	for _, s := range []float64{-1, 1} {
		if s < 0 || g.chance(0.7) {
			g.leafAt(point{float64(foot.x * 0.5), g.in(-0.7, -0.45)}, point{float64(s * g.in(0.55, 0.75)), -g.in(0, 0.3)}, 0.36, float64(s*0.08))
		}
	}
}

func cherries(g *gen) {
	top := point{g.in(-0.15, 0.25), -1.05}
	r := g.in(0.38, 0.45)
	a, b := point{-g.in(0.42, 0.5), g.in(0.5, 0.62)}, point{g.in(0.42, 0.52), g.in(0.32, 0.58)}
	g.leafAt(top, point{g.in(0.6, 0.85), -g.in(-0.25, 0.2)}, 0.42, 0.1)
	if g.chance(0.35) {
		g.leafAt(top, point{-g.in(0.6, 0.8), g.in(-0.2, 0.15)}, 0.38, -0.1)
	}
	for _, c := range []point{a, b} {
		g.stem(roleLeaf, 0.055, top, top.lerp(c, 0.5).add(point{float64(c.x * 0.28), -0.1}), c.add(point{0, -float64(r * 0.75)}))
	}
	for _, c := range []point{a, b} {
		p := smooth(1, c.add(point{0, -float64(r * 0.78)}), c.add(point{float64(r * 0.72), -float64(r * 0.82)}), c.add(point{r, 0}), c.add(point{float64(r * 0.6), float64(r * 0.82)}),
			c.add(point{0, r}), c.add(point{-float64(r * 0.6), float64(r * 0.82)}), c.add(point{-r, 0}), c.add(point{-float64(r * 0.72), -float64(r * 0.82)}))
		g.gap(roleMain, p)
		if g.fine > 0 {
			g.put(dotKind, roleCentre, ellipse(point{}, float64(r*0.13), float64(r*0.26)).at(place(c.add(point{-float64(r * 0.45), -float64(r * 0.2)}), 1, 0.08)))
		}
	}
}

// slice is a cut citrus fruit: rind, pith and n segments.
func (g *gen) slice(n int, c point, r float64) {
	g.gap(roleMain, circle(c, r))
	g.put(dotKind, roleGround, circle(c, float64(r*0.86)))
	t := g.unit()
	w := flowerWidth(n, float64(r*0.78), 0.78, 0.9)
	for i := range n {
		g.shape(roleAlt, petal(float64(r*0.78), w, 0.78, 1, 0.1).at(place(c, 1, t+float64(i)/float64(n))))
	}
}

func lemons(g *gen) {
	if g.chance(0.25) {
		g.slice(g.count(8, 10), point{}, 1)
		return
	}
	tilt := g.sym(0.12)
	w, nip := g.in(0.6, 0.7), g.in(0.1, 0.18)
	m := place(point{}, 1, tilt)
	for i := range g.count(1, 2) {
		s := []float64{1, -1}[i]
		g.leafAt(m.apply(point{0, -0.85}), point{float64(s * g.in(0.55, 0.8)), -g.in(0.1, 0.4)}, 0.36, float64(s*0.08))
	}
	p := smooth(1, point{0, -0.95}, point{nip, -0.86}, point{float64(w * 0.62), -0.62}, point{w, 0}, point{float64(w * 0.62), 0.62}, point{nip, 0.85}, point{0, 1},
		point{-nip, 0.85}, point{-float64(w * 0.62), 0.62}, point{-w, 0}, point{-float64(w * 0.62), -0.62}, point{-nip, -0.86})
	g.gap(roleMain, p.at(m))
	if g.fine > 0 {
		if g.chance(0.5) {
			for range 4 + 3*g.fine {
				g.dot(roleDetail, m.apply(point{g.sym(float64(w * 0.6)), g.sym(0.5)}), 0.026)
			}
		} else {
			g.line(roleDetail, 0.04, m.apply(point{-float64(w * 0.55), 0.3}), m.apply(point{-float64(w * 0.62), 0}), m.apply(point{-float64(w * 0.5), -0.35}))
		}
	}
}

func oranges(g *gen) {
	switch g.n(3) {
	case 0:
		g.slice(g.count(8, 11), point{}, 1)
	case 1: // half a slice
		g.gap(roleMain, halfDisc(1))
		g.put(dotKind, roleGround, halfDisc(0.86).at(affine{1, 0, 0, 1, 0, -0.05}))
		n := 5
		for i := range n {
			a := 0.25 + float64((float64(i)-2)*0.098)
			g.shape(roleAlt, petal(0.74, 0.38, 0.75, 1, 0.12).at(place(point{0, 0.02}, 1, a+0.25)))
		}
	default:
		g.stem(roleLeaf, 0.08, point{0.03, -1.12}, point{0, -0.95}, point{0, -0.75})
		g.leafAt(point{0.02, -0.92}, point{g.in(0.6, 0.8), -g.in(0, 0.35)}, 0.4, 0.08)
		if g.chance(0.5) {
			g.leafAt(point{0.02, -0.92}, point{-g.in(0.6, 0.8), -g.in(0, 0.3)}, 0.4, -0.08)
		}
		g.gap(roleMain, circle(point{0, 0.05}, 0.95))
		if g.fine > 0 {
			for range 6 + 5*g.fine {
				g.dot(roleDetail, polar(float64(0.75*sqrt(g.unit())), g.unit()), 0.026)
			}
		}
	}
}

func halfDisc(r float64) *path {
	k := float64(r * kappa)
	p := (&path{}).move(-r, 0).line(r, 0)
	p.cubic(r, k, k, r, 0, r)
	return p.cubic(-k, r, -r, k, -r, 0)
}

func appleShape(w, k float64) *path {
	return smooth(1, point{0, -float64(0.5 * k)}, point{float64(0.38 * w), -float64(0.68 * k)}, point{float64(0.86 * w), -float64(0.42 * k)}, point{float64(0.92 * w), 0.1},
		point{float64(0.62 * w), 0.72}, point{float64(0.25 * w), 0.92}, point{0, 0.82}, point{-float64(0.25 * w), 0.92}, point{-float64(0.62 * w), 0.72},
		point{-float64(0.92 * w), 0.1}, point{-float64(0.86 * w), -float64(0.42 * k)}, point{-float64(0.38 * w), -float64(0.68 * k)})
}

func apples(g *gen) {
	w := g.in(0.92, 1.05)
	p := appleShape(w, 1)
	g.leafAt(point{0.04, -0.72}, point{g.in(0.45, 0.65), -g.in(0.2, 0.4)}, 0.32, 0.06)
	g.stem(roleLeaf, 0.08, point{g.in(0, 0.14), -1.02}, point{0.03, -0.78}, point{0, -0.45})
	g.gap(roleMain, p)
	if g.chance(0.35) { // cut open
		g.shape(roleAlt, p.at(affine{0.82, 0, 0, 0.82, 0, 0.04}))
		for _, s := range []float64{-1, 1} {
			g.shape(roleCentre, petal(0.36, 0.17, 0.4, 0, 0.2).at(place(point{float64(s * 0.1), 0.26}, 1, float64(s*0.02))))
		}
	} else if g.fine > 0 {
		g.line(roleDetail, 0.05, point{-float64(0.68 * w), 0.3}, point{-float64(0.72 * w), 0}, point{-float64(0.58 * w), -0.3})
	}
}

func pearShape(w, neck float64) *path {
	return smooth(1, point{0, -0.82}, point{neck, -0.68}, point{float64(neck * 1.25), -0.28}, point{w, 0.35}, point{float64(w * 0.7), 0.85},
		point{0, 0.98}, point{-float64(w * 0.7), 0.85}, point{-w, 0.35}, point{-float64(neck * 1.25), -0.28}, point{-neck, -0.68})
}

func pears(g *gen) {
	p := pearShape(g.in(0.64, 0.72), g.in(0.26, 0.34))
	g.leafAt(point{0.03, -0.95}, point{g.in(0.45, 0.65), -g.in(0, 0.3)}, 0.32, 0.06)
	g.stem(roleLeaf, 0.08, point{g.in(-0.1, 0.16), -1.18}, point{0.02, -1}, point{0, -0.75})
	g.gap(roleMain, p)
	switch {
	case g.chance(0.35):
		g.shape(roleAlt, p.at(affine{0.8, 0, 0, 0.84, 0, 0.03}))
		g.shape(roleCentre, petal(0.34, 0.2, 0.4, 0, 0.2).at(place(point{0, 0.55}, 1, 0)))
	case g.fine > 0 && g.chance(0.5):
		for range 4 + 4*g.fine {
			g.dot(roleDetail, point{g.sym(0.42), g.in(0, 0.75)}, 0.026)
		}
	case g.fine > 0:
		g.line(roleDetail, 0.045, point{-0.45, 0.6}, point{-0.5, 0.35}, point{-0.36, 0.02})
	}
}

func pomegranates(g *gen) {
	if g.chance(0.7) {
		g.leafAt(point{0, 0.8}, point{g.in(0.6, 0.85), g.in(0.1, 0.35)}, 0.32, 0.08)
		g.leafAt(point{0, 0.8}, point{-g.in(0.6, 0.85), g.in(0.1, 0.35)}, 0.32, -0.08)
	}
	g.stem(roleLeaf, 0.08, point{g.sym(0.15), 1.2}, point{0.02, 1}, point{0, 0.7})
	// The crown stands above the fruit.
	crown := g.in(0.26, 0.34)
	g.gap(roleMain, polygon(point{-0.16, -0.62}, point{-crown, -1.15}, point{-float64(crown * 0.42), -0.92}, point{0, -1.18}, point{float64(crown * 0.42), -0.92}, point{crown, -1.15}, point{0.16, -0.62}))
	w := g.in(0.82, 0.92)
	body := smooth(1, point{0, -0.72}, point{float64(w * 0.68), -0.52}, point{w, 0.1}, point{float64(w * 0.62), 0.68}, point{0, 0.86}, point{-float64(w * 0.62), 0.68}, point{-w, 0.1}, point{-float64(w * 0.68), -0.52})
	g.gap(roleMain, body)
	cut := smooth(1, point{0, -0.5}, point{0.4, -0.2}, point{0.46, 0.2}, point{0, 0.64}, point{-0.46, 0.2}, point{-0.4, -0.2})
	if g.chance(0.75) {
		g.shape(roleAlt, cut)
		for _, s := range []point{{0, -0.26}, {-0.2, -0.06}, {0.2, -0.06}, {0, 0.1}, {-0.22, 0.24}, {0.22, 0.24}, {0, 0.42}} {
			g.put(dotKind, roleCentre, petal(0.17, 0.13, 0.4, 0.4, 0.5).at(place(s.add(point{0, 0.08}), 1, 0)))
		}
	} else if g.fine > 0 {
		for _, k := range []float64{-0.45, 0, 0.45} {
			g.line(roleDetail, 0.03, point{float64(k * 0.5), -0.55}, point{k, 0.1}, point{float64(k * 0.5), 0.68})
		}
	}
}

func strawberries(g *gen) {
	w := g.in(0.72, 0.86)
	g.stem(roleLeaf, 0.07, point{g.sym(0.2), -1.15}, point{0.02, -0.95}, point{0, -0.6})
	g.gap(roleMain, smooth(1, point{0, -0.66}, point{float64(w * 0.7), -0.62}, point{w, -0.2}, point{float64(w * 0.62), 0.42}, point{0, 1}, point{-float64(w * 0.62), 0.42}, point{-w, -0.2}, point{-float64(w * 0.7), -0.62}))
	n := 5
	for i := range n {
		k := float64(float64(i)/float64(n-1)) - 0.5
		g.gap(roleLeaf, petal(g.in(0.42, 0.54), 0.26, 0.45, 0, 0.5).at(place(point{0, -0.66}, 1, 0.5-float64(k*0.62))))
	}
	rows := []int{3, 4, 3, 2}
	if g.fine == 0 {
		rows = []int{2, 1}
	}
	for j, m := range rows {
		y := lerp(-0.05, 0.68, float64(j)/float64(max(len(rows)-1, 1)))
		wide := float64(w * 0.62 * (1 - float64(j)/float64(len(rows)+1)))
		for i := range m {
			x := 0.0
			if m > 1 {
				x = lerp(-wide, wide, float64(i)/float64(m-1))
			}
			g.put(dotKind, roleDetail, ellipse(point{x, y}, max(0.035, float64(g.thin*0.6)), max(0.06, float64(g.thin*0.8))))
		}
	}
}

func mushrooms(g *gen) {
	one := func(at point, size float64) {
		m := place(at, size, g.sym(0.02))
		w, h := g.in(0.82, 0.98), g.in(0.62, 0.95)
		foot := g.in(0.2, 0.28)
		stem := (&path{}).move(-0.16, 0)
		stem.cubic(-0.14, 0.35, -foot, 0.7, -foot, 0.95)
		stem.cubic(-float64(foot*0.6), 1.06, float64(foot*0.6), 1.06, foot, 0.95)
		stem.cubic(foot, 0.7, 0.14, 0.35, 0.16, 0)
		g.shape(roleAlt, stem.at(m))
		top := (&path{}).move(-w, 0.02)
		top.cubic(-w, -float64(h*0.75), -float64(w*0.5), -h, 0, -h)
		top.cubic(float64(w*0.5), -h, w, -float64(h*0.75), w, 0.02)
		top.cubic(float64(w*0.9), 0.16, float64(w*0.4), 0.08, 0, 0.08)
		top.cubic(-float64(w*0.4), 0.08, -float64(w*0.9), 0.16, -w, 0.02)
		g.gap(roleMain, top.at(m))
		switch g.n(3) {
		case 0, 1:
			spots := []point{{-0.42, -0.3}, {0.08, -0.55}, {0.5, -0.26}, {0.02, -0.18}}
			for i, s := range spots {
				if i == 3 && g.fine == 0 {
					continue
				}
				r := g.in(0.09, 0.16)
				g.put(dotKind, roleDetail, ellipse(point{}, r, float64(r*0.85)).at(affine{1, 0, 0, 1, float64(s.x * w), float64(s.y * h)}.then(m)))
			}
		default:
			if g.fine > 0 {
				for _, k := range []float64{-0.5, 0, 0.5} {
					g.line(roleDetail, 0.03, m.apply(point{float64(k * 1.3 * w), -0.02}), m.apply(point{float64(k * 1.1 * w), -float64(h * 0.4)}), m.apply(point{float64(k * 0.5 * w), -float64(h * 0.75)}))
				}
			}
		}
	}
	if g.chance(0.4) {
		one(point{0.72, 0.42}, 0.55)
	}
	one(point{0, 0}, 1)
	if g.chance(0.5) {
		for _, x := range []float64{-0.42, -0.3, 0.34} {
			g.stem(roleLeaf, 0.04, point{x, 1.02}, point{float64(x * 1.15), 0.85}, point{float64(x * 1.5), 0.7})
		}
	}
}
