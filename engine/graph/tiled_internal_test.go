package graph

import (
	"errors"
	"math"
	"testing"

	"gorgonia.org/tensor"
	"pgregory.net/rapid"

	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/weights"
	"github.com/selvage-studio/selvage/gpu"
)

// TestConvolutionInTilesSeesThePlane compares convolutions in tiles with those of single
// precision: kernels, strides, margins and doubled planes of every repeat, with the
// margin wrapped and open.
func TestConvolutionInTilesSeesThePlane(t *testing.T) {
	plain := testQueue(t)
	tiled := map[*gpu.Queue]float64{}
	rt, err := gpu.Open(gpu.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
	})
	for id, most := range map[string]float64{"cpu:bf16x2": 1.0 / (1 << 14), "cpu:bf16": 1.0 / (1 << 7)} {
		q, err := rt.Queue(t.Context(), id)
		var unknown *gpu.UnknownDeviceError
		if errors.As(err, &unknown) {
			t.Skip(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		tiled[q] = most
	}
	rapid.Check(t, func(t *rapid.T) {
		r := pattern.Repeat{Kind: rapid.SampledFrom([]pattern.Kind{
			pattern.Block, pattern.HalfDrop, pattern.Brick, pattern.AlongX, pattern.AlongY, pattern.None,
		}).Draw(t, "kind")}
		h, w := rapid.IntRange(3, 21).Draw(t, "h"), rapid.IntRange(3, 40).Draw(t, "w")
		if r.Kind == pattern.HalfDrop || r.Kind == pattern.Brick {
			r.D = rapid.IntRange(2, 4).Draw(t, "d")
			r.N = rapid.IntRange(1, r.D-1).Draw(t, "n")
		}
		if _, d := r.Drop(); r.Kind == pattern.Brick {
			w = (w + d - 1) / d * d
		} else {
			h = (h + d - 1) / d * d
		}
		batch, in, out := rapid.IntRange(1, 2).Draw(t, "batch"), rapid.IntRange(1, 40).Draw(t, "in"), rapid.IntRange(1, 50).Draw(t, "out")
		kernel, stride, doubled := rapid.SampledFrom([]int{1, 3}).Draw(t, "kernel"), rapid.IntRange(1, 2).Draw(t, "stride"), rapid.Bool().Draw(t, "doubled")
		m := evenly(kernel / 2)
		if doubled {
			kernel = 3
		}
		values := func(n int, label string) []float32 {
			seed := rapid.Uint64().Draw(t, label) | 1
			v := make([]float32, n)
			for i := range v {
				seed = seed*6364136223846793005 + 1442695040888963407
				v[i] = float32(int32(seed>>32)) / (1 << 31)
			}
			return v
		}
		weight, bias := values(out*in*kernel*kernel, "weights"), values(out, "bias")
		set, err := weights.NewSet(
			weights.Tensor{Name: "c.weight", Type: weights.F32, Shape: []int{out, in, kernel, kernel}, Data: rawFloat32(weight)},
			weights.Tensor{Name: "c.bias", Type: weights.F32, Shape: []int{out}, Data: rawFloat32(bias)})
		if err != nil {
			t.Fatal(err)
		}
		x := values(batch*in*h*w, "x")
		open := rapid.SampledFrom([]float32{0, 1}).Draw(t, "wrap")
		run := func(q *gpu.Queue) []float32 {
			b := newBuilder("test", set, Options{Batch: batch, Height: h, Width: w, Repeat: r, WrapSwitch: true, Fused: true, Parts: q.Device().Parts})
			if doubled {
				b.output("y", b.upConv(b.picture("x", in), "c", out, true))
			} else {
				b.output("y", b.conv(b.picture("x", in), "c", out, kernel, stride, m, true))
			}
			spec, err := b.spec("test", func(string) bool { return true })
			if err != nil {
				t.Fatal(err)
			}
			p, err := q.Load(t.Context(), spec)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Release()
			y, err := p.Run(t.Context(), map[string]*tensor.Dense{
				"x":    tensor.New(tensor.WithShape(batch, in, h, w), tensor.WithBacking(x)),
				"wrap": tensor.New(tensor.WithShape(1), tensor.WithBacking([]float32{open})),
			})
			if err != nil {
				t.Fatal(err)
			}
			return y["y"].Float32s()
		}
		want := run(plain)
		for q, most := range tiled {
			got := run(q)
			if len(got) != len(want) {
				t.Fatalf("%s: %d samples, want %d", q.Device().ID, len(got), len(want))
			}
			// No sum of so many products of numbers below 1 is larger.
			allowed := most * float64(in*kernel*kernel)
			for i := range want {
				if !(math.Abs(float64(got[i]-want[i])) <= allowed) {
					t.Fatalf("%s, %v, %d x %d x %d to %d: sample %d is %v, want %v within %v", q.Device().ID, r, in, h, w, out, i, got[i], want[i], allowed)
				}
			}
		}
	})
}
