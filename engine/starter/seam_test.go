package starter_test

import (
	"image"
	"testing"

	"github.com/selvage-studio/selvage/engine/diffusion"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/seam"
	"github.com/selvage-studio/selvage/engine/starter"
	"github.com/selvage-studio/selvage/gpu"
)

// pipeline opens the starter on the CPU.
func pipeline(t testing.TB) *diffusion.Pipeline {
	t.Helper()
	rt, err := gpu.Open(gpu.Config{})
	if err != nil {
		t.Fatal(err)
	}
	q, err := rt.Queue(t.Context(), "cpu")
	if err != nil {
		t.Fatal(err)
	}
	m, err := starter.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	p, err := diffusion.New(m, q, diffusion.Extras{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// screens samples one cell and returns its planes as they come out of the
// model, as a picture that the seam proof can look at.
func screens(t testing.TB, p *diffusion.Pipeline, r diffusion.Request) *image.NRGBA {
	t.Helper()
	made, err := p.Generate(t.Context(), r, nil)
	if err != nil {
		t.Fatal(err)
	}
	return made[0].Picture.NRGBA()
}

// TestSeamsAreProvedOnEveryLattice samples the same noise with and without
// wrapping: with it every lattice is proved, without it every lattice on which
// the two differ is found out.
func TestSeamsAreProvedOnEveryLattice(t *testing.T) {
	p := pipeline(t)
	for _, c := range []struct {
		repeat pattern.Repeat
		w, h   int
	}{
		{pattern.Repeat{Kind: pattern.Block}, 128, 128},
		{pattern.Repeat{Kind: pattern.HalfDrop, N: 1, D: 2}, 128, 128},
		{pattern.Repeat{Kind: pattern.HalfDrop, N: 1, D: 3}, 128, 96},
		{pattern.Repeat{Kind: pattern.HalfDrop, N: 2, D: 3}, 128, 96},
		{pattern.Repeat{Kind: pattern.Brick, N: 1, D: 2}, 128, 128},
		{pattern.Repeat{Kind: pattern.Brick, N: 1, D: 3}, 96, 128},
		{pattern.Repeat{Kind: pattern.Hex}, 160, 192},
		{pattern.Repeat{Kind: pattern.AlongX}, 128, 128},
		{pattern.Repeat{Kind: pattern.AlongY}, 128, 128},
		{pattern.Repeat{Kind: pattern.Mirror}, 96, 96},
	} {
		t.Run(c.repeat.String(), func(t *testing.T) {
			r := diffusion.Request{
				Prompt: "dense large flowers two colours", Width: c.w, Height: c.h,
				Steps: 8, Guidance: starter.Guidance, Sampler: starter.Sampler, Seed: 11, Repeat: c.repeat,
			}
			wrapped, err := seam.Measure(screens(t, p, r), c.repeat)
			if err != nil {
				t.Fatal(err)
			}
			if !wrapped.Pass {
				t.Errorf("sampled on its lattice: %v", wrapped)
			}
			r.Repeat = pattern.Repeat{Kind: pattern.None}
			open, err := seam.Measure(screens(t, p, r), c.repeat)
			if err != nil {
				t.Fatal(err)
			}
			if c.repeat.Kind == pattern.Mirror {
				return // a reflection joins whatever it reflects
			}
			if open.Pass {
				t.Errorf("sampled without wrapping, and yet it passes: %v", open)
			}
		})
	}
}
