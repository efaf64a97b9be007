package draw

import "math"

// point is a place or a vector; x to the right, y downwards.
type point struct{ x, y float64 }

func (p point) add(q point) point             { return point{p.x + q.x, p.y + q.y} }
func (p point) sub(q point) point             { return point{p.x - q.x, p.y - q.y} }
func (p point) scale(k float64) point         { return point{float64(p.x * k), float64(p.y * k)} }
func (p point) dot(q point) float64           { return float64(p.x*q.x) + float64(p.y*q.y) }
func (p point) cross(q point) float64         { return float64(p.x*q.y) - float64(p.y*q.x) }
func (p point) len() float64                  { return math.Sqrt(p.dot(p)) }
func (p point) perp() point                   { return point{-p.y, p.x} }
func lerp(a, b, t float64) float64            { return a + float64((b-a)*t) }
func (p point) lerp(q point, t float64) point { return point{lerp(p.x, q.x, t), lerp(p.y, q.y, t)} }

func (p point) unit() point {
	l := p.len()
	if l == 0 {
		return point{1, 0}
	}
	return point{p.x / l, p.y / l}
}

// sincos takes turns, not radians; the error is below 1e-10.
func sincos(turns float64) (sin, cos float64) {
	t := float64((turns - math.Floor(turns)) * 4)
	q := math.Floor(t + 0.5)
	x := float64((t - q) * (math.Pi / 2))
	x2 := float64(x * x)
	s := -1.0 / 39916800
	s = 1.0/362880 + float64(s*x2)
	s = -1.0/5040 + float64(s*x2)
	s = 1.0/120 + float64(s*x2)
	s = -1.0/6 + float64(s*x2)
	s = 1 + float64(s*x2)
	s = float64(s * x)
	c := 1.0 / 479001600
	c = -1.0/3628800 + float64(c*x2)
	c = 1.0/40320 + float64(c*x2)
	c = -1.0/720 + float64(c*x2)
	c = 1.0/24 + float64(c*x2)
	c = -0.5 + float64(c*x2)
	c = 1 + float64(c*x2)
	switch int(q) & 3 {
	case 0:
		return s, c
	case 1:
		return c, -s
	case 2:
		return -s, -c
	default:
		return -c, s
	}
}

// polar is the point at a radius in the direction of an angle in turns:
// 0 to the right, 0.25 downwards, 0.75 upwards.
func polar(r, turns float64) point {
	s, c := sincos(turns)
	return point{float64(r * c), float64(r * s)}
}

// affine maps (x, y) to (a·x + c·y + e, b·x + d·y + f), as in SVG.
type affine struct{ a, b, c, d, e, f float64 }

func identity() affine { return affine{a: 1, d: 1} }

func (m affine) apply(p point) point {
	return point{
		float64(m.a*p.x) + float64(m.c*p.y) + m.e,
		float64(m.b*p.x) + float64(m.d*p.y) + m.f,
	}
}

// then applies n after m.
func (m affine) then(n affine) affine {
	return affine{
		a: float64(n.a*m.a) + float64(n.c*m.b),
		b: float64(n.b*m.a) + float64(n.d*m.b),
		c: float64(n.a*m.c) + float64(n.c*m.d),
		d: float64(n.b*m.c) + float64(n.d*m.d),
		e: float64(n.a*m.e) + float64(n.c*m.f) + n.e,
		f: float64(n.b*m.e) + float64(n.d*m.f) + n.f,
	}
}

// place scales, turns (in turns) and moves, in this order.
func place(at point, scale, turns float64) affine {
	s, c := sincos(turns)
	return affine{a: float64(scale * c), b: float64(scale * s), c: -(float64(scale * s)), d: float64(scale * c), e: at.x, f: at.y}
}

// flipX mirrors left and right before m.
func (m affine) flipX() affine { return affine{-m.a, -m.b, m.c, m.d, m.e, m.f} }

func clamp(v, lo, hi float64) float64 { return min(max(v, lo), hi) }

func sqrt(v float64) float64 { return math.Sqrt(v) }
