package starter_test

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/starter"
)

// TestAGroupFillsItsCellOnEveryLattice: the plane of the filled cell and the plane
// of the group are the same plane.
func TestAGroupFillsItsCellOnEveryLattice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := pattern.Repeat{Kind: rapid.SampledFrom([]pattern.Kind{pattern.Block, pattern.HalfDrop, pattern.Brick, pattern.Mirror, pattern.Hex}).Draw(t, "kind")}
		if r.Kind == pattern.HalfDrop || r.Kind == pattern.Brick {
			r.D = rapid.IntRange(2, 4).Draw(t, "d")
			r.N = rapid.IntRange(1, r.D-1).Draw(t, "n")
		}
		_, d := r.Drop()
		prompt := rapid.SampledFrom([]string{"small tulips", "tulips", "large tulips", "sparse small tulips", "small stripes"}).Draw(t, "prompt")
		size := pattern.Size{Width: 2 * d * rapid.IntRange(1, 5).Draw(t, "w"), Height: 2 * d * rapid.IntRange(1, 5).Draw(t, "h")}
		g := starter.GroupFor(prompt, pattern.Lattice{Repeat: r, Stride: 1}, size)
		p := &pattern.Planes{Width: g.Size.Width, Height: g.Size.Height, Data: make([]float32, 3*g.Size.Width*g.Size.Height)}
		noise := rand.New(rand.NewPCG(1, 2))
		for i := range p.Data {
			p.Data[i] = noise.Float32()
		}
		cell := g.Fill(p)
		if cell.Width != g.Times*g.Size.Width || cell.Height != g.Times*g.Size.Height {
			t.Fatalf("%d groups of %v fill %d x %d", g.Times, g.Size, cell.Width, cell.Height)
		}
		for range 200 {
			x, y := rapid.IntRange(-60, 60).Draw(t, "x"), rapid.IntRange(-60, 60).Draw(t, "y")
			cx, cy, _ := r.Source(x, y, cell.Width, cell.Height)
			gx, gy, _ := g.Repeat.Source(x, y, p.Width, p.Height)
			for c := range 3 {
				if have, want := cell.Data[(c*cell.Height+cy)*cell.Width+cx], p.Data[(c*p.Height+gy)*p.Width+gx]; have != want {
					t.Fatalf("%v, %d groups of %v: (%d, %d) of the cell's plane is %v, of the group's %v", g.Repeat, g.Times, g.Size, x, y, have, want)
				}
			}
		}
	})
}

// TestGroupsFollowThePrompt: as many groups as the rules of drawing put into a
// cell, and none that the model's grid does not allow.
func TestGroupsFollowThePrompt(t *testing.T) {
	drop := pattern.Repeat{Kind: pattern.HalfDrop, N: 1, D: 2}
	for _, c := range []struct {
		prompt string
		repeat pattern.Repeat
		size   pattern.Size
		want   starter.Group
	}{
		{"large suns, half-drop, with small stars", pattern.Repeat{Kind: pattern.Block}, pattern.Size{Width: 256, Height: 256},
			starter.Group{Size: pattern.Size{Width: 128, Height: 128}, Repeat: pattern.Repeat{Kind: pattern.Block}, Times: 1}},
		{"suns, two colours", drop, pattern.Size{Width: 256, Height: 256},
			starter.Group{Size: pattern.Size{Width: 128, Height: 128}, Repeat: pattern.Repeat{Kind: pattern.Block}, Times: 2}},
		{"tiny red hearts", drop, pattern.Size{Width: 256, Height: 256},
			starter.Group{Size: pattern.Size{Width: 128, Height: 128}, Repeat: drop, Times: 3}},
		{"small hearts", pattern.Repeat{Kind: pattern.AlongX}, pattern.Size{Width: 512, Height: 256},
			starter.Group{Size: pattern.Size{Width: 256, Height: 128}, Repeat: pattern.Repeat{Kind: pattern.Block}, Times: 3}},
		// Half of 192 is off the grid, and three groups of half a drop would be as well.
		{"small hearts", drop, pattern.Size{Width: 192, Height: 128},
			starter.Group{Size: pattern.Size{Width: 192, Height: 128}, Repeat: pattern.Repeat{Kind: pattern.Block}, Times: 2}},
		{"small and large hearts", pattern.Repeat{Kind: pattern.Block}, pattern.Size{Width: 256, Height: 256},
			starter.Group{Size: pattern.Size{Width: 128, Height: 128}, Repeat: pattern.Repeat{Kind: pattern.Block}, Times: 2}},
	} {
		if g := starter.GroupFor(c.prompt, pattern.Lattice{Repeat: c.repeat, Stride: 64}, c.size); g != c.want {
			t.Errorf("%s, %v, %v: %+v, want %+v", c.prompt, c.repeat, c.size, g, c.want)
		}
	}
}
