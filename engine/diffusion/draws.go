package diffusion

// draws hands out the random numbers of one picture in the order in which
// diffusers asks its generator for them, so that a seed means the same there
// and here. Every slice holds unit variance normal numbers.
type draws interface {
	// encode is drawn for the latent of the picture to start from.
	encode(n int) []float32
	// start is the noise of the first step.
	start(n int) []float32
	// maskedEncode is drawn for the latent of the masked picture, in the first
	// use of a model that takes one.
	maskedEncode(n int) []float32
	// step is the noise that a stochastic scheduler adds in step i.
	step(i, n int) []float32
}

// seeded draws from one generator of PyTorch's kind.
type seeded struct{ g *Generator }

func (s seeded) encode(n int) []float32       { return s.g.Randn(n) }
func (s seeded) start(n int) []float32        { return s.g.Randn(n) }
func (s seeded) maskedEncode(n int) []float32 { return s.g.Randn(n) }
func (s seeded) step(_, n int) []float32      { return s.g.Randn(n) }
