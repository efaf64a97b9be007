package graph

import (
	"fmt"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// Options are what a graph is built for beside its configuration and weights.
// Shapes are static: another size is another graph.
type Options struct {
	// Batch is the number of latents or pictures; guidance takes two a picture.
	Batch int
	// Height and Width are the sides of the graph's own input: latent samples
	// for UNet, ControlNet and decoders, pixels for encoders and the upscaler.
	Height, Width int
	// Tokens is the length of the context, or of a text encoder's input.
	Tokens int

	// Repeat is how every convolution sees beyond the edges of its plane. Its
	// zero value is a block repeat; pattern.None pads with zeros, and so does
	// Mirror, which is symmetrised outside.
	Repeat pattern.Repeat
	// WrapSwitch adds the scalar input "wrap", shape [1]: 1 wraps, 0 pads with
	// zeros. One program then serves both halves of a run that rolls early and
	// wraps late.
	WrapSwitch bool

	// Residuals makes a UNet take a ControlNet's outputs: the inputs
	// "down_residual.i" and "mid_residual".
	Residuals bool

	// Fused uses the operators that ONNX Runtime contributes: attention that does
	// not store its scores, SiLU in one pass. It is for the CPU and CUDA
	// providers. CoreML lacks the operators, and WebGPU's attention is wrong by
	// some per cent in ONNX Runtime 1.30, which TestWebGPUAgrees shows when it is
	// given this form.
	Fused bool
	// Half computes in float16. Group norms and timestep embeddings stay
	// float32; inputs and outputs too.
	Half bool

	// Parts is 0, or builds convolutions and linear layers of the operators of
	// gpu/bfloat, which take a number as so many bfloat16 numbers, 1 or 2. It is for
	// devices that say so (gpu.Device.Parts), and goes with Fused.
	Parts int

	// Scores is the largest array of attention scores, in bytes, that may have
	// to be stored at once; above it, queries are taken in slices. 0 means no
	// limit with Fused, where the CPU provider never stores them, and 256 MiB
	// without, which is what one buffer of WebGPU holds everywhere.
	Scores int64

	// Threads is how many threads a run of the program takes at most on a processor, so that
	// others may run beside it; 0 is all there are.
	Threads int

	// Taps lists modules by their path in diffusers' naming, such as
	// "down_blocks.0": their results become outputs named "tap/" and the path.
	Taps []string
}

// maxSide and maxBatch keep products of sizes within an int's range.
const (
	maxSide  = 1 << 16
	maxBatch = 1 << 10
)

// check refuses what no graph can be built for.
func (o Options) check(part string) error {
	if o.Batch < 1 || o.Batch > maxBatch {
		return &OptionError{part, "Batch", fmt.Sprintf("is %d; it must be between 1 and %d", o.Batch, maxBatch)}
	}
	if o.Parts < 0 || o.Parts > 2 || o.Parts > 0 && (o.Half || !o.Fused) {
		return &OptionError{part, "Parts", fmt.Sprintf("is %d; it is 0, or 1 or 2 with Fused and without Half", o.Parts)}
	}
	return o.Repeat.Validate()
}

// sized is check for parts that take a plane, whose sides must be multiples of
// a number.
func (o Options) sized(part string, multiple int) error {
	if err := o.check(part); err != nil {
		return err
	}
	if o.Height < 1 || o.Width < 1 || o.Height > maxSide || o.Width > maxSide || o.Height%multiple != 0 || o.Width%multiple != 0 {
		return &SizeError{part, o.Width, o.Height, multiple}
	}
	return nil
}
