package diffusion

import (
	"math"
	"slices"
)

// euler is Euler's method on the probability flow of Karras et al. (arXiv
// 2206.00364, algorithm 1), and its ancestral variant, which steps further
// down and adds the difference as noise. Its latents are not scaled: sample =
// clean + sigma*noise.
type euler struct {
	set    schedulerSettings
	sigmas []float32
}

// eulerInitial is the deviation of what the sampler starts with.
func eulerInitial(set schedulerSettings, sigmas []float32) float32 {
	top := float64(slices.Max(sigmas))
	if set.spacing == "leading" {
		return float32(math.Sqrt(top*top + 1))
	}
	return float32(top)
}

func (e *euler) inputDivisor(i int) float32 {
	s := float64(e.sigmas[i])
	return float32(math.Sqrt(s*s + 1))
}

func (e *euler) noisy(int) bool { return e.set.class == EulerAncestralClass }

func (e *euler) step(i int, out, sample, noise []float32) (next, predicted []float32) {
	from, to := float64(e.sigmas[i]), float64(e.sigmas[i+1])
	n := len(sample)
	var x0 []float32
	switch e.set.prediction {
	case "sample":
		x0 = slices.Clone(out)
	case "v_prediction":
		x0 = combine(n, weighted{1 / (from*from + 1), sample}, weighted{-from / math.Sqrt(from*from+1), out})
	default:
		x0 = combine(n, weighted{1, sample}, weighted{-from, out})
	}
	up, down := 0.0, to
	if e.noisy(i) {
		up = math.Sqrt(max(0, to*to*(from*from-to*to)/(from*from)))
		down = math.Sqrt(max(0, to*to-up*up))
	} else {
		noise = nil
	}
	// sample + (sample-x0)/from * (down-from): the difference first, since at
	// sigmas of thousands the two terms nearly cancel.
	next = make([]float32, n)
	f := float32((down - from) / from)
	x0 = x0[:n]
	for k, x := range sample {
		next[k] = x + (x-x0[k])*f
	}
	if noise != nil {
		for k, z := range noise[:n] {
			next[k] += z * float32(up)
		}
	}
	return next, x0
}
