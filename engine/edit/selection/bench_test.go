package selection_test

import (
	"context"
	"testing"

	"github.com/selvage-studio/selvage/engine/edit/paint/coverage"
	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/edit/selection"
	"github.com/selvage-studio/selvage/engine/pattern"
)

// BenchmarkSelect is each of the selections on a cell of 2048 x 2048, in which
// colours run smoothly and no two pixels are the same.
func BenchmarkSelect(b *testing.B) {
	ctx := context.Background()
	size, repeat := pattern.Size{Width: 2048, Height: 2048}, pattern.Repeat{Kind: pattern.HalfDrop}
	r := raster.New(size.Width, size.Height)
	for y := range size.Height {
		row := r.EditPixels(y)
		for x := range size.Width {
			copy(row[4*x:], []uint16{uint16(x * 32), uint16(y * 32), uint16((x ^ y) & 15 * 2000), 65535})
		}
	}
	disc, err := selection.Outline(ctx, size, repeat, coverage.Ellipse(coverage.At(-300, 200), 1800*coverage.One, 1500*coverage.One, 10))
	if err != nil {
		b.Fatal(err)
	}
	for name, f := range map[string]func() (*raster.Mask, error){
		"ellipse": func() (*raster.Mask, error) {
			return selection.Outline(ctx, size, repeat, coverage.Ellipse(coverage.At(-300, 200), 1800*coverage.One, 1500*coverage.One, 10))
		},
		"wand": func() (*raster.Mask, error) { return selection.Wand(ctx, r, repeat, 900, 900, 0.25, true) },
		"color range": func() (*raster.Mask, error) {
			return selection.ColorRange(ctx, r, []selection.Sample{{30000, 30000, 20000}}, 0.4)
		},
		"grow 20":    func() (*raster.Mask, error) { return selection.Grow(ctx, disc, repeat, 20) },
		"feather 5":  func() (*raster.Mask, error) { return selection.Feather(ctx, disc, repeat, 5) },
		"feather 50": func() (*raster.Mask, error) { return selection.Feather(ctx, disc, repeat, 50) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := f(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
