package graph_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/selvage-studio/selvage/engine/graph"
	"github.com/selvage-studio/selvage/engine/internal/golden"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/weights"
	"github.com/selvage-studio/selvage/gpu"
)

// bench opens what the tests run graphs on.
func bench(t testing.TB) *gpu.Queue { return benchOn(t, "cpu") }

// benchOn is bench for a device; the test skips where the machine has none of that name.
func benchOn(t testing.TB, device string) *gpu.Queue {
	t.Helper()
	rt, err := gpu.Open(gpu.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
	})
	q, err := rt.Queue(t.Context(), device)
	var unknown *gpu.UnknownDeviceError
	if errors.As(err, &unknown) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func run(t testing.TB, q *gpu.Queue, spec gpu.Spec, in golden.Tensors) golden.Tensors {
	t.Helper()
	ctx := context.Background()
	p, err := q.Load(ctx, spec)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Release()
	feed := map[string]*tensor.Dense{}
	for name, x := range in {
		var backing any = x.F32
		if x.I64 != nil {
			backing = x.I64
		}
		feed[name] = tensor.New(tensor.WithShape(x.Shape...), tensor.WithBacking(backing))
	}
	out, err := p.Run(ctx, feed)
	if err != nil {
		t.Fatal(err)
	}
	got := golden.Tensors{}
	for name, x := range out {
		values, ok := x.Data().([]float32)
		if !ok {
			t.Fatalf("output %s is %v", name, x.Dtype())
		}
		got[name] = golden.Floats(values, x.Shape().Clone()...)
	}
	return got
}

type params struct {
	Encoder    string         `json:"encoder"`
	ControlNet string         `json:"controlnet"`
	Scale      float32        `json:"conditioning_scale"`
	Repeat     *golden.Repeat `json:"repeat"`
	LoRAs      []golden.LoRA  `json:"loras"`
}

func (p params) repeat(t *testing.T) pattern.Repeat {
	t.Helper()
	if p.Repeat == nil {
		return pattern.Repeat{Kind: pattern.None}
	}
	drop := ""
	if len(p.Repeat.Drop) == 2 {
		drop = fmt.Sprintf("%d/%d", p.Repeat.Drop[0], p.Repeat.Drop[1])
	}
	r, err := pattern.ParseRepeat(p.Repeat.Kind, drop)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func open(t *testing.T, s *golden.Suite, name string) *weights.Model {
	t.Helper()
	desc, ok := s.Models[name]
	if !ok {
		t.Fatalf("the manifest has no model %q", name)
	}
	var opts []weights.Option
	if desc.Config != "" {
		opts = append(opts, weights.WithConfig(s.Path(desc.Config)))
	}
	m, err := weights.Open(s.Path(desc.Path), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// computer computes cases of the golden suite with one form of the graphs.
type computer struct {
	q       *gpu.Queue
	options graph.Options
}

func (k computer) compute(t *testing.T, s *golden.Suite, c golden.Case) (golden.Tensors, []string) {
	var p params
	if err := c.Decode(&p); err != nil {
		t.Fatal(err)
	}
	m := open(t, s, c.Model)
	in, want := s.Inputs(t, c), s.Expected(t, c)
	o := k.options
	o.Repeat = p.repeat(t)
	for _, tap := range want.Taps() {
		o.Taps = append(o.Taps, strings.TrimPrefix(tap, "tap/"))
	}
	for _, name := range []string{"latent", "image", "input_ids"} {
		if x, ok := in[name]; ok {
			o.Batch = x.Shape[0]
			if len(x.Shape) == 4 {
				o.Height, o.Width = x.Shape[2], x.Shape[3]
			} else {
				o.Tokens = x.Shape[1]
			}
		}
	}
	if x, ok := in["context"]; ok {
		o.Tokens = x.Shape[1]
	}
	if x, ok := in["timestep"]; ok && x.Shape[0] == 1 {
		same := make([]float32, o.Batch)
		for i := range same {
			same[i] = x.F32[0]
		}
		in["timestep"] = golden.Floats(same, o.Batch)
	}
	if len(p.LoRAs) > 0 {
		m = k.merge(t, s, m, p.LoRAs)
	}
	var spec gpu.Spec
	var err error
	switch kind := strings.TrimPrefix(strings.TrimPrefix(c.Kind, "seamless_"), "lora_"); kind {
	case "text_encode":
		e := m.TextEncoder
		if p.Encoder == "text_encoder_2" {
			e = m.TextEncoder2
		}
		spec, err = graph.TextEncoder(e.Config, e.Weights, o)
	case "unet", "unet_batch2":
		spec, err = graph.UNet(m.UNet.Config, m.UNet.Weights, o)
	case "vae_encode":
		spec, err = graph.VAEEncoder(m.VAE.Config, m.VAE.Weights, o)
	case "vae_decode":
		spec, err = graph.VAEDecoder(m.VAE.Config, m.VAE.Weights, o)
	case "tiny_encode":
		spec, err = graph.TinyEncoder(m.VAE.Config, m.VAE.Weights, o)
	case "tiny_decode":
		spec, err = graph.TinyDecoder(m.VAE.Config, m.VAE.Weights, o)
	case "upscale":
		spec, err = graph.Upscaler(m.Upscaler.Config, m.Upscaler.Weights, o)
		if err == nil {
			got := run(t, k.q, spec, in)
			got["image"] = got[graph.UpscalerOutput]
			return got, []string{"tap/conv_first", "tap/body", "image"}
		}
	case "controlnet":
		return k.controlled(t, open(t, s, p.ControlNet), m, in, o, p.Scale)
	default:
		t.Fatalf("kind %s is not known here", c.Kind)
	}
	if err != nil {
		t.Fatal(err)
	}
	return run(t, k.q, spec, in), order(want)
}

// controlled runs a ControlNet and then the UNet on what it gives.
func (k computer) controlled(t *testing.T, cn, m *weights.Model, in golden.Tensors, o graph.Options, scale float32) (golden.Tensors, []string) {
	spec, err := graph.ControlNet(cn.ControlNet.Config, cn.ControlNet.Weights, o)
	if err != nil {
		t.Fatal(err)
	}
	in["conditioning_scale"] = golden.Floats([]float32{scale}, 1)
	got := run(t, k.q, spec, in)
	o.Taps = nil
	o.Residuals = true
	if spec, err = graph.UNet(m.UNet.Config, m.UNet.Weights, o); err != nil {
		t.Fatal(err)
	}
	feed := golden.Tensors{"latent": in["latent"], "timestep": in["timestep"], "context": in["context"]}
	order := []string{"tap/controlnet_cond_embedding"}
	for i := 0; ; i++ {
		name := fmt.Sprintf("down_residual.%d", i)
		x, ok := got[name]
		if !ok {
			break
		}
		feed[name] = x
		order = append(order, name)
	}
	feed["mid_residual"] = got["mid_residual"]
	got["sample"] = run(t, k.q, spec, feed)["sample"]
	return got, append(order, "mid_residual", "sample")
}

func (k computer) merge(t *testing.T, s *golden.Suite, m *weights.Model, loras []golden.LoRA) *weights.Model {
	var list []weights.LoRA
	for _, l := range loras {
		list = append(list, weights.LoRA{Path: s.Path(l.File), Scale: l.Scale})
	}
	merged, err := m.WithLoRAs(t.Context(), list)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := merged.Close(); err != nil {
			t.Error(err)
		}
	})
	return merged
}

// order sorts taps by the way that values take through the networks.
func order(want golden.Tensors) []string {
	var names []string
	for _, stage := range []string{
		"tap/time_embedding", "tap/add_embedding", "tap/hidden_states", "tap/encoder.conv_in", "tap/decoder.conv_in", "tap/conv_in",
		"tap/encoder.down_blocks", "tap/down_blocks", "tap/encoder.mid_block", "tap/decoder.mid_block", "tap/mid_block",
		"tap/decoder.up_blocks", "tap/up_blocks",
	} {
		for _, n := range want.Taps() {
			if strings.HasPrefix(n, stage) {
				names = append(names, n)
			}
		}
	}
	return names
}

func TestGolden(t *testing.T) {
	q := bench(t)
	for _, form := range []struct {
		name    string
		options graph.Options
	}{
		{"fused", graph.Options{Fused: true}},
		{"plain", graph.Options{}},
	} {
		t.Run(form.name, func(t *testing.T) {
			golden.Run(t, golden.Graph, computer{q, form.options}.compute)
		})
	}
}

// TestGoldenInBfloat runs the cases on the devices that multiply in bfloat16. The
// tolerances are those of single precision, so many times over: two parts of a number
// are 2^-17 of it off, one is 2^-9.
func TestGoldenInBfloat(t *testing.T) {
	for _, form := range []struct {
		device string
		factor float64
	}{
		{"cpu:bf16x2", 6},
		{"cpu:bf16", 3000},
	} {
		t.Run(form.device, func(t *testing.T) {
			q := benchOn(t, form.device)
			golden.RunScaled(t, golden.Graph, form.factor, computer{q, graph.Options{Fused: true, Parts: q.Device().Parts}}.compute)
		})
	}
}
