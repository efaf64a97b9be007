package paint

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/selvage-studio/selvage/engine/pattern"

	"github.com/selvage-studio/selvage/engine/edit/paint/coverage"
	"github.com/selvage-studio/selvage/engine/edit/raster"
)

// Brush is a round tip and how it is dragged. Numbers are decimal; they are
// rounded to whole ones once, when a stroke begins.
type Brush struct {
	// Size is the diameter in pixels at full pressure.
	Size float64 `json:"size"`
	// Hardness is the part of the radius that is full; from there the tip falls
	// off to its edge, smoothly. 1 is a disc with an antialiased edge.
	Hardness float64 `json:"hardness"`
	// Opacity is what a stroke covers at most, however often it crosses itself.
	Opacity float64 `json:"opacity"`
	// Flow is how far each dab goes towards the opacity.
	Flow float64 `json:"flow"`
	// Spacing is the distance from dab to dab, in sizes of the dab.
	Spacing float64 `json:"spacing"`
	// SizePressure is how much of the size follows the pressure: at 0 none, at 1
	// all of it. OpacityPressure is the same for the opacity.
	SizePressure    float64 `json:"size_pressure,omitempty"`
	OpacityPressure float64 `json:"opacity_pressure,omitempty"`
}

// Limits of a brush.
const (
	SmallestSize    = 0.5
	LargestSize     = 8192
	SmallestSpacing = 0.01
	LargestSpacing  = 10
)

// Point is where a stroke passes, in pixels of the plane, and how hard: from 0
// to 1, which is what a mouse has. In JSON it is [x, y, pressure], the pressure
// left out where it is 1.
type Point struct{ X, Y, Pressure float64 }

// MarshalJSON writes [x, y] or [x, y, pressure].
func (p Point) MarshalJSON() ([]byte, error) {
	if p.Pressure == 1 {
		return json.Marshal([2]float64{p.X, p.Y})
	}
	return json.Marshal([3]float64{p.X, p.Y, p.Pressure})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (p *Point) UnmarshalJSON(b []byte) error {
	var v []float64
	if err := json.Unmarshal(b, &v); err != nil {
		return fmt.Errorf("paint: a point of a stroke: %w", err)
	}
	switch len(v) {
	case 2:
		*p = Point{v[0], v[1], 1}
	case 3:
		*p = Point{v[0], v[1], v[2]}
	default:
		return fmt.Errorf("paint: a point of a stroke has %d numbers; write [x, y] or [x, y, pressure]", len(v))
	}
	return nil
}

// Rounded is the point to 1/256 of a pixel and 1/1024 of the pressure. What is recorded of a live stroke is rounded, and short.
func (p Point) Rounded() Point {
	at := coverage.At(p.X, p.Y)
	return Point{float64(at.X) / coverage.One, float64(at.Y) / coverage.One, math.Round(p.Pressure*1024) / 1024}
}

// part16 rounds a decimal of 0 to 1 to 16 bit.
func part16(v float64) uint32 {
	return uint32(math.Floor(float64(min(max(v, 0), 1)*raster.Opaque) + 0.5))
}

// tip is a brush in whole numbers.
type tip struct {
	size                      int64 // diameter, units
	hardness, opacity, flow   uint32
	spacing                   float64
	sizePressure, capPressure uint32
	soft, hard                []uint16 // from full to none, in falls steps
	row                       []uint16
}

const falls = 4096

func newTip(b Brush) *tip {
	t := &tip{
		size: coverage.Units(b.Size), hardness: part16(b.Hardness), opacity: part16(b.Opacity), flow: part16(b.Flow),
		spacing: b.Spacing, sizePressure: part16(b.SizePressure), capPressure: part16(b.OpacityPressure),
		soft: make([]uint16, falls+1), hard: make([]uint16, falls+1),
	}
	for i := range t.soft {
		// Smoothstep, which is level at both ends, and a straight line.
		u := float64(i) / falls
		t.soft[i] = uint16(part16(1 - float64(float64(u*u)*(3-2*u))))
		t.hard[i] = uint16(part16(1 - u))
	}
	return t
}

// scaled is v lowered by the part of it that follows the pressure.
func scaled(v int64, follows, pressure uint32) int64 {
	k := int64(raster.Opaque - raster.Mul(follows, raster.Opaque-pressure))
	return (v*k + raster.Opaque/2) / raster.Opaque
}

// dab is one touch of the tip.
type dab struct {
	at       coverage.Point
	size     int64  // diameter, units
	cap      uint32 // what the coverage may reach
	pressure uint32
}

func (t *tip) dab(at coverage.Point, pressure uint32) dab {
	return dab{at, max(1, scaled(t.size, t.sizePressure, pressure)), uint32(scaled(int64(t.opacity), t.capPressure, pressure)), pressure}
}

// closest is the least distance of two dabs, in units.
const closest = coverage.One / 4

// step is the distance from a dab to the next.
func (t *tip) step(d dab) float64 { return max(closest, float64(float64(d.size)*t.spacing)) }

// aside is how far a sample of a pixel may lie from its centre, rounded up.
const aside = 182 // √½ · One

// render calls each for every row of the plane that the dab covers, with the
// coverage of its pixels from x on.
func (t *tip) render(d dab, each func(x, y int, cover []uint16) error) error {
	outer := d.size / 2
	inner := outer * int64(t.hardness) / raster.Opaque
	fall := t.soft
	if outer-inner < coverage.One/4 {
		// Nothing is sharper than the samples: an edge of a quarter of a pixel about
		// the one that is meant, which cuts them evenly.
		middle := (inner + outer) / 2
		inner, outer, fall = middle-coverage.One/8, middle+coverage.One/8, t.hard
	}
	// A steep edge is sampled 16 times in each pixel, a soft one once.
	sampled := outer-inner < 3*coverage.One
	reach := outer
	if sampled {
		reach += aside
	}
	e := slope{fall, inner, outer, falls / float64(outer-inner)}
	y0, y1 := pattern.FloorDiv(d.at.Y-reach-half, coverage.One), pattern.FloorDiv(d.at.Y+reach-half, coverage.One)+1
	for y := y0; y <= y1; y++ {
		dy := y*coverage.One + half - d.at.Y
		across := root(reach*reach - dy*dy)
		if across < 0 {
			continue
		}
		x0, x1 := pattern.FloorDiv(d.at.X-across-half, coverage.One), pattern.FloorDiv(d.at.X+across-half, coverage.One)+1
		// From full to full every pixel is covered whole.
		full := int64(-1)
		if sampled {
			if within := inner - aside; within > 0 {
				full = root(within*within - dy*dy)
			}
		} else if inner > 0 {
			full = root(inner*inner - dy*dy)
		}
		n := int(x1 - x0 + 1)
		if cap(t.row) < n {
			t.row = make([]uint16, n+n/2)
		}
		row := t.row[:n]
		for i := range row {
			dx := (x0+int64(i))*coverage.One + half - d.at.X
			switch {
			case dx <= full && -dx <= full:
				row[i] = raster.Opaque
			case sampled:
				row[i] = e.sample(dx, dy)
			default:
				row[i] = e.at(dx*dx + dy*dy)
			}
		}
		if err := each(int(x0), int(y), row); err != nil {
			return err
		}
	}
	return nil
}

const half = coverage.One / 2

// slope is the edge of a dab: from inner to outer units off its middle.
type slope struct {
	fall         []uint16
	inner, outer int64
	scale        float64 // steps of fall to a unit
}

// at is the coverage at the squared distance d2 from the middle.
func (e *slope) at(d2 int64) uint16 {
	d := math.Sqrt(float64(d2)) - float64(e.inner)
	switch {
	case d <= 0:
		return raster.Opaque
	case d >= float64(e.outer-e.inner):
		return 0
	}
	return e.fall[int(d*e.scale)]
}

// sample is the mean of 4 x 4 points of the pixel at (dx, dy) from the middle.
func (e *slope) sample(dx, dy int64) uint16 {
	if root(dx*dx+dy*dy) >= e.outer+aside {
		return 0
	}
	var sum uint32
	for j := int64(-96); j <= 96; j += 64 {
		v := (dy + j) * (dy + j)
		for i := int64(-96); i <= 96; i += 64 {
			sum += uint32(e.at((dx+i)*(dx+i) + v))
		}
	}
	return uint16((sum + 8) / 16)
}

// root is the whole part of the square root, or -1 for a negative number.
func root(v int64) int64 {
	if v < 0 {
		return -1
	}
	return int64(math.Sqrt(float64(v)))
}
