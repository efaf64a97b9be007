package draw

// Flowers seen from above in several layers.

// layers puts rings of rounded petals inside each other, from the rim inwards,
// main and alt in turn.
func (g *gen) layers(counts []int, radii []float64, turn, width, tip float64) {
	for i, n := range counts {
		r := roleMain
		if i%2 == 1 {
			r = roleAlt
		}
		l := radii[i]
		w := min(flowerWidth(n, l, 0.66, width), float64(l*1.25))
		g.around(gapKind, r, n, turn+float64(float64(i)*0.5)/float64(n), petal(l, w, 0.66, tip, 0.4))
	}
}

// under puts a few leaves below a flower.
func (g *gen) under(n int, reach, w float64) {
	a := g.unit()
	for i := range n {
		t := a + float64(float64(i)*g.in(0.3, 0.42))
		tip := polar(reach, t)
		g.shape(roleLeaf, blade(tip, w, float64(g.sym(0.06)), 0.6))
		if g.fine == 2 {
			g.line(roleVein, 0.02, tip.scale(0.6), tip.scale(0.78), tip.scale(0.93))
		}
	}
}

func roses(g *gen) {
	if g.chance(0.6) {
		g.under(g.count(2, 3), g.in(1.2, 1.4), 0.5)
	}
	t := g.unit()
	switch {
	case g.fine == 0 || g.chance(0.4):
		g.layers([]int{5, 5, 3}, []float64{1, 0.7, 0.42}, t, 1.2, 1)
	default:
		g.layers([]int{6, 5, 5, 3}, []float64{1, 0.78, 0.56, 0.36}, t, 1.22, 1)
	}
	g.gap(roleCentre, circle(point{}, 0.2))
	if g.fine > 0 {
		pts := make([]point, 9)
		for i := range pts {
			pts[i] = polar(0.15-float64(0.016*float64(i)), t+float64(0.17*float64(i)))
		}
		g.line(roleDetail, 0.035, pts...)
	}
}

func camellias(g *gen) {
	if g.chance(0.7) {
		g.under(g.count(2, 4), g.in(1.22, 1.38), 0.5)
	}
	t := g.unit()
	n := g.count(7, 9)
	counts := []int{n, n, n - 1, 5}
	radii := []float64{1, 0.78, 0.56, 0.34}
	if g.fine == 0 {
		counts, radii = []int{7, 6, 4}, []float64{1, 0.7, 0.4}
	}
	g.layers(counts, radii, t, 1.12, 1)
	g.shape(roleCentre, circle(point{}, g.in(0.1, 0.15)))
}

func chrysanthemums(g *gen) {
	t := g.unit()
	n := g.count(14, 20)
	if g.fine == 0 {
		n = g.count(11, 13)
	}
	tip := []float64{0.15, 0.5, 0.9}[g.n(3)]
	rings := 3
	if g.fine == 0 {
		rings = 2
	}
	l := 1.0
	for i := range rings {
		r := roleMain
		if i%2 == 1 {
			r = roleAlt
		}
		m := n - 2*i
		g.around(gapKind, r, m, t+float64(0.5*float64(i))/float64(m), petal(l, flowerWidth(m, l, 0.72, 1.02), 0.72, tip, 0.4))
		l = float64(l * (0.7))
	}
	g.gap(roleCentre, circle(point{}, g.in(0.16, 0.22)))
	if g.fine == 2 {
		for i := range 6 {
			g.dot(roleDetail, polar(0.1, float64(float64(i)/6)), 0.025)
		}
	}
}

func sunflowers(g *gen) {
	t := g.unit()
	n := g.count(13, 18)
	if g.fine == 0 {
		n = 12
	}
	w := flowerWidth(n, 1, 0.62, 1.05)
	g.around(shapeKind, roleAlt, n, t+0.5/float64(n), petal(1, w, 0.58, 0.1, 0.5))
	g.around(gapKind, roleMain, n, t, petal(g.in(0.9, 0.97), w, 0.6, 0.12, 0.5))
	r := g.in(0.44, 0.54)
	g.gap(roleCentre, circle(point{}, r))
	if g.fine > 0 {
		m := 14 + 16*(g.fine-1)
		for i := 1; i < m; i++ {
			k := float64(r * 0.9 * sqrt(float64(i)/float64(m)))
			g.dot(roleDetail, polar(k, float64(float64(i)*0.3819660112501051)), 0.028)
		}
	} else {
		g.dot(roleDetail, point{}, float64(r*0.45))
	}
}

// ruffled is a fan of radius r from the origin upwards over an angle, with n
// waves of height amp in its rim.
func ruffled(r, angle float64, n int, amp float64) *path {
	pts := []point{{0, 0.02}}
	for i := 0; i <= 2*n; i++ {
		k := 1 - float64(float64(i%2)*amp)
		if i == 0 || i == 2*n {
			k = 0.86
		}
		pts = append(pts, polar(float64(r*k), 0.75+float64(angle*(float64(i)/float64(2*n)-0.5))))
	}
	return smooth(0.85, pts...)
}

func poppies(g *gen) {
	t := g.unit()
	waves := g.count(3, 5)
	amp := g.in(0.05, 0.1)
	wide := g.in(0.36, 0.42)
	p := ruffled(1, wide, waves, amp)
	for _, k := range []struct {
		r role
		a float64
	}{{roleAlt, 0}, {roleAlt, 0.5}, {roleMain, 0.25}, {roleMain, 0.75}} {
		g.gap(k.r, p.at(place(point{}, 1, t+k.a)))
	}
	if g.fine > 0 {
		for i := range 4 {
			for _, d := range []float64{-0.07, 0.07} {
				a := t + float64(float64(i)*0.25) + d
				g.line(roleDetail, 0.025, polar(0.45, a), polar(0.6, a), polar(0.74, a))
			}
		}
		n := g.count(10, 14)
		for i := range n {
			a := float64(i) / float64(n)
			g.dot(roleCentre, polar(g.in(0.34, 0.4), a), 0.035)
		}
	}
	g.gap(roleCentre, circle(point{}, g.in(0.2, 0.26)))
	if g.fine > 0 {
		for i := range 6 {
			a := float64(float64(i) / 6)
			g.line(roleDetail, 0.025, polar(0.02, a), polar(0.1, a), polar(0.17, a))
		}
	}
}

func anemones(g *gen) {
	n := g.count(6, 9)
	t := g.unit()
	w := flowerWidth(n, 1, 0.66, g.in(1.02, 1.15))
	g.around(gapKind, roleMain, n, t, petal(1, w, 0.66, 1, 0.3))
	if n%2 == 0 && g.chance(0.4) {
		g.around(gapKind, roleAlt, n/2, t+0.5/float64(n), petal(0.9, w, 0.66, 1, 0.3))
	}
	g.shape(roleAlt, circle(point{}, g.in(0.5, 0.56)))
	g.shape(roleCentre, circle(point{}, 0.24))
	m := g.count(12, 16)
	if g.fine == 0 {
		m = 9
	}
	for i := range m {
		a := float64(i) / float64(m)
		if g.fine == 2 {
			g.line(roleCentre, 0.018, polar(0.26, a), polar(0.32, a), polar(0.38, a))
		}
		g.dot(roleCentre, polar(0.4, a), 0.04)
	}
	if g.fine > 0 {
		g.dot(roleDetail, point{}, 0.09)
	}
}

func lilies(g *gen) {
	t := g.unit()
	w := g.in(0.42, 0.54)
	back := petal(1, w, 0.48, 0, 0.35)
	g.around(gapKind, roleAlt, 3, t+1.0/6, back)
	g.around(gapKind, roleMain, 3, t, petal(1.02, float64(w*1.1), 0.48, 0, 0.35))
	if g.fine > 0 {
		for i := range 6 {
			a := t + float64(float64(i)/6) - 0.25
			g.line(roleDetail, 0.03, polar(0.28, a), polar(0.5, a), polar(0.78, a))
			if g.fine == 2 {
				for _, d := range []float64{-0.025, 0.025} {
					g.dot(roleDetail, polar(0.42, a+d), 0.022)
				}
			}
		}
	}
	g.shape(roleCentre, circle(point{}, 0.13))
	for i := range 6 {
		a := t + float64(float64(i)/6) - 0.25 + 1.0/12
		g.stem(roleCentre, 0.025, polar(0.1, a), polar(0.25, a), polar(0.38, a))
		g.dot(roleCentre, polar(0.42, a), 0.05)
	}
}
