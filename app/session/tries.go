package session

import (
	"context"
	"fmt"
	"strings"
	"time"

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

// sampled is what came of a try.
type sampled struct {
	made    diffusion.Result
	opinion starter.Opinion
}

// sample has the model make the group of a request: as often as the request allows, until its
// critic finds in it what the prompt asks for, and else the one that it likes best.
func (o *opened) sample(ctx context.Context, r Request, work diffusion.Request, g starter.Group, watch func(tried)) (diffusion.Result, *Choice, error) {
	// As the prompt has it, whatever the palette: a repeat stays the same in every palette.
	most := mostPositions(Request{Prompt: r.Prompt})
	var c Choice
	if o.critic != nil && work.Init == nil && work.Control == nil {
		c.Asked = o.critic.Asked(work.Prompt, max(most-1, 0))
	}
	if c.Asked.None() {
		made, err := o.pipeline.Generate(ctx, work, func(p diffusion.Progress) { watch(tried{p, 0, 1}) })
		if err != nil {
			return diffusion.Result{}, nil, err
		}
		return made[0], nil, nil
	}
	if r.Tries > 1 {
		// A second thread hardly speeds up a sample of the starter; a second sample beside it is free.
		work.Threads = 1
	}
	// Twenty steps take a third of a second: inking each would take longer than making them.
	often := max(1, r.Steps/5)
	first := work.Seed
	one := func(ctx context.Context, try int, watch func(diffusion.Progress)) (s sampled, err error) {
		work := work
		// The first try is watched as it comes into being, the others by what comes of them.
		if work.Seed, work.Preview = starter.TrySeed(first, try), 0; try == 0 {
			work.Preview = often
		}
		made, err := o.pipeline.Generate(ctx, work, watch)
		if err != nil {
			return s, err
		}
		s.made = made[0]
		s.opinion, err = o.critic.Look(ctx, s.made.Picture, g, r.Repeat.Repeat, c.Asked, most)
		return s, err
	}
	tell := func(try int, p diffusion.Progress) { watch(tried{p, try, r.Tries}) }
	var best diffusion.Result
	var spent time.Duration
	err := starter.InOrder(ctx, r.Tries, o.beside, one, tell, func(try int, s sampled) (enough bool) {
		spent += s.made.Compute
		c.Tries++
		if try == 0 || s.opinion.Score() > c.Opinion.Score() {
			best, c.Opinion, c.Kept = s.made, s.opinion, c.Tries
			tell(try, diffusion.Progress{Stage: diffusion.StageJudge, Step: best.Steps, Steps: best.Steps, Preview: best.Picture})
		}
		return c.Opinion.Sure()
	})
	if err != nil {
		return diffusion.Result{}, nil, err
	}
	best.Compute = spent
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
