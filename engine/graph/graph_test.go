package graph_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/selvage-studio/selvage/engine/graph"
	"github.com/selvage-studio/selvage/engine/internal/golden"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/weights"
	"github.com/selvage-studio/selvage/gpu"
)

// random makes arrays of small normal numbers.
func random(seed uint64) func(n int) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	return func(n int) []byte {
		b := make([]byte, 0, 4*n)
		for range n {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(r.NormFloat64()*0.15)))
		}
		return b
	}
}

func normal(r *rand.Rand, shape ...int) golden.Tensor {
	n := 1
	for _, d := range shape {
		n *= d
	}
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return golden.Floats(x, shape...)
}

// small is a UNet with everything that SD 1.5's has, of a few channels.
func small() weights.UNetConfig {
	c := sd15()
	c.BlockOutChannels, c.DownBlockTypes, c.UpBlockTypes = []int{8, 16}, c.DownBlockTypes[2:], c.UpBlockTypes[:2]
	c.AttentionHeadDim, c.CrossAttentionDim, c.NormNumGroups, c.LayersPerBlock = weights.Ints{2}, weights.Ints{12}, 4, weights.Ints{1}
	return c
}

// smallControl is a ControlNet for small.
func smallControl() weights.UNetConfig {
	c := small()
	c.UpBlockTypes = nil
	c.ConditioningChannels, c.ConditioningEmbeddingOutChannels = 3, []int{4, 6, 8}
	return c
}

func smallClassifier() graph.ClassifierConfig {
	return graph.ClassifierConfig{
		Layers: [][3]int{{6, 4, 4}, {8, 3, 1}, {8, 3, 2}}, Seen: []int{1, 2}, Hidden: 10,
		Answers: map[string][]string{"family": {"tulips", "fish", "moons"}, "layout": {"grid", "brick"}},
	}
}

func smallVAE() weights.VAEConfig {
	return weights.VAEConfig{
		ClassName: "AutoencoderKL", InChannels: 3, OutChannels: 3, BlockOutChannels: []int{8, 8, 12}, LayersPerBlock: 1,
		LatentChannels: 4, NormNumGroups: 4, ActFn: "silu", ScalingFactor: 0.18215,
	}
}

func smallTiny() weights.VAEConfig {
	return weights.VAEConfig{
		ClassName: "AutoencoderTiny", InChannels: 3, OutChannels: 3, LatentChannels: 4, ActFn: "relu", ScalingFactor: 1,
		EncoderBlockOutChannels: []int{8, 8, 8}, DecoderBlockOutChannels: []int{8, 8, 8},
		NumEncoderBlocks: []int{1, 1, 0}, NumDecoderBlocks: []int{1, 0, 1}, UpsamplingScalingFactor: 2, LatentMagnitude: 3, LatentShift: 0.5,
	}
}

// moved returns what the infinite plane of the repeat over each picture of x
// shows when it is moved by dy rows down and dx columns to the right.
func moved(r pattern.Repeat, x golden.Tensor, dy, dx int) golden.Tensor {
	h, w := x.Shape[2], x.Shape[3]
	out := make([]float32, len(x.F32))
	for p := 0; p < len(out); p += h * w {
		for i := range h {
			for j := range w {
				cx, cy, _ := r.Source(j-dx, i-dy, w, h)
				out[p+i*w+j] = x.F32[p+cy*w+cx]
			}
		}
	}
	return golden.Floats(out, x.Shape...)
}

func apart(t *testing.T, a, b golden.Tensor) float64 {
	t.Helper()
	if !slices.Equal(a.Shape, b.Shape) {
		t.Fatalf("shapes %v and %v", a.Shape, b.Shape)
	}
	d, scale := 0.0, 0.0
	for i, v := range a.F32 {
		d = max(d, math.Abs(float64(v-b.F32[i])))
		scale = max(scale, math.Abs(float64(v)))
		if math.IsNaN(float64(v - b.F32[i])) {
			return math.Inf(1)
		}
	}
	return d / max(scale, 1e-9)
}

// network is a graph with inputs to run it on.
type network struct {
	name   string
	build  func(*weights.Set, graph.Options) (gpu.Spec, error)
	h, w   int      // sides of its input
	stride int      // by which the input moves alike, in samples of the input
	planes []string // inputs that move, with their enlargement below
	scale  map[string]int
	in     func(r *rand.Rand) golden.Tensors
}

func networks() []network {
	unet := func(r *rand.Rand) golden.Tensors {
		return golden.Tensors{
			"latent": normal(r, 1, 4, 12, 24), "timestep": golden.Floats([]float32{321.5}, 1), "context": normal(r, 1, 5, 12),
		}
	}
	return []network{
		{
			name: "unet", h: 12, w: 24, stride: 2, planes: []string{"latent"}, in: unet,
			build: func(s *weights.Set, o graph.Options) (gpu.Spec, error) { return graph.UNet(small(), s, o) },
		},
		{
			// Nine channels, as inpainting models have.
			name: "inpainting unet", h: 12, w: 24, stride: 2, planes: []string{"latent"},
			build: func(s *weights.Set, o graph.Options) (gpu.Spec, error) {
				c := small()
				c.InChannels = 9
				return graph.UNet(c, s, o)
			},
			in: func(r *rand.Rand) golden.Tensors {
				in := unet(r)
				in["latent"] = normal(r, 1, 9, 12, 24)
				return in
			},
		},
		{
			name: "controlnet", h: 12, w: 24, stride: 2, planes: []string{"latent", "control"}, scale: map[string]int{"control": 4},
			build: func(s *weights.Set, o graph.Options) (gpu.Spec, error) { return graph.ControlNet(smallControl(), s, o) },
			in: func(r *rand.Rand) golden.Tensors {
				in := unet(r)
				in["control"], in["conditioning_scale"] = normal(r, 1, 3, 48, 96), golden.Floats([]float32{0.7}, 1)
				return in
			},
		},
		{
			name: "vae encoder", h: 24, w: 48, stride: 4, planes: []string{"image"},
			build: func(s *weights.Set, o graph.Options) (gpu.Spec, error) { return graph.VAEEncoder(smallVAE(), s, o) },
			in:    func(r *rand.Rand) golden.Tensors { return golden.Tensors{"image": normal(r, 1, 3, 24, 48)} },
		},
		{
			name: "vae decoder", h: 6, w: 12, stride: 1, planes: []string{"latent"},
			build: func(s *weights.Set, o graph.Options) (gpu.Spec, error) { return graph.VAEDecoder(smallVAE(), s, o) },
			in:    func(r *rand.Rand) golden.Tensors { return golden.Tensors{"latent": normal(r, 1, 4, 6, 12)} },
		},
		{
			name: "tiny encoder", h: 24, w: 48, stride: 4, planes: []string{"image"},
			build: func(s *weights.Set, o graph.Options) (gpu.Spec, error) { return graph.TinyEncoder(smallTiny(), s, o) },
			in:    func(r *rand.Rand) golden.Tensors { return golden.Tensors{"image": normal(r, 1, 3, 24, 48)} },
		},
		{
			name: "tiny decoder", h: 6, w: 12, stride: 1, planes: []string{"latent"},
			build: func(s *weights.Set, o graph.Options) (gpu.Spec, error) { return graph.TinyDecoder(smallTiny(), s, o) },
			in:    func(r *rand.Rand) golden.Tensors { return golden.Tensors{"latent": normal(r, 1, 4, 6, 12)} },
		},
		{
			name: "upscaler", h: 12, w: 24, stride: 2, planes: []string{"image"},
			build: func(s *weights.Set, o graph.Options) (gpu.Spec, error) {
				return graph.Upscaler(weights.UpscalerConfig{NumInCh: 3, NumOutCh: 3, Scale: 2, NumFeat: 6, NumBlock: 1, NumGrowCh: 4}, s, o)
			},
			in: func(r *rand.Rand) golden.Tensors { return golden.Tensors{"image": normal(r, 1, 3, 12, 24)} },
		},
		{
			name: "classifier", h: 48, w: 96, stride: 8, planes: []string{"image"},
			build: func(s *weights.Set, o graph.Options) (gpu.Spec, error) {
				return graph.Classifier(smallClassifier(), s, o)
			},
			in: func(r *rand.Rand) golden.Tensors { return golden.Tensors{"image": normal(r, 1, 3, 48, 96)} },
		},
	}
}

func (n network) set(t *testing.T) *weights.Set {
	return wanted(t, func(s *weights.Set) (gpu.Spec, error) {
		return n.build(s, n.options(pattern.Repeat{Kind: pattern.None}))
	}, random(7))
}

func (n network) options(r pattern.Repeat) graph.Options {
	return graph.Options{Batch: 1, Height: n.h, Width: n.w, Tokens: 5, Repeat: r, Fused: true}
}

var lattices = []pattern.Repeat{
	{Kind: pattern.Block}, {Kind: pattern.HalfDrop}, {Kind: pattern.HalfDrop, N: 2, D: 3}, {Kind: pattern.Brick}, {Kind: pattern.Brick, N: 1, D: 3},
}

// TestMovingThePlaneMovesTheOutcome needs no expected values: on an infinite
// plane there is no edge, so the outcome of a moved input is the moved outcome.
// Zero padding fails it by far.
func TestMovingThePlaneMovesTheOutcome(t *testing.T) {
	q := bench(t)
	for _, n := range networks() {
		set := n.set(t)
		r := rand.New(rand.NewPCG(3, 4))
		in := n.in(r)
		check := func(t *testing.T, repeat, torus pattern.Repeat) float64 {
			spec, err := n.build(set, n.options(repeat))
			if err != nil {
				t.Fatal(err)
			}
			here := run(t, q, spec, in)
			dy, dx := n.stride*2, n.stride*3
			shifted := golden.Tensors{}
			for name, x := range in {
				shifted[name] = x
				if slices.Contains(n.planes, name) {
					k := max(1, n.scale[name])
					shifted[name] = moved(torus, x, k*dy, k*dx)
				}
			}
			worst := 0.0
			for name, y := range run(t, q, spec, shifted) {
				if len(y.Shape) < 4 {
					worst = max(worst, apart(t, y, here[name])) // it says nothing of places
					continue
				}
				// An output's own scale against the input's, which differs among a ControlNet's.
				w := y.Shape[3]
				worst = max(worst, apart(t, y, moved(torus, here[name], dy*w/n.w, dx*w/n.w)))
			}
			return worst
		}
		for _, repeat := range lattices {
			t.Run(n.name+"/"+repeat.String(), func(t *testing.T) {
				if d := check(t, repeat, repeat); d > 2e-5 {
					t.Errorf("the outcome moves with a difference of %.2g", d)
				}
			})
		}
		t.Run(n.name+"/none", func(t *testing.T) {
			if d := check(t, pattern.Repeat{Kind: pattern.None}, pattern.Repeat{}); d < 1e-3 {
				t.Errorf("without wrapping the outcome moves with a difference of %.2g only: the test could not fail", d)
			}
		})
	}
}

// TestWrapSwitch runs one program both ways.
func TestWrapSwitch(t *testing.T) {
	q := bench(t)
	for _, n := range networks() {
		t.Run(n.name, func(t *testing.T) {
			set := n.set(t)
			repeat := pattern.Repeat{Kind: pattern.HalfDrop, N: 1, D: 3}
			in := n.in(rand.New(rand.NewPCG(5, 6)))
			get := func(o graph.Options, wrap ...float32) golden.Tensors {
				spec, err := n.build(set, o)
				if err != nil {
					t.Fatal(err)
				}
				feed := golden.Tensors{}
				for k, v := range in {
					feed[k] = v
				}
				if len(wrap) > 0 {
					feed["wrap"] = golden.Floats(wrap, 1)
				}
				return run(t, q, spec, feed)
			}
			with := n.options(repeat)
			with.WrapSwitch = true
			wrapped, zero := get(n.options(repeat)), get(n.options(pattern.Repeat{Kind: pattern.None}))
			on, off := get(with, 1), get(with, 0)
			for name := range wrapped {
				if d := apart(t, wrapped[name], on[name]); d > 1e-5 {
					t.Errorf("%s: 1 is %.2g off wrapping", name, d)
				}
				if d := apart(t, zero[name], off[name]); d > 1e-5 {
					t.Errorf("%s: 0 is %.2g off zero padding", name, d)
				}
				if d := apart(t, zero[name], wrapped[name]); d < 1e-4 {
					t.Errorf("%s: wrapping changes nothing: the test could not fail", name)
				}
			}
		})
	}
}

// TestControlNetOfNothing: residuals that are zero leave the UNet as it is, and
// the scale is what makes them so.
func TestControlNetOfNothing(t *testing.T) {
	q := bench(t)
	nets := networks()
	unet, control := nets[0], nets[2]
	in := control.in(rand.New(rand.NewPCG(8, 9)))
	repeat := pattern.Repeat{Kind: pattern.Brick}
	spec, err := control.build(control.set(t), control.options(repeat))
	if err != nil {
		t.Fatal(err)
	}
	residuals := run(t, q, spec, in)
	in["conditioning_scale"] = golden.Floats([]float32{0}, 1)
	nothing := run(t, q, spec, in)
	plainIn := golden.Tensors{"latent": in["latent"], "timestep": in["timestep"], "context": in["context"]}
	set := unet.set(t)
	if spec, err = unet.build(set, unet.options(repeat)); err != nil {
		t.Fatal(err)
	}
	plain := run(t, q, spec, plainIn)["sample"]
	o := unet.options(repeat)
	o.Residuals = true
	if spec, err = unet.build(set, o); err != nil {
		t.Fatal(err)
	}
	feed := func(residuals golden.Tensors) golden.Tensor {
		all := golden.Tensors{}
		for _, m := range []golden.Tensors{plainIn, residuals} {
			for k, v := range m {
				all[k] = v
			}
		}
		return run(t, q, spec, all)["sample"]
	}
	if d := apart(t, plain, feed(nothing)); d > 1e-6 {
		t.Errorf("residuals of scale 0 change the UNet by %.2g", d)
	}
	if d := apart(t, plain, feed(residuals)); d < 1e-3 {
		t.Errorf("residuals change the UNet by %.2g only", d)
	}
}

// TestWeightsThatDoNotFit takes a set apart in three ways.
func TestWeightsThatDoNotFit(t *testing.T) {
	for _, n := range networks() {
		o := n.options(pattern.Repeat{Kind: pattern.None})
		set := n.set(t)
		names := set.Names()
		without := func(drop string, add ...weights.Tensor) *weights.Set {
			var ts []weights.Tensor
			for _, k := range names {
				if x, _ := set.Lookup(k); k != drop {
					ts = append(ts, x)
				}
			}
			s, err := weights.NewSet(append(ts, add...)...)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		victim, _ := set.Lookup(names[len(names)/2])
		wrong := victim
		wrong.Shape = append([]int{1}, victim.Shape...)
		prefix := ""
		if strings.Contains(n.name, "encoder") || strings.Contains(n.name, "decoder") {
			prefix = strings.TrimPrefix(strings.TrimPrefix(n.name, "vae "), "tiny ") + "."
		}
		extra := victim
		extra.Name = prefix + "nobody.weight"
		for name, c := range map[string]struct {
			set *weights.Set
			ok  func(e *graph.WeightsError) bool
		}{
			"missing": {without(victim.Name), func(e *graph.WeightsError) bool {
				return len(e.Faults) > 0 && e.Faults[0].Key == victim.Name && slices.Equal(e.Faults[0].Want, victim.Shape) && e.Faults[0].Have == nil
			}},
			"shape": {without(victim.Name, wrong), func(e *graph.WeightsError) bool {
				return len(e.Faults) > 0 && slices.Equal(e.Faults[0].Want, victim.Shape) && slices.Equal(e.Faults[0].Have, wrong.Shape)
			}},
			"unused": {without("", extra), func(e *graph.WeightsError) bool {
				return len(e.Faults) == 0 && slices.Equal(e.Unused, []string{extra.Name})
			}},
		} {
			_, err := n.build(c.set, o)
			var e *graph.WeightsError
			if !errors.As(err, &e) || !c.ok(e) {
				t.Errorf("%s, %s: got %v", n.name, name, err)
			}
		}
	}
}

func TestOptionsThatDoNotFit(t *testing.T) {
	for _, n := range networks() {
		set := n.set(t)
		try := func(change func(*graph.Options)) error {
			o := n.options(pattern.Repeat{Kind: pattern.None})
			change(&o)
			_, err := n.build(set, o)
			return err
		}
		var size *graph.SizeError
		if err := try(func(o *graph.Options) { o.Height = 0 }); !errors.As(err, &size) {
			t.Errorf("%s: height 0: %v", n.name, err)
		}
		if n.stride > 1 {
			if err := try(func(o *graph.Options) { o.Width++ }); !errors.As(err, &size) || size.Multiple != n.stride || size.Width != n.w+1 {
				t.Errorf("%s: an odd width: %v", n.name, err)
			}
		}
		var option *graph.OptionError
		if err := try(func(o *graph.Options) { o.Batch = 0 }); !errors.As(err, &option) {
			t.Errorf("%s: batch 0: %v", n.name, err)
		}
		if err := try(func(o *graph.Options) { o.Taps = []string{"nowhere"} }); !errors.As(err, &option) {
			t.Errorf("%s: a tap of no module: %v", n.name, err)
		}
		var shift *graph.ShiftError
		if err := try(func(o *graph.Options) { o.Repeat = pattern.Repeat{Kind: pattern.HalfDrop, N: 1, D: 5} }); !errors.As(err, &shift) || shift.Layer == "" {
			t.Errorf("%s: a fifth of %d rows: %v", n.name, n.h, err)
		}
	}
}

// TestShiftErrorNamesTheResolution: a half of 12 rows is whole, a half of the 3
// rows at the bottom of a deeper UNet is not.
func TestShiftErrorNamesTheResolution(t *testing.T) {
	c := small()
	c.BlockOutChannels = []int{8, 8, 16}
	c.DownBlockTypes = append([]string{"DownBlock2D"}, c.DownBlockTypes...)
	c.UpBlockTypes = append(c.UpBlockTypes, "UpBlock2D")
	o := graph.Options{Batch: 1, Height: 12, Width: 12, Tokens: 5}
	set := wanted(t, func(s *weights.Set) (gpu.Spec, error) {
		o := o
		o.Repeat.Kind = pattern.None
		return graph.UNet(c, s, o)
	}, random(1))
	o.Repeat.Kind = pattern.HalfDrop
	_, err := graph.UNet(c, set, o)
	var shift *graph.ShiftError
	if !errors.As(err, &shift) || shift.Height != 3 || shift.Width != 3 || !strings.HasPrefix(shift.Layer, "down_blocks.2") {
		t.Errorf("got %v, want a *ShiftError on the 3 x 3 plane of down_blocks.2", err)
	}
	if !strings.Contains(fmt.Sprint(err), "3 x 3") {
		t.Errorf("%v does not name the plane", err)
	}
}

// TestBatchIsMany: two pictures in one run are what each is alone.
func TestBatchIsMany(t *testing.T) {
	q := bench(t)
	for _, fused := range []bool{true, false} {
		for _, n := range networks() {
			t.Run(fmt.Sprint(n.name, " fused ", fused), func(t *testing.T) {
				set := n.set(t)
				o := n.options(pattern.Repeat{Kind: pattern.HalfDrop})
				o.Fused = fused
				one, err := n.build(set, o)
				if err != nil {
					t.Fatal(err)
				}
				o.Batch = 2
				two, err := n.build(set, o)
				if err != nil {
					t.Fatal(err)
				}
				r := rand.New(rand.NewPCG(1, 2))
				a, b := n.in(r), n.in(r)
				both := golden.Tensors{}
				for k, x := range a {
					if k == "conditioning_scale" {
						both[k] = x
						continue
					}
					both[k] = golden.Floats(append(slices.Clone(x.F32), b[k].F32...), append([]int{2}, x.Shape[1:]...)...)
				}
				ya, yb, y := run(t, q, one, a), run(t, q, one, b), run(t, q, two, both)
				for k, x := range y {
					want := golden.Floats(append(slices.Clone(ya[k].F32), yb[k].F32...), x.Shape...)
					if d := apart(t, x, want); d > 1e-5 {
						t.Errorf("%s differs by %.2g", k, d)
					}
				}
			})
		}
	}
}
