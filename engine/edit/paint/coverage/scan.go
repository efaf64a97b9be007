package coverage

import (
	"cmp"
	"context"
	"slices"

	"github.com/selvage-studio/selvage/engine/pattern"

	"github.com/selvage-studio/selvage/engine/edit/raster"
)

// Rule says what is inside of paths that cross.
type Rule uint8

// The rules, as PostScript and SVG have them.
const (
	NonZero Rule = iota
	EvenOdd
)

const (
	// lines is how many lines sample each row of pixels. Across, coverage is
	// exact to 1/One; down, an edge is off by at most 1/(2·lines).
	lines = 64
	pitch = One / lines
	// mostPixels bounds the box of a shape: the work is by row and edge.
	mostPixels = 1 << 28
)

// edge crosses the sampling lines first to last (excluded); at each, x is where.
// The fraction of x is rest/drop, stepped in whole numbers (Bresenham).
type edge struct {
	first, last int64
	x, rest     int64
	step, more  int64 // by how much x and rest grow from line to line
	drop        int64
	turn        int
}

// Fill adds the inside of the paths. A path that is not closed is closed by a
// straight line. The error is ctx's, or a *SizeError before anything is added.
func (c *Coverage) Fill(ctx context.Context, paths []Path, rule Rule) error {
	var edges []edge
	left, right := int64(Furthest*One*4), int64(-Furthest*One*4)
	top, bottom := left, right
	for _, p := range paths {
		for i, b := range p.Points {
			left, right = min(left, b.X), max(right, b.X)
			top, bottom = min(top, b.Y), max(bottom, b.Y)
			a := p.Points[(i+len(p.Points)-1)%len(p.Points)]
			if e, ok := newEdge(a, b); ok {
				edges = append(edges, e)
			}
		}
	}
	if len(edges) == 0 {
		return nil
	}
	x0 := pattern.FloorDiv(left, One)
	width, height := pattern.FloorDiv(right, One)-x0+2, pattern.FloorDiv(bottom-top, One)+2
	if width*height > mostPixels {
		return &SizeError{width, height}
	}
	slices.SortFunc(edges, func(a, b edge) int {
		return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.x, b.x), cmp.Compare(a.rest, b.rest), cmp.Compare(a.turn, b.turn))
	})

	r := &row{origin: x0 * One, deltas: make([]int32, width+1), amounts: make([]uint16, width)}
	r.clear()
	var active []*edge
	next := 0
	for line := edges[0].first; len(active) > 0 || next < len(edges); {
		y := pattern.FloorDiv(line, lines)
		if err := ctx.Err(); err != nil {
			return err
		}
		met := false
		for ; line < (y+1)*lines; line++ {
			for next < len(edges) && edges[next].first == line {
				active = append(active, &edges[next])
				next++
			}
			if len(active) > 0 {
				met = true
				active = r.scan(active, line, rule)
			}
		}
		if met {
			c.emit(int(x0), int(y), r)
		}
		if len(active) == 0 && next < len(edges) {
			line = max(line, edges[next].first)
		}
	}
	return nil
}

func newEdge(a, b Point) (edge, bool) {
	turn := 1
	if a.Y > b.Y {
		a, b, turn = b, a, -1
	}
	// Line k lies at k·pitch + pitch/2.
	e := edge{first: ceilDiv(a.Y-pitch/2, pitch), last: ceilDiv(b.Y-pitch/2, pitch), drop: b.Y - a.Y, turn: turn}
	if e.first >= e.last {
		return e, false
	}
	across := b.X - a.X
	at := across * (e.first*pitch + pitch/2 - a.Y)
	e.x = pattern.FloorDiv(at, e.drop)
	e.rest = at - e.x*e.drop
	e.x += a.X
	e.step = pattern.FloorDiv(across*pitch, e.drop)
	e.more = across*pitch - e.step*e.drop
	return e, true
}

// row is one row of pixels while its lines are added.
type row struct {
	origin int64 // units
	// Summed up from the left, deltas has what is covered of each pixel, in One
	// a line. They are zero but from lo to hi.
	deltas  []int32
	lo, hi  int64
	amounts []uint16
}

func (r *row) clear() { r.lo, r.hi = int64(len(r.deltas)), 0 }

// scan adds one line and returns the edges that go on below it.
func (r *row) scan(active []*edge, line int64, rule Rule) []*edge {
	// Nearly sorted from the line before.
	for i := 1; i < len(active); i++ {
		for j := i; j > 0 && active[j].x < active[j-1].x; j-- {
			active[j], active[j-1] = active[j-1], active[j]
		}
	}
	wind := 0
	var start int64
	kept := active[:0]
	for _, e := range active {
		was := wind
		wind += e.turn
		in, now := was != 0, wind != 0
		if rule == EvenOdd {
			in, now = was&1 != 0, wind&1 != 0
		}
		switch {
		case !in && now:
			start = e.x
		case in && !now:
			r.interval(start-r.origin, e.x-r.origin)
		}
		if e.last > line+1 {
			e.x, e.rest = e.x+e.step, e.rest+e.more
			if e.rest >= e.drop {
				e.x, e.rest = e.x+1, e.rest-e.drop
			}
			kept = append(kept, e)
		}
	}
	return kept
}

// interval adds a stretch of a line.
func (r *row) interval(a, b int64) {
	if a >= b {
		return
	}
	i, f := a/One, int32(a%One)
	r.deltas[i] += One - f
	r.deltas[i+1] += f
	r.lo = min(r.lo, i)
	i, f = b/One, int32(b%One)
	r.deltas[i] -= One - f
	r.deltas[i+1] -= f
	r.hi = max(r.hi, i+2)
}

// emit gathers one row of pixels and clears it.
func (c *Coverage) emit(x, y int, r *row) {
	const whole = lines * One
	if r.lo >= r.hi {
		return
	}
	var sum int32
	for i := r.lo; i < r.hi; i++ {
		sum += r.deltas[i]
		r.deltas[i] = 0
		if i < int64(len(r.amounts)) {
			r.amounts[i] = uint16((uint32(sum)*raster.Opaque + whole/2) / whole)
		}
	}
	c.add(x+int(r.lo), y, r.amounts[r.lo:min(r.hi, int64(len(r.amounts)))])
	r.clear()
}

func ceilDiv(a, b int64) int64 { return -pattern.FloorDiv(-a, b) }
