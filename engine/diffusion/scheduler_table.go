package diffusion

import (
	"fmt"
	"math"
	"slices"
)

// The tables below are computed in float32 where diffusers does so, because
// the models were trained and are compared with exactly those numbers.

// alphasCumprod returns the products of 1-beta up to every training timestep.
func (s *schedulerSettings) alphasCumprod() ([]float32, error) {
	betas := s.betas()
	for t, b := range betas {
		if !(b >= 0 && b <= 1) {
			return nil, &SchedulerConfigError{Class: s.class, Field: "beta_schedule", Reason: fmt.Sprintf("beta %g of training step %d is outside 0 to 1", b, t)}
		}
	}
	if s.zeroSNR {
		betas = rescaleZeroSNR(betas)
	}
	acp := cumprod(betas)
	for t, a := range acp {
		// The negation also refuses NaN.
		if !(a >= 0 && a < 1) || t > 0 && a > acp[t-1] {
			return nil, &SchedulerConfigError{Class: s.class, Field: "beta_schedule", Reason: fmt.Sprintf("the betas do not lead from picture to noise: at training step %d the share of the picture is %g", t, a)}
		}
	}
	return acp, nil
}

func (s *schedulerSettings) betas() []float32 {
	n := s.train
	out := make([]float32, n)
	switch {
	case s.trainedBetas != nil:
		for i, b := range s.trainedBetas {
			out[i] = float32(b)
		}
	case s.betaSchedule == "squaredcos_cap_v2":
		// Nichol and Dhariwal, arXiv 2102.09672, equation 17, betas capped at 0.999.
		bar := func(t float64) float64 {
			c := math.Cos((t + 0.008) / 1.008 * math.Pi / 2)
			return c * c
		}
		for i := range out {
			a, b := float64(i)/float64(n), float64(i+1)/float64(n)
			out[i] = float32(min(1-bar(b)/bar(a), 0.999))
		}
	case s.betaSchedule == "scaled_linear":
		out = linspace32(math.Sqrt(s.betaStart), math.Sqrt(s.betaEnd), n)
		for i, b := range out {
			out[i] = b * b
		}
	default:
		out = linspace32(s.betaStart, s.betaEnd, n)
	}
	return out
}

// linspace32 is torch.linspace in float32, which works inwards from both ends.
func linspace32(from, to float64, n int) []float32 {
	out := make([]float32, n)
	a, b := float32(from), float32(to)
	if n == 1 {
		out[0] = a
		return out
	}
	step := (b - a) / float32(n-1)
	for i := range out {
		if i < n/2 {
			out[i] = a + float32(step*float32(i))
		} else {
			out[i] = b - float32(step*float32(n-i-1))
		}
	}
	return out
}

// cumprod multiplies 1-beta in float64 and stores float32, as torch does.
func cumprod(betas []float32) []float32 {
	out := make([]float32, len(betas))
	p := 1.0
	for i, b := range betas {
		p *= float64(1 - b)
		out[i] = float32(p)
	}
	return out
}

// rescaleZeroSNR moves and scales the square roots of the cumulative alphas so
// that the last one is zero (Lin et al., arXiv 2305.08891, algorithm 1).
func rescaleZeroSNR(betas []float32) []float32 {
	acp := cumprod(betas)
	n := len(acp)
	roots := make([]float32, n)
	for i, a := range acp {
		roots[i] = sqrt32(a)
	}
	first, last := roots[0], roots[n-1]
	scale := first / (first - last)
	out := make([]float32, n)
	prev := float32(1)
	for i := range roots {
		r := (roots[i] - last) * scale
		bar := r * r
		if i == 0 {
			out[i] = 1 - bar
		} else {
			out[i] = 1 - bar/prev
		}
		prev = bar
	}
	return out
}

func sqrt32(x float32) float32 { return float32(math.Sqrt(float64(x))) }

// trainingSigmas returns sqrt((1-a)/a) of every training timestep.
func trainingSigmas(acp []float32) []float32 {
	out := make([]float32, len(acp))
	for i, a := range acp {
		out[i] = sqrt32((1 - a) / a)
	}
	return out
}

// spread returns n training timesteps from the noisiest on, in float64 and
// not rounded under linspace. With beyond, as multistep solvers have it, the
// leading and linspace spacings are those of n+1 steps without the last one.
func (s *schedulerSettings) spread(n, last int, beyond bool) []float64 {
	out := make([]float64, n)
	k := n
	if beyond {
		k++
	}
	switch s.spacing {
	case "leading":
		ratio := last / k
		for i := range out {
			out[i] = float64((k-1-i)*ratio + s.offset)
		}
	case "trailing":
		// numpy.arange counts in multiples of the rounded difference of its
		// first two values; halves of a step would otherwise round elsewhere.
		// For 61, 103 and 499 steps of 1000 it overshoots by a step at -1,
		// which diffusers runs and this does not.
		ratio := float64(s.train) / float64(n)
		delta := (float64(last) - ratio) - float64(last)
		// Fewer than n remain when the noisiest timesteps are left out.
		out = out[:min(n, int(math.Ceil(float64(last)/ratio)))]
		for i := range out {
			out[i] = math.RoundToEven(float64(last)+float64(float64(i)*delta)) - 1
		}
	default:
		step := 0.0
		if k > 1 {
			step = float64(last-1) / float64(k-1)
		}
		for i := range out {
			j := k - 1 - i
			switch {
			case j == k-1 && k > 1:
				out[i] = float64(last - 1)
			default:
				out[i] = float64(j) * step
			}
		}
	}
	return out
}

func roundAll(v []float64) {
	for i, x := range v {
		v[i] = math.RoundToEven(x)
	}
}

// interpolate reads a table at a fractional index, clamped to its ends.
func interpolate(table []float32, at float64) float64 {
	if !(at > 0) {
		return float64(table[0])
	}
	i := int(at)
	if i >= len(table)-1 {
		return float64(table[len(table)-1])
	}
	a, b := float64(table[i]), float64(table[i+1])
	return (b-a)*(at-float64(i)) + a
}

// karrasSigmas spaces n sigmas as Karras et al. do (arXiv 2206.00364, equation
// 5, rho 7).
func karrasSigmas(from, to float64, n int) []float64 {
	const rho = 7
	a, b := math.Pow(from, 1.0/rho), math.Pow(to, 1.0/rho)
	out := ramp(n)
	for i, r := range out {
		out[i] = math.Pow(a+r*(b-a), rho)
	}
	return out
}

// exponentialSigmas spaces n sigmas evenly in their logarithm.
func exponentialSigmas(from, to float64, n int) []float64 {
	a, b := math.Log(from), math.Log(to)
	out := ramp(n)
	for i, r := range out {
		out[i] = math.Exp(a + r*(b-a))
	}
	return out
}

// ramp returns n values from 0 to 1.
func ramp(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		if n > 1 {
			out[i] = float64(i) / float64(n-1)
		}
	}
	return out
}

// sigmaToTimestep finds the fractional training timestep of a sigma, between
// the neighbouring logarithms of an ascending table.
func sigmaToTimestep(sigma float64, logs []float32) float64 {
	l := math.Log(max(sigma, 1e-10))
	low, _ := slices.BinarySearchFunc(logs, l, func(t float32, l float64) int {
		if float64(t) <= l {
			return -1
		}
		return 1
	})
	low = min(max(low-1, 0), len(logs)-2)
	a, b := logs[low], logs[low+1]
	w := (float64(a) - l) / float64(a-b)
	w = min(max(w, 0), 1)
	return (1-w)*float64(low) + w*float64(low+1)
}

// schedule is what a class makes of its settings and a number of steps.
type schedule struct {
	timesteps []float32
	sigmas    []float32 // one more than timesteps, nil for classes that know none
	acp       []float32
}

// schedule works out the timesteps and sigmas of n steps.
func (s *schedulerSettings) schedule(n int, o scheduleOptions) (schedule, error) {
	acp, err := s.alphasCumprod()
	if err != nil {
		return schedule{}, err
	}
	if n < 1 || n > s.train {
		return schedule{}, &StepsError{Class: s.class, Steps: n, Reason: fmt.Sprintf("is outside 1 to %d", s.train)}
	}
	switch s.class {
	case DDIMClass:
		ts := s.spread(n, s.train, false)
		roundAll(ts)
		return s.discrete(acp, ts)
	case LCMClass:
		ts, err := s.lcmTimesteps(n, o)
		if err != nil {
			return schedule{}, err
		}
		return s.discrete(acp, ts)
	default:
		return s.bySigma(acp, n)
	}
}

// bySigma is the schedule of a class that works in sigmas.
func (s *schedulerSettings) bySigma(acp []float32, n int) (schedule, error) {
	if s.zeroSNR {
		// The smallest subnormal of float16: as good as zero, but its sigma is finite.
		acp[len(acp)-1] = 1.0 / (1 << 24)
	}
	for t, a := range acp {
		if a == 0 {
			return schedule{}, &SchedulerConfigError{Class: s.class, Field: "beta_schedule", Reason: fmt.Sprintf("the share of the picture is 0 at training step %d, where sigma would be infinite", t)}
		}
	}
	if s.train < 2 {
		return schedule{}, &SchedulerConfigError{Class: s.class, Field: "num_train_timesteps", Reason: "1 leaves nothing to interpolate"}
	}
	if s.class == DPMMultistepClass || s.class == UniPCClass {
		return s.multistep(acp, n)
	}
	return s.eulerSteps(acp, n)
}

// discrete is the schedule of a class that looks alphas up by timestep.
func (s *schedulerSettings) discrete(acp []float32, ts []float64) (schedule, error) {
	for _, t := range ts {
		if t < 0 || int(t) >= s.train {
			return schedule{}, &StepsError{Class: s.class, Steps: len(ts), Reason: fmt.Sprintf("lead to training step %g, and the model has %d (steps_offset is %d); use fewer", t, s.train, s.offset)}
		}
		if s.prediction == "epsilon" && acp[int(t)] == 0 {
			return schedule{}, &SchedulerConfigError{Class: s.class, Field: "prediction_type", Reason: fmt.Sprintf("a model that predicts the noise (epsilon) cannot start from pure noise, as rescale_betas_zero_snr asks for at training step %g", t)}
		}
	}
	return schedule{timesteps: floats32(ts), acp: acp}, nil
}

func (s *schedulerSettings) lcmTimesteps(n int, o scheduleOptions) ([]float64, error) {
	original := s.originalSteps
	if o.originalSteps > 0 {
		original = o.originalSteps
	}
	if original < 1 || original > s.train {
		return nil, &SchedulerConfigError{Class: s.class, Field: "original_inference_steps", Reason: fmt.Sprintf("%d is outside 1 to %d", original, s.train)}
	}
	if n > original {
		return nil, &StepsError{Class: s.class, Steps: n, Reason: fmt.Sprintf("are more than the %d that the model was distilled for", original)}
	}
	k := s.train / original
	out := make([]float64, n)
	for i := range out {
		at := int(math.Floor(float64(i) * (float64(original) / float64(n))))
		out[i] = float64((original-at)*k - 1)
	}
	return out, nil
}

// eulerSteps is the schedule of the Euler classes; their timesteps may be
// fractional.
func (s *schedulerSettings) eulerSteps(acp []float32, n int) (schedule, error) {
	table := trainingSigmas(acp)
	ts := s.spread(n, s.train, false)
	sigmas := make([]float64, n)
	if s.spacing == "linspace" {
		for i := range ts {
			ts[i] = float64(float32(ts[i]))
		}
	}
	for i, t := range ts {
		sigmas[i] = interpolate(table, t)
	}
	if s.class == EulerClass {
		if s.logLinear {
			logs := linspace32(math.Log(float64(table[len(table)-1])), math.Log(float64(table[0])), n+1)
			sigmas = make([]float64, n+1)
			for i, l := range logs {
				sigmas[i] = math.Exp(float64(l))
			}
		}
		if spaced := s.respace(sigmas[0], sigmas[len(sigmas)-1], n); spaced != nil {
			sigmas = spaced
			logs := logTable(table)
			for i, v := range sigmas {
				ts[i] = sigmaToTimestep(v, logs)
			}
		}
	}
	last := 0.0
	if s.finalMin && s.class == EulerClass {
		last = float64(table[0])
	}
	out := schedule{timesteps: floats32(ts), sigmas: floats32(slices.Concat(sigmas, []float64{last})), acp: acp}
	if s.class == EulerClass && s.continuous && s.prediction == "v_prediction" {
		for i := range out.timesteps {
			out.timesteps[i] = float32(0.25 * math.Log(float64(out.sigmas[i])))
		}
	}
	return out, nil
}

// respace returns n sigmas in the spacing that the settings ask for, from the
// largest down; nil where the timesteps decide.
func (s *schedulerSettings) respace(from, to float64, n int) []float64 {
	if !math.IsNaN(s.sigmaMin) {
		to = s.sigmaMin
	}
	if !math.IsNaN(s.sigmaMax) {
		from = s.sigmaMax
	}
	switch {
	case s.karras:
		return karrasSigmas(from, to, n)
	case s.exponential:
		return exponentialSigmas(from, to, n)
	}
	return nil
}

// multistep is the schedule of DPM-Solver and UniPC, whose timesteps are whole.
func (s *schedulerSettings) multistep(acp []float32, n int) (schedule, error) {
	table := trainingSigmas(acp)
	last := s.train
	if s.class == DPMMultistepClass && !math.IsInf(s.lambdaMin, -1) {
		// Timesteps noisier than lambda_min_clipped are left out.
		for last > 1 && -math.Log(float64(table[last-1])) < s.lambdaMin {
			last--
		}
	}
	ts := s.spread(n, last, true)
	roundAll(ts)
	var sigmas []float64
	final := float64(table[0])
	spaced := s.respace(float64(table[len(table)-1]), final, n)
	if spaced == nil && s.lu && s.class == DPMMultistepClass {
		// Lu et al., arXiv 2206.00927: even steps of the logarithmic signal to noise ratio.
		spaced = exponentialSigmas(float64(table[len(table)-1]), final, n)
	}
	if spaced != nil {
		sigmas = spaced
		logs := logTable(table)
		ts = make([]float64, n)
		for i, v := range sigmas {
			ts[i] = sigmaToTimestep(v, logs)
		}
		if !s.exponential && (s.class == UniPCClass || s.betaSchedule != "squaredcos_cap_v2") {
			roundAll(ts)
		}
		for i, t := range ts {
			ts[i] = math.Trunc(t)
		}
		if s.class == UniPCClass {
			final = sigmas[n-1]
		}
	} else {
		n = len(ts)
		sigmas = make([]float64, n)
		for i, t := range ts {
			sigmas[i] = interpolate(table, t)
		}
	}
	if !s.finalMin {
		final = 0
	}
	out := schedule{timesteps: floats32(ts), sigmas: floats32(slices.Concat(sigmas, []float64{final})), acp: acp}
	for i := 1; i < n; i++ {
		if out.sigmas[i] >= out.sigmas[i-1] {
			return schedule{}, &StepsError{Class: s.class, Steps: n, Reason: fmt.Sprintf("are more than this schedule can tell apart (steps %d and %d have the same noise); use fewer", i, i+1)}
		}
	}
	return out, nil
}

func logTable(table []float32) []float32 {
	out := make([]float32, len(table))
	for i, v := range table {
		out[i] = float32(math.Log(float64(v)))
	}
	return out
}

func floats32(v []float64) []float32 {
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(x)
	}
	return out
}
