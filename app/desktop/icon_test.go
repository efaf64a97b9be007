package desktop

import (
	"bytes"
	"flag"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "draw icon.png anew")

// drawIcon draws the program's icon: leaves in half-drop on a dark cloth whose
// left edge is its selvage, with the maker's stitches.
func drawIcon(side int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, side, side))
	const over = 4 // samples along each axis
	for y := range side {
		for x := range side {
			var sum [4]float64
			for k := range over * over {
				u := (float64(x) + (float64(k%over)+0.5)/over) / float64(side)
				v := (float64(y) + (float64(k/over)+0.5)/over) / float64(side)
				c := iconAt(u, v)
				for i := range 3 {
					sum[i] += c[i] * c[3]
				}
				sum[3] += c[3]
			}
			if a := sum[3]; a > 0 {
				part := func(i int) uint8 { return uint8(math.Round(255 * sum[i] / a)) }
				m.SetNRGBA(x, y, color.NRGBA{part(0), part(1), part(2), uint8(math.Round(255 * a / (over * over)))})
			}
		}
	}
	return m
}

// iconAt is the colour at a point of the unit square, with its coverage.
func iconAt(u, v float64) [4]float64 {
	const inset, round = 0.04, 0.19
	dx := math.Max(math.Abs(u-0.5)-(0.5-inset-round), 0)
	dy := math.Max(math.Abs(v-0.5)-(0.5-inset-round), 0)
	if dx*dx+dy*dy > round*round {
		return [4]float64{}
	}
	const selvage = 0.20
	if u < selvage {
		// Stitches along the edge.
		if math.Abs(u-0.135) < 0.018 && math.Mod(v+0.03, 0.14) < 0.08 {
			return [4]float64{0.87, 0.37, 0.33, 1}
		}
		return [4]float64{0.93, 0.90, 0.84, 1}
	}
	// Leaves, half-drop 1/2: a column of three, the next one lower by a half.
	const pitch = 0.30
	column := math.Floor((u - selvage) / pitch)
	cu := selvage + (column+0.5)*pitch
	drop := 0.0
	if math.Mod(column, 2) != 0 {
		drop = pitch / 2
	}
	row := math.Floor((v - 0.05 - drop) / pitch)
	cv := 0.05 + drop + (row+0.5)*pitch
	// A leaf is where two discs meet, leaning to the right or to the left.
	lean := math.Pi / 5
	if math.Mod(column, 2) != 0 {
		lean = -lean
	}
	s, c := math.Sincos(lean)
	lu, lv := (u-cu)*c+(v-cv)*s, -(u-cu)*s+(v-cv)*c
	const r, off = 0.155, 0.095
	if math.Hypot(lu-off, lv) < r && math.Hypot(lu+off, lv) < r {
		if math.Abs(lu) < 0.007 {
			return [4]float64{0.12, 0.15, 0.18, 1}
		}
		if math.Mod(column, 2) != 0 {
			return [4]float64{0.35, 0.62, 0.53, 1}
		}
		return [4]float64{0.93, 0.72, 0.43, 1}
	}
	return [4]float64{0.14, 0.18, 0.22, 1}
}

func TestTheIconIsTheOneThatIsDrawn(t *testing.T) {
	want := drawIcon(512)
	if *update {
		var b bytes.Buffer
		if err := png.Encode(&b, want); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("icon.png", b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := png.Decode(bytes.NewReader(icon().Content()))
	if err != nil && !*update {
		t.Fatal(err)
	}
	if *update {
		return
	}
	n, ok := got.(*image.NRGBA)
	if !ok || n.Rect != want.Rect {
		t.Fatalf("icon.png is a %T of %v", got, got.Bounds())
	}
	for i := range want.Pix {
		// The last place of a sine may differ between machines.
		if d := int(n.Pix[i]) - int(want.Pix[i]); d < -16 || d > 16 {
			t.Fatalf("byte %d is %d, drawn %d; run this test with -update", i, n.Pix[i], want.Pix[i])
		}
	}
}
