package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"gorgonia.org/tensor"

	"github.com/selvage-studio/selvage/engine/diffusion"
	"github.com/selvage-studio/selvage/engine/graph"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/seam"
	"github.com/selvage-studio/selvage/engine/starter"
	"github.com/selvage-studio/selvage/engine/weights"
	"github.com/selvage-studio/selvage/gpu"
)

// ours runs one measurement of this program and prints its figures.
func ours(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("say what to measure")
	}
	var f figures
	var err error
	switch args[0] {
	case "step":
		f, err = step(ctx, args[1], args[2], args[3], args[4], args[5:])
	case "first":
		f, err = first(ctx, args[1], args[2])
	case "starter":
		f, err = starterRun(ctx)
	case "rolling":
		f, err = rolling(ctx)
	case "graphs":
		f, err = graphs()
	case "dabs":
		f, err = dabs(ctx)
	case "lock":
		f, err = lock(ctx, args[1], args[2])
	case "replay":
		f, err = replay(ctx, args[1])
	default:
		err = fmt.Errorf("there is nothing called %s to measure", args[0])
	}
	if err != nil {
		return err
	}
	f.PeakBytes = peakBytes()
	if f.CPU == 0 {
		f.CPU = cpuSeconds()
	}
	out, err := json.Marshal(f)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(os.Stdout, "%s\n", out)
	return err
}

// peakBytes is the largest resident memory that the process had.
func peakBytes() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.SplitSeq(string(status), "\n") {
		if kib, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kib), "kB")), 10, 64)
			return n << 10
		}
	}
	return 0
}

// cpuSeconds is what all cores have spent on this process. On a machine that others use
// it says more than the clock.
func cpuSeconds() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// processorQueue opens the CPU.
func processorQueue(ctx context.Context) (*gpu.Runtime, *gpu.Queue, error) {
	return queueOf(ctx, "cpu")
}

// queueOf opens a device, and no other in its place; "" is the one that the program
// takes by itself.
func queueOf(ctx context.Context, device string) (*gpu.Runtime, *gpu.Queue, error) {
	rt, err := gpu.Open(gpu.Config{})
	if err != nil {
		return nil, nil, err
	}
	q, err := rt.Queue(ctx, device)
	if err == nil && device != "" && q.Device().ID != device {
		err = fmt.Errorf("%s does not start: %w", device, q.Fallbacks()[0].Err)
	}
	if err != nil {
		return nil, nil, errors.Join(err, rt.Close())
	}
	return rt, q, nil
}

func ones(n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(i%17)/17 - 0.5
	}
	return v
}

// step times forwards of a UNet at 64 x 64 latents, batch 1, on a device, and writes what
// it computes to the file sample, unless that is empty.
func step(ctx context.Context, dir, runs, device, sample string, layout []string) (f figures, err error) {
	drop := ""
	if len(layout) > 1 {
		drop = layout[1]
	}
	rep, err := pattern.ParseRepeat(layout[0], drop)
	if err != nil {
		return f, err
	}
	n, err := strconv.Atoi(runs)
	if err != nil {
		return f, err
	}
	began := time.Now()
	m, err := weights.Open(dir)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	rt, q, err := queueOf(ctx, device)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, rt.Close()) }()
	spec, err := graph.UNet(m.UNet.Config, m.UNet.Weights, graph.Options{Batch: 1, Height: 64, Width: 64, Tokens: 77, Repeat: rep, Fused: q.Device().Provider == "CPUExecutionProvider", Parts: q.Device().Parts})
	if err != nil {
		return f, err
	}
	p, err := q.Load(ctx, spec)
	if err != nil {
		return f, err
	}
	f.LoadSeconds = time.Since(began).Seconds()
	f.Values = map[string]float64{"load": cpuSeconds()}
	run := func() (float64, error) {
		began := time.Now()
		out, err := p.Run(ctx, map[string]*tensor.Dense{
			"latent":   tensor.New(tensor.WithShape(1, 4, 64, 64), tensor.WithBacking(ones(4*64*64))),
			"timestep": tensor.New(tensor.WithShape(1), tensor.WithBacking([]float32{500})),
			"context":  tensor.New(tensor.WithShape(1, 77, 768), tensor.WithBacking(ones(77*768))),
		})
		took := time.Since(began).Seconds()
		if err == nil && sample != "" {
			err = writeSample(sample, out["sample"].Float32s())
		}
		return took, err
	}
	if f.First, err = run(); err != nil {
		return f, err
	}
	f.Values["first"] = cpuSeconds() - f.Values["load"]
	before := cpuSeconds()
	for range n {
		s, err := run()
		if err != nil {
			return f, err
		}
		f.Seconds = append(f.Seconds, s)
	}
	f.Values["forward"] = (cpuSeconds() - before) / float64(n)
	return f, nil
}

// first is the time from the start of the process to the end of the first of
// two steps with guidance.
func first(ctx context.Context, dir, device string) (f figures, err error) {
	began := startOfProcess()
	m, err := weights.Open(dir)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	rt, q, err := queueOf(ctx, device)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, rt.Close()) }()
	p, err := diffusion.New(m, q, diffusion.Extras{})
	if err != nil {
		return f, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	_, err = p.Generate(ctx, diffusion.Request{
		Prompt: "red tulips on a cream ground", Width: 512, Height: 512, Steps: 2, Guidance: 7.5, Seed: 1,
		Repeat: pattern.Repeat{Kind: pattern.None},
	}, func(g diffusion.Progress) {
		if g.Stage == diffusion.StageSample && g.Step == 1 {
			f.Seconds, f.CPU = append(f.Seconds, time.Since(began).Seconds()), cpuSeconds()
			cancel()
		}
	})
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	return f, err
}

// bundled is the starter on the processor.
type bundled struct {
	pipeline *diffusion.Pipeline
	critic   *starter.Critic
	beside   int // samples that are made beside each other
	shut     func() error
}

// openStarter makes a pipeline of the starter model, and opens its critic.
func openStarter(ctx context.Context) (b bundled, err error) {
	m, err := starter.Open()
	if err != nil {
		return b, err
	}
	rt, q, err := processorQueue(ctx)
	if err != nil {
		return b, errors.Join(err, m.Close())
	}
	b.beside, b.shut = q.Width(), func() error { return errors.Join(rt.Close(), m.Close()) }
	if b.pipeline, err = diffusion.New(m, q, diffusion.Extras{}); err != nil {
		return b, errors.Join(err, b.shut())
	}
	if b.critic, err = starter.OpenCritic(q); err != nil {
		return b, errors.Join(err, b.shut())
	}
	return b, nil
}

// starterRun is one generation of the starter after one that warms up.
func starterRun(ctx context.Context) (f figures, err error) {
	b, err := openStarter(ctx)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, b.shut()) }()
	p := b.pipeline
	r := diffusion.Request{
		Prompt: "large flowers, half-drop, flat, two colours", Steps: 20, Guidance: starter.Guidance, Sampler: starter.Sampler, Seed: 1,
		Repeat: pattern.Repeat{Kind: pattern.HalfDrop},
	}
	native := pattern.Size{Width: starter.Native, Height: starter.Native}
	group := starter.GroupFor(r.Prompt, pattern.Lattice{Repeat: r.Repeat, Stride: starter.Native / 4}, native)
	f.Values = map[string]float64{}
	for name, of := range map[string]starter.Group{"group": group, "whole": {Size: native, Repeat: r.Repeat, Times: 1}} {
		r.Width, r.Height, r.Repeat = of.Size.Width, of.Size.Height, of.Repeat
		for range 2 {
			made, err := p.Generate(ctx, r, nil)
			if err != nil {
				return f, err
			}
			f.Values[name+" total"], f.Values[name+" runs"] = made[0].Total.Seconds(), made[0].Compute.Seconds()
		}
	}
	// As long as it takes where the critic finds in none what was asked for, made as the program makes them.
	r.Width, r.Height, r.Repeat, r.Threads = group.Size.Width, group.Size.Height, group.Repeat, 1
	one := func(ctx context.Context, try int, _ func(diffusion.Progress)) (made diffusion.Result, err error) {
		r := r
		r.Seed = starter.TrySeed(1, try)
		all, err := p.Generate(ctx, r, nil)
		if err != nil {
			return made, err
		}
		_, err = b.critic.Look(ctx, all[0].Picture, group, pattern.Repeat{Kind: pattern.HalfDrop}, b.critic.Asked(r.Prompt, 0), 3)
		return all[0], err
	}
	take := func(_ int, made diffusion.Result) bool {
		f.Values["tries runs"] += made.Compute.Seconds()
		return false
	}
	for range 2 {
		began := time.Now()
		f.Values["tries runs"] = 0
		if err := starter.InOrder(ctx, starter.Tries, b.beside, one, func(int, diffusion.Progress) {}, take); err != nil {
			return f, err
		}
		f.Values["tries total"] = time.Since(began).Seconds()
	}
	return f, nil
}

// rollShares are the shares of rolled steps that are compared.
func rollShares() []float64 { return []float64{0, 0.4, 0.8, 1} }

// rollingSeeds is how many pictures are made of every prompt.
const rollingSeeds = 3

// told is a prompt with what can be checked of it.
type told struct {
	prompt string
	colors int
	across bool // stripes run across
	down   bool // stripes run down
}

func rollingPrompts() []told {
	return []told{
		{prompt: "large flowers grid one colour", colors: 1},
		{prompt: "large flowers half-drop two colours", colors: 2},
		{prompt: "dense daisies three colours", colors: 3},
		{prompt: "polka dots grid one colour", colors: 1},
		{prompt: "polka dots two colours", colors: 2},
		{prompt: "scallops three colours", colors: 3},
		{prompt: "horizontal stripes one colour", colors: 1, across: true},
		{prompt: "vertical stripes two colours", colors: 2, down: true},
		{prompt: "chevrons two colours", colors: 2},
		{prompt: "sparse hearts brick one colour", colors: 1},
	}
}

// rolling compares wrapping in every step with rolling first.
func rolling(ctx context.Context) (f figures, err error) {
	b, err := openStarter(ctx)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, b.shut()) }()
	p := b.pipeline
	f.Values = map[string]float64{}
	rep := pattern.Repeat{Kind: pattern.HalfDrop, N: 1, D: 2}
	for _, roll := range rollShares() {
		key := strconv.FormatFloat(roll, 'g', 3, 64)
		var followed, proved, asked float64
		worst := 0.0
		for _, want := range rollingPrompts() {
			made, err := p.Generate(ctx, diffusion.Request{
				Prompt: want.prompt, Width: starter.Native, Height: starter.Native, Steps: 16, Guidance: starter.Guidance, Sampler: starter.Sampler,
				Seed: 100, Count: rollingSeeds, Repeat: rep, RollUntil: roll,
			}, nil)
			if err != nil {
				return f, err
			}
			for _, m := range made {
				report, err := seam.Measure(m.Picture.NRGBA(), rep)
				if err != nil {
					return f, err
				}
				asked++
				worst = max(worst, report.Statistic)
				if report.Pass {
					proved++
				}
				if want.followed(m.Picture) {
					followed++
				}
			}
		}
		f.Values["followed "+key], f.Values["proved "+key], f.Values["worst "+key] = followed/asked, proved/asked, worst
	}
	return f, nil
}

// graphs times the building of SDXL's UNet. Building reads no weight, so sizes
// are enough: a graph on no weights says which it wants.
func graphs() (f figures, err error) {
	cfg := weights.UNetConfig{
		InChannels: 4, OutChannels: 4, BlockOutChannels: []int{320, 640, 1280},
		DownBlockTypes: []string{"DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"},
		UpBlockTypes:   []string{"CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"},
		MidBlockType:   "UNetMidBlock2DCrossAttn", LayersPerBlock: weights.Ints{2},
		TransformerLayersPerBlock: weights.Ints{1, 2, 10}, AttentionHeadDim: weights.Ints{5, 10, 20}, CrossAttentionDim: weights.Ints{2048},
		UseLinearProjection: true, NormNumGroups: 32, NormEps: 1e-5, ActFn: "silu", FlipSinToCos: true, ResnetTimeScaleShift: "default",
		AdditionEmbedType: "text_time", AdditionTimeEmbedDim: 256, ProjectionClassEmbeddingsInput: 2816,
	}
	o := graph.Options{Batch: 2, Height: 128, Width: 128, Tokens: 77, Repeat: pattern.Repeat{Kind: pattern.HalfDrop}, Fused: true}
	none, err := weights.NewSet()
	if err != nil {
		return f, err
	}
	var missing *graph.WeightsError
	if _, err := graph.UNet(cfg, none, o); !errors.As(err, &missing) {
		return f, fmt.Errorf("a graph on no weights: %w", err)
	}
	var bytes []byte
	sizes := map[string]weights.Tensor{}
	for _, m := range missing.Faults {
		n := 4
		for _, d := range m.Want {
			n *= d
		}
		if n > len(bytes) {
			bytes = make([]byte, n)
		}
		sizes[m.Key] = weights.Tensor{Name: m.Key, Type: weights.F32, Shape: m.Want, Data: bytes[:n], File: "sizes only"}
	}
	set, err := weights.NewSet(slices.Collect(maps.Values(sizes))...)
	if err != nil {
		return f, err
	}
	for range 5 {
		began := time.Now()
		if _, err := graph.UNet(cfg, set, o); err != nil {
			return f, err
		}
		f.Seconds = append(f.Seconds, time.Since(began).Seconds())
	}
	return f, nil
}
