package cli

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/selvage-studio/selvage/app/session"
	"github.com/selvage-studio/selvage/engine/pattern"
)

func (p *program) draw() *cobra.Command {
	var (
		r                   session.DrawRequest
		seed                int64
		repeat, drop, width string
		palette, from, out  string
		depth               int
		clean               bool
	)
	c := &cobra.Command{
		Use:   "draw [--prompt TEXT] [--seed N] --out FILE",
		Short: "Draw a repeat by rule: no model, the same seed the same picture for ever",
		Long: `Draw a repeat by rule: no model, no GPU, and the same seed gives the same picture
for ever. It is drawn by rule, not by a person and not by AI.

FILE (.png, .tif) is the cell, with the rectangle and the seam report beside it;
a FILE that ends in .svg gets the vectors.`,
		Example: `  selvage draw --prompt "small tulips, half-drop, two colours" --out tulips.png
  selvage draw --seed 41 --palette "#f4ead7,#8f2d31,#3f6b57" --out surprise.svg`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			changed := c.Flags().Changed
			if out == "" {
				return usageError{errors.New("--out is missing: name the file of the cell, such as tulips.png")}
			}
			if !strings.EqualFold(filepath.Ext(out), ".svg") {
				if err := session.Writable(out); err != nil {
					return err
				}
			}
			asked := r
			if from != "" {
				saved, err := session.DrawnFrom(from)
				if err != nil {
					return err
				}
				asked = saved
				if changed("prompt") {
					asked.Prompt = r.Prompt
				}
				if changed("width") {
					asked.Width = r.Width
				}
				if changed("height") {
					asked.Height = r.Height
				}
				if changed("dpi") {
					asked.DPI = r.DPI
				}
			}
			if changed("repeat") || changed("drop") {
				rep, err := pattern.ParseRepeat(repeat, drop)
				if err != nil {
					return usageError{err}
				}
				asked.Repeat = &session.Repeat{Repeat: rep}
			}
			if width != "" {
				v, err := pattern.ParseLength(width)
				if err != nil {
					return err
				}
				asked.RepeatWidth = v
			}
			if palette != "" {
				asked.Palette = strings.Split(palette, ",")
			}
			switch {
			case changed("seed") && seed < 0:
				return usageError{fmt.Errorf("--seed %d is negative", seed)}
			case changed("seed"):
				asked.Seed = uint64(seed)
			case from == "":
				asked.Seed = uint64(rand.Uint32()) //nolint:gosec // a seed is no secret
			}
			if depth != 8 && depth != 16 {
				return usageError{fmt.Errorf("--depth %d: 8 or 16 bits per channel", depth)}
			}
			s, err := p.studio()
			if err != nil {
				return err
			}
			d, err := s.Draw(c.Context(), asked)
			if err != nil {
				return err
			}
			files, err := s.ExportDrawn(c.Context(), d, out, session.ExportOptions{Depth: depth, Clean: clean})
			if err != nil {
				return err
			}
			return p.tellDrawn(d, files)
		},
	}
	n := c.Flags()
	n.SortFlags = false
	n.StringVar(&r.Prompt, "prompt", "", "what to draw (default: whatever the seed draws)")
	n.Int64Var(&seed, "seed", -1, "seed of the drawing (default: random)")
	n.StringVar(&repeat, "repeat", "block", "one of "+strings.Join(pattern.KindNames(), ", ")+" (default: as drawn)")
	n.StringVar(&drop, "drop", "", "drop of a half-drop or brick as N/M (default 1/2)")
	n.IntVar(&r.Width, "width", 0, "pixels across")
	n.IntVar(&r.Height, "height", 0, "pixels down")
	n.StringVar(&width, "repeat-width", "", "physical width of the repeat, such as 64cm or 25.25in")
	n.Float64Var(&r.DPI, "dpi", 0, "pixels per inch (default 150 with --repeat-width)")
	n.StringVar(&palette, "palette", "", "chips as HEX,HEX,… with the ground first")
	n.StringVar(&from, "from", "", "draw the picture of a file again; other flags change its request")
	n.StringVar(&out, "out", "", "file of the cell, .png, .tif or .svg")
	n.IntVar(&depth, "depth", 8, "bits per channel, 8 or 16")
	n.BoolVar(&clean, "clean", false, "leave prompt and seed out of the files")
	n.BoolVar(&p.json, "json", false, "one JSON object instead of text")
	return c
}

func (p *program) tellDrawn(d *session.Drawn, files session.Exported) error {
	if p.json {
		var hex []string
		for _, c := range d.Palette {
			hex = append(hex, c.Hex())
		}
		p.line(map[string]any{
			"event": "done", "request": d.Request, "spec": d.Spec, "repeat": d.Spec.Repeat.String(), "caption": d.Caption,
			"plan": d.Plan, "seam": d.Seam, "palette": hex, "unknown_words": d.Unknown,
			"warnings": d.Warnings(), "statement": d.Statement(), "files": files.Files,
		})
		return nil
	}
	for _, f := range files.Files {
		fmt.Fprintf(p.out, "%s  %s\n", f.Path, f.What)
	}
	fmt.Fprintln(p.out, d.Statement())
	fmt.Fprintln(p.out, d.Seam.String())
	for _, w := range append(d.Warnings(), files.Warnings...) {
		fmt.Fprintf(p.out, "note: %s\n", w)
	}
	return nil
}
