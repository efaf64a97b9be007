package coverage

import (
	"math"

	"github.com/selvage-studio/selvage/engine/edit/raster/exact"
)

// Join is how a stroke turns a corner.
type Join uint8

// The joins, as PostScript and SVG have them.
const (
	MiterJoin Join = iota
	RoundJoin
	BevelJoin
)

// Cap is how a stroke ends.
type Cap uint8

// The caps, as PostScript and SVG have them.
const (
	ButtCap Cap = iota
	RoundCap
	SquareCap
)

// Pen draws along a path.
type Pen struct {
	Width int64 // units
	Join  Join
	Cap   Cap
	// MiterLimit is how many widths long a mitre may be; beyond it the corner is
	// bevelled. SVG's default is 4.
	MiterLimit float64
}

// Outline is what the pen covers along p: closed paths that all turn the same
// way, so that filling them by NonZero gives their union.
func (n Pen) Outline(p Path) []Path {
	o := outline{pen: n, half: float64(n.Width) / 2}
	points, smooth := distinct(p)
	if len(points) == 0 || n.Width <= 0 {
		return nil
	}
	if len(points) == 1 {
		o.dot(points[0])
		return o.paths
	}
	count := len(points) - 1
	if p.Closed && len(points) > 2 {
		count = len(points)
	}
	dirs := make([]vector, count)
	for i := range dirs {
		d := between(points[i], points[(i+1)%len(points)])
		dirs[i] = d.times(1 / d.length())
	}
	for i, d := range dirs {
		side := o.side(d)
		a, b := points[i], points[(i+1)%len(points)]
		o.piece(a.plus(side), b.plus(side), b.plus(side.times(-1)), a.plus(side.times(-1)))
		if i > 0 {
			o.join(a, dirs[i-1], d, smooth[i])
		}
	}
	if count == len(points) {
		o.join(points[0], dirs[count-1], dirs[0], smooth[0])
	} else {
		o.end(points[0], dirs[0].times(-1))
		o.end(points[count], dirs[count-1])
	}
	return o.paths
}

// distinct drops points that repeat the one before.
func distinct(p Path) (points []Point, smooth []bool) {
	for i, q := range p.Points {
		if len(points) > 0 && points[len(points)-1] == q {
			continue
		}
		points, smooth = append(points, q), append(smooth, p.Smooth != nil && p.Smooth[i])
	}
	for p.Closed && len(points) > 1 && points[0] == points[len(points)-1] {
		points, smooth = points[:len(points)-1], smooth[:len(points)-1]
	}
	return points, smooth
}

type outline struct {
	pen   Pen
	half  float64
	paths []Path
}

// side is the step from the middle of the stroke to its edge, a quarter turn
// from direction d.
func (o *outline) side(d vector) vector { return vector{-d.y, d.x}.times(o.half) }

// piece adds a convex polygon, turned the common way.
func (o *outline) piece(points ...Point) {
	var area float64
	for i := 2; i < len(points); i++ {
		area += between(points[0], points[i-1]).cross(between(points[0], points[i]))
	}
	if area < 0 {
		for i, j := 0, len(points)-1; i < j; i, j = i+1, j-1 {
			points[i], points[j] = points[j], points[i]
		}
	}
	o.paths = append(o.paths, Polygon(points))
}

// fan adds the sector about v from the edge step a, turning by angle; sign is its sense.
func (o *outline) fan(v Point, a vector, angle, sign float64) {
	n := sides(o.half, angle)
	points := []Point{v}
	for i := range n + 1 {
		sin, cos := exact.Sincos(float64(angle * (float64(i) / float64(n))))
		points = append(points, v.plus(a.turned(float64(sign*sin), cos)))
	}
	o.piece(points...)
}

// join fills the outer side of a corner.
func (o *outline) join(v Point, in, out vector, smooth bool) {
	cross, dot := in.cross(out), in.dot(out)
	if cross == 0 && dot > 0 {
		return
	}
	sign := 1.0 // the sense of the turn; its outer side is the other one
	if cross < 0 {
		sign = -1
	}
	a, b := o.side(in).times(-sign), o.side(out).times(-sign)
	switch {
	case smooth || o.pen.Join == RoundJoin:
		o.fan(v, a, exact.Atan2(math.Abs(cross), dot), sign)
	// The mitre is 1/cos(turn/2) long, in widths, and cos²(turn/2) = (1+cos(turn))/2.
	case o.pen.Join == MiterJoin && float64(float64(o.pen.MiterLimit*o.pen.MiterLimit)*(1+dot)) >= 2:
		tip := vector{a.x + b.x, a.y + b.y}.times(1 / (1 + dot))
		o.piece(v, v.plus(a), v.plus(tip), v.plus(b))
	default:
		o.piece(v, v.plus(a), v.plus(b))
	}
}

// end caps the stroke at v, where it leaves in direction d.
func (o *outline) end(v Point, d vector) {
	side := o.side(d)
	switch o.pen.Cap {
	case RoundCap:
		// From one edge over the end to the other: side turned back by half a turn.
		o.fan(v, side, math.Pi, -1)
	case SquareCap:
		on := d.times(o.half)
		o.piece(v.plus(side), v.plus(vector{side.x + on.x, side.y + on.y}),
			v.plus(vector{on.x - side.x, on.y - side.y}), v.plus(side.times(-1)))
	default:
		// A butt ends where the line does.
	}
}

// dot is a stroke without length: what its caps make of it, as in SVG.
func (o *outline) dot(v Point) {
	switch o.pen.Cap {
	case RoundCap:
		o.fan(v, vector{o.half, 0}, 2*math.Pi, 1)
	case SquareCap:
		h := o.half
		o.piece(v.plus(vector{-h, -h}), v.plus(vector{h, -h}), v.plus(vector{h, h}), v.plus(vector{-h, h}))
	default:
		// A butt has no length to begin with.
	}
}
