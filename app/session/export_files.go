package session

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/selvage-studio/selvage/engine/pattern/press"
	specsheet "github.com/selvage-studio/selvage/engine/pattern/sheet"
	"github.com/selvage-studio/selvage/engine/pattern/swatch"
	"github.com/selvage-studio/selvage/engine/pattern/trace"
)

// encode returns what writes a picture in the format.
func (m *mill) encode(ctx context.Context, pic *press.Picture, meta press.Meta, layers []press.Layer) func(io.Writer) error {
	return func(w io.Writer) error {
		switch m.o.Format {
		case PNG, IndexedPNG:
			return press.WritePNG(ctx, w, pic, meta)
		case JPEG:
			return press.WriteJPEG(ctx, w, pic.Opaque().EightBit(), meta, press.JPEG{Quality: m.o.Quality})
		case PDF:
			return press.WritePDF(ctx, w, pic, meta)
		case PSD, MultichannelPSD:
			return press.WritePSD(ctx, w, pic, layers, meta)
		default:
			return press.WriteTIFF(ctx, w, pic, meta, press.TIFF{Compression: m.o.Compression})
		}
	}
}

// pictures writes the cell in the layout that was asked for, the rectangle beside
// it, and the seam report.
func (m *mill) pictures(ctx context.Context, cell *press.Picture, profile []byte) error {
	meta := m.meta()
	meta.Profile = profile
	layouts := press.Layouts(m.state.Repeat)
	if m.o.Layout != nil {
		layouts = []press.Layout{*m.o.Layout}
		if !m.o.Layout.LaysStraight(m.state.Repeat) {
			layouts = append(layouts, press.Layout{Kind: press.Rectangle})
		}
	}
	stem, ext := strings.TrimSuffix(m.out, filepath.Ext(m.out)), filepath.Ext(m.out)
	for i, l := range layouts {
		name := m.out
		if i > 0 {
			name = stem + "-" + l.String() + ext
		}
		laid, err := l.Apply(cell, m.state.Repeat, meta.DPIX, meta.DPIY)
		if err != nil {
			return err
		}
		var layers []press.Layer
		if m.o.Format == PSD && l.Kind == press.Cell {
			if layers, err = m.layers(ctx); err != nil {
				return err
			}
		}
		encode := m.encode(ctx, laid, meta, layers)
		if m.certificate != nil && certifiable(name) {
			plain := encode
			encode = func(w io.Writer) error { return m.certificate.write(ctx, filepath.Dir(name), plain, w) }
		}
		if err := m.set.Add(name, encode); err != nil {
			return err
		}
		what := fmt.Sprintf("%v, %d x %d px", l, laid.Width, laid.Height)
		if l.Kind == press.Cell {
			what += ", " + m.state.Repeat.String()
		}
		m.files.Files = append(m.files.Files, ExportedFile{Path: name, What: what})
	}
	return m.seam(cell)
}

// layers are the pattern's own at the file's size, for a PSD.
func (m *mill) layers(ctx context.Context) ([]press.Layer, error) {
	if m.o.Colorway != "" {
		m.files.Warnings = append(m.files.Warnings, "a colourway is of the whole picture, so its PSD has no layers")
		return nil, nil
	}
	var out []press.Layer
	for _, l := range m.state.Layers {
		r, err := resize(ctx, l.Pixels, m.state.Repeat, m.size)
		if err != nil {
			return nil, err
		}
		out = append(out, press.Layer{
			Name: cmp.Or(l.Name, l.ID), Opacity: uint8((uint32(l.Opacity)*255 + 32767) / 65535), Blend: string(l.Blend), Hidden: l.Hidden,
			Picture: press.FromPremultiplied(m.size.Width, m.size.Height, m.o.Depth, rows(r)),
		})
	}
	return out, nil
}

// spec draws the page that goes with the design.
func (m *mill) spec(ctx context.Context) error {
	cell, err := m.cell(ctx)
	if err != nil {
		return err
	}
	spec := specsheet.Spec{
		Paper: m.o.Paper, Number: m.state.DesignNumber, Name: m.p.Root().Name, Studio: m.o.Studio, Collection: m.o.Collection,
		Colourway: m.o.Colorway, Cloth: m.o.Cloth, Repeat: m.state.Repeat, Detail: m.detail, Cell: cell.Opaque(),
		Way: specsheet.Direction(m.state.Direction), Positions: m.positions(), Notes: m.state.Notes, Traps: m.traps(),
		Hash: m.p.Document().Current().String(), Date: m.p.Root().Changed,
	}
	if lost := spec.Missing(); len(lost) > 0 {
		m.files.Warnings = append(m.files.Warnings, fmt.Sprintf("the sheet's font lacks %q, which show as question marks", string(lost)))
	}
	err = m.set.Add(m.out, func(w io.Writer) error { return specsheet.Write(ctx, w, spec) })
	m.files.Files = append(m.files.Files, ExportedFile{Path: m.out, What: "the spec sheet"})
	return err
}

// vectors traces the locked cell; its paths close across the lattice.
func (m *mill) vectors(ctx context.Context) error {
	if err := m.locked(ctx); err != nil {
		return err
	}
	var positions []trace.Position
	for _, p := range m.positions() {
		positions = append(positions, trace.Position{Name: p.Name, Code: p.Code, Color: p.Chip.Hex()})
	}
	pic := trace.Picture{Width: m.size.Width, Height: m.size.Height, Repeat: m.state.Repeat, Index: m.index}
	var stats trace.Stats
	err := m.set.Add(m.out, func(w io.Writer) (err error) {
		stats, err = trace.SVG(ctx, w, pic, positions, trace.Options{
			Width: m.state.Width, Height: m.state.Height, Tolerance: m.o.Tolerance, Title: m.title(),
		})
		return err
	})
	m.files.Statement = fmt.Sprintf("Repeat %v x %v, %d colours, traced at %v pixels with %d nodes.", m.state.Width, m.state.Height, len(positions), m.size, stats.Nodes)
	m.files.Files = append(m.files.Files, ExportedFile{Path: m.out, What: "the vectors of one cell, " + m.state.Repeat.String()})
	return err
}

// swatches writes the chips of the positions as a colour file.
func (m *mill) swatches() error {
	if len(m.state.Positions) == 0 {
		return usage("the pattern has no palette to write; give it one with the operation palette.set, or lock it")
	}
	var chips []swatch.Chip
	for i, p := range m.positions() {
		c := swatch.Chip{Position: i + 1, Name: cmp.Or(p.Name, p.Chip.Name), Code: p.Code, Lab: p.Lab, Preview: p.Chip}
		if c.Lab != nil {
			c.Illuminant, c.Observer = measured(m.state.Positions[i].Illuminant)
		}
		chips = append(chips, c)
	}
	format := swatch.Format(strings.ToLower(strings.TrimPrefix(filepath.Ext(m.out), ".")))
	data, err := swatch.Write(format, chips, m.p.Root().Changed)
	if err != nil {
		return err
	}
	err = m.set.Add(m.out, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
	m.files.Statement = ""
	m.files.Files = append(m.files.Files, ExportedFile{Path: m.out, What: fmt.Sprintf("the chips of %d positions", len(chips))})
	return err
}

// measured reads an illuminant with its observer, such as "D65/10"; what is left
// out is what chip books are measured under.
func measured(text string) (illuminant string, observer int) {
	illuminant, degrees, _ := strings.Cut(text, "/")
	if degrees == "10" {
		return cmp.Or(illuminant, "D50"), 10
	}
	return cmp.Or(illuminant, "D50"), 2
}
