package coverage

import (
	"math"

	"github.com/selvage-studio/selvage/engine/edit/raster/exact"
)

// Path is a line through points, straight from one to the next.
type Path struct {
	Points []Point
	Closed bool
	// Smooth marks the points at which a curve was cut into straight pieces: a
	// stroke passes them without a corner. nil where every point is a corner.
	Smooth []bool
}

// chord is how far, in units, a chord may lie from the curve that it stands for.
const chord = 2 // 1/128 of a pixel

// vector is a difference of points, or a direction, in floating point.
type vector struct{ x, y float64 }

func between(a, b Point) vector { return vector{float64(b.X - a.X), float64(b.Y - a.Y)} }

func (v vector) dot(w vector) float64   { return float64(v.x*w.x) + float64(v.y*w.y) }
func (v vector) cross(w vector) float64 { return float64(v.x*w.y) - float64(v.y*w.x) }
func (v vector) length() float64        { return math.Sqrt(v.dot(v)) }
func (v vector) times(k float64) vector { return vector{float64(v.x * k), float64(v.y * k)} }

// turned is v turned by an angle of which sin and cos are given, from x to y.
func (v vector) turned(sin, cos float64) vector {
	return vector{float64(v.x*cos) - float64(v.y*sin), float64(v.x*sin) + float64(v.y*cos)}
}

// plus rounds v to whole units first: the same v gives the same step anywhere.
func (p Point) plus(v vector) Point {
	return Point{p.X + int64(math.Floor(v.x+0.5)), p.Y + int64(math.Floor(v.y+0.5))}
}

// sides is how many chords a turn by angle (in radians) about radius units needs.
func sides(radius, angle float64) int {
	// A chord over the angle t lies r·t²/8 from its arc, about.
	n := math.Ceil(angle / math.Sqrt(8*chord/max(radius, chord)))
	return int(max(n, 1))
}

// Polygon is a closed path with corners.
func Polygon(points []Point) Path { return Path{Points: points, Closed: true} }

// Polyline is an open path with corners.
func Polyline(points []Point) Path { return Path{Points: points} }

// frame places what is drawn about the middle of a box of w x h units at corner
// and turns it clockwise by an angle in degrees.
func frame(corner Point, w, h int64, degrees float64) func(vector) Point {
	sin, cos := exact.Sincos(float64(degrees * math.Pi / 180))
	middle := vector{float64(w) / 2, float64(h) / 2}
	return func(v vector) Point {
		t := v.turned(sin, cos)
		return corner.plus(vector{middle.x + t.x, middle.y + t.y})
	}
}

// Rectangle is a box of w x h units with its corner there, its corners rounded by
// radius, turned clockwise about its middle.
func Rectangle(corner Point, w, h, radius int64, degrees float64) Path {
	place := frame(corner, w, h, degrees)
	hw, hh := float64(w)/2, float64(h)/2
	r := min(float64(radius), hw, hh)
	var p Path
	p.Closed = true
	if r <= 0 {
		for _, v := range []vector{{-hw, -hh}, {hw, -hh}, {hw, hh}, {-hw, hh}} {
			p.Points = append(p.Points, place(v))
		}
		return p
	}
	n := sides(r, math.Pi/2)
	for quarter, m := range []vector{{hw - r, -hh + r}, {hw - r, hh - r}, {-hw + r, hh - r}, {-hw + r, -hh + r}} {
		for i := range n + 1 {
			sin, cos := exact.Sincos(float64((float64(quarter-1) + float64(i)/float64(n)) * (math.Pi / 2)))
			p.Points = append(p.Points, place(vector{m.x + float64(r*cos), m.y + float64(r*sin)}))
			p.Smooth = append(p.Smooth, true)
		}
	}
	return p
}

// Ellipse fills a box of w x h units with its corner there, turned clockwise
// about its middle.
func Ellipse(corner Point, w, h int64, degrees float64) Path {
	place := frame(corner, w, h, degrees)
	rx, ry := float64(w)/2, float64(h)/2
	n := max(8, sides(max(rx, ry), 2*math.Pi))
	p := Path{Closed: true}
	for i := range n {
		sin, cos := exact.Sincos(float64(float64(i)/float64(n)) * (2 * math.Pi))
		p.Points = append(p.Points, place(vector{float64(rx * cos), float64(ry * sin)}))
		p.Smooth = append(p.Smooth, true)
	}
	return p
}

// Node is a point that a curve passes, with the handles of the cubic Bézier
// curves that come in and go out, as steps from the point; a handle of zero
// makes the end of the curve straight.
type Node struct{ At, In, Out Point }

// Curve is the path through nodes, the last one joined to the first if closed.
func Curve(nodes []Node, closed bool) Path {
	p := Path{Closed: closed}
	if len(nodes) == 0 {
		return p
	}
	last := len(nodes) - 1
	if closed {
		last = len(nodes)
	}
	most := max(8, mostPieces/len(nodes))
	p.Points, p.Smooth = append(p.Points, nodes[0].At), append(p.Smooth, false)
	for i := range last {
		a, b := nodes[i], nodes[(i+1)%len(nodes)]
		p.cubic(a.At, a.Out, b.In, b.At, most)
		if i+1 < len(nodes) {
			p.Points, p.Smooth = append(p.Points, b.At), append(p.Smooth, false)
		}
	}
	return p
}

// mostPieces bounds the straight pieces of one path.
const mostPieces = 1 << 19

// cubic appends the points between a and b of a Bézier curve, cut into at most
// so many pieces.
func (p *Path) cubic(a, out, in, b Point, most int) {
	if out == (Point{}) && in == (Point{}) {
		return
	}
	c1 := vector{float64(out.X), float64(out.Y)}
	end := between(a, b)
	c2 := vector{end.x + float64(in.X), end.y + float64(in.Y)}
	// The second difference bounds how far the curve leaves its chords: n pieces
	// are off by at most 6/8·d/n² (Wang's formula).
	d := max(
		vector{c2.x - 2*c1.x, c2.y - 2*c1.y}.length(),
		vector{end.x - 2*c2.x + c1.x, end.y - 2*c2.y + c1.y}.length())
	n := int(min(2000, float64(most), math.Ceil(math.Sqrt(d*0.75/chord))))
	for i := 1; i < n; i++ {
		t := float64(i) / float64(n)
		u := 1 - t
		k1, k2, k3 := float64(float64(3*u)*u)*t, float64(float64(3*u)*t)*t, float64(t*t)*t
		x := float64(k1*c1.x) + float64(k2*c2.x) + float64(k3*end.x)
		y := float64(k1*c1.y) + float64(k2*c2.y) + float64(k3*end.y)
		p.Points, p.Smooth = append(p.Points, a.plus(vector{x, y})), append(p.Smooth, true)
	}
}
