package diffusion

import (
	"context"
	"math"

	"gorgonia.org/tensor"

	"github.com/selvage-studio/selvage/engine/graph"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/weights"
)

// Classifier names what the cell of a repeat shows, looking over its edges as the
// cloth goes on there.
type Classifier struct {
	config  graph.ClassifierConfig
	weights *weights.Set
	device  Device
}

// NewClassifier makes a classifier of a network and its weights.
func NewClassifier(c graph.ClassifierConfig, set *weights.Set, d Device) (*Classifier, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &Classifier{config: c, weights: set, device: d}, nil
}

// Answers are the values that each question can have.
func (c *Classifier) Answers() map[string][]string { return c.config.Answers }

// Classify returns, for each question, the natural logarithm of the probability of
// each of its answers. The sides of the cell have to be multiples of what the
// network divides them by.
func (c *Classifier) Classify(ctx context.Context, cell *pattern.Planes, rep pattern.Repeat) (map[string][]float64, error) {
	switch rep.Kind {
	case pattern.Hex:
		rep = pattern.Repeat{Kind: pattern.HalfDrop, N: 1, D: 2}
	case pattern.Mirror:
		rep = pattern.Repeat{} // what lies beyond the edge is of the same kind, and the other way round
	default:
	}
	spec, err := graph.Classifier(c.config, c.weights, suited(c.device, graph.Options{Batch: 1, Height: cell.Height, Width: cell.Width, Repeat: rep, Threads: 1}))
	if err != nil {
		return nil, err
	}
	prog, err := c.device.Load(ctx, spec)
	if err != nil {
		return nil, err
	}
	defer prog.Release()
	out, err := prog.Run(ctx, map[string]*tensor.Dense{"image": floats(cell.Data, 1, 3, cell.Height, cell.Width)})
	if err != nil {
		return nil, err
	}
	found := map[string][]float64{}
	for question := range c.config.Answers {
		logits := out[question].Float32s()
		if !finite(logits) {
			return nil, &NotANumberError{Stage: StageJudge}
		}
		found[question] = logSoftmax(logits)
	}
	return found, nil
}

// logSoftmax is the logarithm of the probabilities that logits stand for.
func logSoftmax(logits []float32) []float64 {
	most, sum := math.Inf(-1), 0.0
	for _, v := range logits {
		most = max(most, float64(v))
	}
	for _, v := range logits {
		sum += math.Exp(float64(v) - most)
	}
	out := make([]float64, len(logits))
	for i, v := range logits {
		out[i] = float64(v) - most - math.Log(sum)
	}
	return out
}
