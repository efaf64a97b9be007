package draw

import "math"

// styled gives the edges of a path the look of a way to print. The result is
// a polygon path; scale is scene units per unit of the path.
func (b *builder) styled(p *path, scale float64, r *rng) *path {
	var f flatShape
	flattenPath(&f, p, float64(scale*0.25))
	out := &path{}
	start := 0
	seed := r.next()
	calm := func(point) float64 { return 1 }
	if b.f.field && scale == 1 {
		calm = b.calm(p)
	}
	for _, end := range f.ends {
		pts := f.pts[start:end]
		start = end
		if b.spec.Style == Ikat {
			feather(out, pts, scale, seed, calm)
		} else {
			roughen(out, pts, scale, seed, calm)
		}
	}
	return out
}

// calm says how much a point of a field may be moved: not at all where a
// ribbon meets its own continuation at the edge of the cell.
func (b *builder) calm(p *path) func(point) float64 {
	lo, hi := p.bounds()
	spansX := lo.x <= 0 && hi.x >= b.sc.W
	spansY := lo.y <= 0 && hi.y >= b.sc.H
	return func(q point) float64 {
		k := 1.0
		if spansX {
			k = min(k, clamp(float64(min(q.x, b.sc.W-q.x)/24), 0, 1))
		}
		if spansY {
			k = min(k, clamp(float64(min(q.y, b.sc.H-q.y)/24), 0, 1))
		}
		return k
	}
}

// noise is a smooth value in -1..1 along a line, different for each seed.
func noise(seed uint64, t float64) float64 {
	i := math.Floor(t)
	u := t - i
	u = float64(u * u * (3 - float64(2*u)))
	at := func(k int64) float64 {
		return float64(float64(int64(mix64(seed+uint64(k)*0x9e3779b97f4a7c15)>>40)-1<<23) / (1 << 23))
	}
	return lerp(at(int64(i)), at(int64(i)+1), u)
}

// roughen displaces an outline by a carved block's tremor: two scene units or
// so, at most a twelfth of a small shape.
func roughen(out *path, pts []point, scale float64, seed uint64, calm func(point) float64) {
	size := spanOf(pts)
	step := 8 / scale
	amp := min(4.2/scale, float64(size*0.07))
	walk(pts, step, func(i int, p, normal point, along float64) {
		d := float64(noise(seed, float64(along*scale/13))*amp) + float64(noise(seed^1, float64(along*scale/5))*amp*0.5)
		q := p.add(normal.scale(float64(d * calm(p))))
		put(out, i, q)
	})
}

// feather pulls an outline up and down thread by thread, as dye that crept
// along the warp.
func feather(out *path, pts []point, scale float64, seed uint64, calm func(point) float64) {
	size := spanOf(pts)
	step := 5 / scale
	amp := min(17/scale, float64(size*0.2))
	walk(pts, step, func(i int, p, _ point, _ float64) {
		t := float64(p.x * scale / 11)
		k := math.Floor(t)
		tooth := float64(abs(t-k-0.5) * 2)
		d := float64(noise(seed, float64(k*1.37))*0.75) + float64((tooth-0.5)*0.7)
		q := point{p.x, p.y + float64(d*amp*calm(p))}
		put(out, i, q)
	})
}

func put(out *path, i int, p point) {
	if i == 0 {
		out.move(p.x, p.y)
	} else {
		out.line(p.x, p.y)
	}
}

func spanOf(pts []point) float64 {
	lo, hi := pts[0], pts[0]
	for _, p := range pts {
		lo = point{min(lo.x, p.x), min(lo.y, p.y)}
		hi = point{max(hi.x, p.x), max(hi.y, p.y)}
	}
	return min(hi.x-lo.x, hi.y-lo.y)
}

// walk visits a closed outline in steps of at most step.
func walk(pts []point, step float64, visit func(i int, p, normal point, along float64)) {
	along, k := 0.0, 0
	for i, p := range pts {
		q := pts[(i+1)%len(pts)]
		v := q.sub(p)
		l := v.len()
		if l == 0 {
			continue
		}
		n := min(int(math.Ceil(l/step)), 400)
		normal := point{v.y / l, -v.x / l}
		for j := range n {
			t := float64(j) / float64(n)
			visit(k, p.lerp(q, t), normal, along+float64(l*t))
			k++
		}
		along += l
	}
}

// voids are small spots inside a motif where the block took no colour.
func (b *builder) voids(s *symbol, scale float64, r *rng) []mark {
	w, h := s.hi.x-s.lo.x, s.hi.y-s.lo.y
	area := float64(w * h * scale * scale)
	n := min(int(area/2600), 26)
	var out []mark
	for range n {
		c := point{r.in(s.lo.x, s.hi.x), r.in(s.lo.y, s.hi.y)}
		radius := r.in(2.5, 6) / scale
		pts := make([]point, 5)
		turn := r.unit()
		for i := range pts {
			pts[i] = c.add(polar(float64(radius*r.in(0.5, 1.3)), turn+float64(float64(i)/5)))
		}
		out = append(out, mark{p: smooth(1, pts...), fill: roleGround})
	}
	return out
}
