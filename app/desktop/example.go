package desktop

import (
	"context"
	"fmt"
	"image"
	"image/color"

	"github.com/selvage-studio/selvage/engine/draw"
	"github.com/selvage-studio/selvage/engine/pattern"
	"github.com/selvage-studio/selvage/engine/pattern/seam"
	"github.com/selvage-studio/selvage/ui/viewmodel"
)

// Example is what the studio opens with: a half-drop drawn by rule, without a
// model, with its seam proved like any other. It says so, and is not exported.
func Example(ctx context.Context) (viewmodel.Result, error) {
	const side, dpi = 640, 150
	repeat := pattern.Repeat{Kind: pattern.HalfDrop, N: 1, D: 2}
	spec := draw.Spec{
		Family: "daisies", Layout: draw.AllOver, Scale: draw.Medium, Density: draw.Dense, Secondary: "leaves",
		Outline: draw.Flat, Style: draw.Clean, Positions: 4, Repeat: repeat,
	}.Complete(exampleSeed)
	scene, err := spec.Scene()
	if err != nil {
		return viewmodel.Result{}, err
	}
	planes, err := scene.Screens(side, side)
	if err != nil {
		return viewmodel.Result{}, err
	}
	positions := []viewmodel.Position{
		{Name: "Ground", Chip: color.NRGBA{0x24, 0x31, 0x3a, 0xff}},
		{Name: "First", Chip: color.NRGBA{0xc9, 0x50, 0x4b, 0xff}},
		{Name: "Second", Chip: color.NRGBA{0xe9, 0xb9, 0x6e, 0xff}},
		{Name: "Third", Chip: color.NRGBA{0x4f, 0x8c, 0x76, 0xff}},
		{Name: "Fourth", Chip: color.NRGBA{0xef, 0xe4, 0xcf, 0xff}},
	}[:len(planes.Planes)+1]
	drawn := drawing{planes}
	cell, err := drawn.Ink(ctx, viewmodel.Palette(positions))
	if err != nil {
		return viewmodel.Result{}, err
	}
	report, err := seam.Measure(cell, repeat)
	if err != nil {
		return viewmodel.Result{}, err
	}
	mm := float64(pattern.LengthOf(side, dpi))
	return viewmodel.Result{
		Request: viewmodel.Request{Prompt: "An example, drawn by rule", Repeat: repeat, Seed: exampleSeed},
		Cell:    cell, Repeat: repeat, WidthMM: mm, HeightMM: mm, DPI: dpi,
		Seam:      viewmodel.Seam{Figure: report.Statistic, Limit: report.Threshold, OK: report.Pass, Statement: firstLine(report.String())},
		Statement: "Drawn by rule, to look at before there is a pattern of your own. No model made it.",
		Palette:   positions, Screens: drawn, Example: true,
	}, nil
}

// exampleSeed was chosen by eye.
const exampleSeed = 6

// drawing is screens that were drawn by rule.
type drawing struct{ planes *draw.Screens }

// Ink implements viewmodel.Screens.
func (d drawing) Ink(ctx context.Context, cs []color.NRGBA) (*image.NRGBA, error) {
	all := append([][]uint8{d.planes.Ground}, d.planes.Planes...)
	if len(cs) != len(all) {
		return nil, fmt.Errorf("%d chips for %d positions", len(cs), len(all))
	}
	m := image.NewNRGBA(image.Rect(0, 0, d.planes.W, d.planes.H))
	for y := range d.planes.H {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for x := range d.planes.W {
			i := y*d.planes.W + x
			var sum [3]uint32
			for k, p := range all {
				sum[0] += uint32(p[i]) * uint32(cs[k].R)
				sum[1] += uint32(p[i]) * uint32(cs[k].G)
				sum[2] += uint32(p[i]) * uint32(cs[k].B)
			}
			m.SetNRGBA(x, y, color.NRGBA{uint8(sum[0] / 255), uint8(sum[1] / 255), uint8(sum[2] / 255), 0xff})
		}
	}
	return m, nil
}
