package diffusion

import (
	"math"
	"slices"
)

// uniPC is the predictor-corrector of Zhao et al., arXiv 2302.04867: the model
// output of a step first corrects the sample that it was computed from, then
// predicts the next one.
type uniPC struct {
	set     schedulerSettings
	sigmas  []float32
	history [][]float32 // converted model outputs, newest first
	last    []float32   // the sample before the last prediction
	order   int         // of that prediction
	done    int
}

func (u *uniPC) noisy(int) bool { return false }

func (u *uniPC) step(i int, out, sample, _ []float32) (next, predicted []float32) {
	alpha, sigma := alphaSigma(float64(u.sigmas[i]))
	p := prediction{kind: u.set.prediction, alpha: float32(alpha), sigma: float32(sigma)}
	x0 := p.clean(out, sample)
	m := x0
	if !u.set.predictX0 {
		m = slices.Clone(p.noise(out, sample))
	}
	if u.done > 0 && i > 0 && !slices.Contains(u.set.uncorrected, i-1) {
		sample = u.update(u.last, i-1, u.order, m)
	}
	u.history = remember(u.history, m, u.set.order)
	n := len(u.sigmas) - 1
	u.order = min(u.set.order, u.done+1)
	if u.set.lowerFinal || u.sigmas[i+1] == 0 {
		// A step to zero is infinitely long; only the first order survives it.
		u.order = min(u.order, n-i)
	}
	u.last = slices.Clone(sample)
	u.done++
	return u.update(sample, i, u.order, nil), x0
}

// update moves a sample from sigma i to the next one. With the model output at
// the far end it is the corrector, without it the predictor.
//
// With h the step in log(alpha/sigma), hh = -h for predicted pictures and h for
// predicted noise, and r_k the distances of older outputs in units of h, the
// weights rho solve sum_k rho_k r_k^(j-1) = b_j (the paper's equation 11).
func (u *uniPC) update(sample []float32, i, order int, far []float32) []float32 {
	from, to := float64(u.sigmas[i]), float64(u.sigmas[i+1])
	if from == to {
		return slices.Clone(sample)
	}
	alphaT, sigmaT := alphaSigma(to)
	alphaS, sigmaS := alphaSigma(from)
	h := math.Log(from) - math.Log(to)
	hh, keep, gain := h, alphaT/alphaS, sigmaT
	if u.set.predictX0 {
		hh, keep, gain = -h, sigmaT/sigmaS, alphaT
	}
	phi := math.Expm1(hh)
	first := gain * phi
	if !u.set.predictX0 {
		// sigmaT*exp(h) as it stands is 0 times infinity in a step to zero.
		first = alphaT*sigmaS/alphaS - sigmaT
	}
	bh := phi
	if u.set.bh1 {
		bh = hh
	}

	r := make([]float64, 0, order)
	for k := 1; k < order; k++ {
		r = append(r, (math.Log(from)-math.Log(float64(u.sigmas[i-k])))/h)
	}
	var rho []float64
	switch {
	case far == nil && order == 2, far != nil && order == 1:
		rho = []float64{0.5}
	case far == nil:
		rho = uniPCWeights(r, hh, phi, bh)
	default:
		rho = uniPCWeights(append(slices.Clone(r), 1), hh, phi, bh)
	}

	terms := []weighted{{keep, sample}}
	newest := -first
	for k, rk := range r {
		w := -gain * bh * rho[k] / rk
		terms = append(terms, weighted{w, u.history[k+1]})
		newest -= w
	}
	if far != nil {
		w := -gain * bh * rho[len(rho)-1]
		terms = append(terms, weighted{w, far})
		newest -= w
	}
	terms = append(terms, weighted{newest, u.history[0]})
	return combine(len(sample), terms...)
}

// uniPCWeights solves the linear system for the distances r.
func uniPCWeights(r []float64, hh, phi, bh float64) []float64 {
	n := len(r)
	a := make([][]float64, n)
	k := phi/hh - 1
	factorial := 1.0
	for j := range a {
		a[j] = make([]float64, n+1)
		for c, x := range r {
			a[j][c] = math.Pow(x, float64(j))
		}
		a[j][n] = k * factorial / bh
		factorial *= float64(j + 2)
		k = k/hh - 1/factorial
	}
	return solve(a)
}

// solve is Gauss's elimination with pivoting on an n x (n+1) matrix, which it
// overwrites.
func solve(a [][]float64) []float64 {
	n := len(a)
	for c := range n {
		p := c
		for r := c + 1; r < n; r++ {
			if math.Abs(a[r][c]) > math.Abs(a[p][c]) {
				p = r
			}
		}
		a[c], a[p] = a[p], a[c]
		for r := c + 1; r < n; r++ {
			f := a[r][c] / a[c][c]
			for k := c; k <= n; k++ {
				a[r][k] -= f * a[c][k]
			}
		}
	}
	x := make([]float64, n)
	for r := n - 1; r >= 0; r-- {
		x[r] = a[r][n]
		for k := r + 1; k < n; k++ {
			x[r] -= a[r][k] * x[k]
		}
		x[r] /= a[r][r]
	}
	return x
}
