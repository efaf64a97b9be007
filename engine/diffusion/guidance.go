package diffusion

import "math"

// Guide writes classifier-free guidance (Ho and Salimans, arXiv 2207.12598)
// into out: negative + scale*(positive-negative). All slices have one length;
// out may be one of the others.
func Guide(out, negative, positive []float32, scale float32) {
	for i, n := range negative {
		out[i] = n + scale*(positive[i]-n)
	}
}

// RescaleGuidance pulls the contrast of one picture's guided prediction back
// to that of the positive one, by a share between 0 and 1 (Lin et al., arXiv
// 2305.08891, equations 15 and 16). The deviations are those of the sample
// (n-1) over all channels and places. A prediction without contrast is left
// as it is.
func RescaleGuidance(guided, positive []float32, share float64) {
	dev := deviation(guided)
	if dev == 0 || len(guided) < 2 {
		return
	}
	f := float32(share*deviation(positive)/dev + 1 - share)
	for i := range guided {
		guided[i] *= f
	}
}

// deviation is the standard deviation of a sample.
func deviation(v []float32) float64 {
	var mean float64
	for _, x := range v {
		mean += float64(x)
	}
	mean /= float64(len(v))
	var sum float64
	for _, x := range v {
		d := float64(x) - mean
		sum += d * d
	}
	return math.Sqrt(sum / float64(len(v)-1))
}

// firstStep is the index of the first of n steps that image to image runs at a
// strength: min(floor(n*strength), n) steps are left.
func firstStep(n int, strength float64) int {
	return n - min(max(int(float64(n)*strength), 0), n)
}

// BlendInpaint puts what the mask keeps back into the latents of one picture:
// (1-mask)*keep + mask*latents. mask is one plane of h x w samples, 1 to
// repaint; latents and keep hold channels of such planes.
func BlendInpaint(latents, keep, mask []float32) {
	for at := 0; at < len(latents); at += len(mask) {
		for k, m := range mask {
			latents[at+k] = (1-m)*keep[at+k] + m*latents[at+k]
		}
	}
}

// BinarizeMask returns 1 where the mask is 0.5 or more, else 0.
func BinarizeMask(mask []float32) []float32 {
	out := make([]float32, len(mask))
	for i, m := range mask {
		if m >= 0.5 {
			out[i] = 1
		}
	}
	return out
}

// MaskToLatent takes a plane of height x width samples to h x w by the nearest
// sample above and to the left, as torch's interpolate does.
func MaskToLatent(mask []float32, height, width, h, w int) []float32 {
	out := make([]float32, 0, h*w)
	for y := range h {
		row := nearest(y, height, h) * width
		for x := range w {
			out = append(out, mask[row+nearest(x, width, w)])
		}
	}
	return out
}

// nearest is min(floor(i*from/to), from-1), with torch's float32 scale.
func nearest(i, from, to int) int {
	scale := float32(from) / float32(to)
	return min(int(float32(i)*scale), from-1)
}

// SampleLatent draws from the distribution that the VAE's encoder returns:
// (mean + exp(logvar/2)*noise)*scaling. All slices have one length; logvar is
// clamped to -30 to 20 by the encoder.
func SampleLatent(mean, logvar, noise []float32, scaling float32) []float32 {
	out := make([]float32, len(mean))
	for i, m := range mean {
		out[i] = (m + float32(math.Exp(float64(logvar[i])/2))*noise[i]) * scaling
	}
	return out
}

// TimeIDs is SDXL's size conditioning, in pixels: the original height and
// width, the top and left of the crop (0, 0), the height and width wanted.
func TimeIDs(height, width int) []float32 {
	h, w := float32(height), float32(width)
	return []float32{h, w, 0, 0, h, w}
}
