package synthesis

import (
	"context"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"

	"github.com/selvage-studio/selvage/engine/edit/raster/exact"
	"github.com/selvage-studio/selvage/engine/pattern"
)

// maxRadius is that of the patches, 7 pixels square; smaller ones are used
// where no such patch is outside of the hole.
const maxRadius = 3

// precision is how many bits a component is compared in: a sum of 4·7² squares
// stays within 32 bits.
const precision = 11

// domain is a picture that is filled: a cell with its repeat, or a window of
// the plane that stands alone.
type domain struct {
	w, h   int
	rep    pattern.Repeat
	pix    []uint16 // four components of precision bits for each pixel
	hole   []bool
	source []bool // may be copied; never in the hole
}

func newDomain(w, h int, rep pattern.Repeat) *domain {
	n := w * h
	return &domain{w: w, h: h, rep: rep, pix: make([]uint16, 4*n), hole: make([]bool, n), source: make([]bool, n)}
}

// set takes over pixel x of a raster's row; nil is transparent.
func (d *domain) set(i int, row []uint16, x int) {
	if row != nil {
		for c := range 4 {
			d.pix[4*i+c] = row[4*x+c] >> (16 - precision)
		}
	}
}

// at is the pixel at a point of the plane, -1 where there is none.
func (d *domain) at(x, y int) int {
	if x >= 0 && y >= 0 && x < d.w && y < d.h {
		return y*d.w + x
	}
	cx, cy, ok := d.rep.Source(x, y, d.w, d.h)
	if !ok {
		return -1
	}
	return cy*d.w + cx
}

// coarser is the domain at half the size. A pixel is a hole when a part of it
// is, and a source when all of it is. Where halves are not whole the lattice is
// off by less than a pixel, which a first guess may be.
func (d *domain) coarser() *domain {
	c := newDomain(max(d.w/2, 1), max(d.h/2, 1), d.rep)
	for y := range c.h {
		y0, y1 := y*d.h/c.h, (y+1)*d.h/c.h
		for x := range c.w {
			x0, x1 := x*d.w/c.w, (x+1)*d.w/c.w
			i := y*c.w + x
			var sum [4]uint32
			n := uint32(0)
			source := true
			for fy := y0; fy < y1; fy++ {
				for fx := x0; fx < x1; fx++ {
					f := fy*d.w + fx
					source = source && d.source[f]
					if d.hole[f] {
						c.hole[i] = true
						continue
					}
					n++
					for k := range sum {
						sum[k] += uint32(d.pix[4*f+k])
					}
				}
			}
			c.source[i] = source
			for k := range sum {
				if n > 0 {
					c.pix[4*i+k] = uint16((sum[k] + n/2) / n)
				}
			}
		}
	}
	return c
}

// valid lists the pixels whose whole patch may be copied.
func (d *domain) valid(radius int) (list []int32, is []bool) {
	is = make([]bool, len(d.hole))
	// Patches are wide at once: a row of sources of 2·radius+1 in each of as many
	// rows. Count along rows, then down.
	run := make([]bool, len(d.hole))
	for y := range d.h {
		for x := range d.w {
			ok := true
			for k := -radius; k <= radius && ok; k++ {
				i := d.at(x+k, y)
				ok = i >= 0 && d.source[i]
			}
			run[y*d.w+x] = ok
		}
	}
	for y := range d.h {
		for x := range d.w {
			ok := true
			for k := -radius; k <= radius && ok; k++ {
				i := d.at(x, y+k)
				ok = i >= 0 && run[i]
			}
			if is[y*d.w+x] = ok; ok {
				list = append(list, int32(y*d.w+x))
			}
		}
	}
	return list, is
}

// fill returns for every pixel of the hole the one that it becomes a copy of.
func (d *domain) fill(ctx context.Context, seed uint64) ([]int32, error) {
	if !slices.Contains(d.hole, true) {
		return nil, nil
	}
	radius := maxRadius
	for ; radius >= 0; radius-- {
		if list, _ := d.valid(radius); len(list) > 0 {
			break
		}
	}
	if radius < 0 {
		return nil, ErrNoSource
	}
	rng := rand.NewPCG(seed, 0x73656c76616765)
	levels := []*domain{d}
	for {
		last := levels[len(levels)-1]
		if min(last.w, last.h) < 12*(radius+1) || last.shallow(radius) {
			break
		}
		c := last.coarser()
		if list, _ := c.valid(radius); len(list) < 16 {
			break
		}
		levels = append(levels, c)
	}
	var m *matches
	for l := len(levels) - 1; l >= 0; l-- {
		next := newMatches(levels[l], radius, rng)
		rounds := 2
		if m == nil {
			next.d.diffuse()
			next.scatter()
			rounds = 8
		} else {
			next.refine(m)
			next.vote(false)
			if l > 1 {
				rounds = 4
			}
		}
		for k := range rounds {
			if err := next.improve(ctx, 3); err != nil {
				return nil, err
			}
			next.vote(k == rounds-1)
		}
		m = next
	}
	return m.from, nil
}

// shallow reports whether no point of the hole is far from its edge: then the
// patches at the edge say all there is to say.
func (d *domain) shallow(radius int) bool {
	for _, v := range d.depths() {
		if int(v) > radius {
			return false
		}
	}
	return true
}

// depths is how many steps each pixel of the hole is from its edge, 0 outside,
// at most 255.
func (d *domain) depths() []uint8 {
	out := make([]uint8, len(d.hole))
	var ring []int32
	for i, in := range d.hole {
		if in {
			out[i] = 255
		}
	}
	for i := range d.hole {
		if d.hole[i] && d.beside(i, func(j int) bool { return out[j] == 0 }) {
			ring = append(ring, int32(i))
		}
	}
	for k := uint8(1); len(ring) > 0 && k < 255; k++ {
		for _, i := range ring {
			out[i] = k
		}
		var next []int32
		for _, i := range ring {
			d.beside(int(i), func(j int) bool {
				if out[j] == 255 {
					out[j] = 254 // met, its depth follows
					next = append(next, int32(j))
				}
				return false
			})
		}
		ring = next
	}
	return out
}

// beside asks about the four neighbours of pixel i until one says yes.
func (d *domain) beside(i int, yes func(j int) bool) bool {
	x, y := i%d.w, i/d.w
	for _, s := range [4][2]int{{-1, 0}, {1, 0}, {0, -1}, {0, 1}} {
		if j := d.at(x+s[0], y+s[1]); j >= 0 && yes(j) {
			return true
		}
	}
	return false
}

// diffuse gives the hole a first content: ring by ring the mean of what is
// beside it.
func (d *domain) diffuse() {
	depth := d.depths()
	byDepth := make([][]int32, 256)
	for i, v := range depth {
		if v > 0 {
			byDepth[v] = append(byDepth[v], int32(i))
		}
	}
	known := make([]bool, len(d.hole))
	for i, in := range d.hole {
		known[i] = !in
	}
	for _, ring := range byDepth {
		for _, i := range ring {
			var sum [4]uint32
			n := uint32(0)
			d.beside(int(i), func(j int) bool {
				if known[j] {
					n++
					for c := range sum {
						sum[c] += uint32(d.pix[4*j+c])
					}
				}
				return false
			})
			for c := range sum {
				if n > 0 {
					d.pix[4*int(i)+c] = uint16(sum[c] / n)
				}
			}
			known[i] = n > 0
		}
	}
}

// matches is the most similar source patch of each patch that touches the hole.
type matches struct {
	d      *domain
	radius int
	rng    *rand.PCG
	ok     []bool  // whole patch may be copied
	list   []int32 // the pixels where ok
	holes  []int32 // the pixels of the hole
	target []int32 // middles of the patches that touch the hole
	index  []int32 // of a pixel in target, -1
	near   []int32 // for each target the middle of its match
	cost   []uint32
	weight []uint32 // by the distance from what is known
	from   []int32  // what each pixel of the hole is a copy of, after the last vote
	patch  []uint16
}

func newMatches(d *domain, radius int, rng *rand.PCG) *matches {
	m := &matches{d: d, radius: radius, rng: rng, index: make([]int32, len(d.hole)), from: make([]int32, len(d.hole))}
	m.list, m.ok = d.valid(radius)
	side := 2*radius + 1
	m.patch = make([]uint16, 4*side*side)
	// 1.3^-depth, as Wexler and others weigh.
	table := [256]uint32{}
	for i, v := 0, uint32(1<<16); i < len(table); i++ {
		table[i] = max(v, 1)
		v = v * 10 / 13
	}
	depth := d.depths()
	touches := make([]bool, len(d.hole))
	for i, in := range d.hole {
		if !in {
			continue
		}
		m.holes = append(m.holes, int32(i))
		x, y := i%d.w, i/d.w
		for dy := -radius; dy <= radius; dy++ {
			for dx := -radius; dx <= radius; dx++ {
				if j := d.at(x+dx, y+dy); j >= 0 {
					touches[j] = true
				}
			}
		}
	}
	for i, t := range touches {
		m.index[i] = -1
		if t {
			m.index[i] = int32(len(m.target))
			m.target = append(m.target, int32(i))
			m.weight = append(m.weight, table[depth[i]])
		}
	}
	m.near = make([]int32, len(m.target))
	m.cost = make([]uint32, len(m.target))
	return m
}

// below is uniform in 0 to n-1.
func (m *matches) below(n int) int {
	hi, _ := bits.Mul64(m.rng.Uint64(), uint64(n))
	return int(hi)
}

// scatter matches every patch with any.
func (m *matches) scatter() {
	for k := range m.near {
		m.near[k] = m.list[m.below(len(m.list))]
	}
}

// refine takes over the matches of the next coarser level.
func (m *matches) refine(c *matches) {
	d, e := m.d, c.d
	for k, t := range m.target {
		x, y := int(t)%d.w, int(t)/d.w
		cx, cy := min(x*e.w/d.w, e.w-1), min(y*e.h/d.h, e.h-1)
		j := c.index[cy*e.w+cx]
		m.near[k] = -1
		if j < 0 {
			// A patch at the edge of the fine hole may not touch the coarse one's.
			m.near[k] = m.list[m.below(len(m.list))]
			continue
		}
		s := int(c.near[j])
		// The same place within the match as x has within its coarse pixel.
		sx := (s%e.w)*d.w/e.w + x - cx*d.w/e.w
		sy := (s/e.w)*d.h/e.h + y - cy*d.h/e.h
		if i := d.at(sx, sy); i >= 0 && m.ok[i] {
			m.near[k] = int32(i)
		} else {
			m.near[k] = m.list[m.below(len(m.list))]
		}
	}
}

// load copies the patch around pixel i into m.patch. What lies beyond the
// plane counts as the middle does.
func (m *matches) load(i int) {
	d, r := m.d, m.radius
	x, y := i%d.w, i/d.w
	n := 0
	for dy := -r; dy <= r; dy++ {
		for dx := -r; dx <= r; dx++ {
			j := d.at(x+dx, y+dy)
			if j < 0 {
				j = i
			}
			copy(m.patch[n:n+4], d.pix[4*j:])
			n += 4
		}
	}
}

// distance is the sum of squares between the loaded patch and the one around
// source i, or anything of at least limit.
func (m *matches) distance(i int, limit uint32) uint32 {
	d, r := m.d, m.radius
	x, y := i%d.w, i/d.w
	line := 4 * (2*r + 1)
	inside := x >= r && x < d.w-r
	sum := uint32(0)
	for dy := -r; dy <= r && sum < limit; dy++ {
		a := m.patch[(dy+r)*line : (dy+r+1)*line]
		if inside && y+dy >= 0 && y+dy < d.h {
			b := d.pix[4*((y+dy)*d.w+x-r):][:len(a)]
			for k, v := range a {
				e := int32(v) - int32(b[k])
				sum += uint32(e * e)
			}
			continue
		}
		for dx := -r; dx <= r; dx++ {
			// Sources are whole patches, so this is on the plane.
			b := d.pix[4*d.at(x+dx, y+dy):][:4]
			for k := range b {
				e := int32(a[4*(dx+r)+k]) - int32(b[k])
				sum += uint32(e * e)
			}
		}
	}
	return sum
}

// improve passes good matches on and looks around them, passes times.
func (m *matches) improve(ctx context.Context, passes int) error {
	d := m.d
	for k, t := range m.target {
		m.load(int(t))
		m.cost[k] = m.distance(int(m.near[k]), math.MaxUint32)
	}
	for pass := range passes {
		step := 1
		if pass%2 == 1 {
			step = -1
		}
		for n := range m.target {
			if n%1024 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			k := n
			if step < 0 {
				k = len(m.target) - 1 - n
			}
			if m.cost[k] == 0 {
				continue
			}
			t := int(m.target[k])
			m.load(t)
			best, cost := int(m.near[k]), m.cost[k]
			try := func(i int) {
				if i < 0 || i == best || !m.ok[i] {
					return
				}
				if c := m.distance(i, cost); c < cost {
					best, cost = i, c
				}
			}
			x, y := t%d.w, t/d.w
			for _, s := range [2][2]int{{step, 0}, {0, step}} {
				q := d.at(x-s[0], y-s[1])
				if q < 0 || m.index[q] < 0 {
					continue
				}
				p := int(m.near[m.index[q]])
				try(d.at(p%d.w+s[0], p/d.w+s[1]))
			}
			for reach := max(d.w, d.h); reach >= 1; reach /= 2 {
				dx, dy := m.below(2*reach+1)-reach, m.below(2*reach+1)-reach
				try(d.at(best%d.w+dx, best/d.w+dy))
			}
			m.near[k], m.cost[k] = int32(best), cost
		}
	}
	return nil
}

// vote gives every pixel of the hole the mean of what the patches over it say;
// with choose it takes the vote that is nearest to the mean, and m.from says
// where that was.
func (m *matches) vote(choose bool) {
	d, r := m.d, m.radius
	for k, t := range m.target {
		m.load(int(t))
		m.cost[k] = m.distance(int(m.near[k]), math.MaxUint32)
	}
	// Likeness is judged against what three of four patches reach.
	sorted := slices.Clone(m.cost)
	slices.Sort(sorted)
	spread := float64(sorted[len(sorted)*3/4]) + 1
	weight := make([]uint64, len(m.cost))
	for k, c := range m.cost {
		like := exact.Exp(-min(float64(c)/spread, 20))
		weight[k] = uint64(float64(m.weight[k])*like*16) + 1
	}
	next := make([]uint16, 4*len(m.holes))
	for n, i := range m.holes {
		x, y := int(i)%d.w, int(i)/d.w
		mean := next[4*n : 4*n+4]
		var sum [4]uint64
		total := uint64(0)
		m.votes(x, y, r, func(k, s int) {
			total += weight[k]
			for c := range sum {
				sum[c] += weight[k] * uint64(d.pix[4*s+c])
			}
		})
		for c := range sum {
			mean[c] = uint16((sum[c] + total/2) / total)
		}
		if !choose {
			continue
		}
		least, heaviest := uint32(math.MaxUint32), uint64(0)
		m.votes(x, y, r, func(k, s int) {
			far := uint32(0)
			for c := range 4 {
				e := int32(d.pix[4*s+c]) - int32(mean[c])
				far += uint32(e * e)
			}
			if far < least || far == least && weight[k] > heaviest {
				least, heaviest, m.from[i] = far, weight[k], int32(s)
			}
		})
		copy(mean, d.pix[4*m.from[i]:])
	}
	for n, i := range m.holes {
		copy(d.pix[4*i:4*i+4], next[4*n:])
	}
}

// votes visits the matches k whose patch covers (x, y), and what they have there.
func (m *matches) votes(x, y, r int, visit func(k, source int)) {
	d := m.d
	for dy := -r; dy <= r; dy++ {
		for dx := -r; dx <= r; dx++ {
			if d.rep.Kind == pattern.Mirror && (x-dx < 0 || y-dy < 0 || x-dx >= d.w || y-dy >= d.h) {
				// The patch there is seen from behind.
				continue
			}
			t := d.at(x-dx, y-dy)
			if t < 0 || m.index[t] < 0 {
				continue
			}
			k := int(m.index[t])
			p := int(m.near[k])
			if s := d.at(p%d.w+dx, p/d.w+dy); s >= 0 {
				visit(k, s)
			}
		}
	}
}
