package diffusion

import (
	"context"

	"gorgonia.org/tensor"

	"github.com/selvage-studio/selvage/engine/graph"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/weights"
	"github.com/selvage-studio/selvage/gpu"
)

// preview shows the first picture of latents that are still being sampled:
// through a small decoder where there is one, else by a linear map to a
// picture of one pixel a latent sample. It returns nil for latents that
// neither knows.
func (p *Pipeline) preview(ctx context.Context, j *job, latents []float32) (*pattern.Planes, error) {
	one := latents[:j.channels*j.h*j.w]
	h, w := j.h, j.w
	if j.mirror {
		h, w = h/2, w/2
		one = quadrant(one, j.channels, h, w)
	}
	m, scaling := p.model.VAE, p.model.VAE.Config.ScalingFactor
	if !m.Config.Tiny() {
		if p.extras.Preview == nil {
			return linearPreview(one, p.model.Family, j.channels, h, w), nil
		}
		// A preview decoder is made for scaled latents.
		m, scaling = p.extras.Preview.VAE, p.extras.Preview.VAE.Config.ScalingFactor
	}
	rep := j.repeat
	if j.mirror {
		rep = pattern.Repeat{Kind: pattern.None}
	}
	z := make([]float32, len(one))
	for i, v := range one {
		z[i] = v / float32(scaling)
	}
	o := suited(p.device, graph.Options{Batch: 1, Height: h, Width: w, Repeat: rep})
	out, err := p.run(ctx, j, "preview", o, func(o graph.Options) (gpu.Spec, error) { return graph.TinyDecoder(m.Config, m.Weights, o) },
		map[string]*tensor.Dense{"latent": floats(z, 1, j.channels, h, w)})
	if err != nil {
		return nil, err
	}
	scale := latentScale(m.Config)
	return picture(out["image"].Float32s(), w*scale, h*scale), nil
}

// linearPreview maps scaled latents of 4 channels to colours, a least-squares
// fit that the makers of several programs published for the two families of
// autoencoders (per channel the weights of R, G and B, then the offsets).
func linearPreview(z []float32, f weights.Family, channels, h, w int) *pattern.Planes {
	if channels != 4 {
		return nil
	}
	type fit struct {
		weight [4][3]float32
		bias   [3]float32
	}
	of := fit{weight: [4][3]float32{{0.3512, 0.2297, 0.3227}, {0.3250, 0.4974, 0.2350}, {-0.2829, 0.1762, 0.2721}, {-0.2120, -0.2616, -0.7177}}}
	if f == weights.SDXL {
		of = fit{
			weight: [4][3]float32{{0.3651, 0.4232, 0.4341}, {-0.2533, -0.0042, 0.1068}, {0.1076, 0.1111, -0.0362}, {-0.3165, -0.2492, -0.2188}},
			bias:   [3]float32{0.1084, -0.0175, -0.0011},
		}
	}
	pic := newPlanes(w, h)
	for c := range 3 {
		for k := range h * w {
			v := of.bias[c]
			for l := range 4 {
				v += of.weight[l][c] * z[l*h*w+k]
			}
			pic.Data[c*h*w+k] = min(max(v/2+0.5, 0), 1)
		}
	}
	return pic
}
