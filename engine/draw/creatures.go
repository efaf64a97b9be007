package draw

func fish(g *gen) {
	// Swims to the left.
	h := g.in(0.36, 0.5)
	tail := g.in(0.3, 0.46)
	switch g.n(3) {
	case 0:
		g.shape(roleAlt, polygon(point{0.5, 0}, point{1.08, -tail}, point{0.94, 0}, point{1.08, tail}))
	case 1:
		g.shape(roleAlt, smooth(0.9, point{0.5, 0}, point{0.85, -tail}, point{1.12, -float64(tail * 1.05)}, point{0.92, 0}, point{1.12, float64(tail * 1.05)}, point{0.85, tail}))
	default:
		g.shape(roleAlt, petal(0.62, 0.3, 0.6, 0.3, 0.4).at(place(point{0.56, 0}, 1, 0.25-0.11)))
		g.shape(roleAlt, petal(0.62, 0.3, 0.6, 0.3, 0.4).at(place(point{0.56, 0}, 1, 0.25+0.11)))
	}
	g.shape(roleAlt, smooth(0.9, point{-0.3, -float64(h * 0.7)}, point{0, -h - g.in(0.16, 0.3)}, point{0.32, -h - 0.06}, point{0.36, -float64(h * 0.55)}))
	g.shape(roleAlt, smooth(0.9, point{-0.1, float64(h * 0.75)}, point{0.12, h + g.in(0.1, 0.22)}, point{0.3, float64(h * 0.7)}))
	body := smooth(1, point{-1, 0.02}, point{-0.72, -float64(h * 0.62)}, point{-0.2, -h}, point{0.35, -float64(h * 0.66)}, point{0.72, -0.07}, point{0.72, 0.07}, point{0.35, float64(h * 0.66)}, point{-0.2, h}, point{-0.72, float64(h * 0.62)})
	g.gap(roleMain, body)
	switch g.n(4) {
	case 0: // stripes
		for i := range 3 {
			x := -0.25 + float64(0.28*float64(i))
			k := float64(h * (0.82 - float64(0.2*float64(i))))
			g.put(lineKind, roleDetail, brush(max(0.05, g.thin), max(0.09, g.thin), max(0.05, g.thin), point{x, -k}, point{x + 0.08, 0}, point{x, k}))
		}
	case 1: // scales
		if g.fine > 0 {
			for i := range 3 {
				for j := range 3 - i%2 {
					c := point{-0.22 + float64(0.24*float64(i)), float64((float64(j) - 1 + float64(0.5*float64(i%2))) * h * 0.52)}
					g.line(roleDetail, 0.03, c.add(point{-0.02, -0.09}), c.add(point{0.08, 0}), c.add(point{-0.02, 0.09}))
				}
			}
		}
	case 2:
		g.shape(roleDetail, blade(point{0.4, 0.1}, 0.2, 0.05, 0.5).at(place(point{-0.2, 0.02}, 1, 0)))
	}
	if g.fine > 0 {
		g.line(roleDetail, 0.035, point{-0.5, -float64(h * 0.62)}, point{-0.4, 0}, point{-0.5, float64(h * 0.62)})
	}
	g.dot(roleCentre, point{-0.68, -float64(h * 0.2)}, 0.075)
}

func shells(g *gen) {
	if g.chance(0.3) { // a snail's spiral
		pts := make([]point, 0, 40)
		turns := g.in(2.2, 2.8)
		n := 34
		for i := range n {
			t := float64(i) / float64(n-1)
			pts = append(pts, polar(0.08+float64(0.86*t*t), float64(turns*t)))
		}
		g.shape(roleMain, circle(point{}, 0.96))
		g.put(lineKind, roleCentre, brush(max(0.05, g.thin), max(0.09, g.thin), max(0.13, g.thin), pts...))
		return
	}
	n := g.count(6, 9)
	if g.fine == 0 {
		n = 5
	}
	wide := g.in(0.4, 0.5)
	base := point{0, 0.85}
	g.shape(roleAlt, polygon(point{-0.34, 0.98}, point{-0.2, 0.6}, point{0.2, 0.6}, point{0.34, 0.98}))
	fan := ruffledRim(1.65, wide, n, g.in(0.05, 0.09))
	g.gap(roleMain, fan.at(place(base, 1, 0)))
	if g.chance(0.45) {
		g.shape(roleAlt, ruffledRim(1.65, float64(wide*0.94), n, 0.06).at(place(base, 0.62, 0)))
	}
	for i := 1; i < n; i++ {
		a := 0.75 + float64(wide*(float64(i)/float64(n)-0.5))
		g.line(roleCentre, 0.03, base.add(polar(0.18, a)), base.add(polar(0.8, a)), base.add(polar(1.42, a)))
	}
}

// ruffledRim is a fan whose rim bulges between n ribs.
func ruffledRim(r, angle float64, n int, amp float64) *path {
	p := (&path{}).move(-0.1, 0)
	at := func(t, k float64) point { return polar(float64(r*k), 0.75+float64(angle*(t-0.5))) }
	// The sides fall in a little towards the outer ribs.
	first := at(0, 0.86)
	p.line(first.x, first.y)
	for i := range n {
		k := 1 - float64(0.14*abs(float64(2*i+1)/float64(n)-1)*abs(float64(2*i+1)/float64(n)-1))
		end := float64(2*(i+1))/float64(n) - 1
		c := at((float64(i)+0.5)/float64(n), float64(k*(1+float64(amp*2.2))))
		e := at(float64(i+1)/float64(n), 1-float64(0.14*end*end))
		p.quad(c.x, c.y, e.x, e.y)
	}
	p.line(0.1, 0)
	return p
}

func feathers(g *gen) {
	bend := g.sym(0.22)
	w := g.in(0.24, 0.36)
	spine := curve(8, point{float64(-bend * 0.8), 1.25}, point{0, 0.55}, point{float64(bend * 0.6), -0.2}, point{float64(-bend * 0.3), -1.2})
	n := len(spine)
	lo := n * 28 / 100
	side := func(s float64, notch int) []point {
		var out []point
		for i := lo; i < n; i++ {
			t := float64(i-lo) / float64(n-1-lo)
			k := float64(w * sqrt(max(0, sinTurn(0.03+float64(0.47*t)))))
			d := spine[min(i+1, n-1)].sub(spine[i-1]).unit().perp()
			if notch > 0 && i == lo+notch && g.fine > 0 {
				out = append(out, spine[i].add(d.scale(float64(s*k*0.95))), spine[i].add(d.scale(float64(s*k*0.25))).add(point{0, 0.04}))
				continue
			}
			out = append(out, spine[i].add(d.scale(float64(s*k))))
		}
		return out
	}
	notchAt := []int{0, 5, 9}[g.n(3)]
	left := side(1, notchAt)
	right := side(-1, []int{0, 7}[g.n(2)])
	pts := append([]point{spine[lo-1]}, left...)
	for i := len(right) - 1; i >= 0; i-- {
		pts = append(pts, right[i])
	}
	g.shape(roleMain, smooth(0.8, pts...))
	switch g.n(3) {
	case 0: // bands
		for i := range 3 {
			k := n * (52 + 14*i) / 100
			c := spine[k]
			ww := float64(w * 0.8 * (1 - float64(0.16*float64(i))))
			g.put(dotKind, roleAlt, polygon(c.add(point{-ww, -0.06}), c.add(point{0, 0.08}), c.add(point{ww, -0.06}), c.add(point{ww, 0.04}), c.add(point{0, 0.2}), c.add(point{-ww, 0.04})))
		}
	case 1: // an eye
		g.shape(roleAlt, ellipse(spine[n*70/100], float64(w*0.62), 0.3))
		g.shape(roleCentre, ellipse(spine[n*68/100], float64(w*0.34), 0.16))
	default:
		if g.fine > 0 {
			for i := lo + 3; i < n-3; i += 3 {
				d := spine[i+1].sub(spine[i]).unit()
				for _, s := range []float64{-1, 1} {
					e := spine[i].add(d.scale(0.16)).add(d.perp().scale(float64(s * w * 0.6)))
					g.line(roleDetail, 0.02, spine[i], spine[i].lerp(e, 0.5).add(d.scale(-0.02)), e)
				}
			}
		}
	}
	g.line(roleDetail, 0.035, spine[lo-2:n*92/100]...)
	g.put(stemKind, roleMain, brush(max(0.05, g.thin), max(0.05, g.thin), max(0.05, g.thin), spine[:lo+1]...))
}
