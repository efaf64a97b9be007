package diffusion

import (
	"image"

	"errors"
	"fmt"
	"time"

	"github.com/selvage-studio/selvage/engine/pattern"
)

// Request is everything that decides the pixels of one generation, apart from
// the model and the device. Sizes are in pixels of the cell.
type Request struct {
	Prompt   string
	Negative string
	// Width and Height must be multiples of what Pipeline.Stride says, and so
	// must be the shift of the repeat.
	Width, Height int
	Steps         int
	// Guidance is the scale of classifier-free guidance; 1 and less samples
	// without it, at half the cost.
	Guidance float64
	// Rescale between 0 and 1 pulls the contrast of the guided prediction back
	// to that of the unguided one (Lin et al., arXiv 2305.08891, section 3.4).
	Rescale float64
	// Sampler is one of SamplerNames; empty means the one that the model names.
	Sampler string
	// ClipSkip leaves out the last layers of the text encoders, 0 for none.
	ClipSkip int
	Seed     uint64
	// Count is how many pictures to make; picture i is the one that Seed+i
	// makes alone.
	Count  int
	Repeat pattern.Repeat
	// RollUntil is the share of the steps that roll the plane at random and
	// leave its edges open, before the others wrap in every convolution: 0
	// wraps from the first step on, 1 never wraps.
	RollUntil float64

	// Init starts from a picture instead of noise; Strength in (0, 1] says how
	// much of it may change.
	Init     *pattern.Planes
	Strength float64
	// Mask, of the size of Init, is painted anew where it is 0.5 or more.
	Mask *Mask

	// Control steers by a ControlNet that the pipeline was made with.
	Control      *pattern.Planes
	ControlScale float64

	// Alike are shifts in pixels, across and down, that bring what the cell shows onto
	// itself, as the places of a layout do; multiples of Pipeline.LatentScale. For the first
	// AlikeUntil of the steps, a share of them, the picture that the model foresees is averaged over
	// them, so that each place is found with the help of the others; which colours and edges
	// it has, it decides for itself afterwards.
	Alike      []image.Point
	AlikeUntil float64

	// Threads is how many threads it takes at most on a processor, so that other requests may
	// run beside it; 0 is all there are. A small model hardly makes use of a second one.
	Threads int

	// Preview asks for a small picture with the progress of every so many-th step; 0 for none.
	Preview int
}

// Mask is a plane of H x W samples between 0 and 1.
type Mask struct {
	W, H int
	Pix  []float32
}

func newPlanes(w, h int) *pattern.Planes {
	return &pattern.Planes{Width: w, Height: h, Data: make([]float32, 3*w*h)}
}

// Stage is what a generation is busy with.
type Stage string

// The stages of a generation, in their order.
const (
	StageLoad   Stage = "load"
	StageEncode Stage = "encode"
	StageSample Stage = "sample"
	StageDecode Stage = "decode"
	StageJudge  Stage = "judge" // of a Classifier, after the others
)

// Progress says how far a generation has come.
type Progress struct {
	Stage Stage
	// Image counts the pictures from 0; Step counts the sampler's steps done, of Steps.
	Image, Images int
	Step, Steps   int
	// Preview is what the picture looks like so far, when it was asked for.
	Preview *pattern.Planes
}

// Result is one picture with the figures that were measured while it was made.
type Result struct {
	// Picture is the cell, clamped to 0 to 1.
	Picture *pattern.Planes
	Seed    uint64
	// Sampler and Steps are what was used, after the model's own defaults.
	Sampler string
	Steps   int
	// UnknownWords are words of the prompt that the model's vocabulary lacks;
	// only models with a vocabulary of their own report them.
	UnknownWords []string
	// Asymmetry is, for a mirror repeat, the relative root mean square by
	// which the prediction broke the symmetry before it was made symmetrical,
	// the mean over all steps; it is 0 for other repeats.
	Asymmetry float64
	// Compute is the time that the device spent, Total all of it.
	Compute, Total time.Duration
}

// ErrNotANumber is wrapped by a NotANumberError.
var ErrNotANumber = errors.New("diffusion: the model returned a number that is not finite")

// NotANumberError says at which step a model's output stopped being finite.
type NotANumberError struct {
	Stage Stage
	Step  int // counted from 1
}

func (e *NotANumberError) Error() string {
	if e.Stage == StageSample {
		return fmt.Sprintf("%v in step %d: the weights are broken or overflow in this precision; try the CPU, another sampler or less guidance", ErrNotANumber, e.Step)
	}
	return fmt.Sprintf("%v while it should %s: the weights are broken or overflow in this precision; try the CPU", ErrNotANumber, e.Stage)
}

func (e *NotANumberError) Unwrap() error { return ErrNotANumber }

// RequestError says which field of a request cannot be used, and why.
type RequestError struct {
	Field  string
	Reason string
}

func (e *RequestError) Error() string { return "generate: " + e.Field + ": " + e.Reason }

// negative is the negative prompt, nil for none.
func (r *Request) negative() *string {
	if r.Negative == "" {
		return nil
	}
	return &r.Negative
}
