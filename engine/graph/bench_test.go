package graph_test

import (
	"errors"
	"testing"

	"github.com/selvage-studio/selvage/engine/graph"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/weights"
	"github.com/selvage-studio/selvage/gpu"
)

// wanted makes the set of weights that build asks for: a graph built on an
// empty set says what is missing. fill makes the bytes of one array of n
// float32 numbers.
func wanted(t testing.TB, build func(*weights.Set) (gpu.Spec, error), fill func(n int) []byte) *weights.Set {
	t.Helper()
	empty, err := weights.NewSet()
	if err != nil {
		t.Fatal(err)
	}
	var missing *graph.WeightsError
	if _, err := build(empty); !errors.As(err, &missing) {
		t.Fatalf("a graph without weights: got %v, want a *WeightsError", err)
	}
	seen := map[string]bool{}
	var ts []weights.Tensor
	for _, f := range missing.Faults {
		if seen[f.Key] {
			continue
		}
		seen[f.Key] = true
		n := 1
		for _, d := range f.Want {
			n *= d
		}
		// With the name of a file, building has no reason to look at the bytes.
		ts = append(ts, weights.Tensor{Name: f.Key, Type: weights.F32, Shape: f.Want, Data: fill(n), File: "made for a test"})
	}
	set, err := weights.NewSet(ts...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// unread gives every array a window of the same memory, for graphs that are
// built and never run.
func unread() func(n int) []byte {
	var all []byte
	return func(n int) []byte {
		if 4*n > len(all) {
			all = make([]byte, 4*n)
		}
		return all[:4*n]
	}
}

// sdxl is the full shape of SDXL's UNet.
func sdxl() weights.UNetConfig {
	return weights.UNetConfig{
		InChannels: 4, OutChannels: 4, BlockOutChannels: []int{320, 640, 1280},
		DownBlockTypes: []string{"DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"},
		UpBlockTypes:   []string{"CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"},
		MidBlockType:   "UNetMidBlock2DCrossAttn", LayersPerBlock: weights.Ints{2},
		TransformerLayersPerBlock: weights.Ints{1, 2, 10}, AttentionHeadDim: weights.Ints{5, 10, 20}, CrossAttentionDim: weights.Ints{2048},
		UseLinearProjection: true, NormNumGroups: 32, NormEps: 1e-5, ActFn: "silu", FlipSinToCos: true, ResnetTimeScaleShift: "default",
		AdditionEmbedType: "text_time", AdditionTimeEmbedDim: 256, ProjectionClassEmbeddingsInput: 2816,
	}
}

// sd15 is the full shape of SD 1.5's UNet.
func sd15() weights.UNetConfig {
	return weights.UNetConfig{
		InChannels: 4, OutChannels: 4, BlockOutChannels: []int{320, 640, 1280, 1280},
		DownBlockTypes: []string{"CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"},
		UpBlockTypes:   []string{"UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"},
		MidBlockType:   "UNetMidBlock2DCrossAttn", LayersPerBlock: weights.Ints{2},
		TransformerLayersPerBlock: weights.Ints{1}, AttentionHeadDim: weights.Ints{8}, CrossAttentionDim: weights.Ints{768},
		NormNumGroups: 32, NormEps: 1e-5, ActFn: "silu", FlipSinToCos: true, ResnetTimeScaleShift: "default",
	}
}

// BenchmarkBuild builds full-size UNets for 1024 x 1024 and 512 x 512 pixels
// with guidance, as half-drops; weights are sizes only.
func BenchmarkBuild(b *testing.B) {
	for _, c := range []struct {
		name   string
		config weights.UNetConfig
		side   int
	}{{"sdxl", sdxl(), 128}, {"sd15", sd15(), 64}} {
		b.Run(c.name, func(b *testing.B) {
			o := graph.Options{Batch: 2, Height: c.side, Width: c.side, Tokens: 77, Fused: true, Repeat: pattern.Repeat{Kind: pattern.HalfDrop}}
			build := func(set *weights.Set) (gpu.Spec, error) { return graph.UNet(c.config, set, o) }
			set := wanted(b, build, unread())
			var bytes, parameters int64
			for b.Loop() {
				spec, err := build(set)
				if err != nil {
					b.Fatal(err)
				}
				bytes, parameters = int64(len(spec.Model)), 0
				for _, w := range spec.Weights {
					parameters += int64(len(w.Data) / 4)
				}
			}
			b.ReportMetric(float64(bytes)/1e3, "kB/graph")
			b.ReportMetric(float64(parameters)/1e6, "M-parameters")
		})
	}
}
