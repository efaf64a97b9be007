package session

import (
	"context"
	"image"

	"github.com/selvage-studio/selvage/engine/edit"
	"github.com/selvage-studio/selvage/engine/edit/raster"
	"github.com/selvage-studio/selvage/engine/edit/tone"
	"github.com/selvage-studio/selvage/engine/pattern/file"
	"github.com/selvage-studio/selvage/engine/pattern/seam"
)

// Render is the picture of the version that is shown, with the authors of its
// pixels left out: what a preview, a proof or a model reads.
func (p *Pattern) Render(ctx context.Context) (*image.NRGBA64, error) {
	flat, err := p.State().Flatten(ctx)
	if err != nil {
		return nil, err
	}
	return flat.NRGBA64(), nil
}

// ExportOverlay writes a picture of who made each pixel of the version that the
// pattern shows.
func (s *Session) ExportOverlay(ctx context.Context, p *Pattern, path string) error {
	return p.exportView(ctx, path, func(flat *raster.Raster) (image.Image, error) { return edit.Overlay(flat), nil })
}

// ExportValues writes the value check of the version that the pattern shows: the
// picture in greys of the same lightness.
func (s *Session) ExportValues(ctx context.Context, p *Pattern, path string) error {
	return p.exportView(ctx, path, func(flat *raster.Raster) (image.Image, error) { return tone.Values(ctx, flat) })
}

// exportView writes what view makes of the picture, at the pattern's own size.
func (p *Pattern) exportView(ctx context.Context, path string, view func(*raster.Raster) (image.Image, error)) error {
	if err := Writable(path); err != nil {
		return err
	}
	state := p.State()
	flat, err := state.Flatten(ctx)
	if err != nil {
		return err
	}
	img, err := view(flat)
	if err != nil {
		return err
	}
	return file.Write(path, img, file.Meta{DPIX: dpi(state.Size.Width, state.Width), DPIY: dpi(state.Size.Height, state.Height)})
}

// Seam judges the seams of the version that the pattern shows.
func (p *Pattern) Seam(ctx context.Context) (seam.Report, error) {
	img, err := p.Render(ctx)
	if err != nil {
		return seam.Report{}, err
	}
	return seam.Measure(img, p.State().Repeat)
}
