package diffusion

import (
	"math"
	"slices"
)

// alphaSigma splits the noise over the signal into the shares of the picture
// and of the noise, whose squares add up to one.
func alphaSigma(s float64) (alpha, sigma float64) {
	alpha = 1 / math.Sqrt(s*s+1)
	return alpha, s * alpha
}

// dpm is the multistep DPM-Solver: Lu et al., arXiv 2206.00927 (dpmsolver, in
// the predicted noise) and 2211.01095 (dpmsolver++, in the predicted picture),
// both also as stochastic solvers.
type dpm struct {
	set     schedulerSettings
	sigmas  []float32
	history [][]float32 // converted model outputs, newest first
	done    int
}

func (d *dpm) noisy(int) bool { return d.set.sde }

// orderAt is the order of step i: less at the beginning, for want of history,
// and at the end, for stability.
func (d *dpm) orderAt(i int) int {
	n := len(d.sigmas) - 1
	order := min(d.set.order, d.done+1)
	few := d.set.lowerFinal && n < 15
	if i == n-1 && (d.set.eulerFinal || few || !d.set.finalMin) {
		return 1
	}
	if i == n-2 && few {
		return min(order, 2)
	}
	return order
}

func (d *dpm) step(i int, out, sample, noise []float32) (next, predicted []float32) {
	alpha, sigma := alphaSigma(float64(d.sigmas[i]))
	p := prediction{kind: d.set.prediction, alpha: float32(alpha), sigma: float32(sigma)}
	x0 := p.clean(out, sample)
	m := x0
	if !d.set.plus {
		m = slices.Clone(p.noise(out, sample))
	}
	order := d.orderAt(i)
	d.history = remember(d.history, m, d.set.order)
	d.done++
	if !d.set.sde {
		noise = nil
	}
	c := d.coefficients(i, order)
	terms := make([]weighted, 0, 5)
	terms = append(terms, weighted{c.sample, sample}, weighted{c.noise, noise})
	for k, w := range c.history[:order] {
		terms = append(terms, weighted{w, d.history[k]})
	}
	return combine(len(sample), terms...), x0
}

// remember puts v before the others and forgets what lies beyond keep.
func remember(history [][]float32, v []float32, keep int) [][]float32 {
	history = append([][]float32{v}, history...)
	return history[:min(len(history), keep)]
}

// dpmWeights are the weights of a step's terms.
type dpmWeights struct {
	sample, noise float64
	history       [3]float64 // newest first
}

// coefficients works out step i. With l = log(alpha/sigma) and h the step in
// it, the papers give the update in divided differences D0, D1, D2 of the
// history; here they are multiplied out, so that a step is one weighted sum.
func (d *dpm) coefficients(i, order int) dpmWeights {
	from, to := float64(d.sigmas[i]), float64(d.sigmas[i+1])
	alphaT, sigmaT := alphaSigma(to)
	alphaS, sigmaS := alphaSigma(from)
	h := math.Log(from) - math.Log(to) // infinite in a last step to zero
	var w dpmWeights
	var c0, c1, c2 float64
	switch {
	case d.set.plus && !d.set.sde:
		f := math.Expm1(-h)
		w.sample = sigmaT / sigmaS
		c0 = -alphaT * f
		c1 = c0 / 2
		if d.set.heun || order == 3 {
			c1 = alphaT * (f/h + 1)
		}
		c2 = -alphaT * ((f+h)/(h*h) - 0.5)
	case d.set.plus:
		f := -math.Expm1(-2 * h)
		w.sample = sigmaT / sigmaS * math.Exp(-h)
		w.noise = sigmaT * math.Sqrt(f)
		c0 = alphaT * f
		c1 = c0 / 2
		if d.set.heun || order == 3 {
			c1 = alphaT * (f/(-2*h) + 1)
		}
		c2 = alphaT * ((f-2*h)/(4*h*h) - 0.5)
	default:
		f := math.Expm1(h)
		w.sample = alphaT / alphaS
		double := 1.0
		if d.set.sde {
			w.noise = sigmaT * math.Sqrt(math.Expm1(2*h))
			double = 2
		}
		c0 = -double * sigmaT * f
		c1 = c0 / 2
		if d.set.heun || order == 3 {
			c1 = -double * sigmaT * (f/h - 1)
		}
		c2 = -sigmaT * ((f-h)/(h*h) - 0.5)
	}
	w.history[0] = c0
	if order == 1 {
		return w
	}
	h0 := math.Log(float64(d.sigmas[i-1])) - math.Log(from)
	r0 := h0 / h
	if order == 2 {
		w.history[0] += c1 / r0
		w.history[1] = -c1 / r0
		return w
	}
	r1 := (math.Log(float64(d.sigmas[i-2])) - math.Log(float64(d.sigmas[i-1]))) / h
	// D1 = a*(m0-m1) - b*(m1-m2), D2 = c*(m0-m1) - e*(m1-m2).
	a, b := (1+r0/(r0+r1))/r0, r0/(r0+r1)/r1
	c, e := 1/((r0+r1)*r0), 1/((r0+r1)*r1)
	w.history[0] += c1*a + c2*c
	w.history[1] = -c1*(a+b) - c2*(c+e)
	w.history[2] = c1*b + c2*e
	return w
}
