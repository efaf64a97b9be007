package draw

func birds(g *gen) {
	// Seen from the side, looking left.
	long := g.in(0.9, 1.1)
	fat := g.in(0.42, 0.54)
	head := point{-0.62, -0.42}
	hr := g.in(0.25, 0.3)
	// tail
	tl := g.in(0.5, 0.75)
	lift := g.sym(0.18)
	root := point{0.55, 0.05}
	switch g.n(3) {
	case 0:
		g.shape(roleMain, polygon(root.add(point{-0.1, -0.14}), root.add(point{tl, -0.22 - lift}), root.add(point{float64(tl * 0.86), 0.02 - lift}), root.add(point{tl, 0.16 - lift}), root.add(point{-0.15, 0.16})))
	case 1:
		g.shape(roleMain, blade(point{tl, -0.28 - lift}, 0.2, 0, 0.6).at(place(root, 1, 0)))
		g.shape(roleMain, blade(point{tl, -lift}, 0.2, 0, 0.6).at(place(root, 1, 0)))
		g.shape(roleMain, blade(point{float64(tl * 0.9), 0.24 - lift}, 0.2, 0, 0.6).at(place(root, 1, 0)))
	default:
		g.shape(roleMain, petal(tl, 0.34, 0.75, 0.6, 0.6).at(place(root.add(point{-0.08, 0}), 1, 0.25-float64(lift*0.2))))
	}
	if g.chance(0.55) {
		for _, x := range []float64{-0.08, 0.12} {
			g.stem(roleLeaf, 0.05, point{x, fat - 0.1}, point{x - 0.02, fat + 0.2}, point{x - 0.12, fat + 0.34})
		}
	}
	// beak
	g.shape(roleLeaf, polygon(head.add(point{-float64(hr * 0.75), -float64(hr * 0.5)}), head.add(point{-hr - 0.24, 0.04}), head.add(point{-float64(hr * 0.7), float64(hr * 0.6)})))
	// body and head in one outline
	k := long
	g.shape(roleMain, smooth(1,
		head.add(point{0, -hr}), head.add(point{float64(hr * 0.8), -float64(hr * 0.45)}),
		point{float64(-0.05 * k), -float64(fat * 0.62)}, point{float64(0.45 * k), -0.2}, point{float64(0.68 * k), 0.06},
		point{float64(0.36 * k), float64(fat * 0.72)}, point{-0.15, fat}, point{-0.58, float64(fat * 0.5)},
		head.add(point{-float64(hr * 0.9), float64(hr * 0.5)}), head.add(point{-float64(hr * 0.8), -float64(hr * 0.5)})))
	// wing
	at := point{-0.22, -0.1}
	switch g.n(3) {
	case 0:
		g.gap(roleAlt, blade(point{0.85, 0.12}, 0.46, 0.1, 0.4).at(place(at, 1, 0)))
		if g.fine > 0 {
			g.line(roleDetail, 0.04, at.add(point{0.2, 0.08}), at.add(point{0.45, 0.1}), at.add(point{0.68, 0.11}))
		}
	case 1:
		g.gap(roleAlt, petal(0.95, 0.5, 0.4, 0.1, 0.4).at(place(at, 1, 0.28)))
		if g.fine == 2 {
			g.line(roleDetail, 0.035, at.add(point{0.15, -0.08}), at.add(point{0.4, -0.04}), at.add(point{0.6, 0.02}))
			g.line(roleDetail, 0.035, at.add(point{0.12, 0.06}), at.add(point{0.35, 0.1}), at.add(point{0.55, 0.14}))
		}
	default: // spread upwards
		g.gap(roleAlt, blade(point{0.5, -0.9}, 0.42, 0.12, 0.45).at(place(at.add(point{0.05, 0.1}), 1, 0)))
		g.gap(roleAlt, blade(point{0.75, -0.6}, 0.36, 0.12, 0.45).at(place(at.add(point{0.1, 0.14}), 1, 0)))
	}
	g.dot(roleDetail, head.add(point{-0.06, -0.05}), 0.05)
	if g.chance(0.25) { // crest
		for i := range 3 {
			g.stem(roleMain, 0.04, head.add(point{0, -float64(hr * 0.8)}), head.add(point{float64((float64(i) - 0.5) * 0.08), -hr - 0.1}), head.add(point{float64((float64(i) - 0.6) * 0.16), -hr - 0.2}))
		}
	}
}

func butterflies(g *gen) {
	upW, upH := g.in(0.85, 1.05), g.in(0.72, 0.95)
	loW, loH := g.in(0.6, 0.82), g.in(0.6, 0.85)
	round := g.in(0.1, 0.45)
	upper := func(k float64) *path {
		return smooth(1, point{0.06, 0.02}, point{float64(0.3 * k), -float64(upH * 0.62 * k)}, point{float64(upW * 0.8 * k), -float64(upH * k)},
			point{float64(upW * k), -float64(upH * (0.95 - round) * k)}, point{float64(upW * 0.72 * k), -float64(0.08 * k)})
	}
	lower := func(k float64) *path {
		return smooth(1, point{0.06, 0.06}, point{float64(loW * 0.75 * k), 0.06}, point{float64(loW * k), float64(loH * 0.55 * k)},
			point{float64(loW * 0.6 * k), float64(loH * 1.02 * k)}, point{float64(0.22 * k), float64(loH * 0.72 * k)})
	}
	both := func(r role, p *path, k kind) {
		g.put(k, r, p)
		g.put(k, r, p.at(affine{a: -1, d: 1}))
	}
	tail := g.chance(0.3)
	if tail {
		both(roleAlt, blade(point{0.16, 0.5}, 0.16, 0.05, 0.4).at(place(point{float64(loW * 0.55), float64(loH * 0.8)}, 1, 0)), shapeKind)
	}
	both(roleAlt, lower(1), gapKind)
	both(roleMain, upper(1), gapKind)
	switch g.n(3) {
	case 0:
		both(roleCentre, upper(0.62), shapeKind)
		both(roleDetail, lower(0.55), shapeKind)
	case 1:
		if g.fine > 0 {
			both(roleCentre, circle(point{float64(upW * 0.66), -float64(upH * 0.6)}, 0.15), shapeKind)
			both(roleDetail, circle(point{float64(loW * 0.6), float64(loH * 0.55)}, 0.12), shapeKind)
		}
	default:
		if g.fine > 0 {
			for i := range 3 {
				t := float64(float64(i) / 2)
				both(roleDetail, circle(point{lerp(float64(upW*0.86), float64(upW*0.74), t), lerp(-float64(upH*0.82), -float64(upH*0.3), t)}, max(0.06, g.thin)), dotKind)
			}
		}
	}
	g.gap(roleLeaf, ellipse(point{0, 0.1}, max(0.08, g.thin), 0.48))
	for _, s := range []float64{-1, 1} {
		g.stem(roleLeaf, 0.035, point{0, -0.32}, point{float64(s * 0.12), -0.62}, point{float64(s * 0.3), -0.82})
	}
}
