package tone

import (
	"context"
	"math"
	"slices"

	"github.com/selvage-studio/selvage/engine/edit/paint/oklab"
	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/color"
)

// MaxCount and MinCount bound the spot colours of a lock.
const (
	MinCount = 2
	MaxCount = color.MaxPositions
)

// Extraction says what to look for.
type Extraction struct {
	// Count is how many colours at most, 2 to 24; 0 finds out how many there are.
	Count int
}

// Found is the colours of a picture, the ground first and the others by area.
type Found []FoundColor

// FoundColor is one of them.
type FoundColor struct {
	Chip color.Chip
	// Area is its share of the pixels that are not ramps, 0 to 1.
	Area float64
}

// Chips are the colours alone.
func (f Found) Chips() []color.Chip {
	chips := make([]color.Chip, len(f))
	for i, c := range f {
		chips[i] = c.Chip
	}
	return chips
}

// CountError reports a number of colours that cannot be.
type CountError struct{ Count int }

func (e *CountError) Error() string {
	return "tone: a palette has 2 to 24 colours, not " + itoa(e.Count)
}

// blocks is the side of the grid in which a colour's spread is counted: what lies
// in every part of the cell is its ground.
const blocks = 16

// bin is the pixels of about one colour: how many, and the sums of the two low
// bits of each component.
type bin struct{ n, r, g, b uint32 }

// samples is of how many pixels the colours are found at the least, where there are
// as many: half a million tell areas of a thousandth to a few per cent.
const samples = 1 << 20

const bins = 1 << 18 // 6 bits for each component

func binOf(v uint32) uint32 { return v>>18&63<<12 | v>>10&63<<6 | v>>2&63 }

// Extract finds the colours that a picture is made of: clusters in OKLab, weighted
// by area. Ramps are not counted. The ground is the colour that covers much and lies
// everywhere. A picture of fewer colours gives fewer; one without an opaque pixel
// gives none. The same picture gives the same colours on every machine.
func Extract(ctx context.Context, r *raster.Raster, rep pattern.Repeat, o Extraction) (Found, error) {
	if o.Count != 0 && (o.Count < MinCount || o.Count > MaxCount) {
		return nil, &CountError{o.Count}
	}
	f, err := newField(ctx, r, rep)
	if err != nil {
		return nil, err
	}
	return f.extract(ctx, o)
}

func (f *field) extract(ctx context.Context, o Extraction) (Found, error) {
	points, err := f.points(ctx)
	if err != nil || len(points) == 0 {
		return nil, err
	}
	n := o.Count
	if n == 0 {
		n = MaxCount
	}
	of, err := cluster(ctx, points, n)
	if err != nil {
		return nil, err
	}
	if o.Count == 0 {
		merge(points, of)
	}
	return f.rank(ctx, points, of)
}

// point is a bin as the clustering sees it.
type point struct {
	lab    lab
	rgb    [3]float64 // of 255
	weight float64
}

func (f *field) points(ctx context.Context) ([]point, error) {
	part := make([][]bin, workers())
	step := 1
	for f.w*f.h/step > samples {
		step *= 2
	}
	err := rows(ctx, f.h, func(k, y int) {
		if part[k] == nil {
			part[k] = make([]bin, bins)
		}
		hist := part[k]
		i := f.at(0, y)
		// Each row begins elsewhere, so that no line of the drawing falls through.
		for x := y * 5 % step; x < f.w; x += step {
			v := f.px[i+x]
			if v&hollow != 0 {
				continue
			}
			if _, _, ok := f.ramp(i + x); ok {
				continue
			}
			b := &hist[binOf(v)]
			b.n++
			b.r += v >> 16 & 3
			b.g += v >> 8 & 3
			b.b += v & 3
		}
	})
	if err != nil {
		return nil, err
	}
	var points []point
	t := light8()
	for i := range uint32(bins) {
		var s bin
		for _, hist := range part {
			if hist != nil {
				b := hist[i]
				s.n, s.r, s.g, s.b = s.n+b.n, s.r+b.r, s.g+b.g, s.b+b.b
			}
		}
		if s.n == 0 {
			continue
		}
		n := float64(s.n)
		p := point{weight: n, rgb: [3]float64{
			float64(i>>12<<2) + float64(s.r)/n,
			float64(i>>6&63<<2) + float64(s.g)/n,
			float64(i&63<<2) + float64(s.b)/n,
		}}
		var light [3]float64
		for c, v := range p.rgb {
			k := int(v)
			light[c] = t[k] + float64((v-float64(k))*(t[k+1]-t[k]))
		}
		p.lab = okLight(light[0], light[1], light[2])
		points = append(points, p)
	}
	return points, nil
}

// rank makes chips of the clusters: the ground first, then by area.
func (f *field) rank(ctx context.Context, points []point, of []uint8) (Found, error) {
	type sum struct {
		weight, heaviest float64
		mode             int
		lab              lab
	}
	sums := map[uint8]*sum{}
	var order []uint8 // of the clusters as they are met, which is by colour
	total := 0.0
	for i, p := range points {
		s := sums[of[i]]
		if s == nil {
			s = &sum{}
			sums[of[i]] = s
			order = append(order, of[i])
		}
		s.weight += p.weight
		for c := range s.lab {
			s.lab[c] += float64(p.weight * p.lab[c])
		}
		if p.weight > s.heaviest {
			s.heaviest, s.mode = p.weight, i
		}
		total += p.weight
	}
	var found Found
	for _, k := range order {
		s := sums[k]
		var chip color.Chip
		if s.heaviest >= 0.4*s.weight {
			// One colour makes up the cluster: it is drawn flat, and is kept as it is.
			v := points[s.mode].rgb
			chip = color.Chip{R: uint8(v[0] + 0.5), G: uint8(v[1] + 0.5), B: uint8(v[2] + 0.5)}
		} else {
			r, g, b := oklab.Color{s.lab[0] / s.weight, s.lab[1] / s.weight, s.lab[2] / s.weight}.RGB()
			chip = color.Chip{R: uint8(eight(uint32(r))), G: uint8(eight(uint32(g))), B: uint8(eight(uint32(b)))}
		}
		chip.Name = chip.Hex()
		if !slices.ContainsFunc(found, func(c FoundColor) bool { return c.Chip == chip }) {
			found = append(found, FoundColor{chip, s.weight / total})
		}
	}
	slices.SortStableFunc(found, func(a, b FoundColor) int {
		switch {
		case a.Area > b.Area:
			return -1
		case a.Area < b.Area:
			return 1
		}
		return int(code(a.Chip)) - int(code(b.Chip))
	})
	spread, err := f.spread(ctx, found.Chips())
	if err != nil {
		return nil, err
	}
	ground := 0
	for i := range found {
		if found[i].Area*spread[i] > found[ground].Area*spread[ground] {
			ground = i
		}
	}
	g := found[ground]
	copy(found[1:ground+1], found[:ground])
	found[0] = g
	return found, nil
}

// spread is the share of the blocks of the cell in which each chip is met.
func (f *field) spread(ctx context.Context, chips []color.Chip) ([]float64, error) {
	nearest := newNearest(chips)
	seen := make([][]bool, workers())
	err := rows(ctx, f.h, func(k, y int) {
		if y%4 != 0 {
			return // every fourth sample says enough
		}
		if seen[k] == nil {
			seen[k] = make([]bool, len(chips)*blocks*blocks)
		}
		i := f.at(0, y)
		for x := 0; x < f.w; x += 4 {
			if v := f.px[i+x]; v&hollow == 0 {
				seen[k][int(nearest.of(v))*blocks*blocks+y*blocks/f.h*blocks+x*blocks/f.w] = true
			}
		}
	})
	out := make([]float64, len(chips))
	for i := range out {
		for k := range blocks * blocks {
			for _, s := range seen {
				if s != nil && s[i*blocks*blocks+k] {
					out[i] += 1. / (blocks * blocks)
					break
				}
			}
		}
	}
	return out, err
}

// cluster divides the points among at most n clusters: the one with the greatest
// scatter is split along its longest axis until there are n, then every point goes
// to its nearest centre until nothing moves.
func cluster(ctx context.Context, points []point, n int) ([]uint8, error) {
	of := make([]uint8, len(points))
	centers := []lab{mean(points, of, 0)}
	for len(centers) < n {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		worst, most := -1, 1e-5*1e-5
		scatter := make([]float64, len(centers))
		for i, p := range points {
			scatter[of[i]] += float64(p.weight * p.lab.distance2(centers[of[i]]))
		}
		for k, s := range scatter {
			if s > most {
				worst, most = k, s
			}
		}
		if worst < 0 {
			break
		}
		fresh := uint8(len(centers))
		axis := longest(points, of, uint8(worst), centers[worst])
		for i, p := range points {
			if of[i] != uint8(worst) {
				continue
			}
			d := lab{p.lab[0] - centers[worst][0], p.lab[1] - centers[worst][1], p.lab[2] - centers[worst][2]}
			if float64(d[0]*axis[0])+float64(d[1]*axis[1])+float64(d[2]*axis[2]) > 0 {
				of[i] = fresh
			}
		}
		centers[worst] = mean(points, of, uint8(worst))
		centers = append(centers, mean(points, of, fresh))
		// A few rounds after each split, so that the next one splits what is there.
		settle(points, of, centers, 3)
	}
	settle(points, of, centers, 20)
	return of, ctx.Err()
}

// settle is Lloyd's iteration: at most so many rounds.
func settle(points []point, of []uint8, centers []lab, rounds int) {
	for range rounds {
		moved := false
		for i, p := range points {
			best, d := of[i], p.lab.distance2(centers[of[i]])
			for k := range centers {
				if e := p.lab.distance2(centers[k]); e < d {
					best, d = uint8(k), e
				}
			}
			if best != of[i] {
				of[i], moved = best, true
			}
		}
		if !moved {
			return
		}
		sums, weights := make([]lab, len(centers)), make([]float64, len(centers))
		for i, p := range points {
			k := of[i]
			weights[k] += p.weight
			for c := range p.lab {
				sums[k][c] += float64(p.weight * p.lab[c])
			}
		}
		for k, w := range weights {
			if w > 0 {
				centers[k] = lab{sums[k][0] / w, sums[k][1] / w, sums[k][2] / w}
			}
		}
	}
}

func mean(points []point, of []uint8, k uint8) lab {
	var s lab
	w := 0.0
	for i, p := range points {
		if of[i] == k {
			w += p.weight
			for c := range s {
				s[c] += float64(p.weight * p.lab[c])
			}
		}
	}
	if w == 0 {
		return s
	}
	return lab{s[0] / w, s[1] / w, s[2] / w}
}

// longest is the principal axis of a cluster, by power iteration.
func longest(points []point, of []uint8, k uint8, center lab) lab {
	var m [3][3]float64
	for i, p := range points {
		if of[i] != k {
			continue
		}
		d := lab{p.lab[0] - center[0], p.lab[1] - center[1], p.lab[2] - center[2]}
		for a := range d {
			for b := range d {
				m[a][b] += float64(float64(p.weight*d[a]) * d[b])
			}
		}
	}
	// The row of the largest variance is a start that is never at right angles.
	v := lab(m[0])
	for a := 1; a < 3; a++ {
		if m[a][a] > m[0][0] && m[a][a] >= m[3-a][3-a] {
			v = lab(m[a])
		}
	}
	for range 16 {
		var u lab
		for a := range u {
			u[a] = float64(m[a][0]*v[0]) + float64(m[a][1]*v[1]) + float64(m[a][2]*v[2])
		}
		n := math.Sqrt(float64(u[0]*u[0]) + float64(u[1]*u[1]) + float64(u[2]*u[2]))
		if n == 0 {
			return v
		}
		v = lab{u[0] / n, u[1] / n, u[2] / n}
	}
	return v
}

// merge joins clusters until any two are apart by what the eye tells as another
// colour, and each has an area that is worth a screen.
func merge(points []point, of []uint8) {
	const apart, small = 0.05, 0.0004
	total := 0.0
	for _, p := range points {
		total += p.weight
	}
	for {
		var weights [MaxCount]float64
		for i, p := range points {
			weights[of[i]] += p.weight
		}
		var centers [MaxCount]lab
		for k := range centers {
			centers[k] = mean(points, of, uint8(k))
		}
		// The pair that costs least: near to each other, or one of them tiny.
		from, to, least := -1, -1, math.Inf(1)
		for a := range weights {
			for b := range weights {
				if a == b || weights[a] == 0 || weights[b] == 0 || weights[a] > weights[b] {
					continue
				}
				d := centers[a].distance2(centers[b])
				if d < apart*apart || weights[a] < small*total && d < 4*apart*apart {
					if d < least {
						from, to, least = a, b, d
					}
				}
			}
		}
		if from < 0 {
			return
		}
		for i := range of {
			if of[i] == uint8(from) {
				of[i] = uint8(to)
			}
		}
	}
}
