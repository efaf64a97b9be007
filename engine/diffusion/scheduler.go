package diffusion

import "fmt"

// Scheduler takes noise to a latent in steps, as the diffusers class of its
// configuration does. It holds the state of one generation: make a new one for
// the next.
//
// Steps are counted by their index into Timesteps, from the noisiest on, and
// run in order; the first one may be later than 0 (image to image). Latents
// are float32 slices of any shape, a whole batch at once, since every
// scheduler works element by element. No method changes its arguments, and
// the results are the caller's.
type Scheduler struct {
	class   SchedulerClass
	kind    string // of prediction
	table   schedule
	initial float32
	method  stepper
}

// stepper is the part that differs from class to class.
type stepper interface {
	// step returns the sample after step i and the picture that the model
	// predicts in it.
	step(i int, out, sample, noise []float32) (next, predicted []float32)
	// noisy says whether step i wants noise.
	noisy(i int) bool
}

// StepsError says why a number of steps cannot be run.
type StepsError struct {
	Class  SchedulerClass
	Steps  int
	Reason string
}

func (e *StepsError) Error() string {
	return fmt.Sprintf("%s: %d steps %s", e.Class, e.Steps, e.Reason)
}

type scheduleOptions struct {
	originalSteps int
	eta           float64
}

// ScheduleOption is a choice that is made anew for every generation.
type ScheduleOption func(*scheduleOptions)

// WithEta makes DDIM stochastic: 0 is DDIM, 1 is DDPM. Other classes ignore it.
func WithEta(eta float64) ScheduleOption { return func(o *scheduleOptions) { o.eta = eta } }

// WithOriginalSteps says for LCM how many steps the schedule had that the model
// was distilled on; 0 means what the configuration says.
func WithOriginalSteps(n int) ScheduleOption {
	return func(o *scheduleOptions) { o.originalSteps = n }
}

// NewScheduler builds the scheduler of a configuration for a number of steps.
// Errors are a SchedulerConfigError or a StepsError.
func NewScheduler(cfg SchedulerConfig, steps int, opts ...ScheduleOption) (*Scheduler, error) {
	set, err := cfg.settings()
	if err != nil {
		return nil, err
	}
	var o scheduleOptions
	for _, f := range opts {
		f(&o)
	}
	if !(o.eta >= 0 && o.eta <= 1) {
		return nil, &SchedulerConfigError{Class: cfg.Class, Field: "eta", Reason: fmt.Sprintf("%g is outside 0 to 1", o.eta)}
	}
	set.eta = o.eta
	table, err := set.schedule(steps, o)
	if err != nil {
		return nil, err
	}
	s := &Scheduler{class: cfg.Class, kind: set.prediction, table: table, initial: 1}
	switch cfg.Class {
	case DDIMClass:
		s.method = newDDIM(set, table)
	case LCMClass:
		s.method = &lcm{set: set, table: table}
	case DPMMultistepClass:
		s.method = &dpm{set: set, sigmas: table.sigmas}
	case UniPCClass:
		s.method = &uniPC{set: set, sigmas: table.sigmas}
	default:
		s.initial = eulerInitial(set, table.sigmas)
		s.method = &euler{set: set, sigmas: table.sigmas}
	}
	return s, nil
}

// Class names the algorithm.
func (s *Scheduler) Class() SchedulerClass { return s.class }

// Timesteps returns what the model is told in every step: training timesteps,
// from the noisiest down, fractional for some Euler schedules. Their number
// is the number of steps. It must not be changed.
func (s *Scheduler) Timesteps() []float32 { return s.table.timesteps }

// Sigmas returns the noise over the signal before every step and after the
// last one; nil for DDIM and LCM, which do not work in sigmas. It must not be
// changed.
func (s *Scheduler) Sigmas() []float32 { return s.table.sigmas }

// InitNoiseSigma is what unit noise is multiplied by to start from.
func (s *Scheduler) InitNoiseSigma() float32 { return s.initial }

// ScaleInput returns what the model sees of a latent in step i.
func (s *Scheduler) ScaleInput(i int, sample []float32) []float32 {
	out := make([]float32, len(sample))
	if e, ok := s.method.(*euler); ok {
		d := e.inputDivisor(i)
		for k, x := range sample {
			out[k] = x / d
		}
		return out
	}
	copy(out, sample)
	return out
}

// StepNoise says whether step i adds noise: whether Step wants unit variance
// noise of the latent's size there.
func (s *Scheduler) StepNoise(i int) bool { return s.method.noisy(i) }

// Step returns the latent after step i, given the model's output for the scaled
// input. All slices have the same length; noise may be nil where StepNoise is
// false.
func (s *Scheduler) Step(i int, output, sample, noise []float32) []float32 {
	next, _ := s.StepPredict(i, output, sample, noise)
	return next
}

// StepPredict is Step, and also returns the finished latent that the model
// predicts in this step, which is what a preview shows.
func (s *Scheduler) StepPredict(i int, output, sample, noise []float32) (next, predicted []float32) {
	return s.method.step(i, output, sample, noise)
}

// Revise returns what the model would have to say in step i, of the scaled input that it saw,
// for the picture that it foresees to be what change makes of it.
func (s *Scheduler) Revise(i int, output, scaled []float32, change func(clean []float32) []float32) []float32 {
	p := prediction{kind: s.kind}
	switch s.class {
	case EulerClass, EulerAncestralClass, DPMMultistepClass, UniPCClass:
		alpha, sigma := alphaSigma(float64(s.table.sigmas[i]))
		p.alpha, p.sigma = float32(alpha), float32(sigma)
	default:
		a := s.table.acp[int(s.table.timesteps[i])]
		p.alpha, p.sigma = sqrt32(a), sqrt32(1-a)
	}
	return p.output(change(p.clean(output, scaled)), scaled)
}

// AddNoise brings a clean latent to the noise level before step i.
func (s *Scheduler) AddNoise(clean, noise []float32, i int) []float32 {
	var a, b float32
	switch s.class {
	case EulerClass, EulerAncestralClass:
		a, b = 1, s.table.sigmas[i]
	case DPMMultistepClass, UniPCClass:
		alpha, sigma := alphaSigma(float64(s.table.sigmas[i]))
		a, b = float32(alpha), float32(sigma)
	default:
		p := s.table.acp[int(s.table.timesteps[i])]
		a, b = sqrt32(p), sqrt32(1-p)
	}
	out := make([]float32, len(clean))
	for k, x := range clean {
		out[k] = a*x + b*noise[k]
	}
	return out
}

// prediction turns a model's output into the clean latent and the noise that
// it stands for, where sample = alpha*clean + sigma*noise.
type prediction struct {
	kind         string
	alpha, sigma float32
}

// clean returns the predicted latent.
func (p prediction) clean(out, sample []float32) []float32 {
	x0 := make([]float32, len(sample))
	out = out[:len(sample)]
	switch p.kind {
	case "sample":
		copy(x0, out)
	case "v_prediction":
		for k, x := range sample {
			x0[k] = p.alpha*x - p.sigma*out[k]
		}
	default:
		// Not divided: the reciprocal is half the time, and its rounding is
		// within that of the result.
		f := 1 / p.alpha
		for k, x := range sample {
			x0[k] = (x - p.sigma*out[k]) * f
		}
	}
	return x0
}

// output is what the model says where it foresees clean.
func (p prediction) output(clean, sample []float32) []float32 {
	out := make([]float32, len(sample))
	clean = clean[:len(sample)]
	switch p.kind {
	case "sample":
		copy(out, clean)
	case "v_prediction":
		for k, x := range sample {
			out[k] = (p.alpha*x - clean[k]) / p.sigma
		}
	default:
		for k, x := range sample {
			out[k] = (x - p.alpha*clean[k]) / p.sigma
		}
	}
	return out
}

// noise returns the predicted noise, which is out itself where the model
// predicts just that.
func (p prediction) noise(out, sample []float32) []float32 {
	if p.kind == "epsilon" {
		return out
	}
	e := make([]float32, len(sample))
	out = out[:len(sample)]
	if p.kind == "sample" {
		for k, x := range sample {
			e[k] = (x - p.alpha*out[k]) / p.sigma
		}
		return e
	}
	for k, x := range sample {
		e[k] = p.alpha*out[k] + p.sigma*x
	}
	return e
}

// combine returns the weighted sum of slices of length n; a nil slice is left
// out. It goes over memory once for up to three terms: a step is a few of
// these.
func combine(n int, terms ...weighted) []float32 {
	out := make([]float32, n)
	var w [3]float32
	var v [3][]float32
	have := 0
	for _, t := range terms {
		if t.v == nil || t.w == 0 {
			continue
		}
		if have == len(v) {
			add(out, w, v)
			have = 0
		}
		w[have], v[have] = float32(t.w), t.v[:n]
		have++
	}
	switch have {
	case 1:
		for k, x := range v[0] {
			out[k] += w[0] * x
		}
	case 2:
		a, b := v[0][:n], v[1][:n]
		for k := range out {
			out[k] += w[0]*a[k] + w[1]*b[k]
		}
	case 3:
		add(out, w, v)
	}
	return out
}

// add adds three weighted slices to out.
func add(out []float32, w [3]float32, v [3][]float32) {
	n := len(out)
	a, b, c := v[0][:n], v[1][:n], v[2][:n]
	for k := range out {
		out[k] += w[0]*a[k] + w[1]*b[k] + w[2]*c[k]
	}
}

type weighted struct {
	w float64
	v []float32
}
