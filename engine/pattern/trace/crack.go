package trace

import (
	"context"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// none is the label of pixels that belong to no position.
const none = 255

const margin = 3 // for looking around a corner

type vertex struct{ x, y int }

// chain is a border between two labels: corners of pixels in the plane, from a
// junction to a junction, or once around (the last corner is then the first, moved
// by a vector of the lattice).
type chain struct {
	pts         []vertex
	left, right uint8
	loop        bool
	ends        [2]int // ids of the junctions

	curve []segment // fitted, from the first to the last point
}

// cracks is the borders of a picture on its lattice.
type cracks struct {
	w, h, stride int
	px           []uint8 // with a margin
	rep          pattern.Repeat
	chains       []*chain
}

// directions: east, south, west, north
func step(d int) vertex {
	return [4]vertex{{1, 0}, {0, 1}, {-1, 0}, {0, -1}}[d]
}

func newCracks(p Picture) *cracks {
	c := &cracks{w: p.Width, h: p.Height, stride: p.Width + 2*margin, rep: p.Repeat}
	c.px = make([]uint8, c.stride*(c.h+2*margin))
	for y := -margin; y < c.h+margin; y++ {
		for x := -margin; x < c.w+margin; x++ {
			cx, cy := x, y
			if x < 0 || y < 0 || x >= c.w || y >= c.h {
				cx, cy, _ = c.rep.Source(x, y, c.w, c.h)
			}
			c.px[(y+margin)*c.stride+x+margin] = p.Index[cy*c.w+cx]
		}
	}
	return c
}

// cell brings a corner of the plane into the cell.
func (c *cracks) cell(v vertex) vertex {
	if v.x >= 0 && v.y >= 0 && v.x < c.w && v.y < c.h {
		return v
	}
	x, y, _ := c.rep.Source(v.x, v.y, c.w, c.h)
	return vertex{x, y}
}

// around is the labels about corner v of the cell: NW, NE, SW, SE.
func (c *cracks) around(v vertex) (nw, ne, sw, se uint8) {
	i := (v.y+margin)*c.stride + v.x + margin
	return c.px[i-c.stride-1], c.px[i-c.stride], c.px[i-1], c.px[i]
}

// sides is the labels to the left and right of the crack that leaves corner v of
// the cell in direction d.
func (c *cracks) sides(v vertex, d int) (left, right uint8) {
	nw, ne, sw, se := c.around(v)
	switch d {
	case 0:
		return ne, se
	case 1:
		return se, sw
	case 2:
		return sw, nw
	default:
		return nw, ne
	}
}

// junction reports whether borders end at corner v of the cell.
func (c *cracks) junction(v vertex) bool {
	nw, ne, sw, se := c.around(v)
	n := 0
	for _, differ := range [4]bool{nw != ne, sw != se, nw != sw, ne != se} {
		if differ {
			n++
		}
	}
	return n == 3 || n == 4 && nw != se && ne != sw
}

// onward is the direction in which a border that arrives at corner v of the cell
// in direction d goes on. v is no junction.
func (c *cracks) onward(v vertex, d int) int {
	nw, ne, sw, se := c.around(v)
	if nw != ne && sw != se && nw != sw && ne != se {
		// Two borders touch here. The diagonal that holds together decides.
		joined := nw == se // NW with SE: borders turn N-E and W-S
		if nw == se && ne == sw {
			joined = c.rarer(v, nw, ne)
		}
		if joined {
			// Who comes from the west leaves to the south, and so on.
			return [4]int{1, 0, 3, 2}[d]
		}
		return [4]int{3, 2, 1, 0}[d]
	}
	for _, turn := range [3]int{0, 1, 3} {
		next := (d + turn) % 4
		if l, r := c.sides(v, next); l != r {
			return next
		}
	}
	return d // cannot be: a border does not end at a corner with two of its cracks
}

// rarer reports whether label a is met less often about corner v than b; with as
// many the lower label holds together.
func (c *cracks) rarer(v vertex, a, b uint8) bool {
	na, nb := 0, 0
	for y := -margin; y < margin; y++ {
		for x := -margin; x < margin; x++ {
			switch c.px[(v.y+margin+y)*c.stride+v.x+margin+x] {
			case a:
				na++
			case b:
				nb++
			}
		}
	}
	return na < nb || na == nb && a < b
}

// crack is the number of the crack that leaves corner v of the cell in direction d.
func (c *cracks) crack(v vertex, d int) int {
	if d >= 2 {
		s := step(d)
		v = c.cell(vertex{v.x + s.x, v.y + s.y})
		d -= 2
	}
	return (v.y*c.w+v.x)*2 + d
}

// follow finds all chains.
func (c *cracks) follow(ctx context.Context) error {
	seen := make([]bool, 2*c.w*c.h)
	walk := func(v vertex, d int, loop bool) {
		ch := &chain{loop: loop, pts: []vertex{v}}
		ch.left, ch.right = c.sides(c.cell(v), d)
		ch.ends[0] = c.id(v)
		for {
			seen[c.crack(c.cell(v), d)] = true
			s := step(d)
			v = vertex{v.x + s.x, v.y + s.y}
			ch.pts = append(ch.pts, v)
			at := c.cell(v)
			if !loop && c.junction(at) {
				break
			}
			d = c.onward(at, d)
			if loop && seen[c.crack(at, d)] {
				break
			}
		}
		ch.ends[1] = c.id(v)
		c.chains = append(c.chains, ch)
	}
	for _, loop := range [2]bool{false, true} {
		for y := range c.h {
			if err := ctx.Err(); err != nil {
				return err
			}
			for x := range c.w {
				v := vertex{x, y}
				nw, ne, sw, se := c.around(v)
				if nw == ne && sw == se && nw == sw || !loop && !c.junction(v) {
					continue
				}
				for d := range 4 {
					if l, r := c.sides(v, d); l != r && !seen[c.crack(v, d)] {
						walk(v, d, loop)
					}
				}
			}
		}
	}
	return nil
}

func (c *cracks) id(v vertex) int {
	v = c.cell(v)
	return v.y*c.w + v.x
}

// piece is a chain as part of a loop: moved by an offset, and backwards where the
// position lies to its right.
type piece struct {
	chain  *chain
	back   bool
	offset vertex
}

// ring is a closed border of a position. drift is how far it comes out from where
// it began: zero, or a vector of the lattice along which it goes on without end.
type ring struct {
	pieces []piece
	drift  vertex
}

func (p piece) start() vertex {
	v := p.chain.pts[0]
	if p.back {
		v = p.chain.pts[len(p.chain.pts)-1]
	}
	return vertex{v.x + p.offset.x, v.y + p.offset.y}
}

func (p piece) end() vertex {
	p.back = !p.back
	return p.start()
}

// rings joins the chains about a position, which lies to their left.
func (c *cracks) rings(label uint8) []ring {
	type half struct {
		chain *chain
		back  bool
	}
	var halves []half
	from := map[int]half{} // by junction: at each a position begins one border at most
	for _, ch := range c.chains {
		for _, h := range [2]half{{ch, false}, {ch, true}} {
			side, end := ch.left, ch.ends[0]
			if h.back {
				side, end = ch.right, ch.ends[1]
			}
			if side != label {
				continue
			}
			halves = append(halves, h)
			if !ch.loop {
				from[end] = h
			}
		}
	}
	done := map[half]bool{}
	var rings []ring
	for _, h := range halves {
		if done[h] {
			continue
		}
		var r ring
		var offset vertex
		for first := h; ; {
			done[h] = true
			p := piece{h.chain, h.back, vertex{}}
			if len(r.pieces) > 0 {
				s := p.start()
				p.offset = vertex{offset.x - s.x, offset.y - s.y}
			}
			r.pieces = append(r.pieces, p)
			offset = p.end()
			if !h.chain.loop {
				end := h.chain.ends[1]
				if h.back {
					end = h.chain.ends[0]
				}
				h = from[end]
			}
			if h == first || h.chain == nil || done[h] {
				break
			}
		}
		s := r.pieces[0].start()
		r.drift = vertex{offset.x - s.x, offset.y - s.y}
		rings = append(rings, r)
	}
	return rings
}
