package drawing

import "math"

// outline is a flattened subpath. Corners are where two segments of the drawing
// meet; other points lie on one curve.
type outline struct {
	points []point
	corner []bool
	closed bool
}

// tracer builds outlines. scale is how many pixels a unit becomes: it decides
// how finely curves are cut.
type tracer struct {
	scale float64
	all   []outline
	cur   outline
	at    point
	start point
	count int
}

// maxPoints bounds the points of one path.
const maxPoints = 4_000_000

func (t *tracer) move(p point) {
	t.finish(false)
	t.at, t.start = p, p
}

func (t *tracer) finish(closed bool) {
	if len(t.cur.points) > 0 && t.count < maxPoints {
		t.cur.closed = closed
		t.all = append(t.all, t.cur)
	}
	t.cur = outline{}
}

func (t *tracer) add(p point, corner bool) {
	if len(t.cur.points) == 0 {
		t.cur.points, t.cur.corner = append(t.cur.points, t.at), append(t.cur.corner, true)
	}
	if t.count++; t.count < maxPoints {
		t.cur.points, t.cur.corner = append(t.cur.points, p), append(t.cur.corner, corner)
	}
	t.at = p
}

func (t *tracer) line(p point) { t.add(p, true) }

func (t *tracer) close() {
	if len(t.cur.points) == 0 {
		t.cur.points, t.cur.corner = append(t.cur.points, t.at), append(t.cur.corner, true)
	}
	t.finish(true)
	t.at = t.start
}

func (t *tracer) cubic(b, c, d point) {
	a := t.at
	// The deviation of a chord goes with the second differences (Wang's formula).
	dx := math.Max(math.Abs(a.x-2*b.x+c.x), math.Abs(b.x-2*c.x+d.x))
	dy := math.Max(math.Abs(a.y-2*b.y+c.y), math.Abs(b.y-2*c.y+d.y))
	n := steps(math.Sqrt(0.75 * math.Hypot(dx, dy) * t.scale / 0.02))
	for i := 1; i <= n; i++ {
		u := float64(i) / float64(n)
		v := 1 - u
		t.add(point{
			v*v*v*a.x + 3*v*v*u*b.x + 3*v*u*u*c.x + u*u*u*d.x,
			v*v*v*a.y + 3*v*v*u*b.y + 3*v*u*u*c.y + u*u*u*d.y,
		}, i == n)
	}
}

func steps(v float64) int {
	if !(v < 500) {
		return 500
	}
	return max(int(math.Ceil(v)), 1)
}

func (t *tracer) quad(b, c point) {
	a := t.at
	t.cubic(point{a.x + 2*(b.x-a.x)/3, a.y + 2*(b.y-a.y)/3}, point{c.x + 2*(b.x-c.x)/3, c.y + 2*(b.y-c.y)/3}, c)
}

// arc is SVG 1.1, F.6: from end points to a centre.
func (t *tracer) arc(rx, ry, turn float64, large, sweep bool, to point) {
	from := t.at
	rx, ry = math.Abs(rx), math.Abs(ry)
	if rx == 0 || ry == 0 || from == to {
		t.line(to)
		return
	}
	sin, cos := math.Sincos(turn * math.Pi / 180)
	hx, hy := (from.x-to.x)/2, (from.y-to.y)/2
	x, y := cos*hx+sin*hy, -sin*hx+cos*hy
	if over := x*x/(rx*rx) + y*y/(ry*ry); over > 1 {
		rx, ry = rx*math.Sqrt(over), ry*math.Sqrt(over)
	}
	q := math.Sqrt(math.Max(0, (rx*rx*ry*ry-rx*rx*y*y-ry*ry*x*x)/(rx*rx*y*y+ry*ry*x*x)))
	if large == sweep {
		q = -q
	}
	cx, cy := q*rx*y/ry, -q*ry*x/rx
	a0 := math.Atan2((y-cy)/ry, (x-cx)/rx)
	a1 := math.Atan2((-y-cy)/ry, (-x-cx)/rx)
	if sweep && a1 < a0 {
		a1 += 2 * math.Pi
	} else if !sweep && a1 > a0 {
		a1 -= 2 * math.Pi
	}
	mx, my := cos*cx-sin*cy+(from.x+to.x)/2, sin*cx+cos*cy+(from.y+to.y)/2
	n := steps(math.Abs(a1-a0) / 2 * math.Sqrt(math.Max(rx, ry)*t.scale/0.04))
	n = max(n, int(math.Ceil(math.Abs(a1-a0)/0.4)))
	for i := 1; i < n; i++ {
		s, c := math.Sincos(a0 + (a1-a0)*float64(i)/float64(n))
		t.add(point{mx + cos*rx*c - sin*ry*s, my + sin*rx*c + cos*ry*s}, false)
	}
	t.add(to, true)
}

// path reads path data (SVG 1.1, 8.3). What follows an error is left out, as
// the specification asks.
func (t *tracer) path(text string) {
	s := scanner{s: text}
	var command byte
	var control point // of the curve before, for smooth ones
	var last byte
	for {
		s.skip()
		if s.at >= len(s.s) || t.count >= maxPoints {
			break
		}
		if c := s.s[s.at]; c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' {
			command = c
			s.at++
		} else if command == 0 || command == 'z' || command == 'Z' {
			break
		}
		relative := command >= 'a'
		var v [7]float64
		need := map[byte]int{'m': 2, 'l': 2, 'h': 1, 'v': 1, 'c': 6, 's': 4, 'q': 4, 't': 2, 'a': 7, 'z': 0}
		kind := command | 0x20
		n, known := need[kind]
		if !known {
			break
		}
		ok := true
		for i := 0; i < n && ok; i++ {
			if kind == 'a' && (i == 3 || i == 4) { // flags may stand without a space
				s.skip()
				if ok = s.at < len(s.s) && (s.s[s.at] == '0' || s.s[s.at] == '1'); ok {
					v[i] = float64(s.s[s.at] - '0')
					s.at++
				}
				continue
			}
			v[i], ok = s.number()
		}
		if !ok {
			break
		}
		p := func(i int) point {
			if relative {
				return point{t.at.x + v[i], t.at.y + v[i+1]}
			}
			return point{v[i], v[i+1]}
		}
		mirrored := func(kinds string) point {
			for i := range len(kinds) {
				if last == kinds[i] {
					return point{2*t.at.x - control.x, 2*t.at.y - control.y}
				}
			}
			return t.at
		}
		switch kind {
		case 'm':
			t.move(p(0))
			command = command - 'm' + 'l' // further pairs are lines
			if !relative {
				command = 'L'
			}
		case 'l':
			t.line(p(0))
		case 'h':
			to := point{v[0], t.at.y}
			if relative {
				to.x += t.at.x
			}
			t.line(to)
		case 'v':
			to := point{t.at.x, v[0]}
			if relative {
				to.y += t.at.y
			}
			t.line(to)
		case 'c':
			b, c, d := p(0), p(2), p(4)
			control = c
			t.cubic(b, c, d)
		case 's':
			b, c, d := mirrored("cs"), p(0), p(2)
			control = c
			t.cubic(b, c, d)
		case 'q':
			b, c := p(0), p(2)
			control = b
			t.quad(b, c)
		case 't':
			b, c := mirrored("qt"), p(0)
			control = b
			t.quad(b, c)
		case 'a':
			t.arc(v[0], v[1], v[2], v[3] != 0, v[4] != 0, p(5))
		case 'z':
			t.close()
		}
		last = kind
	}
	t.finish(false)
}

// ellipse adds a whole one.
func (t *tracer) ellipse(cx, cy, rx, ry float64) {
	if rx <= 0 || ry <= 0 {
		return
	}
	t.move(point{cx + rx, cy})
	t.arc(rx, ry, 0, false, true, point{cx - rx, cy})
	t.cur.corner[len(t.cur.corner)-1] = false
	t.arc(rx, ry, 0, false, true, point{cx + rx, cy})
	t.close()
}

// rectangle adds one with rounded corners.
func (t *tracer) rectangle(x, y, w, h, rx, ry float64) {
	if w <= 0 || h <= 0 {
		return
	}
	rx, ry = math.Min(rx, w/2), math.Min(ry, h/2)
	round := rx > 0 && ry > 0
	if !round {
		rx, ry = 0, 0
	}
	t.move(point{x + rx, y})
	for _, c := range [4][2]point{
		{{x + w - rx, y}, {x + w, y + ry}},
		{{x + w, y + h - ry}, {x + w - rx, y + h}},
		{{x + rx, y + h}, {x, y + h - ry}},
		{{x, y + ry}, {x + rx, y}},
	} {
		t.line(c[0])
		if round {
			t.arc(rx, ry, 0, false, true, c[1])
		}
	}
	t.close()
}

// pen is how a stroke is drawn, in units of the path.
type pen struct {
	width      float64
	join, cap  string
	miter      float64
	dashes     []float64
	dashOffset float64
}

// strokes covers outlines with the shapes of a pen: a quadrangle for every
// segment, and what joins and ends it. They overlap and all turn the same way,
// so that the non-zero rule makes one shape of them.
func (p *pen) strokes(all []outline, scale float64, emit func(shape []point)) {
	h := p.width / 2
	if !(h > 0) {
		return
	}
	shape := func(pts ...point) {
		area := 0.0
		for i := range pts {
			q := pts[(i+1)%len(pts)]
			area += pts[i].x*q.y - q.x*pts[i].y
		}
		if area < 0 {
			for i, j := 0, len(pts)-1; i < j; i, j = i+1, j-1 {
				pts[i], pts[j] = pts[j], pts[i]
			}
		}
		emit(pts)
	}
	round := max(steps(math.Pi*math.Sqrt(h*scale/0.04)), 8)
	disc := func(c point) {
		pts := make([]point, round)
		for i := range pts {
			s, k := math.Sincos(2 * math.Pi * float64(i) / float64(round))
			pts[i] = point{c.x + h*k, c.y + h*s}
		}
		shape(pts...)
	}
	for _, o := range p.dash(all) {
		pts, corner := distinct(o)
		n := len(pts)
		if n == 1 {
			switch p.cap {
			case "round":
				disc(pts[0])
			case "square":
				c := pts[0]
				shape(point{c.x - h, c.y - h}, point{c.x + h, c.y - h}, point{c.x + h, c.y + h}, point{c.x - h, c.y + h})
			}
			continue
		}
		segments := n - 1
		if o.closed {
			segments = n
		}
		way := func(i int) point {
			a, b := pts[i%n], pts[(i+1)%n]
			l := math.Hypot(b.x-a.x, b.y-a.y)
			return point{(b.x - a.x) / l, (b.y - a.y) / l}
		}
		for i := range segments {
			a, b, d := pts[i], pts[(i+1)%n], way(i)
			if !o.closed && p.cap == "square" {
				if i == 0 {
					a = point{a.x - h*d.x, a.y - h*d.y}
				}
				if i == segments-1 {
					b = point{b.x + h*d.x, b.y + h*d.y}
				}
			}
			nx, ny := -d.y*h, d.x*h
			shape(point{a.x + nx, a.y + ny}, point{b.x + nx, b.y + ny}, point{b.x - nx, b.y - ny}, point{a.x - nx, a.y - ny})
			if i == segments-1 && !o.closed {
				break
			}
			e := way(i + 1)
			b = pts[(i+1)%n]
			cross, dot := d.x*e.y-d.y*e.x, d.x*e.x+d.y*e.y
			if cross == 0 && dot > 0 {
				continue
			}
			join, limit := p.join, p.miter
			if !corner[(i+1)%n] { // inside of a curve
				join, limit = "miter", 1.2
				if dot < 0.7 {
					join = "round"
				}
			}
			if join == "round" {
				disc(b)
				continue
			}
			side := -1.0 // the outer side of the turn
			if cross < 0 {
				side = 1
			}
			u, v := point{b.x - side*d.y*h, b.y + side*d.x*h}, point{b.x - side*e.y*h, b.y + side*e.x*h}
			// The ratio of a miter to the width is 1/sin(θ/2), where θ is the angle
			// between the segments: cos θ = -dot.
			if half := math.Sqrt(math.Max(0, (1+dot)/2)); join == "miter" && half > 1e-6 && 1/half <= limit {
				mx, my := (u.x+v.x)/2-b.x, (u.y+v.y)/2-b.y
				if l := math.Hypot(mx, my); l > 0 {
					k := h / half / l
					shape(b, u, point{b.x + mx*k, b.y + my*k}, v)
					continue
				}
			}
			shape(b, u, v)
		}
		if !o.closed && p.cap == "round" {
			disc(pts[0])
			disc(pts[n-1])
		}
	}
}

// distinct leaves out points that repeat the one before.
func distinct(o outline) (pts []point, corner []bool) {
	for i, p := range o.points {
		if n := len(pts); n > 0 && pts[n-1] == p {
			corner[n-1] = corner[n-1] || o.corner[i]
			continue
		}
		pts, corner = append(pts, p), append(corner, o.corner[i])
	}
	if n := len(pts); o.closed && n > 1 && pts[n-1] == pts[0] {
		corner[0] = corner[0] || corner[n-1]
		pts, corner = pts[:n-1], corner[:n-1]
	}
	return pts, corner
}

// maxDashes bounds how many pieces a stroke is cut into; finer ones become solid.
const maxDashes = 200_000

func (p *pen) dash(all []outline) []outline {
	sum := 0.0
	for _, d := range p.dashes {
		if d < 0 {
			return all
		}
		sum += d
	}
	if !(sum > 0) || math.IsInf(sum, 0) {
		return all
	}
	dashes := p.dashes
	if len(dashes)%2 == 1 {
		dashes = append(append([]float64(nil), dashes...), dashes...)
		sum *= 2
	}
	total := 0.0
	for _, o := range all {
		for i := 1; i < len(o.points); i++ {
			total += math.Hypot(o.points[i].x-o.points[i-1].x, o.points[i].y-o.points[i-1].y)
		}
	}
	if !(total/sum*float64(len(dashes)) < maxDashes) {
		return all
	}
	var out []outline
	for _, o := range all {
		pts, corner := o.points, o.corner
		if o.closed {
			pts, corner = append(append([]point(nil), pts...), pts[0]), append(append([]bool(nil), corner...), true)
		}
		k, left := 0, math.Mod(p.dashOffset, sum)
		if left < 0 {
			left += sum
		}
		for left >= dashes[k] && left > 0 {
			left -= dashes[k]
			k = (k + 1) % len(dashes)
		}
		left = dashes[k] - left
		var cur outline
		begin := func(q point) { cur = outline{points: []point{q}, corner: []bool{true}} }
		if k%2 == 0 {
			begin(pts[0])
		}
		for i := 1; i < len(pts); i++ {
			a, b := pts[i-1], pts[i]
			l := math.Hypot(b.x-a.x, b.y-a.y)
			at := 0.0
			for l-at > left {
				at += left
				q := point{a.x + (b.x-a.x)*at/l, a.y + (b.y-a.y)*at/l}
				if k%2 == 0 {
					cur.points, cur.corner = append(cur.points, q), append(cur.corner, true)
					out = append(out, cur)
				} else {
					begin(q)
				}
				k = (k + 1) % len(dashes)
				left = dashes[k]
				if len(out) > 2*maxDashes {
					return all
				}
			}
			left -= l - at
			if k%2 == 0 {
				cur.points, cur.corner = append(cur.points, b), append(cur.corner, corner[i])
			}
		}
		if k%2 == 0 && len(cur.points) > 0 {
			out = append(out, cur)
		}
	}
	return out
}
