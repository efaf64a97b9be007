package draw

import "slices"

func polkaDots(g *gen) {
	switch g.pick(60, 20, 20) {
	case 0:
		g.shape(roleMain, circle(point{}, 1))
	case 1:
		g.shape(roleMain, circle(point{}, 1))
		g.shape(roleCentre, circle(point{}, g.in(0.4, 0.55)))
	default:
		// Cut by hand: not quite round.
		pts := make([]point, 9)
		for i := range pts {
			pts[i] = polar(g.in(0.92, 1.02), float64(float64(i)/9))
		}
		g.shape(roleMain, smooth(1, pts...))
	}
}

func diamonds(g *gen) {
	w := g.in(0.55, 0.85)
	d := func(k float64) *path {
		return polygon(point{0, -k}, point{float64(w * k), 0}, point{0, k}, point{-float64(w * k), 0})
	}
	g.shape(roleMain, d(1))
	switch g.n(4) {
	case 0:
		g.shape(roleCentre, d(g.in(0.45, 0.6)))
	case 1:
		g.shape(roleCentre, d(0.7))
		g.shape(roleMain, d(0.4))
	case 2:
		if g.fine > 0 {
			g.line(roleCentre, 0.06, point{0, -0.9}, point{}, point{0, 0.9})
			g.line(roleCentre, 0.06, point{-float64(w * 0.9), 0}, point{}, point{float64(w * 0.9), 0})
		}
	}
}

func triangles(g *gen) {
	if g.chance(0.6) {
		h := g.in(0.85, 1)
		t := func(k float64) *path {
			return polygon(point{0, -float64(h * k)}, point{float64(0.95 * k), float64(h * 0.72 * k)}, point{-float64(0.95 * k), float64(h * 0.72 * k)})
		}
		g.shape(roleMain, t(1))
		switch g.n(3) {
		case 0:
			g.shape(roleCentre, t(g.in(0.42, 0.56)).at(affine{1, 0, 0, 1, 0, 0.06}))
		case 1:
			if g.fine > 0 {
				for i := range 3 {
					y := lerp(-0.1, 0.5, float64(float64(i)/2))
					x := float64((y+h)/(h*1.72)*0.95) - 0.18
					g.line(roleCentre, 0.05, point{-x, y}, point{0, y}, point{x, y})
				}
			}
		}
		return
	}
	// Two halves of a square.
	g.shape(roleMain, polygon(point{-0.85, -0.85}, point{0.85, -0.85}, point{-0.85, 0.85}))
	g.shape(roleAlt, polygon(point{0.85, -0.85}, point{0.85, 0.85}, point{-0.85, 0.85}))
}

func hexagons(g *gen) {
	turn := 0.25
	g.shape(roleMain, regular(6, 1, turn))
	k := g.in(0.6, 0.76)
	switch g.n(4) {
	case 0:
		g.shape(roleCentre, regular(6, k, turn))
	case 1:
		g.shape(roleCentre, regular(6, k, turn))
		g.shape(roleMain, regular(6, float64(k*0.6), turn))
	case 2: // a cube
		g.shape(roleAlt, polygon(point{}, polar(1, turn), polar(1, turn+1.0/6), polar(1, turn+2.0/6)))
		if g.fine > 0 {
			g.line(roleDetail, 0.04, point{}, polar(0.5, turn-1.0/6*2+1), polar(0.98, turn-1.0/6*2+1))
		}
	}
}

func circles(g *gen) {
	n := g.count(2, 4)
	if g.fine == 0 {
		n = 2
	}
	switch g.n(3) {
	case 0: // rings inside each other
		for i := range n {
			r := 1 - float64(float64(i)/float64(n)*0.95)
			w := 0.5 / float64(n)
			role := roleMain
			if i%2 == 1 {
				role = roleAlt
			}
			if i == n-1 && g.chance(0.5) {
				g.shape(role, circle(point{}, r))
			} else {
				g.shape(role, ring(point{}, r, max(r-w, float64(r*0.3))))
			}
		}
	case 1: // two halves
		g.shape(roleMain, halfDisc(1))
		g.shape(roleAlt, halfDisc(1).at(place(point{}, 1, 0.5)))
		if g.chance(0.5) {
			g.shape(roleCentre, circle(point{}, g.in(0.3, 0.5)))
		}
	default:
		g.shape(roleMain, ring(point{}, 1, g.in(0.6, 0.74)))
		g.shape(roleAlt, circle(point{}, g.in(0.3, 0.45)))
	}
}

// memphis are the loose shapes of the eighties: each motif is another one.
func memphis(g *gen) {
	w := max(0.2, float64(g.thin*1.5))
	switch g.n(8) {
	case 0:
		var pts []point
		for i := range 6 {
			pts = append(pts, point{lerp(-1, 1, float64(float64(i)/5)), float64((float64(float64(i%2)*2) - 1) * 0.28)})
		}
		g.shape(roleMain, zigzagStroke(pts, w))
	case 1:
		var pts []point
		for i := range 25 {
			t := float64(float64(i) / 24)
			pts = append(pts, point{lerp(-1, 1, t), float64(0.26 * sinTurn(float64(t*2.5)))})
		}
		g.shape(roleMain, brush(w, w, w, pts...))
	case 2:
		g.shape(roleAlt, regular(3, 0.9, g.unit()))
	case 3:
		g.shape(roleMain, ring(point{}, 0.75, 0.48))
	case 4:
		g.shape(roleAlt, polygon(cross(0.8, float64(w*0.62))...))
	case 5:
		g.shape(roleMain, halfDisc(0.85))
	case 6:
		for i := range 3 {
			y := float64(float64(i-1) * 0.42)
			g.shape(roleAlt, rect(-0.75, y-float64(w*0.4), 1.5, float64(w*0.8)))
		}
	default:
		for i := range 9 {
			g.dot(roleMain, point{float64(float64(i%3-1) * 0.5), float64(float64(i/3-1) * 0.5)}, 0.13)
		}
	}
}

func cross(r, h float64) []point {
	return []point{{-h, -r}, {h, -r}, {h, -h}, {r, -h}, {r, h}, {h, h}, {h, r}, {-h, r}, {-h, h}, {-r, h}, {-r, -h}, {-h, -h}}
}

// zigzagStroke is a stroke with sharp corners along the points.
func zigzagStroke(pts []point, w float64) *path {
	n := len(pts)
	top, bottom := make([]point, n), make([]point, n)
	for i, p := range pts {
		a := pts[max(i-1, 0)]
		b := pts[min(i+1, n-1)]
		d := b.sub(p).unit()
		if i > 0 {
			d = p.sub(a).unit()
		}
		m := point{0, 1}
		if i == 0 || i == n-1 {
			m = d.perp()
		}
		k := w / 2 / max(0.35, abs(m.dot(d.perp())))
		top[i], bottom[n-1-i] = p.add(m.scale(-k)), p.add(m.scale(k))
		if m.dot(point{0, 1}) < 0 {
			top[i], bottom[n-1-i] = bottom[n-1-i], top[i]
		}
	}
	return polygon(slices.Concat(top, bottom)...)
}
