package draw

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
			pts[i] = polar(g.in(0.92, 1.02), float64(i)/9)
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
