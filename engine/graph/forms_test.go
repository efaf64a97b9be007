package graph_test

import (
	"math/rand/v2"
	"testing"

	"github.com/selvage-studio/selvage/engine/graph"
	"github.com/selvage-studio/selvage/engine/internal/golden"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/weights"
	"github.com/selvage-studio/selvage/gpu"
)

// TestFormsAgree runs every network in each form that Options has.
func TestFormsAgree(t *testing.T) {
	q := bench(t)
	for _, n := range networks() {
		t.Run(n.name, func(t *testing.T) {
			set := n.set(t)
			in := n.in(rand.New(rand.NewPCG(11, 12)))
			get := func(change func(*graph.Options)) golden.Tensors {
				o := n.options(pattern.Repeat{Kind: pattern.HalfDrop})
				change(&o)
				spec, err := n.build(set, o)
				if err != nil {
					t.Fatal(err)
				}
				return run(t, q, spec, in)
			}
			want := get(func(*graph.Options) {})
			for _, form := range []struct {
				name   string
				most   float64 // difference, of the largest value
				change func(*graph.Options)
			}{
				{"plain", 1e-5, func(o *graph.Options) { o.Fused = false }},
				{"fused with scores in slices", 1e-5, func(o *graph.Options) { o.Scores = 2000 }},
				{"plain with scores in slices", 1e-5, func(o *graph.Options) { o.Fused, o.Scores = false, 2000 }},
				{"half", 1e-2, func(o *graph.Options) { o.Half = true }},
				{"half, plain", 1e-2, func(o *graph.Options) { o.Fused, o.Half = false, true }},
			} {
				for name, y := range get(form.change) {
					if d := apart(t, want[name], y); d > form.most {
						t.Errorf("%s: %s is %.2g off", form.name, name, d)
					}
				}
			}
		})
	}
}

// TestScratchIsTheWidestMoment: attention that stores its scores takes their
// size, one in slices takes less; weights do not count.
func TestScratchIsTheWidestMoment(t *testing.T) {
	set := wanted(t, func(s *weights.Set) (gpu.Spec, error) {
		return graph.UNet(sd15(), s, graph.Options{Batch: 1, Height: 64, Width: 64, Tokens: 77})
	}, unread())
	scratch := func(o graph.Options) int64 {
		o.Batch, o.Height, o.Width, o.Tokens = 1, 64, 64, 77
		spec, err := graph.UNet(sd15(), set, o)
		if err != nil {
			t.Fatal(err)
		}
		return spec.Scratch
	}
	const scores = 8 * 4096 * 4096 * 4
	whole, sliced, fused := scratch(graph.Options{Scores: 1 << 40}), scratch(graph.Options{Scores: scores / 8}), scratch(graph.Options{Fused: true})
	if whole < 2*scores || whole > 2*scores+200<<20 {
		t.Errorf("with scores of %d bytes and their softmax the estimate is %d", scores, whole)
	}
	if sliced < 2*scores/8 || sliced > 2*scores/8+200<<20 {
		t.Errorf("with scores of %d bytes the estimate is %d", scores/8, sliced)
	}
	// Without scores the widest moment is the gated layer: its input, the gate
	// and the value of 4096 x 1280, and the skips that wait.
	if fused < 2*4096*1280*4 || fused > 200<<20 {
		t.Errorf("without scores the estimate is %d", fused)
	}
}
