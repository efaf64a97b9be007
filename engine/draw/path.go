package draw

// The kinds of path segments; close is implied at the end of each contour.
const (
	opMove = iota
	opLine
	opCubic
)

// path is a list of closed contours, filled by the non-zero rule.
type path struct {
	ops []byte
	pts []point
}

func (p *path) move(x, y float64) *path {
	p.ops = append(p.ops, opMove)
	p.pts = append(p.pts, point{x, y})
	return p
}

func (p *path) line(x, y float64) *path {
	p.ops = append(p.ops, opLine)
	p.pts = append(p.pts, point{x, y})
	return p
}

func (p *path) cubic(x1, y1, x2, y2, x, y float64) *path {
	p.ops = append(p.ops, opCubic)
	p.pts = append(p.pts, point{x1, y1}, point{x2, y2}, point{x, y})
	return p
}

func (p *path) quad(x1, y1, x, y float64) *path {
	from := p.pts[len(p.pts)-1]
	return p.cubic(lerp(from.x, x1, 2.0/3), lerp(from.y, y1, 2.0/3), lerp(x, x1, 2.0/3), lerp(y, y1, 2.0/3), x, y)
}

// join adds the contours of q.
func (p *path) join(q *path) *path {
	p.ops = append(p.ops, q.ops...)
	p.pts = append(p.pts, q.pts...)
	return p
}

// at is the path moved by m.
func (p *path) at(m affine) *path {
	q := &path{ops: p.ops, pts: make([]point, len(p.pts))}
	for i, t := range p.pts {
		q.pts[i] = m.apply(t)
	}
	return q
}

// bounds is the box of the control points, which holds the path.
func (p *path) bounds() (lo, hi point) {
	if len(p.pts) == 0 {
		return
	}
	lo, hi = p.pts[0], p.pts[0]
	for _, t := range p.pts[1:] {
		lo.x, lo.y = min(lo.x, t.x), min(lo.y, t.y)
		hi.x, hi.y = max(hi.x, t.x), max(hi.y, t.y)
	}
	return lo, hi
}

// kappa makes four cubics a circle to 2.7e-4 of its radius.
const kappa = 0.5522847498307936

func ellipse(c point, rx, ry float64) *path {
	kx, ky := float64(rx*kappa), float64(ry*kappa)
	p := (&path{}).move(c.x+rx, c.y)
	p.cubic(c.x+rx, c.y+ky, c.x+kx, c.y+ry, c.x, c.y+ry)
	p.cubic(c.x-kx, c.y+ry, c.x-rx, c.y+ky, c.x-rx, c.y)
	p.cubic(c.x-rx, c.y-ky, c.x-kx, c.y-ry, c.x, c.y-ry)
	return p.cubic(c.x+kx, c.y-ry, c.x+rx, c.y-ky, c.x+rx, c.y)
}

func circle(c point, r float64) *path { return ellipse(c, r, r) }

// ring is a circle with a hole.
func ring(c point, r, inner float64) *path {
	return circle(c, r).join(ellipse(c, -inner, inner))
}

func polygon(pts ...point) *path {
	p := &path{}
	for i, t := range pts {
		if i == 0 {
			p.move(t.x, t.y)
		} else {
			p.line(t.x, t.y)
		}
	}
	return p
}

func rect(x, y, w, h float64) *path {
	return polygon(point{x, y}, point{x + w, y}, point{x + w, y + h}, point{x, y + h})
}

// smooth is the closed Catmull-Rom curve through the points; tension 1 is the
// usual one, less is tighter.
func smooth(tension float64, pts ...point) *path {
	n := len(pts)
	p := (&path{}).move(pts[0].x, pts[0].y)
	k := float64(tension / 6)
	for i := range n {
		a, b, c, d := pts[(i+n-1)%n], pts[i], pts[(i+1)%n], pts[(i+2)%n]
		h1, h2 := b.add(c.sub(a).scale(k)), c.sub(d.sub(b).scale(k))
		p.cubic(h1.x, h1.y, h2.x, h2.y, c.x, c.y)
	}
	return p
}

// curve samples an open Catmull-Rom curve, per samples a span, ends included.
func curve(per int, pts ...point) []point {
	n := len(pts)
	out := make([]point, 0, (n-1)*per+1)
	for i := range n - 1 {
		a, b, c, d := pts[max(i-1, 0)], pts[i], pts[i+1], pts[min(i+2, n-1)]
		for j := range per {
			t := float64(j) / float64(per)
			out = append(out, catmull(a, b, c, d, t))
		}
	}
	return append(out, pts[n-1])
}

func catmull(a, b, c, d point, t float64) point {
	t2 := float64(t * t)
	t3 := float64(t2 * t)
	f := func(a, b, c, d float64) float64 {
		return float64(0.5 * (float64(2*b) + float64((c-a)*t) + float64((float64(2*a)-float64(5*b)+float64(4*c)-d)*t2) + float64((float64(3*b)-a-float64(3*c)+d)*t3)))
	}
	return point{f(a.x, b.x, c.x, d.x), f(a.y, b.y, c.y, d.y)}
}

// open appends the Catmull-Rom curve through the points to a contour that
// stands at the first of them.
func (p *path) open(pts []point) {
	n := len(pts)
	for i := range n - 1 {
		a, b, c, d := pts[max(i-1, 0)], pts[i], pts[i+1], pts[min(i+2, n-1)]
		h1, h2 := b.add(c.sub(a).scale(1.0/6)), c.sub(d.sub(b).scale(1.0/6))
		p.cubic(h1.x, h1.y, h2.x, h2.y, c.x, c.y)
	}
}

// brush is a stroke along the points whose full width runs from w0 over w1 in
// the middle to w2.
func brush(w0, w1, w2 float64, pts ...point) *path {
	n := len(pts)
	left, right := make([]point, n), make([]point, n)
	for i, t := range pts {
		d := pts[min(i+1, n-1)].sub(pts[max(i-1, 0)]).unit().perp()
		u := float64(i) / float64(n-1)
		w := lerp(w0, w1, float64(u*2))
		if u > 0.5 {
			w = lerp(w1, w2, float64(u*2)-1)
		}
		d = d.scale(float64(w / 2))
		left[i], right[n-1-i] = t.add(d), t.sub(d)
	}
	p := (&path{}).move(left[0].x, left[0].y)
	p.open(left)
	p.line(right[0].x, right[0].y)
	p.open(right)
	return p
}

// stick is a straight bar of one width.
func stick(a, b point, w float64) *path {
	d := b.sub(a).unit().perp().scale(float64(w / 2))
	return polygon(a.add(d), b.add(d), b.sub(d), a.sub(d))
}

// petal grows from the origin upwards (towards -y) to length l with full
// width w; belly in 0..1 says how far up it is widest, tip how blunt it ends
// (0 a point, 1 round), base how wide it starts.
func petal(l, w, belly, tip, base float64) *path {
	h := float64(w / 2)
	b := float64(base * h)
	yb := -float64(l * belly)
	t := float64(h * tip)
	up := float64(l * (1 - belly))
	p := (&path{}).move(b, 0)
	p.cubic(lerp(b, h, 0.55), float64(yb*0.2), h, float64(yb*0.55), h, yb)
	p.cubic(h, yb-float64(up*0.55), float64(t*0.95), lerp(-l, yb, float64(0.35*(1-tip))), 0, -l)
	p.cubic(-float64(t*0.95), lerp(-l, yb, float64(0.35*(1-tip))), -h, yb-float64(up*0.55), -h, yb)
	p.cubic(-h, float64(yb*0.55), -lerp(b, h, 0.55), float64(yb*0.2), -b, 0)
	return p
}

// notched is a petal with a notch of depth d at its tip, as of a cherry blossom.
func notched(l, w, belly, d float64) *path {
	h := float64(w / 2)
	yb := -float64(l * belly)
	p := (&path{}).move(float64(h*0.12), 0)
	p.cubic(float64(h*0.6), float64(yb*0.25), h, float64(yb*0.6), h, yb)
	p.cubic(h, lerp(yb, -l, 0.7), float64(h*0.6), -float64(l*1.06), float64(h*0.28), -l)
	p.line(0, -(l - d))
	p.line(-float64(h*0.28), -l)
	p.cubic(-float64(h*0.6), -float64(l*1.06), -h, lerp(yb, -l, 0.7), -h, yb)
	p.cubic(-h, float64(yb*0.6), -float64(h*0.6), float64(yb*0.25), -float64(h*0.12), 0)
	return p
}

// blade is a leaf along a curved spine from the origin to the tip, pointed at
// both ends, of full width w; bend moves its middle sideways.
func blade(tip point, w, bend, belly float64) *path {
	n := tip.perp().unit()
	mid := tip.scale(belly).add(n.scale(bend))
	h := float64(w / 2)
	a, b := mid.add(n.scale(h)), mid.sub(n.scale(h))
	d := tip.scale(0.28)
	p := (&path{}).move(0, 0)
	q0 := tip.scale(0.12).add(n.scale(float64(bend*0.3) + float64(h*0.62)))
	p.cubic(q0.x, q0.y, a.x-d.x, a.y-d.y, a.x, a.y)
	q1 := tip.scale(0.86).add(n.scale(float64(bend*0.3) + float64(h*0.3)))
	p.cubic(a.x+d.x, a.y+d.y, q1.x, q1.y, tip.x, tip.y)
	q2 := tip.scale(0.86).add(n.scale(float64(bend*0.3) - float64(h*0.3)))
	p.cubic(q2.x, q2.y, b.x+d.x, b.y+d.y, b.x, b.y)
	q3 := tip.scale(0.12).add(n.scale(float64(bend*0.3) - float64(h*0.62)))
	p.cubic(b.x-d.x, b.y-d.y, q3.x, q3.y, 0, 0)
	return p
}

// starShape has n points of radius r and valleys of radius inner, the first
// point upwards.
func starShape(n int, r, inner float64) *path {
	pts := make([]point, 0, 2*n)
	for i := range n {
		a := float64(i)/float64(n) - 0.25
		pts = append(pts, polar(r, a), polar(inner, a+0.5/float64(n)))
	}
	return polygon(pts...)
}

// regular is a polygon with n corners, the first at the angle turn.
func regular(n int, r, turn float64) *path {
	pts := make([]point, n)
	for i := range pts {
		pts[i] = polar(r, turn+float64(i)/float64(n))
	}
	return polygon(pts...)
}
