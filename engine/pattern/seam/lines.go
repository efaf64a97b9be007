package seam

import (
	"image"
	"image/color"
	"math"
	"slices"
	"strconv"

	"github.com/selvage-studio/selvage/engine/pattern"
	pcolor "github.com/selvage-studio/selvage/engine/pattern/color"
)

// sample is a colour in CIELAB times alpha, and 100 times alpha.
type sample [4]float32

// labOf converts a picture, row by row. Decoding goes by table; equal
// neighbours, which flat inks have many of, are converted once.
func labOf(img image.Image) []sample {
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	out := make([]sample, w*h)
	var at func(x, y int) color.NRGBA64
	steps := 65535
	switch src := img.(type) {
	case *image.NRGBA:
		steps = 255
		at = func(x, y int) color.NRGBA64 {
			p := src.Pix[src.PixOffset(x, y):][:4]
			return color.NRGBA64{R: uint16(p[0]), G: uint16(p[1]), B: uint16(p[2]), A: uint16(p[3])}
		}
	case *image.NRGBA64:
		at = src.NRGBA64At
	default:
		at = func(x, y int) color.NRGBA64 {
			c, _ := color.NRGBA64Model.Convert(img.At(x, y)).(color.NRGBA64)
			return c
		}
	}
	table := make([]float64, steps+1)
	for i := range table {
		table[i] = pcolor.Linear(float64(i) / float64(steps))
	}
	var last color.NRGBA64
	s := labSample(pcolor.RGB{}, 0)
	for y := range h {
		for x := range w {
			if c := at(b.Min.X+x, b.Min.Y+y); c != last {
				last = c
				s = labSample(pcolor.RGB{table[c.R], table[c.G], table[c.B]}, float64(c.A)/float64(steps))
			}
			out[y*w+x] = s
		}
	}
	return out
}

func labSample(lin pcolor.RGB, alpha float64) sample {
	l := lin.CIELAB()
	return sample{float32(alpha * l[0]), float32(alpha * l[1]), float32(alpha * l[2]), float32(100 * alpha)}
}

// lines gives the excess change across every line of one direction. Line i
// lies before sample i of the cell: 0 and count are edges, the lines between
// are inside.
type lines struct {
	cell  []sample
	w, h  int
	r     pattern.Repeat
	down  bool // the lines are horizontal
	count int  // samples across
	along int  // samples along

	c       []sample // excess change along the line that is measured
	scratch []float32
	rest    []float64
}

func across(cell []sample, w, h int, r pattern.Repeat, down bool) *lines {
	p := &lines{cell: cell, w: w, h: h, r: r, down: down, count: w, along: h}
	if down {
		p.count, p.along = h, w
	}
	p.c, p.scratch, p.rest = make([]sample, p.along), make([]float32, p.along), make([]float64, p.along)
	return p
}

// excess computes the excess change across line i into p.c. At an edge it
// reads the neighbour on the plane; the lines beside an edge take the slope on
// their inner side alone.
func (p *lines) excess(i int) {
	inside := i >= 2 && i <= p.count-2
	before, after := float32(0.5), float32(0.5) // weights of the two slopes
	switch i {
	case 1:
		before, after = 0, 1
	case p.count - 1:
		before, after = 1, 0
	}
	step, stride := 1, p.w
	if p.down {
		step, stride = p.w, 1
	}
	for a := range p.c {
		var s [4]*sample
		if inside {
			at := a*stride + (i-2)*step
			s = [4]*sample{&p.cell[at], &p.cell[at+step], &p.cell[at+2*step], &p.cell[at+3*step]}
		} else {
			for k := range s {
				x, y := i-2+k, a
				if p.down {
					x, y = y, x
				}
				cx, cy, _ := p.r.Source(x, y, p.w, p.h)
				s[k] = &p.cell[cy*p.w+cx]
			}
		}
		var step2, excess2 float32
		for k := range p.c[a] {
			d := s[2][k] - s[1][k]
			c := d - before*(s[1][k]-s[0][k]) - after*(s[3][k]-s[2][k])
			p.c[a][k] = c
			step2 += d * d
			excess2 += c * c
		}
		if excess2 > step2 {
			short := float32(math.Sqrt(float64(step2 / excess2)))
			for k := range p.c[a] {
				p.c[a][k] *= short
			}
		}
	}
}

// Places in measures.value; the runs follow.
const (
	stepMeasure = iota
	lineMeasure
	runMeasure
)

// measures of one line: step, then line, then the runs.
type measures struct {
	value []float64
	at    []int   // sample along the line in the middle of the worst run
	whole float64 // mean of |c|, nothing taken off
}

// runs lists the lengths of the runs that are measured.
func (p *lines) runs() []int {
	var out []int
	for l := shortRun; l < p.along; l *= 2 {
		out = append(out, l)
	}
	return out
}

// line measures line i. round says that runs go on from its end to its start.
// Lines before 0 and beyond count are the neighbour's, aligned with the cell.
func (p *lines) line(i int, round bool) measures {
	p.excess(i)
	c, scratch, rest := p.c, p.scratch, p.rest
	var shared sample
	for k := range shared {
		for a := range c {
			scratch[a] = c[a][k]
		}
		shared[k] = sharedStep(scratch[:len(c)])
	}
	sum, whole := 0.0, 0.0
	worst := 0
	for a, v := range c {
		whole += norm(v)
		d := 0.0
		for k := range v {
			e := float64(v[k] - shared[k])
			d += e * e
		}
		rest[a] = math.Sqrt(d)
		sum += rest[a]
		if rest[a] > rest[worst] {
			worst = a
		}
	}
	m := measures{
		value: []float64{norm(shared), sum / float64(len(c))},
		at:    []int{worst, worst},
		whole: whole / float64(len(c)),
	}
	for _, l := range p.runs() {
		best, where := -1.0, 0
		window := 0.0
		for a := range l {
			window += rest[a]
		}
		last := len(c) - l
		if round {
			last = len(c) - 1
		}
		for a := 0; a <= last; a++ {
			if window > best {
				best, where = window, a
			}
			window += rest[(a+l)%len(c)] - rest[a]
		}
		m.value = append(m.value, best/float64(l))
		m.at = append(m.at, (where+l/2)%len(c))
	}
	return m
}

// sharedStep is the value between the quartiles of v that is nearest to zero:
// what at least three quarters of v exceed in one direction, or zero. It
// reorders v.
func sharedStep(v []float32) float32 {
	neg, pos := 0, 0
	for _, x := range v {
		switch {
		case x < 0:
			neg++
		case x > 0:
			pos++
		}
	}
	need := (3*len(v) + 3) / 4
	switch {
	case pos >= need:
		slices.Sort(v)
		return v[len(v)-need]
	case neg >= need:
		slices.Sort(v)
		return v[need-1]
	default:
		return 0
	}
}

func norm(v sample) float64 {
	d := 0.0
	for _, x := range v {
		d += float64(x) * float64(x)
	}
	return math.Sqrt(d)
}

// table holds the measures of every line, 0 and count being edges.
type table struct{ lines []measures }

func (p *lines) table(round bool) *table {
	t := &table{lines: make([]measures, p.count+1)}
	for i := range t.lines {
		t.lines[i] = p.line(i, round)
	}
	return t
}

// edge compares edge i, 0 or count, with the lines inside. It returns the
// sample along the edge where it shows most.
func (t *table) edge(name, neighbor string, i int) (Edge, int) {
	count := len(t.lines) - 1
	at := t.lines[i]
	e := Edge{Name: name, Neighbor: neighbor, Statistic: -1, Threshold: Threshold(count - 1)}
	where := 0
	for j, v := range at.value {
		measure, scale := "run of "+strconv.Itoa(shortRun<<max(j-runMeasure, 0)), 1.0
		inside := func(k int) float64 { return t.lines[k].value[j] }
		switch j {
		case stepMeasure:
			measure, scale = "step", allowance
			inside = func(k int) float64 { return t.lines[k].whole }
		case lineMeasure:
			measure = "line"
		}
		ref, below := 0.0, 0
		for k := 1; k < count; k++ {
			ref = max(ref, inside(k))
			if inside(k) <= v {
				below++
			}
		}
		// The floor is what cannot be seen, so the allowance leaves it alone.
		if s := (v + floor) / (scale*ref + floor); s > e.Statistic {
			e.Statistic, e.Measure, e.Change, e.Inside = s, measure, v, ref
			e.Percentile = 100 * float64(below) / float64(count-1)
			where = at.at[j]
		}
	}
	return e, where
}

// weigh lets a channel along the edge stand for it if it shows more.
func (e *Edge) weigh(ch channel) (where int, shows bool) {
	if !ch.calm {
		return 0, false
	}
	s := flattened * (ch.change + floor) / (ch.inside + floor)
	if s <= e.Statistic {
		return 0, false
	}
	e.Statistic, e.Change, e.Inside = s, ch.change, ch.inside
	e.Measure = "channel of " + strconv.Itoa(ch.length)
	e.Percentile = 100
	return ch.where, true
}
