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
	inner := []float64{0, 0, 0, 0, 0.34, 0.44, 0.56, 0, 0.6}[n] * g.in(0.85, 1.1)
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
