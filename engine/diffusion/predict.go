package diffusion

import (
	"context"
	"fmt"
	"math"

	"gorgonia.org/tensor"

	"github.com/selvage-studio/selvage/engine/graph"
	"github.com/selvage-studio/selvage/gpu"
)

// controlInput is the picture that a ControlNet steers by, B x 3 x 8h x 8w of
// the canvas, and how strongly.
type controlInput struct {
	pixels []float32
	scale  float32
}

// predict runs the UNet on the scaled latents of every picture, with guidance
// where it is asked for, and returns the model's output of the same size.
func (p *Pipeline) predict(ctx context.Context, j *job, scaled []float32, t float32, open bool) ([]float32, error) {
	cond := p.model.UNet.Config.TimeCondProjDim
	// A distilled UNet that is told the guidance needs no second half.
	guided := j.guidance > 1 && cond == 0
	halves := 1
	if guided {
		halves = 2
	}
	n := j.batch * halves
	input, channels := scaled, j.channels
	if j.inpaint != nil && j.inpaint.extra != nil {
		input, channels = j.inpaint.widen(j, scaled), j.channels+j.inpaint.channels
	}
	latent := make([]float32, 0, halves*len(input))
	for range halves {
		latent = append(latent, input...)
	}
	ts := make([]float32, n)
	for i := range ts {
		ts[i] = t
	}
	o := suited(p.device, graph.Options{Batch: n, Height: j.h, Width: j.w, Tokens: j.cond.tokens, Repeat: j.repeat, WrapSwitch: j.rollUntil > 0 && j.wraps()})
	in := map[string]*tensor.Dense{
		"latent":   floats(latent, n, channels, j.h, j.w),
		"timestep": floats(ts, n),
		"context":  floats(j.cond.context(guided), n, j.cond.tokens, j.cond.width),
	}
	if o.WrapSwitch {
		wrap := float32(1)
		if open {
			wrap = 0
		}
		in["wrap"] = floats([]float32{wrap}, 1)
	}
	if cond > 0 {
		var v []float32
		for range n {
			v = append(v, guidanceEmbedding(j.guidance, cond)...)
		}
		in["timestep_cond"] = floats(v, n, cond)
	}
	if j.cond.pooled != nil {
		in["text_embeds"] = floats(j.cond.pooledFor(guided), n, j.cond.pooledWidth)
		in["time_ids"] = floats(j.cond.timeIDs(n), n, 6)
	}
	if j.control != nil {
		if err := p.steer(ctx, j, o, in, halves); err != nil {
			return nil, err
		}
	}
	o.Residuals = j.control != nil
	m := p.model.UNet
	out, err := p.run(ctx, j, "unet", o, func(o graph.Options) (gpu.Spec, error) { return graph.UNet(m.Config, m.Weights, o) }, in)
	if err != nil {
		return nil, err
	}
	sample := out["sample"].Float32s()
	if !guided {
		return sample, nil
	}
	return guide(sample, j.batch, j.guidance, j.rescale), nil
}

// steer adds the residuals of the ControlNet to the UNet's inputs.
func (p *Pipeline) steer(ctx context.Context, j *job, o graph.Options, in map[string]*tensor.Dense, halves int) error {
	m := p.extras.Control.ControlNet
	scale := p.LatentScale()
	pixels := make([]float32, 0, halves*len(j.control.pixels))
	for range halves {
		pixels = append(pixels, j.control.pixels...)
	}
	cin := map[string]*tensor.Dense{
		"control":            floats(pixels, o.Batch, 3, scale*j.h, scale*j.w),
		"conditioning_scale": floats([]float32{j.control.scale}, 1),
	}
	for _, k := range []string{"latent", "timestep", "context", "wrap", "text_embeds", "time_ids"} {
		if v, ok := in[k]; ok {
			cin[k] = v
		}
	}
	out, err := p.run(ctx, j, "controlnet", o, func(o graph.Options) (gpu.Spec, error) { return graph.ControlNet(m.Config, m.Weights, o) }, cin)
	if err != nil {
		return fmt.Errorf("controlnet: %w", err)
	}
	for k, v := range out {
		in[k] = v
	}
	return nil
}

// guide combines the halves of a guided batch, negative first.
func guide(sample []float32, batch int, scale, rescale float64) []float32 {
	n := len(sample) / 2
	neg, pos := sample[:n], sample[n:]
	out := make([]float32, n)
	Guide(out, neg, pos, float32(scale))
	if rescale > 0 {
		per := n / batch
		for b := range batch {
			RescaleGuidance(out[b*per:(b+1)*per], pos[b*per:(b+1)*per], rescale)
		}
	}
	return out
}

// wraps says whether any edge of the canvas is joined.
func (j *job) wraps() bool { return j.repeat.WrapsX() || j.repeat.WrapsY() }

// guidanceEmbedding is what a UNet distilled with guidance is told of its scale:
// the sines, then the cosines, of 1000·(scale-1) at dim/2 frequencies from 1
// down to 1/10000 (Luo et al., Latent Consistency Models, arXiv 2310.04378, as
// diffusers computes it).
func guidanceEmbedding(scale float64, dim int) []float32 {
	half := dim / 2
	out := make([]float32, dim)
	for i := range half {
		f := math.Exp(-math.Log(10000) * float64(i) / float64(max(half-1, 1)))
		sin, cos := math.Sincos(1000 * (scale - 1) * f)
		out[i], out[half+i] = float32(sin), float32(cos)
	}
	return out
}
