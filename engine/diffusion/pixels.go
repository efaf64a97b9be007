package diffusion

import (
	"context"

	"gorgonia.org/tensor"

	"github.com/selvage-studio/selvage/engine/graph"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/weights"
	"github.com/selvage-studio/selvage/gpu"
)

// pixels lays a picture over the canvas, once for every picture of the batch,
// with every value v as offset + factor·v.
func (j *job) pixels(pic *pattern.Planes, offset, factor float32) []float32 {
	v := make([]float32, len(pic.Data))
	for i, x := range pic.Data {
		v[i] = offset + factor*x
	}
	return j.planes(v, 3, pic.Height, pic.Width)
}

// planes lays planes x h x w samples of a cell over the canvas, once for every
// picture of the batch.
func (j *job) planes(v []float32, planes, h, w int) []float32 {
	if j.mirror {
		full := make([]float32, 4*len(v))
		reflect(full, v, planes, h, w)
		v = full
	}
	out := make([]float32, 0, j.batch*len(v))
	for range j.batch {
		out = append(out, v...)
	}
	return out
}

// encode takes pixels, B x 3 x H x W between -1 and 1, to scaled latents. draw
// gives the noise of the encoder's distribution, for encoders that have one.
func (p *Pipeline) encode(ctx context.Context, j *job, pixels []float32, draw func(d draws, n int) []float32) ([]float32, error) {
	m, scale := p.model.VAE, p.LatentScale()
	o := suited(p.device, graph.Options{Batch: j.batch, Height: scale * j.h, Width: scale * j.w, Repeat: j.repeat})
	in := map[string]*tensor.Dense{"image": floats(pixels, j.batch, 3, o.Height, o.Width)}
	if m.Config.Tiny() {
		out, err := p.run(ctx, j, "tiny encoder", o, func(o graph.Options) (gpu.Spec, error) { return graph.TinyEncoder(m.Config, m.Weights, o) }, in)
		if err != nil {
			return nil, err
		}
		z := append([]float32(nil), out["latent"].Float32s()...)
		for i := range z {
			z[i] = (z[i] - float32(m.Config.ShiftFactor)) * float32(m.Config.ScalingFactor)
		}
		return z, p.checked(z, StageEncode)
	}
	out, err := p.run(ctx, j, "vae encoder", o, func(o graph.Options) (gpu.Spec, error) { return graph.VAEEncoder(m.Config, m.Weights, o) }, in)
	if err != nil {
		return nil, err
	}
	mean, logvar := out["mean"].Float32s(), out["logvar"].Float32s()
	for i := range mean {
		mean[i] -= float32(m.Config.ShiftFactor)
	}
	z := SampleLatent(mean, logvar, j.noise(draw), float32(m.Config.ScalingFactor))
	return z, p.checked(z, StageEncode)
}

// decode takes scaled latents to pixels, B x 3 x H x W about -1 to 1, of the
// cell.
func (p *Pipeline) decode(ctx context.Context, j *job, latents []float32) ([]float32, error) {
	m, scale := p.model.VAE, p.LatentScale()
	z := make([]float32, len(latents))
	for i, v := range latents {
		z[i] = v/float32(m.Config.ScalingFactor) + float32(m.Config.ShiftFactor)
	}
	o := suited(p.device, graph.Options{Batch: j.batch, Height: j.h, Width: j.w, Repeat: j.repeat})
	in := map[string]*tensor.Dense{"latent": floats(z, j.batch, j.channels, j.h, j.w)}
	name, build := "vae decoder", func(o graph.Options) (gpu.Spec, error) { return graph.VAEDecoder(m.Config, m.Weights, o) }
	if m.Config.Tiny() {
		name, build = "tiny decoder", func(o graph.Options) (gpu.Spec, error) { return graph.TinyDecoder(m.Config, m.Weights, o) }
	}
	out, err := p.run(ctx, j, name, o, build, in)
	if err != nil {
		return nil, err
	}
	pixels := out["image"].Float32s()
	if j.mirror {
		h, w := scale*j.h, scale*j.w
		symmetrize(pixels, 3*j.batch, h, w)
		pixels = quadrant(pixels, 3*j.batch, h/2, w/2)
	}
	return pixels, p.checked(pixels, StageDecode)
}

func (p *Pipeline) checked(v []float32, s Stage) error {
	if !finite(v) {
		return &NotANumberError{Stage: s}
	}
	return nil
}

// picture takes 3 x h x w values of -1 to 1 to a picture, clamping.
func picture(v []float32, w, h int) *pattern.Planes {
	out := newPlanes(w, h)
	for i := range out.Data {
		out.Data[i] = min(max(v[i]/2+0.5, 0), 1)
	}
	return out
}

// latentScale is how many pixels lie along one side of a latent sample: every
// level of an autoencoder but one halves the picture.
func latentScale(c weights.VAEConfig) int {
	levels := len(c.BlockOutChannels)
	if c.Tiny() && levels == 0 {
		levels = len(c.DecoderBlockOutChannels)
	}
	return 1 << max(levels-1, 0)
}
