package session

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/selvage-studio/selvage/engine/edit"
	"github.com/selvage-studio/selvage/engine/edit/layout"
	"github.com/selvage-studio/selvage/engine/edit/tone"
	"github.com/selvage-studio/selvage/engine/pattern/color"
	"github.com/selvage-studio/selvage/engine/pattern/swatch"
)

// Spots finds the colours that the pattern shows, the ground first: count of them,
// or as many as there are for 0.
func (p *Pattern) Spots(ctx context.Context, count int) ([]edit.Spot, error) {
	flat, err := p.State().Flatten(ctx)
	if err != nil {
		return nil, err
	}
	found, err := tone.Extract(ctx, flat, p.State().Repeat, tone.Extraction{Count: count})
	if err != nil {
		return nil, usage("%v", err)
	}
	var spots []edit.Spot
	for i, c := range found.Chips() {
		name := fmt.Sprintf("colour %d", i)
		if i == 0 {
			name = "ground"
		}
		spots = append(spots, edit.Spot{Name: name, Color: c.Hex()})
	}
	return spots, nil
}

// SpotsOf reads the colours of a chip file: .ase, .aco, CxF or CSV.
func SpotsOf(path string) ([]edit.Spot, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, swatch.MaxBytes+1))
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return nil, err
	}
	chips, err := swatch.Read(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(chips) > color.MaxPositions {
		return nil, usage("%s has %d colours; a palette has at most %d, so choose some of them", path, len(chips), color.MaxPositions)
	}
	var spots []edit.Spot
	for _, c := range chips {
		s := edit.Spot{Name: c.Name, Code: c.Code, Color: c.Preview.Hex()}
		if c.Lab != nil {
			lab := [3]float64(*c.Lab)
			s.Lab, s.Illuminant = &lab, fmt.Sprintf("%s/%d", c.Illuminant, c.Observer)
		}
		spots = append(spots, s)
	}
	return spots, nil
}

// Lock makes every pixel one of the spots. cloth says that the ground is the
// unprinted cloth, and so no screen.
func (p *Pattern) Lock(ctx context.Context, spots []edit.Spot, cloth bool, specks *int) error {
	_, err := p.Apply(ctx, &edit.LockPalette{Positions: spots, Cloth: &cloth, Specks: specks}, did())
	return err
}

// CropToRepeat finds the repeat in what a layer shows, a scan or a photograph, and
// crops the pattern to it.
func (p *Pattern) CropToRepeat(ctx context.Context, layer string) (layout.Found, error) {
	op, found, err := edit.FoundCrop(ctx, p.State(), layer)
	if err != nil {
		return found, err
	}
	_, err = p.Apply(ctx, op, did())
	return found, err
}

// healShare is the part of the shorter side that may change on each side of a seam.
const healShare = 12

// Heal mends the seam of a layer in the way that joins and changes least, and says
// what it was before and is after. A width of 0 is a twelfth of the shorter side.
func (p *Pattern) Heal(ctx context.Context, layer string, width int, seed uint32) (edit.Healed, error) {
	if width == 0 {
		size := p.State().Size
		width = min(max(min(size.Width, size.Height)/healShare, 4), layout.MaxWidth)
	}
	ways, err := edit.ProposeHealing(ctx, p.State(), layer, width, seed)
	if err != nil {
		return edit.Healed{}, err
	}
	if ways[0].Before.Pass {
		return ways[0], usage("the seam of %s joins already: %v", layer, ways[0].Before)
	}
	_, err = p.Apply(ctx, ways[0].Op, did())
	return ways[0], err
}

// OnlyLayer is the id of the pattern's layer where it has one; the error names
// those to choose from.
func (p *Pattern) OnlyLayer() (string, error) {
	layers := p.State().Layers
	if len(layers) == 1 {
		return layers[0].ID, nil
	}
	var ids []string
	for _, l := range layers {
		ids = append(ids, l.ID)
	}
	return "", usage("the pattern has %d layers; name one with --layer: %v", len(layers), ids)
}
