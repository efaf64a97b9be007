package session

import (
	"context"
	"fmt"
	"strings"

	"github.com/selvage-studio/selvage/engine/diffusion"
	"github.com/selvage-studio/selvage/engine/starter"
)

// mostTries is how often a request may ask to be sampled.
const mostTries = 64

// Choice says which of the samples of a group was kept, and what the model's critic
// thinks of it.
type Choice struct {
	// Tries is how many were made, Kept which of them it is, from 1.
	Tries int `json:"tries"`
	Kept  int `json:"kept"`
	// Asked is what the critic looked for.
	Asked   starter.Asked   `json:"asked"`
	Opinion starter.Opinion `json:"opinion"`
}

// tried is the progress of one of several tries.
type tried struct {
	diffusion.Progress
	try, tries int
}

// sample has the model make the group of a request: as often as the request allows, until its
// critic finds in it what the prompt asks for, and else the one that it likes best.
func (o *opened) sample(ctx context.Context, r Request, work diffusion.Request, g starter.Group, watch func(tried)) (best diffusion.Result, chosen *Choice, err error) {
	most := mostPositions(r)
	var c Choice
	if o.critic != nil && work.Init == nil && work.Control == nil {
		c.Asked = o.critic.Asked(work.Prompt, max(most-1, 0))
	}
	tries := r.Tries
	if c.Asked.None() {
		tries = 1
	}
	first := work.Seed
	for try := range tries {
		// The first try is watched as it comes into being, the others by what comes of them.
		work.Seed, work.Preview = starter.TrySeed(first, try), try == 0
		made, err := o.pipeline.Generate(ctx, work, func(p diffusion.Progress) { watch(tried{p, try, tries}) })
		if err != nil {
			return best, nil, err
		}
		one := made[0]
		one.Compute += best.Compute
		if c.Asked.None() {
			return one, nil, nil
		}
		opinion, err := o.critic.Look(ctx, one.Picture, g, r.Repeat.Repeat, c.Asked, most)
		if err != nil {
			return best, nil, err
		}
		c.Tries++
		if try == 0 || opinion.Score() > c.Opinion.Score() {
			best, c.Opinion, c.Kept = one, opinion, c.Tries
			watch(tried{diffusion.Progress{Stage: diffusion.StageJudge, Step: one.Steps, Steps: one.Steps, Preview: one.Picture}, try, tries})
		}
		best.Compute = one.Compute
		if c.Opinion.Sure() {
			break
		}
	}
	return best, &c, nil
}

// checkTries refuses a number of tries that cannot be made.
func checkTries(r Request, o *opened) error {
	if r.Tries < 1 || r.Tries > mostTries {
		return usage("%d tries: 1 to %d; 1 takes the first sample as it comes", r.Tries, mostTries)
	}
	if r.Tries > 1 && o.critic == nil {
		return usage("%s has no critic that could choose among %d tries; leave --tries out, or ask for several pictures with --count", r.Model, r.Tries)
	}
	return nil
}

// doubt is what a designer has to know where the critic does not find what was asked
// for, "" where it does.
func (c *Choice) doubt() string {
	if c == nil || c.Opinion.Sure() {
		return ""
	}
	var not []string
	if c.Opinion.Family < starter.Doubt {
		not = append(not, fmt.Sprintf("%s (%.0f %%)", c.Asked.Family, 100*c.Opinion.Family))
	}
	if c.Opinion.Layout < starter.Doubt {
		not = append(not, fmt.Sprintf("the layout %s (%.0f %%)", c.Asked.Layout, 100*c.Opinion.Layout))
	}
	if n := c.Opinion.Missing; n > 0 {
		not = append(not, fmt.Sprintf("%s of the %d", counted(n, "colour"), c.Asked.Positions))
	}
	if len(not) == 0 {
		return "" // only the seam, of which its proof tells
	}
	return fmt.Sprintf("out of %s this is the best, and the model's own critic misses %s in it; take another seed, or draw it by rule", counted(c.Tries, "sample"), strings.Join(not, " and "))
}

// openCritic opens the critic of the starter; other models have none.
func openCritic(f facts, d diffusion.Device) (*starter.Critic, error) {
	if !f.screens {
		return nil, nil //nolint:nilnil // no critic is no error
	}
	c, err := starter.OpenCritic(d)
	if err != nil {
		return nil, fmt.Errorf("the starter's critic does not open: %w", err)
	}
	return c, nil
}
