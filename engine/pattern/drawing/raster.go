package drawing

import (
	"image"
	"math"
)

// cover accumulates signed areas of polygons in device space over a box: every
// edge adds, to each pixel of its rows, by how much it lies left of it. The sum
// along a row is the winding number, weighted by area.
type cover struct {
	box   image.Rectangle
	acc   []float32
	w     int
	edges [][2]point
	min   point
	max   point
}

func newCover() *cover {
	return &cover{min: point{math.Inf(1), math.Inf(1)}, max: point{math.Inf(-1), math.Inf(-1)}}
}

func (c *cover) polygon(m matrix, pts []point) {
	if len(pts) < 2 {
		return
	}
	first := m.at(pts[0])
	prev := first
	for i := 1; i <= len(pts); i++ {
		p := first
		if i < len(pts) {
			p = m.at(pts[i])
		}
		if math.IsNaN(p.x+p.y) || math.Abs(p.x) > 1e9 || math.Abs(p.y) > 1e9 {
			return
		}
		c.min, c.max = point{math.Min(c.min.x, p.x), math.Min(c.min.y, p.y)}, point{math.Max(c.max.x, p.x), math.Max(c.max.y, p.y)}
		if p.y != prev.y {
			c.edges = append(c.edges, [2]point{prev, p})
		}
		prev = p
	}
}

// draw rasterises what was gathered, inside of clip.
func (c *cover) draw(clip image.Rectangle) {
	if !(c.min.x <= c.max.x) {
		return
	}
	bound := func(v float64, lo, hi int) int { return int(math.Min(math.Max(v, float64(lo)), float64(hi))) }
	c.box = image.Rect(bound(math.Floor(c.min.x), clip.Min.X, clip.Max.X), bound(math.Floor(c.min.y), clip.Min.Y, clip.Max.Y),
		bound(math.Ceil(c.max.x), clip.Min.X, clip.Max.X), bound(math.Ceil(c.max.y), clip.Min.Y, clip.Max.Y))
	if c.box.Empty() {
		return
	}
	c.w = c.box.Dx() + 2
	c.acc = make([]float32, c.w*c.box.Dy())
	for _, e := range c.edges {
		c.edge(e[0], e[1])
	}
}

func (c *cover) edge(a, b point) {
	sign := 1.0
	if a.y > b.y {
		a, b, sign = b, a, -1
	}
	ox, oy := float64(c.box.Min.X), float64(c.box.Min.Y)
	slope := (b.x - a.x) / (b.y - a.y)
	y0, y1 := math.Max(a.y-oy, 0), math.Min(b.y-oy, float64(c.box.Dy()))
	width := float64(c.box.Dx())
	for y := math.Floor(y0); y < y1; y++ {
		top, bottom := math.Max(y, y0), math.Min(y+1, y1)
		if bottom <= top {
			continue
		}
		xa, xb := a.x-ox+(top+oy-a.y)*slope, a.x-ox+(bottom+oy-a.y)*slope
		row := c.acc[int(y)*c.w : (int(y)+1)*c.w]
		c.slab(row, xa, xb, sign*(bottom-top), width)
	}
}

// slab adds a piece of an edge inside of one row: from xa to xb over height d.
func (c *cover) slab(row []float32, xa, xb, d, width float64) {
	if xa > xb {
		xa, xb = xb, xa
	}
	if xb <= 0 {
		row[0] += float32(d)
		return
	}
	if xa >= width {
		return
	}
	if xa < 0 || xb > width { // cut at the sides; outside it counts as the side itself
		span := xb - xa
		if xa < 0 {
			row[0] += float32(d * -xa / span)
		}
		in := math.Min(xb, width) - math.Max(xa, 0)
		d *= in / span
		xa, xb = math.Max(xa, 0), math.Min(xb, width)
	}
	first, last := int(xa), int(math.Ceil(xb))
	if last <= first+1 { // in one pixel
		mid := (xa+xb)/2 - float64(first)
		row[first] += float32(d * (1 - mid))
		row[first+1] += float32(d * mid)
		return
	}
	per := d / (xb - xa)
	for x := first; x < last; x++ {
		from, to := math.Max(xa, float64(x)), math.Min(xb, float64(x+1))
		part := (to - from) * per
		mid := (from+to)/2 - float64(x)
		row[x] += float32(part * (1 - mid))
		row[x+1] += float32(part * mid)
	}
}

// row turns row y of the device into coverages 0..1 from box.Min.X on.
func (c *cover) row(y int, evenOdd bool, dst []float32) {
	src := c.acc[(y-c.box.Min.Y)*c.w:]
	sum := float32(0)
	for i := range c.box.Dx() {
		sum += src[i]
		v := sum
		if v < 0 {
			v = -v
		}
		if evenOdd {
			v -= 2 * float32(math.Floor(float64(v)/2))
			if v > 1 {
				v = 2 - v
			}
		} else if v > 1 {
			v = 1
		}
		if v < 1.0/4096 {
			v = 0
		}
		dst[i] = v
	}
}

// canvas is premultiplied colour of 0..65535 over a box of the device.
type canvas struct {
	box image.Rectangle
	pix []uint16
}

func newCanvas(box image.Rectangle) *canvas {
	return &canvas{box: box, pix: make([]uint16, 4*box.Dx()*box.Dy())}
}

func (c *canvas) at(x, y int) []uint16 {
	i := 4 * ((y-c.box.Min.Y)*c.box.Dx() + x - c.box.Min.X)
	return c.pix[i : i+4]
}

// over lays a premultiplied colour over a pixel, by k of 0..1.
func over(dst []uint16, c [4]float32, k float32) {
	rest := 1 - c[3]*k
	for i := range dst {
		dst[i] = uint16(min(c[i]*k*65535+float32(dst[i])*rest+0.5, 65535))
	}
}

// mask is coverage of 0..65535 over a box; outside it is nothing.
type mask struct {
	box image.Rectangle
	pix []uint16
}

func (m *mask) at(x, y int) float32 {
	if !(image.Point{X: x, Y: y}).In(m.box) {
		return 0
	}
	return float32(m.pix[(y-m.box.Min.Y)*m.box.Dx()+x-m.box.Min.X]) / 65535
}
