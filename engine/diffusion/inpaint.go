package diffusion

import "context"

// inpainting holds what a masked generation needs in every step. Planes are
// those of the canvas, batch times.
type inpainting struct {
	mask []float32 // batch x 1 x h x w, 1 repaints
	// For a model with 4 channels in: the latent of the picture and the noise
	// that the run started from.
	latent, noise []float32
	// For one with 9: the mask and the latent of the masked picture, batch x
	// channels x h x w, joined to the latents before the UNet.
	extra    []float32
	channels int
}

// blend puts the picture's own latents back where the mask keeps them, at the
// noise of the coming step.
func (in *inpainting) blend(j *job, latents []float32, i int) {
	if in.latent == nil {
		return
	}
	keep := in.latent
	if next := i + 1; next < len(j.scheduler.Timesteps()) {
		keep = j.scheduler.AddNoise(in.latent, in.noise, next)
	}
	plane := j.h * j.w
	for b := range j.batch {
		from, to := b*j.channels*plane, (b+1)*j.channels*plane
		BlendInpaint(latents[from:to], keep[from:to], in.mask[b*plane:(b+1)*plane])
	}
}

// widen joins the extra channels to scaled latents.
func (in *inpainting) widen(j *job, scaled []float32) []float32 {
	plane := j.h * j.w
	out := make([]float32, 0, len(scaled)+len(in.extra))
	for b := range j.batch {
		out = append(out, scaled[b*j.channels*plane:(b+1)*j.channels*plane]...)
		out = append(out, in.extra[b*in.channels*plane:(b+1)*in.channels*plane]...)
	}
	return out
}

// start returns the latents that the sampler begins with and sets up
// inpainting and control.
func (p *Pipeline) start(ctx context.Context, j *job, r Request) ([]float32, error) {
	if r.Control != nil {
		j.control = &controlInput{pixels: j.pixels(r.Control, 0, 1), scale: float32(r.ControlScale)}
	}
	s := j.scheduler
	if r.Init == nil {
		return scaledBy(j.noise(func(d draws, n int) []float32 { return d.start(n) }), s.InitNoiseSigma()), nil
	}
	full := r.Strength >= 1 && r.Mask != nil
	nine := r.Mask != nil && p.model.UNet.Config.InChannels > j.channels
	var z0 []float32
	if !full || !nine {
		var err error
		z0, err = p.encode(ctx, j, j.pixels(r.Init, -1, 2), func(d draws, n int) []float32 { return d.encode(n) })
		if err != nil {
			return nil, err
		}
	}
	noise := j.noise(func(d draws, n int) []float32 { return d.start(n) })
	var latents []float32
	if full {
		latents = scaledBy(append([]float32(nil), noise...), s.InitNoiseSigma())
	} else {
		latents = s.AddNoise(z0, noise, j.first)
	}
	if r.Mask == nil {
		return latents, nil
	}
	return latents, p.masked(ctx, j, r, z0, noise, nine)
}

// masked sets up inpainting.
func (p *Pipeline) masked(ctx context.Context, j *job, r Request, z0, noise []float32, nine bool) error {
	mask := BinarizeMask(r.Mask.Pix)
	h, w := r.Height/p.LatentScale(), r.Width/p.LatentScale()
	in := &inpainting{mask: j.planes(MaskToLatent(mask, r.Height, r.Width, h, w), 1, h, w)}
	j.inpaint = in
	if !nine {
		in.latent, in.noise = z0, noise
		// diffusers draws for the masked picture here as well, though only a
		// model with 9 channels looks at it.
		for _, d := range j.draws {
			d.maskedEncode(j.channels * j.h * j.w)
		}
		return nil
	}
	hidden := newPlanes(r.Width, r.Height)
	for c := range 3 {
		for k, m := range mask {
			at := c*len(mask) + k
			// Half grey is zero for the encoder.
			hidden.Data[at] = (r.Init.Data[at]-0.5)*(1-m) + 0.5
		}
	}
	z, err := p.encode(ctx, j, j.pixels(hidden, -1, 2), func(d draws, n int) []float32 { return d.maskedEncode(n) })
	if err != nil {
		return err
	}
	plane := j.h * j.w
	in.channels = 1 + j.channels
	for b := range j.batch {
		in.extra = append(in.extra, in.mask[b*plane:(b+1)*plane]...)
		in.extra = append(in.extra, z[b*j.channels*plane:(b+1)*j.channels*plane]...)
	}
	return nil
}

func scaledBy(v []float32, by float32) []float32 {
	for i := range v {
		v[i] *= by
	}
	return v
}
