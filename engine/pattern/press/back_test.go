package press

import (
	"context"
	"image"
	"io"
	"testing"

	"github.com/selvage-studio/selvage/engine/pattern/file"
	"github.com/selvage-studio/selvage/engine/pattern/origin"
)

// TestExportsComeHome: a file that was exported finds its parent when it is
// imported, with its size and its layers, and a clean one finds none.
func TestExportsComeHome(t *testing.T) {
	ctx := context.Background()
	p := sample(40, 30, 8, true, 3)
	leaf := sample(12, 9, 8, false, 4)
	parent := origin.Parent{Pattern: "rose", Version: "sha256:9af3", Document: "0b7c"}
	m := described(81.28)
	m.Pattern = parent.Text()
	layers := []Layer{{Name: "ground", Opacity: 255, Picture: p}, {Name: "leaf", Opacity: 128, Blend: "multiply", Hidden: true, At: image.Pt(-3, 25), Picture: leaf}}
	for name, f := range map[string]func(io.Writer, Meta) error{
		"png":  func(w io.Writer, m Meta) error { return WritePNG(ctx, w, p, m) },
		"jpeg": func(w io.Writer, m Meta) error { return WriteJPEG(ctx, w, p, m, JPEG{}) },
		"tiff": func(w io.Writer, m Meta) error { return WriteTIFF(ctx, w, p, m, TIFF{}) },
		"psd":  func(w io.Writer, m Meta) error { return WritePSD(ctx, w, p, layers, m) },
	} {
		for _, clean := range []bool{false, true} {
			m := m
			if clean {
				m.Pattern = nil
			}
			d, err := file.OpenBytes(ctx, write(t, func(w io.Writer) error { return f(w, m) }), file.Options{})
			if err != nil {
				t.Fatal(name, err)
			}
			switch {
			case clean && d.Parent != nil:
				t.Errorf("%s: a clean file names its parent %+v", name, d.Parent)
			case !clean && (d.Parent == nil || *d.Parent != parent):
				t.Errorf("%s: parent %+v", name, d.Parent)
			}
			if d.Width != 40 || d.Height != 30 || d.DPIX < 81.27 || d.DPIX > 81.29 {
				t.Errorf("%s: %d x %d at %g DPI", name, d.Width, d.Height, d.DPIX)
			}
			if name == "psd" {
				if len(d.Layers) != 2 || d.Layers[1].Name != "leaf" || !d.Layers[1].Hidden || d.Layers[1].Blend != "multiply" || d.Layers[1].Bounds != image.Rect(-3, 25, 9, 34) {
					t.Errorf("layers %+v", d.Layers)
				}
			}
		}
	}
}
