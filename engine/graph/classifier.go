package graph

import (
	"fmt"
	"maps"
	"slices"

	"github.com/selvage-studio/selvage/engine/weights"
	"github.com/selvage-studio/selvage/gpu"
)

// ClassifierConfig is the shape of a network that names what a picture shows.
type ClassifierConfig struct {
	// Layers are convolutions, each with a rectifier: width, side of the kernel, stride.
	// A kernel as wide as its stride sees no neighbours, any other its half on every side.
	Layers [][3]int `json:"layers"`
	// Seen are the layers that the answers hang on, by their mean and maximum over the plane.
	Seen []int `json:"seen"`
	// Hidden is the width between what was seen and the answers.
	Hidden int `json:"hidden"`
	// Answers are the values that each question can have.
	Answers map[string][]string `json:"answers"`
}

// Validate says what of the configuration cannot be built.
func (c ClassifierConfig) Validate() error {
	bad := func(field, format string, a ...any) error {
		return fmt.Errorf("graph: classifier: %s %s", field, fmt.Sprintf(format, a...))
	}
	if n := len(c.Layers); n < 1 || n > 64 {
		return bad("layers", "has %d convolutions; between 1 and 64 can be built", n)
	}
	for i, l := range c.Layers {
		if l[0] < 1 || l[0] > 1<<14 || l[1] < 1 || l[1] > 16 || l[2] < 1 || l[2] > l[1] {
			return bad("layers", "names %v at place %d; width, kernel and stride can be up to 16384, 16 and the kernel", l, i)
		}
	}
	if len(c.Seen) == 0 || !slices.IsSorted(c.Seen) || c.Seen[0] < 0 || c.Seen[len(c.Seen)-1] >= len(c.Layers) {
		return bad("seen", "is %v of %d layers; some of them, in their order", c.Seen, len(c.Layers))
	}
	if c.Hidden < 1 || c.Hidden > 1<<14 {
		return bad("hidden", "is %d; between 1 and 16384 can be built", c.Hidden)
	}
	if len(c.Answers) == 0 {
		return bad("answers", "has no question")
	}
	for q, values := range c.Answers {
		if len(values) == 0 {
			return bad("answers", "has none to %q", q)
		}
	}
	return nil
}

// stride is by how much all layers together divide a side.
func (c ClassifierConfig) stride() int {
	n := 1
	for _, l := range c.Layers {
		n *= l[2]
	}
	return n
}

// Classifier builds a network of convolutions that says of a cell what it shows.
// Height and Width are those of the picture.
//
// Input: image [B, 3, H, W] in [0, 1]. Outputs: one for each question by its name,
// [B, answers], unnormalised log probabilities.
func Classifier(cfg ClassifierConfig, set *weights.Set, o Options) (gpu.Spec, error) {
	b := newBuilder("classifier", set, o)
	if err := cfg.Validate(); err != nil {
		return gpu.Spec{}, err
	}
	if err := o.sized(b.part, cfg.stride()); err != nil {
		return gpu.Spec{}, err
	}
	x := b.picture("image", 3)
	var seen []value
	for i, l := range cfg.Layers {
		width, kernel, stride := l[0], l[1], l[2]
		around := margin{}
		if kernel != stride {
			around = evenly(kernel / 2)
		}
		x = b.unary("Relu", b.conv(x, fmt.Sprintf("convs.%d", i), width, kernel, stride, around, true))
		if slices.Contains(cfg.Seen, i) {
			for _, pool := range []string{"GlobalAveragePool", "GlobalMaxPool"} {
				y := b.node(pool, []value{x}, []int{o.Batch, width, 1, 1}, x.typ)
				seen = append(seen, b.reshape(y, o.Batch, width))
			}
		}
	}
	h := b.unary("Relu", b.linear(b.concat(1, seen...), "hidden", cfg.Hidden, true))
	for _, q := range slices.Sorted(maps.Keys(cfg.Answers)) {
		b.output(q, b.linear(h, "heads."+q, len(cfg.Answers[q]), true))
	}
	return b.spec(b.title(1), func(string) bool { return true })
}
