package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/selvage-studio/selvage/app/session"
	"github.com/selvage-studio/selvage/engine/edit"
)

// spotFlags say which colours a palette has.
type spotFlags struct {
	count         int
	palette, from string
}

func (f *spotFlags) add(c *cobra.Command) {
	n := c.Flags()
	n.IntVar(&f.count, "colours", 0, "how many colours to find in the pattern, 2 to 24 (default: as many as there are)")
	n.StringVar(&f.palette, "palette", "", "the colours instead, as HEX,HEX,… with the ground first")
	n.StringVar(&f.from, "from", "", "chip file with the colours instead: .ase, .aco, .cxf or .csv, the ground first")
}

func (f *spotFlags) spots(c *cobra.Command, pat *session.Pattern) ([]edit.Spot, error) {
	switch {
	case f.palette != "" && f.from != "":
		return nil, usageError{errors.New("--palette and --from exclude each other")}
	case f.from != "":
		return session.SpotsOf(f.from)
	case f.palette != "":
		var spots []edit.Spot
		for i, hex := range strings.Split(f.palette, ",") {
			name := fmt.Sprintf("colour %d", i)
			if i == 0 {
				name = "ground"
			}
			spots = append(spots, edit.Spot{Name: name, Color: strings.TrimSpace(hex)})
		}
		return spots, nil
	}
	return pat.Spots(c.Context(), f.count)
}

func (p *program) patternPalette() *cobra.Command {
	var (
		dir string
		f   spotFlags
	)
	c := p.collectionFlags(&cobra.Command{
		Use: "palette PATTERN", Short: "Find the colours that a pattern shows", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return p.read(c, dir, args[0], func(_ *session.Session, pat *session.Pattern) error {
				spots, err := f.spots(c, pat)
				if err != nil {
					return err
				}
				for _, s := range spots {
					if p.json {
						p.line(s)
						continue
					}
					fmt.Fprintln(p.out, strings.TrimSpace(s.Color+"  "+s.Name+"  "+s.Code))
				}
				return nil
			})
		},
	}, &dir)
	f.add(c)
	return c
}

func (p *program) patternLock() *cobra.Command {
	var (
		dir, ground string
		specks      int
		f           spotFlags
	)
	c := p.collectionFlags(&cobra.Command{
		Use:   "lock PATTERN --ground cloth|printed",
		Short: "Make every pixel one of a few colours, ready for screens",
		Long: `Make every pixel one of a few spot colours, ready for screens. Whether the ground is the
unprinted cloth has to be said, since a screen more or less follows from it.`,
		Example: `  selvage pattern lock "Tulip trellis" --colours 6 --ground cloth
  selvage pattern lock "Tulip trellis" --from chips.ase --ground printed`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if ground != "cloth" && ground != "printed" {
				return usageError{errors.New("--ground is missing: cloth where the ground is the unprinted cloth, printed where it has a screen of its own")}
			}
			var (
				notes []string
				lone  *int
			)
			if c.Flags().Changed("specks") {
				lone = &specks
			}
			return p.changeNoted(c, dir, args[0], &notes, func(_ *session.Session, pat *session.Pattern) error {
				spots, err := f.spots(c, pat)
				if err != nil {
					return err
				}
				if err := pat.Lock(c.Context(), spots, ground == "cloth", lone); err != nil {
					return err
				}
				i := pat.Info()
				screens := len(i.Positions)
				if i.Lock.Cloth {
					screens--
				}
				notes = append(notes, fmt.Sprintf("%d colours, %d screens; colour difference %.2f on average, %.2f at most (CIEDE2000)",
					len(i.Positions), screens, i.Lock.MeanDelta, i.Lock.MaxDelta))
				return nil
			})
		},
	}, &dir)
	f.add(c)
	c.Flags().StringVar(&ground, "ground", "", "cloth or printed")
	c.Flags().IntVar(&specks, "specks", 3, "area in pixels up to which a lone spot goes to what surrounds it, 0 to 64")
	return c
}

func (p *program) patternCrop() *cobra.Command {
	var dir, layer string
	c := p.collectionFlags(&cobra.Command{
		Use: "crop PATTERN", Short: "Find the repeat in a scan or a photograph and crop to it", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var notes []string
			return p.changeNoted(c, dir, args[0], &notes, func(_ *session.Session, pat *session.Pattern) error {
				id, err := layerOr(pat, layer)
				if err != nil {
					return err
				}
				found, err := pat.CropToRepeat(c.Context(), id)
				if err != nil {
					return err
				}
				notes = append(notes, fmt.Sprintf("%v, turned by %.2f°, its copies are alike by %.0f %%", found.Repeat, found.Turn, 100*found.Confidence))
				return nil
			})
		},
	}, &dir)
	c.Flags().StringVar(&layer, "layer", "", "id of the layer to look at (default: the only one)")
	return c
}

func (p *program) patternHeal() *cobra.Command {
	var (
		dir, layer string
		width      int
		seed       uint32
	)
	c := p.collectionFlags(&cobra.Command{
		Use: "heal PATTERN", Short: "Mend the seam of a picture in the way that joins and changes least", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var notes []string
			return p.changeNoted(c, dir, args[0], &notes, func(_ *session.Session, pat *session.Pattern) error {
				id, err := layerOr(pat, layer)
				if err != nil {
					return err
				}
				healed, err := pat.Heal(c.Context(), id, width, seed)
				if err != nil {
					return err
				}
				notes = append(notes, "before: "+healed.Before.String(), "after: "+healed.After.String(),
					fmt.Sprintf("%.1f %% of the pixels changed", 100*healed.Changed))
				return nil
			})
		},
	}, &dir)
	c.Flags().StringVar(&layer, "layer", "", "id of the layer to mend (default: the only one)")
	c.Flags().IntVar(&width, "width", 0, "pixels to each side of the seam that may change (default: a twelfth of the shorter side)")
	c.Flags().Uint32Var(&seed, "seed", 1, "seed of the search")
	return c
}

func layerOr(pat *session.Pattern, layer string) (string, error) {
	if layer != "" {
		return layer, nil
	}
	return pat.OnlyLayer()
}
