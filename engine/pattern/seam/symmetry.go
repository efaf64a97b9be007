package seam

import (
	"fmt"
	"image"
	"math"
)

// Asymmetry is how far a picture is from its own mirror images, in CIELAB's
// ΔE.
type Asymmetry struct {
	Mean  float64 `json:"mean"`
	Worst float64 `json:"worst"`
	At    Point   `json:"at"` // the worst pixel
}

// String is one line for people.
func (a Asymmetry) String() string {
	return fmt.Sprintf("symmetry: ΔE %.2f from its mirror images on average, at most %.1f at %d,%d", a.Mean, a.Worst, a.At.X, a.At.Y)
}

// Symmetry measures the full period of a mirror repeat, 2W x 2H, against its
// reflections in both axes: zero when the picture is its own mirror image, so
// that a quarter of it is the whole design.
func Symmetry(img image.Image) Asymmetry {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	cell := labOf(img)
	var out Asymmetry
	sum, n := 0.0, 0
	for y := range h {
		for x := range w {
			here := cell[y*w+x]
			for _, there := range []sample{cell[y*w+w-1-x], cell[(h-1-y)*w+x]} {
				d := 0.0
				for k, v := range there {
					d += float64(v-here[k]) * float64(v-here[k])
				}
				d = math.Sqrt(d)
				sum += d
				n++
				if d > out.Worst {
					out.Worst, out.At = d, Point{x, y}
				}
			}
		}
	}
	if n > 0 {
		out.Mean = sum / float64(n)
	}
	return out
}
