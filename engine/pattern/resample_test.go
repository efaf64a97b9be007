package pattern

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// TestResamplingIsEquivariant: resampling the rectangle that lays straight, as
// a block, is the rectangle of the resampled cell.
func TestResamplingIsEquivariant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := genRepeat(t)
		_, d := r.Drop()
		w, h := rapid.IntRange(1, 6).Draw(t, "w")*d, rapid.IntRange(1, 6).Draw(t, "h")*d
		to := Size{rapid.IntRange(1, 9).Draw(t, "to w") * d, rapid.IntRange(1, 9).Draw(t, "to h") * d}
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		cell := make([]float32, w*h)
		for i := range cell {
			cell[i] = rng.Float32()
		}
		small, err := Resample(cell, 1, w, h, r, to)
		if err != nil {
			t.Fatal(err)
		}
		want, ww, wh, err := Rectangle(small, to.Width, to.Height, 1, r)
		if err != nil {
			t.Fatal(err)
		}
		rect, rw, rh, err := Rectangle(cell, w, h, 1, r)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Resample(rect, 1, rw, rh, r.Straight(), Size{ww, wh})
		if err != nil {
			t.Fatal(err)
		}
		for i := range got {
			if math.Abs(float64(got[i]-want[i])) > 1e-5 {
				t.Fatalf("%v %d x %d to %v: sample %d is %g, want %g", r, w, h, to, i, got[i], want[i])
			}
		}
	})
}

func TestResampleKeepsFlatAndIdentity(t *testing.T) {
	cell := []float32{.1, .2, .3, .4, .5, .6}
	same, err := Resample(cell, 1, 3, 2, Repeat{}, Size{3, 2})
	if err != nil {
		t.Fatal(err)
	}
	for i := range cell {
		if math.Abs(float64(same[i]-cell[i])) > 1e-6 {
			t.Fatalf("identity: %v", same)
		}
	}
	if _, err := Resample(cell, 1, 3, 2, Repeat{HalfDrop, 1, 3}, Size{3, 3}); err == nil {
		t.Fatal("a drop of 1/3 of 2 rows passed")
	}
	if _, err := Resample(cell, 2, 3, 2, Repeat{}, Size{3, 3}); err == nil {
		t.Fatal("6 values passed for two planes of 3 x 2")
	}
}

func TestPlanesRoundTrip(t *testing.T) {
	img := image.NewNRGBA(image.Rect(2, 3, 18, 19))
	for i := range 256 {
		img.SetNRGBA(2+i%16, 3+i/16, color.NRGBA{uint8(i), uint8(255 - i), uint8(i * 7), 255})
	}
	p := PlanesOf(img)
	back := p.NRGBA()
	for i, v := range back.Pix {
		if v != img.Pix[i] {
			t.Fatalf("byte %d: %d, want %d", i, v, img.Pix[i])
		}
	}
	again := PlanesOf(p.NRGBA64())
	for i, v := range again.Data {
		if math.Abs(float64(v-p.Data[i])) > 1e-5 {
			t.Fatalf("16 bit: %g, want %g", v, p.Data[i])
		}
	}
	odd := Planes{1, 1, []float32{float32(math.NaN()), 2, -1}}
	if c := odd.NRGBA().NRGBAAt(0, 0); c != (color.NRGBA{0, 255, 0, 255}) {
		t.Errorf("out of range: %v", c)
	}
	glass := PlanesOf(image.NewNRGBA(image.Rect(0, 0, 1, 1)))
	if glass.Data[0] != 1 {
		t.Errorf("transparent is %v, not paper", glass.Data)
	}
}
