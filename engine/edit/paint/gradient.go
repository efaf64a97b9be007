package paint

import (
	"math"
	"slices"

	"github.com/selvage-studio/selvage/engine/edit/paint/coverage"
	"github.com/selvage-studio/selvage/engine/edit/paint/oklab"
	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/pattern"
)

// Gradient goes through colours along a line or out from a point.
//
// The plane repeats and a gradient does not, so it is drawn once for each cell:
//
//   - Linear: on the window of the plane, as large as the cell, whose middle is
//     the middle of the line. Where windows meet, the end of one gradient meets
//     the beginning of the next; it closes without an edge if it runs along an
//     axis for the length of the cell and begins and ends in the same colour, or
//     for half of that, reflected.
//   - Radial: about every copy of its middle that the lattice makes; each pixel
//     takes the nearest, so there is no edge anywhere.
//   - In a mirror both are drawn in the cell where their middle lies and
//     reflected with it, which closes always.
type Gradient struct {
	Radial bool
	// Start and End are the ends of the line, or the middle and a point on the rim.
	Start, End coverage.Point
	Stops      []Stop // one at least, their offsets rising
	Extend     Extend
	// OKLab interpolates there and not in sRGB: even steps to the eye, no mud
	// between opposite hues. Both weigh colours by their alpha.
	OKLab bool
}

// Stop is a colour on the way, at an offset of 0 to 1.
type Stop struct {
	Offset float64
	Color  Color
}

// Extend is what lies before the first stop and beyond the last.
type Extend uint8

// The extensions, as SVG has them as spreadMethod.
const (
	Pad Extend = iota
	Again
	Reflect
)

// grades is how many steps of colour a gradient has. They are finer than the
// pixels of a cell, and a step of a hard stop is one.
const grades = 1 << 13

// Ink is the gradient over a cell. Paint it with Fill, or with anything.
func (g Gradient) Ink(size pattern.Size, repeat pattern.Repeat) Ink {
	t := &graded{size: size, repeat: repeat, radial: g.Radial, extend: g.Extend, ramp: g.ramp()}
	start, end := g.Start, g.End
	middle := start
	if !g.Radial {
		middle = coverage.Point{X: (start.X + end.X) >> 1, Y: (start.Y + end.Y) >> 1}
	}
	if repeat.Kind == pattern.Mirror {
		w, h := int64(size.Width)*coverage.One, int64(size.Height)*coverage.One
		i, j := pattern.FloorDiv(middle.X, w), pattern.FloorDiv(middle.Y, h)
		fold := func(v, side, k int64) int64 {
			if k&1 != 0 {
				return (k+1)*side - v
			}
			return v - k*side
		}
		start = coverage.Point{X: fold(start.X, w, i), Y: fold(start.Y, h, j)}
		end = coverage.Point{X: fold(end.X, w, i), Y: fold(end.Y, h, j)}
	}
	t.start = start
	t.along = [2]float64{float64(end.X - start.X), float64(end.Y - start.Y)}
	t.squared = float64(t.along[0]*t.along[0]) + float64(t.along[1]*t.along[1])
	switch {
	case g.Radial:
		t.copies = copies(start, size, repeat)
	case repeat.Kind != pattern.Mirror:
		t.corner.X = pattern.FloorDiv(middle.X+half, coverage.One) - int64(size.Width/2)
		t.corner.Y = pattern.FloorDiv(middle.Y+half, coverage.One) - int64(size.Height/2)
	}
	return Ink{picture: t}
}

// ramp is the colours at every step, multiplied by alpha.
func (g Gradient) ramp() []uint16 {
	type weighed [4]float64
	at := make([]weighed, len(g.Stops))
	for i, s := range g.Stops {
		a := float64(s.Color[3]) / raster.Opaque
		c := oklab.Color{float64(s.Color[0]), float64(s.Color[1]), float64(s.Color[2])}
		if g.OKLab {
			c = oklab.Of(s.Color[0], s.Color[1], s.Color[2])
		}
		at[i] = weighed{float64(c[0] * a), float64(c[1] * a), float64(c[2] * a), a}
	}
	ramp := make([]uint16, 4*(grades+1))
	next := 0
	for k := range grades + 1 {
		t := float64(k) / grades
		for next < len(g.Stops) && g.Stops[next].Offset <= t {
			next++
		}
		var v weighed
		switch next {
		case 0:
			v = at[0]
		case len(at):
			v = at[next-1]
		default:
			from, to := g.Stops[next-1].Offset, g.Stops[next].Offset
			u := (t - from) / (to - from)
			for i := range v {
				v[i] = float64(at[next-1][i]*(1-u)) + float64(at[next][i]*u)
			}
		}
		alpha := part16(v[3])
		if alpha == 0 {
			continue
		}
		c := oklab.Color{v[0] / v[3], v[1] / v[3], v[2] / v[3]}
		var rgb [3]uint16
		if g.OKLab {
			rgb[0], rgb[1], rgb[2] = c.RGB()
		} else {
			for i := range rgb {
				rgb[i] = uint16(min(raster.Opaque, math.Floor(c[i]+0.5)))
			}
		}
		for i := range rgb {
			ramp[4*k+i] = uint16(raster.Mul(uint32(rgb[i]), alpha))
		}
		ramp[4*k+3] = uint16(alpha)
	}
	return ramp
}

// graded is a gradient laid on a cell.
type graded struct {
	size    pattern.Size
	repeat  pattern.Repeat
	radial  bool
	extend  Extend
	ramp    []uint16
	start   coverage.Point
	along   [2]float64 // from start to end, units
	squared float64
	corner  coverage.Point   // of the window of a linear gradient, whole pixels
	copies  []coverage.Point // of the middle of a radial gradient
}

func (g *graded) who(int, int) (raster.Who, bool) { return raster.Who{}, false }

func (g *graded) row(y, from, to int, dst []uint16) {
	if g.radial {
		g.radialRow(y, from, to, dst)
		return
	}
	for x := from; x < to; x++ {
		px, py := g.plane(x, y)
		dx, dy := float64(px*coverage.One+half-g.start.X), float64(py*coverage.One+half-g.start.Y)
		t := 0.0
		if g.squared > 0 {
			t = (float64(dx*g.along[0]) + float64(dy*g.along[1])) / g.squared
		}
		g.put(dst[4*(x-from):], t)
	}
}

// plane is where the pixel of the cell lies in the window of the gradient.
func (g *graded) plane(x, y int) (px, py int64) {
	px, py = int64(x), int64(y)
	w, h := int64(g.size.Width), int64(g.size.Height)
	near := func(v, corner, side int64) int64 {
		return corner + (v - corner) - pattern.FloorDiv(v-corner, side)*side
	}
	n, d := g.repeat.Drop()
	// As Repeat.Source has it: the shift of the q-th column or row, rounded.
	shift := func(q, side int64) int64 {
		q -= pattern.FloorDiv(q, int64(d)) * int64(d)
		return pattern.FloorDiv(2*int64(n)*q*side+int64(d), 2*int64(d))
	}
	switch g.repeat.Kind {
	case pattern.HalfDrop, pattern.Hex:
		px = near(px, g.corner.X, w)
		py = near(py+shift(pattern.FloorDiv(px, w), h), g.corner.Y, h)
	case pattern.Brick:
		py = near(py, g.corner.Y, h)
		px = near(px+shift(pattern.FloorDiv(py, h), w), g.corner.X, w)
	case pattern.AlongX:
		px = near(px, g.corner.X, w)
	case pattern.AlongY:
		py = near(py, g.corner.Y, h)
	case pattern.Block:
		px, py = near(px, g.corner.X, w), near(py, g.corner.Y, h)
	default:
		// A placed print has one window, and a mirror's is its cell.
	}
	return px, py
}

func (g *graded) radialRow(y, from, to int, dst []uint16) {
	var rows []coverage.Point // the X of a copy and the square of its height above y
	left, right := int64(from)*coverage.One+half, int64(to)*coverage.One-half
	farthest := int64(math.MaxInt64) // squared, that the nearest copy is from any pixel
	for _, c := range g.copies {
		dy := int64(y)*coverage.One + half - c.Y
		rows = append(rows, coverage.Point{X: c.X, Y: dy * dy})
		dx := max(c.X-left, right-c.X)
		farthest = min(farthest, dy*dy+dx*dx)
	}
	rows = slices.DeleteFunc(rows, func(c coverage.Point) bool {
		dx := max(left-c.X, c.X-right, 0)
		return c.Y+dx*dx > farthest
	})
	r := math.Sqrt(g.squared)
	for x := from; x < to; x++ {
		at := int64(x)*coverage.One + half
		least := int64(math.MaxInt64)
		for _, c := range rows {
			dx := at - c.X
			least = min(least, dx*dx+c.Y)
		}
		t := 1.0
		if r > 0 {
			t = math.Sqrt(float64(least)) / r
		}
		g.put(dst[4*(x-from):], t)
	}
}

// put writes the colour at t.
func (g *graded) put(dst []uint16, t float64) {
	switch g.extend {
	case Again:
		t -= math.Floor(t)
	case Reflect:
		t -= float64(2 * math.Floor(t/2))
		if t > 1 {
			t = 2 - t
		}
	default:
		t = min(max(t, 0), 1)
	}
	k := 4 * int(float64(t*grades)+0.5)
	copy(dst[:4], g.ramp[k:k+4])
}

// copies lists the places of a point on the plane that can be the nearest to
// some pixel of the cell at (0, 0).
func copies(p coverage.Point, size pattern.Size, repeat pattern.Repeat) []coverage.Point {
	w, h := int64(size.Width)*coverage.One, int64(size.Height)*coverage.One
	var all []coverage.Point
	if repeat.Kind == pattern.Mirror {
		for _, x := range []int64{-p.X, p.X, 2*w - p.X} {
			for _, y := range []int64{-p.Y, p.Y, 2*h - p.Y} {
				all = append(all, coverage.Point{X: x, Y: y})
			}
		}
		return all
	}
	// A copy lies within one cell of every pixel, and so do all that are nearer;
	// a flat cell needs more of the other axis. 32 is for cells that no one prints.
	across := 2 + min(32, int64(size.Height)/int64(size.Width))
	down := 2 + min(32, int64(size.Width)/int64(size.Height))
	if repeat.Kind == pattern.None || repeat.Kind == pattern.AlongY {
		across = 0
	}
	if repeat.Kind == pattern.None || repeat.Kind == pattern.AlongX {
		down = 0
	}
	n, d := repeat.Drop()
	dropped := repeat.Kind == pattern.HalfDrop || repeat.Kind == pattern.Hex
	x, y := p.X, p.Y
	// First into the cell at (0, 0).
	switch {
	case repeat.Kind == pattern.Brick:
		q := pattern.FloorDiv(y, h)
		y -= q * h
		x -= shiftUnits(q, n, d, size.Width)
		x -= pattern.FloorDiv(x, w) * w
	case across > 0:
		q := pattern.FloorDiv(x, w)
		x -= q * w
		if dropped {
			y -= shiftUnits(q, n, d, size.Height)
		}
		fallthrough
	default:
		if down > 0 {
			y -= pattern.FloorDiv(y, h) * h
		}
	}
	for i := -across; i <= across; i++ {
		for j := -down; j <= down; j++ {
			c := coverage.Point{X: x + i*w, Y: y + j*h}
			switch {
			case dropped:
				c.Y += shiftUnits(i, n, d, size.Height)
			case repeat.Kind == pattern.Brick:
				c.X += shiftUnits(j, n, d, size.Width)
			}
			all = append(all, c)
		}
	}
	return all
}

// shiftUnits is the shift of the q-th column or row as Repeat.Source rounds it,
// within one cell, in units.
func shiftUnits(q int64, n, d, side int) int64 {
	q -= pattern.FloorDiv(q, int64(d)) * int64(d)
	s := pattern.FloorDiv(2*int64(n)*q*int64(side)+int64(d), 2*int64(d))
	return s % int64(side) * coverage.One
}
