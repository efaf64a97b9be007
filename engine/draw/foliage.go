package draw

// Leaves of particular plants.

func ferns(g *gen) {
	g.leafy = true
	bend := g.sym(0.4)
	spine := curve(12, point{float64(-bend * 0.5), 1.2}, point{float64(bend * 0.3), 0.4}, point{float64(bend * 0.35), -0.4}, point{float64(-bend * 0.6), -1.15})
	n := g.count(8, 11)
	if g.fine == 0 {
		n = 6
	}
	long := g.in(0.5, 0.7)
	for i := range n {
		t := 0.12 + float64(0.84*float64(i)/float64(n))
		k := min(int(float64(t*float64(len(spine)-1))), len(spine)-2)
		d := spine[k+1].sub(spine[k]).unit()
		// Longest a third of the way up, tapering to the tip.
		size := float64(min(1, 0.55+float64(t*2)) * (1.06 - t))
		for s, side := range []float64{1, -1} {
			sn, cs := sincos(float64(side * 0.165))
			tip := point{float64(d.x*cs) - float64(d.y*sn), float64(d.x*sn) + float64(d.y*cs)}.scale(float64(long * size))
			r := roleMain
			if s == 1 {
				r = roleAlt
			}
			g.shape(r, blade(tip, max(float64(2.2/float64(n)*0.62*(0.4+float64(0.6*size))), float64(g.thin*1.2)), float64(-side*0.05*size), 0.4).at(place(spine[k], 1, 0)))
		}
	}
	g.put(stemKind, roleMain, brush(max(0.06, float64(g.thin*1.1)), max(0.045, g.thin), max(0.03, float64(g.thin*0.8)), spine...))
}

func palmLeaves(g *gen) {
	g.leafy = true
	if g.chance(0.5) {
		// A fan.
		n := g.count(7, 11)
		if g.fine == 0 {
			n = 7
		}
		spread := g.in(0.5, 0.68)
		base := point{0, 0.3}
		g.stem(roleAlt, 0.08, point{g.sym(0.2), 1.15}, point{0.02, 0.7}, base)
		for i := range n {
			k := float64(i)/float64(n-1) - 0.5
			l := 1.35 - float64(1.1*abs(k)*abs(k))
			r := roleMain
			if i%2 == 1 {
				r = roleAlt
			}
			g.gap(r, petal(l, float64(spread*6.2/float64(n)*0.55*l), 0.6, 0, 0.35).at(place(base, 1, float64(k*spread))))
		}
		return
	}
	// A feather.
	bend := g.in(0.2, 0.45)
	spine := curve(12, point{-0.2, 1.2}, point{-0.1, 0.3}, point{float64(bend * 0.4), -0.5}, point{float64(bend * 1.6), -1.1})
	n := g.count(8, 11)
	if g.fine == 0 {
		n = 6
	}
	for i := range n {
		t := 0.16 + float64(0.82*float64(i)/float64(n))
		k := min(int(float64(t*float64(len(spine)-1))), len(spine)-2)
		d := spine[k+1].sub(spine[k]).unit()
		l := float64(0.85 * (1.12 - t) * min(1, 0.6+float64(t*1.6)))
		for s, side := range []float64{1, -1} {
			sn, cs := sincos(float64(side * 0.12))
			tip := point{float64(d.x*cs) - float64(d.y*sn), float64(d.x*sn) + float64(d.y*cs)}.scale(l)
			r := roleMain
			if s == 1 {
				r = roleAlt
			}
			g.shape(r, blade(tip, max(0.11, float64(g.thin*1.3)), float64(side*0.12*l), 0.45).at(place(spine[k], 1, 0)))
		}
	}
	g.put(stemKind, roleMain, brush(max(0.08, float64(g.thin*1.1)), max(0.05, g.thin), max(0.03, float64(g.thin*0.8)), spine...))
}

func ginkgoLeaves(g *gen) {
	g.leafy = true
	a := g.in(0.34, 0.46)
	notch := g.in(0.12, 0.42)
	base := point{0, 0.45}
	g.stem(roleMain, 0.08, point{g.sym(0.22), 1.2}, point{g.sym(0.06), 0.85}, base)
	pts := []point{{0, 0.04}}
	n := 4
	for side := range 2 {
		for i := range n {
			k := float64(i) / float64(n-1)
			if side == 1 {
				k = 1 - k
			}
			ang := float64(a * (0.5 - float64(0.46*k)))
			if side == 0 {
				ang = -ang
			}
			r := 1.3 + float64(0.12*float64(i%2))
			if k == 0 {
				r = 1.1
			}
			pts = append(pts, polar(r, 0.75+ang))
		}
		if side == 0 {
			pts = append(pts, point{0, -(1.3 - notch)})
		}
	}
	g.shape(roleMain, smooth(0.8, pts...).at(place(base, 1, 0)))
	if g.fine > 0 {
		m := 3 + g.fine
		for i := range 2 * m {
			k := (float64(i)+0.5)/float64(2*m) - 0.5
			t := 0.75 + float64(a*0.9*k)
			g.line(roleCentre, 0.025, base.add(polar(0.15, t)), base.add(polar(0.55, t)), base.add(polar(g.in(0.8, 0.95), t)))
		}
	}
}

func monsteraLeaves(g *gen) {
	g.leafy = true
	n := g.count(3, 4)
	deep := g.in(0.5, 0.64)
	// One half from the top to the heart-shaped base: broad fingers between
	// narrow cuts.
	wide := func(t float64) float64 { return 1.15 - float64(0.2*sinTurn(float64(t*0.5))) - float64(0.12*t) }
	half := []point{{0, -1.2}}
	for i := range n {
		a0, a1 := float64(i)/float64(n), float64(i+1)/float64(n)
		ang := func(t float64) float64 { return 0.75 + float64(0.4*t) }
		gap := 0.1 / float64(n)
		if i > 0 {
			half = append(half, polar(wide(a0), ang(a0+float64(gap*1.2))))
		}
		half = append(half, polar(float64(wide(float64((a0+a1)/2))*1.03), ang(float64((a0+a1)/2))), polar(wide(a1), ang(a1-gap)))
		if i < n-1 {
			half = append(half, polar(deep, ang(a1)))
		}
	}
	half = append(half, point{0.5, 0.86}, point{0.2, 0.72})
	pts := append([]point{}, half...)
	pts = append(pts, point{0, 0.42})
	for i := len(half) - 1; i > 0; i-- {
		pts = append(pts, point{-half[i].x, half[i].y})
	}
	g.stem(roleMain, 0.08, point{g.sym(0.15), 1.25}, point{0.02, 0.85}, point{0, 0.4})
	g.shape(roleMain, smooth(0.6, pts...))
	if g.fine > 0 {
		g.line(roleCentre, 0.05, point{0, 0.4}, point{0, -0.3}, point{0, -0.95})
		for i := range n {
			t := (float64(i) + 0.5) / float64(n)
			ang := 0.75 + float64(0.4*t)
			tip := polar(0.82, ang)
			root := point{0, lerp(-0.5, 0.35, t)}
			g.line(roleCentre, 0.03, root, root.lerp(tip, 0.5).add(point{0, -0.03}), tip)
			tip.x, root.x = -tip.x, -root.x
			g.line(roleCentre, 0.03, root, root.lerp(tip, 0.5).add(point{0, -0.03}), tip)
		}
	}
}

func sinTurn(t float64) float64 {
	s, _ := sincos(t)
	return s
}

// vines are a field: stems that swing from the top to the bottom of the cell,
// with leaves to both sides and blossoms or berries in the bends.
func vines(g *gen) {
	f := g.field
	m := chooseLattice(f.l, Grid, max(1, float64(f.n*0.62)), max(1, float64(f.n*0.5)))
	px, py := f.w/float64(m.nx), f.h/float64(m.ny)
	amp := float64(px * g.in(0.1, 0.19))
	unit := min(px, float64(py*0.9))
	w := max(float64(unit*0.04), 6)
	leaf := float64(unit * 0.3 * (0.6 + float64(f.share*0.7)))
	per := g.count(2, 3)
	bloom := g.n(3)
	n := g.count(5, 6)
	reach := f.bleed()
	leafRole, bloomRole, eye := f.color(0), f.color(1), f.color(2)
	if f.fills < 3 {
		eye = roleGround
	}
	for i := -reach; i < m.nx+reach; i++ {
		x := float64(px * (float64(i) + 0.5))
		line := ogeeLine(x, amp, py, m.ny, w)
		g.put(stemKind, leafRole, line)
	}
	var pts []point
	for i := range m.nx {
		for j := range m.ny {
			pts = append(pts, point{float64(px * (float64(i) + 0.5)), float64(py * float64(j))})
		}
	}
	for idx, o := range f.beyond(pts, px, py) {
		for k := range 2 * per {
			t := (float64(k) + 0.5) / float64(2*per)
			s, c := sincos(t)
			at := o.add(point{-float64(amp * c), float64(t * py)})
			d := point{float64(amp * 6.283185307179586 * s), py}.unit()
			side := 1.0
			if k%2 == 1 {
				side = -1
			}
			tip := d.scale(-0.5).add(d.perp().scale(float64(-side * 0.85))).scale(leaf)
			g.shape(leafRole, blade(tip, float64(leaf*g.in(0.42, 0.5)), float64(-side*leaf*0.1), 0.45).at(place(at, 1, 0)))
			if g.spec.Scale != Small && g.spec.Outline == Outlined {
				g.line(roleInk, 0.02, at.add(tip.scale(0.2)), at.add(tip.scale(0.5)), at.add(tip.scale(0.8)))
			}
		}
		for h, t := range []float64{0, 0.5} {
			_, c := sincos(t)
			side := -1.0
			if h == 1 {
				side = 1
			}
			at := o.add(point{-float64(amp*c) + float64(side*unit*0.2), float64(t * py)})
			r := float64(unit * 0.16)
			col := bloomRole
			if f.fills > 3 {
				col = f.color(1 + (idx+h)%(f.fills-1))
				eye = roleGround
			}
			g.stem(leafRole, float64(w*0.6), at.sub(point{float64(side * unit * 0.22), -float64(unit * 0.08)}), at.sub(point{float64(side * unit * 0.12), -float64(unit * 0.02)}), at)
			switch bloom {
			case 0:
				for i := range n {
					g.shape(col, petal(r, min(flowerWidth(n, r, 0.68, 0.95), r), 0.62, 1, 0.3).at(place(at, 1, float64(i)/float64(n))))
				}
				g.put(dotKind, eye, circle(at, float64(r*0.28)))
			case 1:
				for _, b := range []point{{-0.5, 0.2}, {0.5, 0.2}, {0, -0.55}} {
					g.shape(col, circle(at.add(b.scale(r)), float64(r*0.5)))
				}
			default:
				g.shape(col, petal(float64(r*1.5), float64(r*1.2), 0.42, 0.3, 0.5).at(place(at.add(point{0, float64(r * 0.5)}), 1, float64(side*0.06))))
			}
		}
	}
}
