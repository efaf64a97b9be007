package draw

// Field families: each covers the cell by itself.

// stripes are bands of several widths along one axis.
func stripes(g *gen, i, j int) {
	f := g.field
	n := max(1, f.fills)
	periods := f.count(f.n * 1.25 / float64(n))
	widths, sum := make([]float64, 2*n), 0.0
	even := g.chance(0.35)
	for k := range n {
		w := f.share
		if !even {
			w = float64(w * (g.in(0.45, 1.5)))
		}
		widths[2*k] = w
		widths[2*k+1] = 1 - f.share
		if !even {
			widths[2*k+1] = float64(widths[2*k+1] * (g.in(0.6, 1.4)))
		}
		sum += widths[2*k] + widths[2*k+1]
	}
	at := 0.0
	pin := g.chance(0.35)
	for k := range n {
		lo, hi := at/sum, (at+widths[2*k])/sum
		for _, p := range f.slanted(i*periods, j*periods, lo, hi) {
			g.shape(f.color(k), p)
		}
		gap := widths[2*k+1] / sum
		if pin {
			mid := hi + float64(gap/2)
			half := min(float64(gap*0.12), 0.02) + float64(0.5*g.thin/f.w*float64(periods))
			for _, p := range f.slanted(i*periods, j*periods, mid-half, mid+half) {
				g.put(lineKind, f.color(k+1), p)
			}
		}
		at += widths[2*k] + widths[2*k+1]
	}
}

func verticalStripes(g *gen)   { stripes(g, 1, 0) }
func horizontalStripes(g *gen) { stripes(g, 0, 1) }

func diagonalStripes(g *gen) {
	j := 1
	if g.chance(0.5) {
		j = -1
	}
	stripes(g, 1, j)
}

// zigzag points of one edge: n teeth over the width.
func zigzag(f *field, n int, y, amp float64) []point {
	out := make([]point, 0, 2*n+1)
	for i := 0; i <= 2*n; i++ {
		dy := amp
		if i%2 == 1 {
			dy = -amp
		}
		out = append(out, point{float64(f.w * float64(i) / float64(2*n)), y + dy})
	}
	return out
}

// bands fills between an edge and the same edge lower by part of a pitch.
func (g *gen) bands(ny int, share float64, edge func(y float64) []point, curved bool) {
	f := g.field
	pitch := f.h / float64(ny)
	reach := 0
	if !f.l.wrapY {
		reach = 3
	}
	for k := -reach; k < ny+reach; k++ {
		y := float64(pitch * (float64(k) + 0.25))
		top, bottom := edge(y), edge(y+float64(pitch*share))
		for i, j := 0, len(bottom)-1; i < j; i, j = i+1, j-1 {
			bottom[i], bottom[j] = bottom[j], bottom[i]
		}
		p := &path{}
		if curved {
			p.move(top[0].x, top[0].y)
			p.open(top)
			p.line(bottom[0].x, bottom[0].y)
			p.open(bottom)
		} else {
			p = polygon(append(top, bottom...)...)
		}
		g.shape(f.color(k+ny), p)
	}
}

func chevrons(g *gen) {
	f := g.field
	nx := f.count(float64(f.n * g.in(0.8, 1.2)))
	ny := f.count(float64(f.n * g.in(1.1, 1.6)))
	if f.fills > 1 {
		ny = (ny + f.fills - 1) / f.fills * f.fills
	}
	amp := float64(f.w / float64(nx) * g.in(0.2, 0.34))
	g.bands(ny, f.share, func(y float64) []point { return zigzag(f, nx, y, amp) }, false)
}

func waves(g *gen) {
	f := g.field
	nx := f.count(float64(f.n * g.in(0.6, 0.9)))
	ny := f.count(float64(f.n * g.in(1.1, 1.6)))
	if f.fills > 1 {
		ny = (ny + f.fills - 1) / f.fills * f.fills
	}
	amp := float64(f.w / float64(nx) * g.in(0.12, 0.2))
	g.bands(ny, f.share, func(y float64) []point {
		const steps = 8
		out := make([]point, 0, steps*nx+1)
		for i := 0; i <= steps*nx; i++ {
			s, _ := sincos(float64(float64(i) / steps))
			out = append(out, point{float64(f.w * float64(i) / float64(steps*nx)), y + float64(amp*s)})
		}
		return out
	}, true)
}

// checks are a chessboard; each dark square takes its position in turn.
func checks(g *gen) {
	f := g.field
	half := 2 * max(1, (f.count(f.n)+1)/2)
	for half*half/2 < f.fills {
		half += 2
	}
	m := chooseLattice(f.l, HalfDrop, float64(half), float64(float64(half)/2))
	px, py := f.w/float64(m.nx), f.h/float64(m.ny)
	for i, p := range f.sites(m) {
		g.shape(f.color(i/m.ny+i%m.ny), rect(p.x-float64(px/2), p.y-float64(py/4), px, float64(py/2)))
	}
	for _, p := range m.sites(f.l) {
		f.windows = append(f.windows, point{p.x, p.y + float64(py/2)})
	}
	f.room = float64(0.5 * min(px, float64(py/2)))
}

// gingham crosses stripes; where they meet the colour is full, elsewhere it
// is a second position or a hatching.
func gingham(g *gen) {
	f := g.field
	n := f.count(float64(f.n * 1.1))
	nx, ny := n, n
	share := clamp(f.share, 0.4, 0.6)
	px, py := f.w/float64(nx), f.h/float64(ny)
	for i := range nx {
		x := float64(px * float64(i))
		if f.fills >= 2 {
			g.shape(f.color(1), rect(x, 0, float64(px*share), f.h))
			continue
		}
		for k := range 3 {
			g.put(lineKind, f.color(0), rect(x+float64(px*share*(0.1+float64(float64(k)*0.32))), 0, float64(px*share*0.16), f.h))
		}
	}
	for j := range ny {
		y := float64(py * float64(j))
		if f.fills >= 2 {
			k := 1
			if f.fills >= 3 {
				k = 2
			}
			g.shape(f.color(k), rect(0, y, f.w, float64(py*share)))
			continue
		}
		for k := range 3 {
			g.put(lineKind, f.color(0), rect(0, y+float64(py*share*(0.1+float64(float64(k)*0.32))), f.w, float64(py*share*0.16)))
		}
	}
	k := 0
	for i := range nx {
		for j := range ny {
			c := 0
			if f.fills > 3 && (i+j)%2 == 1 {
				c = 3 + k%(f.fills-3)
				k++
			}
			x, y := float64(px*float64(i)), float64(py*float64(j))
			g.shape(f.color(c), rect(x, y, float64(px*share), float64(py*share)))
			f.windows = append(f.windows, point{x + float64(px*(0.5+float64(share/2))), y + float64(py*(0.5+float64(share/2)))})
		}
	}
	f.room = float64(0.5 * (1 - share) * min(px, py))
}

// scale is a fish scale of radius r about a place: round above, hollow where
// the next row lies.
func fishScale(c point, r, k float64) *path {
	r = float64(r * (k))
	q := float64(r * kappa)
	p := (&path{}).move(c.x-r, c.y)
	p.cubic(c.x-r, c.y-q, c.x-q, c.y-r, c.x, c.y-r)
	p.cubic(c.x+q, c.y-r, c.x+r, c.y-q, c.x+r, c.y)
	p.cubic(c.x+r-q, c.y, c.x, c.y+r-q, c.x, c.y+r)
	return p.cubic(c.x, c.y+r-q, c.x-r+q, c.y, c.x-r, c.y)
}

func scallops(g *gen) {
	f := g.field
	m := chooseLattice(f.l, Brick, f.n, float64(f.n*2))
	px, py := f.w/float64(m.nx), f.h/float64(m.ny)
	r := float64(px / 2)
	sy := py / r
	rings := 1 + g.n(3)
	if g.spec.Scale == Small {
		rings = 1 + g.n(2)
	}
	rings = max(rings, min(f.fills, 3))
	gapK := 1 - float64(0.28*(1-f.share))
	step := g.in(0.22, 0.3)
	turn := g.chance(0.3)
	fan := g.chance(0.35) && g.spec.Scale != Small
	for i, p := range f.sites(m) {
		put := func(c role, q *path) {
			mv := affine{1, 0, 0, sy, p.x, p.y}
			if turn {
				mv.d = -sy
			}
			g.shape(c, q.at(mv))
		}
		for k := range rings {
			c := f.color(k)
			if f.fills > rings && k == rings-1 {
				c = f.color(rings - 1 + i%(f.fills-rings+1))
			}
			if f.fills <= 1 && k%2 == 1 {
				c = roleGround
			}
			size := gapK - float64(step*float64(k))
			off := float64(r * 0.42 * (1 - size))
			put(c, fishScale(point{0, off}, r, size))
		}
		if fan {
			for k := range 5 {
				a := 0.75 + float64((float64(k)-2)*0.085)
				s := brush(float64(g.thin*0.8), g.thin, float64(g.thin*1.3), point{0, float64(r * 0.75)}, point{0, float64(r * 0.75)}.add(polar(float64(r*1.3), a)))
				c := f.color(rings)
				if f.fills <= 1 || f.fills <= rings {
					c = roleGround
				}
				mv := affine{1, 0, 0, sy, p.x, p.y}
				if turn {
					mv.d = -sy
				}
				g.put(lineKind, c, s.at(mv))
			}
		}
	}
}
