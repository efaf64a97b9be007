package trace

import "math"

type point struct{ x, y float64 }

func (a point) plus(b point) point    { return point{a.x + b.x, a.y + b.y} }
func (a point) minus(b point) point   { return point{a.x - b.x, a.y - b.y} }
func (a point) times(k float64) point { return point{a.x * k, a.y * k} }
func (a point) dot(b point) float64   { return a.x*b.x + a.y*b.y }
func (a point) length() float64       { return math.Hypot(a.x, a.y) }
func (a point) toward(b point) point  { return b.minus(a).unit() }
func mid(a, b point) point            { return point{(a.x + b.x) / 2, (a.y + b.y) / 2} }
func (v vertex) point() point         { return point{float64(v.x), float64(v.y)} }
func (a point) unit() point {
	if l := a.length(); l > 0 {
		return a.times(1 / l)
	}
	return point{}
}

// segment is a cubic Bézier curve, or the straight line from the first to the last
// of its points.
type segment struct {
	p    [4]point
	line bool
}

// knot is a point that the curve passes, and whether it may turn there.
type knot struct {
	p      point
	corner bool
}

// fit fits a chain within tolerance pixels of the middles of its cracks, corners
// kept.
func (ch *chain) fit(tolerance float64) {
	knots := ch.knots()
	last := len(knots) - 1
	pts := make([]point, len(knots))
	for i, k := range knots {
		pts[i] = k.p
	}
	from := 0
	for i := 1; i <= last; i++ {
		if !knots[i].corner && i != last {
			continue
		}
		part := pts[from : i+1]
		out, in := tangent(part, 0), tangent(part, len(part)-1)
		if ch.loop && !knots[0].corner {
			// Once around without a corner there: the curve closes smoothly.
			smooth := pts[1].minus(pts[0]).unit().plus(pts[last].minus(pts[last-1]).unit()).unit()
			if from == 0 {
				out = smooth
			}
			if i == last {
				in = smooth.times(-1)
			}
		}
		ch.curve = fitCubic(ch.curve, part, out, in, tolerance, 0)
		from = i
	}
	// Rounded once, here, so that every place where the border is laid has the same
	// digits behind the point.
	for i := range ch.curve {
		for k, p := range ch.curve[i].p {
			ch.curve[i].p[k] = point{math.Round(p.x*1000) / 1000, math.Round(p.y*1000) / 1000}
		}
	}
}

// tangent is the direction in which a stretch of points leaves its end i inwards,
// over a few points, since those of a staircase zigzag.
func tangent(pts []point, i int) point {
	const over = 4
	n := min(over, len(pts)-1)
	if i == 0 {
		return pts[0].toward(pts[n])
	}
	return pts[i].toward(pts[i-n])
}

// knots are the middles of the cracks, the ends, and the corners: pixel corners at
// which the border turns within a few pixels and not beside them.
func (ch *chain) knots() []knot {
	n := len(ch.pts) - 1 // cracks
	sharp := ch.corners()
	var out []knot
	start := 0
	if ch.loop {
		// Begin at a corner, if there is one.
		for i := range n {
			if sharp[i] {
				start = i
				break
			}
		}
		drift := ch.pts[n]
		drift.x, drift.y = drift.x-ch.pts[0].x, drift.y-ch.pts[0].y
		at := func(i int) point {
			if i <= n {
				return ch.pts[i].point()
			}
			return ch.pts[i-n].point().plus(drift.point())
		}
		if sharp[start] {
			for i := start; i < start+n; i++ {
				if sharp[i%n] {
					out = append(out, knot{at(i), true})
				}
				out = append(out, knot{mid(at(i), at(i+1)), false})
			}
			out = append(out, knot{at(start + n), true})
			return out
		}
		for i := range n {
			out = append(out, knot{mid(at(i), at(i+1)), false})
		}
		return append(out, knot{out[0].p.plus(drift.point()), false})
	}
	for i := range n {
		if i == 0 || sharp[i] {
			out = append(out, knot{ch.pts[i].point(), true})
		}
		out = append(out, knot{mid(ch.pts[i].point(), ch.pts[i+1].point()), false})
	}
	return append(out, knot{ch.pts[n].point(), true})
}

const (
	// side is how many cracks to either side of a point a direction is taken from.
	side = 6
	// turn is what a border turns at a corner at the least: on a circle of six pixels'
	// radius it turns as much between the middles of two such stretches.
	turn = 58 * math.Pi / 180
)

// corners marks the points of a chain where it has a corner: the straight lines
// through the cracks before and after it meet there at more than turn.
func (ch *chain) corners() []bool {
	n := len(ch.pts) - 1
	sharp := make([]bool, n+1)
	if n < 2*side {
		return sharp
	}
	drift := vertex{ch.pts[n].x - ch.pts[0].x, ch.pts[n].y - ch.pts[0].y}.point()
	at := func(i int) point {
		switch {
		case i < 0:
			return ch.pts[i+n].point().minus(drift)
		case i > n:
			return ch.pts[i-n].point().plus(drift)
		}
		return ch.pts[i].point()
	}
	score := make([]float64, n+1)
	for i := range n {
		if !ch.loop && (i < side || i+side > n) {
			continue
		}
		var before, after [side]point
		for k := range side {
			before[side-1-k] = mid(at(i-k), at(i-k-1))
			after[k] = mid(at(i+k), at(i+k+1))
		}
		u, v := direction(before[:]), direction(after[:])
		if a := math.Abs(math.Atan2(u.x*v.y-u.y*v.x, u.dot(v))); a > turn {
			score[i] = a
		}
	}
	for i := range n {
		if score[i] == 0 {
			continue
		}
		best := true
		for k := 1; k < side; k++ {
			for _, j := range [2]int{i - k, i + k} {
				if ch.loop {
					j = (j + n) % n
				}
				if j >= 0 && j < n && (score[j] > score[i] || score[j] == score[i] && j < i) {
					best = false
				}
			}
		}
		sharp[i] = best
	}
	return sharp
}

// direction is that of the straight line through points, from the first to the last.
func direction(pts []point) point {
	var c point
	for _, p := range pts {
		c = c.plus(p.times(1 / float64(len(pts))))
	}
	var xx, xy, yy float64
	for _, p := range pts {
		d := p.minus(c)
		xx, xy, yy = xx+d.x*d.x, xy+d.x*d.y, yy+d.y*d.y
	}
	a := math.Atan2(2*xy, xx-yy) / 2
	s, k := math.Sincos(a)
	u := point{k, s}
	if u.dot(pts[len(pts)-1].minus(pts[0])) < 0 {
		return u.times(-1)
	}
	return u
}

// fitCubic fits curves to points with given directions at their ends (P. J.
// Schneider, "An algorithm for automatically fitting digitized curves", Graphics
// Gems, 1990): least squares for the lengths of the two handles, parameters
// improved by Newton's method, split where the error is largest.
func fitCubic(dst []segment, pts []point, out, in point, tolerance float64, depth int) []segment {
	n := len(pts) - 1
	first, last := pts[0], pts[n]
	if n == 1 {
		return append(dst, segment{p: [4]point{first, first, last, last}, line: true})
	}
	if straight(pts, tolerance/2) && out.dot(first.toward(last)) > 0.97 && in.dot(last.toward(first)) > 0.97 {
		return append(dst, segment{p: [4]point{first, first, last, last}, line: true})
	}
	u := chordLength(pts)
	best, worst, split := segment{}, math.Inf(1), n/2
	for range 5 {
		s := leastSquares(pts, u, out, in)
		e, at := deviation(pts, u, s)
		if e < worst {
			best, worst, split = s, e, at
		}
		if e <= tolerance || e > 9*tolerance {
			break
		}
		improve(pts, u, s)
	}
	if worst <= tolerance || depth > 40 {
		return append(dst, best)
	}
	split = min(max(split, 1), n-1)
	a, b := max(split-4, 0), min(split+4, n)
	through := direction(pts[a : b+1])
	dst = fitCubic(dst, pts[:split+1], out, through.times(-1), tolerance, depth+1)
	return fitCubic(dst, pts[split:], through, in, tolerance, depth+1)
}

func straight(pts []point, tolerance float64) bool {
	a, d := pts[0], pts[0].toward(pts[len(pts)-1])
	for _, p := range pts {
		v := p.minus(a)
		if math.Abs(v.x*d.y-v.y*d.x) > tolerance {
			return false
		}
	}
	return d != point{}
}

func chordLength(pts []point) []float64 {
	u := make([]float64, len(pts))
	for i := 1; i < len(pts); i++ {
		u[i] = u[i-1] + pts[i].minus(pts[i-1]).length()
	}
	for i := range u {
		u[i] /= u[len(u)-1]
	}
	return u
}

func leastSquares(pts []point, u []float64, out, in point) segment {
	first, last := pts[0], pts[len(pts)-1]
	var c00, c01, c11, x0, x1 float64
	for i, t := range u {
		s := 1 - t
		b0, b1, b2, b3 := s*s*s, 3*t*s*s, 3*t*t*s, t*t*t
		a0, a1 := out.times(b1), in.times(b2)
		c00 += a0.dot(a0)
		c01 += a0.dot(a1)
		c11 += a1.dot(a1)
		d := pts[i].minus(first.times(b0 + b1)).minus(last.times(b2 + b3))
		x0 += a0.dot(d)
		x1 += a1.dot(d)
	}
	chord := last.minus(first).length()
	det := c00*c11 - c01*c01
	l, r := chord/3, chord/3
	if det > 1e-9*c00*c11 {
		l, r = (x0*c11-x1*c01)/det, (c00*x1-c01*x0)/det
		// Handles that are longer than the way itself make loops between the points.
		way := 0.0
		for i := 1; i < len(pts); i++ {
			way += pts[i].minus(pts[i-1]).length()
		}
		if least, most := chord*1e-3, way*0.7; l < least || r < least || l > most || r > most {
			l, r = min(chord/3, most), min(chord/3, most)
		}
	}
	return segment{p: [4]point{first, first.plus(out.times(l)), last.plus(in.times(r)), last}}
}

func (s segment) at(t float64) point {
	if s.line {
		return s.p[0].times(1 - t).plus(s.p[3].times(t))
	}
	q := 1 - t
	return s.p[0].times(q * q * q).plus(s.p[1].times(3 * t * q * q)).plus(s.p[2].times(3 * t * t * q)).plus(s.p[3].times(t * t * t))
}

func deviation(pts []point, u []float64, s segment) (worst float64, at int) {
	for i, t := range u {
		if d := s.at(t).minus(pts[i]).length(); d > worst {
			worst, at = d, i
		}
	}
	return worst, at
}

// improve moves every parameter towards the nearest point of the curve.
func improve(pts []point, u []float64, s segment) {
	p := s.p
	for i := 1; i < len(u)-1; i++ {
		t := u[i]
		q := 1 - t
		d := s.at(t).minus(pts[i])
		d1 := p[1].minus(p[0]).times(3 * q * q).plus(p[2].minus(p[1]).times(6 * q * t)).plus(p[3].minus(p[2]).times(3 * t * t))
		d2 := p[2].minus(p[1].times(2)).plus(p[0]).times(6 * q).plus(p[3].minus(p[2].times(2)).plus(p[1]).times(6 * t))
		if den := d1.dot(d1) + d.dot(d2); den != 0 {
			u[i] = min(max(t-d.dot(d1)/den, 0), 1)
		}
	}
}
