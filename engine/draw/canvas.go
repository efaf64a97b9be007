package draw

import "github.com/selvage-studio/selvage/engine/pattern"

// canvas is the torus of a repeat, or a sheet that clips, in packed pixels:
// lane 0 is the ground, lane k+1 position k, and the lanes sum to 255.
type canvas struct {
	px           []uint64
	w, h         int
	dx, dy       int // shift of the neighbour below, and of the one to the right
	wrapX, wrapY bool
	lo, hi       int // rows that px holds
}

func newCanvas(w, h int, r pattern.Repeat) *canvas {
	c := &canvas{w: w, h: h, wrapX: r.WrapsX(), wrapY: r.WrapsY()}
	c.dx, c.dy, _ = r.Shift(w, h)
	return c
}

// band makes room for the rows lo..hi-1 and clears them to ground.
func (c *canvas) band(lo, hi int) {
	n := (hi - lo) * c.w
	if cap(c.px) < n {
		c.px = make([]uint64, n)
	}
	c.px = c.px[:n]
	for i := range c.px {
		c.px[i] = 255
	}
	c.lo, c.hi = lo, hi
}

func floorInt(a, b int) int {
	q := a / b
	if a%b != 0 && a < 0 {
		q--
	}
	return q
}

// row composites a row of running sums that begins at pixel (x, y) of the
// plane, wrapped onto the cell.
func (c *canvas) row(x, y int, acc []int32, lane uint) {
	sum := int32(0)
	if c.wrapY {
		j := floorInt(y, c.h)
		y -= j * c.h
		x -= j * c.dx
	}
	for len(acc) > 0 {
		if !c.wrapX {
			if y >= c.lo && y < c.hi {
				c.clipped(x, y, acc, lane, sum)
			}
			return
		}
		i := floorInt(x, c.w)
		cx, cy := x-i*c.w, y
		if c.dy != 0 {
			cy = y - i*c.dy
			cy -= floorInt(cy, c.h) * c.h
		}
		n := min(len(acc), c.w-cx)
		if cy >= c.lo && cy < c.hi {
			sum = blend(c.px[(cy-c.lo)*c.w+cx:], acc[:n], lane, sum)
		} else {
			for _, a := range acc[:n] {
				sum += a
			}
		}
		acc = acc[n:]
		x += n
	}
}

func (c *canvas) clipped(x, y int, acc []int32, lane uint, sum int32) {
	if x < 0 {
		skip := min(-x, len(acc))
		for _, a := range acc[:skip] {
			sum += a
		}
		acc, x = acc[skip:], x+skip
	}
	if n := min(len(acc), c.w-x); n > 0 {
		blend(c.px[(y-c.lo)*c.w+x:], acc[:n], lane, sum)
	}
}

// blend composites a run and returns the running sum after it.
func blend(px []uint64, acc []int32, lane uint, sum int32) int32 {
	full := uint64(255) << lane
	px = px[:len(acc)]
	for i, a := range acc {
		sum += a
		if c := coverage(sum); c == 255 {
			px[i] = full
		} else if c != 0 && px[i] != full {
			px[i] = over(px[i], lane, c)
		}
	}
	return sum
}

// split writes the band's lanes into planes, whose rows are c.w wide.
func (c *canvas) split(ground []uint8, planes [][]uint8) {
	off := c.lo * c.w
	g := ground[off : off+len(c.px)]
	for i, p := range c.px {
		g[i] = uint8(p)
	}
	for k, plane := range planes {
		dst := plane[off : off+len(c.px)]
		lane := uint(8 * (k + 1))
		for i, p := range c.px {
			dst[i] = uint8(p >> lane)
		}
	}
}
