package screen

import (
	"errors"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/color"
)

// shares are random fields whose samples sum to 1.
func shares(seed uint64, positions, w, h int) *Fields {
	rng := rand.New(rand.NewPCG(seed, 0))
	f := &Fields{Width: w, Height: h, Positions: positions, Data: make([]float32, positions*w*h)}
	for i := range w * h {
		sum := float32(0)
		for p := range positions {
			v := rng.Float32()
			v *= v * v
			f.Data[p*w*h+i] = v
			sum += v
		}
		for p := range positions {
			f.Data[p*w*h+i] /= sum
		}
	}
	return f
}

// TestSeparationIsAPartition: whatever the fields, the coverages sum to 255,
// at most three positions share a pixel, and colours lie between their chips.
func TestSeparationIsAPartition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, maxPositions).Draw(t, "positions")
		w, h := rapid.IntRange(1, 12).Draw(t, "w"), rapid.IntRange(1, 12).Draw(t, "h")
		to := pattern.Size{Width: rapid.IntRange(1, 70).Draw(t, "to w"), Height: rapid.IntRange(1, 70).Draw(t, "to h")}
		s, err := shares(rapid.Uint64().Draw(t, "seed"), n, w, h).Separate(pattern.Repeat{}, to)
		if err != nil {
			t.Fatal(err)
		}
		palette := color.Default(n, 5)
		img, deep := s.NRGBA(palette), s.NRGBA64(palette)
		for i := range to.Width * to.Height {
			sum, shared := 0, 0
			lo, hi := [3]uint8{255, 255, 255}, [3]uint8{}
			for p, plane := range s.Coverage {
				sum += int(plane[i])
				if plane[i] == 0 {
					continue
				}
				shared++
				for c, v := range [3]uint8{palette[p].R, palette[p].G, palette[p].B} {
					lo[c], hi[c] = min(lo[c], v), max(hi[c], v)
				}
			}
			if sum != 255 || shared > 3 {
				t.Fatalf("pixel %d: %d over %d positions", i, sum, shared)
			}
			for c := range 3 {
				if v := img.Pix[4*i+c]; v < lo[c] || v > hi[c] {
					t.Fatalf("pixel %d: component %d is %d, its chips have %d to %d", i, c, v, lo[c], hi[c])
				}
				if d := int(deep.Pix[8*i+2*c]) - int(img.Pix[4*i+c]); d > 1 || d < -1 {
					t.Fatalf("pixel %d: 8 and 16 bit differ", i)
				}
			}
		}
	})
}

func TestPalettesAndScreens(t *testing.T) {
	s, err := shares(1, 3, 6, 6).Separate(pattern.Repeat{Kind: pattern.Brick}, pattern.Size{Width: 24, Height: 20})
	if err != nil {
		t.Fatal(err)
	}
	var pe *PaletteError
	if err := s.Check(color.Default(2, 1)); !errors.As(err, &pe) || pe.Positions != 3 || pe.Chips != 2 {
		t.Errorf("%v", err)
	}
	if err := s.Check(color.Default(3, 1)); err != nil {
		t.Error(err)
	}
	sum := 0.0
	for _, u := range s.Used() {
		sum += u
	}
	if sum < 0.999 || sum > 1.001 {
		t.Errorf("positions cover %g", sum)
	}
	film := s.Screen(1)
	for i, v := range film.Pix {
		if v != 255-s.Coverage[1][i] {
			t.Fatalf("film at %d is %d over a coverage of %d", i, v, s.Coverage[1][i])
		}
	}
	rect, err := s.Rectangle(pattern.Repeat{Kind: pattern.Brick})
	if err != nil || rect.Width != 24 || rect.Height != 40 {
		t.Errorf("%d x %d, %v", rect.Width, rect.Height, err)
	}
	if img := s.NRGBA(nil); img.Pix[3] != 255 {
		t.Error("without chips the cloth is white, not clear")
	}
}

func TestBadFieldsAreRefused(t *testing.T) {
	good := shares(1, 2, 4, 4)
	for name, c := range map[string]struct {
		f  Fields
		r  pattern.Repeat
		to pattern.Size
	}{
		"short":      {Fields{4, 4, 2, good.Data[:20]}, pattern.Repeat{}, pattern.Size{Width: 8, Height: 8}},
		"none":       {Fields{4, 4, 0, nil}, pattern.Repeat{}, pattern.Size{Width: 8, Height: 8}},
		"no size":    {*good, pattern.Repeat{}, pattern.Size{Width: 0, Height: 8}},
		"half shift": {*good, pattern.Repeat{Kind: pattern.HalfDrop}, pattern.Size{Width: 8, Height: 9}},
	} {
		if _, err := c.f.Separate(c.r, c.to); err == nil {
			t.Errorf("%s passed", name)
		}
	}
}
