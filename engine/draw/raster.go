package draw

// fix is a coordinate in 1/256 pixel.
type fix = int32

const (
	fixShift = 8
	fixOne   = 1 << fixShift
)

// toFix snaps pixels to 1/256; the offset makes the truncation a floor for
// every coordinate down to -2^20 pixels.
func toFix(px float64) fix {
	return fix(int64(float64(px*fixOne)+(1<<28)+0.5) - 1<<28)
}

// polys is a filled shape in 1/256 pixel: closed contours laid end to end.
type polys struct {
	x, y []fix
	ends []int // index after the last point of each contour
}

func (p *polys) reset() { p.x, p.y, p.ends = p.x[:0], p.y[:0], p.ends[:0] }

// coverLimit bounds the accumulation buffer, in samples; larger shapes are
// done in bands of rows.
const coverLimit = 1 << 22

// rasteriser turns contours into exact area coverage. acc holds, for each
// sample of the shape's box, the change of coverage against the sample to its
// left, in units of 1/2^17 of a pixel (the signed-area accumulation that font
// rasterisers use, in integers, so that every platform agrees to the bit).
type rasteriser struct {
	acc    []int32
	first  []int32 // per row: the touched columns
	last   []int32
	bx, by int // pixel of the box's corner
	bw, bh int
	rowLo  int // band of rows, relative to by
	rowHi  int
	stride int
	limit  int // samples of acc; 0 is coverLimit
}

// fill rasterises p and calls row for each row of its box with the box's
// column and the running sums; columns lie in [x, x+len(sums)).
func (r *rasteriser) fill(p *polys, row func(x, y int, acc []int32)) {
	if len(p.x) == 0 {
		return
	}
	x0, y0, x1, y1 := p.x[0], p.y[0], p.x[0], p.y[0]
	for i, x := range p.x {
		y := p.y[i]
		x0, x1 = min(x0, x), max(x1, x)
		y0, y1 = min(y0, y), max(y1, y)
	}
	r.bx, r.by = int(x0>>fixShift), int(y0>>fixShift)
	r.bw = int((x1+fixOne-1)>>fixShift) - r.bx
	r.bh = int((y1+fixOne-1)>>fixShift) - r.by
	if r.bw == 0 || r.bh == 0 {
		return
	}
	r.stride = r.bw + 2
	limit := r.limit
	if limit == 0 {
		limit = coverLimit
	}
	band := min(r.bh, max(1, limit/r.stride))
	if need := band * r.stride; cap(r.acc) < need {
		r.acc = make([]int32, need)
	}
	r.acc = r.acc[:band*r.stride]
	if cap(r.first) < band {
		r.first, r.last = make([]int32, band), make([]int32, band)
	}
	r.first, r.last = r.first[:band], r.last[:band]
	for r.rowLo = 0; r.rowLo < r.bh; r.rowLo += band {
		r.rowHi = min(r.bh, r.rowLo+band)
		for i := range r.first {
			r.first[i], r.last[i] = int32(r.bw), -1
		}
		start := 0
		ox, oy := fix(r.bx<<fixShift), fix(r.by<<fixShift)
		for _, end := range p.ends {
			if end-start >= 3 {
				px, py := p.x[end-1]-ox, p.y[end-1]-oy
				for i := start; i < end; i++ {
					qx, qy := p.x[i]-ox, p.y[i]-oy
					if py != qy {
						r.edge(px, py, qx, qy)
					}
					px, py = qx, qy
				}
			}
			start = end
		}
		for y := r.rowLo; y < r.rowHi; y++ {
			k := y - r.rowLo
			lo, hi := int(r.first[k]), int(r.last[k])+1
			if lo >= hi {
				continue
			}
			a := r.acc[k*r.stride+lo : k*r.stride+hi]
			row(r.bx+lo, r.by+y, a)
			clear(a)
		}
	}
}

// edge adds one edge; coordinates are relative to the box.
func (r *rasteriser) edge(x0, y0, x1, y1 fix) {
	sign := int32(1)
	if y0 > y1 {
		x0, y0, x1, y1, sign = x1, y1, x0, y0, -1
	}
	ry0, ry1 := int(y0>>fixShift), int((y1-1)>>fixShift)
	if ry0 >= r.rowHi || ry1 < r.rowLo {
		return
	}
	if ry0 == ry1 {
		r.span(ry0-r.rowLo, x0, x1, (y1-y0)*sign)
		return
	}
	dx, dy := int64(x1-x0), int64(y1-y0)
	row := max(ry0, r.rowLo)
	stop := min(ry1, r.rowHi-1)
	xa, ya := x0, y0
	if row > ry0 {
		ya = fix(row << fixShift)
		xa = x0 + fix(floorDiv(dx*int64(ya-y0), dy))
	}
	for ; row <= stop; row++ {
		yb := fix((row + 1) << fixShift)
		xb := x1
		if yb < y1 {
			xb = x0 + fix(floorDiv(dx*int64(yb-y0), dy))
		} else {
			yb = y1
		}
		r.span(row-r.rowLo, xa, xb, (yb-ya)*sign)
		xa, ya = xb, yb
	}
}

func floorDiv(a, b int64) int64 {
	if int64(int32(a)) == a {
		// 32-bit division is several times faster; b always fits here.
		q := int32(a) / int32(b)
		if a < 0 && int64(q)*b != a {
			q--
		}
		return int64(q)
	}
	q := a / b
	if a < 0 && q*b != a {
		q--
	}
	return q
}

// span adds an edge within one row that goes from xa to xb and covers d of
// the row's height, in 1/256 and signed.
func (r *rasteriser) span(k int, xa, xb, d int32) {
	if xa > xb {
		xa, xb = xb, xa
	}
	ca, cb := xa>>fixShift, (xb-1)>>fixShift
	if cb < ca {
		cb = ca
	}
	if ca < r.first[k] {
		r.first[k] = ca
	}
	if cb+1 > r.last[k] {
		r.last[k] = cb + 1
	}
	acc := r.acc[k*r.stride:]
	if ca == cb {
		area := d * (xa + xb - ca<<(fixShift+1))
		full := d << (fixShift + 1)
		acc[ca] += full - area
		acc[ca+1] += area
		return
	}
	// The height is shared out over the columns in proportion; the running
	// remainder keeps the sum exact.
	w := xb - xa
	done := int32(0)
	x := xa
	for c := ca; c <= cb; c++ {
		next := (c + 1) << fixShift
		upto := d
		if c < cb {
			upto = int32(int64(d) * int64(next-xa) / int64(w))
		} else {
			next = xb
		}
		part := upto - done
		area := part * (x + next - c<<(fixShift+1))
		full := part << (fixShift + 1)
		acc[c] += full - area
		acc[c+1] += area
		done, x = upto, next
	}
}

// coverage turns a running sum into 0..255 by the non-zero rule.
func coverage(sum int32) uint32 {
	if sum < 0 {
		sum = -sum
	}
	c := uint32(sum+256) >> 9
	if c > 255 {
		c = 255
	}
	return c
}

const evenLanes = 0x00ff00ff00ff00ff

// over lays coverage c of lane k over a packed pixel whose eight lanes sum to
// 255. The other lanes are scaled and rounded down, and lane k takes what
// they leave, so that the sum stays exactly 255.
func over(px uint64, lane uint, c uint32) uint64 {
	inv := uint64(255 - c)
	e := (px & evenLanes) * inv
	o := (px >> 8 & evenLanes) * inv
	e = (e + 0x0001000100010001 + (e >> 8 & evenLanes)) >> 8 & evenLanes
	o = (o + 0x0001000100010001 + (o >> 8 & evenLanes)) >> 8 & evenLanes
	px = (e | o<<8) &^ (0xff << lane)
	sum := (px & evenLanes) + (px >> 8 & evenLanes)
	rest := 255 - (sum * 0x0001000100010001 >> 48)
	return px | rest<<lane
}
