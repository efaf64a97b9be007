package diffusion

import (
	"context"
	"image"
	"math"
	"math/rand/v2"
	"time"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// job is a request that has been checked and worked out: what the sampler
// follows. All latents hold batch x channels x h x w samples of the canvas,
// which is the cell itself or, for a mirror repeat, the cell and its
// reflections.
type job struct {
	batch, channels, h, w int
	repeat                pattern.Repeat // of the canvas
	mirror                bool
	scheduler             *Scheduler
	first                 int // index of the first step that runs
	guidance, rescale     float64
	rollUntil             float64
	rollSeed              uint64
	draws                 []draws // one a picture
	cond                  conditioning
	control               *controlInput
	inpaint               *inpainting
	alike                 []image.Point // in latent samples
	alikeUntil            float64
	threads               int
	spent                 time.Duration // in the device's runs
}

func (j *job) size() int { return j.batch * j.channels * j.h * j.w }

// noise draws channels x h x w numbers for every picture, for the canvas.
func (j *job) noise(draw func(d draws, n int) []float32) []float32 {
	out := make([]float32, 0, j.size())
	for _, d := range j.draws {
		out = append(out, j.canvas(func(n int) []float32 { return draw(d, n) })...)
	}
	return out
}

// canvas draws for one picture. Under a mirror repeat only the cell is drawn.
func (j *job) canvas(draw func(n int) []float32) []float32 {
	if !j.mirror {
		return draw(j.channels * j.h * j.w)
	}
	h, w := j.h/2, j.w/2
	out := make([]float32, j.channels*j.h*j.w)
	reflect(out, draw(j.channels*h*w), j.channels, h, w)
	return out
}

// sampled is what the sampler made.
type sampled struct {
	latents   []float32
	asymmetry float64
}

// sample runs the scheduler's steps from j.first on, starting at latents,
// which it may overwrite. step is called after every one of them with the
// latents and the predicted picture so far.
func (p *Pipeline) sample(ctx context.Context, j *job, latents []float32, step func(i int, latents, predicted []float32) error) (sampled, error) {
	ts := j.scheduler.Timesteps()
	rng := rand.New(rand.NewPCG(j.rollSeed, 0x73656c76616765)) //nolint:gosec // a seeded roll has to be the same again
	rolled := make([]float32, len(latents))
	var asymmetry float64
	for i := j.first; i < len(ts); i++ {
		if err := ctx.Err(); err != nil {
			return sampled{}, err
		}
		scaled := j.scheduler.ScaleInput(i, latents)
		seen := scaled
		open := float64(i-j.first) < j.rollUntil*float64(len(ts)-j.first)
		dy, dx := 0, 0
		if open {
			dy, dx = j.rollBy(rng)
			roll(rolled, scaled, j.batch*j.channels, j.h, j.w, j.repeat, dy, dx)
			scaled = rolled
		}
		out, err := p.predict(ctx, j, scaled, ts[i], open)
		if err != nil {
			return sampled{}, err
		}
		if open {
			back := make([]float32, len(out))
			roll(back, out, j.batch*j.channels, j.h, j.w, j.repeat, -dy, -dx)
			out = back
		}
		if j.mirror {
			asymmetry += symmetrize(out, j.batch*j.channels, j.h, j.w)
		}
		if len(j.alike) > 0 && float64(i-j.first) < j.alikeUntil*float64(len(ts)-j.first) {
			out = j.scheduler.Revise(i, out, seen, j.alikened)
		}
		if !finite(out) {
			return sampled{}, &NotANumberError{Stage: StageSample, Step: i + 1 - j.first}
		}
		var noise []float32
		if j.scheduler.StepNoise(i) {
			noise = j.noise(func(d draws, n int) []float32 { return d.step(i, n) })
		}
		var predicted []float32
		latents, predicted = j.scheduler.StepPredict(i, out, latents, noise)
		if j.inpaint != nil {
			j.inpaint.blend(j, latents, i)
		}
		if !finite(latents) {
			return sampled{}, &NotANumberError{Stage: StageSample, Step: i + 1 - j.first}
		}
		if err := step(i, latents, predicted); err != nil {
			return sampled{}, err
		}
	}
	if n := len(ts) - j.first; n > 0 {
		asymmetry /= float64(n)
	}
	return sampled{latents: latents, asymmetry: asymmetry}, nil
}

// alikened averages latents with themselves as they lie at the places of the job.
func (j *job) alikened(latents []float32) []float32 {
	out, moved := append([]float32(nil), latents...), make([]float32, len(latents))
	for _, at := range j.alike {
		roll(moved, latents, j.batch*j.channels, j.h, j.w, j.repeat, at.Y, at.X)
		for k, v := range moved {
			out[k] += v
		}
	}
	share := 1 / float32(1+len(j.alike))
	for k := range out {
		out[k] *= share
	}
	return out
}

// rollBy draws a shift along the axes that wrap.
func (j *job) rollBy(rng *rand.Rand) (dy, dx int) {
	if j.repeat.WrapsX() {
		dx = rng.IntN(j.w)
	}
	if j.repeat.WrapsY() {
		dy = rng.IntN(j.h)
	}
	return dy, dx
}

func finite(v []float32) bool {
	for _, x := range v {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return false
		}
	}
	return true
}
