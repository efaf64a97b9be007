package starter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/selvage-studio/selvage/engine/diffusion"
	"github.com/selvage-studio/selvage/engine/draw"
	"github.com/selvage-studio/selvage/engine/graph"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/seam"
	"github.com/selvage-studio/selvage/engine/weights"
)

// Tries is how often at most a group is sampled until the critic finds in it what
// was asked for. packaging/train/critic.py scores the model by the same number.
const Tries = 16

// Sure is the probability from which on the critic takes an answer for certain: 96 of
// 100 such answers are the judge's as well. Of those between 0.8 and 0.9 two thirds are.
const Sure = 0.9

// Doubt is the probability below which the critic misses what was asked for: six of
// ten such answers are not the judge's.
const Doubt = 0.5

// missing is what a position that did not come out takes off a score, and an edge that
// shows, in natural logarithms: as much as an answer that is a fifth as likely. Half as much left the judge 3 % fewer positions, and found no more motifs.
const missing = 1.5

// Asked is what a prompt says that the critic can check; zero values are what it
// leaves open, or names in words that the critic does not know.
type Asked struct {
	Family    string `json:"family,omitempty"`
	Layout    string `json:"layout,omitempty"`
	Positions int    `json:"positions,omitempty"` // beside the ground
}

// None is whether there is nothing to look for, so that the first sample is as good as any.
func (a Asked) None() bool { return a == Asked{} }

// Critic says how well a group shows what was asked for: a small classifier that
// learned from the drawings that the model learned from.
type Critic struct{ classifier *diffusion.Classifier }

// OpenCritic opens the critic that ships with the model.
func OpenCritic(d diffusion.Device) (*Critic, error) {
	b, err := readFile("critic/config.json")
	if err != nil {
		return nil, err
	}
	var config graph.ClassifierConfig
	if err := json.Unmarshal(b, &config); err != nil {
		return nil, fmt.Errorf("starter: critic/config.json: %w", err)
	}
	file, err := weights.ParseFile("critic/model.safetensors", criticWeights)
	if err != nil {
		return nil, err
	}
	set, err := weights.NewSet(file.Tensors()...)
	if err != nil {
		return nil, err
	}
	c, err := diffusion.NewClassifier(config, set, d)
	if err != nil {
		return nil, err
	}
	return &Critic{c}, nil
}

// Asked is what of a prompt the critic knows how to look for. most is how many positions there
// may be beside the ground, 0 for no bound.
func (c *Critic) Asked(prompt string, most int) Asked {
	said, err := draw.Parse(prompt)
	var conflict *draw.ConflictError
	if errors.As(err, &conflict) {
		return Asked{} // nothing shows both
	}
	known := c.classifier.Answers()
	a := Asked{Positions: said.Spec.Positions}
	if slices.Contains(known["family"], said.Spec.Family) {
		a.Family = said.Spec.Family
	}
	if slices.Contains(known["layout"], string(said.Spec.Layout)) {
		a.Layout = string(said.Spec.Layout)
	}
	if most > 0 {
		a.Positions = min(a.Positions, most)
	}
	return a
}

// Opinion is what the critic thinks of one group.
type Opinion struct {
	// Family and Layout are the probabilities of what was asked for, 1 where nothing was.
	Family float64 `json:"family"`
	Layout float64 `json:"layout"`
	// Missing is how many positions did not come out.
	Missing int `json:"missing"`
	// Open says that the seam proof finds the edge of the cell that the group fills. A
	// group joins by its making; but where the widest gap between its few motifs lies on
	// the edge, it looks as if it did not.
	Open bool `json:"open,omitempty"`
}

// Sure is whether the group shows all that was asked for, and no edge.
func (o Opinion) Sure() bool {
	return o.Family >= Sure && o.Layout >= Sure && o.Missing == 0 && !o.Open
}

// Score orders opinions, the best last.
func (o Opinion) Score() float64 {
	score := math.Log(o.Family) + math.Log(o.Layout) - float64(o.Missing)*missing
	if o.Open {
		score -= missing
	}
	return score
}

// Look says what it thinks of a group as the model made it, which fills a cell that
// repeats in its way and has most positions at most, the ground counted (0 for no
// bound). It looks at what inking makes of the group, in the coding of its corners.
func (c *Critic) Look(ctx context.Context, p *pattern.Planes, g Group, cell pattern.Repeat, a Asked, most int) (Opinion, error) {
	inked, err := DefaultInking().Ink(p, g.Repeat, most, pattern.Size{Width: p.Width, Height: p.Height})
	if err != nil {
		return Opinion{}, err
	}
	picture := inked.NRGBA(inked.Corners.Palette())
	planes := pattern.PlanesOf(picture)
	found, err := c.classifier.Classify(ctx, &planes, g.Repeat)
	if err != nil {
		return Opinion{}, err
	}
	joined, err := seam.Measure(g.FillPicture(picture), cell)
	var small *seam.TooSmallError
	if err != nil && !errors.As(err, &small) {
		return Opinion{}, err
	}
	likely := func(question, answer string) float64 {
		i := slices.Index(c.classifier.Answers()[question], answer)
		if i < 0 {
			return 1
		}
		return math.Exp(found[question][i])
	}
	return Opinion{
		Family: likely("family", a.Family), Layout: likely("layout", a.Layout), Missing: max(0, a.Positions-(len(inked.Held)-1)),
		Open: err == nil && !joined.Pass,
	}, nil
}

// TrySeed is the seed of the n-th try of a seed, from 0: the first is the seed itself,
// the others are spread over all seeds (SplitMix64, Steele et al. 2014), so that
// those of neighbouring seeds do not meet.
func TrySeed(seed uint64, n int) uint64 {
	if n == 0 {
		return seed
	}
	z := seed + uint64(n)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
