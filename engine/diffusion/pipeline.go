package diffusion

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"gorgonia.org/tensor"

	"github.com/selvage-studio/selvage/engine/graph"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/weights"
	"github.com/selvage-studio/selvage/gpu"
)

// Device loads compiled graphs: a gpu.Queue.
type Device interface {
	Device() gpu.Device
	Load(ctx context.Context, s gpu.Spec) (*gpu.Program, error)
}

// Extras are models beside the one that a pipeline runs.
type Extras struct {
	// Control is a ControlNet for requests with a Control picture.
	Control *weights.Model
	// Preview is an AutoencoderTiny for the same latents; without one, previews
	// are a linear map of the latents.
	Preview *weights.Model
}

// Pipeline makes pictures with one model on one device. It is safe for
// concurrent use; how much a device does at a time is told by gpu.Queue.
type Pipeline struct {
	model  *weights.Model
	extras Extras
	device Device
	text   []encoder
	// scheduler is the configuration that the model was published with.
	scheduler SchedulerConfig

	mu    sync.Mutex
	specs map[string]gpu.Spec
}

// New makes a pipeline of a model with its text encoders, UNet and VAE. It
// reads no weights yet: programs are built and loaded when they are needed.
func New(m *weights.Model, d Device, x Extras) (*Pipeline, error) {
	if m.UNet == nil || m.VAE == nil {
		return nil, fmt.Errorf("generate: %s has no UNet or no VAE, so it cannot make pictures; add a whole model", m.Name)
	}
	text, err := encoders(m)
	if err != nil {
		return nil, err
	}
	cfg, err := ownScheduler(m)
	if err != nil {
		return nil, err
	}
	return &Pipeline{model: m, extras: x, device: d, text: text, scheduler: cfg, specs: map[string]gpu.Spec{}}, nil
}

// Model returns what the pipeline runs.
func (p *Pipeline) Model() *weights.Model { return p.model }

// LatentScale is how many pixels of the picture lie under one latent sample.
func (p *Pipeline) LatentScale() int { return latentScale(p.model.VAE.Config) }

// Stride is the total stride in pixels: cell sizes and the shift of a repeat
// are multiples of it.
func (p *Pipeline) Stride() int {
	return p.LatentScale() << (len(p.model.UNet.Config.BlockOutChannels) - 1)
}

// Generate makes the pictures of a request, reporting to watch (which may be
// nil) as it goes. It stops within one step of the sampler when ctx is done.
// Errors are a RequestError, a NotANumberError, a gpu.BudgetError or what the
// device says.
func (p *Pipeline) Generate(ctx context.Context, r Request, watch func(Progress)) ([]Result, error) {
	if watch == nil {
		watch = func(Progress) {}
	}
	r, err := p.complete(r)
	if err != nil {
		return nil, err
	}
	var results []Result
	for i := range r.Count {
		began := time.Now()
		one := r
		one.Seed += uint64(i)
		report := func(g Progress) {
			g.Image, g.Images = i, r.Count
			watch(g)
		}
		res, err := p.one(ctx, one, report)
		if err != nil {
			return results, err
		}
		res.Total = time.Since(began)
		results = append(results, res)
	}
	return results, nil
}

// one makes one picture: words, noise, steps, pixels.
func (p *Pipeline) one(ctx context.Context, r Request, watch func(Progress)) (Result, error) {
	j, err := p.prepare(r)
	if err != nil {
		return Result{}, err
	}
	watch(Progress{Stage: StageEncode})
	if j.cond, err = p.condition(ctx, j, []string{r.Prompt}, []*string{r.negative()}, r.ClipSkip); err != nil {
		return Result{}, err
	}
	latents, err := p.start(ctx, j, r)
	if err != nil {
		return Result{}, err
	}
	steps := len(j.scheduler.Timesteps()) - j.first
	watch(Progress{Stage: StageSample, Steps: steps})
	done, err := p.sample(ctx, j, latents, func(i int, _, predicted []float32) error {
		g := Progress{Stage: StageSample, Step: i + 1 - j.first, Steps: steps}
		if r.Preview > 0 && g.Step%r.Preview == 0 && g.Step < steps {
			if g.Preview, err = p.preview(ctx, j, predicted); err != nil {
				return err
			}
		}
		watch(g)
		return nil
	})
	if err != nil {
		return Result{}, err
	}
	watch(Progress{Stage: StageDecode, Step: steps, Steps: steps})
	pixels, err := p.decode(ctx, j, done.latents)
	if err != nil {
		return Result{}, err
	}
	res := Result{Seed: r.Seed, Sampler: r.Sampler, Steps: steps, Asymmetry: done.asymmetry, Compute: j.spent}
	res.Picture = picture(pixels, r.Width, r.Height)
	res.UnknownWords = p.unknownWords(r.Prompt)
	return res, nil
}

// complete fills in the defaults of a request and checks its fields.
func (p *Pipeline) complete(r Request) (Request, error) {
	if r.Count == 0 {
		r.Count = 1
	}
	if r.Sampler == "" {
		r.Sampler = p.scheduler.SamplerName()
	}
	bad := func(field, format string, a ...any) (Request, error) {
		return r, &RequestError{Field: field, Reason: fmt.Sprintf(format, a...)}
	}
	switch {
	case r.Steps < 1 || r.Steps > 1000:
		return bad("steps", "%d is outside 1 to 1000", r.Steps)
	case r.Count < 1 || r.Count > 1000:
		return bad("count", "%d is outside 1 to 1000", r.Count)
	case r.Guidance < 0 || r.Guidance > 100:
		return bad("guidance", "%g is outside 0 to 100", r.Guidance)
	case r.Rescale < 0 || r.Rescale > 1:
		return bad("rescale", "%g is outside 0 to 1", r.Rescale)
	case r.RollUntil < 0 || r.RollUntil > 1:
		return bad("roll", "%g is outside 0 to 1", r.RollUntil)
	case r.Width < p.Stride() || r.Height < p.Stride() || r.Width%p.Stride() != 0 || r.Height%p.Stride() != 0:
		return bad("size", "%d x %d pixels: width and height have to be multiples of %d for this model", r.Width, r.Height, p.Stride())
	case r.Init != nil && (r.Init.Width != r.Width || r.Init.Height != r.Height):
		return bad("init", "the picture has %d x %d pixels, the cell %d x %d; resize one of them", r.Init.Width, r.Init.Height, r.Width, r.Height)
	case r.Init != nil && (r.Strength <= 0 || r.Strength > 1):
		return bad("strength", "%g is outside 0 (nothing may change) to 1 (everything may)", r.Strength)
	case r.Mask != nil && r.Init == nil:
		return bad("mask", "there is no picture to paint into; give an init picture as well")
	case r.Mask != nil && (r.Mask.W != r.Width || r.Mask.H != r.Height):
		return bad("mask", "it has %d x %d pixels, the cell %d x %d", r.Mask.W, r.Mask.H, r.Width, r.Height)
	case r.Control != nil && p.extras.Control == nil:
		return bad("control", "no ControlNet was loaded for it")
	case r.Control != nil && (r.Control.Width != r.Width || r.Control.Height != r.Height):
		return bad("control", "the picture has %d x %d pixels, the cell %d x %d", r.Control.Width, r.Control.Height, r.Width, r.Height)
	}
	if err := r.Repeat.Validate(); err != nil {
		return bad("repeat", "%v", err)
	}
	if dx, dy, exact := r.Repeat.Shift(r.Width, r.Height); !exact || dx%p.Stride() != 0 || dy%p.Stride() != 0 {
		return bad("size", "%d x %d pixels: a %v shifts by %d across and %d down, and both have to be multiples of %d for this model",
			r.Width, r.Height, r.Repeat, dx, dy, p.Stride())
	}
	for _, at := range r.Alike {
		if at.X%p.LatentScale() != 0 || at.Y%p.LatentScale() != 0 || !r.Repeat.WrapsX() || !r.Repeat.WrapsY() || r.Repeat.Kind == pattern.Mirror {
			return bad("alike", "a shift by %d across and %d down: both have to be multiples of %d for this model, and the cell has to go on beyond every edge", at.X, at.Y, p.LatentScale())
		}
	}
	if in := p.model.UNet.Config.InChannels; in != p.latentChannels() && r.Mask == nil {
		return bad("mask", "%s is an inpainting model (%d channels in) and needs a picture and a mask", p.model.Name, in)
	}
	return r, nil
}

func (p *Pipeline) latentChannels() int { return p.model.VAE.Config.LatentChannels }

// prepare works a complete request out into a job of one picture.
func (p *Pipeline) prepare(r Request) (*job, error) {
	cfg, err := p.schedulerConfig(r.Sampler)
	if err != nil {
		return nil, &RequestError{Field: "sampler", Reason: err.Error()}
	}
	j, err := p.newJob(r, cfg, []draws{seeded{NewGenerator(r.Seed)}})
	if err != nil {
		return nil, &RequestError{Field: "sampler", Reason: err.Error()}
	}
	return j, nil
}

// newJob is prepare for a scheduler and draws of the caller's choice.
func (p *Pipeline) newJob(r Request, cfg SchedulerConfig, ds []draws) (*job, error) {
	s, err := NewScheduler(cfg, r.Steps)
	if err != nil {
		return nil, err
	}
	scale := p.LatentScale()
	j := &job{
		batch: len(ds), channels: p.latentChannels(), h: r.Height / scale, w: r.Width / scale,
		repeat: r.Repeat, scheduler: s, guidance: r.Guidance, rescale: r.Rescale,
		rollUntil: r.RollUntil, rollSeed: r.Seed, draws: ds, threads: r.Threads, alikeUntil: r.AlikeUntil,
	}
	for _, at := range r.Alike {
		j.alike = append(j.alike, at.Div(scale))
	}
	switch r.Repeat.Kind {
	case pattern.Mirror:
		// The doubled canvas is a plain torus; what the reflections demand is
		// done to the prediction.
		j.mirror, j.repeat, j.h, j.w = true, pattern.Repeat{}, 2*j.h, 2*j.w
	case pattern.Hex:
		j.repeat = pattern.Repeat{Kind: pattern.HalfDrop, N: 1, D: 2}
	case pattern.None:
		j.rollUntil = 0
	default:
	}
	if r.Init != nil {
		j.first = firstStep(r.Steps, r.Strength)
		if j.first >= r.Steps {
			return nil, fmt.Errorf("strength %g of %d steps leaves none to run; raise one of them", r.Strength, r.Steps)
		}
	}
	return j, nil
}

// run executes one graph of a job, building and loading it when it is not there yet.
func (p *Pipeline) run(ctx context.Context, j *job, name string, o graph.Options, build func(graph.Options) (gpu.Spec, error), in map[string]*tensor.Dense) (map[string]*tensor.Dense, error) {
	o.Threads = j.threads
	prog, err := p.program(ctx, name, o, build)
	if err != nil {
		return nil, err
	}
	defer prog.Release()
	began := time.Now()
	out, err := prog.Run(ctx, in)
	j.spent += time.Since(began)
	return out, err
}

func (p *Pipeline) program(ctx context.Context, name string, o graph.Options, build func(graph.Options) (gpu.Spec, error)) (*gpu.Program, error) {
	key := fmt.Sprintf("%s %+v", name, o)
	p.mu.Lock()
	spec, ok := p.specs[key]
	p.mu.Unlock()
	if !ok {
		var err error
		if spec, err = build(o); err != nil {
			return nil, err
		}
		p.mu.Lock()
		p.specs[key] = spec
		p.mu.Unlock()
	}
	return p.device.Load(ctx, spec)
}

func floats(v []float32, shape ...int) *tensor.Dense {
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(v))
}

// suited gives options the operators that a device has right: see graph.Options.
func suited(d Device, o graph.Options) graph.Options {
	p := d.Device().Provider
	o.Fused = p == "CPUExecutionProvider" || p == "CUDAExecutionProvider"
	o.Parts = d.Device().Parts
	return o
}

// ownScheduler is the configuration that the model was published with.
func ownScheduler(m *weights.Model) (SchedulerConfig, error) {
	if m.Scheduler == nil {
		return SchedulerConfig{}, fmt.Errorf("generate: %s does not say which noise schedule it was trained with; put its scheduler_config.json beside it", m.Name)
	}
	cfg, err := ParseSchedulerConfig(m.Scheduler.JSON)
	if err != nil {
		return cfg, fmt.Errorf("generate: %s: %w", m.Name, err)
	}
	return cfg, nil
}

// schedulerConfig is the configuration of a sampler for the model's own noise
// schedule.
func (p *Pipeline) schedulerConfig(sampler string) (SchedulerConfig, error) {
	if sampler == p.scheduler.SamplerName() {
		// Its own class keeps settings that ForSampler would take back to
		// their defaults.
		builtIn := []SchedulerClass{DDIMClass, EulerClass, EulerAncestralClass, DPMMultistepClass, UniPCClass, LCMClass}
		if slices.Contains(builtIn, p.scheduler.Class) {
			return p.scheduler, nil
		}
	}
	return p.scheduler.ForSampler(sampler)
}
