package diffusion

import (
	"encoding/json"
	"fmt"
	"math"
	"sync"
	"testing"

	"github.com/selvage-studio/selvage/engine/internal/golden"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/weights"
	"github.com/selvage-studio/selvage/gpu"
)

// engine is one CPU queue that the tests of the package share.
type engine struct {
	once  sync.Once
	queue *gpu.Queue
	err   error
}

var shared engine

func cpu(t testing.TB) *gpu.Queue {
	t.Helper()
	shared.once.Do(func() {
		rt, err := gpu.Open(gpu.Config{})
		if err != nil {
			shared.err = err
			return
		}
		shared.queue, shared.err = rt.Queue(t.Context(), "cpu")
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.queue
}

// one reads a parameter that is one value or a list of them.
type list[T any] []T

func (l *list[T]) UnmarshalJSON(b []byte) error {
	if string(b) != "null" && json.Unmarshal(b, (*[]T)(l)) == nil {
		return nil
	}
	var one T
	if err := json.Unmarshal(b, &one); err != nil {
		return err
	}
	*l = list[T]{one}
	return nil
}

// pipelineParams are the params of every kind that runs a whole pipeline.
type pipelineParams struct {
	Prompt            list[string]    `json:"prompt"`
	Negative          list[*string]   `json:"negative_prompt"`
	H                 int             `json:"height"`
	W                 int             `json:"width"`
	Steps             int             `json:"num_inference_steps"`
	Guidance          float64         `json:"guidance_scale"`
	Rescale           float64         `json:"guidance_rescale"`
	Strength          float64         `json:"strength"`
	ClipSkip          int             `json:"clip_skip"`
	Scheduler         json.RawMessage `json:"scheduler"`
	SetTimesteps      json.RawMessage `json:"set_timesteps"`
	LoRAs             []golden.LoRA   `json:"loras"`
	ControlNet        string          `json:"controlnet"`
	ConditioningScale float64         `json:"conditioning_scale"`
	Repeat            *golden.Repeat  `json:"repeat"`
}

// vectorDraws hands out the noise of a case.
type vectorDraws struct {
	t     *testing.T
	in    golden.Tensors
	batch int // which picture
}

func (v vectorDraws) of(name string, n int) []float32 {
	x, ok := v.in[name]
	if !ok {
		// The 4-channel pipeline draws for the masked picture and does not use it.
		if name == "masked_encode_noise" {
			return nil
		}
		v.t.Fatalf("the pipeline draws %s, which the case does not have", name)
	}
	return x.F32[v.batch*n : (v.batch+1)*n]
}

func (v vectorDraws) encode(n int) []float32       { return v.of("encode_noise", n) }
func (v vectorDraws) start(n int) []float32        { return v.of("noise", n) }
func (v vectorDraws) maskedEncode(n int) []float32 { return v.of("masked_encode_noise", n) }
func (v vectorDraws) step(i, n int) []float32 {
	x := v.in["step_noise"]
	b := x.Shape[1]
	return x.F32[(i*b+v.batch)*n : (i*b+v.batch+1)*n]
}

func openCase(t *testing.T, s *golden.Suite, name string) *weights.Model {
	t.Helper()
	m := s.Models[name]
	var opts []weights.Option
	if m.Config != "" {
		opts = append(opts, weights.WithConfig(s.Path(m.Config)))
	}
	model, err := weights.Open(s.Path(m.Path), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return model
}

func pictureOf(x golden.Tensor) *pattern.Planes {
	return &pattern.Planes{Width: x.Shape[3], Height: x.Shape[2], Data: x.F32}
}

// runPipelineCase computes a case of a kind that runs a whole pipeline.
func runPipelineCase(t *testing.T, s *golden.Suite, c golden.Case) (golden.Tensors, []string) {
	var p pipelineParams
	if err := c.Decode(&p); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	model := openCase(t, s, c.Model)
	for i, l := range p.LoRAs {
		p.LoRAs[i].File = s.Path(l.File)
	}
	if len(p.LoRAs) > 0 {
		var add []weights.LoRA
		for _, l := range p.LoRAs {
			add = append(add, weights.LoRA{Path: l.File, Scale: l.Scale})
		}
		var err error
		if model, err = model.WithLoRAs(ctx, add); err != nil {
			t.Fatal(err)
		}
	}
	var extras Extras
	if p.ControlNet != "" {
		extras.Control = openCase(t, s, p.ControlNet)
	}
	pipe, err := New(model, cpu(t), extras)
	if err != nil {
		t.Fatal(err)
	}
	in := s.Inputs(t, c)
	r := Request{
		Width: p.W, Height: p.H, Steps: p.Steps, Guidance: p.Guidance, Rescale: p.Rescale, ClipSkip: p.ClipSkip,
		Strength: p.Strength, Repeat: pattern.Repeat{Kind: pattern.None}, ControlScale: p.ConditioningScale,
	}
	if p.Repeat != nil {
		drop := ""
		if len(p.Repeat.Drop) == 2 {
			drop = fmt.Sprintf("%d/%d", p.Repeat.Drop[0], p.Repeat.Drop[1])
		}
		if r.Repeat, err = pattern.ParseRepeat(p.Repeat.Kind, drop); err != nil {
			t.Fatal(err)
		}
	}
	if x, ok := in["image"]; ok {
		r.Init = pictureOf(x)
	}
	if x, ok := in["mask"]; ok {
		r.Mask = &Mask{W: x.Shape[3], H: x.Shape[2], Pix: x.F32}
	}
	if x, ok := in["control"]; ok {
		r.Control = pictureOf(x)
	}
	cfg, err := ParseSchedulerConfig(p.Scheduler)
	if err != nil {
		t.Fatal(err)
	}
	var ds []draws
	for i := range p.Prompt {
		ds = append(ds, vectorDraws{t: t, in: in, batch: i})
	}
	j, err := pipe.newJob(r, cfg, ds)
	if err != nil {
		t.Fatal(err)
	}
	if j.cond, err = pipe.condition(ctx, j, p.Prompt, p.Negative, p.ClipSkip); err != nil {
		t.Fatal(err)
	}
	latents, err := pipe.start(ctx, j, r)
	if err != nil {
		t.Fatal(err)
	}
	var trail []float32
	steps := 0
	done, err := pipe.sample(ctx, j, latents, func(_ int, now, _ []float32) error {
		trail = append(trail, now...)
		steps++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	pixels, err := pipe.decode(ctx, j, done.latents)
	if err != nil {
		t.Fatal(err)
	}
	got := golden.Tensors{
		"prompt_embeds":          golden.Floats(j.cond.positive, j.batch, j.cond.tokens, j.cond.width),
		"negative_prompt_embeds": golden.Floats(j.cond.negative, j.batch, j.cond.tokens, j.cond.width),
		"timesteps":              golden.Floats(j.scheduler.Timesteps()[j.first:], steps),
		"latents":                golden.Floats(trail, steps, j.batch, j.channels, j.h, j.w),
		"image":                  golden.Floats(pixels, j.batch, 3, p.H, p.W),
	}
	order := []string{"prompt_embeds", "negative_prompt_embeds", "pooled_prompt_embeds", "negative_pooled_prompt_embeds", "timesteps", "latents", "image", "image_u8"}
	if j.cond.pooled != nil {
		got["pooled_prompt_embeds"] = golden.Floats(j.cond.pooled, j.batch, j.cond.pooledWidth)
		got["negative_pooled_prompt_embeds"] = golden.Floats(j.cond.pooledAgainst, j.batch, j.cond.pooledWidth)
	}
	bytes := make([]uint8, len(pixels))
	for i, v := range pixels {
		bytes[i] = uint8(math.RoundToEven(float64(min(max(v/2+0.5, 0), 1) * 255)))
	}
	got["image_u8"] = golden.Bytes(bytes, j.batch, 3, p.H, p.W)
	return got, order
}
