package draw

import "math"

// flatShape holds the contours of a motif as polygons in motif units.
type flatShape struct {
	pts   []point
	ends  []int
	fills []flatFill
}

// flatFill is one polygon set of a flatShape and the role that fills it.
type flatFill struct {
	role         role
	start        int // first point
	ends0, ends1 int // its contours in ends
}

// tolerance is how far a chord may lie from its curve, in pixels.
const tolerance = 0.12

// flatten makes polygons of all shapes, fine enough for pixels per scene unit.
func (r *Renderer) flatten(sc *Scene, pixels float64) {
	for len(r.flat) < len(sc.shapes) {
		r.flat = append(r.flat, flatShape{})
	}
	r.flat = r.flat[:len(sc.shapes)]
	for i := range r.flat {
		f := &r.flat[i]
		f.pts, f.ends, f.fills = f.pts[:0], f.ends[:0], f.fills[:0]
	}
	// The largest instance decides.
	var scales [64]float64
	most := scales[:0]
	for range sc.shapes {
		most = append(most, 0)
	}
	for _, p := range sc.paints {
		m := p.m
		k := max(float64(m.a*m.a)+float64(m.b*m.b), float64(m.c*m.c)+float64(m.d*m.d))
		most[p.shape] = max(most[p.shape], k)
	}
	for i, marks := range sc.shapes {
		f := &r.flat[i]
		scale := float64(sqrt(most[i]) * pixels)
		for _, m := range marks {
			if m.width > 0 {
				half := float64(m.width / 2)
				r.grown(f, m.stroke, m.p, scale, half)
				if m.outside {
					r.grown(f, m.fill, m.p, scale, 0)
				} else {
					r.grown(f, m.fill, m.p, scale, -half)
				}
				continue
			}
			r.grown(f, m.fill, m.p, scale, 0)
		}
	}
}

// grown appends a path as polygons, its outline moved outwards by d.
func (r *Renderer) grown(f *flatShape, fill role, p *path, scale, d float64) {
	ff := flatFill{role: fill, start: len(f.pts), ends0: len(f.ends)}
	flattenPath(f, p, scale)
	if d != 0 {
		r.offset(f, ff, d)
	}
	ff.ends1 = len(f.ends)
	f.fills = append(f.fills, ff)
}

func flattenPath(f *flatShape, p *path, scale float64) {
	k := 0
	for _, op := range p.ops {
		switch op {
		case opMove:
			if k > 0 {
				f.ends = append(f.ends, len(f.pts))
			}
			f.pts = append(f.pts, p.pts[k])
			k++
		case opLine:
			f.pts = append(f.pts, p.pts[k])
			k++
		case opCubic:
			flattenCubic(f, p.pts[k-1], p.pts[k], p.pts[k+1], p.pts[k+2], scale)
			k += 3
		}
	}
	if k > 0 {
		f.ends = append(f.ends, len(f.pts))
	}
}

// flattenCubic cuts evenly in the parameter; the number of chords comes from
// the second differences (Wang's bound).
func flattenCubic(f *flatShape, a, b, c, d point, scale float64) {
	u := a.sub(b.scale(2)).add(c)
	v := b.sub(c.scale(2)).add(d)
	dd := sqrt(max(u.dot(u), v.dot(v)))
	n := int(math.Ceil(sqrt(float64(float64(0.75*dd*scale) / tolerance))))
	n = min(max(n, 1), 500)
	for i := 1; i < n; i++ {
		t := float64(i) / float64(n)
		s := 1 - t
		s2, t2 := float64(s*s), float64(t*t)
		w0, w1, w2, w3 := float64(s2*s), float64(3*s2*t), float64(3*s*t2), float64(t2*t)
		f.pts = append(f.pts, point{
			float64(w0*a.x) + float64(w1*b.x) + float64(w2*c.x) + float64(w3*d.x),
			float64(w0*a.y) + float64(w1*b.y) + float64(w2*c.y) + float64(w3*d.y),
		})
	}
	f.pts = append(f.pts, d)
}

// offset moves the outline of the polygons outwards by d along their normals,
// with mitres that are cut where corners are sharp. The first contour of a
// path is an outer one; holes run the other way and so shrink.
func (r *Renderer) offset(f *flatShape, ff flatFill, d float64) {
	if len(f.ends) == ff.ends0 {
		return
	}
	area := 0.0
	first := f.pts[ff.start:f.ends[ff.ends0]]
	for i, p := range first {
		q := first[(i+1)%len(first)]
		area += p.cross(q)
	}
	if area < 0 {
		d = -d
	}
	out := r.off[:0]
	start := ff.start
	for k := ff.ends0; k < len(f.ends); k++ {
		pts := f.pts[start:f.ends[k]]
		start = f.ends[k]
		out = offsetContour(out, pts, d)
		f.ends[k] = ff.start + len(out)
	}
	f.pts = append(f.pts[:ff.start], out...)
	r.off = out
}

func offsetContour(out, pts []point, d float64) []point {
	n := len(pts)
	near := func(a, b point) bool {
		v := a.sub(b)
		return v.dot(v) < 1e-12
	}
	for i, p := range pts {
		q := pts[(i+1)%n]
		if near(p, q) {
			continue
		}
		j := i - 1
		o := pts[(j+n)%n]
		for range n {
			if !near(o, p) {
				break
			}
			j--
			o = pts[(j+2*n)%n]
		}
		a := p.sub(o).unit()
		b := q.sub(p).unit()
		na, nb := point{a.y, -a.x}, point{b.y, -b.x}
		dot := na.dot(nb)
		if dot > 0.2 || float64(a.cross(b)*d) < 0 {
			if dot < -0.9 {
				dot = -0.9
			}
			v := na.add(nb).scale(d / (1 + dot))
			if l := v.len(); l > float64(1.6*abs(d)) {
				v = v.scale(1.6 * abs(d) / l)
			}
			out = append(out, p.add(v))
			continue
		}
		k := float64(0.5 * abs(d))
		out = append(out, p.add(na.scale(d)).add(a.scale(k)), p.add(nb.scale(d)).sub(b.scale(k)))
	}
	return out
}

func abs(v float64) float64 {
	if v < 0 {
		return -v
	}
	return v
}
