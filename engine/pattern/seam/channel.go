package seam

import (
	"math"
	"slices"
)

// channel is a calm strip along an edge with contours flattened against it:
// what a network leaves that pads with zeros and was trained to wrap.
type channel struct {
	calm          bool
	change        float64 // largest pooled change at the edge
	inside        float64 // and inside
	length, where int     // the run that showed it, and its middle along the edge
}

// Of a side: how far from the edge flattened contours are looked for, and how far
// they may wobble.
const (
	strip  = 1.0 / 64
	wobble = 1.0 / 85
	quiet  = 0.35 // change along a calm row, of what the middle one has
	near   = 1.05 // of the edge's: a row that is as calm but for how it was resampled
)

// channel looks along the edge at line count.
func (p *lines) channel(round bool) channel {
	w := max(1, int(math.Round(float64(p.count)*wobble)))
	b := max(1, int(math.Round(float64(p.count)*strip)))
	if p.count < 4*(b+w)+MinSide {
		return channel{}
	}
	ch := channel{calm: p.calmEdge(w, b)}
	if !ch.calm {
		return ch
	}
	first, last := b, p.count+b+w
	pooled := make([]float32, (last-first+1)*p.along)
	for i := first; i <= last; i++ {
		p.line(i, round)
		row := pooled[(i-first)*p.along:][:p.along]
		for a, v := range p.rest {
			row[a] = float32(v)
		}
	}
	// Largest of 2w+1 lines, by doubling: after each pass a row holds the
	// largest of twice as many, and two overlapping ones cover the rest.
	span := 1
	for ; 2*span <= 2*w+1; span *= 2 {
		for i := 0; i+span <= last-first; i++ {
			row, next := pooled[i*p.along:][:p.along], pooled[(i+span)*p.along:][:p.along]
			for a, v := range next {
				row[a] = max(row[a], v)
			}
		}
	}
	both := make([]float32, p.along)
	best := -1.0
	for _, l := range append([]int{p.along}, p.runs()...) {
		at, inside, where := 0.0, 0.0, 0
		for k := first + w; k+w <= last; k++ {
			edge := k >= p.count-b
			if !edge && (k <= b+w || k >= p.count-b-w) {
				continue
			}
			lo, hi := pooled[(k-w-first)*p.along:], pooled[(k+w-span+1-first)*p.along:]
			for a := range both {
				both[a] = max(lo[a], hi[a])
			}
			v, mid := strongest(both, l, round)
			switch {
			case edge && v > at:
				at, where = v, mid
			case !edge:
				inside = max(inside, v)
			}
		}
		if s := (at + floor) / (inside + floor); s > best {
			best = s
			ch.change, ch.inside, ch.length, ch.where = at, inside, l, where
		}
	}
	return ch
}

// strongest returns the largest mean of l values in a row, and its middle.
func strongest(v []float32, l int, round bool) (mean float64, middle int) {
	window := 0.0
	for _, x := range v[:l] {
		window += float64(x)
	}
	last := len(v) - l
	if round && l < len(v) {
		last = len(v) - 1
	}
	best, where := -1.0, 0
	for a := 0; a <= last; a++ {
		if window > best {
			best, where = window, a
		}
		window += float64(v[(a+l)%len(v)]) - float64(v[a])
	}
	return best / float64(l), (where + l/2) % len(v)
}

// calmEdge reports whether, within w samples of the edge, there is a row along
// it with less change along itself than any row inside. A cell that a smaller group fills
// has the group's own edges inside, as calm as its own.
func (p *lines) calmEdge(w, b int) bool {
	activity := make([]float64, p.count)
	for k := range activity {
		step, stride := 1, p.w
		if p.down {
			step, stride = p.w, 1
		}
		for a := 1; a < p.along; a++ {
			s, q := &p.cell[k*step+(a-1)*stride], &p.cell[k*step+a*stride]
			activity[k] += norm(sample{q[0] - s[0], q[1] - s[1], q[2] - s[2], q[3] - s[3]})
		}
	}
	edge := math.Inf(1)
	for k := range w {
		edge = min(edge, activity[k], activity[p.count-1-k])
	}
	if slices.Min(activity[b+1:p.count-1-b]) <= near*edge {
		return false
	}
	slices.Sort(activity)
	return edge <= quiet*activity[p.count/2]
}
