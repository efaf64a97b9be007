package cli

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/spf13/cobra"

	"github.com/selvage-studio/selvage/app/session"
	"github.com/selvage-studio/selvage/engine/diffusion"
)

// modelFlags are the flags of the commands that have a model work on a pattern.
type modelFlags struct {
	w     session.ModelWork
	dir   string
	seed  int64
	loras []string
}

func (f *modelFlags) add(p *program, c *cobra.Command) {
	n := c.Flags()
	n.SortFlags = false
	libraryFlag(c, &f.dir)
	r := &f.w.Request
	n.StringVar(&r.Prompt, "prompt", "", "what it shall show")
	n.StringVar(&r.Negative, "negative", "", "what it shall not show")
	n.StringVar(&r.Model, "model", "starter", "starter, an installed model, a diffusers folder or a .safetensors file")
	n.StringArrayVar(&f.loras, "lora", nil, "LoRA as FILE:WEIGHT; may be repeated")
	n.StringVar(&r.Sampler, "sampler", "", "one of "+strings.Join(diffusion.SamplerNames(), ", ")+" (default: the model's own)")
	n.IntVar(&r.Steps, "steps", 0, "steps of the sampler (default: the model's own)")
	n.Float64Var(&r.Guidance, "guidance", 0, "scale of guidance by the prompt (default: the model's own)")
	n.Int64Var(&f.seed, "seed", -1, "seed of the noise (default: random)")
	n.StringVar(&r.Upscaler, "upscaler", "", "model that enlarges what was generated to the cell")
	n.StringVar(&f.w.Layer, "layer", "", "id of the layer to write to (default: a new one on top)")
	n.StringVar(&r.Device, "device", "", "device to run on, as selvage devices lists them (default: the best)")
	n.BoolVar(&p.json, "json", false, "one JSON object a line instead of progress and text")
}

func (f *modelFlags) parse(c *cobra.Command) error {
	if strings.TrimSpace(f.w.Request.Prompt) == "" {
		return usageError{errors.New("--prompt is missing: say what it shall show")}
	}
	for _, s := range f.loras {
		l, err := parseLoRA(s)
		if err != nil {
			return err
		}
		f.w.Request.LoRAs = append(f.w.Request.LoRAs, l)
	}
	switch {
	case !c.Flags().Changed("seed"):
		f.w.Request.Seed = uint64(rand.Uint32()) //nolint:gosec // a seed is no secret
	case f.seed < 0:
		return usageError{fmt.Errorf("--seed %d is negative", f.seed)}
	default:
		f.w.Request.Seed = uint64(f.seed)
	}
	return nil
}

// progress shows how far a model has come, on a terminal or as lines of JSON.
func (p *program) progress() (show func(session.Progress), done func()) {
	bar := newBar(p.err, p.json)
	return func(g session.Progress) {
		if p.json {
			p.line(map[string]any{"event": "progress", "stage": g.Stage, "step": g.Step, "steps": g.Steps, "fraction": g.Fraction})
			return
		}
		bar.show(0, 1, g)
	}, bar.clear
}

func (p *program) vary() *cobra.Command {
	f := &modelFlags{}
	c := &cobra.Command{
		Use:   "vary PATTERN --prompt TEXT",
		Short: "Have a model make a pattern anew from what it shows",
		Long: `Have a model make a pattern anew from what it shows. The outcome is a layer of the
pattern, a model's work, with the whole request on record; replay reads the stored
picture and never needs the model. Inside a selection only that changes.

A model of screens, such as the starter, works on a pattern whose palette is locked.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if s := f.w.Request.Strength; !(s > 0 && s <= 1) {
				return usageError{fmt.Errorf("--strength %g: above 0 to 1", s)}
			}
			return p.modelWork(c, f, args[0], (*session.Session).Vary)
		},
	}
	f.add(p, c)
	c.Flags().Float64Var(&f.w.Request.Strength, "strength", 0.5, "how much may change, above 0 to 1")
	return c
}

func (p *program) inpaint() *cobra.Command {
	f := &modelFlags{}
	c := &cobra.Command{
		Use:   "inpaint PATTERN --prompt TEXT",
		Short: "Have a model paint the selection anew",
		Long: `Have a model paint the selection of a pattern anew, to fit what lies around it: a
blemish, or the hole that a lifted motif left. With --layer only what lies up to that
layer is seen, and it is written to.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if s := f.w.Request.Strength; !(s > 0 && s <= 1) {
				return usageError{fmt.Errorf("--strength %g: above 0 to 1", s)}
			}
			return p.modelWork(c, f, args[0], (*session.Session).Inpaint)
		},
	}
	f.add(p, c)
	c.Flags().Float64Var(&f.w.Request.Strength, "strength", 1, "how much of what is there may change, above 0 to 1")
	return c
}

// modelOperation is one of the session's.
type modelOperation = func(*session.Session, context.Context, *session.Pattern, session.ModelWork, func(session.Progress)) (*session.Made, error)

// modelWork runs one of the session's model operations on a pattern.
func (p *program) modelWork(c *cobra.Command, f *modelFlags, ref string, work modelOperation) error {
	if err := f.parse(c); err != nil {
		return err
	}
	show, done := p.progress()
	defer done()
	var notes []string
	return p.changeNoted(c, f.dir, ref, &notes, func(s *session.Session, pat *session.Pattern) error {
		made, err := work(s, c.Context(), pat, f.w, show)
		if err != nil {
			return err
		}
		done()
		notes = append(notes, fmt.Sprintf("seed %d, %s, %d steps, %.1f s on %s", made.Request.Seed, made.Request.Sampler, made.Request.Steps, made.Took.Seconds(), made.Device.Name))
		notes = append(notes, made.Warnings...)
		return nil
	})
}

func (p *program) upscale() *cobra.Command {
	var dir, model, device string
	c := &cobra.Command{
		Use:   "upscale PATTERN --model MODEL",
		Short: "Give a pattern more pixels by a model, over its lattice",
		Long: `Give a pattern more pixels by a Real-ESRGAN model (RRDBNet x2 or x4), over its lattice:
what joined before joins after. The layers become one, and its size on cloth stays.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			show, done := p.progress()
			defer done()
			var notes []string
			return p.changeNoted(c, dir, args[0], &notes, func(s *session.Session, pat *session.Pattern) error {
				r, err := s.Upscale(c.Context(), pat, model, device, show)
				if err != nil {
					return err
				}
				done()
				notes = append(notes, fmt.Sprintf("%v became %v px by %s on %s", r.From, r.To, r.Upscaler, r.Device))
				return nil
			})
		},
	}
	n := c.Flags()
	n.SortFlags = false
	libraryFlag(c, &dir)
	n.StringVar(&model, "model", "", "upscaler: an installed model, a folder or a .safetensors file")
	n.StringVar(&device, "device", "", "device to run on (default: the best)")
	n.BoolVar(&p.json, "json", false, "one JSON object a line instead of progress and text")
	return c
}
