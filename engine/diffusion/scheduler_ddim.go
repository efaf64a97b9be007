package diffusion

import "math"

// ddim is Song et al., arXiv 2010.02502, equation 12.
type ddim struct {
	set    schedulerSettings
	table  schedule
	final  float32 // cumulative alpha after the last step
	stride int     // training timesteps in a step
}

func newDDIM(set schedulerSettings, table schedule) *ddim {
	d := &ddim{set: set, table: table, final: 1, stride: set.train / len(table.timesteps)}
	if !set.alphaToOne {
		d.final = table.acp[0]
	}
	return d
}

func (d *ddim) noisy(int) bool { return d.set.eta > 0 }

func (d *ddim) step(i int, out, sample, noise []float32) (next, predicted []float32) {
	t := int(d.table.timesteps[i])
	a, prev := float64(d.table.acp[t]), float64(d.final)
	if t >= d.stride {
		prev = float64(d.table.acp[t-d.stride])
	}
	p := prediction{kind: d.set.prediction, alpha: float32(math.Sqrt(a)), sigma: float32(math.Sqrt(1 - a))}
	x0 := p.clean(out, sample)
	e := p.noise(out, sample)
	if d.set.clip {
		clamp(x0, float32(d.set.clipRange))
	}
	// Rounding may take a variance of zero below it.
	dev := d.set.eta * math.Sqrt(max(0, (1-prev)/(1-a)*(1-a/prev)))
	direction := math.Sqrt(max(0, 1-prev-dev*dev))
	if d.set.eta == 0 {
		noise = nil
	}
	return combine(len(sample), weighted{math.Sqrt(prev), x0}, weighted{direction, e}, weighted{dev, noise}), x0
}

func clamp(v []float32, limit float32) {
	for k, x := range v {
		v[k] = min(max(x, -limit), limit)
	}
}

// lcm is the sampler of latent consistency models (Luo et al., arXiv
// 2310.04378): it jumps to the predicted latent and adds noise anew.
type lcm struct {
	set   schedulerSettings
	table schedule
}

// The last step keeps what it predicts.
func (l *lcm) noisy(i int) bool { return i < len(l.table.timesteps)-1 }

func (l *lcm) step(i int, out, sample, noise []float32) (next, predicted []float32) {
	t := int(l.table.timesteps[i])
	a := float64(l.table.acp[t])
	p := prediction{kind: l.set.prediction, alpha: float32(math.Sqrt(a)), sigma: float32(math.Sqrt(1 - a))}
	x0 := p.clean(out, sample)
	if l.set.clip {
		clamp(x0, float32(l.set.clipRange))
	}
	// The boundary condition at t = 0, with sigma_data 0.5.
	const data = 0.5
	scaled := float64(t) * l.set.timestepScaling
	skip := data * data / (scaled*scaled + data*data)
	keep := scaled / math.Sqrt(scaled*scaled+data*data)
	denoised := combine(len(sample), weighted{keep, x0}, weighted{skip, sample})
	if !l.noisy(i) {
		return denoised, x0
	}
	prev := float64(l.table.acp[int(l.table.timesteps[i+1])])
	return combine(len(sample), weighted{math.Sqrt(prev), denoised}, weighted{math.Sqrt(1 - prev), noise}), x0
}
