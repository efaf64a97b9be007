package starter

import (
	"fmt"
	"math"
	"sort"

	"github.com/selvage-studio/selvage/engine/draw"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/screen"
)

// Positions of the screens that the model draws, in the order of a palette: the
// ground first, then six positions, and at the end line work, or the seventh
// position of a drawing that has seven without any.
const (
	Ground = iota
	First
	Second
	Third
	Fourth
	Fifth
	Sixth
	Outline
	Positions
)

// PositionName names a position.
func PositionName(position int) string {
	names := [Positions]string{"Ground", "First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Outline"}
	if position < 0 || position >= len(names) {
		return fmt.Sprintf("Position %d", position)
	}
	return names[position]
}

// Corners are the colours in which a model draws its positions, in the order
// of a palette; each is a corner of the colour cube.
type Corners [][3]float32

// AllCorners are the model's own, in the coding of engine/draw: ground black,
// the positions red, green, blue, cyan, magenta and yellow, line work white.
func AllCorners() Corners {
	c := make(Corners, Positions)
	for p := range c {
		slot := p
		if p == Outline {
			slot = draw.InkSlot
		}
		r, g, b := draw.SlotColor(slot)
		c[p] = [3]float32{float32(r) / 255, float32(g) / 255, float32(b) / 255}
	}
	return c
}

// Inking says how screens are read and cleaned before they are enlarged.
type Inking struct {
	Corners Corners

	// Smooth is the width, in samples of the screens, of the Gaussian that
	// evens their contours.
	Smooth float64

	// Speck is the area, in samples, below which an island is taken for dirt
	// and given to its surroundings; 0 keeps all.
	Speck int
}

// DefaultInking returns what was chosen by eye on the model's pictures: half the
// smoothing leaves contours ragged and specks along them, twice as
// much closes small scallops. Of drawn groups the critic calls 74 of 84 what they are when
// islands of up to sixteen samples are dirt, and 70 with thirty-two, where details go as well.
func DefaultInking() Inking { return Inking{Corners: AllCorners(), Smooth: 1.4, Speck: 16} }

// Present returns the inking that reads only those positions that the planes
// really hold, and which of k's positions those are. A position is held when
// more than a two-hundredth of the cell has it almost purely; less than that is what
// a decoder leaves along contours, since halfway from red to green lies a dark
// yellow. most bounds how many there may be, the ground counted; the smallest
// are left out, and their samples fall to what is nearest. 0 is no bound.
func (k Inking) Present(planes []float32, width, height, most int) (Inking, []int) {
	n := width * height
	if n <= 0 || len(planes) != 3*n {
		return k, nil // Screens says what is wrong with them
	}
	area := make([]int, len(k.Corners))
	for i := range n {
		for p, corner := range k.Corners {
			var dist float32
			for c, v := range corner {
				e := min(max(planes[c*n+i], 0), 1) - v
				dist += e * e
			}
			if dist < 0.12 {
				area[p]++
			}
		}
	}
	var held []int
	for p := range k.Corners {
		if p != Ground && 200*area[p] > n {
			held = append(held, p)
		}
	}
	sort.SliceStable(held, func(i, j int) bool { return area[held[i]] > area[held[j]] })
	if most > 1 && len(held) > most-1 {
		held = held[:most-1]
	}
	if len(held) == 0 {
		// A cell of one colour still has a first position, an empty one.
		held = []int{Ground + 1}
	}
	held = append(held, Ground)
	sort.Ints(held)
	corners := make(Corners, len(held))
	for i, p := range held {
		corners[i] = k.Corners[p]
	}
	k.Corners = corners
	return k, held
}

// Screens turns the model's picture into fields: planes holds R, G and B of
// height rows of width samples, 0 to 1 (values beyond are the model's
// overshoot and are taken for the corner they are near).
//
// A sample on a contour is a mix of two positions, so every sample is taken
// for the mix of the two corners of the colour cube whose connecting edge it
// lies nearest to. Mixing fields, and not colours, is what keeps a third
// colour out of the border of two: halfway from red to green is as near to
// black as to either of them. Where two edges are equally near, as between red
// and green and between black and yellow, the one whose corners lie around the
// sample is taken.
func (k Inking) Screens(planes []float32, width, height int, r pattern.Repeat) (*screen.Fields, error) {
	n := width * height
	if n <= 0 || len(planes) != 3*n {
		return nil, fmt.Errorf("starter: %d values are not three screens of %d x %d", len(planes), width, height)
	}
	for i, v := range planes {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return nil, fmt.Errorf("starter: the model's screens hold %v at sample %d, %d", v, i%width, i%n/width)
		}
	}
	positions := len(k.Corners)
	if positions < 2 || positions > 8 {
		return nil, fmt.Errorf("starter: %d corners; a model draws in two to eight corners of the colour cube", positions)
	}
	f := &screen.Fields{Width: width, Height: height, Positions: positions, Data: make([]float32, positions*n)}
	around := k.Corners.around(planes, width, height, r)
	for i := range n {
		a, b, share := k.Corners.mixOf([3]float32{planes[i], planes[n+i], planes[2*n+i]}, around[i])
		f.Data[b*n+i] += share
		f.Data[a*n+i] += 1 - share
	}
	if k.Smooth > 0 {
		for p := range positions {
			if err := smooth(f.Data[p*n:(p+1)*n], width, height, r, k.Smooth); err != nil {
				return nil, err
			}
		}
	}
	if k.Speck > 0 {
		k.despeckle(f, r)
	}
	return f, nil
}

// Ink separates the model's picture at a size: clean screens for a palette of
// one chip for each corner. See Screens for planes.
func (k Inking) Ink(planes []float32, width, height int, r pattern.Repeat, to pattern.Size) (*screen.Separation, error) {
	f, err := k.Screens(planes, width, height, r)
	if err != nil {
		return nil, err
	}
	return f.Separate(r, to)
}

// stranger is added to the squared distance of a mix for each of its corners
// that is not found around the sample: less than a tenth of a mix, more than
// the noise of a decoder.
const stranger = 0.02

// mixOf returns the two positions that c is a mix of, and the second's share.
// around has a bit for each position found near the sample.
func (corners Corners) mixOf(c [3]float32, around uint32) (a, b int, share float32) {
	best := float32(math.Inf(1))
	for p, from := range corners {
		for q := p + 1; q < len(corners); q++ {
			to := corners[q]
			var dot, length float32
			for k := range c {
				d := to[k] - from[k]
				dot += d * (c[k] - from[k])
				length += d * d
			}
			t := min(max(dot/length, 0), 1)
			var dist float32
			for k := range c {
				e := from[k] + t*(to[k]-from[k]) - c[k]
				dist += e * e
			}
			if around&(1<<p) == 0 && t < 1 {
				dist += stranger
			}
			if around&(1<<q) == 0 && t > 0 {
				dist += stranger
			}
			if dist < best-1e-9 {
				best, a, b, share = dist, p, q, t
			}
		}
	}
	return a, b, share
}

// around returns, for every sample, a bit for each position that some sample
// within two of it, over the plane of the repeat, has almost purely.
func (corners Corners) around(planes []float32, w, h int, r pattern.Repeat) []uint32 {
	const reach = 2
	n := w * h
	pure := make([]uint32, n)
	for i := range pure {
		for p, corner := range corners {
			var dist float32
			for k, v := range corner {
				e := planes[k*n+i] - v
				dist += e * e
			}
			if dist < 0.06 {
				pure[i] = 1 << p
			}
		}
	}
	out := make([]uint32, n)
	for y := range h {
		for x := range w {
			for dy := -reach; dy <= reach; dy++ {
				for dx := -reach; dx <= reach; dx++ {
					if cx, cy, ok := r.Source(x+dx, y+dy, w, h); ok {
						out[y*w+x] |= pure[cy*w+cx]
					}
				}
			}
		}
	}
	return out
}

// smooth filters one plane with a Gaussian of sigma samples over the plane of
// the repeat.
func smooth(plane []float32, w, h int, r pattern.Repeat, sigma float64) error {
	reach := int(math.Ceil(3 * sigma))
	kernel := make([]float32, 2*reach+1)
	var sum float64
	for i := range kernel {
		sum += math.Exp(-float64((i-reach)*(i-reach)) / (2 * sigma * sigma))
	}
	for i := range kernel {
		kernel[i] = float32(math.Exp(-float64((i-reach)*(i-reach))/(2*sigma*sigma)) / sum)
	}
	ext, err := pattern.Extend(plane, w, h, 1, r, reach)
	if err != nil {
		return err
	}
	ew := w + 2*reach
	wide := make([]float32, (h+2*reach)*w)
	for y := range h + 2*reach {
		for x := range w {
			var v float32
			for k, g := range kernel {
				v += g * ext[y*ew+x+k]
			}
			wide[y*w+x] = v
		}
	}
	for y := range h {
		for x := range w {
			var v float32
			for k, g := range kernel {
				v += g * wide[(y+k)*w+x]
			}
			plane[y*w+x] = v
		}
	}
	return nil
}
